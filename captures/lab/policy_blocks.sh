#!/usr/bin/env bash
# A source that a policy lists: its port is blocked (policy.port_blocked), its transfers are cut
# (policy.transfer_cut); and what only looks so. Takes about 60 s.

. "$(dirname "$0")/lib.sh"

BLOCKED=8703

# try HOST ADDRESS PORT: as telnet does, connect and wait for what happens
try() {
    inside "$1" timeout 4 "$PYTHON" "$LAB/talk.py" connect "$2" "$3" recv 2>/dev/null || true
}

get() {
    inside "$1" curl -gs -o /dev/null --connect-timeout "${3:-4}" --max-time 10 "$2" || true
}

# haproxy HOST 'lines of the frontend': TCP from port 8703 to nginx on port 80
haproxy_on() {
    nginx_on "$1" ""
    cat >"$WORK/haproxy.cfg" <<END
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend relay
    bind :::$BLOCKED v4v6
    $2
    default_backend web
backend web
    server web 127.0.0.1:80
END
    background "$1" haproxy -db -f "$WORK/haproxy.cfg"
    wait_port "$1" "$BLOCKED"
}

# nginx_also HOST PORT...: nginx on these ports as well
nginx_also() {
    local host=$1 lines="" port
    shift
    for port in "$@"; do
        lines+="listen $port; listen [::]:$port; "
    done
    nginx_on "$host" "$lines"
}

# --- policy.port_blocked ----------------------------------------------------------------------------------------------

port_reset() {
    network c=10.1.0.2/24 s=47.104.79.200/24
    nginx_also s 8080 8702 "$BLOCKED"
    firewall ip saddr 10.1.0.2 tcp dport "$BLOCKED" ct state established reject with tcp reset
    record policy/port-reset-at-the-client c eth0
    local round
    get c http://47.104.79.200:8080/hello
    for round in 1 2 3 4 5; do
        try c 47.104.79.200 "$BLOCKED"
        sleep 0.3
    done
    get c http://47.104.79.200:8702/hello
    recorded policy/port-reset-at-the-client
    expectation policy/port-reset-at-the-client <<END
# $round attempts at port 8703 of a relay are reset right after the handshake; 8080 and 8702 work. At the client.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, talk.py, nftables reject with tcp reset)
# shows: policy.port_blocked
tcp.flags.reset == 1 && tcp.srcport == $BLOCKED @3 => policy.port_blocked
END
}

port_fin() {
    network c=10.1.0.2/24,2001:db8:1::2/64 o=10.3.0.2/24,2001:db8:3::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    haproxy_on s "tcp-request connection reject if { src 10.1.0.2 2001:db8:1::2 }"
    record policy/port-closed-by-access-list-router-any r any
    local round
    for round in 1 2 3; do
        try c 10.2.0.2 "$BLOCKED"
        get c "http://[2001:db8:2::2]:$BLOCKED/hello"
        sleep 0.3
    done
    get o "http://10.2.0.2:$BLOCKED/hello"
    get o "http://[2001:db8:2::2]:$BLOCKED/hello"
    try c 10.2.0.2 "$BLOCKED"
    recorded policy/port-closed-by-access-list-router-any
    expectation policy/port-closed-by-access-list-router-any <<END
# A proxy's own access list closes the connections of one source at once, $round over IPv4 and IPv6 each; then another
# source is served at the same port. Captured on all interfaces of the router.
# origin: lab/policy_blocks.sh (haproxy 2.6, nginx 1.22, curl 7.88, talk.py)
# shows: policy.port_blocked
# shows: connect.closed_at_once
ip.dst == 10.1.0.2 && tcp.srcport == $BLOCKED && tcp.flags.reset == 1 @5 => connect.closed_at_once
ipv6.dst == 2001:db8:1::2 && tcp.srcport == $BLOCKED && tcp.flags.reset == 1 @5 => connect.closed_at_once
ip.addr == 10.3.0.2 && tcp.srcport == $BLOCKED && tcp.len > 0 => policy.port_blocked
ipv6.addr == 2001:db8:3::2 && tcp.srcport == $BLOCKED && tcp.len > 0 => policy.port_blocked
END
}

port_unanswered() {
    network c=10.1.0.2/24,2001:db8:1::2/64 o=10.3.0.2/24,2001:db8:3::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_also s "$BLOCKED"
    firewall ip6 saddr 2001:db8:1::2 tcp dport "$BLOCKED" drop
    record policy/port-unanswered-ipv6-router r o
    record policy/port-unanswered-ipv6 c eth0
    local round
    get c "http://[2001:db8:2::2]:80/hello"
    for round in 1 2 3 4; do
        get c "http://[2001:db8:2::2]:$BLOCKED/hello" 3.5
        get c "http://[2001:db8:2::2]:80/hello"
        get o "http://[2001:db8:2::2]:$BLOCKED/hello"
    done
    recorded policy/port-unanswered-ipv6
    stop_recording policy/port-unanswered-ipv6-router
    expectation policy/port-unanswered-ipv6 <<END
# SYNs of one source to port 8703 vanish, $round attempts of 3.5 s; port 80 works in between. The last attempt is not over
# when the capture ends. At the client, IPv6.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: policy.port_blocked
tcp.flags == 0x2 && tcp.dstport == $BLOCKED @3 => connect.unanswered
tcp.flags == 0x2 && tcp.dstport == $BLOCKED @7 => connect.unanswered
tcp.flags == 0x2 && tcp.dstport == $BLOCKED @13 => connect.unanswered
tcp.flags == 0x2 && tcp.dstport == $BLOCKED @13 => policy.port_blocked
END
}

port_short_attempts() {
    network c=10.1.0.2/24 o=10.1.0.3/24 s=10.2.0.2/24
    # Both clients in one network: the second one is an address of another interface of the router, routed as a host.
    inside r ip addr flush dev o
    inside r ip addr add 10.1.1.1/24 dev o
    inside r ip route add 10.1.0.3/32 dev o
    inside o ip addr flush dev eth0
    inside o ip addr add 10.1.0.3/32 dev eth0
    inside o ip route add 10.1.1.1/32 dev eth0
    inside o ip route add default via 10.1.1.1
    nginx_also s "$BLOCKED"
    firewall ip saddr 10.1.0.2 tcp dport "$BLOCKED" drop
    record policy/port-unanswered-router-any r any
    local round
    for round in 1 2 3 4; do
        get c "http://10.2.0.2:$BLOCKED/hello" 1.5
    done
    get o "http://10.2.0.2:$BLOCKED/hello"
    recorded policy/port-unanswered-router-any
    expectation policy/port-unanswered-router-any <<END
# $round attempts of 1.5 s, none with three SYNs; then a neighbour's address is served at once. Captured on all
# interfaces of the router.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: policy.port_blocked
tcp.srcport == $BLOCKED && tcp.flags == 0x12 => policy.port_blocked
END
}

port_first_data() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_also s 8080 "$BLOCKED"
    firewall ip saddr 10.1.0.2 tcp dport "$BLOCKED" "tcp flags & psh == psh" reject with tcp reset
    record source c eth0
    local round
    for round in 1 2 3; do
        get c "http://10.2.0.2:8080/hello"
        get c "http://10.2.0.2:$BLOCKED/hello"
    done
    stop_recording source
    mirrored policy/port-reset-to-first-data-mirror-cut source --as vxlan --at 10.1.0.2 --id 7 --cut 96
    expectation policy/port-reset-to-first-data-mirror-cut <<END
# The request is answered by RST at port 8703, $round times; 8080 works in between. A mirror of the client, cut to 96
# bytes.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables reject with tcp reset; VXLAN by mirror.py)
# shows: policy.port_blocked
tcp.len > 0 @1 => mirror.truncated
tcp.flags.reset == 1 && tcp.srcport == $BLOCKED @3 => policy.port_blocked
END
}

port_rejected_source() {
    network c=10.1.0.2/24 o=10.3.0.2/24 s=10.2.0.2/24
    nginx_also s "$BLOCKED"
    firewall ip saddr 10.1.0.2 tcp dport "$BLOCKED" reject with tcp reset
    record policy/port-rejected-for-one-source r any
    local round
    for round in 1 2 3; do
        get c "http://10.2.0.2:$BLOCKED/hello"
        get o "http://10.2.0.2:$BLOCKED/hello"
    done
    recorded policy/port-rejected-for-one-source
    expectation policy/port-rejected-for-one-source <<END
# A firewall answers the SYNs of one source with RST, $round times; another source is served in between. Captured on all
# interfaces of that firewall.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables reject with tcp reset)
# shows: policy.port_blocked
tcp.flags.reset == 1 @1 => connect.refused
tcp.flags.reset == 1 @3 => policy.port_blocked
END
}

port_behind_nat() {
    network c=192.168.1.30/24 s=47.104.79.200/24
    nginx_also s 8080 "$BLOCKED"
    inside r ip addr add 203.0.113.62/32 dev s
    inside r ip addr add 203.0.113.60/32 dev s
    inside s ip route add 203.0.113.0/24 via 47.104.79.1
    inside r nft add table ip nat
    inside r nft "add chain ip nat post { type nat hook postrouting priority 100; }"
    inside r nft add rule ip nat post oifname s snat to 203.0.113.62
    inside s nft add table inet own
    inside s nft "add chain inet own input { type filter hook input priority 0; }"
    inside s nft add rule inet own input ip saddr 203.0.113.62 tcp dport "$BLOCKED" ct state established \
        reject with tcp reset
    record policy/port-blocked-behind-nat-router-any r any
    local round
    get c http://47.104.79.200:8080/hello
    for round in 1 2 3 4; do
        try c 47.104.79.200 "$BLOCKED"
        sleep 0.3
    done
    inside r nft flush chain ip nat post
    inside r nft add rule ip nat post oifname s snat to 203.0.113.60
    get c "http://47.104.79.200:$BLOCKED/hello"
    recorded policy/port-blocked-behind-nat-router-any
    expectation policy/port-blocked-behind-nat-router-any <<END
# The documented case: behind a NAT $round attempts at port 8703 fail while port 8080 works; with another public address
# 8703 works as well. Captured on all interfaces of the NAT router, which sees each connection with both addresses.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, talk.py, nftables snat and reject with tcp reset)
# shows: policy.port_blocked
tcp.flags.reset == 1 && ip.dst == 203.0.113.62 @3 => policy.port_blocked
END
}

port_all_fail() {
    network c=10.1.0.2/24 o=10.3.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    serve s listen "$BLOCKED" close
    record policy/port-fails-for-all r s
    local round
    for round in 1 2 3 4; do
        try c 10.2.0.2 "$BLOCKED"
        sleep 0.3
        try o 10.2.0.2 "$BLOCKED"
        get c http://10.2.0.2/hello
    done
    recorded policy/port-fails-for-all
    expectation policy/port-fails-for-all <<END
# The service of a port closes all connections at once, $round of each of two clients; the web server beside it works.
# origin: lab/policy_blocks.sh (talk.py, nginx 1.22, curl 7.88)
# look-alike: policy.port_blocked "all fail alike (server down)"
# shows: connect.closed_at_once
tcp.srcport == $BLOCKED && tcp.flags.fin == 1 && ip.dst == 10.1.0.2 @3 => connect.closed_at_once
END
}

port_server_down() {
    network c=10.1.0.2/24 o=10.3.0.2/24 s=10.2.0.2/24
    nginx_also s 8080
    record policy/port-server-down r any
    local round
    firewall ip daddr 10.2.0.2 drop
    for round in 1 2 3; do
        get c http://10.2.0.2/hello 1.5
        get c http://10.2.0.2:8080/hello 1.5
        get o http://10.2.0.2/hello 1.5
    done
    recorded policy/port-server-down
    expectation policy/port-server-down <<END
# Nothing of a server answers, on no port and for no client, $round rounds.
# origin: lab/policy_blocks.sh (curl 7.88, nftables drop)
# look-alike: policy.port_blocked "all fail alike (server down)"
END
}

port_one_of_many() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_also s 8080
    # Every third connection is reset when it sends its request.
    firewall tcp dport 8080 "tcp flags & psh == psh" numgen inc mod 3 0 reject with tcp reset
    record policy/port-one-of-three-fails c eth0
    local round
    for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
        get c "http://10.2.0.2:8080/$round"
    done
    get c http://10.2.0.2/hello
    recorded policy/port-one-of-three-fails
    expectation policy/port-one-of-three-fails <<END
# Of $round connections every third one is reset.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables numgen and reject with tcp reset)
# look-alike: policy.port_blocked "one of many fails"
# look-alike: connect.closed_at_once "one of several is closed"
END
}

port_closed() {
    network c=10.1.0.2/24 o=10.3.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record policy/port-is-closed c eth0
    local round
    for round in 1 2 3 4; do
        try c 10.2.0.2 "$BLOCKED"
        get c http://10.2.0.2/hello
    done
    recorded policy/port-is-closed
    expectation policy/port-is-closed <<END
# Nothing listens on port 8703, $round attempts; port 80 works.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, talk.py)
# look-alike: policy.port_blocked "closed port"
tcp.flags.reset == 1 && tcp.srcport == $BLOCKED @1 => connect.refused
END
}

port_restart() {
    network c=10.1.0.2/24 o=10.3.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    serve s listen "$BLOCKED" answer
    record policy/port-service-restarts r s
    local round
    get o "http://10.2.0.2:$BLOCKED/hello"
    inside s ss -Hltnp "sport = :$BLOCKED" | grep -oE 'pid=[0-9]+' | cut -d= -f2 | xargs -r kill
    for round in 1 2 3 4; do
        get c "http://10.2.0.2:$BLOCKED/hello"
        get c http://10.2.0.2/hello
        sleep 0.2
    done
    serve s listen "$BLOCKED" answer
    get o "http://10.2.0.2:$BLOCKED/hello"
    recorded policy/port-service-restarts
    expectation policy/port-service-restarts <<END
# A service is restarted: one client is refused $round times meanwhile, another one is served before and after.
# origin: lab/policy_blocks.sh (talk.py, nginx 1.22, curl 7.88)
# look-alike: policy.port_blocked "a restart of the service"
tcp.flags.reset == 1 && tcp.srcport == $BLOCKED @1 => connect.refused
END
}

port_checks() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_also s 8080
    record policy/port-checks c eth0
    local round
    get c http://10.2.0.2/hello
    for round in 1 2 3 4; do
        talk c connect 10.2.0.2 8080 close
        talk c connect 10.2.0.2 8080 rst
    done
    recorded policy/port-checks
    expectation policy/port-checks <<END
# $round port checks that close and as many that reset by themselves.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, talk.py)
# look-alike: policy.port_blocked "port check that closes by itself"
# look-alike: connect.closed_at_once "health checks and others that close first"
END
}

port_steady_failures() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 25 eof close
    record connect/health-check-steady-failures-ipv6 c eth0
    local round
    for round in 1 2 3 4 5 6; do
        talk c connect 2001:db8:2::2 25 sleep:1 close
        sleep 0.5
    done
    recorded connect/health-check-steady-failures-ipv6
    expectation connect/health-check-steady-failures-ipv6 <<END
# A client waits a second for the greeting of a mail server that has none, and tries again, $round times. IPv6.
# origin: lab/policy_blocks.sh (talk.py)
# look-alike: connect.health_check "a client that fails steadily"
END
}

port_daytime() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s ""
    serve s listen 13 say:1970-01-01 close
    record policy/port-answers-and-closes c eth0
    local round
    get c http://10.2.0.2/hello
    for round in 1 2 3 4; do
        try c 10.2.0.2 13
        try c 2001:db8:2::2 13
    done
    recorded policy/port-answers-and-closes
    expectation policy/port-answers-and-closes <<END
# A service that says the date and closes, $round times over IPv4 and IPv6 each.
# origin: lab/policy_blocks.sh (talk.py, nginx 1.22, curl 7.88)
# look-alike: policy.port_blocked "a server that answers and closes"
# look-alike: connect.closed_at_once "services that send something and close (daytime)"
END
}

port_tls() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall ip saddr 10.1.0.2 tcp dport 443 "tcp flags & psh == psh" reject with tcp reset
    record policy/port-tls-handshake-reset c eth0
    local round
    get c http://10.2.0.2/hello
    for round in 1 2 3; do
        inside c curl -gsk -o /dev/null https://10.2.0.2/hello || true
    done
    recorded policy/port-tls-handshake-reset
    expectation policy/port-tls-handshake-reset <<END
# $round TLS handshakes are reset at the ClientHello.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables reject with tcp reset)
# look-alike: policy.port_blocked "TLS handshake that fails"
tcp.flags.reset == 1 && tcp.srcport == 443 @1 => tls.handshake_failed
tcp.flags.reset == 1 && tcp.srcport == 443 @2 => tls.handshake_failed
tcp.flags.reset == 1 && tcp.srcport == 443 @3 => tls.handshake_failed
END
}

port_blind() {
    network c=10.1.0.2/24 o=10.3.0.2/24 s=10.2.0.2/24
    nginx_also s 8080
    record policy/port-blind-direction r any "not (src host 10.2.0.2 and dst host 10.1.0.2)"
    local round
    for round in 1 2 3 4; do
        get c http://10.2.0.2:8080/hello
        get o http://10.2.0.2:8080/hello
    done
    recorded policy/port-blind-direction
    expectation policy/port-blind-direction <<END
# What the server sends to one of two clients takes a way that is not captured; $round connections of each.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, tcpdump with a source filter)
# look-alike: policy.port_blocked "blind direction"
END
}

# --- policy.transfer_cut ----------------------------------------------------------------------------------------------

# Only the headers: transfers are long.
HEADERS=(-s 96)

# cut_after BYTES VERDICT: the router counts the bytes of a connection in both directions
cut_after() {
    local bytes=$1
    shift
    inside r sysctl -qw net.netfilter.nf_conntrack_acct=1
    firewall meta l4proto tcp ct bytes gt "$bytes" "$@"
}

cut_upload() {
    network c=10.1.0.2/24 s=47.104.79.200/24
    serve s listen 8702 eof
    serve s listen 8703 eof
    cut_after 150000 reject with tcp reset
    record policy/cut-upload-reset c eth0 "${HEADERS[@]}"
    talk c connect 47.104.79.200 8703 send:600000 eof 2>/dev/null || true
    sleep 1
    talk c connect 47.104.79.200 8702 send:600000 eof 2>/dev/null || true
    sleep 1
    talk c connect 47.104.79.200 8703 send:600000 eof 2>/dev/null || true
    recorded policy/cut-upload-reset
    expectation policy/cut-upload-reset <<'END'
# Uploads to two ports of a relay are reset when 150 kB are through, by a device on the way. Captured at the client.
# origin: lab/policy_blocks.sh (talk.py, nftables ct bytes and reject with tcp reset)
# shows: policy.transfer_cut
tcp.flags.reset == 1 && tcp.srcport == 8702 => policy.transfer_cut
END
}

cut_download() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s ""
    cut_after 80000 reject with tcp reset
    record policy/cut-download-reset-router-any r any "${HEADERS[@]}" ip6
    record policy/cut-download-reset-server s eth0 "${HEADERS[@]}" ip
    local round
    for round in 1 2; do
        inside c curl -gs -o /dev/null --max-time 2 http://10.2.0.2/download || true
        inside c curl -gs -o /dev/null --max-time 2 "http://[2001:db8:2::2]/download" || true
    done
    recorded policy/cut-download-reset-router-any
    recorded policy/cut-download-reset-server
    expectation policy/cut-download-reset-router-any <<END
# $round downloads are cut when 80 kB are through: the device resets the server in the client's name, and the client
# later, when it gives up. Captured on all interfaces of that device, headers only. IPv6.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables ct bytes and reject with tcp reset)
# shows: policy.transfer_cut
tcp.flags.reset == 1 && tcp.stream == 1 => policy.transfer_cut
END
    expectation policy/cut-download-reset-server <<END
# $round downloads are cut when 80 kB are through. Captured at the server, which gets a RST that the client has not
# sent, and the client's FIN later. Headers only.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables ct bytes and reject with tcp reset)
# shows: policy.transfer_cut
tcp.flags.reset == 1 && tcp.stream == 1 => policy.transfer_cut
END
}

cut_download_client() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # A small receive buffer, read slowly: nothing else is under way when the RST comes, which would give it away.
    inside c sysctl -qw net.ipv4.tcp_rmem="4096 8192 8192"
    firewall ip saddr 10.2.0.2 ct mark 1 drop
    cut_after 80000 ip saddr 10.1.0.2 ct mark set 1 reject with tcp reset
    record source c eth0 "${HEADERS[@]}"
    local round
    for round in 1 2 3; do
        inside c curl -gs -o /dev/null --limit-rate 200k --max-time 5 http://10.2.0.2/download || true
    done
    stop_recording source
    mirrored policy/cut-download-reset-mirror-cut source --as vxlan --at 10.1.0.2 --id 7 --cut 96
    expectation policy/cut-download-reset-mirror-cut <<END
# $round downloads are reset in the server's name when 80 kB are through. A mirror of the client, cut to 96 bytes.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables ct bytes and reject with tcp reset; VXLAN by mirror.py)
# shows: policy.transfer_cut
tcp.len > 0 @1 => mirror.truncated
tcp.flags.reset == 1 && ip.src == 10.2.0.2 && tcp.stream == 1 => policy.transfer_cut
END
}

cut_silence() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    cut_after 100000 drop
    record policy/cut-download-silence s eth0 "${HEADERS[@]}"
    local round
    for round in 1 2; do
        inside c curl -gs -o /dev/null --max-time 5 "http://[2001:db8:2::2]/download" || true
    done
    recorded policy/cut-download-silence
    expectation policy/cut-download-silence <<END
# $round downloads vanish when 100 kB are through: nothing passes any more. Captured at the server, headers only. IPv6.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88, nftables ct bytes and drop)
# shows: policy.transfer_cut
tcp.stream == 1 && tcp.flags.syn == 1 => path.peer_gone
tcp.stream == 1 && tcp.analysis.retransmission @4 => policy.transfer_cut
END
}

# --- and what is none -------------------------------------------------------------------------------------------------

client_has_its_answer() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8080 recv:60000 respond:200 eof
    nginx_on s ""
    record policy/cut-client-has-its-answer c eth0 "${HEADERS[@]}"
    local round
    for round in 1 2 3; do
        talk c connect 10.2.0.2 80 get:/page recv rst
        talk c connect 10.2.0.2 8080 send:60000 recv rst
    done
    recorded policy/cut-client-has-its-answer
    expectation policy/cut-client-has-its-answer <<END
# $round downloads and uploads each are complete and answered; then the client closes by RST, as some libraries do.
# origin: lab/policy_blocks.sh (talk.py, nginx 1.22)
# look-alike: policy.transfer_cut "RST by a client that has its answer"
END
}

client_aborts() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s ""
    record policy/cut-client-aborts-downloads s eth0 "${HEADERS[@]}"
    local round
    for round in 1 2; do
        inside c bash -c 'curl -gs --limit-rate 100k http://10.2.0.2/download | head -c 40000 >/dev/null' || true
        inside c bash -c 'curl -gs --limit-rate 100k "http://[2001:db8:2::2]/download" | head -c 40000 >/dev/null' ||
            true
    done
    recorded policy/cut-client-aborts-downloads
    expectation policy/cut-client-aborts-downloads <<END
# A client takes the first 40 kB of $round downloads over IPv4 and IPv6 each, and aborts them. Captured at the server,
# headers only.
# origin: lab/policy_blocks.sh (nginx 1.22, curl 7.88)
# look-alike: policy.transfer_cut "a client that aborts downloads"
END
}

upload_refused() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8080 recv:50000 respond:200 close
    head -c 150000 /dev/zero >"$WORK/upload"
    record policy/cut-upload-refused c eth0 "${HEADERS[@]}"
    local round
    for round in 1 2 3; do
        inside c curl -gs -o /dev/null -H "Expect:" --data-binary "@$WORK/upload" http://10.2.0.2:8080/ || true
    done
    recorded policy/cut-upload-refused
    expectation policy/cut-upload-refused <<END
# A server answers $round uploads when 50 kB are there, and closes without reading the rest, so that its host
# resets them.
# origin: lab/policy_blocks.sh (talk.py, curl 7.88)
# look-alike: policy.transfer_cut "an upload that is refused by an answer"
END
}

cut_once() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8703 eof
    cut_after 60000 reject with tcp reset
    record policy/cut-once c eth0 "${HEADERS[@]}"
    talk c connect 10.2.0.2 8703 send:200000 eof 2>/dev/null || true
    firewall_open
    talk c connect 10.2.0.2 8703 send:200000 fin eof
    recorded policy/cut-once
    expectation policy/cut-once <<'END'
# One upload is reset in the middle, the next one passes.
# origin: lab/policy_blocks.sh (talk.py, nftables ct bytes and reject with tcp reset)
# look-alike: policy.transfer_cut "a transfer that is cut once"
END
}

short_outage() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8703 eof
    record policy/cut-short-outage c eth0 "${HEADERS[@]}"
    local round
    for round in 1 2; do
        after 0.6 firewall tcp dport 8703 drop
        after 4.4 firewall_open
        talk c connect 10.2.0.2 8703 send:40000 sleep:0.5 send:5000 sleep:0.3 send:5000 sleep:3.5 send:30000 fin eof
        sleep 1
    done
    recorded policy/cut-short-outage
    expectation policy/cut-short-outage <<END
# $round outages of almost 4 s, in an upload each; it goes on after that and ends well.
# origin: lab/policy_blocks.sh (talk.py, nftables drop)
# look-alike: policy.transfer_cut "a short outage, then it goes on"
tcp.flags.fin == 1 && ip.src == 10.1.0.2 @2 => path.loss
END
}

reset_after_fin() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8703 send:40000 sleep:0.3 send:20000 sleep:0.3 send:20000 eof
    record policy/cut-reset-after-fin c eth0 "${HEADERS[@]}"
    local round
    for round in 1 2 3; do
        talk c connect 10.2.0.2 8703 recv:40000 close
        sleep 0.7
    done
    recorded policy/cut-reset-after-fin
    expectation policy/cut-reset-after-fin <<END
# A client closes (FIN) in the middle of $round downloads; what still comes is reset.
# origin: lab/policy_blocks.sh (talk.py)
# look-alike: policy.transfer_cut "RST after FIN"
END
}

reset_while_idle() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8703 send:60000 sleep:1.5 rst
    record policy/cut-idle-connection c eth0 "${HEADERS[@]}"
    local round
    for round in 1 2 3; do
        talk c connect 10.2.0.2 8703 recv:60000 eof 2>/dev/null || true
    done
    recorded policy/cut-idle-connection
    expectation policy/cut-idle-connection <<END
# A server resets $round connections 1.5 s after it has sent 60 kB.
# origin: lab/policy_blocks.sh (talk.py)
# look-alike: policy.transfer_cut "idle connection"
END
}

SCENARIOS=(port_reset port_fin port_unanswered port_short_attempts port_first_data port_rejected_source port_behind_nat
    port_all_fail port_server_down port_one_of_many port_closed port_restart port_checks port_steady_failures port_daytime port_tls
    port_blind cut_upload cut_download cut_download_client cut_silence client_has_its_answer client_aborts
    upload_refused cut_once short_outage reset_after_fin reset_while_idle)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
