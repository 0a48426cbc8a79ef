#!/usr/bin/env bash
# Addresses of one local network that two hosts have, or none (link.address_conflict, link.arp_unanswered), and what only looks so. Takes
# about 50 s.

. "$(dirname "$0")/lib.sh"

# lan HOST=ADDRESS[@MAC]...: hosts at one bridge, which is in the namespace r. A host's interface is eth0, the bridge's port has its name.
lan() {
    local spec host address
    new_host r
    inside r sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    inside r ip link add br0 type bridge mcast_snooping 0
    inside r ip link set br0 up
    for spec in "$@"; do
        host=${spec%%=*}
        new_host "$host"
        port "$host" eth0 "$host" "$(sed -n 's/.*@//p' <<<"$spec")"
        address=${spec#*=}
        case $address in
            *:*) ;;
            *) inside "$host" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1 ;;
        esac
        inside "$host" ip addr add "${address%@*}" dev eth0
    done
}

# port HOST INTERFACE PORT [MAC]: one more interface at the bridge
port() {
    ip -n "$PREFIX-r" link add dev "$3" type veth peer name "$2" netns "$PREFIX-$1"
    plain_packets "$1" "$2"
    [ -z "$4" ] || inside "$1" ip link set dev "$2" address "$4"
    inside r ip link set dev "$3" master br0 up
    inside "$1" ip link set dev "$2" up
}

# arp HOST SENDER TARGET: an ARP request from eth0 to all
arp() {
    inside "$1" "$PYTHON" -c "
import socket, sys
card = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
sender, target = map(socket.inet_aton, sys.argv[1:])
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(('eth0', 0x0806))
link.send(b'\xff' * 6 + card + bytes.fromhex('08060001080006040001') + card + sender + bytes(6) + target)" "$2" "$3"
}

probe() { arp "$1" 0.0.0.0 "$2"; }
announce() { arp "$1" "$2" "$2"; }

# sink HOST...: takes what knock sends
sink() {
    local host
    for host in "$@"; do
        background "$host" "$PYTHON" -c "
import socket
port = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
port.bind(('::', 9))
while True:
    port.recv(9)"
        wait_port "$host" 9 u
    done
}

# knock HOST ADDRESS COUNT: a small datagram each second, for which the kernel has to know the neighbour's MAC address
knock() {
    inside "$1" bash -c "for try in \$(seq $3); do echo >/dev/udp/$2/9; sleep 1; done" 2>/dev/null || true
}


link_conflict() {
    lan c=10.1.0.2/24 s=10.1.0.88/24 t=10.1.0.88/24
    serve s listen 8080 - recv 1 - send 5
    inside t nft add table inet lab
    inside t nft "add chain inet lab input { type filter hook input priority 0; }"
    inside t nft add rule inet lab input meta l4proto tcp reject with tcp reset
    record link/address-conflict c eth0
    for _ in 1 2; do
        inside c ip neigh flush dev eth0
        inside c timeout 2 bash -c 'exec 3<>/dev/tcp/10.1.0.88/8080; echo hello >&3' 2>/dev/null || true
    done
    recorded link/address-conflict
    expectation link/address-conflict <<'END'
# Two hosts of one network have the address 10.1.0.88, and both answer ARP. What becomes of a connection depends on whose answer the client
# has: one of them resets it.
# origin: lab/link.sh (three namespaces at a Linux bridge, nftables reject)
# shows: link.address_conflict
arp.opcode == 2 @2 => link.address_conflict
tcp.flags.reset == 1 => connect.refused
END
}

link_conflict_ipv6() {
    lan c=2001:db8:1::2/64 s=2001:db8:1::88/64 t=2001:db8:1::88/64
    sink s t
    record link/address-conflict-ipv6 c eth0
    knock c 2001:db8:1::88 2
    recorded link/address-conflict-ipv6
    expectation link/address-conflict-ipv6 <<'END'
# The same with IPv6: two neighbour advertisements for one solicitation.
# origin: lab/link.sh (three namespaces at a Linux bridge without duplicate address detection)
# shows: link.address_conflict
icmpv6.type == 136 && icmpv6.nd.na.target_address == 2001:db8:1::88 @2 => link.address_conflict
END
}

link_announced() {
    lan c=10.1.0.2/24 s=10.1.0.100/24 t=10.1.0.100/24
    record link/address-announced c eth0
    for _ in 1 2 3; do
        announce s 10.1.0.100
        sleep 1
        announce t 10.1.0.100
        sleep 1
    done
    recorded link/address-announced
    expectation link/address-announced <<'END'
# Both members of a pair hold the virtual address, and announce it again and again. Captured at a third host.
# origin: lab/link.sh (three namespaces at a Linux bridge, announcements from a raw socket)
# shows: link.address_conflict
arp @4 => link.address_conflict
END
}

# What a pair does whose second member takes over the address, and gives it back.
link_failover() {
    local from to
    lan c=10.1.0.2/24 s=10.1.0.100/24 t=10.1.0.11/24
    sink s t
    record link/address-failover c eth0
    knock c 10.1.0.100 2
    for pair in "s t" "t s"; do
        read -r from to <<<"$pair"
        inside "$from" ip addr del 10.1.0.100/24 dev eth0
        inside "$to" ip addr add 10.1.0.100/24 dev eth0
        announce "$to" 10.1.0.100
        knock c 10.1.0.100 2
        inside c ip neigh flush dev eth0
        knock c 10.1.0.100 2
    done
    recorded link/address-failover
    expectation link/address-failover <<'END'
# A virtual address moves to the other host of a pair, and back after some seconds; each time it is announced.
# origin: lab/link.sh (three namespaces at a Linux bridge, announcements from a raw socket)
# look-alike: link.address_conflict "a failover of VRRP or another pair"
END
}

# The kernel answers on each interface for all addresses of the host.
link_team() {
    lan c=10.1.0.2/24 s=10.1.0.88/24@00:1b:21:aa:00:10
    port s eth1 s1 00:1b:21:aa:00:11
    inside s sysctl -qw net.ipv6.conf.eth1.disable_ipv6=1
    sink s
    record link/address-team c eth0
    knock c 10.1.0.88 2
    inside c ip neigh flush dev eth0
    knock c 10.1.0.88 2
    recorded link/address-team
    expectation link/address-team <<'END'
# A server with a card of two ports, both in the same network: each answers for its address.
# origin: lab/link.sh (two namespaces at a Linux bridge)
# look-alike: link.address_conflict "team of network cards"
END
}

link_proxy() {
    lan c=10.1.0.2/16 s=10.1.0.88/16
    new_host x
    port x eth0 x ""
    inside x sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1 net.ipv4.ip_forward=1 net.ipv4.conf.eth0.proxy_arp=1 \
        net.ipv4.neigh.eth0.proxy_delay=0
    inside x ip addr add 10.1.0.1/16 dev eth0
    inside x ip link add far type veth peer name end
    inside x ip link set far arp off up
    sink s x
    inside x ip route add 10.1.0.64/26 dev far
    record link/proxy-arp c eth0
    for host in 1 101 102 103 88; do
        knock c "10.1.0.$host" 1
    done
    recorded link/proxy-arp
    expectation link/proxy-arp <<'END'
# A router answers ARP for all hosts of a branch, and for one that is in the same network as the client.
# origin: lab/link.sh (three namespaces at a Linux bridge, proxy_arp)
# look-alike: link.address_conflict "proxy ARP"
END
}

link_unanswered() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    record link/arp-unanswered r any
    inside c timeout 8 bash -c 'exec 3<>/dev/tcp/10.2.0.88/8080' 2>/dev/null &
    sleep 0.2
    inside c timeout 8 bash -c 'exec 3<>/dev/tcp/10.2.0.88/8081' 2>/dev/null || true
    recorded link/arp-unanswered
    expectation link/arp-unanswered <<'END'
# A back end that is listed and switched off: SYNs arrive at the last router, which asks for it in vain. Captured on all its interfaces.
# origin: lab/link.sh (Linux router)
# shows: link.arp_unanswered
icmp.type == 3 => connect.unreachable
arp.dst.proto_ipv4 == 10.2.0.88 @5 => link.arp_unanswered
END
}

link_unanswered_ipv6() {
    lan c=2001:db8:1::2/64 s=2001:db8:1::88/64
    sink s
    record link/arp-unanswered-ipv6 c eth0
    knock c 2001:db8:1::88 1
    knock c 2001:db8:1::99 7
    recorded link/arp-unanswered-ipv6
    expectation link/arp-unanswered-ipv6 <<'END'
# A host asks for a neighbour that is not there, with IPv6. Captured at this host: nothing else tells that somebody needs it, so it is a
# warning.
# origin: lab/link.sh (namespaces at a Linux bridge)
# shows: link.arp_unanswered
icmpv6.type == 135 && icmpv6.nd.ns.target_address == 2001:db8:1::99 @5 => link.arp_unanswered
END
}

link_scan() {
    lan c=10.1.0.2/24 s=10.1.0.88/24
    record link/arp-scan c eth0
    for host in $(seq 101 112); do
        knock c "10.1.0.$host" 5 &
    done
    sleep 6
    recorded link/arp-scan
    expectation link/arp-scan <<'END'
# A host looks for twelve others, and asks for each again and again.
# origin: lab/link.sh (two namespaces at a Linux bridge)
# look-alike: link.arp_unanswered "scans"
END
}

link_quiet() {
    lan c=10.1.0.2/24 s=10.1.0.88/24 t=10.1.0.89/24
    sink s
    record link/arp-of-others t eth0
    for _ in 1 2 3 4 5 6; do
        probe s 10.1.0.90
        announce s 10.1.0.88
        inside c ip neigh flush dev eth0
        knock c 10.1.0.88 1
        sleep 3
    done
    recorded link/arp-of-others
    expectation link/arp-of-others <<'END'
# Captured at a third host: questions that are answered, of which only the question goes to all; probes for a free address;
# announcements.
# origin: lab/link.sh (three namespaces at a Linux bridge, probes and announcements from a raw socket)
# look-alike: link.arp_unanswered "questions that are answered where the capture does not see it"
# look-alike: link.arp_unanswered "probes"
# look-alike: link.arp_unanswered "announcements"
# look-alike: link.address_conflict "probes and announcements"
END
}

SCENARIOS=(link_conflict link_conflict_ipv6 link_announced link_failover link_team link_proxy link_unanswered link_unanswered_ipv6 link_scan link_quiet)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
