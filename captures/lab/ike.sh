#!/usr/bin/env bash
# IPsec peers that do not answer, or say no (tunnel.ike_unanswered, tunnel.ike_rejected), and what only looks so. Takes about 60 s.

. "$(dirname "$0")/lib.sh"

# peer HOST 'lines of a connection' ['settings of the daemon']: strongSwan with a pre-shared key and, as it runs in a namespace, with its own
# implementation of ESP, which always travels in UDP. Files that all its instances share lie in /run, so each has its own.
peer() {
    local host=$1 own=$WORK/$1
    cat >"$own.daemon" <<END
charon {
    load_modular = no
    load = random nonce aes sha1 sha2 hmac kdf gmp curve25519 stroke kernel-libipsec kernel-netlink socket-default
    install_routes = no
    install_virtual_ip = no
    plugins { stroke { secrets_file = $own.secrets } }
    ${3:-}
}
END
    echo ': PSK "lab"' >"$own.secrets"
    printf 'conn %%default\n authby=secret\n%s\n' "$2" >"$own.conf"
    background "$host" env STRONGSWAN_CONF="$own.daemon" unshare --mount \
        sh -c "mount -t tmpfs run /run && exec ipsec start --nofork --conf $own.conf"
}

# peer_waits HOST ...: the same, and waits until it listens
peer_waits() {
    peer "$@"
    wait_port "$1" 500 u
    sleep 1
}

ends4() { network c=10.1.0.2/24 s=10.2.0.2/24; }
ends6() { network c=2001:db8:1::2/64 s=2001:db8:2::2/64; }

TO_S="conn t
 left=10.1.0.2
 leftsubnet=10.9.1.0/24
 right=10.2.0.2
 rightsubnet=10.9.2.0/24
 auto=start"
TO_C="conn t
 left=10.2.0.2
 leftsubnet=10.9.2.0/24
 right=10.1.0.2
 rightsubnet=10.9.1.0/24
 auto=add"

ike_unanswered() {
    ends4
    firewall udp dport 500 drop
    record tunnel/ike-unanswered c eth0
    peer c "$TO_S"
    sleep 30
    recorded tunnel/ike-unanswered
    expectation tunnel/ike-unanswered <<'END'
# A firewall drops UDP port 500 on the way to the peer; IKE_SA_INIT is repeated after 4, 7 and 13 s. Captured at the side that asks.
# origin: lab/ike.sh (strongSwan 5.9.8, nftables drop)
# shows: tunnel.ike_unanswered
isakmp @4 => tunnel.ike_unanswered
END
}

ike_port_4500() {
    ends6
    firewall udp dport 4500 drop
    record tunnel/ike-unanswered-4500-ipv6 r any
    peer c "conn t
 left=2001:db8:1::2
 right=2001:db8:2::2
 leftikeport=4500
 rightikeport=4500
 auto=start"
    sleep 30
    recorded tunnel/ike-unanswered-4500-ipv6
    expectation tunnel/ike-unanswered-4500-ipv6 <<'END'
# The same with IPv6 on port 4500, on all interfaces of the router that drops.
# origin: lab/ike.sh (strongSwan 5.9.8, nftables drop)
# shows: tunnel.ike_unanswered
isakmp @4 => tunnel.ike_unanswered
END
}

ike_rejected() {
    ends4
    peer_waits s "$TO_C
 ike=aes256-sha256-modp2048!"
    record tunnel/ike-rejected s eth0
    record answers-only c eth0 src host 10.2.0.2
    peer c "$TO_S
 ike=aes128-sha1-modp2048!"
    sleep 4
    recorded tunnel/ike-rejected
    expectation tunnel/ike-rejected <<'END'
# One side is set to AES-128 and SHA-1, the other one to AES-256 and SHA-256: NO_PROPOSAL_CHOSEN. Captured at the peer that rejects.
# origin: lab/ike.sh (strongSwan 5.9.8 at both ends)
# shows: tunnel.ike_rejected
isakmp.notify.msgtype == 14 => tunnel.ike_rejected
END
    stop_recording answers-only
    editcap -F pcapng "$WORK/answers-only.pcap" "$OUT/tunnel/ike-rejected-answer-only.pcapng"
    expectation tunnel/ike-rejected-answer-only <<'END'
# The same at the side that asks, but only what comes in is captured: an answer to what nobody asked, as scanners with forged addresses bring.
# origin: lab/ike.sh (strongSwan 5.9.8 at both ends, tcpdump with a source filter)
# look-alike: tunnel.ike_rejected "an answer to what nobody asked"
END
}

ike_version_1() {
    ends6
    peer_waits s "conn t
 left=2001:db8:2::2
 right=2001:db8:1::2
 keyexchange=ikev1
 ike=aes256-sha256-modp2048!
 auto=add"
    record tunnel/ike-rejected-version-1-ipv6 c eth0
    peer c "conn t
 left=2001:db8:1::2
 right=2001:db8:2::2
 keyexchange=ikev1
 ike=aes128-sha1-modp1536!
 auto=start"
    sleep 4
    recorded tunnel/ike-rejected-version-1-ipv6
    expectation tunnel/ike-rejected-version-1-ipv6 <<'END'
# The same with IKEv1, main mode, and IPv6. Captured at the side that asks.
# origin: lab/ike.sh (strongSwan 5.9.8 at both ends)
# shows: tunnel.ike_rejected
isakmp.notify.msgtype == 14 => tunnel.ike_rejected
END
}

ike_second_version() {
    local answer
    ends4
    peer_waits s "$TO_C
 keyexchange=ikev1
 ike=aes256-sha256-modp2048!"
    record tunnel/ike-second-version-accepted c eth0
    peer c "$TO_S
 keyexchange=ikev2
 ike=aes256-sha256-modp2048!
conn u
 left=10.1.0.2
 leftsubnet=10.9.1.0/24
 right=10.2.0.2
 rightsubnet=10.9.2.0/24
 keyexchange=ikev1
 ike=aes256-sha256-modp2048!
 auto=start"
    sleep 5
    recorded tunnel/ike-second-version-accepted
    answer=$(tshark -n -r "$OUT/tunnel/ike-second-version-accepted.pcapng" -Y "isakmp.exchangetype == 2 && ip.src == 10.2.0.2" -T fields -e frame.number | head -1)
    expectation tunnel/ike-second-version-accepted <<END
# The peer takes IKEv1 only: IKEv2 is rejected, and the second try with IKEv1 makes the tunnel.
# origin: lab/ike.sh (strongSwan 5.9.8 at both ends)
# look-alike: tunnel.ike_rejected "another proposal is accepted"
isakmp.notify.msgtype == 14 => tunnel.ike_rejected withdrawn $answer
END
}

# A cookie is asked for when so many negotiations are half open.
ike_works() {
    ends4
    lose_first 1 udp dport 500
    peer_waits s "$TO_C
 ike=aes256-sha256-modp2048!" "cookie_threshold = 0
    cookie_threshold_ip = 0"
    record tunnel/ike-works c eth0
    peer c "$TO_S
 ike=aes256-sha256-curve25519,aes256-sha256-modp2048!
 ikelifetime=14s
 margintime=4s
 rekeyfuzz=0%
 reauth=no
 dpdaction=clear
 dpddelay=6s" "retransmit_timeout = 2.0
    retransmit_base = 1.3"
    sleep 18
    firewall meta l4proto udp drop
    sleep 24
    recorded tunnel/ike-works
    expectation tunnel/ike-works <<'END'
# The first IKE_SA_INIT is lost, the second is answered by the demand for another group. The tunnel is negotiated anew after 10 s; later
# the way breaks, and questions whether the peer is alive stay without answer.
# origin: lab/ike.sh (strongSwan 5.9.8 at both ends, nftables drop)
# look-alike: tunnel.ike_unanswered "DPD"
# look-alike: tunnel.ike_unanswered "a rekey that is answered"
# look-alike: tunnel.ike_unanswered "cookie or another group"
# look-alike: tunnel.ike_unanswered "first lost then answered"
# look-alike: tunnel.ike_rejected "cookie or another group"
END
}

ike_dead_peer() {
    ends4
    peer_waits s "$TO_C
 ike=aes256-sha256-modp2048!"
    record tunnel/ike-dead-peer r c
    peer c "$TO_S
 ike=aes256-sha256-modp2048!"
    sleep 4
    firewall meta l4proto udp drop
    ip netns pids "$PREFIX-c" | xargs -r kill -9
    sleep 1
    peer c "$TO_S
 ike=aes256-sha256-modp2048!"
    sleep 30
    recorded tunnel/ike-dead-peer
    expectation tunnel/ike-dead-peer <<'END'
# The way to a peer breaks while the tunnel is up; the daemon is started again and stays without answer. A note, because the peer had
# answered before. Captured at the router in between.
# origin: lab/ike.sh (strongSwan 5.9.8 at both ends, nftables drop)
# shows: tunnel.ike_unanswered
isakmp.exchangetype == 34 @6 => tunnel.ike_unanswered
END
}

ike_blind() {
    ends4
    nginx_on s ""
    record tunnel/ike-blind-direction c eth0 src host 10.1.0.2
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    firewall meta l4proto udp drop
    peer c "$TO_S"
    sleep 30
    recorded tunnel/ike-blind-direction
    expectation tunnel/ike-blind-direction <<'END'
# Only what one side sends is captured: that nobody answers can't be told, as little as for its web requests.
# origin: lab/ike.sh (strongSwan 5.9.8, nginx 1.22, tcpdump with a source filter, nftables drop)
# look-alike: tunnel.ike_unanswered "blind direction"
END
}

SCENARIOS=(ike_unanswered ike_port_4500 ike_rejected ike_version_1 ike_second_version ike_works ike_dead_peer ike_blind)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
