#!/usr/bin/env bash
# WireGuard handshakes that nobody answers (tunnel.wireguard_unanswered) and those that only look so. Takes about 150 s.

. "$(dirname "$0")/lib.sh"

tunnel_ends() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    wireguard_between 10.1.0.2 10.2.0.2
}

wireguard_unanswered() {
    tunnel_ends
    firewall udp dport 51820 ip daddr 10.2.0.2 drop
    record tunnel/wireguard-unanswered c eth0
    inside c ping -c 1 -W 18 10.9.0.2 >/dev/null || true
    recorded tunnel/wireguard-unanswered
    expectation tunnel/wireguard-unanswered <<'END'
# A firewall drops UDP to the peer; the initiation is repeated every 5 s. Captured at the side that asks.
# origin: lab/tunnel.sh (wireguard-go 0.0.20220316, nftables drop)
# shows: tunnel.wireguard_unanswered
wg.type == 1 @3 => tunnel.wireguard_unanswered
END
    mirrored tunnel/wireguard-unanswered-mirror-cut tunnel/wireguard-unanswered --as vxlan --at 10.1.0.2 --id 5 --cut 96
    expectation tunnel/wireguard-unanswered-mirror-cut <<'END'
# The same, mirrored in VXLAN and cut to 96 bytes. The mirror has shown one direction only, so the finding is "possible".
# origin: lab/tunnel.sh (wireguard-go 0.0.20220316, nftables drop), put into VXLAN by mirror.py
# shows: tunnel.wireguard_unanswered
udp.srcport == 51820 @1 => mirror.truncated
udp.srcport == 51820 @3 => tunnel.wireguard_unanswered
END
}

wireguard_outage() {
    tunnel_ends
    record tunnel/wireguard-outage-router-any r any
    inside c ping -c 2 -i 0.2 10.9.0.2 >/dev/null
    firewall udp dport 51820 drop
    inside c ping -c 3 -i 13 -W 20 10.9.0.2 >/dev/null || true
    recorded tunnel/wireguard-outage-router-any
    expectation tunnel/wireguard-outage-router-any <<'END'
# A session that worked until UDP was dropped. Captured on all interfaces of the router that drops, where both peers' initiations
# are seen and neither arrives.
# origin: lab/tunnel.sh (wireguard-go 0.0.20220316, nftables drop)
# shows: tunnel.wireguard_unanswered
wg.type == 1 && ip.src == 10.2.0.2 @3 => tunnel.wireguard_unanswered
END
}

wireguard_first_lost() {
    tunnel_ends
    lose_first 1 udp dport 51820
    record tunnel/wireguard-first-lost c eth0
    inside c ping -c 1 -W 8 10.9.0.2 >/dev/null
    recorded tunnel/wireguard-first-lost
    expectation tunnel/wireguard-first-lost <<'END'
# The first initiation is lost, the second is answered.
# origin: lab/tunnel.sh (wireguard-go 0.0.20220316, nftables drops one packet)
# look-alike: tunnel.wireguard_unanswered "first lost then answered"
END
}

wireguard_rekey() {
    tunnel_ends
    record tunnel/wireguard-rekey c eth0
    inside c ping -c 14 -i 10 -q 10.9.0.2 >/dev/null
    recorded tunnel/wireguard-rekey
    expectation tunnel/wireguard-rekey <<'END'
# A session is negotiated anew after 120 s.
# origin: lab/tunnel.sh (wireguard-go 0.0.20220316)
# look-alike: tunnel.wireguard_unanswered "rekey"
END
}

wireguard_blind() {
    tunnel_ends
    nginx_on s ""
    record tunnel/wireguard-blind-direction c eth0 src host 10.1.0.2
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    firewall udp sport 51820 ip saddr 10.2.0.2 drop
    inside c ping -c 1 -W 16 10.9.0.2 >/dev/null || true
    recorded tunnel/wireguard-blind-direction
    expectation tunnel/wireguard-blind-direction <<'END'
# Only what the client sends is captured: that nobody answers can't be told, as little as for its web requests.
# origin: lab/tunnel.sh (wireguard-go 0.0.20220316, nginx 1.22, tcpdump with a source filter, nftables drop of the responses)
# look-alike: tunnel.wireguard_unanswered "blind direction"
END
}

SCENARIOS=(wireguard_unanswered wireguard_outage wireguard_first_lost wireguard_rekey wireguard_blind)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
