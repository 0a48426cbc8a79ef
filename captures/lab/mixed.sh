#!/usr/bin/env bash
# Several faults and healthy traffic side by side in one network, at several places. Takes about 50 s.

. "$(dirname "$0")/lib.sh"

# injector ARGUMENTS of inject.py...: on the router
injector() {
    local try
    background r "$PYTHON" "$LAB/inject.py" "$@"
    for try in $(seq 100); do
        grep -q ready "$WORK/r.log" && return
        sleep 0.1
    done
    die "inject.py did not start ($try tries)"
}

# copies NAME ADDRESS VNI: what a mirror of this interface delivers of the capture NAME, cut to 96 bytes: $WORK/NAME.copies
copies() {
    "$PYTHON" "$LAB/mirror.py" "$WORK/$1.pcap" "$WORK/$1.copies" --as vxlan --at "$2" --id "$3" --cut 96
}

# get HOST URL [SECONDS]
get() {
    inside "$1" curl -gsk -o /dev/null --connect-timeout "${3:-4}" --max-time 20 "$2" || true
}

# visits HOST ROUNDS URL...: healthy traffic, each URL once in a round
visits() {
    local host=$1 rounds=$2 round url
    shift 2
    for round in $(seq "$rounds"); do
        for url in "$@"; do
            get "$host" "$url?$round"
            sleep 0.7
        done
    done
}

# later SECONDS COMMAND...: in the background; all_done waits for all of these
JOBS=()
later() {
    local wait=$1
    shift
    ( sleep "$wait"; "$@" ) >>"$WORK/jobs.log" 2>&1 &
    JOBS+=($!)
}

all_done() {
    wait "${JOBS[@]}" || true
    JOBS=()
}

# --- a client, and the router behind it -------------------------------------------------------------------------------

client_faults() {
    network c=192.168.0.100/24 o=192.168.1.30/24 resolver=223.5.5.5/24 shop=47.104.79.200/24 lb=115.28.115.126/24 \
        abroad=108.160.166.142/24
    resolver_on resolver --local-ttl=600 --cname=pay.com,gfvip09aj.com --host-record=gfvip09aj.com,108.160.166.142 \
        --host-record=shop.example.cn,47.104.79.200
    resolver_on c --local-ttl=600 --server=223.5.5.5 --listen-address=127.0.0.1
    nginx_on shop "keepalive_timeout 15s;"
    serve lb listen 80 loop:200
    firewall ip daddr 108.160.166.142 drop
    record mixed/client-any c any
    record mixed/client-router-any r any
    # A load balancer that has forgotten one idle connection, and none of the others.
    later 10 firewall tcp sport 51968 reject with tcp reset
    later 0 talk c --source 51968 connect 115.28.115.126 80 get recv sleep:17 get recv
    later 0.4 talk o connect 115.28.115.126 80 get recv sleep:8 get recv close
    later 0.8 talk c --source 51443 --tls12 connect 47.104.79.200 443 get recv eof sleep:0.2 close
    later 1.5 visits c 3 https://47.104.79.200/hello http://115.28.115.126/status
    later 2 visits o 3 https://47.104.79.200/hello
    later 2.5 inside c "$PYTHON" "$LAB/lookup.py" 127.0.0.1 shop.example.cn A 80 1 3
    later 3 inside c "$PYTHON" "$LAB/lookup.py" 127.0.0.1 pay.com A 443 2 4
    all_done
    recorded mixed/client-any
    recorded mixed/client-router-any
    expectation mixed/client-any <<'END'
# A client whose resolver sends pay.com abroad, where nobody answers; an idle connection that a load balancer has forgotten; one
# that a web server's timer ends; healthy HTTPS and HTTP beside them. On all interfaces of the client, whose queries go through
# a forwarder of its own (loopback).
# origin: lab/mixed.sh (dnsmasq 2.90, nginx 1.22, curl 7.88, talk.py, nftables drop and reject with tcp reset)
# shows: dns.cname_offshore
# shows: dns.cname_dead
# shows: idle.reset
# shows: tls.alert_fin
dns.flags.response == 1 && dns.qry.name == "pay.com" => dns.cname_offshore
tcp.flags == 0x2 && ip.dst == 108.160.166.142 @5 => dns.cname_dead
tcp.flags.fin == 1 && tcp.dstport == 51443 => tls.alert_fin
tcp.flags.reset == 1 && tcp.dstport == 51968 => idle.reset
END
    expectation mixed/client-router-any <<'END'
# The same on all interfaces of the router, with a second client that has no trouble.
# origin: lab/mixed.sh (dnsmasq 2.90, nginx 1.22, curl 7.88, talk.py, nftables drop and reject with tcp reset)
# shows: dns.cname_offshore
# shows: dns.cname_dead
# shows: idle.reset
# shows: tls.alert_fin
dns.flags.response == 1 && dns.qry.name == "pay.com" => dns.cname_offshore
tcp.flags == 0x2 && ip.dst == 108.160.166.142 @5 => dns.cname_dead
tcp.flags.fin == 1 && tcp.dstport == 51443 => tls.alert_fin
tcp.flags.reset == 1 && tcp.dstport == 51968 => idle.reset
END
}

# --- services behind a router -----------------------------------------------------------------------------------------

services() {
    network c=10.1.0.2/24 o=10.3.0.2/24 x=10.5.0.2/24 p=10.4.0.2/24 s=10.2.0.2/24
    nginx_on s "listen 8703;"
    serve s listen 8080 recv sleep:60
    serve s listen 8888 recv sleep:0.3 respond:300
    proxy_on p 10.2.0.2:8080 'proxy_read_timeout 15s;'
    serve p listen 8703 recv respond:300 close
    serve p listen 8704 recv respond:300 close
    firewall ip saddr 10.1.0.2 ip daddr 10.4.0.2 tcp dport 8703 drop
    injector --word forbidden x
    record mixed/services-router-any r any
    local host
    for host in c o x; do
        record "inside-$host" r "$host"
    done
    later 0 get o http://10.4.0.2/report 18
    later 0.5 visits c 3 http://10.2.0.2/hello http://10.4.0.2:8704/hello http://10.2.0.2:8703/hello
    later 1 visits x 2 http://10.2.0.2:8888/status http://10.2.0.2:8888/forbidden
    later 1.2 visits o 3 http://10.4.0.2:8703/hello http://10.2.0.2:8081/metrics https://10.2.0.2/hello
    local round
    for round in 0 1 2 3; do
        later "$((round * 4)).3" get c http://10.4.0.2:8703/hello 3.5
    done
    all_done
    recorded mixed/services-router-any
    for host in c o x; do
        stop_recording "inside-$host"
    done
    copies inside-c 10.1.0.2 7
    copies inside-o 10.3.0.2 8
    copies inside-x 10.5.0.2 9
    mergecap -F pcapng -w "$OUT/mixed/services-mirror-cut.pcapng" "$WORK/inside-"[cox].copies
    expectation mixed/services-router-any <<'END'
# A proxy whose port 8703 is blocked for one of three clients, and whose upstream does not answer (504 after 15 s); a port on which
# nothing listens; RSTs that a filter sends to the third client; healthy HTTP and HTTPS of all three beside them. Captured on all
# interfaces of the router.
# origin: lab/mixed.sh (nginx 1.22, curl 7.88, talk.py, nftables drop, RST by lab/inject.py)
# shows: policy.port_blocked
# shows: http.gateway_timeout
# shows: connect.refused
# shows: policy.reset_injected
tcp.flags.reset == 1 && tcp.srcport == 8081 => connect.refused
tcp.flags.reset == 1 && tcp.srcport == 8888 @1+1 => policy.reset_injected
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @3 => connect.unanswered
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @7 => connect.unanswered
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @11 => connect.unanswered
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @11 => policy.port_blocked
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @15 => connect.unanswered
tcp.flags.fin == 1 && ip.dst == 10.2.0.2 && tcp.dstport == 8080 => http.gateway_timeout
http.response.code == 504 => http.gateway_timeout
END
    expectation mixed/services-mirror-cut <<'END'
# The same as three mirror sessions, one of each client's interface, cut to 96 bytes. That another client gets through to port 8703
# is seen in another session; what the first client itself can reach shows that its port is blocked.
# origin: lab/mixed.sh (nginx 1.22, curl 7.88, talk.py, nftables drop, RST by lab/inject.py), put into VXLAN by mirror.py
# shows: policy.port_blocked
# shows: http.gateway_timeout
# shows: connect.refused
# shows: policy.reset_injected
vxlan.vni == 7 && tcp.len > 0 => mirror.truncated
vxlan.vni == 8 && tcp.len > 0 => mirror.truncated
vxlan.vni == 9 && tcp.len > 0 => mirror.truncated
tcp.flags.reset == 1 && tcp.srcport == 8081 => connect.refused
tcp.len > 0 && tcp.srcport == 8888 @2 => policy.reset_injected
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @3 => connect.unanswered
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @7 => connect.unanswered
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @11 => connect.unanswered
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @11 => policy.port_blocked
tcp.flags == 0x2 && ip.src == 10.1.0.2 && ip.dst == 10.4.0.2 && tcp.dstport == 8703 @15 => connect.unanswered
ip.src == 10.4.0.2 && tcp.srcport == 80 && tcp.len > 0 => http.gateway_timeout
END
}

# --- LVS in tunnel mode -----------------------------------------------------------------------------------------------

# clients COUNT SERVER PORT: so many addresses of c, a connection each, 50 ms apart; a request is sent when it is there
clients() {
    local i
    for i in $(seq 30 $((29 + $1))); do
        ip -n "$PREFIX-c" addr add "10.1.0.$i/24" dev eth0
    done
    inside c "$PYTHON" - "$@" <<'PY'
import selectors, socket, sys, time
count, server, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ready, end = selectors.DefaultSelector(), time.monotonic() + count * 0.05 + 4
def work(until):
    while (left := until - time.monotonic()) > 0:
        for key, _ in ready.select(left):
            ready.unregister(key.fileobj)
            with key.fileobj as client:
                client.settimeout(1)
                client.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
                while client.recv(4096):
                    pass
for i in range(count):
    client = socket.socket()
    client.bind(("10.1.0.%d" % (30 + i), 0))
    client.setblocking(False)
    client.connect_ex((server, port))
    ready.register(client, selectors.EVENT_WRITE)
    work(time.monotonic() + 0.05)
work(end)
PY
}

director() {
    network c=10.1.0.2/24 o=10.5.0.2/24 director=10.3.0.2/24 s1=10.2.1.2/24 s2=10.2.2.2/24
    local n
    inside r ip route add 10.9.9.9/32 via 10.3.0.2
    inside director sysctl -qw net.ipv4.ip_forward=1
    for n in 1 2; do
        start_tunnel director "tun$n" ipip 10.3.0.2 "10.2.$n.2"
        start_tunnel "s$n" tun0 ipip "10.2.$n.2" 10.3.0.2
        inside director ip route add 10.9.9.9/32 dev "tun$n" table "10$n"
        inside director ip rule add fwmark "$n" table "10$n"
        inside "s$n" ip addr add 10.9.9.9/32 dev lo
        ( WORK=$WORK/$n; mkdir "$WORK"; nginx_on "s$n" "" )
    done
    # Scheduled by source address; o has the first real server.
    inside director nft -f - <<'END'
table ip lvs {
    chain in {
        type filter hook prerouting priority -150;
        ip daddr 10.9.9.9 ip saddr & 0.0.0.1 == 0.0.0.0 meta mark set 2
        ip daddr 10.9.9.9 ip saddr & 0.0.0.1 == 0.0.0.1 meta mark set 1
        ip daddr 10.9.9.9 ip saddr 10.5.0.2 meta mark set 1
    }
}
END
    inside s2 sysctl -qw net.ipv4.conf.tun0.rp_filter=1
    # The way back to o loses what the first real server answers.
    firewall ip saddr 10.9.9.9 ip daddr 10.5.0.2 drop
    record mixed/lvs-tun-director director eth0 -s 200
    record mixed/lvs-tun-real-server-works s1 eth0 -s 200
    record mixed/lvs-tun-real-server-rp-filter s2 eth0 -s 200
    later 0 visits director 2 http://10.2.1.2/hello http://10.2.2.2/hello
    later 1.5 get o http://10.9.9.9/hello 6
    later 0.5 clients 44 10.9.9.9 80
    all_done
    for n in director real-server-works real-server-rp-filter; do
        recorded "mixed/lvs-tun-$n"
    done
    expectation mixed/lvs-tun-director <<'END'
# LVS in tunnel mode: the second real server drops what leaves its tunnel (rp_filter), so that half-open connections pile up; the
# first one serves its clients, but its answers to one of them are lost. No answer passes the director, where this is captured.
# origin: lab/mixed.sh (lab/tunnel.py as IPIP device, nftables as scheduler and drop, nginx 1.22, curl 7.88, Python clients)
# shows: tunnel.rp_filter
# shows: connect.syn_recv_pileup
ip.proto == 4 && ip.src == 10.1.0.30 && tcp.flags == 0x2 @3 => tunnel.rp_filter
ip.proto == 4 && ip.src == 10.1.0.66 && tcp.flags == 0x2 @3 => connect.syn_recv_pileup
END
    expectation mixed/lvs-tun-real-server-works <<'END'
# The same at the same time, at the real server that works: one client of 23 never gets its SYN-ACK.
# origin: lab/mixed.sh (lab/tunnel.py as IPIP device, nftables drop, nginx 1.22, curl 7.88, Python clients)
# shows: connect.half_open
# look-alike: tunnel.rp_filter "working LVS-TUN, where the SYN-ACK leaves VIP to client outside the tunnel"
tcp.flags == 0x12 && ip.dst == 10.5.0.2 @4 => connect.half_open
END
    expectation mixed/lvs-tun-real-server-rp-filter <<'END'
# The same at the same time, at the real server that drops.
# origin: lab/mixed.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88, Python clients)
# shows: tunnel.rp_filter
# shows: connect.syn_recv_pileup
ip.proto == 4 && ip.src == 10.1.0.30 && tcp.flags == 0x2 @3 => tunnel.rp_filter
ip.proto == 4 && ip.src == 10.1.0.68 && tcp.flags == 0x2 @3 => connect.syn_recv_pileup
END
}

# --- IPv6 ---------------------------------------------------------------------------------------------------------------

client_ipv6() {
    network c=2001:db8:1::2/64 o=2001:db8:5::2/64 d=2001:db8:3::53/64 p=2001:db8:4::2/64 s=2001:db8:2::2/64
    resolver_on d --local-ttl=600 --host-record=www.example.cn,2001:db8:2::2 --address=/example.net/
    firewall ip6 daddr 2001:db8:3::54 drop
    inside r ip -6 route add 2001:db8:3::54/128 via 2001:db8:3::53
    nginx_on s ""
    head -c 150000 /dev/zero | tr '\0' f >"$WORK/www/file"
    serve s listen 8080 recv sleep:60
    proxy_on p '[2001:db8:2::2]:8080' 'proxy_read_timeout 15s;'
    firewall ip6 daddr 2001:db8:2::2 tcp dport 8443 reject with icmpv6 type admin-prohibited
    slow_path 0.01 11 s
    record mixed/client-ipv6 c eth0 -s 160
    local round
    later 0 get c 'http://[2001:db8:4::2]/report' 18
    later 0.5 visits c 3 'http://[2001:db8:2::2]/hello' 'https://[2001:db8:2::2]/hello' 'http://[2001:db8:2::2]:8081/metrics'
    later 0.7 visits c 2 'https://[2001:db8:2::2]:8443/'
    later 1 get c 'http://[2001:db8:2::2]/file'
    for round in 1 2 3; do
        later "$((round * 3))" inside c dig +tries=1 +time=2 @2001:db8:3::53 www.example.cn AAAA
        later "$((round * 3)).4" inside c dig +tries=1 +time=2 @2001:db8:3::53 repo.example.net AAAA
    done
    later 4 inside c dig +tries=2 +time=3 @2001:db8:3::54 www.example.cn AAAA
    later 5 get c 'http://[2001:db8:2::2]/file'
    all_done
    recorded mixed/client-ipv6
    expectation mixed/client-ipv6 <<'END'
# An IPv6 client: a name that does not exist, a resolver that does not answer while the other one does, a port on which nothing
# listens, one that a firewall prohibits, a proxy that answers 504 after 15 s, and loss in downloads. Captured at the client.
# origin: lab/mixed.sh (dnsmasq 2.90, dig 9.18, nginx 1.22, curl 7.88, talk.py, nftables, lab/wire.py as lossy path)
# shows: dns.failed
# shows: dns.unanswered
# shows: connect.refused
# shows: connect.unreachable
# shows: http.gateway_timeout
# shows: path.loss
icmpv6.type == 1 => connect.unreachable
tcp.flags.reset == 1 && tcp.srcport == 8081 => connect.refused
dns.flags.rcode == 3 => dns.failed
tcp.analysis.retransmission || tcp.analysis.out_of_order @10 => path.loss
dns.flags.response == 0 && ipv6.dst == 2001:db8:3::54 @2 => dns.unanswered
ipv6.src == 2001:db8:4::2 && tcp.srcport == 80 && tcp.len > 0 => http.gateway_timeout
END
}

# --- two tenants of a cloud with the same addresses ----------------------------------------------------------------------

# tenant FUNCTION: in namespaces of its own; the packets of its client are in $WORK/FUNCTION/source.pcap
tenant() {
    local function=$1
    PREFIX=$PREFIX-$function WORK=$WORK/$function
    mkdir "$WORK"
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 15s;"
    serve s listen 8703 recv respond:300 close
    record source c eth0
    "$function"
    all_done
    stop_recording source
}

first_tenant() {
    firewall tcp dport 8703 drop
    later 0 talk c --source 50001 --tls12 connect 10.2.0.2 443 get recv eof sleep:0.2 close
    later 1 talk c --source 50003 connect 10.2.0.2 8703 get recv
    later 2 visits c 3 http://10.2.0.2:8081/metrics http://10.2.0.2/hello
}

second_tenant() {
    later 10 firewall tcp sport 50002 reject with tcp reset
    serve s listen 8081 recv respond:300 close
    serve s listen 8082 loop:200
    later 0 talk c --source 50001 --tls12 connect 10.2.0.2 443 get recv sleep:5 get recv close
    later 0.5 talk c --source 50002 connect 10.2.0.2 8082 get recv sleep:16.5 get recv
    later 1 talk c --source 50003 connect 10.2.0.2 8703 get recv
    later 2 visits c 3 http://10.2.0.2:8081/metrics http://10.2.0.2/hello
    later 3 inside c dig +tries=3 +time=2 @10.2.0.53 www.example.cn
}

tenants() {
    ( tenant first_tenant ) &
    ( tenant second_tenant ) &
    wait
    copies first_tenant/source 10.1.0.2 7
    copies second_tenant/source 10.1.0.2 8
    mkdir -p "$OUT/mixed"
    mergecap -F pcapng -w "$OUT/mixed/tenants-mirror-cut.pcapng" "$WORK/"*/source.copies
    expectation mixed/tenants-mirror-cut <<'END'
# Two customers of a cloud with the same addresses and some of the same ports, mirrored in two VNIs and cut to 96 bytes. With the
# first one a port is filtered, on another nothing listens, and an idle TLS connection is closed; the second one reaches all of
# these, but its resolver is gone and an idle connection is reset.
# origin: lab/mixed.sh (nginx 1.22, curl 7.88, dig 9.18, talk.py, nftables), put into VXLAN by mirror.py
# shows: connect.unanswered
# shows: connect.refused
# shows: connect.unreachable
# shows: tls.alert_fin
# shows: dns.unanswered
# shows: idle.reset
vxlan.vni == 7 && tcp.len > 0 => mirror.truncated
vxlan.vni == 8 && tcp.len > 0 => mirror.truncated
vxlan.vni == 7 && tcp.flags.reset == 1 && tcp.srcport == 8081 => connect.refused
vxlan.vni == 7 && tcp.flags == 0x2 && tcp.dstport == 8703 @3 => connect.unanswered
vxlan.vni == 8 && udp.dstport == 53 && !icmp @2 => dns.unanswered
vxlan.vni == 8 && icmp => connect.unreachable
vxlan.vni == 7 && tcp.flags.fin == 1 && tcp.srcport == 443 => tls.alert_fin
vxlan.vni == 8 && tcp.flags.reset == 1 && tcp.dstport == 50002 => idle.reset
END
}

# --- a compromised host behind an uplink --------------------------------------------------------------------------------

uplink() {
    network c=10.1.0.2/24 x=10.3.0.66/24 o=10.4.0.2/24 s=198.51.100.2/24
    inside r ip route add 203.0.113.0/24 via 198.51.100.2
    inside s ip route add blackhole 203.0.113.0/24
    wireguard_between 10.1.0.2 198.51.100.2
    nginx_on s ""
    serve o listen 8080 recv respond:300 close
    record mixed/uplink-wireguard-host-any c any -s 160
    record mixed/uplink-compromised-host x eth0 -s 96
    record inside-c r c
    record inside-x r x
    get c http://198.51.100.2/hello
    get x http://198.51.100.2/hello
    # What the uplink takes: 3 packets a second.
    firewall oifname s limit rate over 3/second burst 3 packets drop
    later 0 inside x hping3 -q --rand-dest -I eth0 -S -p 443 -i u40000 -c 330 203.0.113.x
    later 0.5 visits x 3 http://10.4.0.2:8080/status
    later 0.6 visits c 3 http://10.4.0.2:8080/status
    later 1 inside c ping -c 1 -W 12 10.9.0.2
    later 2 get c http://198.51.100.2/hello 8
    later 2.5 get c https://198.51.100.2/hello 8
    later 3 get x http://198.51.100.2/hello 8
    all_done
    recorded mixed/uplink-wireguard-host-any
    recorded mixed/uplink-compromised-host
    stop_recording inside-c
    stop_recording inside-x
    copies inside-c 10.1.0.2 10
    copies inside-x 10.3.0.66 11
    mergecap -F pcapng -w "$OUT/mixed/uplink-mirror-cut.pcapng" "$WORK/inside-"[cx].copies
    expectation mixed/uplink-wireguard-host-any <<'END'
# A host behind an uplink that a compromised neighbour fills: its WireGuard handshakes and its connections through the uplink get no
# answer; before, and in the local network all the time, it is served. On all interfaces of that host, which sees no flood.
# origin: lab/mixed.sh (hping3 3.0, wireguard-go 0.0.20220316, nginx 1.22, curl 7.88, nftables limits the rate of the uplink)
# shows: tunnel.wireguard_unanswered
# shows: connect.unanswered
tcp.flags == 0x2 && ip.dst == 198.51.100.2 && tcp.dstport == 80 @4 => connect.unanswered
tcp.flags == 0x2 && ip.dst == 198.51.100.2 && tcp.dstport == 443 @3 => connect.unanswered
udp.srcport == 51820 @3 => tunnel.wireguard_unanswered
END
    expectation mixed/uplink-compromised-host <<'END'
# The same at the compromised host: of its own connection through the uplink most packets are lost, so that three SYNs go
# unanswered and the handshake is not completed for seconds; those in the local network work. What gets through is another packet
# in each run.
# origin: lab/mixed.sh (hping3 3.0, nginx 1.22, curl 7.88, nftables limits the rate of the uplink)
# shows: flood.syn_out
# shows: connect.unanswered
# shows: connect.half_open
# shows: path.loss
tcp.flags == 0x2 @104 => flood.syn_out
tcp.flags == 0x2 && ip.dst == 198.51.100.2 @4 => connect.unanswered
tcp.flags == 0x12 && ip.src == 198.51.100.2 @4 => connect.half_open
tcp.flags.fin == 1 && ip.src == 198.51.100.2 @2 => path.loss
END
    expectation mixed/uplink-mirror-cut <<'END'
# The same in two mirror sessions, of both hosts, cut to 96 bytes.
# origin: lab/mixed.sh (hping3 3.0, wireguard-go 0.0.20220316, nginx 1.22, curl 7.88, nftables), put into VXLAN by mirror.py
# shows: flood.syn_out
# shows: tunnel.wireguard_unanswered
# shows: connect.unanswered
vxlan.vni == 10 && tcp.len > 0 => mirror.truncated
vxlan.vni == 11 && tcp.len > 0 => mirror.truncated
vxlan.vni == 11 && tcp.flags == 0x2 @104 => flood.syn_out
vxlan.vni == 10 && tcp.flags == 0x2 && ip.dst == 198.51.100.2 && tcp.dstport == 80 @4 => connect.unanswered
vxlan.vni == 10 && tcp.flags == 0x2 && ip.dst == 198.51.100.2 && tcp.dstport == 443 @3 => connect.unanswered
vxlan.vni == 11 && tcp.flags == 0x2 && ip.dst == 198.51.100.2 @4 => connect.unanswered
vxlan.vni == 11 && tcp.flags == 0x12 && ip.src == 198.51.100.2 @4 => connect.half_open
vxlan.vni == 11 && tcp.flags.fin == 1 && ip.src == 198.51.100.2 @2 => path.loss
vxlan.vni == 10 && udp.srcport == 51820 @3 => tunnel.wireguard_unanswered
END
}

SCENARIOS=(client_faults services director client_ipv6 tenants uplink)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
