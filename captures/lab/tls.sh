#!/usr/bin/env bash
# TLS connections: how they are ended (tls.alert_fin, tls.late_reset), how they fail to begin (tls.no_client_hello,
# tls.handshake_failed, tls.hello_unanswered), and the look-alikes. The longest scenario waits 75 s; all run side by side.

. "$(dirname "$0")/lib.sh"

# --- tls.alert_fin and tls.late_reset ----------------------------------------------------------------------------------

alert_fin_tls12() {
    network c=192.168.1.30/24 s=47.104.79.200/24
    nginx_on s "keepalive_timeout 15s;"
    record tls/alert-fin-15s-tls12 c eth0
    record tls/alert-fin-15s-tls12-snaplen-96 c eth0 -s 96
    talk c --tls12 connect 47.104.79.200 443 get recv eof sleep:9 rst
    recorded tls/alert-fin-15s-tls12
    recorded tls/alert-fin-15s-tls12-snaplen-96
    expectation tls/alert-fin-15s-tls12 <<'END'
# nginx ends an idle TLS 1.2 connection after 15 s with an encrypted alert and FIN; the client answers with RST 9 s later.
# Captured at the client.
# origin: lab/tls.sh (nginx 1.22, OpenSSL 3.0, python client)
# shows: tls.alert_fin
# shows: tls.late_reset
tcp.flags.fin == 1 => tls.alert_fin
tcp.flags.reset == 1 => tls.late_reset
END
    expectation tls/alert-fin-15s-tls12-snaplen-96 <<'END'
# The same as alert-fin-15s-tls12, captured with a snap length of 96 bytes.
# origin: lab/tls.sh (nginx 1.22, OpenSSL 3.0, python client)
# shows: tls.alert_fin
# shows: tls.late_reset
# look-alike: mirror.truncated "cut by the snapshot length, not by a mirror"
tcp.flags.fin == 1 => tls.alert_fin
tcp.flags.reset == 1 => tls.late_reset
END
}

alert_fin_tls13_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s "keepalive_timeout 60s;"
    record tls/alert-fin-60s-tls13-ipv6 c eth0
    talk c --tls13 connect 2001:db8:2::2 443 get recv eof sleep:0.1 notify fin sleep:0.2 close
    recorded tls/alert-fin-60s-tls13-ipv6
    expectation tls/alert-fin-60s-tls13-ipv6 <<'END'
# nginx ends an idle TLS 1.3 connection after 60 s: a last record of 19 bytes, then FIN. The client's own close_notify
# comes after it and meets a closed socket (RST), which is harmless. IPv6, captured at the client.
# origin: lab/tls.sh (nginx 1.22, OpenSSL 3.0, python client)
# shows: tls.alert_fin
# look-alike: idle.race "late close_notify or FIN exchange"
tcp.flags.fin == 1 && tcp.srcport == 443 => tls.alert_fin
END
}

alert_fin_router_any() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 75s;"
    record tls/alert-fin-75s-router-any r any
    talk c --tls12 connect 10.2.0.2 443 get recv eof sleep:0.1 close
    recorded tls/alert-fin-75s-router-any
    expectation tls/alert-fin-75s-router-any <<'END'
# nginx ends an idle TLS 1.2 connection at its default keepalive_timeout of 75 s. Captured on all interfaces of the router
# (Linux cooked capture v2), where each packet appears twice.
# origin: lab/tls.sh (nginx 1.22, OpenSSL 3.0, python client)
# shows: tls.alert_fin
tcp.flags.fin == 1 && tcp.srcport == 443 => tls.alert_fin
END
}

alert_fin_haproxy_late_reset() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    certificate
    cat "$WORK/cert.pem" "$WORK/key.pem" >"$WORK/both.pem"
    cat >"$WORK/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 20s
frontend f
    bind :443 ssl crt $WORK/both.pem
    http-request return status 200 content-type text/plain string hello
END
    background s haproxy -db -f "$WORK/haproxy.cfg"
    wait_port s 443
    record tls/alert-fin-20s-haproxy-tls13 c eth0
    talk c --tls13 connect 10.2.0.2 443 get recv eof sleep:10 rst
    recorded tls/alert-fin-20s-haproxy-tls13
    expectation tls/alert-fin-20s-haproxy-tls13 <<'END'
# haproxy ends an idle TLS 1.3 connection at its http-keep-alive timeout of 20 s; the client answers with RST 10 s later.
# origin: lab/tls.sh (haproxy 2.6, OpenSSL 3.0, python client)
# shows: tls.alert_fin
# shows: tls.late_reset
tcp.flags.fin == 1 && tcp.srcport == 443 => tls.alert_fin
tcp.flags.reset == 1 && tcp.srcport != 443 => tls.late_reset
END
}

alert_fin_by_client() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    certificate
    serve s --tls12 listen 443 loop:200 sleep:0.1
    record tls/alert-fin-30s-by-client s eth0
    talk c --tls12 connect 10.2.0.2 443 get recv sleep:30 notify fin eof close
    recorded tls/alert-fin-30s-by-client
    expectation tls/alert-fin-30s-by-client <<'END'
# The client ends its idle TLS 1.2 connection after 30 s with an encrypted alert and FIN. Captured at the server.
# origin: lab/tls.sh (python server and client, OpenSSL 3.0)
# shows: tls.alert_fin
tcp.flags.fin == 1 && tcp.dstport == 443 => tls.alert_fin
END
}

alert_fin_client_closes() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 15s;"
    record tls/alert-fin-15s-client-closes-at-once c eth0
    talk c --tls12 connect 10.2.0.2 443 get recv eof close
    recorded tls/alert-fin-15s-client-closes-at-once
    expectation tls/alert-fin-15s-client-closes-at-once <<'END'
# nginx ends an idle TLS 1.2 connection after 15 s; the client closes the moment it reads the alert, sometimes before the
# FIN of nginx is sent. The FIN of the side that sent the alert is the one expected.
# origin: lab/tls.sh (nginx 1.22, OpenSSL 3.0, python client)
# shows: tls.alert_fin
# unsure: the client's FIN may stand between alert and FIN
tcp.flags.fin == 1 && tcp.srcport == 443 => tls.alert_fin
END
}

closed_by_server_at_once() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 0;"
    record tls/server-closes-after-answer c eth0
    talk c --tls12 connect 10.2.0.2 443 get recv eof close
    talk c --tls13 connect 10.2.0.2 443 get recv eof close
    talk c --tls13 connect 10.2.0.2 443 sleep:17 get recv eof close
    recorded tls/server-closes-after-answer
    expectation tls/server-closes-after-answer <<'END'
# A server that closes each connection right after its answer with alert and FIN, TLS 1.2 and 1.3; the last client asked
# only 17 s after its handshake.
# origin: lab/tls.sh (nginx 1.22 with keepalive_timeout 0, python client)
# look-alike: tls.alert_fin "alert+FIN right after the answer"
END
}

closed_by_client_at_once() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record tls/client-closes-after-answer c eth0
    inside c curl -sk --tls-max 1.2 -o /dev/null https://10.2.0.2/hello
    inside c curl -sk --tlsv1.3 -o /dev/null https://10.2.0.2/hello
    talk c --tls12 connect 10.2.0.2 443 get recv sleep:20 get recv notify fin eof close
    talk c --tls13 connect 10.2.0.2 443 get recv sleep:20 get recv notify fin eof close
    recorded tls/client-closes-after-answer
    expectation tls/client-closes-after-answer <<'END'
# Clients that end TLS 1.2 and 1.3 connections with alert and FIN right after their answer; two of them had rested for
# 20 s before their last request.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, python client)
# look-alike: tls.alert_fin "alert+FIN by the side that just finished its request"
# look-alike: tls.handshake_failed "an alert after the handshake"
END
}

reset_without_alert() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    certificate
    serve s --tls13 listen 443 answer:200 stay:25
    serve s listen 80 answer:200 close
    record tls/reset-without-alert c eth0
    talk c connect 10.2.0.2 80 get recv eof sleep:10 rst &
    talk c --tls13 connect 10.2.0.2 443 get recv eof sleep:12 rst
    recorded tls/reset-without-alert
    expectation tls/reset-without-alert <<'END'
# A TLS server process ends 25 s after its answer: FIN without an alert, RST by the client 12 s later; beside it a plain
# connection that the server closes at once and the client resets 10 s later.
# origin: lab/tls.sh (python server and client)
# look-alike: tls.late_reset "RST with no alert before"
END
}

# --- tls.no_client_hello -----------------------------------------------------------------------------------------------

no_hello_client_closes() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/no-hello-client-closes c eth0
    talk c connect 10.2.0.2 443 sleep:3 close
    recorded tls/no-hello-client-closes
    expectation tls/no-hello-client-closes <<'END'
# A client connects to port 443, says nothing for 3 s and closes (a script whose TLS library is missing).
# origin: lab/tls.sh (nginx 1.22, python client)
# shows: tls.no_client_hello
tcp.flags.fin == 1 => tls.no_client_hello
END
}

no_hello_server_closes() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s "listen [::]:9443 ssl; client_header_timeout 5s;"
    record tls/no-hello-server-closes-ipv6 c eth0
    talk c --tls13 connect 2001:db8:2::2 9443 get recv notify fin eof close
    talk c connect 2001:db8:2::2 9443 eof close
    recorded tls/no-hello-server-closes-ipv6
    expectation tls/no-hello-server-closes-ipv6 <<'END'
# On port 9443, where a TLS connection worked just before, a client connects and says nothing until the server closes
# after 5 s. IPv6.
# origin: lab/tls.sh (nginx 1.22 with client_header_timeout 5s, python client)
# shows: tls.no_client_hello
tcp.stream == 1 && tcp.flags.fin == 1 => tls.no_client_hello
END
}

no_hello_reset() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/no-hello-client-resets s any
    talk c connect 10.2.0.2 443 sleep:1.5 rst
    recorded tls/no-hello-client-resets
    expectation tls/no-hello-client-resets <<'END'
# A client connects to port 443, says nothing for 1.5 s and resets. Captured on all interfaces of the server.
# origin: lab/tls.sh (nginx 1.22, python client)
# shows: tls.no_client_hello
tcp.flags.reset == 1 => tls.no_client_hello
END
}

health_checks() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/health-check-connect-and-close c eth0
    local round
    for round in 1 2 3 4 5; do
        talk c connect 10.2.0.2 443 close
        sleep 1.9
    done
    recorded tls/health-check-connect-and-close
    expectation tls/health-check-connect-and-close <<END
# A health check connects to port 443 and closes at once, $round times, each 2 s. One note, on the first, is right.
# origin: lab/tls.sh (nginx 1.22, python client)
# look-alike: tls.no_client_hello "port checks: the same client repeats SYN, SYN-ACK, RST or connect-and-close at a steady period: one note saying health check"
tcp.flags.fin == 1 => tls.no_client_hello
END
}

health_checks_half_open() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    cat >"$WORK/haproxy.cfg" <<END
defaults
    mode tcp
    timeout connect 2s
    timeout client 5s
    timeout server 5s
listen l
    bind 127.0.0.1:8443
    server s1 10.2.0.2:443 check inter 2s
END
    record tls/health-check-haproxy c eth0
    background c haproxy -db -f "$WORK/haproxy.cfg"
    sleep 9.5
    recorded tls/health-check-haproxy
    expectation tls/health-check-haproxy <<'END'
# haproxy checks port 443 of a server each 2 s: SYN, SYN-ACK, RST, the handshake is never completed.
# origin: lab/tls.sh (haproxy 2.6 tcp check, nginx 1.22)
# look-alike: tls.no_client_hello "port checks: the same client repeats SYN, SYN-ACK, RST or connect-and-close at a steady period: one note saying health check"
# shows: connect.health_check
tcp.flags.reset == 1 @5 => connect.health_check
END
}

plain_http_on_443() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/plain-http-on-443 c eth0
    inside c curl -s -o /dev/null http://10.2.0.2:443/hello
    recorded tls/plain-http-on-443
    expectation tls/plain-http-on-443 <<'END'
# Plain HTTP is sent to the TLS port 443; nginx answers 400 "The plain HTTP request was sent to HTTPS port". One note.
# origin: lab/tls.sh (nginx 1.22, curl 7.88)
# look-alike: tls.no_client_hello "plain HTTP on 443 (say so)"
tcp.dstport == 443 && tcp.len > 0 => tls.no_client_hello
END
}

hello_lost_or_unseen() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s; client_header_timeout 30s;"
    record tls/client-hello-lost-before-capture s eth0
    firewall ip daddr 10.2.0.2 tcp dport 443 meta length '> 300' drop
    # The size of a ClientHello; closing before the first retransmission lets the FIN travel in a packet of its own.
    talk c connect 10.2.0.2 443 send:517 sleep:0.1 close
    sleep 1
    recorded tls/client-hello-lost-before-capture
    firewall_open
    # A capture that lost frames, and one that sees the server's direction only.
    record tls/client-hello-missed-by-capture c eth0 'not (tcp dst port 443 and greater 200)'
    record tls/server-direction-only c eth0 'tcp src port 443'
    inside c curl -sk --tls-max 1.2 -o /dev/null https://10.2.0.2/hello
    inside c curl -sk --tlsv1.3 -o /dev/null https://10.2.0.2/hello
    recorded tls/client-hello-missed-by-capture
    recorded tls/server-direction-only
    expectation tls/client-hello-lost-before-capture <<'END'
# The client's first 517 bytes are dropped on the way (too long for a broken path), so the server's capture shows a handshake
# and a FIN whose sequence number tells of bytes that never came.
# origin: lab/tls.sh (nginx 1.22, python client, nftables drops long packets, captured at the server)
# look-alike: tls.no_client_hello "a ClientHello lost or unseen"
END
    expectation tls/client-hello-missed-by-capture <<'END'
# Two healthy TLS sessions (1.2 and 1.3) whose ClientHello the capture missed.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, tcpdump with a filter that leaves out the ClientHello)
# look-alike: tls.no_client_hello "a ClientHello lost or unseen"
END
    expectation tls/server-direction-only <<'END'
# Two healthy TLS sessions (1.2 and 1.3) of which only the server's packets were captured.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, tcpdump with a source filter)
# look-alike: tls.no_client_hello "a ClientHello lost or unseen"
END
}

# --- tls.handshake_failed ----------------------------------------------------------------------------------------------

failed_version() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    certificate
    background s openssl s_server -accept 443 -tls1_3 -cert "$WORK/cert.pem" -key "$WORK/key.pem" -quiet
    wait_port s 443
    record tls/failed-protocol-version c eth0
    inside c openssl s_client -connect 10.2.0.2:443 -tls1_2 </dev/null >/dev/null 2>&1 || true
    recorded tls/failed-protocol-version
    expectation tls/failed-protocol-version <<'END'
# A client of TLS 1.2 at a server of TLS 1.3 only: fatal alert protocol_version, in plain text, and FIN.
# origin: lab/tls.sh (openssl s_server and s_client 3.0)
# shows: tls.handshake_failed
# look-alike: tls.alert_fin "a fatal plaintext alert"
tls.alert_message.level == 2 => tls.handshake_failed
END
}

failed_cipher_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    record tls/failed-no-shared-cipher-ipv6 s eth0
    inside c openssl s_client -connect '[2001:db8:2::2]:443' -tls1_2 -cipher AES128-SHA </dev/null >/dev/null 2>&1 || true
    recorded tls/failed-no-shared-cipher-ipv6
    expectation tls/failed-no-shared-cipher-ipv6 <<'END'
# A client that only offers RSA ciphers at a server with an ECDSA certificate: fatal alert handshake_failure. IPv6,
# captured at the server.
# origin: lab/tls.sh (nginx 1.22, openssl s_client 3.0)
# shows: tls.handshake_failed
tls.alert_message.level == 2 => tls.handshake_failed
END
}

failed_certificate() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/failed-unknown-ca-tls12 c eth0
    inside c curl -s --tls-max 1.2 -o /dev/null https://10.2.0.2/hello || true
    recorded tls/failed-unknown-ca-tls12
    record tls/failed-unknown-ca-tls13 c eth0
    inside c curl -s --tlsv1.3 -o /dev/null https://10.2.0.2/hello || true
    recorded tls/failed-unknown-ca-tls13
    expectation tls/failed-unknown-ca-tls12 <<'END'
# The client does not trust the server's certificate: fatal alert unknown_ca from the client, in plain text. TLS 1.2.
# origin: lab/tls.sh (nginx 1.22, curl 7.88)
# shows: tls.handshake_failed
tls.alert_message.level == 2 => tls.handshake_failed
END
    expectation tls/failed-unknown-ca-tls13 <<'END'
# The client does not trust the server's certificate: fatal alert unknown_ca from the client, in plain text although the
# session is TLS 1.3, because the client has not sent its Finished yet.
# origin: lab/tls.sh (nginx 1.22, curl 7.88)
# shows: tls.handshake_failed
tls.alert_message.level == 2 => tls.handshake_failed
END
}

failed_reset() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/failed-reset-after-hello c eth0
    firewall ip daddr 10.2.0.2 tcp dport 443 meta length '> 300' reject with tcp reset
    inside c curl -sk -o /dev/null https://10.2.0.2/hello || true
    recorded tls/failed-reset-after-hello
    expectation tls/failed-reset-after-hello <<'END'
# The ClientHello is answered by RST (a filter on the server name, or a server that fails).
# origin: lab/tls.sh (curl 7.88, nftables reject with tcp reset of long packets)
# shows: tls.handshake_failed
tcp.flags.reset == 1 => tls.handshake_failed
END
}

failed_fin() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 443 recv close
    record tls/failed-fin-after-hello-router-any r any
    inside c curl -sk -o /dev/null https://10.2.0.2/hello || true
    recorded tls/failed-fin-after-hello-router-any
    expectation tls/failed-fin-after-hello-router-any <<'END'
# The server reads the ClientHello and closes without a word. Captured on all interfaces of the router: packets twice.
# origin: lab/tls.sh (python server, curl 7.88)
# shows: tls.handshake_failed
tcp.flags.fin == 1 => tls.handshake_failed
END
}

# --- tls.hello_unanswered ----------------------------------------------------------------------------------------------

hello_unanswered() {
    network c=192.168.1.30/24 s=47.104.79.200/24
    nginx_on s ""
    record tls/hello-unanswered c eth0
    record tls/hello-unanswered-router-any r any
    firewall ip daddr 47.104.79.200 tcp dport 443 meta length '> 300' drop
    inside c curl -sk -m 8 -o /dev/null https://47.104.79.200/hello || true
    sleep 0.5
    recorded tls/hello-unanswered
    recorded tls/hello-unanswered-router-any
    expectation tls/hello-unanswered <<'END'
# The TCP handshake works, the ClientHello and all its retransmissions vanish (a filter on the server name, or a path that
# loses long packets). Captured at the client, which gives up after 8 s.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, nftables drops long packets)
# shows: tls.hello_unanswered
# look-alike: connect.first_data_lost "ClientHello (tls.hello_unanswered)"
tcp.analysis.retransmission && tcp.len > 200 @3 => tls.hello_unanswered
END
    expectation tls/hello-unanswered-router-any <<'END'
# The same as hello-unanswered, seen on all interfaces of the router: the handshake appears twice, the ClientHello that
# the router drops once.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, nftables drops long packets)
# shows: tls.hello_unanswered
tcp.dstport == 443 && tcp.len > 300 @4 => tls.hello_unanswered
END
}

hello_unanswered_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    record tls/hello-unanswered-ipv6 c eth0
    firewall ip6 daddr 2001:db8:2::2 tcp dport 443 meta length '> 300' drop
    inside c openssl s_client -connect '[2001:db8:2::2]:443' </dev/null >/dev/null 2>&1 &
    sleep 5
    recorded tls/hello-unanswered-ipv6
    expectation tls/hello-unanswered-ipv6 <<'END'
# The ClientHello and its retransmissions vanish; the capture ends while the client still waits. IPv6.
# origin: lab/tls.sh (nginx 1.22, openssl s_client 3.0, nftables drops long packets)
# shows: tls.hello_unanswered
tcp.analysis.retransmission && tcp.len > 200 @3 => tls.hello_unanswered
END
}

hello_blind_direction() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/hello-retransmitted-blind-direction c eth0 src host 10.1.0.2
    inside c curl -sk -o /dev/null https://10.2.0.2/hello
    inside c curl -sk -o /dev/null https://10.2.0.2/hello
    # Behind the place of the capture all that the server says after its SYN-ACK is lost for 3.5 s.
    firewall ip saddr 10.2.0.2 'tcp flags & syn == 0' drop
    after 3.5 firewall_open
    inside c curl -sk -m 15 -o /dev/null https://10.2.0.2/hello
    recorded tls/hello-retransmitted-blind-direction
    expectation tls/hello-retransmitted-blind-direction <<'END'
# Only the client's packets are captured. The third client retransmits its ClientHello several times because answers are
# lost for 3.5 s, then the session goes on: later records and ACK numbers prove the answers.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, tcpdump with a source filter, nftables drop of one direction)
# look-alike: tls.hello_unanswered "blind direction"
END
}

hello_repeated_then_answered() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record tls/hello-lost-twice-then-answered c eth0
    lose_first 2 ip daddr 10.2.0.2 tcp dport 443 meta length '> 300'
    inside c curl -sk -m 15 -o /dev/null https://10.2.0.2/hello
    recorded tls/hello-lost-twice-then-answered
    expectation tls/hello-lost-twice-then-answered <<'END'
# A ClientHello and its first retransmission are lost, the second is answered: some loss, nothing that filters.
# origin: lab/tls.sh (nginx 1.22, curl 7.88, nftables drops two packets)
# look-alike: tls.hello_unanswered "ClientHello retransmitted, then answered"
END
}

SCENARIOS=(
    alert_fin_tls12 alert_fin_tls13_ipv6 alert_fin_router_any alert_fin_haproxy_late_reset alert_fin_by_client
    alert_fin_client_closes closed_by_server_at_once closed_by_client_at_once reset_without_alert no_hello_client_closes
    no_hello_server_closes
    no_hello_reset health_checks health_checks_half_open plain_http_on_443 hello_lost_or_unseen failed_version
    failed_cipher_ipv6 failed_certificate failed_reset failed_fin hello_unanswered hello_unanswered_ipv6
    hello_blind_direction hello_repeated_then_answered
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
