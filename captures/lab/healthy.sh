#!/usr/bin/env bash
# Healthy traffic on many stacks, links and tunnels: nothing here may be reported. Takes about 15 s. (The healthy waits of a
# minute are in idle.sh.)

. "$(dirname "$0")/lib.sh"

browse() {
    local base=$1
    inside c curl -sk -o /dev/null "$base/hello" -o /dev/null "$base/hello?2" -o /dev/null "$base/missing" \
        -o /dev/null "$base/hello?3"
    inside c curl -sk -o /dev/null "$base/hello"
}

browsing() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s "keepalive_timeout 75s;"
    record healthy/http-browsing c eth0
    browse http://10.2.0.2
    browse 'http://[2001:db8:2::2]'
    recorded healthy/http-browsing
    record healthy/https-browsing c eth0 -s 200
    browse https://10.2.0.2
    browse 'https://[2001:db8:2::2]'
    inside c curl -sk --tls-max 1.2 -o /dev/null https://10.2.0.2/hello
    recorded healthy/https-browsing
    expectation healthy/http-browsing <<'END'
# Plain HTTP with keep-alive over IPv4 and IPv6, captured at the client.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88)
# look-alike: all "plain HTTP browsing with keep-alive"
END
    expectation healthy/https-browsing <<'END'
# HTTPS over IPv4 and IPv6, TLS 1.3 and 1.2 (HTTP/1.1), with a snap length of 200 bytes.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88)
# look-alike: all "TLS sessions closed by the client right after use"
END
}

lossy_download() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 75s;"
    # Every 60th full packet is lost, behind the place of the capture for the data: about 1 %.
    slow_path 0.01 60 s
    record healthy/download-1-percent-loss c eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/download
    recorded healthy/download-1-percent-loss
    record healthy/download-1-percent-loss-server s eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/download
    recorded healthy/download-1-percent-loss-server
    expectation healthy/download-1-percent-loss <<'END'
# A download of 150 kB on a path of 20 ms that loses about 1 % of the full packets; captured at the client, 96 bytes each.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# look-alike: all "a little loss, repaired"
# look-alike: mirror.gap "packets lost by the network, which are sent again"
END
    expectation healthy/download-1-percent-loss-server <<'END'
# The same, captured at the server, which sends the retransmissions.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# look-alike: all "a little loss, repaired"
END
}

one_direction() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s "keepalive_timeout 75s;"
    record healthy/client-direction-only c eth0 'src host 10.1.0.2 or src host 2001:db8:1::2'
    record healthy/server-direction-only c eth0 'src host 10.2.0.2 or src host 2001:db8:2::2'
    browse http://10.2.0.2
    browse https://10.2.0.2
    browse 'http://[2001:db8:2::2]'
    talk c connect 10.2.0.2 80 get recv sleep:2 rst
    recorded healthy/client-direction-only
    recorded healthy/server-direction-only
    expectation healthy/client-direction-only <<'END'
# Asymmetric routing: only the packets of the client, HTTP and HTTPS, IPv4 and IPv6; one client ends with RST.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, tcpdump with a source filter)
# look-alike: all "one direction only"
END
    expectation healthy/server-direction-only <<'END'
# Asymmetric routing: only the packets of the server, HTTP and HTTPS, IPv4 and IPv6.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, tcpdump with a source filter)
# look-alike: all "one direction only"
END
}

seen_twice() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 75s;"
    record healthy/router-any-sll2 r any -y LINUX_SLL2
    record healthy/router-any-sll r any -y LINUX_SLL
    record healthy/span-at-client c eth0
    record healthy/span-at-server s eth0
    browse http://10.2.0.2
    talk c --tls12 connect 10.2.0.2 443 get recv notify fin eof close
    recorded healthy/router-any-sll2
    recorded healthy/router-any-sll
    recorded healthy/span-at-client
    recorded healthy/span-at-server
    mergecap -w "$OUT/healthy/span-of-both-ends.pcapng" "$OUT"/healthy/span-at-{client,server}.pcapng
    rm "$OUT"/healthy/span-at-{client,server}.pcapng
    expectation healthy/router-any-sll2 <<'END'
# Captured on all interfaces of a router (Linux cooked capture v2): each packet twice, the second with a lower TTL.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, tcpdump -i any)
# look-alike: all "-i any duplicates"
END
    expectation healthy/router-any-sll <<'END'
# The same, Linux cooked capture v1.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, tcpdump -i any -y LINUX_SLL)
# look-alike: all "-i any duplicates"
# look-alike: mirror.duplicate "seen twice at a router, outside of any mirror"
END
    expectation healthy/span-of-both-ends <<'END'
# Both ends of a routed path in one capture (two interfaces of one pcapng file): each packet twice, with different TTL and MAC.
# origin: lab/healthy.sh (nginx 1.22, curl 7.88, two captures joined by mergecap)
# look-alike: all "SPAN of both ends"
END
}

resolver_and_loopback() {
    network c=192.168.0.100/24 s=192.168.9.53/24
    resolver_on s \
        --cname=wiki.example.cn,ingress.example.cn --host-record=ingress.example.cn,192.168.9.53,fd00::53 \
        --host-record=host1.example.cn,192.168.9.53
    serve s listen 80 loop:100
    sleep 0.5
    record healthy/dns-cname-to-private c eth0
    inside c "$PYTHON" "$LAB/lookup.py" 192.168.9.53 wiki.example.cn A 80 1 3
    inside c "$PYTHON" "$LAB/lookup.py" 192.168.9.53 host1.example.cn A 80 1 3
    recorded healthy/dns-cname-to-private
    serve c listen 8080 loop:100
    record healthy/loopback-linux c lo
    talk c connect 127.0.0.1 8080 get recv get recv close
    talk c connect ::1 8080 get recv close
    recorded healthy/loopback-linux
    mirrored healthy/loopback-null healthy/loopback-linux --as null --at 127.0.0.1
    expectation healthy/dns-cname-to-private <<'END'
# Two names at a local resolver, one through a CNAME, both private addresses that work.
# origin: lab/healthy.sh (dnsmasq 2.90, python client and server)
# look-alike: all "DNS with CNAME to private addresses"
END
    expectation healthy/loopback-linux <<'END'
# Connections to 127.0.0.1 and ::1, captured on lo (Ethernet with zero addresses).
# origin: lab/healthy.sh (python server and client)
# look-alike: all "loopback"
END
    expectation healthy/loopback-null <<'END'
# The same connections with the null link type, as BSD and macOS capture their loopback.
# origin: lab/healthy.sh (the packets of loopback-linux; link type by lab/mirror.py)
# look-alike: all "loopback"
END
}

overlay() {
    # Two hosts, each with a VXLAN device of the kernel; the clients' network 172.16.0.0/24 lies inside.
    network c=10.1.0.2/24 s=10.2.0.2/24
    ip -n "$PREFIX-c" link add vx0 type vxlan id 42 local 10.1.0.2 remote 10.2.0.2 dstport 4789
    ip -n "$PREFIX-s" link add vx0 type vxlan id 42 local 10.2.0.2 remote 10.1.0.2 dstport 4789
    inside c sysctl -qw net.ipv6.conf.vx0.disable_ipv6=1
    inside s sysctl -qw net.ipv6.conf.vx0.disable_ipv6=1
    ip -n "$PREFIX-c" addr add 172.16.0.1/24 dev vx0
    ip -n "$PREFIX-s" addr add 172.16.0.2/24 dev vx0
    ip -n "$PREFIX-c" link set vx0 up
    ip -n "$PREFIX-s" link set vx0 up
    plain_packets c vx0
    plain_packets s vx0
    nginx_on s "keepalive_timeout 75s;"
    record healthy/overlay-vxlan-kernel r c
    record healthy/overlay-vxlan-kernel-any c any
    browse http://172.16.0.2
    inside c curl -sk -o /dev/null https://172.16.0.2/hello
    recorded healthy/overlay-vxlan-kernel
    recorded healthy/overlay-vxlan-kernel-any
    expectation healthy/overlay-vxlan-kernel <<'END'
# A healthy overlay between two VXLAN tunnel ends of the Linux kernel, captured between them: one outer direction each way.
# origin: lab/healthy.sh (kernel vxlan device, nginx 1.22, curl 7.88)
# look-alike: mirror.one_way "overlay between two VTEPs, both outer directions"
# look-alike: all "healthy overlay"
END
    expectation healthy/overlay-vxlan-kernel-any <<'END'
# The same overlay captured on all interfaces of one tunnel end: each packet once inside the tunnel and once outside it.
# origin: lab/healthy.sh (kernel vxlan device, nginx 1.22, curl 7.88)
# look-alike: all "tunnel entry seen on both sides"
END
}

lvs_tun() {
    # Director and real server share the VIP 10.3.0.100; the director forwards by IPIP, the real server answers the client itself.
    network c=10.1.0.2/24 director=10.3.0.2/24 s=10.2.0.2/24
    start_tunnel director tun0 ipip 10.3.0.2 10.2.0.2
    start_tunnel s tun0 ipip 10.2.0.2 10.3.0.2
    inside r ip route add 10.9.9.9/32 via 10.3.0.2
    inside director sysctl -qw net.ipv4.ip_forward=1
    inside director ip route add 10.9.9.9/32 dev tun0
    inside s ip addr add 10.9.9.9/32 dev lo
    nginx_on s "keepalive_timeout 75s;"
    record healthy/lvs-tun-real-server s eth0
    record healthy/lvs-tun-director director eth0
    record healthy/lvs-tun-real-server-tun s tun0
    browse http://10.9.9.9
    recorded healthy/lvs-tun-real-server
    recorded healthy/lvs-tun-director
    recorded healthy/lvs-tun-real-server-tun
    expectation healthy/lvs-tun-real-server <<'END'
# LVS in tunnel mode, seen at the real server: requests arrive in IPIP, answers leave from the VIP outside the tunnel.
# origin: lab/healthy.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# look-alike: all "LVS-TUN, the answer outside the tunnel"
END
    expectation healthy/lvs-tun-director <<'END'
# LVS in tunnel mode, seen at the director: each request plain and in IPIP, no answer at all.
# origin: lab/healthy.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# look-alike: all "LVS-TUN, one direction only"
END
    expectation healthy/lvs-tun-real-server-tun <<'END'
# LVS in tunnel mode, seen on the tunnel device of the real server (raw IP link type): requests only.
# origin: lab/healthy.sh (lab/tunnel.py as IPIP device, nginx 1.22, curl 7.88)
# look-alike: all "raw IP, one direction only"
END
}

point_to_point() {
    local kind=$1
    network c=10.1.0.2/24 s=10.2.0.2/24
    start_tunnel c tun0 "$kind" 10.1.0.2 10.2.0.2 7
    start_tunnel s tun0 "$kind" 10.2.0.2 10.1.0.2 7
    ip -n "$PREFIX-c" addr add 172.16.0.1/30 dev tun0
    ip -n "$PREFIX-s" addr add 172.16.0.2/30 dev tun0
    ip -n "$PREFIX-c" addr add 2001:db8:16::1/64 dev tun0 nodad
    ip -n "$PREFIX-s" addr add 2001:db8:16::2/64 dev tun0 nodad
    nginx_on s "keepalive_timeout 75s;"
    record "healthy/tunnel-$kind" r c
    [ "$kind" != gre ] || record healthy/raw-ip-on-tun c tun0
    if [ "$kind" = 6in4 ]; then
        browse 'http://[2001:db8:16::2]'
    else
        browse http://172.16.0.2
        [ "$kind" = ipip ] || browse 'http://[2001:db8:16::2]'
    fi
    recorded "healthy/tunnel-$kind"
    expectation "healthy/tunnel-$kind" <<END
# HTTP through a $kind tunnel between two hosts, captured between them.
# origin: lab/healthy.sh (lab/tunnel.py as tunnel device, nginx 1.22, curl 7.88)
# look-alike: all "$kind tunnel"
END
    [ "$kind" = gre ] || return 0
    recorded healthy/raw-ip-on-tun
    expectation healthy/raw-ip-on-tun <<'END'
# The same traffic as in tunnel-gre, captured on the tunnel device (raw IP link type), IPv4 and IPv6.
# origin: lab/healthy.sh (TUN device, nginx 1.22, curl 7.88)
# look-alike: all "raw IP"
END
}

tunnel_ipip() {
    point_to_point ipip
}

tunnel_6in4() {
    point_to_point 6in4
}

tunnel_gre() {
    point_to_point gre
}

tunnel_gre_key() {
    point_to_point gre-key
}

links_and_mirrors() {
    network c=192.168.0.161/24,2001:db8:1::2/64 s=192.168.1.230/24,2001:db8:2::2/64
    nginx_on s "keepalive_timeout 75s;"
    record source s eth0 ip or ip6
    talk c connect 192.168.1.230 80 get recv get:/page recv close
    talk c --tls13 connect 192.168.1.230 443 get recv notify fin eof close
    inside c curl -s -o /dev/null 'http://[2001:db8:2::2]/hello'
    stop_recording source
    local both="origin: lab/healthy.sh (nginx 1.22, python client, curl 7.88; headers by lab/mirror.py)"
    local at="--at 192.168.1.230" kind
    for kind in vxlan geneve gretap gretap-key erspan1 erspan2 erspan3; do
        # shellcheck disable=SC2086
        mirrored "healthy/mirror-$kind" source --as "$kind" $at --id 301
        expectation "healthy/mirror-$kind" <<END
# A healthy server, both directions in one mirror session as $kind delivers it.
# $both
# look-alike: all "$kind, both directions in one session"
END
    done
    # shellcheck disable=SC2086
    {
        mirrored healthy/geneve-gateway-load-balancer source --as geneve $at --id 0 --ip-inside --vteps 10.9.0.1,10.9.0.2
        mirrored healthy/vlan-one-tag-each-way source --as vlan $at --id 10 --id2 20
        mirrored healthy/vlan-qinq source --as qinq $at --id 100 --id2 7
        mirrored healthy/sll2-one-interface source --as sll2 $at
        mirrored healthy/vxlan-inner-fragments source --as vxlan $at --id 11 --fragment 576
        mirrored healthy/gre-inner-fragments source --as gre $at --vteps 10.9.0.1,10.9.0.2 --fragment 576
        mirrored healthy/ipip-inner-fragments source --as ipip $at --vteps 10.9.0.1,10.9.0.2 --fragment 576
    }
    expectation healthy/geneve-gateway-load-balancer <<END
# The traffic between a gateway load balancer and its appliance: GENEVE, IP inside without Ethernet, three options.
# $both
# look-alike: all "GENEVE"
END
    expectation healthy/vlan-one-tag-each-way <<END
# The two directions of the connections carry different VLAN tags (a trunk between router and switch).
# $both
# look-alike: all "VLAN"
END
    expectation healthy/vlan-qinq <<END
# The same connections behind two VLAN tags (802.1ad outside, 802.1Q inside).
# $both
# look-alike: all "QinQ"
END
    expectation healthy/sll2-one-interface <<END
# The same connections as Linux cooked capture v2.
# $both
# look-alike: all "SLL2"
END
    expectation healthy/vxlan-inner-fragments <<END
# Both directions in a VXLAN mirror session; larger inner IPv4 packets arrive as fragments.
# $both
# look-alike: all "IPv4 fragments inside tunnels"
END
    expectation healthy/gre-inner-fragments <<END
# The connections inside a keyless GRE tunnel; larger inner IPv4 packets are fragments.
# $both
# look-alike: all "IPv4 fragments inside tunnels"
END
    expectation healthy/ipip-inner-fragments <<END
# The connections inside IPIP (IPv6 inside 6in4); larger inner IPv4 packets are fragments.
# $both
# look-alike: all "IPv4 fragments inside tunnels"
END
}

SCENARIOS=(
    browsing lossy_download one_direction seen_twice resolver_and_loopback overlay lvs_tun tunnel_ipip tunnel_6in4
    tunnel_gre tunnel_gre_key links_and_mirrors
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
