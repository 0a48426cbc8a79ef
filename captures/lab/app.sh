#!/usr/bin/env bash
# Applications that let the other side wait, and clients that do not wait any longer (app.*), and what only looks so.
# Takes about 40 s.

# Each word of `times` is a step.
# shellcheck disable=SC2046
. "$(dirname "$0")/lib.sh"

# --- app.client_timeout --------------------------------------------------------------------------------------------------

client_timeout() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 recv sleep:30
    record app/client-timeout c eth0
    for _ in 1 2; do
        inside c curl -s -m 3 -o /dev/null http://10.2.0.2/report || true
        sleep 0.4
    done
    recorded app/client-timeout
    expectation app/client-timeout <<'END'
# A server acknowledges two requests and does not answer them; curl leaves each after its timeout of 3 s. Captured at the client.
# origin: lab/app.sh (curl 7.88, talk.py)
# shows: app.client_timeout
tcp.flags.fin == 1 @2 => app.client_timeout
END
}

client_timeout_answered_later_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 8080 recv sleep:3.6 respond:300
    record app/client-timeout-answered-later-ipv6 s eth0
    talk c connect 2001:db8:2::2 8080 get:/report sleep:2 close
    sleep 2
    recorded app/client-timeout-answered-later-ipv6
    expectation app/client-timeout-answered-later-ipv6 <<'END'
# A client leaves after 2 s; the answer comes 1.6 s later and meets a closed socket. Captured at the server, IPv6.
# origin: lab/app.sh (talk.py)
# shows: app.client_timeout
tcp.flags.reset == 1 => app.client_timeout
END
}

client_timeout_cancelled() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 recv sleep:30
    record app/client-timeout-users-who-cancel c eth0
    for seconds in 2.4 3.7 3.4; do
        talk c connect 10.2.0.2 80 get:/report sleep:$seconds close
        sleep 0.6
    done
    recorded app/client-timeout-users-who-cancel
    expectation app/client-timeout-users-who-cancel <<'END'
# A user cancels three requests when he has had enough, after 2.4, 3.7 and 3.4 s.
# origin: lab/app.sh (talk.py)
# look-alike: app.client_timeout "users who cancel"
END
}

client_timeout_health_checks() {
    network b=10.1.0.2/24 s=10.2.0.2/24
    cat >"$WORK/haproxy.cfg" <<'END'
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    timeout check 2s
frontend f
    bind :80
    default_backend b
backend b
    option httpchk GET /health
    server one 10.2.0.2:80 check inter 4s
END
    serve s listen 80 recv sleep:30
    record app/client-timeout-health-checks s eth0
    background b haproxy -db -f "$WORK/haproxy.cfg"
    sleep 16
    recorded app/client-timeout-health-checks
    expectation app/client-timeout-health-checks <<'END'
# The health checks of haproxy, one every 6 s, get no answer within their timeout of 2 s.
# origin: lab/app.sh (haproxy 2.6, talk.py)
# look-alike: app.client_timeout "health checks"
END
}

client_timeout_never_answered() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 514 eof
    record app/client-timeout-never-answered c eth0
    for _ in 1 2; do
        talk c connect 10.2.0.2 514 send:120 sleep:5 close
        sleep 0.6
    done
    recorded app/client-timeout-never-answered
    expectation app/client-timeout-never-answered <<'END'
# A sender of log lines closes its connection when it has had nothing to say for 5 s, twice; nobody answers a log line.
# origin: lab/app.sh (talk.py)
# look-alike: app.client_timeout "a program that is sent something and never answers"
END
}

# --- app.slow_answer -----------------------------------------------------------------------------------------------------

slow_answer() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 answer:60 answer:60 answer:60 recv sleep:1.6 respond:60
    record app/slow-answer c eth0
    talk c connect 10.2.0.2 80 get recv get recv get recv get:/report?id=7 recv close
    recorded app/slow-answer
    expectation app/slow-answer <<'END'
# A server answers three requests at once and takes 1.6 s for the fourth. Captured at the client.
# origin: lab/app.sh (talk.py)
# shows: app.slow_answer
http.response @4 => app.slow_answer
END
}

slow_answer_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 8080 recv sleep:1.2 respond:60
    record app/slow-answer-server-ipv6 s eth0
    talk c connect 2001:db8:2::2 8080 get:/login recv close
    recorded app/slow-answer-server-ipv6
    expectation app/slow-answer-server-ipv6 <<'END'
# A server takes 1.2 s for the only request that it gets. Captured at the server, IPv6.
# origin: lab/app.sh (talk.py)
# shows: app.slow_answer
http.response => app.slow_answer
END
}

slow_answer_long_poll() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 recv sleep:1.5 respond:20 recv sleep:1.3 respond:20 eof
    record app/slow-answer-long-poll c eth0
    talk c connect 10.2.0.2 80 get:/chat/poll?since=1 recv get:/chat/poll?since=2 recv close
    recorded app/slow-answer-long-poll
    expectation app/slow-answer-long-poll <<'END'
# A chat asks for what is new and waits for it, for 1.5 and 1.3 s.
# origin: lab/app.sh (talk.py)
# look-alike: app.slow_answer "long poll"
END
}

slow_answer_push() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 recv "header:Content-Type: text/event-stream" sleep:1.4 send:40 sleep:1.4 send:40
    record app/slow-answer-push c eth0
    talk c connect 10.2.0.2 80 get:/ticker eof close
    recorded app/slow-answer-push
    expectation app/slow-answer-push <<'END'
# A server begins its answer at once, and sends an event every 1.4 s.
# origin: lab/app.sh (talk.py)
# look-alike: app.slow_answer "push"
END
}

slow_answer_upload() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 recv respond:20 eof
    record app/slow-answer-upload c eth0
    talk c connect 10.2.0.2 80 post:600 sleep:0.7 send:300 sleep:0.7 send:300 recv close
    recorded app/slow-answer-upload
    expectation app/slow-answer-upload <<'END'
# A form is sent in pieces for 1.4 s, and answered at its end.
# origin: lab/app.sh (talk.py)
# look-alike: app.slow_answer "upload"
END
}

# --- app.zero_window -----------------------------------------------------------------------------------------------------

# small_buffers HOST: a few packets fill the receiver's buffer
small_buffers() {
    inside "$1" sysctl -qw net.ipv4.tcp_rmem="4096 4096 4096"
}

zero_window() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    small_buffers s
    serve s listen 9092 recv sleep:4 recv:4000 send:20 eof
    record app/zero-window c eth0
    talk c --source 40500 connect 10.2.0.2 9092 send:100 sleep:0.1 send:4000 recv close
    recorded app/zero-window
    expectation app/zero-window <<'END'
# A consumer does not read for 4 s: its window is 0, and each probe is answered. Captured at the sender.
# origin: lab/app.sh (talk.py, a receive buffer of 4 kB)
# shows: app.zero_window
tcp.window_size_value == 0 && tcp.flags == 0x010 && frame.time_relative > 1 => app.zero_window
END
}

zero_window_client_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    small_buffers c
    serve s listen 80 recv respond:4000 eof
    record app/zero-window-client-ipv6 c eth0
    talk c connect 2001:db8:2::2 80 get:/download sleep:2.5 recv close
    recorded app/zero-window-client-ipv6
    expectation app/zero-window-client-ipv6 <<'END'
# A client does not read its download for 2.5 s. Captured at the client, IPv6.
# origin: lab/app.sh (talk.py, a receive buffer of 4 kB)
# shows: app.zero_window
tcp.window_size_value == 0 && tcp.flags == 0x010 && frame.time_relative > 1 => app.zero_window
END
}

zero_window_short() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    small_buffers s
    serve s listen 9092 sleep:0.5 recv:1500 sleep:0.5 recv:1500 sleep:0.5 recv:1500 sleep:0.5 eof
    record app/zero-window-short-closings c eth0
    talk c connect 10.2.0.2 9092 send:9000 close
    sleep 3
    recorded app/zero-window-short-closings
    expectation app/zero-window-short-closings <<'END'
# A slow reader takes some of its data every half second: its window is closed again and again, for less than a second.
# origin: lab/app.sh (talk.py, a receive buffer of 4 kB)
# look-alike: app.zero_window "short closings in bulk transfer"
END
}

zero_window_reset() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 9092 recv send:20 rst
    firewall tcp sport 9092 'tcp flags & rst == rst' drop
    record app/zero-window-of-a-reset s eth0
    talk c connect 10.2.0.2 9092 send:100 recv sleep:0.2 send:100 sleep:3 rst
    recorded app/zero-window-of-a-reset
    expectation app/zero-window-of-a-reset <<'END'
# A server has reset a connection and answers what still comes by RST, whose window is 0; a firewall drops the RSTs, and the client
# repeats itself for 3 s. Captured at the server.
# origin: lab/app.sh (talk.py, nftables drop)
# look-alike: app.zero_window "window of a RST"
END
}

zero_window_synproxy() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    inside s nft add table ip proxy
    inside s nft "add chain ip proxy raw { type filter hook prerouting priority -300; }"
    inside s nft "add chain ip proxy in { type filter hook input priority 0; }"
    inside s nft add rule ip proxy raw tcp dport 80 tcp flags syn notrack
    inside s nft add rule ip proxy in tcp dport 80 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
    inside s sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
    serve s listen 80 answer:200 eof
    record app/zero-window-synproxy c eth0
    talk c connect 10.2.0.2 80 get recv close
    recorded app/zero-window-synproxy
    expectation app/zero-window-synproxy <<'END'
# The SYN-ACK of a SYNPROXY has window 0, until it has a connection of its own to the server.
# origin: lab/app.sh (talk.py, nftables synproxy)
# look-alike: app.zero_window "SYNPROXY"
END
}

# --- app.nagle_delayed_ack -----------------------------------------------------------------------------------------------

# times N STEP...: the steps, N times
times() {
    local n=$1
    shift
    for _ in $(seq "$n"); do echo "$@"; done
}

nagle() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 6379 $(times 8 recv:27 send:5) eof
    record app/nagle-delayed-ack c eth0
    talk c --nagle connect 10.2.0.2 6379 $(times 2 send:27 recv:5) $(times 6 send:13 send:14 recv:5) close
    recorded app/nagle-delayed-ack
    expectation app/nagle-delayed-ack <<'END'
# A client writes each of six commands in two pieces, without TCP_NODELAY. Captured at the client.
# origin: lab/app.sh (talk.py)
# shows: app.nagle_delayed_ack
tcp.len == 14 @5 => app.nagle_delayed_ack
END
}

nagle_server_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s --nagle listen 8080 $(times 2 recv:100 send:420) $(times 6 recv:100 send:120 send:300) eof
    record app/nagle-delayed-ack-server-ipv6 c eth0
    talk c connect 2001:db8:2::2 8080 $(times 8 send:100 recv:420) close
    recorded app/nagle-delayed-ack-server-ipv6
    expectation app/nagle-delayed-ack-server-ipv6 <<'END'
# A server writes the header and the body of each answer apart, without TCP_NODELAY. Captured at the client, IPv6.
# origin: lab/app.sh (talk.py)
# shows: app.nagle_delayed_ack
tcp.len == 300 @5 => app.nagle_delayed_ack
END
}

nagle_long_path() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    slow_path 0.019 0 c s
    serve s listen 6379 eof
    record app/nagle-long-path c eth0
    talk c --nagle connect 10.2.0.2 6379 $(times 6 send:13 send:14 sleep:0.12) close
    recorded app/nagle-long-path
    expectation app/nagle-long-path <<'END'
# Each second piece of a command waits for the ACK of the first, and that takes 40 ms because the path does.
# origin: lab/app.sh (talk.py, lab/wire.py as slow path)
# look-alike: app.nagle_delayed_ack "a path of that round trip"
END
}

nagle_paced() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 5044 recv:20 send:5 recv:20 send:5 eof
    record app/nagle-steady-pace c eth0
    talk c connect 10.2.0.2 5044 $(times 2 send:20 recv:5) $(times 12 send:20 sleep:0.0435) close
    recorded app/nagle-steady-pace
    expectation app/nagle-steady-pace <<'END'
# A sensor sends a value every 44 ms and more, which nobody answers; the first ACK is a delayed one.
# origin: lab/app.sh (talk.py)
# look-alike: app.nagle_delayed_ack "a program that sends at a steady pace"
END
}

# --- app.close_wait ------------------------------------------------------------------------------------------------------

close_wait() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 answer:60 close
    record app/close-wait c eth0
    background c "$PYTHON" "$LAB/talk.py" connect 10.2.0.2 80 get recv sleep:60 close
    sleep 6
    background c "$PYTHON" "$LAB/talk.py" connect 10.2.0.2 80 get recv sleep:60 close
    sleep 27
    talk c connect 10.2.0.2 80 sleep:6 get recv close
    recorded app/close-wait
    expectation app/close-wait <<'END'
# A server ends three connections behind its answers; the client leaves the first two of them open. Captured at the client.
# origin: lab/app.sh (talk.py)
# shows: app.close_wait
tcp.flags == 0x002 @3 => app.close_wait
END
}

close_wait_half_close() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 9092 recv:20 fin eof close
    record app/close-wait-half-close-ipv6 c eth0
    talk c connect 2001:db8:2::2 9092 send:20 $(times 6 sleep:6 send:100) close
    recorded app/close-wait-half-close-ipv6
    expectation app/close-wait-half-close-ipv6 <<'END'
# A server has nothing to say and closes its direction at once; the client goes on sending for 36 s. IPv6.
# origin: lab/app.sh (talk.py)
# look-alike: app.close_wait "half-close by design"
END
}

close_wait_pool() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 answer:60 close
    record app/close-wait-pool c eth0
    background c "$PYTHON" "$LAB/talk.py" connect 10.2.0.2 80 get recv sleep:50 close
    sleep 37
    talk c connect 10.2.0.2 80 get recv close
    sleep 18
    recorded app/close-wait-pool
    expectation app/close-wait-pool <<'END'
# A server ends a connection; the client closes it 50 s later, and one pass tells of it in between.
# origin: lab/app.sh (talk.py)
# look-alike: app.close_wait "a pool that closes its idle connections within a minute or so"
tcp.flags == 0x002 @2 => app.close_wait withdrawn 24
END
}

close_wait_end() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 80 answer:60 close
    record app/close-wait-end-of-capture c eth0
    background c "$PYTHON" "$LAB/talk.py" connect 10.2.0.2 80 get recv sleep:60 close
    sleep 4
    talk c connect 10.2.0.2 80 get recv close
    recorded app/close-wait-end-of-capture
    expectation app/close-wait-end-of-capture <<'END'
# A server closes a connection, and the capture ends 4 s later, before the client has closed it.
# origin: lab/app.sh (talk.py)
# look-alike: app.close_wait "end of capture too near"
END
}

SCENARIOS=(
    client_timeout client_timeout_answered_later_ipv6 client_timeout_cancelled client_timeout_health_checks
    client_timeout_never_answered slow_answer slow_answer_ipv6 slow_answer_long_poll slow_answer_push
    slow_answer_upload zero_window zero_window_client_ipv6 zero_window_short zero_window_reset
    zero_window_synproxy nagle nagle_server_ipv6 nagle_long_path nagle_paced
    close_wait close_wait_half_close close_wait_pool close_wait_end
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
