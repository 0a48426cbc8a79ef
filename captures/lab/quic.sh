#!/usr/bin/env bash
# QUIC that does not get through (quic.unanswered), and what only looks so. Packets are cut after their first bytes. Takes about 20 s.

. "$(dirname "$0")/lib.sh"

ends4() { network c=10.1.0.2/24 s=10.2.0.2/24; }

# quic_server HOST: HTTP/3 on UDP port 443; its certificate is that of nginx_on
quic_server() {
    background "$1" gtlsserver -q '*' 443 "$WORK/key.pem" "$WORK/cert.pem"
    wait_port "$1" 443 u
}

# quic_get HOST ADDRESS SECONDS: a request, given up after so long
quic_get() {
    inside "$1" timeout "$3" gtlsclient -q --exit-on-all-streams-close --no-quic-dump "$2" 443 "https://www.example.cn/" >/dev/null 2>&1 || true
}

web() { inside c curl -sk -o /dev/null "https://$1/hello"; }

quic_dropped() {
    ends4
    nginx_on s ""
    firewall udp dport 443 drop
    record quic/unanswered c eth0 -s 120
    inside c bash -c 'exec 3<>/dev/tcp/10.2.0.2/80'
    quic_get c 10.2.0.2 5
    web 10.2.0.2
    recorded quic/unanswered
    expectation quic/unanswered <<'END'
# A firewall drops UDP port 443 on the way to a server that is there: the client goes on with TCP. Captured at the client.
# origin: lab/quic.sh (gtlsclient of ngtcp2 0.12, nginx 1.22, curl 7.88, nftables drop)
# shows: quic.unanswered
tcp.flags.syn == 1 @3 => quic.unanswered
END
}

quic_dropped_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    firewall meta l4proto udp drop
    record quic/unanswered-ipv6-router-any r any -s 120
    inside c bash -c 'exec 3<>/dev/tcp/2001:db8:2::2/80'
    quic_get c 2001:db8:2::2 5
    inside c bash -c 'echo >/dev/udp/2001:db8:2::2/9'
    recorded quic/unanswered-ipv6-router-any
    expectation quic/unanswered-ipv6-router-any <<'END'
# The same with IPv6, on all interfaces of the router that drops, without a connection by TCP to the same port.
# origin: lab/quic.sh (gtlsclient of ngtcp2 0.12, nginx 1.22, nftables drop)
# shows: quic.unanswered
udp.dstport == 9 => quic.unanswered
END
}

quic_first_lost() {
    ends4
    nginx_on s ""
    quic_server s
    lose_first 1 udp dport 443
    record quic/first-lost c eth0 -s 120
    quic_get c 10.2.0.2 5
    recorded quic/first-lost
    expectation quic/first-lost <<'END'
# The first Initial is lost, the second one is answered.
# origin: lab/quic.sh (gtlsclient and gtlsserver of ngtcp2 0.12, nftables limit and drop)
# look-alike: quic.unanswered "one lost Initial"
END
}

quic_race() {
    ends4
    nginx_on s ""
    firewall udp dport 443 drop
    record quic/race c eth0 -s 120
    quic_get c 10.2.0.2 1.3 &
    web 10.2.0.2
    sleep 3
    inside c bash -c 'exec 3<>/dev/tcp/10.2.0.2/80'
    recorded quic/race
    expectation quic/race <<'END'
# A client begins with QUIC and TCP at the same time, and takes what answers first.
# origin: lab/quic.sh (gtlsclient of ngtcp2 0.12, nginx 1.22, curl 7.88, nftables drop)
# look-alike: quic.unanswered "a race that TCP wins"
END
}

quic_blind() {
    ends4
    nginx_on s ""
    firewall udp dport 443 drop
    record quic/blind-direction c eth0 -s 120 src host 10.1.0.2
    web 10.2.0.2
    quic_get c 10.2.0.2 5
    web 10.2.0.2
    recorded quic/blind-direction
    expectation quic/blind-direction <<'END'
# Only what the client sends is captured: that nobody answers can't be told, as little as for its other requests.
# origin: lab/quic.sh (gtlsclient of ngtcp2 0.12, nginx 1.22, curl 7.88, tcpdump with a source filter, nftables drop)
# look-alike: quic.unanswered "blind direction"
END
}

SCENARIOS=(quic_dropped quic_dropped_ipv6 quic_first_lost quic_race quic_blind)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
