#!/usr/bin/env bash
# Connection attempts that nobody answers (connect.unanswered) and attempts that only look so. Takes about 20 s.

. "$(dirname "$0")/lib.sh"

unanswered() {
    network c=192.168.1.30/24 s=115.28.115.126/24
    firewall ip daddr 115.28.115.126 drop
    record connect/unanswered c eth0
    inside c curl -s --connect-timeout 6 http://115.28.115.126:88/ || true
    recorded connect/unanswered
    expectation connect/unanswered <<'END'
# A client's SYNs are dropped on the way; it gives up after 6 s. Captured at the client.
# origin: lab/connect.sh (curl 7.88, nftables drop)
# shows: connect.unanswered
tcp.flags.syn == 1 @3 => connect.unanswered
END
}

unanswered_ipv6_router() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    record connect/unanswered-ipv6-router-any r any
    inside c curl -s -o /dev/null 'http://[2001:db8:2::2]/hello'
    firewall ip6 daddr 2001:db8:2::2 tcp dport 8443 drop
    inside c curl -s --connect-timeout 4 'https://[2001:db8:2::2]:8443/' || true
    recorded connect/unanswered-ipv6-router-any
    expectation connect/unanswered-ipv6-router-any <<'END'
# Port 80 of a server works, SYNs to its port 8443 are dropped by the router. Captured on all interfaces of that router:
# forwarded packets appear twice, dropped ones once. IPv6.
# origin: lab/connect.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.unanswered
tcp.flags.syn == 1 && tcp.dstport == 8443 @3 => connect.unanswered
END
}

answered_later() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    lose_first 1 ip daddr 10.2.0.2
    record connect/second-syn-answered c eth0
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    recorded connect/second-syn-answered
    expectation connect/second-syn-answered <<'END'
# The first SYN is lost, the second is answered.
# origin: lab/connect.sh (nginx 1.22, curl 7.88, nftables drops one packet)
# look-alike: connect.unanswered "SYN answered later"
END
}

icmp_answers() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    firewall tcp dport 8080 reject with icmpx type admin-prohibited
    record connect/icmp-prohibited c eth0
    local round
    for round in 1 2 3; do
        inside c curl -s --connect-timeout 4 http://10.2.0.2:8080/ || true
        inside c curl -s --connect-timeout 4 'http://[2001:db8:2::2]:8080/' || true
    done
    recorded connect/icmp-prohibited
    expectation connect/icmp-prohibited <<END
# $round attempts each over IPv4 and IPv6, every SYN is answered by ICMP "administratively prohibited".
# origin: lab/connect.sh (curl 7.88, nftables reject)
# look-alike: connect.unanswered "ICMP answer (other case)"
# later: connect.unreachable will be expected here
END
}

blind_direction() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record connect/blind-direction c eth0 src host 10.1.0.2
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    # Behind the place of the capture answers are lost for some seconds, so that the SYN is repeated; then all is well.
    firewall ip saddr 10.2.0.2 drop
    after 4.3 firewall_open
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    recorded connect/blind-direction
    expectation connect/blind-direction <<'END'
# Only the client's packets are captured, so no SYN is ever answered in it. The last client repeats its SYN several times
# before it connects.
# origin: lab/connect.sh (nginx 1.22, curl 7.88, tcpdump with a source filter, nftables drop of one direction)
# look-alike: connect.unanswered "blind direction"
END
}

end_of_capture() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    firewall ip daddr 10.2.0.2 drop
    record connect/capture-ends-after-two-syns c eth0
    background c curl -s --connect-timeout 5 http://10.2.0.2/
    sleep 1.2
    recorded connect/capture-ends-after-two-syns
    expectation connect/capture-ends-after-two-syns <<'END'
# The capture ends after two SYNs of an attempt.
# origin: lab/connect.sh (curl 7.88, nftables drop)
# look-alike: connect.unanswered "end of capture"
END
}

SCENARIOS=(unanswered unanswered_ipv6_router answered_later icmp_answers blind_direction end_of_capture)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
