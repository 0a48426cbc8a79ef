#!/usr/bin/env bash
# Requests that wait for an answer until a timer ends the wait (http.gateway_timeout), HTTP floods (flood.http), and traffic that only
# looks like them. Takes about 75 s.

. "$(dirname "$0")/lib.sh"

# haproxy_on HOST MODE UPSTREAM 'lines of the defaults'
haproxy_on() {
    cat >"$WORK/haproxy.cfg" <<END
defaults
    mode $2
    timeout connect 5s
$4
listen web
    bind :::80 v4v6
    server back $3
END
    background "$1" haproxy -db -f "$WORK/haproxy.cfg"
    wait_port "$1" 80
}

# --- http.gateway_timeout ----------------------------------------------------------------------------------------------

timeout_15s() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:40
    proxy_on p 10.3.0.2:8080 'proxy_read_timeout 15s;'
    record http/timeout-15s-client c eth0
    record http/timeout-15s-proxy-any p any
    record http/timeout-15s-upstream s eth0
    inside c curl -s -o /dev/null http://10.2.0.2/report?id=7
    inside c curl -s -o /dev/null http://10.2.0.2/report?id=8
    recorded http/timeout-15s-client
    recorded http/timeout-15s-proxy-any
    recorded http/timeout-15s-upstream
    expectation http/timeout-15s-client <<'END'
# Two requests to nginx with proxy_read_timeout 15s, whose upstream does not answer: 504 each time. Captured at the client.
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream)
# shows: http.gateway_timeout
http.response.code == 504 @1 => http.gateway_timeout
END
    expectation http/timeout-15s-proxy-any <<'END'
# The same at the proxy, both legs: it closes the connection to the upstream, then answers 504.
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream)
# shows: http.gateway_timeout
tcp.flags.fin == 1 && ip.dst == 10.3.0.2 @1 => http.gateway_timeout
http.response.code == 504 @1 => http.gateway_timeout
END
    expectation http/timeout-15s-upstream <<'END'
# The same at the upstream: a request without an answer, and a FIN of the proxy.
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream)
# shows: http.gateway_timeout
tcp.flags.fin == 1 && ip.dst == 10.3.0.2 @1 => http.gateway_timeout
END
}

timeout_60s_ipv6() {
    network c=2001:db8:1::2/64 p=2001:db8:2::2/64 s=2001:db8:3::2/64
    serve s listen 8080 recv sleep:80
    proxy_on p '[2001:db8:3::2]:8080' ''
    record source p eth0
    inside c curl -s -o /dev/null 'http://[2001:db8:2::2]/slow'
    stop_recording source
    mirrored http/timeout-60s-ipv6-mirror-cut source --as vxlan --at 10.9.0.2 --id 7 --cut 96
    expectation http/timeout-60s-ipv6-mirror-cut <<'END'
# nginx with its default of 60 s, IPv6, mirrored at the proxy in VXLAN and cut to 96 bytes, which leave 10 bytes of HTTP.
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream), put into VXLAN by mirror.py
# shows: http.gateway_timeout
tcp.dstport == 80 && tcp.len > 0 @1 => mirror.truncated
tcp.flags.fin == 1 && ipv6.dst == 2001:db8:3::2 @1 => http.gateway_timeout
tcp.srcport == 80 && tcp.len > 0 @1 => http.gateway_timeout
END
}

timeout_haproxy_20s() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:40
    haproxy_on p http 10.3.0.2:8080 $'    timeout client 50s\n    timeout server 20s\n    option forwardfor'
    record http/timeout-20s-haproxy-router-any r any
    inside c curl -s -o /dev/null http://10.2.0.2/slow
    recorded http/timeout-20s-haproxy-router-any
    expectation http/timeout-20s-haproxy-router-any <<'END'
# HAProxy with "timeout server 20s" and X-Forwarded-For. Captured on all interfaces of the router between client, proxy and
# upstream, so that every packet appears twice.
# origin: lab/http.sh (haproxy 2.6, curl 7.88, talk.py as upstream)
# shows: http.gateway_timeout
http.response.code == 504 @1 => http.gateway_timeout
(tcp.flags.fin == 1 || tcp.flags.reset == 1) && ip.dst == 10.3.0.2 @1 => http.gateway_timeout
END
}

timeout_in_tcp_mode() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:40
    haproxy_on p tcp 10.3.0.2:8080 $'    timeout client 15s\n    timeout server 15s'
    record http/timeout-15s-tcp-mode c eth0
    inside c curl -s -o /dev/null http://10.2.0.2/slow || true
    recorded http/timeout-15s-tcp-mode
    expectation http/timeout-15s-tcp-mode <<'END'
# A proxy that does not know HTTP (haproxy in TCP mode, 15 s) closes without a byte. Captured at the client.
# origin: lab/http.sh (haproxy 2.6, curl 7.88, talk.py as upstream)
# shows: http.gateway_timeout
tcp.flags.fin == 1 && ip.src == 10.2.0.2 @1 => http.gateway_timeout
END
}

client_gives_up_30s() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:40
    record http/client-gives-up-30s s eth0
    inside c curl -s -m 30 -o /dev/null http://10.3.0.2:8080/slow || true
    recorded http/client-gives-up-30s
    expectation http/client-gives-up-30s <<'END'
# A client with a timeout of 30 s (curl -m 30): on the wire it can't be told from a proxy, so the finding is "possible".
# origin: lab/http.sh (curl 7.88, talk.py as server)
# shows: http.gateway_timeout
tcp.flags.fin == 1 && ip.src == 10.1.0.2 @1 => http.gateway_timeout
END
}

answered_late() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:55 respond:50
    proxy_on p 10.3.0.2:8080 ''
    record http/slow-but-answered p any
    inside c curl -s -o /dev/null http://10.2.0.2/slow
    recorded http/slow-but-answered
    expectation http/slow-but-answered <<'END'
# The upstream answers after 55 s, before nginx loses patience. Captured at the proxy, both legs.
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream)
# look-alike: http.gateway_timeout "slow but answered"
END
}

long_poll() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:15 respond:5 recv sleep:15 respond:5 sleep:1
    proxy_on p 10.3.0.2:8080 'proxy_http_version 1.1; proxy_set_header Connection "";'
    record http/long-poll-15s p any
    inside c curl -s -o /dev/null http://10.2.0.2/events -o /dev/null http://10.2.0.2/events
    recorded http/long-poll-15s
    expectation http/long-poll-15s <<'END'
# Two long polls, answered after 15 s each, through nginx. Captured at the proxy, both legs.
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream)
# look-alike: http.gateway_timeout "long poll that is answered at a timer"
END
}

errors_at_once() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    proxy_on p 10.3.0.2:8080 ''
    record http/errors-at-once c eth0
    # 20 s between two requests on one connection.
    talk c connect 10.2.0.2 80 get:/ recv sleep:20 get:/maintenance recv
    recorded http/errors-at-once
    expectation http/errors-at-once <<'END'
# 502 because nothing listens at the upstream; 20 s later, on the same connection, 503 of a maintenance page.
# origin: lab/http.sh (nginx 1.22, talk.py as client)
# look-alike: http.gateway_timeout "502 or 503 at once"
END
}

client_gives_up_8s() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.3.0.2/24,2001:db8:3::2/64
    serve s listen 8080 recv sleep:40
    record http/client-gives-up-8s c eth0
    inside c curl -s -m 8 -o /dev/null http://10.3.0.2:8080/slow || true
    inside c curl -s -m 9 -o /dev/null 'http://[2001:db8:3::2]:8080/slow' || true
    recorded http/client-gives-up-8s
    expectation http/client-gives-up-8s <<'END'
# A client loses patience after 8 s, another after 9 s (IPv6).
# origin: lab/http.sh (curl 7.88, talk.py as server)
# look-alike: http.gateway_timeout "client that gives up at no timer"
END
}

unfinished_requests() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    nginx_on s 'client_header_timeout 15s; client_body_timeout 15s; location /upload { dav_methods PUT; }'
    record http/unfinished-requests c eth0
    printf 'PUT /upload/x HTTP/1.1\r\nHost: www.example.cn\r\nContent-Length: 3000\r\n\r\nthe beginning' >"$WORK/body"
    printf 'GET /hello HTTP/1.1\r\nHost: www.example.cn\r\nX-Slow: ' >"$WORK/header"
    background c "$PYTHON" -c "$send_file" "$WORK/body"
    inside c "$PYTHON" -c "$send_file" "$WORK/header"
    sleep 1
    recorded http/unfinished-requests
    expectation http/unfinished-requests <<'END'
# One client never sends the rest of its body, another one the rest of its header; nginx closes both after 15 s without a word.
# origin: lab/http.sh (nginx 1.22, a Python client that sends the beginnings)
# look-alike: http.gateway_timeout "request that was never sent to its end"
END
}
send_file='
import socket, sys
client = socket.create_connection(("10.3.0.2", 80))
client.sendall(open(sys.argv[1], "rb").read())
client.recv(1)
'

# --- flood.http ---------------------------------------------------------------------------------------------------------

# small_site HOST: answers of a few bytes, so that many requests make a small capture
small_site() {
    nginx_on "$1" 'location = /index.php { return 204; } location /api { return 204; } location = /health { return 204; }
        location /img { return 204; }'
}

flood_ab() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-ab s eth0
    inside c ab -q -n 45 -c 5 -H 'Referer: http://www.example.cn/' http://10.3.0.2/index.php >/dev/null
    recorded flood/http-ab
    expectation flood/http-ab <<'END'
# 45 requests for one page within a moment, 5 connections at a time. Captured at the server.
# origin: lab/http.sh (nginx 1.22, ApacheBench 2.3)
# shows: flood.http
http.request @6 => flood.http
END
    mirrored flood/http-ab-mirror-cut flood/http-ab --as vxlan --at 10.3.0.2 --id 7 --cut 96
    expectation flood/http-ab-mirror-cut <<'END'
# The same, mirrored in VXLAN and cut to 96 bytes: the target is there, the header is not.
# origin: lab/http.sh (nginx 1.22, ApacheBench 2.3), put into VXLAN by mirror.py
# shows: flood.http
tcp.dstport == 80 && tcp.len > 0 @1 => mirror.truncated
tcp.dstport == 80 && tcp.len > 0 @6 => flood.http
END
}

flood_slow_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:3::2/64
    small_site s
    record flood/http-slow-ipv6-router-any r any
    local pause
    for pause in 0.3 1.7 0.5 1.2 2.1 0.4 1.5 0.8; do
        inside c curl -s -A 'Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.4; en-US; rv:1.9b5) Gecko/2008032619 Firefox/3.0b5' \
            'http://[2001:db8:3::2]/index.php'
        sleep "$pause"
    done
    recorded flood/http-slow-ipv6-router-any
    expectation flood/http-slow-ipv6-router-any <<'END'
# Eight requests for one page within 9 s, at uneven distances, each on a connection of its own. Captured on all interfaces of a
# router: every packet appears twice. IPv6.
# origin: lab/http.sh (nginx 1.22, curl 7.88)
# shows: flood.http
tcp.dstport == 80 && tcp.len > 0 @11 => flood.http
END
}

flood_many_sources() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    local i
    for i in $(seq 30 59); do
        inside c ip addr add "10.1.0.$i/24" dev eth0
    done
    record flood/http-many-sources s eth0
    for i in $(seq 30 59); do
        inside c curl -s --interface "10.1.0.$i" -A 'Mozilla/5.0 (Macintosh) Firefox/3.0b5' 'http://10.3.0.2/index.php?[1-4]'
    done
    recorded flood/http-many-sources
    expectation flood/http-many-sources <<'END'
# 30 sources ask four times each for one page, with the same User-Agent. Captured at the server.
# origin: lab/http.sh (nginx 1.22, curl 7.88)
# shows: flood.http
http.request @53 => flood.http
END
}

page_load() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-page-load c eth0
    inside c curl -s -Z --no-progress-meter --parallel-max 6 -o /dev/null -A 'Mozilla/5.0 (X11) Firefox/115.0' -e http://10.3.0.2/ \
        'http://10.3.0.2/img/[1-40].png'
    inside c curl -s -A 'Mozilla/5.0 (X11) Firefox/115.0' -e http://10.3.0.2/ 'http://10.3.0.2/img/thumbnail?id=[1-20]'
    recorded flood/http-page-load
    expectation flood/http-page-load <<'END'
# A page with 40 pictures on 6 connections, and 20 more that one script makes.
# origin: lab/http.sh (nginx 1.22, curl 7.88)
# look-alike: flood.http "page load of many objects"
END
}

nat_of_many_users() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-nat s eth0
    local round user
    for round in 1 2 3 4; do
        for user in $(seq 12); do
            inside c curl -s -A "Mozilla/5.0 (X11; rv:$user) Round/$((round > 9))" http://10.3.0.2/index.php
        done
    done
    recorded flood/http-nat
    expectation flood/http-nat <<'END'
# Twelve users behind one address, each with a User-Agent of its own, ask four times each for one page within seconds. Captured
# at the server.
# origin: lab/http.sh (nginx 1.22, curl 7.88)
# look-alike: flood.http "a NAT with many User-Agents under the per-agent rate"
END
}

polling() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-polling c eth0
    local round
    for round in $(seq 10); do
        inside c curl -s "http://10.3.0.2/api/status"
        sleep $((2 + round % 2))
    done
    recorded flood/http-polling
    expectation flood/http-polling <<'END'
# A client asks for its status each 2 to 3 s.
# origin: lab/http.sh (nginx 1.22, curl 7.88)
# look-alike: flood.http "polling under the threshold"
END
}

health_checks() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-health-checks s eth0
    haproxy_on p http '10.3.0.2:80 check inter 1s' $'    timeout client 50s\n    timeout server 50s\n    option httpchk GET /health'
    sleep 15
    recorded flood/http-health-checks
    expectation flood/http-health-checks <<'END'
# A load balancer checks the health of its back end each second. Captured at the back end.
# origin: lab/http.sh (nginx 1.22, haproxy 2.6)
# look-alike: flood.http "health checks at a steady period of 1 s or more"
END
}

ranges() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-ranges c eth0
    local part jobs=()
    for part in $(seq 0 15); do
        inside c curl -s -o /dev/null -r "$((part * 1000))-$((part * 1000 + 999))" http://10.3.0.2/page &
        jobs+=($!)
    done
    wait "${jobs[@]}"
    recorded flood/http-ranges
    expectation flood/http-ranges <<'END'
# A download in 16 parts at once (Range).
# origin: lab/http.sh (nginx 1.22, curl 7.88)
# look-alike: flood.http "a download in parallel ranges"
END
}

api_calls() {
    network c=10.1.0.2/24 s=10.3.0.2/24
    small_site s
    record flood/http-api-calls c eth0
    local round
    for round in 1 2; do
        inside c ab -q -k -n 20 -c 1 -p "$WORK/nginx.conf" http://10.3.0.2/api/graphql >/dev/null
        sleep 1
    done
    recorded flood/http-api-calls
    expectation flood/http-api-calls <<END
# Two pages ($round in all) that call one endpoint 20 times by POST.
# origin: lab/http.sh (nginx 1.22, ApacheBench 2.3)
# look-alike: flood.http "calls of one endpoint by POST"
END
}

SCENARIOS=(timeout_15s timeout_60s_ipv6 timeout_haproxy_20s timeout_in_tcp_mode client_gives_up_30s answered_late long_poll
    errors_at_once client_gives_up_8s unfinished_requests flood_ab flood_slow_ipv6 flood_many_sources page_load
    nat_of_many_users polling health_checks ranges api_calls)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
