#!/usr/bin/env bash
# Handshakes that are never completed (connect.half_open, connect.syn_recv_pileup), SYNs that leave a tunnel and are not
# answered (tunnel.rp_filter), and what only looks so. Takes about 30 s.

. "$(dirname "$0")/lib.sh"

SYN_ACK="tcp flags & (syn | ack) == (syn | ack)"
NOT_SYN="tcp flags & (syn | ack) == ack"

# --- connect.half_open --------------------------------------------------------------------------------------------------

return_path_lost() {
    network c=192.168.1.30/24 s=47.104.5.10/24
    nginx_on s ""
    # shellcheck disable=SC2086
    firewall ip saddr 47.104.5.10 $SYN_ACK drop
    record connect/half-open s eth0
    inside c curl -s --connect-timeout 5 http://47.104.5.10/hello || true
    recorded connect/half-open
    expectation connect/half-open <<'END'
# A firewall on the way back drops the SYN-ACK. The server repeats it after 1 s and answers each repeated SYN as well. Captured at
# the server.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.half_open
tcp.flags == 0x012 && tcp.time_relative > 1.5 @1 => connect.half_open
END
    mirrored connect/half-open-mirror-cut connect/half-open --as vxlan --at 47.104.5.10 --id 7 --cut 96
    expectation connect/half-open-mirror-cut <<'END'
# The same, mirrored at the server in VXLAN and cut to 96 bytes.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drop), put into VXLAN by mirror.py
# shows: connect.half_open
tcp.flags == 0x012 && tcp.time_relative > 1.5 @1 => connect.half_open
END
}

return_path_lost_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    # Of old clients, and of Windows, the SYN is repeated after 1 and 3 s.
    inside c sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0
    # shellcheck disable=SC2086
    firewall ip6 saddr 2001:db8:2::2 $SYN_ACK drop
    record connect/half-open-ipv6-router-any r any
    local round
    for round in 1 2; do
        inside c curl -sk --connect-timeout 4 'https://[2001:db8:2::2]/hello' || true
    done
    recorded connect/half-open-ipv6-router-any
    expectation connect/half-open-ipv6-router-any <<END
# $round attempts over IPv6. Captured on all interfaces of the router that drops the SYN-ACKs: what it forwards appears twice,
# what it drops once.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.half_open
tcp.flags == 0x012 && tcp.time_relative > 2.5 @1 => connect.half_open
END
}

client_drops() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inside c nft add table inet own
    inside c nft "add chain inet own input { type filter hook input priority 0; }"
    inside c nft add rule inet own input tcp sport 80 drop
    record connect/half-open-client-firewall c eth0
    inside c curl -s --connect-timeout 4 http://10.2.0.2/hello || true
    recorded connect/half-open-client-firewall
    expectation connect/half-open-client-firewall <<'END'
# The client's own firewall drops the SYN-ACK. Captured at the client, where it still arrives.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables on the client)
# shows: connect.half_open
tcp.flags == 0x012 && tcp.time_relative > 1.5 @1 => connect.half_open
END
}

ack_lost() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # shellcheck disable=SC2086
    firewall ip saddr 10.1.0.2 $NOT_SYN drop
    record connect/half-open-ack-lost s eth0
    record connect/half-open-ack-lost-client c eth0
    inside c curl -s --max-time 4 http://10.2.0.2/hello || true
    recorded connect/half-open-ack-lost
    recorded connect/half-open-ack-lost-client
    expectation connect/half-open-ack-lost <<'END'
# A firewall passes the client's SYN and drops its ACK and data. Captured at the server: the client says nothing more.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.half_open
tcp.flags == 0x012 @3 => connect.half_open
END
    expectation connect/half-open-ack-lost-client <<'END'
# The same, captured at the client: its ACK and its request leave, and the server repeats its SYN-ACK all the same.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.half_open
tcp.flags == 0x012 @3 => connect.half_open
END
}

syn_ack_repaired() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # shellcheck disable=SC2086
    lose_first 1 ip saddr 10.2.0.2 $SYN_ACK
    record connect/half-open-repaired s eth0
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    recorded connect/half-open-repaired
    expectation connect/half-open-repaired <<'END'
# One SYN-ACK is lost. A second later server and client repeat at the same time, so that there are three SYN-ACKs before the ACK.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drops one packet)
# look-alike: connect.half_open "a lost SYN-ACK that is repaired"
END
}

half_open_scans() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record connect/half-open-scan s eth0
    inside c nmap -n -Pn -sS -p 78-82,443 10.2.0.2 >/dev/null
    recorded connect/half-open-scan
    inside c nft add table inet own
    inside c nft "add chain inet own output { type filter hook output priority 0; }"
    inside c nft "add rule inet own output tcp flags & rst == rst drop"
    record connect/half-open-scan-without-rst s eth0
    inside c nmap -n -Pn -sS -p 80,443 10.2.0.2 >/dev/null
    sleep 4
    recorded connect/half-open-scan-without-rst
    expectation connect/half-open-scan <<'END'
# nmap -sS: the scanner's kernel resets the half-open connection. Closed ports answer with RST themselves.
# origin: lab/handshake.sh (nmap 7.93, nginx 1.22)
# look-alike: connect.half_open "half-open port scans"
# look-alike: policy.reset_injected "the kernel of a scanner resets what the scanner opened"
tcp.flags == 0x014 @1 => connect.refused
tcp.flags == 0x014 @2 => connect.refused
tcp.flags == 0x014 @3 => connect.refused
tcp.flags == 0x014 @4 => connect.refused
END
    expectation connect/half-open-scan-without-rst <<'END'
# nmap -sS whose RSTs a firewall on the scanner drops, as mass scanners do: the server repeats its SYN-ACKs in vain.
# origin: lab/handshake.sh (nmap 7.93, nginx 1.22, nftables on the scanner)
# look-alike: connect.half_open "half-open port scans"
END
}

server_direction() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # shellcheck disable=SC2086
    firewall ip saddr 10.2.0.2 $SYN_ACK drop
    record connect/half-open-server-direction-only s eth0 src host 10.2.0.2
    clients 10.1.0 30 22 10.2.0.2 80 4
    recorded connect/half-open-server-direction-only
    expectation connect/half-open-server-direction-only <<'END'
# Only what the server sends is captured: SYN-ACKs of 22 clients, repeated. Whether ACKs came can't be told from them.
# origin: lab/handshake.sh (nginx 1.22, Python clients, tcpdump with a source filter, nftables drop)
# look-alike: connect.half_open "blind direction"
# look-alike: connect.syn_recv_pileup "blind direction"
END
}

accept_queue() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    # The queue takes one more than its backlog, and four connections are in it already.
    background s "$PYTHON" -c '
import socket, time
server = socket.create_server(("10.2.0.2", 8080), backlog=4)
time.sleep(60)'
    wait_port s 8080
    background c "$PYTHON" -c '
import socket, time
waiting = [socket.create_connection(("10.2.0.2", 8080)) for _ in range(4)]
time.sleep(60)'
    sleep 0.5
    slow_path 0.01 0 c s
    record connect/accept-queue s eth0 -s 96 tcp
    inside c "$PYTHON" -c '
import socket, time
clients = [socket.socket() for _ in range(3)]
for client in clients:
    client.setblocking(False)
    client.connect_ex(("10.2.0.2", 8080))
time.sleep(0.1)
for client in clients:
    client.send(b"GET /a.jpg HTTP/1.1\r\nHost: www\r\n\r\n")
time.sleep(3.5)'
    recorded connect/accept-queue
    expectation connect/accept-queue <<'END'
# The program does not accept, and the queue has one place left. Three clients connect at once: the server ignores ACK and data of two of
# them. Captured at the server.
# origin: lab/handshake.sh (Python server and clients), snap length 96
# shows: connect.accept_queue
tcp.flags == 0x012 @6 => connect.accept_queue
END
}

accept_queue_loss_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    inside s nft add table inet loss
    inside s nft "add chain inet loss in { type filter hook input priority 0; }"
    inside s nft "add rule inet loss in tcp dport 80 tcp flags & syn == 0 numgen inc mod 6 < 5 drop"
    record connect/data-lost-at-the-server-ipv6 s eth0 -s 120 tcp
    inside c curl -s --max-time 4 'http://[2001:db8:2::2]/hello' || true
    recorded connect/data-lost-at-the-server-ipv6
    expectation connect/data-lost-at-the-server-ipv6 <<'END'
# Five of six packets of the client are lost behind the place of the capture, at the server, but not all: the connection works in the end.
# origin: lab/handshake.sh (nginx 1.22, curl 7.88, nftables drop), snap length 120
# look-alike: connect.accept_queue "lossy path behind the vantage"
END
}

deferred_accept() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    background s "$PYTHON" -c '
import socket, time
server = socket.socket()
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
server.bind(("10.2.0.2", 80))
server.listen(100)
while True:
    connection = server.accept()[0]
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n" if connection.recv(1000) else b"")
    connection.close()'
    wait_port s 80
    record connect/deferred-accept s eth0 -s 96
    clients 10.1.0 30 22 10.2.0.2 80 5 "GET / HTTP/1.0"
    recorded connect/deferred-accept
    expectation connect/deferred-accept <<'END'
# 22 clients connect and wait 5 s before they ask. The server has TCP_DEFER_ACCEPT: it takes the connection when data comes, and
# repeats its SYN-ACK until then.
# origin: lab/handshake.sh (Python server and clients)
# look-alike: connect.half_open "TCP_DEFER_ACCEPT"
# look-alike: connect.accept_queue "TCP_DEFER_ACCEPT"
# look-alike: connect.syn_recv_pileup "TCP_DEFER_ACCEPT"
END
}

# --- connect.syn_recv_pileup --------------------------------------------------------------------------------------------

# clients NETWORK FIRST COUNT SERVER PORT SECONDS [REQUEST]: so many clients of the namespace c with addresses of their own, 60 ms
# apart, each of which waits so long, sends the request and reads the answer
clients() {
    local network=$1 first=$2 count=$3 i
    shift 3
    for i in $(seq "$first" $((first + count - 1))); do
        case $network in
            *:*) ip -n "$PREFIX-c" addr add "$network::$i/64" dev eth0 nodad ;;
            *) ip -n "$PREFIX-c" addr add "$network.$i/24" dev eth0 ;;
        esac
    done
    inside c "$PYTHON" - "$network" "$first" "$count" "$@" <<'PY'
import socket, sys, time
network, first, count, server, port, seconds, *request = sys.argv[1:]
family = socket.AF_INET6 if ":" in server else socket.AF_INET
begin, open_ones = time.monotonic(), []
for i in range(int(first), int(first) + int(count)):
    client = socket.socket(family)
    client.bind((network + ("::" if ":" in network else ".") + str(i), 0))
    client.setblocking(False)
    client.connect_ex((server, int(port)))
    open_ones.append(client)
    time.sleep(0.06)
time.sleep(max(0, begin + float(seconds) - time.monotonic()))
for client in open_ones:
    client.settimeout(2)
    if request:
        client.sendall(request[0].encode() + b"\r\n\r\n")
for client in open_ones:
    if request:
        client.recv(1000)
    client.close()
PY
}

pileup() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # shellcheck disable=SC2086
    firewall ip saddr 10.2.0.2 $SYN_ACK drop
    record connect/syn-recv-pileup s eth0
    clients 10.1.0 30 25 10.2.0.2 80 4
    recorded connect/syn-recv-pileup
    expectation connect/syn-recv-pileup <<'END'
# 25 clients within 1.5 s, and every SYN-ACK is lost on its way back. Captured at the server.
# origin: lab/handshake.sh (nginx 1.22, Python clients, nftables drop)
# shows: connect.syn_recv_pileup
# shows: connect.half_open
tcp.stream == 19 && tcp.flags.syn == 1 @3 => connect.syn_recv_pileup
tcp.stream == 0 && tcp.flags == 0x012 && tcp.time_relative > 1.5 @1 => connect.half_open
END
    mirrored connect/syn-recv-pileup-mirror-cut connect/syn-recv-pileup --as vxlan --at 10.2.0.2 --id 9 --cut 96
    expectation connect/syn-recv-pileup-mirror-cut <<'END'
# The same, mirrored at the server in VXLAN and cut to 96 bytes.
# origin: lab/handshake.sh (nginx 1.22, Python clients, nftables drop), put into VXLAN by mirror.py
# shows: connect.syn_recv_pileup
tcp.stream == 19 && tcp.flags.syn == 1 @3 => connect.syn_recv_pileup
tcp.stream == 0 && tcp.flags == 0x012 && tcp.time_relative > 1.5 @1 => connect.half_open
END
}

pileup_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    # shellcheck disable=SC2086
    firewall ip6 saddr 2001:db8:2::2 $SYN_ACK drop
    record connect/syn-recv-pileup-ipv6-router-any r any -s 120
    clients 2001:db8:1 30 21 2001:db8:2::2 443 3.5
    recorded connect/syn-recv-pileup-ipv6-router-any
    expectation connect/syn-recv-pileup-ipv6-router-any <<'END'
# 21 clients over IPv6, seen on all interfaces of the router that drops the SYN-ACKs.
# origin: lab/handshake.sh (nginx 1.22, Python clients, nftables drop)
# shows: connect.syn_recv_pileup
tcp.stream == 19 && tcp.flags == 0x012 @2 => connect.syn_recv_pileup
tcp.stream == 0 && tcp.flags == 0x012 && tcp.time_relative > 1.5 @1 => connect.half_open
END
}

forged_sources() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # The forged addresses are somewhere in the world, and mostly nobody is there.
    inside r ip route add blackhole default
    record connect/syn-recv-forged-sources s eth0
    inside c hping3 -q -S -p 80 --rand-source -c 30 -i u60000 10.2.0.2 >/dev/null 2>&1 || true
    sleep 2
    recorded connect/syn-recv-forged-sources
    expectation connect/syn-recv-forged-sources <<'END'
# 30 SYNs with forged source addresses; nobody answers the SYN-ACKs. Captured at the server.
# origin: lab/handshake.sh (hping3 3.0.0-alpha-2, nginx 1.22)
# shows: connect.syn_recv_pileup
# look-alike: connect.half_open "half-open port scans"
tcp.stream == 19 && tcp.flags == 0x012 @2 => connect.syn_recv_pileup
END
}

busy_server() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    slow_path 0.1 0 c s
    record connect/syn-recv-busy-server s eth0 -s 80
    inside c ab -q -n 80 -c 40 http://10.2.0.2/hello >/dev/null
    recorded connect/syn-recv-busy-server
    expectation connect/syn-recv-busy-server <<'END'
# 40 connections are opened at once, again and again, over a path with a round trip of 0.2 s.
# origin: lab/handshake.sh (nginx 1.22, ab 2.3, lab/wire.py as slow path)
# look-alike: connect.syn_recv_pileup "a busy server whose handshakes are completed"
tcp.dstport == 80 && tcp.len > 0 @6 => flood.http
END
}

# --- tunnel.rp_filter ---------------------------------------------------------------------------------------------------

# lvs_tun: client c, director and real server s with IPIP between them; the VIP is 10.9.9.9, and s answers directly
lvs_tun() {
    network c=10.1.0.2/24 director=10.3.0.2/24 s=10.2.0.2/24
    start_tunnel director tun0 ipip 10.3.0.2 10.2.0.2
    start_tunnel s tun0 ipip 10.2.0.2 10.3.0.2
    inside r ip route add 10.9.9.9/32 via 10.3.0.2
    inside director sysctl -qw net.ipv4.ip_forward=1
    inside director ip route add 10.9.9.9/32 dev tun0
    inside s ip addr add 10.9.9.9/32 dev lo
    nginx_on s "keepalive_timeout 75s;"
}

rp_filter() {
    lvs_tun
    inside s sysctl -qw net.ipv4.conf.tun0.rp_filter=1
    record tunnel/rp-filter s eth0
    record tunnel/rp-filter-any s any
    record tunnel/rp-filter-director director eth0
    # The health check of the director.
    inside director curl -s -o /dev/null http://10.2.0.2/hello
    local round
    for round in 1 2; do
        inside c curl -s --connect-timeout 4 http://10.9.9.9/hello || true
    done
    recorded tunnel/rp-filter
    recorded tunnel/rp-filter-any
    recorded tunnel/rp-filter-director
    expectation tunnel/rp-filter <<END
# LVS in tunnel mode, $round attempts. The real server has rp_filter = 1 on its tunnel device and drops every SYN that leaves the
# tunnel; it answers the director's health check. Captured at the real server.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# shows: tunnel.rp_filter
ip.proto == 4 && tcp.flags.syn == 1 @3 => tunnel.rp_filter
END
    expectation tunnel/rp-filter-any <<'END'
# The same on all interfaces of the real server: each SYN in IPIP on eth0, and plain where it leaves the tunnel.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# shows: tunnel.rp_filter
ip.proto == 4 && tcp.flags.syn == 1 @3 => tunnel.rp_filter
END
    expectation tunnel/rp-filter-director <<'END'
# The same at the director: each SYN comes plain and leaves in IPIP. Answers would not come by here.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# shows: tunnel.rp_filter
ip.proto == 4 && tcp.flags.syn == 1 @3 => tunnel.rp_filter
ip.proto != 4 && ip.dst == 10.9.9.9 && tcp.flags.syn == 1 @3 => connect.unanswered
ip.proto != 4 && ip.dst == 10.9.9.9 && tcp.flags.syn == 1 @7 => connect.unanswered
END
    mirrored tunnel/rp-filter-mirror-cut tunnel/rp-filter --as vxlan --at 10.2.0.2 --id 7 --cut 96
    expectation tunnel/rp-filter-mirror-cut <<'END'
# The real server's interface, mirrored in VXLAN and cut to 96 bytes.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88), put into VXLAN by mirror.py
# shows: tunnel.rp_filter
tcp.len > 0 @1 => mirror.truncated
ip.proto == 4 && tcp.flags.syn == 1 @3 => connect.unanswered
ip.proto == 4 && tcp.flags.syn == 1 @3 => tunnel.rp_filter
ip.proto == 4 && tcp.flags.syn == 1 @7 => connect.unanswered
END
}

rp_filter_25_clients() {
    lvs_tun
    inside s sysctl -qw net.ipv4.conf.tun0.rp_filter=1
    record tunnel/rp-filter-25-clients s eth0
    clients 10.1.0 30 25 10.9.9.9 443 4
    recorded tunnel/rp-filter-25-clients
    expectation tunnel/rp-filter-25-clients <<'END'
# 25 clients of an LVS in tunnel mode whose real server drops by rp_filter. Captured at the real server, where nothing else happens.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, Python clients)
# shows: tunnel.rp_filter
# shows: connect.syn_recv_pileup
tcp.stream == 0 && tcp.flags.syn == 1 @3 => tunnel.rp_filter
tcp.stream == 19 && tcp.flags.syn == 1 @3 => connect.syn_recv_pileup
END
}

missing_vip() {
    lvs_tun
    inside s ip addr del 10.9.9.9/32 dev lo
    record tunnel/missing-vip s eth0
    inside c curl -s --connect-timeout 4 http://10.9.9.9/hello || true
    recorded tunnel/missing-vip
    expectation tunnel/missing-vip <<'END'
# The real server does not have the VIP, so the SYN is not for it. Captured at the real server.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, curl 7.88)
# shows: tunnel.rp_filter
ip.proto == 4 && tcp.flags.syn == 1 @3 => tunnel.rp_filter
END
}

missing_vip_gre_ipv6() {
    network c=10.1.0.2/24,2001:db8:1::2/64 director=10.3.0.2/24,2001:db8:3::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    start_tunnel director tun0 gre 10.3.0.2 10.2.0.2
    start_tunnel s tun0 gre 10.2.0.2 10.3.0.2
    inside r ip -6 route add 2001:db8:9::9/128 via 2001:db8:3::2
    inside director sysctl -qw net.ipv6.conf.all.forwarding=1
    inside director ip -6 route add 2001:db8:9::9/128 dev tun0
    record tunnel/missing-vip-gre-ipv6 s eth0
    inside c curl -s --connect-timeout 4 'http://[2001:db8:9::9]/hello' || true
    recorded tunnel/missing-vip-gre-ipv6
    expectation tunnel/missing-vip-gre-ipv6 <<'END'
# IPv6 in a GRE tunnel; the real server does not have the VIP. Captured at the real server.
# origin: lab/handshake.sh (lab/tunnel.py as GRE device, curl 7.88)
# shows: tunnel.rp_filter
gre && tcp.flags.syn == 1 @3 => tunnel.rp_filter
END
}

rp_filter_vxlan() {
    network c=10.1.0.2/24 director=10.3.0.2/24 s=10.2.0.2/24
    ip -n "$PREFIX-director" link add vx0 type vxlan id 42 local 10.3.0.2 remote 10.2.0.2 dstport 4789
    ip -n "$PREFIX-s" link add vx0 type vxlan id 42 local 10.2.0.2 remote 10.3.0.2 dstport 4789
    local host
    for host in director s; do
        inside "$host" sysctl -qw net.ipv6.conf.vx0.disable_ipv6=1
        plain_packets "$host" vx0
    done
    ip -n "$PREFIX-director" addr add 172.16.0.1/24 dev vx0
    ip -n "$PREFIX-s" addr add 172.16.0.2/24 dev vx0
    ip -n "$PREFIX-director" link set vx0 up
    ip -n "$PREFIX-s" link set vx0 up
    inside s sysctl -qw net.ipv4.conf.vx0.rp_filter=1
    inside s ip addr add 10.9.9.9/32 dev lo
    inside r ip route add 10.9.9.9/32 via 10.3.0.2
    inside director sysctl -qw net.ipv4.ip_forward=1
    inside director ip route add 10.9.9.9/32 via 172.16.0.2
    nginx_on s ""
    record tunnel/rp-filter-vxlan s eth0
    inside c curl -s --connect-timeout 4 http://10.9.9.9/hello || true
    recorded tunnel/rp-filter-vxlan
    expectation tunnel/rp-filter-vxlan <<'END'
# The director forwards in VXLAN; the real server has rp_filter = 1 on the VXLAN device. Only ARP is answered through the tunnel.
# Captured at the real server.
# origin: lab/handshake.sh (kernel vxlan device, nginx 1.22, curl 7.88)
# shows: tunnel.rp_filter
vxlan && tcp.flags.syn == 1 @3 => connect.unanswered
vxlan && tcp.flags.syn == 1 @3 => tunnel.rp_filter
END
}

lvs_tun_works() {
    lvs_tun
    # shellcheck disable=SC2086
    lose_first 1 ip saddr 10.9.9.9 $SYN_ACK
    record tunnel/lvs-tun-works s eth0
    record tunnel/lvs-tun-works-director director eth0
    inside c curl -s -o /dev/null http://10.9.9.9/hello
    inside c curl -s -o /dev/null http://10.9.9.9/hello
    recorded tunnel/lvs-tun-works
    recorded tunnel/lvs-tun-works-director
    expectation tunnel/lvs-tun-works <<'END'
# A working LVS in tunnel mode; one SYN-ACK is lost on its way to the client. Captured at the real server.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88, nftables drops one packet)
# look-alike: tunnel.rp_filter "working LVS-TUN, where the SYN-ACK leaves VIP to client outside the tunnel"
END
    expectation tunnel/lvs-tun-works-director <<'END'
# The same at the director, where no answer is ever seen.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88, nftables drops one packet)
# look-alike: tunnel.rp_filter "working LVS-TUN, where the SYN-ACK leaves VIP to client outside the tunnel"
END
}

closed_port() {
    lvs_tun
    record tunnel/lvs-tun-closed-port s eth0
    local round
    for round in 1 2 3 4; do
        inside c curl -s --connect-timeout 4 http://10.9.9.9:8080/hello || true
        sleep 0.7
    done
    recorded tunnel/lvs-tun-closed-port
    expectation tunnel/lvs-tun-closed-port <<END
# $round attempts at a closed port of the VIP; the RST leaves outside of the tunnel. Captured at the real server.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, curl 7.88)
# look-alike: tunnel.rp_filter "closed port (RST leaves)"
tcp.flags.reset == 1 @1 => connect.refused
END
}

two_networks() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    start_tunnel c tun0 ipip 10.1.0.2 10.2.0.2
    start_tunnel s tun0 ipip 10.2.0.2 10.1.0.2
    ip -n "$PREFIX-c" addr add 172.16.1.1/32 dev tun0
    ip -n "$PREFIX-s" addr add 172.16.2.1/32 dev tun0
    inside c ip route add 172.16.2.0/24 dev tun0 src 172.16.1.1
    inside s ip route add 172.16.1.0/24 dev tun0
    inside s ip route add blackhole 172.16.2.0/24
    nginx_on s ""
    record tunnel/dead-host-behind-a-tunnel r c
    inside c curl -s -o /dev/null http://172.16.2.1/hello
    inside c curl -s --connect-timeout 4 http://172.16.2.99/hello || true
    recorded tunnel/dead-host-behind-a-tunnel
    expectation tunnel/dead-host-behind-a-tunnel <<'END'
# An IPIP tunnel between two networks: one host behind it answers, another does not. Captured between the tunnel's ends.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# look-alike: tunnel.rp_filter "a tunnel between two networks, through which the client was answered before"
END
}

real_server_down() {
    lvs_tun
    firewall ip daddr 10.2.0.2 drop
    record tunnel/real-server-down director eth0
    background director curl -s --connect-timeout 5 http://10.2.0.2/hello
    sleep 0.1
    inside c curl -s --connect-timeout 4.5 http://10.9.9.9/hello || true
    recorded tunnel/real-server-down
    expectation tunnel/real-server-down <<'END'
# The real server is unreachable: neither the client's SYNs in IPIP nor the director's health check are answered. Captured at the
# director.
# origin: lab/handshake.sh (lab/tunnel.py as IPIP device, curl 7.88, nftables drop)
# look-alike: tunnel.rp_filter "a real server that is down"
ip.proto != 4 && ip.dst == 10.2.0.2 && tcp.flags.syn == 1 @3 => connect.unanswered
ip.proto != 4 && ip.dst == 10.9.9.9 && tcp.flags.syn == 1 @3 => connect.unanswered
END
}

SCENARIOS=(
    return_path_lost return_path_lost_ipv6 client_drops ack_lost syn_ack_repaired half_open_scans server_direction
    deferred_accept accept_queue accept_queue_loss_ipv6 pileup pileup_ipv6 forged_sources busy_server rp_filter rp_filter_25_clients missing_vip
    missing_vip_gre_ipv6 rp_filter_vxlan lvs_tun_works closed_port two_networks real_server_down
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
