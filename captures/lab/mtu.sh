#!/usr/bin/env bash
# Paths on which large packets vanish (path.mtu_blackhole) and those that only look so. Takes about 20 s.

. "$(dirname "$0")/lib.sh"

# small_mtu HOST BYTES: what the router can send to the host
small_mtu() {
    ip -n "$PREFIX-r" link set dev "$1" mtu "$2"
}

# no_errors HOST HOOK: ICMP errors about sizes are dropped there
no_errors() {
    inside "$1" nft add table inet errors
    inside "$1" nft "add chain inet errors own { type filter hook $2 priority 0; }"
    inside "$1" nft add rule inet errors own icmp type destination-unreachable icmp code frag-needed drop
    inside "$1" nft add rule inet errors own icmpv6 type packet-too-big drop
}

download() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    small_mtu c 1400
    no_errors r output
    record path/mtu-download s eth0 tcp
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    inside c curl -s -m 5 -o /dev/null http://10.2.0.2/download || true
    recorded path/mtu-download
    expectation path/mtu-download <<'END'
# A link of the path takes 1400 bytes, and the router's ICMP error is dropped: a small page works, a download hangs. Captured at
# the server.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88, nftables drop of ICMP)
# shows: path.mtu_blackhole
# look-alike: path.peer_gone "MTU: only packets of full size vanish"
tcp.srcport == 80 && tcp.seq == 1 && tcp.len > 1400 @4 => path.mtu_blackhole
END
    mirrored path/mtu-download-mirror-cut path/mtu-download --as vxlan --at 10.2.0.2 --id 7 --cut 96
    expectation path/mtu-download-mirror-cut <<'END'
# The same, mirrored at the server in VXLAN and cut to 96 bytes.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88, nftables drop of ICMP), put into VXLAN by mirror.py
# shows: path.mtu_blackhole
tcp.srcport == 80 @1+2 => mirror.truncated
tcp.srcport == 80 && tcp.seq == 1 && ip.len > 1400 @4 => path.mtu_blackhole
END
}

upload() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 8888 recv:20000 close
    small_mtu s 1300
    no_errors r output
    record path/mtu-upload-ipv6-router-any r any tcp
    talk c connect 2001:db8:2::2 8888 send:200 sleep:0.2 send:6000 sleep:3 || true
    recorded path/mtu-upload-ipv6-router-any
    expectation path/mtu-upload-ipv6-router-any <<'END'
# An upload over IPv6 through a router whose ICMPv6 "packet too big" is dropped. Its small beginning arrives. Captured on all
# interfaces of the router: what it forwards appears twice, what it drops once.
# origin: lab/mtu.sh (talk.py, nftables drop of ICMPv6)
# shows: path.mtu_blackhole
tcp.len == 1428 && tcp.seq == 201 @4 => path.mtu_blackhole
END
}

hello() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    small_mtu s 1280
    no_errors r output
    record path/mtu-client-hello c eth0 tcp
    inside c timeout 4 openssl s_client -connect 10.2.0.2:443 -alpn \
        "$(for n in $(seq 190); do printf 'proto-%03d,' "$n"; done)h2" </dev/null >/dev/null 2>&1 || true
    recorded path/mtu-client-hello
    expectation path/mtu-client-hello <<'END'
# A ClientHello of two segments: the first, full-size, never arrives, the second does.
# origin: lab/mtu.sh (nginx 1.22, openssl 3.0, nftables drop of ICMP)
# shows: path.mtu_blackhole
tcp.len == 1448 @4 => path.mtu_blackhole
END
}

probing() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inside s sysctl -qw net.ipv4.tcp_mtu_probing=1
    small_mtu c 1400
    no_errors r output
    record path/mtu-probing s eth0 tcp
    inside c curl -s -m 15 -o /dev/null http://10.2.0.2/page || true
    recorded path/mtu-probing
    expectation path/mtu-probing <<'END'
# The server's kernel tries smaller segments after some repetitions (tcp_mtu_probing=1): they pass, and the page comes after seconds.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88, nftables drop of ICMP)
# shows: path.mtu_blackhole
tcp.srcport == 80 && tcp.seq == 1 && tcp.len > 1400 @4 => path.mtu_blackhole
frame @67 => path.loss
END
}

error_ignored() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    small_mtu c 1400
    no_errors s input
    record path/mtu-error-ignored s eth0
    inside c curl -s -m 4 -o /dev/null http://10.2.0.2/page || true
    recorded path/mtu-error-ignored
    expectation path/mtu-error-ignored <<'END'
# The router's ICMP error arrives at the server, whose firewall drops it.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88, nftables drop of ICMP at the server)
# shows: path.mtu_blackhole
tcp.srcport == 80 && tcp.seq == 1 && tcp.len > 1400 @2 => path.mtu_blackhole
END
}

discovery_works() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s ""
    small_mtu c 1400
    record path/mtu-discovery-works s eth0 -s 128
    inside c curl -s -m 5 -o /dev/null http://10.2.0.2/page
    inside c curl -s -m 5 -o /dev/null 'http://[2001:db8:2::2]/page'
    recorded path/mtu-discovery-works
    expectation path/mtu-discovery-works <<'END'
# The router's ICMP errors arrive, and the server sends smaller segments at once. IPv4 and IPv6.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88)
# look-alike: path.mtu_blackhole "path MTU discovery that works"
# look-alike: path.loss "path MTU discovery"
END
}

offload() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inside s ethtool -K eth0 tx on sg on tso on gso on >/dev/null
    small_mtu c 1400
    record path/mtu-offloaded-segments s eth0 -s 128
    inside c curl -s -m 5 -o /dev/null http://10.2.0.2/download
    recorded path/mtu-offloaded-segments
    expectation path/mtu-offloaded-segments <<'END'
# The server's network card splits its segments, so that the capture shows larger ones than the path takes; the router's ICMP
# error arrives.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88)
# look-alike: path.mtu_blackhole "segments larger than the MTU in the capture of an offloading host"
END
}

loss() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    lose_first 5 ip daddr 10.1.0.2 tcp sport 80 meta length \> 1400
    record path/mtu-loss-repaired s eth0 tcp
    inside c curl -s -m 8 -o /dev/null http://10.2.0.2/page
    recorded path/mtu-loss-repaired
    expectation path/mtu-loss-repaired <<'END'
# The first five full-size segments of an answer are lost; they come through when they are repeated.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88, nftables drops five packets)
# look-alike: path.mtu_blackhole "loss repaired by a retransmission"
END
}

transfer_stops() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv send:6000 sleep:0.5 send:20000 sleep:4
    record path/mtu-transfer-stops s eth0 tcp
    after 1.5 firewall meta l4proto tcp drop
    talk c connect 10.2.0.2 8888 sleep:1 get sleep:4 || true
    recorded path/mtu-transfer-stops
    expectation path/mtu-transfer-stops <<'END'
# The path breaks during a transfer whose first part of full-size segments has arrived.
# origin: lab/mtu.sh (talk.py, nftables drop)
# look-alike: path.mtu_blackhole "a transfer that stops after full-size packets have passed"
END
}

blind() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record path/mtu-blind-direction s eth0 tcp and src host 10.2.0.2
    inside c curl -s -o /dev/null http://10.2.0.2/page
    small_mtu c 1400
    no_errors r output
    inside c curl -s -m 3 -o /dev/null http://10.2.0.2/page || true
    recorded path/mtu-blind-direction
    expectation path/mtu-blind-direction <<'END'
# Only what the server sends is captured: that nobody acknowledges can't be told.
# origin: lab/mtu.sh (nginx 1.22, curl 7.88, tcpdump with a source filter, nftables drop of ICMP)
# look-alike: path.mtu_blackhole "blind direction"
END
}

SCENARIOS=(download upload hello probing error_ignored discovery_works offload loss transfer_stops blind)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
