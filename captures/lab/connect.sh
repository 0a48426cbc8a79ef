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
# shows: connect.unreachable
# look-alike: connect.unanswered "ICMP answer (other case)"
icmp @1 => connect.unreachable
icmpv6.type == 1 @1 => connect.unreachable
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

refused() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s ""
    record connect/refused-router-any r any
    local round
    for round in 1 2 3; do
        inside c curl -s --connect-timeout 4 http://10.2.0.2:8080/ || true
        inside c curl -s -o /dev/null http://10.2.0.2/hello
        inside c curl -s --connect-timeout 4 'http://[2001:db8:2::2]:8080/' || true
    done
    recorded connect/refused-router-any
    expectation connect/refused-router-any <<END
# $round attempts each over IPv4 and IPv6 at a port on which nothing listens; the web server beside it works. Captured on all
# interfaces of the router: every packet appears twice.
# origin: lab/connect.sh (nginx 1.22, curl 7.88)
# shows: connect.refused
tcp.flags.reset == 1 && ip @1 => connect.refused
tcp.flags.reset == 1 && ipv6 @1 => connect.refused
END
}

reset_of_established() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 rst
    record connect/reset-of-established c eth0
    talk c connect 10.2.0.2 8888 sleep:0.3 || true
    recorded connect/reset-of-established
    expectation connect/reset-of-established <<'END'
# The server accepts a connection and resets it at once.
# origin: lab/connect.sh (talk.py)
# look-alike: connect.refused "RST of a connection that was established"
END
}

ipv6_without_route() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24
    nginx_on s ""
    record connect/ipv6-without-route c eth0
    local round
    for round in 1 2; do
        inside c curl -s -o /dev/null http://10.2.0.2/hello
        inside c curl -s --connect-timeout 4 'http://[2001:db8:77::2]/hello' || true
    done
    recorded connect/ipv6-without-route
    expectation connect/ipv6-without-route <<END
# $round attempts at an IPv6 address to which the router has no route; IPv4 works.
# origin: lab/connect.sh (nginx 1.22, curl 7.88)
# shows: connect.unreachable
icmpv6.type == 1 @1 => connect.unreachable
END
}

icmp_during_a_transfer() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall ip saddr 10.1.0.2 ct original packets gt 4 limit rate 1/hour burst 1 packets reject with icmp type host-unreachable
    record connect/icmp-during-a-transfer c eth0
    inside c curl -s -o /dev/null http://10.2.0.2/page
    recorded connect/icmp-during-a-transfer
    expectation connect/icmp-during-a-transfer <<'END'
# One packet of a connection that works is answered by ICMP "host unreachable" (a route that flapped); the transfer goes on.
# origin: lab/connect.sh (nginx 1.22, curl 7.88, nftables reject of one packet)
# look-alike: connect.unreachable "an ICMP error about a connection that works"
END
}

refused_mirrored() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    record source c eth0
    inside c curl -s --connect-timeout 4 http://10.2.0.2:8080/ || true
    stop_recording source
    mirrored connect/refused-mirror-cut source --as vxlan --at 10.1.0.2 --id 7 --cut 96
    expectation connect/refused-mirror-cut <<'END'
# A refused connection, mirrored at the client in VXLAN and cut to 96 bytes.
# origin: lab/connect.sh (curl 7.88), put into VXLAN by mirror.py
# shows: connect.refused
tcp.flags.reset == 1 @1 => connect.refused
END
}

udp_traceroute() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    record connect/udp-traceroute c eth0
    inside c traceroute -n -w 1 10.2.0.2 >/dev/null
    recorded connect/udp-traceroute
    expectation connect/udp-traceroute <<'END'
# traceroute with UDP: its probes end in ICMP "port unreachable".
# origin: lab/connect.sh (traceroute 2.1)
# look-alike: connect.unreachable "traceroute"
END
}

late_dns_answer() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    cat >"$WORK/late.py" <<'PY'
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
query, client = server.recvfrom(512)
time.sleep(1.5)
server.sendto(query[:2] + b"\x81\x80" + query[4:6] + b"\0\1" + query[8:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", client)
time.sleep(1)
PY
    background s "$PYTHON" "$WORK/late.py"
    sleep 0.5
    record connect/late-udp-answer c eth0
    inside c "$PYTHON" - <<'PY'
import socket, time
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\3www\7example\2cn\0\0\1\0\1", ("10.2.0.2", 53))
time.sleep(1)
client.close()
time.sleep(1)
PY
    recorded connect/late-udp-answer
    expectation connect/late-udp-answer <<'END'
# The answer comes 1.5 s after the query; the client has closed its socket, so its host answers with ICMP "port unreachable".
# origin: lab/connect.sh (the kernels' UDP; Python sends the DNS messages)
# look-alike: connect.unreachable "ICMP for an answer that came too late"
dns.flags.response == 1 => dns.unanswered
END
}

SCENARIOS=(unanswered unanswered_ipv6_router answered_later icmp_answers blind_direction end_of_capture
    refused refused_mirrored reset_of_established ipv6_without_route icmp_during_a_transfer udp_traceroute late_dns_answer)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
