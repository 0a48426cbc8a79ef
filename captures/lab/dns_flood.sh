#!/usr/bin/env bash
# Floods of DNS queries (flood.dns) and what only looks like one. Takes about 20 s.

. "$(dirname "$0")/lib.sh"

ask() {
    local host=$1
    shift
    inside "$host" "$PYTHON" "$LAB/datagrams.py" ask "$@"
}

random_subdomains() {
    local number
    network bot=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns --local=/example.com/ --host-record=www.example.com,192.0.2.1
    record flood/dns-random-subdomains dns eth0 -s 96
    ask bot 10.1.9.53 A 320 0.005 '{random}.example.com' 10.1.0.2
    recorded flood/dns-random-subdomains
    {
        cat <<'END'
# One host asks for ever new names of a zone that do not exist; captured at the name server, 96 bytes each.
# origin: lab/dns_flood.sh (dnsmasq 2.90, Python client)
# shows: flood.dns
dns.flags.response == 0 @300 => flood.dns
END
        for number in $(seq 10); do
            echo "dns.flags.response == 1 @$number => dns.failed"
        done
    } | expectation flood/dns-random-subdomains
}

# The bots ask through resolvers, which ask the server of the zone without desire for recursion.
random_subdomains_ipv6() {
    local number sources=""
    network bot=2001:db8:1::2/64 dns=2001:db8:9::53/64
    for number in $(seq 2 41); do
        ip -n "$PREFIX-bot" addr add "2001:db8:1::$number/64" dev eth0 nodad 2>/dev/null || true
        sources+=" 2001:db8:1::$number"
    done
    resolver_on dns --local=/example.com/
    record flood/dns-random-subdomains-many-ipv6 r bot -s 110
    # shellcheck disable=SC2086
    inside bot "$PYTHON" "$LAB/datagrams.py" iterate 2001:db8:9::53 AAAA 310 0.005 '{random}.example.com' $sources
    recorded flood/dns-random-subdomains-many-ipv6
    expectation flood/dns-random-subdomains-many-ipv6 <<'END'
# 40 resolvers ask for ever new names of one zone; captured on an interface of the router before the server. IPv6.
# origin: lab/dns_flood.sh (dnsmasq 2.90, Python client)
# shows: flood.dns
dns.flags.response == 0 @300 => flood.dns
END
}

same_query_mirrored() {
    network bot=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns --host-record=www.example.com,192.0.2.1
    record source dns eth0 dst port 53
    ask bot 10.1.9.53 A 310 0.005 www.example.com 10.1.0.2
    stop_recording source
    mirrored flood/dns-same-query-mirror-cut source --as vxlan --at 10.1.9.53 --id 12 --cut 96 --only ingress
    expectation flood/dns-same-query-mirror-cut <<'END'
# One host repeats the same query; only the queries are mirrored, in VXLAN and cut to 96 bytes. A program without a cache would do
# the same, so the finding is "possible".
# origin: lab/dns_flood.sh (dnsmasq 2.90, Python client), put into VXLAN by mirror.py
# shows: flood.dns
dns @300 => flood.dns
END
}

any_flood() {
    network bot=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns --host-record=www.example.com,192.0.2.1
    record flood/dns-any dns eth0 -s 96
    ask bot 10.1.9.53 ANY 310 0.005 www.example.com 10.1.0.2
    recorded flood/dns-any
    expectation flood/dns-any <<'END'
# Queries of type ANY for one name from one address.
# origin: lab/dns_flood.sh (dnsmasq 2.90, Python client)
# shows: flood.dns
dns.flags.response == 0 @300 => flood.dns
END
}

few_names() {
    local number
    network bot=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns '--address=/#/192.0.2.1'
    for number in $(seq 320); do
        echo "www.shop$((number % 9)).com A"
    done >"$WORK/names"
    record flood/dns-few-names bot eth0 -s 96
    inside bot dig @10.1.9.53 +short -f "$WORK/names" >/dev/null
    recorded flood/dns-few-names
    expectation flood/dns-few-names <<'END'
# One host asks again and again for 9 names of as many zones. A program without a cache would do the same, so the finding is
# "possible".
# origin: lab/dns_flood.sh (dnsmasq 2.90, dig 9.18)
# shows: flood.dns
dns.flags.response == 0 @300 => flood.dns
END
}

page_of_many_names() {
    network c=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns --address=/example.com/192.0.2.1 --address=/example.com/2001:db8::1
    record flood/dns-page-of-50-names c eth0
    ask c 10.1.9.53 A 50 0.002 'img{}.example.com' 10.1.0.2
    ask c 10.1.9.53 AAAA 50 0.002 'img{}.example.com' 10.1.0.2
    recorded flood/dns-page-of-50-names
    expectation flood/dns-page-of-50-names <<'END'
# 50 names of one zone, A and AAAA, at once.
# origin: lab/dns_flood.sh (dnsmasq 2.90, Python client)
# look-alike: flood.dns "a page with 50 names"
END
}

busy_resolver() {
    network c=10.1.0.2/24 resolver=10.1.9.53/24 dns=91.189.89.53/24
    resolver_on dns '--address=/#/192.0.2.1'
    resolver_on resolver --server=91.189.89.53 --cache-size=0
    record flood/dns-busy-resolver resolver eth0 -s 86 host 91.189.89.53
    ask c 10.1.9.53 A 170 0.01 'www.{random}.com' 10.1.0.2
    ask c 10.1.9.53 A 170 0.01 '{random}.net' 10.1.0.2
    recorded flood/dns-busy-resolver
    expectation flood/dns-busy-resolver <<'END'
# A resolver asks for 340 names of all kinds within 6 s, each of another zone.
# origin: lab/dns_flood.sh (dnsmasq 2.90 as resolver and as server, Python client)
# look-alike: flood.dns "a busy resolver"
END
}

log_analysis() {
    local number
    network c=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns --local=/10.in-addr.arpa/ --local=/192.in-addr.arpa/
    record flood/dns-log-analysis c eth0 -s 96
    for number in $(seq 0 319); do
        echo "-x 192.168.$((number / 250)).$((number % 250))"
    done >"$WORK/names"
    inside c dig @10.1.9.53 +short -f "$WORK/names" >/dev/null
    recorded flood/dns-log-analysis
    expectation flood/dns-log-analysis <<'END'
# 320 reverse look-ups one after the other, all without a name.
# origin: lab/dns_flood.sh (dnsmasq 2.90, dig 9.18)
# look-alike: flood.dns "reverse look-ups of a log analysis"
END
}

search_list() {
    network c=10.1.0.2/24 dns=10.1.9.53/24
    resolver_on dns --local=/cluster.local/ --host-record=api.shop.example,192.0.2.1
    echo "nameserver 10.1.9.53
search default.svc.cluster.local svc.cluster.local cluster.local
options ndots:5" >"$WORK/resolv.conf"
    record flood/dns-search-list c eth0 -s 104
    # shellcheck disable=SC2016
    inside c unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf && for i in $(seq 80); do getent ahosts api.shop.example; done' \
        sh "$WORK/resolv.conf" >/dev/null
    recorded flood/dns-search-list
    expectation flood/dns-search-list <<'END'
# A program without a cache looks up a name 80 times, with the search list and the ndots:5 of Kubernetes: 4 queries each time.
# origin: lab/dns_flood.sh (dnsmasq 2.90, getent of glibc 2.36)
# look-alike: flood.dns "a search list that is tried for each name"
dns.flags.response == 1 => dns.failed
END
}

SCENARIOS=(random_subdomains random_subdomains_ipv6 same_query_mirrored any_flood few_names page_of_many_names busy_resolver log_analysis
    search_list)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
