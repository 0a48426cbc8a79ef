#!/usr/bin/env bash
# UDP reflection attacks (flood.udp_reflection), at the victim and at the reflector, and what only looks like one. Takes
# about 70 s.

. "$(dirname "$0")/lib.sh"

datagrams() {
    local host=$1
    shift
    inside "$host" "$PYTHON" "$LAB/datagrams.py" "$@"
}

# datagram_server HOST ARGUMENTS...: see datagrams.py; waits for the port
datagram_server() {
    local host=$1 port=$3 try
    [ "$2" != device ] || port=$4
    shift
    background "$host" "$PYTHON" "$LAB/datagrams.py" serve "$@"
    for try in $(seq 100); do
        inside "$host" ss -Hlun "sport = :$port" | grep -q . && return
        sleep 0.1
    done
    cat "$WORK/$host.log" >&2
    die "nothing waits on UDP port $port ($try tries)"
}

# more_addresses HOST PREFIX FIRST LAST LENGTH: PREFIX.FIRST to PREFIX.LAST on its eth0; printed
more_addresses() {
    local host=$1 prefix=$2 number
    for number in $(seq "$3" "$4"); do
        ip -n "$PREFIX-$host" addr add "$prefix$number/$5" dev eth0 nodad 2>/dev/null || true
        printf '%s ' "$prefix$number"
    done
}

# Packets with a source that belongs elsewhere pass the router.
attack_network() {
    network "$@"
    inside r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    local device
    for device in $(inside r ls /proc/sys/net/ipv4/conf); do
        inside r sysctl -qw "net.ipv4.conf.$device.rp_filter=0"
    done
}

ntp_monlist() {
    local servers
    attack_network victim=115.28.115.126/24 attacker=10.9.0.2/24 ntp=91.189.89.2/24 c=47.104.5.10/24
    servers=$(more_addresses ntp 91.189.89. 2 6 24)
    # shellcheck disable=SC2086
    datagram_server ntp monlist 123 $servers
    nginx_on victim ""
    record flood/reflection-ntp-victim victim eth0 -s 128
    record flood/reflection-ntp-reflector ntp eth0 -s 128
    inside c curl -s -o /dev/null http://115.28.115.126/hello
    # shellcheck disable=SC2086
    datagrams attacker forge 115.28.115.126 80 monlist 123 3 0.02 $servers
    recorded flood/reflection-ntp-victim
    recorded flood/reflection-ntp-reflector
    expectation flood/reflection-ntp-victim <<'END'
# Monlist replies of 5 open NTP servers reach a web server that never asked; captured there, 128 bytes each.
# origin: lab/reflection.sh (nginx 1.22, curl 7.88, requests forged with scapy; the servers are Python, because no NTP server that
# is still packaged, ntpsec 1.2.2 among them, answers monlist)
# shows: flood.udp_reflection
udp.srcport == 123 && !icmp @30 => flood.udp_reflection
END
    expectation flood/reflection-ntp-reflector <<'END'
# The same at the host of the NTP servers: requests of 8 bytes in the name of the web server, 6 replies to each. The victim's
# "port unreachable" shows that it has not asked.
# origin: lab/reflection.sh (requests forged with scapy; the servers are Python, because no NTP server that is still packaged,
# ntpsec 1.2.2 among them, answers monlist)
# shows: flood.udp_reflection
udp.srcport == 123 && !icmp @55 => flood.udp_reflection
END
    mirrored flood/reflection-ntp-mirror-cut flood/reflection-ntp-victim --as vxlan --at 115.28.115.126 --id 9 --cut 96
    expectation flood/reflection-ntp-mirror-cut <<'END'
# reflection-ntp-victim as a mirror session of its interface delivers it, in VXLAN and cut to 96 bytes.
# origin: lab/reflection.sh (the packets of reflection-ntp-victim), put into VXLAN by mirror.py
# shows: flood.udp_reflection
tcp.flags.push == 1 @1 => mirror.truncated
udp.srcport == 123 && !icmp @30 => flood.udp_reflection
END
}

memcached_ipv6() {
    attack_network victim=2001:db8:1::2/64 attacker=2001:db8:9::2/64 cache=2001:db8:2::2/64
    datagram_server cache memcached 11211 2001:db8:2::2
    record flood/reflection-memcached-ipv6-router-any r any -s 140
    datagrams attacker forge 2001:db8:1::2 8080 memcached 11211 15 0.05 2001:db8:2::2
    recorded flood/reflection-memcached-ipv6-router-any
    expectation flood/reflection-memcached-ipv6-router-any <<'END'
# Forged requests to one memcached server, whose answers the victim's host rejects with ICMPv6 "port unreachable". Captured on all
# interfaces of the router between them: everything appears twice. IPv6.
# origin: lab/reflection.sh (requests forged with scapy, Python as memcached, because there is none at hand)
# shows: flood.udp_reflection
udp.srcport == 11211 && !icmpv6 && ipv6.hlim == 64 @73 => flood.udp_reflection
END
}

dns_one_direction() {
    local servers
    attack_network victim=115.28.115.126/24 attacker=10.9.0.2/24 dns=91.189.89.2/24
    servers=$(more_addresses dns 91.189.89. 2 31 24)
    resolver_on dns --txt-record="$(printf 'big.example.org'; printf ',%0250d' 1 2 3 4)"
    record flood/reflection-dns-one-direction victim eth0 -s 128 dst host 115.28.115.126
    # shellcheck disable=SC2086
    datagrams attacker forge 115.28.115.126 4444 dns:big.example.org:TXT 53 2 0.01 $servers
    recorded flood/reflection-dns-one-direction
    expectation flood/reflection-dns-one-direction <<'END'
# Large answers of 30 open resolvers about one name; only what reaches the victim is captured.
# origin: lab/reflection.sh (dnsmasq 2.90, requests forged with scapy, tcpdump with a destination filter)
# shows: flood.udp_reflection
udp.srcport == 53 @30 => flood.udp_reflection
END
}

dns_reflector() {
    attack_network victim=115.28.115.126/24 attacker=10.9.0.2/24 dns=10.1.0.53/24
    resolver_on dns --txt-record="$(printf 'big.example.org'; printf ',%0250d' 1 2 3 4)"
    record flood/reflection-dns-reflector dns eth0 -s 128
    datagrams attacker forge 115.28.115.126 4444 dns:big.example.org:TXT 53 60 0.01 10.1.0.53
    recorded flood/reflection-dns-reflector
    expectation flood/reflection-dns-reflector <<'END'
# An open resolver is asked 60 times for the same large record in the name of another host.
# origin: lab/reflection.sh (dnsmasq 2.90, requests forged with scapy)
# shows: flood.udp_reflection
udp.srcport == 53 && !icmp @30 => flood.udp_reflection
END
}

ntp_pool() {
    local servers server
    network c=10.1.0.2/24 ntp=91.189.89.2/24
    servers=$(more_addresses ntp 91.189.89. 2 51 24)
    # shellcheck disable=SC2086
    datagram_server ntp time 123 $servers
    {
        echo "disable ntp"
        for server in $servers; do
            echo "server $server iburst"
        done
    } >"$WORK/ntp.conf"
    record flood/ntp-pool-of-50 c eth0 -s 96
    # It asks, but has no right to touch the clock.
    background c setpriv --bounding-set=-sys_time --inh-caps=-sys_time ntpd -n -g -c "$WORK/ntp.conf" -f "$WORK/drift"
    # One server a second.
    sleep 56
    recorded flood/ntp-pool-of-50
    expectation flood/ntp-pool-of-50 <<'END'
# An NTP client with 50 servers starts up (iburst).
# origin: lab/reflection.sh (ntpd of ntpsec 1.2.2 as client, without the right to set the clock; Python as servers)
# look-alike: flood.udp_reflection "NTP clients"
# look-alike: flood.udp_reflection "a pool of 50 NTP servers"
END
}

large_dns_answers() {
    local number
    network c=10.1.0.2/24 dns=10.1.9.53/24
    local -a records
    for number in $(seq 0 119); do
        records+=("--txt-record=$(printf 'n%d.example.org' "$number"; printf ',%0250d' 1 2 3 4)")
    done
    resolver_on dns "${records[@]}"
    record flood/large-dns-answers dns eth0 -s 128
    for number in $(seq 0 119); do
        echo "n$number.example.org TXT"
    done >"$WORK/names"
    inside c dig @10.1.9.53 +bufsize=4096 +short -f "$WORK/names" >/dev/null
    recorded flood/large-dns-answers
    expectation flood/large-dns-answers <<'END'
# A client asks for 120 names one after the other, which have large TXT records.
# origin: lab/reflection.sh (dnsmasq 2.90, dig 9.18)
# look-alike: flood.udp_reflection "DNS clients"
# look-alike: flood.udp_reflection "a server of large DNS answers"
END
}

late_answers() {
    local number
    network c=10.1.0.2/24 dns=10.1.9.53/24
    local -a records
    for number in $(seq 0 149); do
        records+=("--txt-record=$(printf 'n%d.example.org' "$number"; printf ',%0250d' 1 2 3 4)")
    done
    resolver_on dns "${records[@]}"
    slow_path 0.6 0 dns
    background c "$PYTHON" "$LAB/datagrams.py" ask 10.1.9.53 TXT 150 0.01 'n{}.example.org' 10.1.0.2
    sleep 1.2
    record flood/late-dns-answers c eth0 -s 128
    sleep 2
    recorded flood/late-dns-answers
    expectation flood/late-dns-answers <<'END'
# Answers come 0.6 s after the queries, and the capture begins in between: the first ones belong to no query.
# origin: lab/reflection.sh (dnsmasq 2.90, Python client, wire.py as slow path)
# look-alike: flood.udp_reflection "a resolver whose answers come late"
END
}

multicast_search() {
    local devices="" number
    network c=10.1.0.2/24
    for number in $(seq 100 139); do
        ip -n "$PREFIX-r" addr add "10.1.0.$number/24" dev c
        devices+=" 10.1.0.$number"
    done
    # shellcheck disable=SC2086
    datagram_server r device 239.255.255.250 1900 $devices
    record flood/multicast-search c eth0 -s 160
    inside c ping -c 1 -q 10.1.0.1 >/dev/null
    datagrams c search 239.255.255.250 1900 2.5
    recorded flood/multicast-search
    expectation flood/multicast-search <<'END'
# A client searches for devices by multicast (SSDP); 40 devices answer twice each, from addresses that it did not ask.
# origin: lab/reflection.sh (Python as client and devices)
# look-alike: flood.udp_reflection "answers to a multicast search"
END
}

one_direction() {
    local number
    network c=10.1.0.2/24 dns=10.1.9.53/24
    local -a records
    for number in $(seq 0 119); do
        records+=("--txt-record=$(printf 'n%d.example.org' "$number"; printf ',%0250d' 1 2 3 4)")
    done
    resolver_on dns "${records[@]}"
    record flood/answers-only c eth0 -s 128 dst host 10.1.0.2
    datagrams c ask 10.1.9.53 TXT 120 0.01 'n{}.example.org' 10.1.0.2
    recorded flood/answers-only
    expectation flood/answers-only <<'END'
# Only what reaches the client is captured: large answers, whose queries are not there.
# origin: lab/reflection.sh (dnsmasq 2.90, Python client, tcpdump with a destination filter)
# look-alike: flood.udp_reflection "only the direction of the answers captured"
END
}

game_stream() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    background s iperf3 -s -p 27015
    background s iperf3 -s -p 443
    wait_port s 27015
    wait_port s 443
    record flood/games-and-quic c eth0 -s 96
    inside c iperf3 -c 10.2.0.2 -p 27015 -u -R -b 500k -l 1000 -t 3 >/dev/null
    inside c iperf3 -c 10.2.0.2 -p 443 -u -R -b 500k -l 1200 -t 3 >/dev/null
    recorded flood/games-and-quic
    expectation flood/games-and-quic <<'END'
# A server streams large UDP packets to a client that has sent a single one: from port 27015 (game servers) and 443 (QUIC).
# origin: lab/reflection.sh (iperf3 3.12, because neither a game nor QUIC is at hand)
# look-alike: flood.udp_reflection "QUIC and games"
END
}

SCENARIOS=(ntp_monlist memcached_ipv6 dns_one_direction dns_reflector ntp_pool large_dns_answers late_answers multicast_search
    one_direction game_stream)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
