#!/usr/bin/env bash
# Floods, scans, and healthy traffic that only looks like them (flood.*). Takes about 2 minutes. Every flood is limited in rate
# and number, and stays inside its namespaces.

. "$(dirname "$0")/lib.sh"

# The captures hold hundreds of packets, so of each only the headers.
SHORT=(-s 60)

# dark HOST NETWORK...: these networks are routed to HOST, where nobody has them: what arrives there is dropped
dark() {
    local host=$1 net
    shift
    for net in "$@"; do
        inside r ip route add "$net" via "$(inside "$host" ip -4 -o addr show dev eth0 | awk '{ print $4 }' | cut -d/ -f1)"
        inside "$host" ip route add blackhole "$net"
    done
}

# many HOST NETWORK: HOST answers at each address of NETWORK
many() {
    inside r ip route add "$2" via "$(inside "$1" ip -4 -o addr show dev eth0 | awk '{ print $4 }' | cut -d/ -f1)"
    inside "$1" ip route add local "$2" dev lo
}

# connects HOST SCRIPT: Python with what the scenarios of connections need
connects() {
    inside "$1" "$PYTHON" - <<END
import select, socket, sys, time
def begin(address, port):
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    one.setblocking(False)
    one.connect_ex((address, port))
    return one
def finish(one, data=b""):
    select.select([], [one], [], 5)
    if data:
        one.send(data)
    return one
$2
END
}

# --- flood.syn_out -----------------------------------------------------------------------------------------------------

syn_out() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    dark s 203.0.113.0/24
    record flood/syn-out c eth0 "${SHORT[@]}"
    inside c hping3 -q --rand-dest -I eth0 -S -p 80 -i u12000 -c 170 203.0.113.x >"$WORK/hping" 2>&1 || true
    recorded flood/syn-out
    expectation flood/syn-out <<'END'
# A compromised host sends SYNs to port 80 of random public addresses, 80 a second; nothing comes back. Captured at the host.
# origin: lab/flood.sh (hping3 3.0)
# shows: flood.syn_out
tcp.flags.syn == 1 @100 => flood.syn_out
END
    mirrored flood/syn-out-mirror-cut flood/syn-out --as vxlan --at 10.1.0.66 --id 9 --cut 96
    expectation flood/syn-out-mirror-cut <<'END'
# The same, mirrored in VXLAN. The mirror has shown one direction only, so the finding is "possible".
# origin: lab/flood.sh (hping3 3.0), put into VXLAN by mirror.py
# shows: flood.syn_out
tcp.flags.syn == 1 @100 => flood.syn_out
END
}

syn_out_answered() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    many s 203.0.113.0/24
    nginx_on s ""
    record flood/syn-out-answered-router-any r any "${SHORT[@]}"
    local port
    for port in 80 443; do
        inside c hping3 -q --rand-dest -I eth0 -S -p "$port" -i u5000 -c 70 203.0.113.x >"$WORK/hping" 2>&1 || true
    done
    recorded flood/syn-out-answered-router-any
    expectation flood/syn-out-answered-router-any <<'END'
# The same, to ports 80 and 443 of servers that answer: the TCP stack of the host, which knows nothing of these SYNs, resets.
# Captured on all interfaces of the router.
# origin: lab/flood.sh (hping3 3.0, nginx 1.22)
# shows: flood.syn_out
tcp.flags.syn == 1 && tcp.flags.ack == 0 @199 => flood.syn_out
END
}

syn_out_ipv6() {
    network c=2001:db8:1::66/64 s=2001:db8:2::2/64
    inside r ip -6 route add 2001:db8:99::/64 via 2001:db8:2::2
    inside s ip -6 route add blackhole 2001:db8:99::/64
    record flood/syn-out-ipv6 c eth0 -s 74
    connects c '
kept = []
for n in range(130):
    kept.append(begin("2001:db8:99::%x" % (n * 37 + 5), 443))
    time.sleep(0.008)
time.sleep(0.4)'
    recorded flood/syn-out-ipv6
    expectation flood/syn-out-ipv6 <<'END'
# A program connects to 130 IPv6 addresses through the TCP stack, which repeats its SYNs.
# origin: lab/flood.sh (Python, the kernel's TCP)
# shows: flood.syn_out
tcp.flags.syn == 1 @152 => flood.syn_out
END
}

crawler() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    many s 203.0.113.0/24
    serve s listen 80 answer:100 close
    record flood/crawler c eth0 "${SHORT[@]}"
    record flood/crawler-blind-direction c eth0 "${SHORT[@]}" src host 10.1.0.66
    connects c '
for wave in range(3):
    opened = [begin("203.0.113.%d" % (35 * wave + n + 1), 80) for n in range(35)]
    for one in opened:
        finish(one, b"GET / HTTP/1.1\r\nHost: www.example.cn\r\n\r\n")
    time.sleep(0.3)'
    recorded flood/crawler
    recorded flood/crawler-blind-direction
    expectation flood/crawler <<'END'
# A crawler opens 105 connections to as many servers within a second, and asks for a page on each.
# origin: lab/flood.sh (Python client, talk.py as server)
# look-alike: flood.syn_out "browsers and crawlers whose connections complete"
END
    expectation flood/crawler-blind-direction <<'END'
# Only what the crawler sends is captured.
# origin: lab/flood.sh (Python client, talk.py as server, tcpdump with a source filter)
# look-alike: flood.syn_out "blind direction"
END
}

monitoring() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    many s 10.8.0.0/24
    serve s listen 9100 eof close
    record flood/monitoring c eth0 "${SHORT[@]}"
    connects c '
for n in range(110):
    finish(begin("10.8.0.%d" % (n + 1), 9100)).close()
    time.sleep(0.005)'
    recorded flood/monitoring
    expectation flood/monitoring <<'END'
# A monitoring system checks whether port 9100 of 110 hosts is open.
# origin: lab/flood.sh (Python client, talk.py as server)
# look-alike: flood.syn_out "monitoring of many hosts"
# look-alike: flood.scan "monitoring of many hosts"
END
}

checks_of_many() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    many s 10.8.0.0/24
    serve s listen 80 eof close
    {
        printf '%s\n' defaults "    mode tcp" "    timeout connect 2s" "    timeout client 5s" "    timeout server 5s" \
            "listen web" "    bind :8080"
        local n
        for n in $(seq 105); do
            echo "    server s$n 10.8.0.$n:80 check inter 2s"
        done
    } >"$WORK/haproxy.cfg"
    record flood/checks-of-many-servers c eth0 "${SHORT[@]}"
    background c haproxy -f "$WORK/haproxy.cfg"
    sleep 4.5
    recorded flood/checks-of-many-servers
    expectation flood/checks-of-many-servers <<'END'
# haproxy checks 105 servers every 2 s; it resets without the last ACK of the handshake.
# origin: lab/flood.sh (haproxy 2.6, talk.py as server)
# look-alike: flood.syn_out "monitoring of many hosts"
# look-alike: flood.scan "monitoring of many hosts"
END
}

uplink_fails() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    many s 10.8.0.0/24
    serve s listen 9100 eof close
    record flood/uplink-fails c eth0 "${SHORT[@]}"
    local round
    for round in 1 2; do
        connects c '
for n in range(105):
    one = begin("10.8.0.%d" % (n + 1), 9100)
    select.select([], [one], [], 0.02)
    one.close()'
        firewall tcp dport 9100 drop
    done
    recorded flood/uplink-fails
    expectation flood/uplink-fails <<END
# A monitoring system checks port 9100 of 105 hosts; all are there in the first of $round rounds. Then the network behind the router
# is gone, and all attempts fail.
# origin: lab/flood.sh (Python client, talk.py as server, nftables drop)
# look-alike: flood.syn_out "a host whose uplink fails while it works"
# look-alike: flood.scan "a host whose uplink fails while it works"
END
}

peer_to_peer() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    dark s 203.0.113.0/24
    record flood/peer-to-peer c eth0 "${SHORT[@]}"
    connects c '
kept = []
for n in range(150):
    kept.append(begin("203.0.113.%d" % (n + 1), 6881 + n * 331 % 50000))
    time.sleep(0.006)'
    recorded flood/peer-to-peer
    expectation flood/peer-to-peer <<'END'
# A peer-to-peer client tries 150 peers of an old list, each at a port of its own; they are gone.
# origin: lab/flood.sh (Python client, the kernel's TCP)
# look-alike: flood.syn_out "a peer-to-peer client, whose peers listen on all kinds of ports"
END
}

# The case of an operator: a compromised host behind the same uplink as a WireGuard mesh.
uplink_full() {
    network c=10.1.0.2/24 x=10.3.0.66/24 s=10.2.0.2/24
    dark s 203.0.113.0/24
    wireguard_between 10.1.0.2 10.2.0.2
    # What the uplink takes: 3 packets a second.
    firewall oifname s limit rate over 3/second burst 3 packets drop
    # At the router, what comes in: the packets as their senders sent them.
    record flood/uplink-full-router r any -s 66 -Q in
    inside x hping3 -q --rand-dest -I eth0 -S -p 443 -i u20000 -c 700 203.0.113.x >"$WORK/hping" 2>&1 &
    sleep 1
    inside c ping -c 1 -W 12 10.9.0.2 >"$WORK/ping" || true
    wait $! || true
    recorded flood/uplink-full-router
    expectation flood/uplink-full-router <<'END'
# A compromised host fills the uplink with SYNs to random public addresses; a WireGuard peer behind the same uplink gets no answer
# to its handshake. Captured at the router, what comes in on all of its interfaces.
# origin: lab/flood.sh (hping3 3.0, wireguard-go 0.0.20220316, nftables limits the rate of the uplink)
# shows: flood.syn_out
# shows: tunnel.wireguard_unanswered
tcp.flags.syn == 1 @100 => flood.syn_out
udp.srcport == 51820 @3 => tunnel.wireguard_unanswered
END
}

# --- flood.syn_in ------------------------------------------------------------------------------------------------------

syn_in() {
    network c=10.1.0.66/24 d=10.9.0.2/24 s=10.2.0.2/24
    dark d 0.0.0.0/1 128.0.0.0/1
    inside r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.c.rp_filter=0
    nginx_on s ""
    record flood/syn-in s eth0 "${SHORT[@]}"
    inside c hping3 -q --rand-source -S -p 80 -i u14000 -c 190 10.2.0.2 >"$WORK/hping" 2>&1 &
    sleep 0.5
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    wait $! || true
    recorded flood/syn-in
    expectation flood/syn-in <<'END'
# A web server gets SYNs from random addresses, 70 a second; its SYN-ACKs are answered by nobody. One client is served. Captured at
# the server.
# origin: lab/flood.sh (hping3 3.0, nginx 1.22, curl 7.88)
# shows: flood.syn_in
tcp.analysis.retransmission && tcp.flags.syn == 1 && tcp.flags.ack == 1 @20 => connect.syn_recv_pileup
tcp.analysis.retransmission && tcp.flags.syn == 1 && tcp.flags.ack == 1 @50 => flood.syn_in
END
    mirrored flood/syn-in-mirror-cut flood/syn-in --as vxlan --at 10.2.0.2 --id 9 --cut 96
    expectation flood/syn-in-mirror-cut <<'END'
# The same, mirrored in VXLAN.
# origin: lab/flood.sh (hping3 3.0, nginx 1.22, curl 7.88), put into VXLAN by mirror.py
# shows: flood.syn_in
ip.src == 10.1.0.66 @1 => mirror.truncated
tcp.analysis.retransmission && tcp.flags.syn == 1 && tcp.flags.ack == 1 @20 => connect.syn_recv_pileup
tcp.analysis.retransmission && tcp.flags.syn == 1 && tcp.flags.ack == 1 @50 => flood.syn_in
END
}

syn_in_one_source() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/syn-in-one-source-router-any r any "${SHORT[@]}"
    inside c hping3 -q -S -p 443 -i u5000 -c 120 10.2.0.2 >"$WORK/hping" 2>&1 || true
    recorded flood/syn-in-one-source-router-any
    expectation flood/syn-in-one-source-router-any <<'END'
# One host floods a web server from its own address; its TCP stack resets what the server answers. Captured on all interfaces of
# the router.
# origin: lab/flood.sh (hping3 3.0, nginx 1.22)
# shows: flood.syn_in
tcp.flags.syn == 1 && tcp.flags.ack == 0 @199 => flood.syn_in
END
}

# clients SCRIPT: on host c, which has the addresses 10.5.0.0/24
clients() {
    inside c ip route replace local 10.5.0.0/24 dev lo
    inside r ip route replace 10.5.0.0/24 via 10.1.0.66
    connects c "
def begin_from(n, address, port):
    one = socket.socket()
    one.bind((\"10.5.0.%d\" % (n % 200 + 1), 0))
    one.setblocking(False)
    one.connect_ex((address, port))
    return one
$1"
}

flash_crowd() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/flash-crowd s eth0 "${SHORT[@]}"
    record flood/flash-crowd-blind-direction s eth0 "${SHORT[@]}" dst host 10.2.0.2
    clients '
opened = [begin_from(n, "10.2.0.2", 80) for n in range(103)]
for one in opened:
    finish(one, b"GET /hello HTTP/1.1\r\nHost: www.example.cn\r\n\r\n")
time.sleep(1)'
    recorded flood/flash-crowd
    recorded flood/flash-crowd-blind-direction
    expectation flood/flash-crowd <<'END'
# 103 clients come at once.
# origin: lab/flood.sh (Python clients, nginx 1.22)
# look-alike: flood.syn_in "many new clients whose connections complete"
END
    expectation flood/flash-crowd-blind-direction <<'END'
# The same, as a load balancer sees it whose servers answer the clients directly.
# origin: lab/flood.sh (Python clients, nginx 1.22, tcpdump with a destination filter)
# look-alike: flood.syn_in "blind direction"
END
}

server_down() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    firewall ip daddr 10.2.0.2 drop
    record flood/server-down r c "${SHORT[@]}"
    clients '
kept = []
for n in range(130):
    kept.append(begin_from(n, "10.2.0.2", 80))
    time.sleep(0.03)
time.sleep(1.2)'
    recorded flood/server-down
    expectation flood/server-down <<'END'
# A server is down; 30 clients in a second try it, and repeat their SYNs. Captured at the router.
# origin: lab/flood.sh (Python clients, the kernel's TCP, nftables drop)
# look-alike: flood.syn_in "a server that is down, whose clients retry"
tcp.flags.syn == 1 && ip.src == 10.5.0.1 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.2 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.3 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.4 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.5 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.6 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.7 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.8 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.9 @3 => connect.unanswered
tcp.flags.syn == 1 && ip.src == 10.5.0.10 @3 => connect.unanswered
END
}

closed_port() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    record flood/closed-port s eth0 "${SHORT[@]}"
    connects c '
for n in range(120):
    finish(begin("10.2.0.2", 8080)).close()
    time.sleep(0.01)'
    recorded flood/closed-port
    expectation flood/closed-port <<'END'
# A load balancer retries a port on which nothing listens, 100 times a second.
# origin: lab/flood.sh (Python client, the kernel's TCP)
# shows: connect.refused
# look-alike: flood.syn_in "a closed port"
tcp.flags.reset == 1 @1 => connect.refused
END
}

# --- flood.scan --------------------------------------------------------------------------------------------------------

scan_hosts() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    dark s 10.8.0.0/24
    inside s ip route add local 10.8.0.7 dev lo
    serve s listen 6379 recv close
    record flood/scan-hosts-router r c "${SHORT[@]}"
    inside c nmap -n -Pn -sS -p 6379 --max-retries 0 --min-rate 60 --max-rate 80 10.8.0.1-120 >"$WORK/nmap" || true
    recorded flood/scan-hosts-router
    expectation flood/scan-hosts-router <<'END'
# A worm's host tries port 6379 (Redis) of 120 addresses; one of them is there. Captured at the router.
# origin: lab/flood.sh (nmap 7.93)
# shows: flood.scan
tcp.flags.syn == 1 && ip.src == 10.1.0.66 @74 => flood.scan
END
    mirrored flood/scan-hosts-mirror-cut flood/scan-hosts-router --as vxlan --at 10.1.0.66 --id 9 --cut 96
    expectation flood/scan-hosts-mirror-cut <<'END'
# The same, mirrored in VXLAN.
# origin: lab/flood.sh (nmap 7.93), put into VXLAN by mirror.py
# shows: flood.scan
tcp.flags.syn == 1 && ip.src == 10.1.0.66 @74 => flood.scan
END
}

scan_ports_ipv6() {
    network c=2001:db8:1::66/64 s=2001:db8:2::2/64
    nginx_on s ""
    record flood/scan-ports-ipv6 s eth0 -s 74
    inside c nmap -6 -n -Pn -sT -p 60-180,443 2001:db8:2::2 >"$WORK/nmap" || true
    recorded flood/scan-ports-ipv6
    expectation flood/scan-ports-ipv6 <<'END'
# The ports of a web server are tried by connect(); 80 and 443 are open. Captured at the server. IPv6.
# origin: lab/flood.sh (nmap 7.93, nginx 1.22)
# shows: flood.scan
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @1 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @2 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @3 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @4 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @5 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @6 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @7 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @8 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @9 => connect.refused
tcp.flags.reset == 1 && ipv6.src == 2001:db8:2::2 && tcp.srcport != 443 @10 => connect.refused
tcp.flags.reset == 1 && tcp.dstport == 443 @1 => tls.no_client_hello
tcp.flags.syn == 1 && tcp.flags.ack == 0 @50 => flood.scan
END
}

many_ports_used() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    cat >"$WORK/ports.py" <<'END'
import select, socket
poll = select.poll()
listening = {}
for port in range(30000, 30070):
    one = socket.create_server(("", port))
    listening[one.fileno()] = one
    poll.register(one, select.POLLIN)
while True:
    for number, _ in poll.poll():
        with listening[number].accept()[0] as data:
            data.sendall(bytes(100))
END
    background s "$PYTHON" "$WORK/ports.py"
    wait_port s 30069
    record flood/many-ports-used s eth0 "${SHORT[@]}"
    record flood/many-ports-used-blind-direction s eth0 "${SHORT[@]}" src host 10.1.0.66
    connects c '
for port in range(30000, 30070):
    one = finish(begin("10.2.0.2", port))
    one.setblocking(True)
    one.recv(200)
    one.close()'
    recorded flood/many-ports-used
    recorded flood/many-ports-used-blind-direction
    expectation flood/many-ports-used <<'END'
# A client fetches 70 files, each on a connection to another port of the server, as FTP in passive mode does.
# origin: lab/flood.sh (Python client and server)
# look-alike: flood.scan "a client of many ports whose connections complete"
END
    expectation flood/many-ports-used-blind-direction <<'END'
# Only what the client sends is captured.
# origin: lab/flood.sh (Python client and server, tcpdump with a source filter)
# look-alike: flood.scan "blind direction"
END
}

# --- flood.connections -------------------------------------------------------------------------------------------------

connections() {
    network c=10.1.0.66/24 p=10.3.0.3/24 q=10.4.0.4/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/connections-held s eth0 "${SHORT[@]}"
    inside p curl -s -o /dev/null http://10.2.0.2/hello
    inside q curl -s -o /dev/null http://10.2.0.2/hello
    connects c '
kept = []
for n in range(90):
    kept.append(finish(begin("10.2.0.2", 80)))
time.sleep(4)' &
    sleep 2.5
    inside p curl -s -o /dev/null http://10.2.0.2/hello
    wait $!
    recorded flood/connections-held
    expectation flood/connections-held <<'END'
# One source opens 90 connections to a web server and holds them without a word; two others are served. Captured at the server.
# origin: lab/flood.sh (Python client, nginx 1.22, curl 7.88)
# shows: flood.connections
tcp.flags.syn == 1 && ip.src == 10.3.0.3 @2 => flood.connections
END
    mirrored flood/connections-held-mirror-cut flood/connections-held --as vxlan --at 10.2.0.2 --id 9 --cut 96
    expectation flood/connections-held-mirror-cut <<'END'
# The same, mirrored in VXLAN.
# origin: lab/flood.sh (Python client, nginx 1.22, curl 7.88), put into VXLAN by mirror.py
# shows: flood.connections
ip @1 => mirror.truncated
tcp.flags.syn == 1 && ip.src == 10.3.0.3 @2 => flood.connections
END
}

connections_ipv6() {
    network c=2001:db8:1::66/64 s=2001:db8:2::2/64
    nginx_on s ""
    record flood/connections-closed-ipv6 c eth0 -s 86
    record flood/connections-blind-direction c eth0 -s 86 src host 2001:db8:1::66
    connects c '
for n in range(75):
    finish(begin("2001:db8:2::2", 80)).close()
    time.sleep(0.05)'
    recorded flood/connections-closed-ipv6
    recorded flood/connections-blind-direction
    expectation flood/connections-blind-direction <<'END'
# Only what the source sends is captured: whether its connections are used can't be told.
# origin: lab/flood.sh (Python client, nginx 1.22, tcpdump with a source filter)
# look-alike: flood.connections "blind direction"
END
    expectation flood/connections-closed-ipv6 <<'END'
# One source opens and closes connections, 20 a second; nobody else is there. IPv6.
# origin: lab/flood.sh (Python client, nginx 1.22)
# shows: flood.connections
tcp.flags.fin == 1 && tcp.dstport == 80 @60 => flood.connections
END
}

connections_used() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/connections-used s eth0 "${SHORT[@]}"
    inside c ab -q -c 75 -n 75 http://10.2.0.2/hello >"$WORK/ab" 2>&1
    recorded flood/connections-used
    expectation flood/connections-used <<'END'
# A benchmark opens 75 connections at once and sends a request on each.
# origin: lab/flood.sh (ab 2.3, nginx 1.22)
# look-alike: flood.connections "connections that carry data"
END
}

connection_pool() {
    network c=10.1.0.66/24 d=10.3.0.3/24 e=10.4.0.4/24 s=10.2.0.2/24
    cat >"$WORK/accept.py" <<'END'
import socket
one = socket.create_server(("", 6379), backlog=512)
kept = []
while True:
    kept.append(one.accept())
END
    background s "$PYTHON" "$WORK/accept.py"
    wait_port s 6379
    record flood/connection-pool s eth0 "${SHORT[@]}"
    connects c '
kept = [finish(begin("10.2.0.2", 6379)) for n in range(40)]
time.sleep(1.5)
kept[0].send(b"PING\r\n")
time.sleep(0.5)'
    recorded flood/connection-pool
    expectation flood/connection-pool <<'END'
# An application server opens its pool of 40 connections, and uses one of them later.
# origin: lab/flood.sh (Python client and server)
# look-alike: flood.connections "a connection pool"
END
    record flood/connection-pools-of-peers s eth0 "${SHORT[@]}"
    local host
    for host in c d e; do
        connects "$host" '
kept = []
for n in range(70):
    kept.append(finish(begin("10.2.0.2", 6379)))
    time.sleep(0.01)
time.sleep(2.5)
kept[0].send(b"PING\r\n")
time.sleep(0.5)' &
    done
    sleep 4.5
    recorded flood/connection-pools-of-peers
    expectation flood/connection-pools-of-peers <<'END'
# Three application servers open pools of 70 connections each.
# origin: lab/flood.sh (Python clients and server)
# look-alike: flood.connections "equal peers"
END
}

# haproxy_checks 'server options' SECONDS: haproxy on c checks port 443 of s
haproxy_checks() {
    cat >"$WORK/haproxy.cfg" <<END
defaults
    mode tcp
    timeout connect 2s
    timeout client 5s
    timeout server 5s
listen web
    bind :8443
    server s 10.2.0.2:443 check inter 500ms $1
END
    background c haproxy -f "$WORK/haproxy.cfg"
    sleep "$2"
}

port_checks() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/port-checks s eth0 "${SHORT[@]}"
    haproxy_checks "" 1
    connects c '
for n in range(25):
    finish(begin("10.2.0.2", 80)).close()
    time.sleep(0.5)'
    recorded flood/port-checks
    expectation flood/port-checks <<'END'
# haproxy and another checker test twice a second whether a port is open; haproxy resets without the last ACK of the handshake.
# origin: lab/flood.sh (haproxy 2.6, Python client, nginx 1.22)
# look-alike: flood.connections "port checks of a load balancer"
tcp.flags.reset == 1 && tcp.dstport == 443 @5 => connect.health_check
tcp.flags.fin == 1 && tcp.dstport == 80 @5 => connect.health_check
END
}

# --- flood.tls ---------------------------------------------------------------------------------------------------------

tls_handshakes() {
    network c=10.1.0.66/24 p=10.3.0.3/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/tls-handshakes s eth0 -s 96
    inside p curl -sk -o /dev/null https://10.2.0.2/hello
    local round
    for round in $(seq 34); do
        inside c openssl s_client -connect 10.2.0.2:443 </dev/null >"$WORK/s_client" 2>&1 || true
    done
    recorded flood/tls-handshakes
    expectation flood/tls-handshakes <<END
# One source makes $round TLS 1.3 handshakes in a row and sends nothing after them; another one is served. Captured at the server.
# origin: lab/flood.sh (openssl 3.0 s_client, nginx 1.22, curl 7.88)
# shows: flood.tls
tcp.flags.fin == 1 @62 => flood.tls
END
    mirrored flood/tls-handshakes-mirror-cut flood/tls-handshakes --as vxlan --at 10.2.0.2 --id 9 --cut 96
    expectation flood/tls-handshakes-mirror-cut <<END
# The same, mirrored in VXLAN and cut to 96 bytes.
# origin: lab/flood.sh (openssl 3.0 s_client, nginx 1.22, curl 7.88), put into VXLAN by mirror.py
# shows: flood.tls
ip @4 => mirror.truncated
tcp.flags.fin == 1 @62 => flood.tls
END
}

tls12_handshakes_ipv6() {
    network c=2001:db8:1::66/64 s=2001:db8:2::2/64
    nginx_on s ""
    record flood/tls12-handshakes-ipv6 r s -s 112
    local round
    for round in $(seq 32); do
        inside c openssl s_client -tls1_2 -connect '[2001:db8:2::2]:443' </dev/null >"$WORK/s_client" 2>&1 || true
    done
    recorded flood/tls12-handshakes-ipv6
    expectation flood/tls12-handshakes-ipv6 <<END
# The same with $round handshakes of TLS 1.2 over IPv6. Captured at the router.
# origin: lab/flood.sh (openssl 3.0 s_client, nginx 1.22)
# shows: flood.tls
tcp.flags.fin == 1 && ipv6.src == 2001:db8:1::66 @30 => flood.tls
END
}

tls_used() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/tls-used s eth0 -s 96
    record flood/tls-used-blind-direction s eth0 -s 96 dst host 10.2.0.2
    inside c ab -q -c 8 -n 34 https://10.2.0.2/hello >"$WORK/ab" 2>&1
    inside c curl -sk --tls-max 1.2 -o /dev/null https://10.2.0.2/hello
    recorded flood/tls-used
    recorded flood/tls-used-blind-direction
    expectation flood/tls-used-blind-direction <<'END'
# Only what the benchmark sends is captured.
# origin: lab/flood.sh (ab 2.3, curl 7.88, nginx 1.22, tcpdump with a destination filter)
# look-alike: flood.tls "blind direction"
END
    expectation flood/tls-used <<'END'
# A benchmark makes 34 TLS handshakes and sends a request on each connection.
# origin: lab/flood.sh (ab 2.3, curl 7.88, nginx 1.22)
# look-alike: flood.tls "handshakes that are followed by a request"
END
}

tls_checks() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/tls-checks s eth0 -s 96
    haproxy_checks "check-ssl verify none" 18
    recorded flood/tls-checks
    expectation flood/tls-checks <<'END'
# haproxy checks twice a second whether a server speaks TLS, for 18 s.
# origin: lab/flood.sh (haproxy 2.6, nginx 1.22)
# look-alike: flood.tls "TLS health checks"
END
}

tls_ahead() {
    network c=10.1.0.66/24 s=10.2.0.2/24
    nginx_on s ""
    record flood/tls-opened-ahead c eth0 -s 96
    inside c "$PYTHON" - <<'END'
import socket, ssl, time
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
for page in range(4):
    opened = [context.wrap_socket(socket.create_connection(("10.2.0.2", 443))) for n in range(6)]
    for one in opened[:3]:
        one.sendall(b"GET /hello HTTP/1.1\r\nHost: www.example.cn\r\n\r\n")
        one.recv(1000)
    time.sleep(1.2)
    for one in opened:
        one.close()
END
    recorded flood/tls-opened-ahead
    expectation flood/tls-opened-ahead <<'END'
# A browser opens 6 TLS connections for each of 4 pages, uses 3 of them and closes all.
# origin: lab/flood.sh (Python client, nginx 1.22)
# look-alike: flood.tls "connections that a browser opens ahead"
END
}

SCENARIOS=(syn_out syn_out_answered syn_out_ipv6 crawler monitoring checks_of_many uplink_fails peer_to_peer uplink_full
    syn_in syn_in_one_source flash_crowd server_down closed_port scan_hosts scan_ports_ipv6 many_ports_used
    connections connections_ipv6 connections_used connection_pool port_checks
    tls_handshakes tls12_handshakes_ipv6 tls_used tls_checks tls_ahead)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
