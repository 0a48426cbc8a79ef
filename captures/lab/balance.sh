#!/usr/bin/env bash
# Load balancers that spread their connections unevenly (balance.uneven), and what only looks like it. Takes about 30 s.

. "$(dirname "$0")/lib.sh"

# also HOST ADDRESS/LENGTH...: more addresses on its eth0
also() {
    local host=$1 address
    shift
    for address in "$@"; do
        case $address in
            *:*) ip -n "$PREFIX-$host" addr add "$address" dev eth0 nodad ;;
            *) ip -n "$PREFIX-$host" addr add "$address" dev eth0 ;;
        esac
    done
}

# Back ends are addresses of one host, on which nginx closes each connection after the answer; packets without timestamps
# option keep the captures small.
balanced_network() {
    network "$@"
    nginx_on s "keepalive_timeout 0;"
    local host
    for host in b s; do
        inside "$host" sysctl -qw net.ipv4.tcp_timestamps=0
    done
}

# haproxy_on HOST 'lines of the backend section': port 80 to the back ends, connections are not used again
haproxy_on() {
    cat >"$WORK/haproxy.cfg" <<END
global
    maxconn 200
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    option http-server-close
    retries 2
    option redispatch
frontend web
    bind :8000
    default_backend pool
backend pool
$2
END
    background "$1" haproxy -db -f "$WORK/haproxy.cfg"
    wait_port "$1" 8000
}

# requests HOST COUNT URL: one after the other, each on a connection of its own
requests() {
    inside "$1" ab -q -n "$2" -c 4 "$3" >/dev/null
}

# The headers of Ethernet, IP and TCP only: the requests are all the same, which is a case of its own (flood.http).
HEADERS="-s 54"

one_to_three() {
    balanced_network c=10.9.0.2/24 b=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24
    haproxy_on b "    balance roundrobin
    server one 10.2.0.2:80 weight 10
    server two 10.2.0.3:80 weight 30"
    # shellcheck disable=SC2086
    record balance/one-to-three b eth0 $HEADERS net 10.2.0.0/24
    requests c 58 http://10.1.0.2:8000/hello
    recorded balance/one-to-three
    expectation balance/one-to-three <<'END'
# haproxy with weights 1:3; its side towards the servers, only the headers. 50 connections are enough.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3)
# shows: balance.uneven
tcp.flags == 0x010 && ip.src == 10.1.0.2 && tcp.seq == 1 && tcp.ack == 1 && tcp.len == 0 @50 => balance.uneven
END
}

one_to_two() {
    balanced_network c=10.9.0.2/24 b=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24
    haproxy_on b "    balance roundrobin
    server one 10.2.0.2:80 weight 10
    server two 10.2.0.3:80 weight 20"
    # Without the servers' mere acknowledgments, to keep it small.
    record balance/one-to-two s eth0 -s 54 'tcp and not (src net 10.2.0.0/24 and tcp[13] == 16 and ip[2:2] == 40)'
    requests c 104 http://10.1.0.2:8000/hello
    recorded balance/one-to-two
    expectation balance/one-to-two <<'END'
# haproxy with weights 1:2, the ratio of the handbook; captured at the host of both servers, only the headers and without
# mere acknowledgments of the servers. Chance can't be ruled out before the 70th connection.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3, tcpdump with a filter)
# shows: balance.uneven
tcp.flags == 0x010 && ip.src == 10.1.0.2 && tcp.seq == 1 && tcp.ack == 1 && tcp.len == 0 @70 => balance.uneven
END
}

# Four addresses of a web application firewall; the balancer (nftables) chooses the server by a hash of the source address.
source_hash() {
    local number round
    network w=47.104.5.10/24 s=172.16.0.2/24
    also w 47.104.5.11/24 47.104.5.12/24 47.104.5.13/24
    also s 172.16.0.3/24
    nginx_on s "keepalive_timeout 0;"
    inside w sysctl -qw net.ipv4.tcp_timestamps=0
    # The router is the balancer here: what comes for 172.16.1.100 goes to a server that depends on the source.
    inside r nft add table ip balance
    inside r nft 'add chain ip balance pre { type nat hook prerouting priority -100; }'
    inside r nft 'add rule ip balance pre ip daddr 172.16.1.100 dnat to ip saddr map {
        47.104.5.10 : 172.16.0.2, 47.104.5.11 : 172.16.0.2, 47.104.5.12 : 172.16.0.2, 47.104.5.13 : 172.16.0.3 }'
    # shellcheck disable=SC2086
    record balance/few-clients s eth0 $HEADERS
    for round in $(seq 14); do
        for number in 10 11 12 13; do
            inside w curl -s -o /dev/null --interface "47.104.5.$number" http://172.16.1.100/hello
        done
    done
    recorded balance/few-clients
    expectation balance/few-clients <<END
# $round times, the four addresses of a web application firewall stay at their servers by source address: three at one, one at the other.
# Captured at the host of both servers, only the headers.
# origin: lab/balance.sh (nftables as balancer, nginx 1.22, curl 7.88)
# shows: balance.uneven
tcp.flags == 0x010 && ip.src == 47.104.5.0/24 && tcp.seq == 1 && tcp.ack == 1 && tcp.len == 0 @50 => balance.uneven
END
}

one_to_four_ipv6() {
    balanced_network c=2001:db8:9::2/64 b=2001:db8:1::2/64 s=2001:db8:2::2/64
    also s 2001:db8:2::3/64
    haproxy_on b "    balance roundrobin
    server one [2001:db8:2::2]:80 weight 10
    server two [2001:db8:2::3]:80 weight 40"
    sed -i 's/bind :8000/bind [::]:8000/' "$WORK/haproxy.cfg"
    inside b bash -c "kill \$(ss -Hltnp 'sport = :8000' | grep -o 'pid=[0-9]*' | head -1 | cut -d= -f2)"
    background b haproxy -db -f "$WORK/haproxy.cfg"
    sleep 1
    # Without the servers' mere acknowledgments, to keep it small.
    record source b eth0 'net 2001:db8:2::/64 and not (src net 2001:db8:2::/64 and ip6[53] == 16 and ip6[4:2] == 20)'
    # The mirror cuts the request line, so that it is not seen that all requests are the same (flood.http).
    requests c 62 'http://[2001:db8:1::2]:8000/hello?longer-than-96-bytes'
    stop_recording source
    mirrored balance/one-to-four-ipv6-mirror-cut source --as vxlan --at 10.0.0.9 --id 3 --cut 96
    expectation balance/one-to-four-ipv6-mirror-cut <<'END'
# haproxy with weights 1:4 over IPv6, the side towards the servers as a mirror session in VXLAN delivers it, cut to
# 96 bytes.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3, tcpdump without mere acknowledgments of the servers), put into VXLAN by mirror.py
# shows: balance.uneven
tcp.flags.push == 1 @1 => mirror.truncated
tcp.flags == 0x010 && ipv6.src == 2001:db8:1::2 && tcp.seq == 1 && tcp.ack == 1 && tcp.len == 0 @40 => balance.uneven
END
}

equal_weights() {
    balanced_network c=10.9.0.2/24 b=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24 10.2.0.4/24
    haproxy_on b "    balance random
    server one 10.2.0.2:80
    server two 10.2.0.3:80
    server three 10.2.0.4:80"
    # shellcheck disable=SC2086
    record balance/equal-weights b eth0 $HEADERS net 10.2.0.0/24
    requests c 95 http://10.1.0.2:8000/hello
    recorded balance/equal-weights
    expectation balance/equal-weights <<'END'
# haproxy chooses among three servers at random, with equal weights.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3)
# look-alike: balance.uneven "equal weights"
END
}

too_few() {
    balanced_network c=10.9.0.2/24 b=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24
    haproxy_on b "    balance roundrobin
    server one 10.2.0.2:80 weight 10
    server two 10.2.0.3:80 weight 30"
    # shellcheck disable=SC2086
    record balance/too-few b eth0 $HEADERS net 10.2.0.0/24
    requests c 29 http://10.1.0.2:8000/hello
    recorded balance/too-few
    expectation balance/too-few <<'END'
# Weights 1:3, but 29 connections only.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3)
# look-alike: balance.uneven "too few connections"
END
}

browsing() {
    local page
    network c=192.168.1.30/24 s=192.168.2.10/24
    also s 192.168.2.11/24
    nginx_on s "keepalive_timeout 0;"
    inside c sysctl -qw net.ipv4.tcp_timestamps=0
    # shellcheck disable=SC2086
    record balance/browsing c eth0 $HEADERS
    for page in 10 10 11 10 11 10 10; do
        requests c 10 "http://192.168.2.$page/hello"
    done
    recorded balance/browsing
    expectation balance/browsing <<'END'
# A client opens pages of two web servers in turn, 10 connections for each page.
# origin: lab/balance.sh (nginx 1.22, ab 2.3)
# look-alike: balance.uneven "browsing"
END
}

host_by_host() {
    balanced_network b=192.168.1.30/24 s=192.168.2.10/24
    also s 192.168.2.11/24 192.168.2.12/24
    # shellcheck disable=SC2086
    record balance/host-by-host b eth0 $HEADERS
    requests b 45 http://192.168.2.10/hello
    requests b 8 http://192.168.2.11/hello
    requests b 12 http://192.168.2.12/hello
    recorded balance/host-by-host
    expectation balance/host-by-host <<'END'
# A job goes through three servers one after the other, with different amounts of work.
# origin: lab/balance.sh (nginx 1.22, ab 2.3)
# look-alike: balance.uneven "a job that goes from host to host"
END
}

# The checks are plain connections that are closed by FIN, as many balancers do it; haproxy's own never complete the handshake.
health_checks() {
    local check
    balanced_network c=10.9.0.2/24 b=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24 10.2.0.4/24
    haproxy_on b "    balance roundrobin
    server one 10.2.0.2:80 check inter 500
    server two 10.2.0.3:80 check inter 500
    server three 10.2.0.4:80 weight 0 check inter 500"
    # shellcheck disable=SC2086
    record balance/health-checks b eth0 $HEADERS net 10.2.0.0/24
    for check in $(seq 12); do
        for address in 10.2.0.2 10.2.0.3 10.2.0.4; do
            inside b "$PYTHON" -c "import socket; socket.create_connection(('$address', 80)).close()"
        done
        requests c 5 http://10.1.0.2:8000/hello
    done
    recorded balance/health-checks
    expectation balance/health-checks <<END
# One of three servers is drained (weight 0): it gets health checks only, $check rounds of connections without data.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3; Python makes the checks that complete the handshake)
# look-alike: balance.uneven "health checks of a back end without load"
END
}

one_is_down() {
    balanced_network c=10.9.0.2/24 b=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24 10.2.0.4/24
    haproxy_on b "    balance roundrobin
    server one 10.2.0.2:80
    server two 10.2.0.3:80
    server three 10.2.0.4:80 check inter 200 fall 1"
    # shellcheck disable=SC2086
    record balance/one-is-down b eth0 $HEADERS net 10.2.0.0/24 and tcp
    requests c 24 http://10.1.0.2:8000/hello
    inside s nft 'add table inet down; add chain inet down in { type filter hook input priority 0; }; add rule inet down in ip daddr 10.2.0.4 tcp dport 80 reject with tcp reset'
    sleep 1
    requests c 70 http://10.1.0.2:8000/hello
    recorded balance/one-is-down
    expectation balance/one-is-down <<'END'
# One of three servers goes down after a while; the other two share its part.
# origin: lab/balance.sh (haproxy 2.6, nginx 1.22, ab 2.3, nftables reject)
# look-alike: balance.uneven "one of several back ends is down"
tcp.flags.reset == 1 && ip.src == 10.2.0.4 @1 => connect.refused
END
}

# The balancer replaces the destination: each connection is there twice, to its own address and to a server.
address_in_front() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    also s 10.2.0.3/24
    nginx_on s "keepalive_timeout 0;"
    local host
    for host in c s; do
        inside "$host" sysctl -qw net.ipv4.tcp_timestamps=0
    done
    inside r nft add table ip balance
    inside r nft 'add chain ip balance pre { type nat hook prerouting priority -100; }'
    inside r nft 'add rule ip balance pre ip daddr 10.9.0.100 tcp dport 80 dnat to numgen inc mod 2 map { 0 : 10.2.0.2, 1 : 10.2.0.3 }'
    # Openings and requests, to keep it small.
    record balance/address-in-front-router-any r any -s 60 'tcp[13] & 2 != 0 or (dst port 80 and tcp[13] & 1 == 0)'
    requests c 64 http://10.9.0.100/hello
    recorded balance/address-in-front-router-any
    expectation balance/address-in-front-router-any <<'END'
# A balancer that replaces the destination address sends connections to two servers in turn; all interfaces of it, only openings and
# requests. The address that the client connects to has as many connections as both servers together.
# origin: lab/balance.sh (nftables as balancer, nginx 1.22, ab 2.3, tcpdump with a filter)
# look-alike: balance.uneven "the address in front of the back ends"
END
}

loyal_clients() {
    local round
    network c=10.1.0.2/24 s=10.2.0.2/24
    also c 10.1.0.3/24
    also s 10.2.0.3/24
    nginx_on s "keepalive_timeout 0;"
    inside c sysctl -qw net.ipv4.tcp_timestamps=0
    # shellcheck disable=SC2086
    record balance/clients-stay c eth0 $HEADERS
    for round in $(seq 25); do
        inside c curl -s -o /dev/null --interface 10.1.0.2 http://10.2.0.2/hello
        inside c curl -s -o /dev/null --interface 10.1.0.3 http://10.2.0.3/hello
        inside c curl -s -o /dev/null --interface 10.1.0.2 http://10.2.0.2/hello
    done
    recorded balance/clients-stay
    expectation balance/clients-stay <<END
# $round times, one of two programs asks its server twice, the other asks its own once.
# origin: lab/balance.sh (nginx 1.22, curl 7.88)
# look-alike: balance.uneven "clients that stay at their server"
END
}

SCENARIOS=(one_to_three one_to_two source_hash one_to_four_ipv6 equal_weights too_few browsing host_by_host health_checks
    one_is_down address_in_front loyal_clients)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
