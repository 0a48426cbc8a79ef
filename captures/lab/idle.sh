#!/usr/bin/env bash
# Connections that die, survive or close while nobody speaks: idle.reset, idle.blackhole, idle.close, idle.expired, idle.race and their
# look-alikes. A middlebox that forgot its state is the router, whose firewall starts to drop or to reset during the wait.
# The longest scenario waits 122 s; all run side by side.

. "$(dirname "$0")/lib.sh"

# --- idle.reset --------------------------------------------------------------------------------------------------------

reset_60s_by_router() {
    network c=192.168.1.30/24 s=115.28.115.126/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/reset-60s-by-router c eth0
    record idle/reset-60s-by-router-snaplen-96 c eth0 -s 96
    after 30 forget_by_reset
    talk c connect 115.28.115.126 80 get recv sleep:60.6 get recv
    recorded idle/reset-60s-by-router
    recorded idle/reset-60s-by-router-snaplen-96
    expectation idle/reset-60s-by-router <<'END'
# A keep-alive request 60.6 s after the last answer meets a middlebox without state for it: RST at once. Captured at the client.
# origin: lab/idle.sh (nginx 1.22, python client, nftables reject with tcp reset on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
    expectation idle/reset-60s-by-router-snaplen-96 <<'END'
# The same as reset-60s-by-router, captured with a snap length of 96 bytes.
# origin: lab/idle.sh (nginx 1.22, python client, nftables reject with tcp reset on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
}

bracket() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/bracket-17s-to-33s c eth0
    talk c connect 10.2.0.2 80 get recv sleep:17 get recv close
    after 10 forget_by_reset
    talk c connect 10.2.0.2 80 get recv sleep:33 get recv
    recorded idle/bracket-17s-to-33s
    expectation idle/bracket-17s-to-33s <<'END'
# One connection goes on after 17 s without traffic, the next one is refused by a middlebox after 33 s: its timer lies between.
# origin: lab/idle.sh (nginx 1.22, python client, nftables reject with tcp reset on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
}

reset_lost_fin_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s "keepalive_timeout 15s;"
    record idle/reset-lost-fin-ipv6 c eth0
    # The server's FIN never arrives, so the client believes that the connection lives.
    firewall 'tcp flags & (fin|rst) == fin' tcp sport 80 drop
    talk c connect 2001:db8:2::2 80 get recv sleep:18 get recv
    recorded idle/reset-lost-fin-ipv6
    expectation idle/reset-lost-fin-ipv6 <<'END'
# The server closed after its 15 s timer but its FIN was lost on the way; the request at 18 s is answered by the server's RST.
# Captured at the client, IPv6.
# origin: lab/idle.sh (nginx 1.22, python client, nftables drops the FIN)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
}

reset_after_retransmissions() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/reset-after-retransmissions-router-any r any
    record idle/reset-after-retransmissions c eth0
    # The request and two retransmissions vanish, then the middlebox speaks.
    after 10 eval "lose_first 3 meta l4proto tcp; forget_by_reset"
    talk c connect 10.2.0.2 80 get recv sleep:15.7 get recv
    recorded idle/reset-after-retransmissions-router-any
    recorded idle/reset-after-retransmissions
    expectation idle/reset-after-retransmissions <<'END'
# A request after 15.7 s of idle is retransmitted without answer, then the middlebox sends RST. Captured at the client.
# origin: lab/idle.sh (nginx 1.22, python client, nftables drop, then reject, on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
    expectation idle/reset-after-retransmissions-router-any <<'END'
# The same as reset-after-retransmissions, seen on all interfaces of the router (tcpdump -i any): the packets that it
# forwards appear twice, those that it drops or sends itself once.
# origin: lab/idle.sh (nginx 1.22, python client, nftables drop, then reject, on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
}

reset_on_keepalive_probe() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/reset-on-keepalive-probe c eth0
    after 8 forget_by_reset
    talk c --keepalive 16 connect 10.2.0.2 80 get recv sleep:18
    recorded idle/reset-on-keepalive-probe
    expectation idle/reset-on-keepalive-probe <<'END'
# Nothing is sent for 16 s, then the client's first keepalive probe meets a middlebox that forgot the connection: RST.
# origin: lab/idle.sh (nginx 1.22, python client with TCP keepalive every 16 s, nftables reject on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
}

reset_120s_server_push() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    certificate
    serve s --tls13 listen 443 answer:200 sleep:121 send:64 recv
    record idle/reset-120s-server-push-tls13 s eth0
    after 60 forget_by_reset
    talk c --tls13 connect 10.2.0.2 443 get recv sleep:122
    recorded idle/reset-120s-server-push-tls13
    expectation idle/reset-120s-server-push-tls13 <<'END'
# A server pushes data over TLS 1.3 after 121 s of idle and is reset by a middlebox that forgot the connection.
# Captured at the server.
# origin: lab/idle.sh (python server and client, nftables reject with tcp reset on the router)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
}

reset_without_idle() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 answer:200 recv rst
    record idle/reset-without-idle c eth0
    talk c connect 10.2.0.2 80 get recv sleep:0.2 get recv
    recorded idle/reset-without-idle
    expectation idle/reset-without-idle <<'END'
# The second request, 0.2 s after the first answer, is answered by RST: a server that fails, not a timer.
# origin: lab/idle.sh (python server and client)
# look-alike: idle.reset "RST without idle before it"
END
}

reset_after_fin() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 answer:200 close
    record idle/reset-after-fin c eth0
    talk c connect 10.2.0.2 80 get recv sleep:20 get recv
    recorded idle/reset-after-fin
    expectation idle/reset-after-fin <<'END'
# The server closes properly right after its answer; a careless client sends on the closed connection 20 s later: RST.
# origin: lab/idle.sh (python server and client)
# look-alike: idle.reset "RST after FIN or after the peer closed properly"
END
}

client_aborts_idle() {
    network c=10.1.0.2/24 s=10.2.0.2/24,2001:db8:2::2/64
    nginx_on s "keepalive_timeout 120s;"
    record idle/client-aborts-with-nothing-pending c eth0
    talk c connect 10.2.0.2 80 get recv sleep:20 rst
    recorded idle/client-aborts-with-nothing-pending
    expectation idle/client-aborts-with-nothing-pending <<'END'
# A client drops its idle connection with RST after 20 s; nothing was waiting for an answer: a chat, if a timer of 20 s is known.
# origin: lab/idle.sh (nginx 1.22, python client with SO_LINGER 0)
# look-alike: idle.reset "client aborting with nothing pending"
tcp.flags.reset == 1 => idle.close
END
}

reset_under_level() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/reset-after-10s c eth0
    after 5 forget_by_reset
    talk c connect 10.2.0.2 80 get recv sleep:10 get recv
    recorded idle/reset-after-10s
    expectation idle/reset-after-10s <<'END'
# A request after 10 s of idle is reset by a middlebox: shorter than the lowest level of 15 s.
# origin: lab/idle.sh (nginx 1.22, python client, nftables reject with tcp reset on the router)
# look-alike: idle.reset "idle under the lowest level"
END
}

# --- idle.blackhole ----------------------------------------------------------------------------------------------------

blackhole_60s() {
    network c=192.168.1.30/24 s=115.28.115.126/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/blackhole-60s c eth0
    after 30 forget_by_drop
    talk c connect 115.28.115.126 80 get recv sleep:60.3 get sleep:8 fin sleep:1
    recorded idle/blackhole-60s
    expectation idle/blackhole-60s <<'END'
# A keep-alive request 60.3 s after the last answer vanishes, and so do all its retransmissions: a middlebox dropped its
# state silently. Captured at the client.
# origin: lab/idle.sh (nginx 1.22, python client, nftables drop on the router)
# shows: idle.blackhole
# look-alike: path.peer_gone "silence after an idle time (idle.blackhole)"
tcp.analysis.retransmission && tcp.srcport != 80 @5 => idle.blackhole
END
}

blackhole_15s_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 8080 answer:200 sleep:16 send:64 stay:7
    record idle/blackhole-server-push-ipv6 s eth0
    after 8 forget_by_drop
    talk c connect 2001:db8:2::2 8080 get recv sleep:23
    recorded idle/blackhole-server-push-ipv6
    expectation idle/blackhole-server-push-ipv6 <<'END'
# A server pushes data after 16 s of idle; it is retransmitted for 7 s and nothing comes back. Captured at the server, IPv6.
# origin: lab/idle.sh (python server and client, nftables drop on the router)
# shows: idle.blackhole
tcp.analysis.retransmission && tcp.srcport == 8080 && tcp.len == 64 @5 => idle.blackhole
END
}

blackhole_then_rst() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/blackhole-later-rst c eth0
    after 8 forget_by_drop
    after 21.5 eval "firewall_open; forget_by_reset"
    talk c connect 10.2.0.2 80 get recv sleep:15.5 get recv
    recorded idle/blackhole-later-rst
    expectation idle/blackhole-later-rst <<'END'
# A request after 15.5 s of idle is retransmitted for 5 s with nothing coming back; the RST that ends it at last belongs
# to the same failure.
# origin: lab/idle.sh (nginx 1.22, python client, nftables drop, later reject, on the router)
# shows: idle.blackhole
tcp.analysis.retransmission && tcp.srcport != 80 @5 => idle.blackhole
END
}

loss_repaired_after_idle() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/loss-repaired-after-idle c eth0
    after 10 lose_first 3 ip saddr 10.1.0.2
    talk c connect 10.2.0.2 80 get recv sleep:20 get recv get recv close
    recorded idle/loss-repaired-after-idle
    expectation idle/loss-repaired-after-idle <<'END'
# A request after 20 s of idle is lost and so are two retransmissions; the third gets through and all goes on.
# origin: lab/idle.sh (nginx 1.22, python client, nftables drops three packets)
# look-alike: idle.blackhole "loss repaired by a retransmission"
END
}

blind_direction_after_idle() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    # Asymmetric routing: the capture has the client's packets only.
    record idle/blind-direction-retransmissions c eth0 src host 10.1.0.2
    talk c connect 10.2.0.2 80 get recv get recv close
    talk c connect 10.2.0.2 80 get recv close
    # The answers are lost for 4 s, behind the place of the capture; the connection survives.
    after 20 firewall ip saddr 10.2.0.2 drop
    after 27 firewall_open
    talk c connect 10.2.0.2 80 get recv sleep:22 get recv sleep:1 get recv close
    recorded idle/blind-direction-retransmissions
    expectation idle/blind-direction-retransmissions <<'END'
# Only the client's packets are captured. After 22 s of idle it retransmits its request several times, because answers are
# lost for some seconds; that they come later is seen in its ACK numbers only.
# origin: lab/idle.sh (nginx 1.22, python client, tcpdump with a source filter, nftables drop of one direction)
# look-alike: idle.blackhole "a blind direction"
END
}

# --- idle.close --------------------------------------------------------------------------------------------------------

close_by_server() {
    local seconds=$1 address=$2 name=$3 port=80
    record "$name" c eth0
    talk c connect "$address" "$port" get recv eof close
    recorded "$name"
    expectation "$name" <<END
# nginx closes a keep-alive connection properly at its keepalive_timeout of $seconds s. Captured at the client.
# origin: lab/idle.sh (nginx 1.22, python client)
# shows: idle.close
tcp.flags.fin == 1 => idle.close
END
}

close_15s_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s "keepalive_timeout 15s;"
    close_by_server 15 2001:db8:2::2 idle/close-15s-nginx-ipv6
}

close_75s() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 75s;"
    close_by_server 75 10.2.0.2 idle/close-75s-nginx
}

close_by_client_90s() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/close-90s-by-client s any
    talk c connect 10.2.0.2 80 get recv sleep:90 fin eof close
    recorded idle/close-90s-by-client
    expectation idle/close-90s-by-client <<'END'
# The client closes its pooled connection after 90 s of idle, the default of Go's HTTP client. Captured on all interfaces
# of the server (Linux cooked capture v2).
# origin: lab/idle.sh (nginx 1.22, python client)
# shows: idle.close
tcp.flags.fin == 1 => idle.close
END
}

close_50s_haproxy() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    cat >"$WORK/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
frontend f
    bind :80
    http-request return status 200 content-type text/plain string hello
END
    background s haproxy -db -f "$WORK/haproxy.cfg"
    wait_port s 80
    record idle/close-50s-haproxy c eth0
    talk c connect 10.2.0.2 80 get recv eof close
    recorded idle/close-50s-haproxy
    expectation idle/close-50s-haproxy <<'END'
# haproxy closes an idle keep-alive connection at its "timeout client" of 50 s, the value of Debian's default file.
# origin: lab/idle.sh (haproxy 2.6, python client)
# shows: idle.close
tcp.flags.fin == 1 => idle.close
END
}

close_after_answer() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 120s;"
    record idle/client-closes-after-answer c eth0
    talk c connect 10.2.0.2 80 get recv close
    talk c connect 10.2.0.2 80 get recv sleep:20 get recv fin eof close
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    talk c connect 10.2.0.2 80 get recv sleep:25 fin eof close
    recorded idle/client-closes-after-answer
    expectation idle/client-closes-after-answer <<'END'
# Clients close right after their answer, one of them after a second request that came 20 s later; a last one closes
# after 25 s, which is no timer.
# origin: lab/idle.sh (nginx 1.22, curl 7.88, python client)
# look-alike: idle.close "close by the client right after its answer"
END
}

# --- idle.expired ------------------------------------------------------------------------------------------------------

expired_20s_ipv6() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    serve s listen 80 answer:200 sleep:20 rst
    record idle/expired-20s-ipv6 c eth0
    talk c connect 2001:db8:2::2 80 get recv eof close &
    local first=$!
    sleep 5
    talk c connect 2001:db8:2::2 80 get recv eof close
    wait "$first"
    recorded idle/expired-20s-ipv6
    expectation idle/expired-20s-ipv6 <<'END'
# A server that resets idle connections at its timer of 20 s: a note at the first one, a warning at the second, 5 s later.
# origin: lab/idle.sh (python server with SO_LINGER 0, python client)
# shows: idle.expired
tcp.flags.reset == 1 => idle.expired
tcp.flags.reset == 1 @2 => idle.expired
END
}

expired_not() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    serve s listen 8080 answer:200 answer:200 rst
    record idle/reset-by-client-or-at-once c eth0
    talk c connect 10.2.0.2 80 get recv sleep:16 rst
    talk c connect 10.2.0.2 80 sleep:16 rst
    talk c connect 10.2.0.2 8080 get recv sleep:16 get recv eof close
    recorded idle/reset-by-client-or-at-once
    expectation idle/reset-by-client-or-at-once <<'END'
# A client drops an idle connection by RST after 16 s, a health check one that it never used; and a server resets a connection right
# after its answer to a request that came 16 s after the one before.
# origin: lab/idle.sh (nginx 1.22, python client and server with SO_LINGER 0)
# look-alike: idle.expired "client that aborts"
# look-alike: idle.expired "health check that ends by RST"
# look-alike: idle.expired "RST right after the answer"
tcp.flags.reset == 1 => idle.close
tcp.flags.reset == 1 @2 => idle.close
END
}

restart_resets_all() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s --linger0 listen 8080 loop:100
    record idle/restart-resets-all c eth0
    talk c connect 10.2.0.2 8080 get recv eof close &
    local first=$!
    talk c connect 10.2.0.2 8080 get recv sleep:5 get recv eof close &
    local second=$!
    sleep 20
    inside s ss -Htlnp "sport = :8080" | grep -oP 'pid=\K\d+' | xargs kill -9
    wait "$first" "$second"
    recorded idle/restart-resets-all
    expectation idle/restart-resets-all <<'END'
# A server dies and all of its connections are reset at the same moment, after 20 and 15 s without data.
# origin: lab/idle.sh (python server with SO_LINGER 0, killed; python client)
# look-alike: idle.expired "server restart that resets all connections at once"
END
}

# --- idle.race ---------------------------------------------------------------------------------------------------------

race_5s() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 5s;"
    record idle/race-5s c eth0
    talk c connect 10.2.0.2 80 get recv sleep:5.1 get recv
    recorded idle/race-5s
    expectation idle/race-5s <<'END'
# nginx closes at its keepalive_timeout of 5 s; the client has not noticed yet and sends a request right after: RST.
# origin: lab/idle.sh (nginx 1.22, python client)
# shows: idle.race
tcp.flags.reset == 1 => idle.race
END
}

race_15s_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s "keepalive_timeout 15s;"
    record idle/race-15s-server-ipv6 s eth0
    talk c connect 2001:db8:2::2 80 get recv sleep:15.1 get recv
    recorded idle/race-15s-server-ipv6
    expectation idle/race-15s-server-ipv6 <<'END'
# nginx closes at its keepalive_timeout of 15 s and the client's next request meets the closed socket: RST.
# Captured at the server, IPv6.
# origin: lab/idle.sh (nginx 1.22, python client)
# shows: idle.close
# shows: idle.race
tcp.flags.fin == 1 => idle.close
tcp.flags.reset == 1 => idle.race
END
}

race_crossing() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 5s;"
    # 40 ms each way, so that request and FIN pass each other under way.
    slow_path 0.04 0 c s
    record idle/race-crossing c eth0
    talk c connect 10.2.0.2 80 get recv sleep:4.96 get recv
    recorded idle/race-crossing
    expectation idle/race-crossing <<'END'
# On a path of 80 ms, the client's request and the FIN of nginx (keepalive_timeout 5 s) cross; the request arrives at a
# closed socket: RST. Captured at the client, which sent the request before the FIN arrived.
# origin: lab/idle.sh (nginx 1.22, python client, lab/wire.py as slow path)
# shows: idle.race
tcp.flags.reset == 1 => idle.race
END
}

late_close_notify() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "keepalive_timeout 5s;"
    record idle/late-close-notify c eth0
    # The client reads the end, then closes TLS properly: its close_notify meets a closed socket.
    talk c --tls13 connect 10.2.0.2 443 get recv eof sleep:0.1 notify fin sleep:0.2 close
    talk c --tls12 connect 10.2.0.2 443 get recv eof sleep:0.1 notify fin sleep:0.2 close
    talk c connect 10.2.0.2 80 get recv eof sleep:0.1 fin sleep:0.2 close
    recorded idle/late-close-notify
    expectation idle/late-close-notify <<'END'
# nginx closes at 5 s; TLS clients answer its end with their own close_notify, which is answered by RST, and a plain
# client with FIN. No request is lost.
# origin: lab/idle.sh (nginx 1.22, python client, TLS 1.3, TLS 1.2 and plain)
# look-alike: idle.race "late close_notify or FIN exchange"
# look-alike: idle.reset "RST after FIN or after the peer closed properly"
END
}

# --- healthy idle ------------------------------------------------------------------------------------------------------

keepalives_survive() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 22 say:SSH-2.0-OpenSSH_9.2 recv send:200 recv send:48 recv send:48 eof
    record healthy/ssh-like-70s-idle-with-keepalives c eth0
    talk c --keepalive 20 connect 10.2.0.2 22 recv say:SSH-2.0-OpenSSH_9.2 recv send:96 recv sleep:70 send:48 recv close
    recorded healthy/ssh-like-70s-idle-with-keepalives
    expectation healthy/ssh-like-70s-idle-with-keepalives <<'END'
# A remote shell rests for 70 s with TCP keepalive probes every 20 s, then goes on and is closed by the client.
# origin: lab/idle.sh (python server and client with TCP keepalive)
# look-alike: all "idle connection kept alive by probes"
END
}

websocket_like() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s --keepalive 15 listen 80 answer:100 sleep:32 send:6 recv sleep:31 send:6 recv eof
    record healthy/websocket-like-65s c eth0
    talk c connect 2001:db8:2::2 80 get:/socket recv recv send:10 recv send:10 fin eof close
    recorded healthy/websocket-like-65s
    expectation healthy/websocket-like-65s <<'END'
# A WebSocket-like connection: server pings after 32 s and 31 s of idle are answered, TCP keepalive probes in between. IPv6.
# origin: lab/idle.sh (python server with TCP keepalive, python client)
# look-alike: all "idle connection that survives"
END
}

long_poll() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 recv sleep:20 respond:300 recv sleep:20 respond:300 eof
    record healthy/long-poll-20s c eth0
    talk c connect 10.2.0.2 80 get:/events recv get:/events recv close
    recorded healthy/long-poll-20s
    expectation healthy/long-poll-20s <<'END'
# Two long polls on one connection, each answered after 20 s; the client closes after the second answer.
# origin: lab/idle.sh (python server and client)
# look-alike: all "slow but answered"
END
}

SCENARIOS=(
    bracket reset_60s_by_router reset_lost_fin_ipv6 reset_after_retransmissions reset_on_keepalive_probe
    reset_120s_server_push reset_without_idle reset_after_fin client_aborts_idle reset_under_level blackhole_60s
    blackhole_15s_ipv6 blackhole_then_rst loss_repaired_after_idle blind_direction_after_idle close_15s_ipv6
    close_75s close_by_client_90s close_50s_haproxy close_after_answer race_5s race_15s_ipv6 race_crossing
    expired_20s_ipv6 expired_not restart_resets_all
    late_close_notify keepalives_survive websocket_like long_poll
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
