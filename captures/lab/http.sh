#!/usr/bin/env bash
# Requests that wait for an answer until a timer ends the wait (http.gateway_timeout), HTTP floods (flood.http), and traffic that only
# looks like them. Takes about 75 s.

. "$(dirname "$0")/lib.sh"

# proxy_on HOST UPSTREAM 'lines of the location': nginx on port 80 that passes requests on; /page is its own
proxy_on() {
    local host=$1 upstream=$2
    cat >"$WORK/proxy.conf" <<END
daemon off; master_process off; user root; pid $WORK/proxy.pid; error_log $WORK/proxy.err info;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $WORK/p1; proxy_temp_path $WORK/p2; fastcgi_temp_path $WORK/p3;
    uwsgi_temp_path $WORK/p4; scgi_temp_path $WORK/p5;
    server {
        listen 80; listen [::]:80;
        location / { proxy_pass http://$upstream; $3 }
        location /maintenance { return 503; }
    }
}
END
    background "$host" nginx -c "$WORK/proxy.conf" -e "$WORK/proxy.err"
    wait_port "$host" 80
}

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
    mirrored http/timeout-60s-ipv6-mirror-cut source --as vxlan --at 2001:db8:2::2 --id 7 --cut 116
    expectation http/timeout-60s-ipv6-mirror-cut <<'END'
# nginx with its default of 60 s, IPv6, mirrored at the proxy in VXLAN and cut to 116 bytes (96 would leave 10 bytes of HTTP).
# origin: lab/http.sh (nginx 1.22, curl 7.88, talk.py as upstream), put into VXLAN by mirror.py
# shows: http.gateway_timeout
http.request @1 => mirror.truncated
tcp.flags.fin == 1 && ipv6.dst == 2001:db8:3::2 @1 => http.gateway_timeout
http.response.code == 504 @1 => http.gateway_timeout
END
}

timeout_haproxy_20s() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    serve s listen 8080 recv sleep:40
    haproxy_on p http 10.3.0.2:8080 $'    timeout client 50s\n    timeout server 20s\n    option forwardfor'
    record source r any
    inside c curl -s -o /dev/null http://10.2.0.2/slow
    stop_recording source
    cp "$WORK/source.pcap" "$WORK/http_timeout-20s-haproxy-router-any.pcap"
    mirrored http/timeout-20s-haproxy-mirror-cut-c source --as vxlan --at 10.1.0.2 --id 7 --cut 96
    mkdir -p "$OUT/http"
    editcap -F pcapng "$WORK/source.pcap" "$OUT/http/timeout-20s-haproxy-router-any.pcapng"
    rm "$OUT/http/timeout-20s-haproxy-mirror-cut-c.pcapng"
    expectation http/timeout-20s-haproxy-router-any <<'END'
# HAProxy with "timeout server 20s". Captured on all interfaces of a router between all three, so every packet appears twice.
# origin: lab/http.sh (haproxy 2.6, curl 7.88, talk.py as upstream)
# shows: http.gateway_timeout
END
}
