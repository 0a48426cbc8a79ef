#!/usr/bin/env bash
# Addresses that are translated one way only (nat.*), and what only looks so. Takes about 20 s.

. "$(dirname "$0")/lib.sh"

# translate RULE...: destination NAT on the router
translate() {
    inside r nft add table inet nat
    inside r nft "add chain inet nat pre { type nat hook prerouting priority -100; }"
    inside r nft add rule inet nat pre "$@"
}

# shortcut HOST OTHER ADDRESS...: a wire from HOST to OTHER beside the router, which HOST uses for these addresses of OTHER
shortcut() {
    local host=$1 other=$2 address name
    shift 2
    ip -n "$PREFIX-$host" link add dev eth1 type veth peer name eth1 netns "$PREFIX-$other"
    for name in "$host" "$other"; do
        plain_packets "$name" eth1
        inside "$name" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
        # IPv4 over it needs no address of its own; what is asked there is answered for all addresses.
        ip -n "$PREFIX-$name" link set dev eth1 up
    done
    for address in "$@"; do
        ip -n "$PREFIX-$host" route add "$address" dev eth1
    done
}

untranslated() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    translate ip daddr 10.9.0.9 tcp dport 80 dnat ip to 10.2.0.2
    shortcut s c 10.1.0.2
    record nat/untranslated-client-any c any tcp
    inside c curl -s --connect-timeout 4 http://10.9.0.9/hello || true
    recorded nat/untranslated-client-any
    expectation nat/untranslated-client-any <<'END'
# The router translates the address of a service to that of the server, whose answers take another way: they reach the client
# untranslated. Captured on all interfaces of the client.
# origin: lab/nat.sh (nginx 1.22, curl 7.88, nftables destination NAT, a second wire)
# shows: nat.untranslated
tcp.flags.reset == 1 @1 => nat.untranslated
END
}

untranslated_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    translate ip6 daddr 2001:db8:9::9 tcp dport 80 dnat ip6 to 2001:db8:2::2
    # The answer comes back through the router, which takes no part in it: tracked are only packets from the client's side.
    inside r nft "add chain inet nat raw { type filter hook prerouting priority -300; }"
    inside r nft add rule inet nat raw iifname s notrack
    record nat/untranslated-ipv6-router-any r any tcp
    inside c curl -s --connect-timeout 4 'http://[2001:db8:9::9]/hello' || true
    recorded nat/untranslated-ipv6-router-any
    expectation nat/untranslated-ipv6-router-any <<'END'
# The router translates the address of a service, but not the answers, which its connection tracking is told to leave alone.
# Captured on all interfaces of the router: the SYN before and behind the translation, the answer twice. IPv6.
# origin: lab/nat.sh (nginx 1.22, curl 7.88, nftables destination NAT and notrack)
# shows: nat.untranslated
tcp.flags.reset == 1 @1 => nat.untranslated
END
}

untranslated_dns() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    resolver_on s --address=/www.example.cn/10.2.0.80
    translate ip daddr 10.9.0.10 udp dport 53 dnat ip to 10.2.0.2
    shortcut s c 10.1.0.2
    record nat/untranslated-dns-client-any c any udp
    inside c dig +tries=3 +time=2 @10.9.0.10 www.example.cn >/dev/null || true
    recorded nat/untranslated-dns-client-any
    expectation nat/untranslated-dns-client-any <<'END'
# The address of a DNS service is translated to that of a resolver, whose answers reach the client untranslated. Captured on all
# interfaces of the client.
# origin: lab/nat.sh (dnsmasq 2.90, dig 9.18, nftables destination NAT, a second wire)
# shows: nat.untranslated
# look-alike: dns.unanswered "an answer from an address that was not asked (other case)"
dns.flags.response == 0 @2 => nat.untranslated
END
}

translated_both_ways() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    translate ip daddr 10.9.0.9 tcp dport 80 dnat ip to 10.2.0.2
    record nat/translated-router-any r any tcp
    inside c curl -s -o /dev/null http://10.9.0.9/hello
    inside c nmap -n -Pn -sS -p 80 10.9.0.9 >/dev/null
    recorded nat/translated-router-any
    expectation nat/translated-router-any <<'END'
# A translation that works, on all interfaces of the translating router: each packet is captured with both addresses. A download,
# and a port check that leaves by RST.
# origin: lab/nat.sh (nginx 1.22, curl 7.88, nmap 7.93, nftables destination NAT)
# look-alike: nat.untranslated "the translated copy of the same packet at a router"
# look-alike: nat.stale_reset "copies of the capture"
END
}

one_port() {
    network c=10.1.0.2/24 s=10.2.0.2/24 t=10.3.0.2/24
    nginx_on t ""
    firewall ip daddr 10.2.0.2 drop
    record nat/two-connections-from-one-port c eth0 tcp
    inside c "$PYTHON" - <<'END'
import socket, threading, time
def connect(address, patience):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.bind(("10.1.0.2", 51000))
    s.settimeout(patience)
    try:
        s.connect(address)
    except OSError:
        pass
    s.close()
first = threading.Thread(target=connect, args=(("10.2.0.2", 80), 2))
first.start()
time.sleep(0.3)
connect(("10.3.0.2", 80), 2)
first.join()
END
    recorded nat/two-connections-from-one-port
    expectation nat/two-connections-from-one-port <<'END'
# A program connects to two servers from one port. The first one is dead; the second one answers, and the program ends that
# connection by RST.
# origin: lab/nat.sh (nginx 1.22, Python with SO_REUSEADDR and SO_LINGER, nftables drop)
# look-alike: nat.untranslated "two real connections from one port"
END
}

scan() {
    network c=10.1.0.2/24 s=10.2.0.2/24 t=10.3.0.2/24
    nginx_on t ""
    firewall ip daddr 10.2.0.2 drop
    record nat/scan-with-one-number c eth0 tcp
    inside c nmap -n -Pn -sS -p 80,443 10.2.0.2 10.3.0.2 >/dev/null
    recorded nat/scan-with-one-number
    expectation nat/scan-with-one-number <<'END'
# A scanner sends all probes from one port with one sequence number. One host drops them, the other one answers, and the scanner's
# kernel resets what it does not know.
# origin: lab/nat.sh (nmap 7.93, nginx 1.22, nftables drop)
# look-alike: nat.untranslated "a port scan with one sequence number"
END
}

hairpin() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    translate ip daddr 10.9.0.9 tcp dport 80 tcp sport 40001 dnat ip to 10.1.0.2:8080
    inside r nft add rule inet nat pre ip daddr 10.9.0.9 tcp dport 80 dnat ip to 10.2.0.2
    record nat/hairpin c eth0 tcp
    inside c curl -s -o /dev/null --local-port 40000 http://10.9.0.9/hello
    inside c curl -s --local-port 40001 --connect-timeout 8 http://10.9.0.9/hello || true
    inside c curl -s -o /dev/null --local-port 40002 http://10.9.0.9/hello
    recorded nat/hairpin
    expectation nat/hairpin <<'END'
# A balancer sends the second of three connections to the host that it came from, and keeps the client's address: the SYN comes
# back, and the host drops it.
# origin: lab/nat.sh (nginx 1.22, curl 7.88, nftables destination NAT)
# shows: nat.hairpin
tcp.dstport == 8080 @5 => nat.hairpin
END
}

# A proxy on the client's own host takes what is sent to another address.
local_proxy() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on c ""
    inside c nft add table inet nat
    inside c nft "add chain inet nat out { type nat hook output priority -100; }"
    inside c nft add rule inet nat out ip daddr 10.9.0.9 tcp dport 80 dnat ip to 10.1.0.2:80
    record nat/local-proxy-any c any tcp
    inside c curl -s -o /dev/null http://10.9.0.9/hello
    inside c curl -s -o /dev/null http://10.1.0.2/hello
    inside c curl -s -o /dev/null http://127.0.0.1/hello
    recorded nat/local-proxy-any
    expectation nat/local-proxy-any <<'END'
# What a host sends to a service is taken by a proxy on the host itself, which answers; then it connects to its own address, and
# to 127.0.0.1. Captured on all interfaces.
# origin: lab/nat.sh (nginx 1.22, curl 7.88, nftables destination NAT)
# look-alike: nat.hairpin "a local proxy that answers"
# look-alike: nat.hairpin "loopback"
END
}

stale_reset() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    slow_path 0.01 0 c s
    translate ip daddr 10.9.0.9 tcp dport 80 dnat ip to 10.2.0.2
    inside c sysctl -qw net.ipv4.tcp_rmem="4096 16384 16384"
    # This kernel's connection tracking lets such a segment pass as a known one; older ones take it for INVALID. So it is told not to
    # track what late.py marks.
    inside r nft "add chain inet nat raw { type filter hook prerouting priority -300; }"
    inside r nft add rule inet nat raw ip dscp 1 notrack
    background s "$PYTHON" "$LAB/late.py" eth0 80 10000
    sleep 1
    record nat/stale-reset s eth0 -s 96 tcp
    inside c curl -s -o /dev/null --max-time 3 http://10.9.0.9/download || true
    recorded nat/stale-reset
    expectation nat/stale-reset <<'END'
# In a download through a translated address, the first segment comes once more, late, and the router does not translate it. The
# client's host answers by RST, which ends the connection for the server. Captured at the server.
# origin: lab/nat.sh (nginx 1.22, curl 7.88, nftables destination NAT and notrack, late.py sends a segment again), snap length 96
# shows: nat.stale_reset
tcp.flags.reset == 1 @1+3 => nat.stale_reset
END
}

unread_data_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    slow_path 0.01 0 c s
    inside c sysctl -qw net.ipv4.tcp_rmem="4096 16384 16384"
    record nat/unread-data-ipv6 s eth0 -s 96 tcp
    inside c timeout -s KILL 0.4 curl -s -o /dev/null --limit-rate 1k 'http://[2001:db8:2::2]/download' || true
    sleep 0.5
    recorded nat/unread-data-ipv6
    expectation nat/unread-data-ipv6 <<'END'
# A client is killed in the middle of a download, with unread data: RST, and one more for each segment that comes. Captured at the server.
# origin: lab/nat.sh (nginx 1.22, curl 7.88), snap length 96
# look-alike: nat.stale_reset "program that ends with unread data"
END
}

SCENARIOS=(untranslated untranslated_ipv6 untranslated_dns translated_both_ways one_port scan hairpin local_proxy stale_reset
    unread_data_ipv6)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
