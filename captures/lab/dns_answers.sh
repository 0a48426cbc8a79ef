#!/usr/bin/env bash
# DNS answers that contradict each other, fail, or don't come (dns.conflict, dns.failed, dns.unanswered, dns.twin_lost,
# dns.tcp_blocked), and
# their look-alikes. All names and addresses exist inside namespaces only. Takes about 40 s.

. "$(dirname "$0")/lib.sh"

# own_resolver_on HOST [options of dnsmasq]: what it does not know of its domains does not exist, unless it asks others
own_resolver_on() {
    local host=$1
    local -a own=(--local=/example.com/ --local=/example.cn/)
    shift
    [ "${*#*--server}" = "$*" ] || own=()
    resolver_on "$host" --local-ttl=600 "${own[@]}" "$@"
}

# resolv_conf LINE...: of the client c
resolv_conf() {
    mkdir -p "/etc/netns/$PREFIX-c"
    printf '%s\n' "$@" >"/etc/netns/$PREFIX-c/resolv.conf"
    trap 'rm -rf "/etc/netns/$PREFIX-c"; rmdir --ignore-fail-on-non-empty /etc/netns; cleanup' EXIT
}

look_up() {
    inside c getent ahosts "$1" >/dev/null || true
}

ask() {
    inside c dig "$@" >/dev/null || true
}

# inject NAME ANSWER... : see dns_inject.py; on the router, where the client's packets enter
inject() {
    local try
    background r "$PYTHON" "$LAB/dns_inject.py" c "$@"
    for try in $(seq 100); do
        grep -q sees "$WORK/r.log" && break
        sleep 0.1
    done
    [ "$try" -lt 100 ] || die "dns_inject.py did not start"
    sleep 0.2
}

# --- dns.conflict ------------------------------------------------------------------------------------------------------

conflict() {
    network c=10.1.0.2/24 s=223.5.5.5/24
    own_resolver_on s --host-record=www.example.com,93.184.216.34 --host-record=www.example.cn,47.104.79.200
    slow_path 0.2 0 s
    resolv_conf "nameserver 223.5.5.5"
    inject www.example.com 31.13.72.1 --ttl 51
    record dns/conflict-forged-address c eth0
    look_up www.example.cn
    look_up www.example.com
    look_up www.example.com
    recorded dns/conflict-forged-address
    expectation dns/conflict-forged-address <<'END'
# Somebody on the way answers for one name before the resolver does; the resolver's answer arrives later. Asked twice.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, lab/dns_inject.py as injector)
# shows: dns.conflict
dns.flags.response == 1 && dns.a == 93.184.216.34 => dns.conflict
END
    mirrored dns/conflict-mirror-cut dns/conflict-forged-address --as vxlan --at 10.1.0.2 --id 5 --cut 96
    expectation dns/conflict-mirror-cut <<'END'
# The same, mirrored in VXLAN and cut to 96 bytes.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, lab/dns_inject.py as injector), put into VXLAN by mirror.py
# shows: dns.conflict
dns.flags.response == 1 && dns.a == 93.184.216.34 => dns.conflict
END
}

conflict_ipv6() {
    network c=2001:db8:1::2/64 s=2400:3200::53/64
    own_resolver_on s --host-record=www.example.com,2606:2800:220:1::1
    slow_path 0.2 0 s
    inject www.example.com 2001::1f0d:4801 2001::5bd:1122 --ttl 64 --aa
    record dns/conflict-ipv6-router r c
    ask @2400:3200::53 www.example.com AAAA
    recorded dns/conflict-ipv6-router
    expectation dns/conflict-ipv6-router <<'END'
# Forged AAAA answers in 2001::/32, the first of them before the resolver's own. Captured at the router, on the client's side.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, lab/dns_inject.py as injector)
# shows: dns.conflict
dns.flags.response == 1 @2 => dns.conflict
END
}

conflict_nxdomain() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,93.184.216.34
    slow_path 0.2 0 s
    inject www.example.com rcode:3
    record dns/conflict-nxdomain c eth0
    ask @10.2.0.53 www.example.com
    recorded dns/conflict-nxdomain
    expectation dns/conflict-nxdomain <<'END'
# The forged answer says that the name does not exist; the resolver's answer comes after it.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, lab/dns_inject.py as injector)
# shows: dns.failed
# shows: dns.conflict
dns.flags.rcode == 3 => dns.failed
dns.flags.response == 1 && dns.a == 93.184.216.34 => dns.conflict
END
}

conflict_repeated() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=one.example.com,10.0.0.1 --host-record=many.example.com,10.0.0.1 \
        --host-record=many.example.com,10.0.0.2
    inject one.example.com again
    record dns/answer-sent-twice c eth0
    ask @10.2.0.53 one.example.com
    sleep 0.5
    recorded dns/answer-sent-twice
    expectation dns/answer-sent-twice <<'END'
# Something on the way sends each answer twice, in a packet of its own.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, lab/dns_inject.py)
# look-alike: dns.conflict "identical duplicates"
END
}

conflict_rotated() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=many.example.com,10.0.0.1 --host-record=many.example.com,10.0.0.2
    inject many.example.com again
    record dns/answer-in-another-order c eth0
    ask @10.2.0.53 many.example.com
    ask @10.2.0.53 many.example.com
    ask @10.2.0.53 many.example.com
    sleep 0.5
    recorded dns/answer-in-another-order
    expectation dns/answer-in-another-order <<'END'
# A name with two addresses, whose order changes with each answer; something on the way sends each answer twice, with the
# records turned round.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, lab/dns_inject.py)
# look-alike: dns.conflict "round robin order"
END
}

truncated() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    local text
    text=$(head -c 240 /dev/zero | tr '\0' t)
    own_resolver_on s --txt-record="big.example.com,$text,$text,$text"
    record dns/truncated-then-tcp c eth0
    ask @10.2.0.53 +noedns big.example.com TXT
    sleep 5.2
    ask @10.2.0.53 +noedns big.example.com TXT
    recorded dns/truncated-then-tcp
    expectation dns/truncated-then-tcp <<'END'
# An answer too large for UDP: it comes truncated, and the client asks again over TCP. Once more after 5 s.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18)
# look-alike: dns.conflict "truncated-then-TCP"
# look-alike: dns.unanswered "an answer with the truncation bit, then TCP"
# look-alike: dns.tcp_blocked "a TCP connection that is accepted"
END
}

two_resolvers() {
    network c=10.1.0.2/24 s=10.2.0.53/24 t=10.3.0.53/24
    own_resolver_on s --host-record=www.example.com,10.0.0.1
    own_resolver_on t --host-record=www.example.com,10.0.0.2
    own_resolver_on r --all-servers --server=10.2.0.53 --server=10.3.0.53 --cache-size=0
    slow_path 0.3 0 t
    record dns/forwarder-asks-both r any
    ask @10.1.0.1 www.example.com
    sleep 1
    ask @10.1.0.1 www.example.com
    sleep 5
    ask @10.1.0.1 www.example.com
    recorded dns/forwarder-asks-both
    expectation dns/forwarder-asks-both <<'END'
# A forwarder asks both of its resolvers at once and takes the first answer; the other comes 0.3 s later and is different.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18)
# look-alike: dns.conflict "two resolvers"
# look-alike: dns.unanswered "one query to two resolvers at once"
END
}

# A server that gives another address each time, as that of a content network does.
rotating_server() {
    cat >"$WORK/rotate.py" <<'PY'
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
for count in range(1000):
    query, client = server.recvfrom(512)
    if query[-4:] != b"\0\1\0\1":
        server.sendto(query[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + query[12:], client)
        continue
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4" + bytes([10, 0, 0, 1 + count])
    server.sendto(query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:] + answer, client)
PY
    background s "$PYTHON" "$WORK/rotate.py"
    sleep 0.5
}

rotating() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    rotating_server
    slow_path 1.3 0 s
    resolv_conf "nameserver 10.2.0.53" "options timeout:1 attempts:3"
    record dns/rotating-answers-to-a-retry c eth0
    inside c "$PYTHON" -c 'import socket; socket.getaddrinfo("www.example.com", 80, socket.AF_INET)'
    sleep 2
    recorded dns/rotating-answers-to-a-retry
    expectation dns/rotating-answers-to-a-retry <<'END'
# Answers take 1.3 s, so that the client sends its query again after 1 s; each is answered, with another address each time.
# origin: lab/dns_answers.sh (glibc 2.36; Python sends the DNS answers; lab/wire.py as slow path)
# look-alike: dns.unanswered "a query that is answered when it is sent again"
# look-alike: dns.conflict "a query sent again whose answers rotate"
END
}

same_port() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    rotating_server
    record dns/one-port-one-id c eth0
    inside c "$PYTHON" - <<'PY'
import socket, time
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.bind(("", 5300))
for kind in (1, 28, 1, 28):
    for name in (b"\3www", b"\4mail"):
        client.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0" + name + b"\7example\3com\0\0" + bytes([kind]) + b"\0\1", ("10.2.0.53", 53))
        client.recv(512)
        time.sleep(0.2)
PY
    recorded dns/one-port-one-id
    expectation dns/one-port-one-id <<'END'
# A client that asks everything from one port with one id, for two names and two types, again and again; each answer gives another
# address.
# origin: lab/dns_answers.sh (Python sends the DNS messages)
# look-alike: dns.conflict "another query from the same port with the same id"
END
}

servfail_first() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,93.184.216.34
    slow_path 0.2 0 s
    inject www.example.com rcode:2
    record dns/servfail-then-answer c eth0
    ask @10.2.0.53 www.example.com
    sleep 0.3
    recorded dns/servfail-then-answer
    expectation dns/servfail-then-answer <<'END'
# SERVFAIL comes first, the answer after it. The client has seen the failure only.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, lab/dns_inject.py)
# look-alike: dns.conflict "SERVFAIL, then an answer"
dns.flags.rcode == 2 => dns.failed
END
}

# --- dns.failed --------------------------------------------------------------------------------------------------------

nxdomain() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --local=/exmaple.com/ --host-record=mirror.example.com,10.2.0.53
    resolv_conf "nameserver 10.2.0.53"
    record dns/failed-nxdomain c eth0
    look_up mirror.example.com
    local round
    for round in 1 2 3; do
        inside c curl -s http://mirror.exmaple.com/repodata/repomd.xml || true
        sleep 0.5
    done
    recorded dns/failed-nxdomain
    expectation dns/failed-nxdomain <<END
# A misspelt repository: A and AAAA get NXDOMAIN, $round times.
# origin: lab/dns_answers.sh (dnsmasq 2.90, curl 7.88, glibc 2.36)
# shows: dns.failed
dns.flags.rcode == 3 => dns.failed
END
    mirrored dns/failed-nxdomain-mirror-cut dns/failed-nxdomain --as vxlan --at 10.1.0.2 --id 5 --cut 96
    expectation dns/failed-nxdomain-mirror-cut <<'END'
# The same, mirrored in VXLAN and cut to 96 bytes.
# origin: lab/dns_answers.sh (dnsmasq 2.90, curl 7.88, glibc 2.36), put into VXLAN by mirror.py
# shows: dns.failed
dns.flags.rcode == 3 => dns.failed
END
}

refused_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::53/64
    own_resolver_on s --host-record=mirror.example.com,2001:db8:2::53
    resolv_conf "nameserver 2001:db8:2::53"
    record dns/failed-refused-ipv6-router-any r any
    look_up mirror.example.com
    look_up www.example.net
    look_up www.example.net
    recorded dns/failed-refused-ipv6-router-any
    expectation dns/failed-refused-ipv6-router-any <<'END'
# A server that knows its own names only and has no other to ask: REFUSED. Captured on all interfaces of the router.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36)
# shows: dns.failed
dns.flags.rcode == 5 => dns.failed
END
}

servfail() {
    network c=10.1.0.2/24 s=10.2.0.53/24 u=10.3.0.53/24
    # The upstream server validates nothing and answers SERVFAIL, as for a broken signature.
    cat >"$WORK/servfail.py" <<'PY'
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
while True:
    query, client = server.recvfrom(512)
    server.sendto(query[:2] + b"\x81\x82\0\1\0\0\0\0\0\0" + query[12:], client)
PY
    background u "$PYTHON" "$WORK/servfail.py"
    sleep 0.5
    own_resolver_on s --server=10.3.0.53
    resolv_conf "nameserver 10.2.0.53"
    record dns/failed-servfail s eth0
    look_up repo.example.net
    look_up repo.example.net
    recorded dns/failed-servfail
    expectation dns/failed-servfail <<'END'
# The server that a forwarder asks answers SERVFAIL, and so does the forwarder. Captured at the forwarder: it is a client too.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36; Python sends the SERVFAIL)
# shows: dns.failed
dns.flags.rcode == 2 && ip.src == 10.3.0.53 => dns.failed
dns.flags.rcode == 2 && ip.src == 10.2.0.53 => dns.failed
END
}

search_list() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=db.prod.example.cn,10.2.0.5 --host-record=cache.prod.example.cn,10.2.0.6
    resolv_conf "nameserver 10.2.0.53" "search test.example.cn prod.example.cn"
    record dns/search-list c eth0
    look_up db
    sleep 1.5
    look_up cache
    sleep 5
    look_up db
    recorded dns/search-list
    expectation dns/search-list <<'END'
# A search list of two domains: the short names exist in the second one only. One note, on the first NXDOMAIN, is right.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36)
# look-alike: dns.failed "a search-list NXDOMAIN that the next name resolves: note"
dns.flags.rcode == 3 => dns.failed
END
}

reverse() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --local=/10.in-addr.arpa/
    record dns/reverse-lookups c eth0
    ask @10.2.0.53 -x 10.1.0.7
    ask @10.2.0.53 -x 10.1.0.8
    ask @10.2.0.53 -x 8.8.8.8
    ask @10.2.0.53 -x 2001:db8::1
    recorded dns/reverse-lookups
    expectation dns/reverse-lookups <<'END'
# Reverse lookups of addresses without a name: NXDOMAIN and REFUSED.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18)
# look-alike: dns.failed "reverse lookups"
END
}

blacklists() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --local=/example.org/ --host-record=2.0.0.127.zen.example.org,127.0.0.2
    record dns/blacklist-lookups c eth0
    ask @10.2.0.53 2.0.0.127.zen.example.org
    ask @10.2.0.53 17.113.0.203.zen.example.org
    ask @10.2.0.53 17.113.0.203.list.example.org TXT
    ask @10.2.0.53 mail.example.com.dbl.example.org
    recorded dns/blacklist-lookups
    expectation dns/blacklist-lookups <<'END'
# A mail server asks blacklists: what is not listed does not exist.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18)
# look-alike: dns.failed "lookups in blacklists (DNSBL)"
END
}

probes() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s "--address=/#/"
    resolv_conf "nameserver 10.2.0.53"
    record dns/probes-for-names c eth0
    local name
    for name in qzkhdwpfx vbnqwlkjae xcvtrnmlkpqow wpad printer.local _ldap._tcp.example.com use-application-dns.net; do
        look_up "$name"
    done
    ask @10.2.0.53 wpad.example.com
    ask @10.2.0.53 isatap.example.com
    ask @10.2.0.53 pc7.corp.example.com SOA
    recorded dns/probes-for-names
    expectation dns/probes-for-names <<'END'
# Names that clients probe for: three random ones as a browser makes them up when it starts, proxy discovery, mDNS, services,
# the zone of a name.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36 in place of the browser)
# look-alike: dns.failed "names that a client probes for (wpad, isatap, a browser's random single labels, names of mDNS and of service discovery)"
# look-alike: dns.failed "queries for SOA in search of a zone"
END
}

nodata() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,10.2.0.80
    resolv_conf "nameserver 10.2.0.53"
    record dns/no-ipv6-address c eth0
    look_up www.example.com
    sleep 5.2
    look_up www.example.com
    recorded dns/no-ipv6-address
    expectation dns/no-ipv6-address <<'END'
# A and AAAA are asked for from one port; there is no AAAA record, and the answer says so.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36)
# look-alike: dns.failed "a name without records of this type (NODATA)"
# look-alike: dns.unanswered "A and AAAA from one port"
END
}

no_recursion() {
    network c=10.1.0.2/24 s=10.2.0.53/24 t=10.3.0.53/24
    own_resolver_on s
    firewall ip daddr 10.3.0.53 drop
    record dns/no-recursion-desired c eth0
    ask @10.2.0.53 +norecurse www.example.net
    ask @10.3.0.53 +norecurse +time=1 +tries=2 www.example.net
    recorded dns/no-recursion-desired
    expectation dns/no-recursion-desired <<'END'
# Queries as a resolver sends them on its way through the tree: the first server is not responsible, the second one is silent,
# and the capture ends.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, nftables drop)
# look-alike: dns.failed "queries of a resolver on its way through the tree (no recursion desired)"
# look-alike: dns.unanswered "queries of a resolver on its way through the tree (no recursion desired): note"
END
}

never_asked() {
    network c=10.1.0.2/24 s=10.2.0.53/24 x=10.3.0.66/24
    own_resolver_on s
    inside r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.x.rp_filter=0
    record dns/answers-never-asked-for c eth0
    inside x "$PYTHON" - <<'PY'
from scapy.all import DNS, DNSQR, IP, UDP, conf, send
conf.verb = 0
for number in range(5):
    send(IP(src="10.1.0.2", dst="10.2.0.53") / UDP(sport=40000 + number) / DNS(id=number, rd=1, qd=DNSQR(qname=f"a{number}.example.net")))
PY
    sleep 0.3
    recorded dns/answers-never-asked-for
    expectation dns/answers-never-asked-for <<'END'
# Somebody else asks with the address of this host; the answers (REFUSED) come here, where nobody asked.
# origin: lab/dns_answers.sh (dnsmasq 2.90; scapy forges the queries)
# look-alike: dns.failed "answers to queries that nobody sent"
END
}

# --- dns.unanswered ----------------------------------------------------------------------------------------------------

unanswered() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    firewall udp dport 53 drop
    record dns/unanswered-dig c eth0
    ask @10.2.0.53 +time=5 +tries=3 www.example.com
    recorded dns/unanswered-dig
    expectation dns/unanswered-dig <<'END'
# A firewall drops the queries; dig asks three times, from a port each.
# origin: lab/dns_answers.sh (dig 9.18, nftables drop)
# shows: dns.unanswered
dns.flags.response == 0 @3 => dns.unanswered
END
    mirrored dns/unanswered-mirror-cut dns/unanswered-dig --as vxlan --at 10.1.0.2 --id 5 --cut 96
    expectation dns/unanswered-mirror-cut <<'END'
# The same, mirrored in VXLAN and cut to 96 bytes. The mirror has shown one direction only, so the finding is "possible".
# origin: lab/dns_answers.sh (dig 9.18, nftables drop), put into VXLAN by mirror.py
# shows: dns.unanswered
udp @1 => mirror.truncated
dns.flags.response == 0 @3 => dns.unanswered
END
}

second_resolver() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.53/24,2001:db8:2::53/64 t=10.3.0.53/24
    own_resolver_on t --host-record=www.example.com,10.0.0.1 --host-record=mail.example.com,10.0.0.2
    firewall ip6 daddr 2001:db8:2::53 drop
    resolv_conf "nameserver 2001:db8:2::53" "nameserver 10.3.0.53"
    record dns/unanswered-first-of-two-router-any r any
    look_up www.example.com
    look_up mail.example.com
    recorded dns/unanswered-first-of-two-router-any
    expectation dns/unanswered-first-of-two-router-any <<'END'
# The first of two resolvers (IPv6) is silent; after 5 s the client asks the second. Two names. Captured on all interfaces of the
# router.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, nftables drop)
# shows: dns.unanswered
dns.flags.response == 0 && ip.dst == 10.3.0.53 => dns.unanswered
END
}

never_again() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    nginx_on s ""
    own_resolver_on s --host-record=www.example.com,10.2.0.53
    record dns/unanswered-asked-once c eth0
    ask @10.2.0.53 www.example.com
    firewall udp dport 53 drop
    ask @10.2.0.53 +time=1 +tries=1 mail.example.com
    sleep 4.2
    inside c curl -s -o /dev/null http://10.2.0.53/hello
    recorded dns/unanswered-asked-once
    expectation dns/unanswered-asked-once <<'END'
# One query is answered, the next is not and is not sent again; 5.2 s later the client opens a connection.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, nginx 1.22, curl 7.88, nftables drop)
# shows: dns.unanswered
tcp.flags.syn == 1 => dns.unanswered
END
}

slow() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,10.0.0.1
    slow_path 1.6 0 s
    resolv_conf "nameserver 10.2.0.53"
    record dns/slow-answer c eth0
    look_up www.example.com
    recorded dns/slow-answer
    expectation dns/slow-answer <<'END'
# Answers take 1.6 s; the client waits for 5 s. One note is right.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, lab/wire.py as slow path)
# look-alike: dns.unanswered "slow answers: note with the time"
dns.flags.response == 1 => dns.unanswered
END
}

blind() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    nginx_on s ""
    own_resolver_on s --host-record=www.example.com,10.2.0.53
    resolv_conf "nameserver 10.2.0.53" "options timeout:1"
    record dns/blind-direction c eth0 src host 10.1.0.2
    local round
    for round in 1 2 3; do
        inside c curl -s -o /dev/null http://www.example.com/hello
    done
    lose_first 2 udp sport 53
    inside c curl -s -o /dev/null http://www.example.com/hello
    sleep 5
    inside c curl -s -o /dev/null http://www.example.com/hello
    recorded dns/blind-direction
    expectation dns/blind-direction <<END
# Only what the client sends is captured: no query is ever answered in it. Once, after $round visits, the answers are lost behind
# the place of the capture, and the queries are sent again.
# origin: lab/dns_answers.sh (dnsmasq 2.90, nginx 1.22, curl 7.88, tcpdump with a source filter, nftables drops two packets)
# look-alike: dns.unanswered "blind direction"
END
}

end_of_capture() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,10.0.0.1
    record dns/capture-ends-after-a-query c eth0
    ask @10.2.0.53 www.example.com
    firewall udp dport 53 drop
    background c dig @10.2.0.53 mail.example.com
    sleep 3
    recorded dns/capture-ends-after-a-query
    expectation dns/capture-ends-after-a-query <<'END'
# The capture ends 3 s after a query that has no answer so far.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, nftables drop)
# look-alike: dns.unanswered "end of capture"
END
}

port_unreachable() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    resolv_conf "nameserver 10.2.0.53"
    record dns/icmp-port-unreachable c eth0
    look_up www.example.com
    sleep 5.2
    look_up www.example.com
    recorded dns/icmp-port-unreachable
    expectation dns/icmp-port-unreachable <<'END'
# Nothing serves DNS at the resolver's address, and its host says so by ICMP.
# origin: lab/dns_answers.sh (glibc 2.36, Linux)
# look-alike: dns.unanswered "ICMP answer (other case)"
icmp @1 => connect.unreachable
END
}

two_programs() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,10.0.0.1
    slow_path 0.8 0 s
    record dns/two-programs-ask-the-same c eth0
    background c dig @10.2.0.53 www.example.com
    sleep 0.7
    ask @10.2.0.53 www.example.com
    recorded dns/two-programs-ask-the-same
    expectation dns/two-programs-ask-the-same <<'END'
# Two programs ask for the same name 0.7 s apart; answers take 0.8 s, so the second asks before the first has its answer.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, lab/wire.py as slow path)
# look-alike: dns.unanswered "the same name asked for by two programs"
END
}

multicast() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    nginx_on s ""
    record dns/multicast-dns c eth0 not igmp
    inside c "$PYTHON" - <<'PY'
import socket, time
query = b"\0\0\0\0\0\1\0\0\0\0\0\0\7printer\5local\0\0\1\0\1"
mdns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mdns.bind(("", 5353))
llmnr = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(3):
    mdns.sendto(query, ("224.0.0.251", 5353))
    llmnr.sendto(b"\0\7" + query[2:20] + b"\0\0\1\0\1", ("224.0.0.252", 5355))
    time.sleep(1)
PY
    sleep 3
    inside c curl -s -o /dev/null http://10.2.0.53/hello
    recorded dns/multicast-dns
    expectation dns/multicast-dns <<'END'
# A name is asked for by multicast DNS and LLMNR, three times; nobody has it.
# origin: lab/dns_answers.sh (Python sends the messages; nginx 1.22, curl 7.88)
# look-alike: dns.unanswered "multicast DNS and LLMNR"
END
}

# --- dns.twin_lost -----------------------------------------------------------------------------------------------------

# www.example.com has 17 bytes in a query: its type stands behind the UDP and DNS headers and these.
AAAA='udp dport 53 @th,296,16 28'

twin_lost() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,10.2.0.80
    # shellcheck disable=SC2086
    lose_first 1 $AAAA
    resolv_conf "nameserver 10.2.0.53"
    record dns/twin-lost c eth0 udp
    look_up www.example.com
    recorded dns/twin-lost
    expectation dns/twin-lost <<'END'
# A and AAAA leave at once from one port, and the second is dropped on the way, as connection tracking does. The client waits for 5 s and
# then asks for one after the other.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, nftables drops one packet)
# shows: dns.twin_lost
# look-alike: dns.unanswered "one of A and AAAA is lost (other case)"
dns.flags.response == 1 && dns.qry.type == 28 => dns.twin_lost
END
}

twin_never_answered() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=2001:db8:2::53/64
    own_resolver_on s --host-record=www.example.com,10.2.0.80 --host-record=mail.example.com,10.2.0.81
    # shellcheck disable=SC2086
    firewall $AAAA drop
    resolv_conf "nameserver 2001:db8:2::53"
    record dns/twin-never-answered-ipv6-router-any r any udp
    look_up www.example.com
    ask @2001:db8:2::53 mail.example.com
    recorded dns/twin-never-answered-ipv6-router-any
    expectation dns/twin-never-answered-ipv6-router-any <<'END'
# Something before the resolver drops AAAA queries. The client asks three times, then for another name. Over IPv6, captured on all interfaces of
# the router.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, dig 9.18, nftables drop)
# shows: dns.twin_lost
dns.qry.type == 28 @3 => dns.twin_lost
END
}

both_lost() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.53/24
    own_resolver_on s --host-record=www.example.com,10.2.0.80
    lose_first 2 udp dport 53
    resolv_conf "nameserver 10.2.0.53"
    record dns/twins-both-lost c eth0 udp
    look_up www.example.com
    recorded dns/twins-both-lost
    expectation dns/twins-both-lost <<'END'
# A and AAAA are both lost; after 5 s the client asks again, and both are answered.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, nftables drops two packets)
# look-alike: dns.twin_lost "loss that hits both"
END
}

slow_twin() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.53/24 t=10.3.0.53/24
    own_resolver_on t --host-record=www.example.com,2001:db8:2::80
    own_resolver_on s --address=/www.example.com/10.2.0.80 --server=10.3.0.53
    slow_path 5.8 0 t
    resolv_conf "nameserver 10.2.0.53"
    record dns/slow-twin c eth0 udp
    look_up www.example.com
    sleep 6
    recorded dns/slow-twin
    expectation dns/slow-twin <<'END'
# The resolver has A at once, but has to ask a server far away for AAAA: that takes 5.8 s, and the client has asked again by then.
# origin: lab/dns_answers.sh (dnsmasq 2.90, glibc 2.36, lab/wire.py as slow path)
# look-alike: dns.twin_lost "slow AAAA"
dns.flags.response == 1 && dns.qry.type == 28 => dns.unanswered
END
}

# --- dns.tcp_blocked ---------------------------------------------------------------------------------------------------

# large_on HOST: a resolver that has a name whose answer is too large for UDP
large_on() {
    local -a records=()
    local number
    for number in $(seq 8); do
        records+=("--txt-record=txt.example.com,$(printf "$number%.0s" $(seq 200))")
    done
    own_resolver_on "$1" --edns-packet-max=1232 --host-record=www.example.com,10.2.0.80 "${records[@]}"
}

tcp_blocked() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    large_on s
    firewall tcp dport 53 drop
    record dns/tcp-blocked c eth0 ip
    ask @10.2.0.53 +time=8 +tries=1 txt.example.com TXT
    ask @10.2.0.53 +tries=1 www.example.com
    recorded dns/tcp-blocked
    expectation dns/tcp-blocked <<'END'
# The answer is too large for UDP, and a firewall drops TCP port 53. Small answers work.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, nftables drop)
# shows: dns.tcp_blocked
tcp.flags.syn == 1 @3+2 => connect.unanswered
tcp.flags.syn == 1 @3+2 => dns.tcp_blocked
END
}

tcp_refused() {
    network c=2001:db8:1::2/64 s=2001:db8:2::53/64
    large_on s
    firewall tcp dport 53 reject with tcp reset
    record dns/tcp-refused-ipv6-router-any r any 'udp or tcp'
    ask @2001:db8:2::53 +tries=1 txt.example.com TXT
    recorded dns/tcp-refused-ipv6-router-any
    expectation dns/tcp-refused-ipv6-router-any <<'END'
# The answer is too large for UDP, and the router rejects TCP port 53 by RST. Over IPv6, captured on all interfaces of the router.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18, nftables reject)
# shows: dns.tcp_blocked
tcp.flags.reset == 1 => connect.refused
tcp.flags.reset == 1 => dns.tcp_blocked
END
}

no_retry() {
    network c=10.1.0.2/24 s=10.2.0.53/24
    large_on s
    firewall tcp dport 53 drop
    record dns/truncated-no-retry c eth0 ip
    ask @10.2.0.53 +ignore txt.example.com TXT
    ask @10.2.0.53 www.example.com
    recorded dns/truncated-no-retry
    expectation dns/truncated-no-retry <<'END'
# A client that takes the truncated answer for what it is and does not ask again over TCP, which a firewall would drop.
# origin: lab/dns_answers.sh (dnsmasq 2.90, dig 9.18 with +ignore, nftables drop)
# look-alike: dns.tcp_blocked "a client that does not retry"
END
}

SCENARIOS=(
    conflict conflict_ipv6 conflict_nxdomain conflict_repeated conflict_rotated truncated two_resolvers rotating same_port
    servfail_first nxdomain refused_ipv6 servfail search_list reverse blacklists probes nodata no_recursion never_asked
    unanswered second_resolver never_again slow blind end_of_capture port_unreachable two_programs multicast
    twin_lost twin_never_answered both_lost slow_twin
    tcp_blocked tcp_refused no_retry
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
