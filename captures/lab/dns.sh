#!/usr/bin/env bash
# Names whose answer leads abroad or to a dead address: dns.cname_offshore, dns.cname_dead and their look-alikes. All
# addresses are numbered inside namespaces; nothing leaves the machine. Takes about 15 s.

. "$(dirname "$0")/lib.sh"

lasting_resolver_on() {
    resolver_on "$@" --local-ttl=600 --auth-ttl=600
}

lookup() {
    inside c "$PYTHON" "$LAB/lookup.py" "$@"
}

CHINA=-o\ netcase.home_countries:CN

dead_home_set() {
    network c=192.168.0.100/24 resolver=192.168.9.53/24 abroad=108.160.166.142/24
    lasting_resolver_on resolver --cname=pay.com,gfvip09aj.com --host-record=gfvip09aj.com,108.160.166.142
    firewall ip daddr 108.160.166.142 drop
    record dns/cname-abroad-dead-home-set c eth0
    lookup 192.168.9.53 pay.com A 443 2 4
    recorded dns/cname-abroad-dead-home-set
    expectation dns/cname-abroad-dead-home-set <<END
# The local resolver sends pay.com to a foreign CNAME whose address answers no SYN (Linux client: 1 s between SYNs).
# origin: lab/dns.sh (dnsmasq 2.90, python client, nftables drop)
# shows: dns.cname_offshore
# shows: dns.cname_dead
# options: $CHINA
dns.flags.response == 1 => dns.cname_offshore
tcp.flags.syn == 1 @5 => dns.cname_dead
END
}

dead_home_derived() {
    network c=192.168.0.100/24 resolver=223.5.5.5/24 shop=47.104.79.200/24 images=115.28.115.126/24 abroad=108.160.166.142/24
    lasting_resolver_on resolver --host-record=shop.example.cn,47.104.79.200 --host-record=img.example.cn,115.28.115.126 \
        --cname=pay.com,gfvip09aj.com --host-record=gfvip09aj.com,108.160.166.142
    serve shop listen 80 loop:200
    serve images listen 80 loop:200
    firewall ip daddr 108.160.166.142 drop
    record dns/cname-abroad-dead-home-derived r any
    lookup 223.5.5.5 shop.example.cn A 80 1 4
    lookup 223.5.5.5 img.example.cn A 80 1 4
    lookup 223.5.5.5 pay.com A 443 1 4
    recorded dns/cname-abroad-dead-home-derived
    expectation dns/cname-abroad-dead-home-derived <<'END'
# Two names of a public resolver in China lead to peers in China that work, a third to a foreign CNAME and a dead address
# abroad. Captured on all interfaces of the router, where forwarded packets appear twice.
# origin: lab/dns.sh (dnsmasq 2.90, python client and servers, nftables drop)
# shows: dns.cname_offshore
dns.flags.response == 1 && dns.qry.name == "pay.com" => dns.cname_offshore
END
}

dead_ipv6() {
    network c=2001:db8:1::2/64 resolver=2001:db8:3::53/64 abroad=2620:100:6022:1::2/64
    lasting_resolver_on resolver --cname=pay.com,gfvip09aj.com --host-record=gfvip09aj.com,2620:100:6022:1::2
    firewall ip6 daddr 2620:100:6022:1::2 drop
    record dns/cname-abroad-dead-aaaa c eth0
    lookup 2001:db8:3::53 pay.com AAAA 443 1 4
    recorded dns/cname-abroad-dead-aaaa
    expectation dns/cname-abroad-dead-aaaa <<END
# The same poisoned name over IPv6: an AAAA address abroad that answers no SYN.
# origin: lab/dns.sh (dnsmasq 2.90, python client, nftables drop)
# shows: dns.cname_offshore
# options: $CHINA
dns.flags.response == 1 => dns.cname_offshore
END
}

cdn_at_home() {
    network c=192.168.0.100/24 resolver=223.5.5.5/24 shop=47.104.79.200/24
    lasting_resolver_on resolver --cname=www.example.cn,www.example.cn.w.cdngslb.com --cname=www.example.cn.w.cdngslb.com,edge7.cdngslb.com \
        --host-record=edge7.cdngslb.com,47.104.79.200
    serve shop listen 80 loop:200
    record dns/cdn-chain-ends-at-home c eth0
    lookup 223.5.5.5 www.example.cn A 80 1 4
    recorded dns/cdn-chain-ends-at-home
    expectation dns/cdn-chain-ends-at-home <<END
# A content network: two CNAMEs under foreign-looking names, the address is at home and works.
# origin: lab/dns.sh (dnsmasq 2.90, python client and server)
# look-alike: dns.cname_offshore "CDN chains that end at home"
# options: $CHINA
END
}

private_address() {
    network c=192.168.0.100/24,fd00:1::2/64 resolver=223.5.5.5/24 shop=10.2.0.2/24,fd00:2::2/64
    lasting_resolver_on resolver --cname=wiki.example.cn,k8s-ingress.corp.example.com \
        --host-record=k8s-ingress.corp.example.com,10.2.0.2,fd00:2::2
    serve shop listen 80 loop:200
    record dns/cname-to-private-address c eth0
    lookup 223.5.5.5 wiki.example.cn A 80 1 4
    lookup 223.5.5.5 wiki.example.cn AAAA 80 1 4
    recorded dns/cname-to-private-address
    expectation dns/cname-to-private-address <<END
# An internal name with a CNAME to private addresses, IPv4 and IPv6, that work.
# origin: lab/dns.sh (dnsmasq 2.90, python client and server)
# look-alike: dns.cname_offshore "private addresses"
# options: $CHINA
END
}

abroad_for_everybody() {
    network c=192.168.0.100/24 resolver=223.5.5.5/24 second=119.29.29.29/24 abroad=162.125.2.18/24
    lasting_resolver_on resolver --host-record=www.dropbox.com,162.125.2.18
    lasting_resolver_on second --cname=www.dropbox.com,www-env.dropbox-dns.com --host-record=www-env.dropbox-dns.com,162.125.2.18
    serve abroad listen 80 loop:200
    record dns/name-abroad-for-every-resolver c eth0
    lookup 223.5.5.5 www.dropbox.com A 80 1 4
    lookup 119.29.29.29 www.dropbox.com A 80 1 4
    recorded dns/name-abroad-for-every-resolver
    expectation dns/name-abroad-for-every-resolver <<END
# A foreign service: one resolver gives its address abroad directly, another one through a CNAME. It works.
# origin: lab/dns.sh (dnsmasq 2.90, python client and server)
# look-alike: dns.cname_offshore "names that other answers also place abroad"
# options: $CHINA
END
}

abroad_and_works() {
    network c=192.168.0.100/24 resolver=192.168.9.53/24 abroad=108.160.166.142/24
    lasting_resolver_on resolver --cname=pay.com,gfvip09aj.com --host-record=gfvip09aj.com,108.160.166.142
    serve abroad listen 80 loop:200
    record dns/cname-abroad-works-home-set c eth0
    lookup 192.168.9.53 pay.com A 80 1 4
    recorded dns/cname-abroad-works-home-set
    cp "$OUT/dns/cname-abroad-works-home-set.pcapng" "$OUT/dns/cname-abroad-works-home-unknown.pcapng"
    expectation dns/cname-abroad-works-home-set <<END
# A CNAME leads abroad and the address there works.
# origin: lab/dns.sh (dnsmasq 2.90, python client and server)
# shows: dns.cname_offshore
# look-alike: dns.cname_dead "attempts that work"
# options: $CHINA
dns.flags.response == 1 => dns.cname_offshore
END
    expectation dns/cname-abroad-works-home-unknown <<'END'
# The same packets as cname-abroad-works-home-set, without telling what home is: no public peer, no failure, no finding.
# origin: lab/dns.sh (dnsmasq 2.90, python client and server)
# look-alike: dns.cname_dead "attempts that work"
END
}

works_after_lost_syn() {
    network c=192.168.0.100/24 resolver=192.168.9.53/24 abroad=108.160.166.142/24
    lasting_resolver_on resolver --cname=pay.com,gfvip09aj.com --host-record=gfvip09aj.com,108.160.166.142
    serve abroad listen 80 loop:200
    lose_first 1 ip daddr 108.160.166.142
    record dns/cname-works-after-lost-syn c eth0
    lookup 192.168.9.53 pay.com A 80 1 4
    recorded dns/cname-works-after-lost-syn
    expectation dns/cname-works-after-lost-syn <<'END'
# The first SYN to the address behind the CNAME is lost, the next is answered. Home is not known.
# origin: lab/dns.sh (dnsmasq 2.90, python client and server, nftables drops one packet)
# look-alike: dns.cname_dead "attempts that work"
END
}

SCENARIOS=(
    dead_home_set dead_home_derived dead_ipv6 cdn_at_home private_address abroad_for_everybody abroad_and_works
    works_after_lost_syn
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
