#!/usr/bin/env bash
# RSTs that the peer did not send, RSTs that tell their reason (policy.reset_injected, policy.reset_reason), and those that only
# look so. Takes about 30 s.

. "$(dirname "$0")/lib.sh"

# inject ARGUMENTS...: see inject.py; it looks at what comes from the client
inject() {
    local try before
    before=$(grep -c ready "$WORK/r.log" 2>/dev/null || true)
    background r "$PYTHON" "$LAB/inject.py" "$@" c
    for try in $(seq 100); do
        [ "$(grep -c ready "$WORK/r.log" || true)" -le "${before:-0}" ] || return 0
        sleep 0.1
    done
    die "inject.py did not start ($try tries)"
}

# on_output HOST RULE...: for packets that the host itself sends
on_output() {
    local host=$1
    shift
    inside "$host" nft add table inet output
    inside "$host" nft 'add chain inet output out { type filter hook output priority 0; }'
    inside "$host" nft add rule inet output out "$@"
}

answer_follows() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    slow_path 0.03 0 s
    inject --word forbidden
    record policy/reset-answer-follows c eth0 tcp
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    inside c curl -s -o /dev/null http://10.2.0.2/forbidden || true
    sleep 0.3
    recorded policy/reset-answer-follows
    expectation policy/reset-answer-follows <<'END'
# A filter on the router resets the client for a word in the URI; the request passes nevertheless, and the server's answer comes
# 30 ms after "its" RST. Captured at the client.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py, lab/wire.py as slow path)
# shows: policy.reset_injected
http.response.code == 404 @1 => policy.reset_injected
END
    mirrored policy/reset-answer-follows-mirror-cut policy/reset-answer-follows --as vxlan --at 10.1.0.2 --id 7 --cut 96
    expectation policy/reset-answer-follows-mirror-cut <<'END'
# The same, mirrored at the client in VXLAN and cut to 96 bytes.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py), put into VXLAN by mirror.py
# shows: policy.reset_injected
vxlan && frame.len > 140 @1 => mirror.truncated
tcp.flags.reset == 1 && tcp.srcport == 80 @1+3 => policy.reset_injected
END
}

too_late() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inject --word forbidden --flags R --delay 0.1
    record policy/reset-too-late-router-any r any tcp
    talk c connect 10.2.0.2 80 get:/forbidden recv sleep:0.3 get recv || true
    recorded policy/reset-too-late-router-any
    expectation policy/reset-too-late-router-any <<'END'
# A slow filter resets the client when the answer is through: the client ignores the late number and sends another request, which
# the server acknowledges and answers. Captured on all interfaces of the router.
# origin: lab/reset.sh (nginx 1.22, talk.py, RST by lab/inject.py)
# shows: policy.reset_injected
tcp.flags.reset == 1 @1+3 => policy.reset_injected
END
}

both_ends_die() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv sleep:1 respond:300
    inject --word forbidden --to both --flags R
    record policy/reset-both-ends-router-any r any tcp
    talk c connect 10.2.0.2 8888 get:/forbidden recv || true
    recorded policy/reset-both-ends-router-any
    expectation policy/reset-both-ends-router-any <<'END'
# A filter resets both ends before the server answers; the TTL is the one of the servers. Captured on all interfaces of the router.
# origin: lab/reset.sh (talk.py, RST by lab/inject.py)
# look-alike: policy.reset_injected "RSTs of both ends, more than half a round trip apart"
# unsure: the two RSTs are 2 ms apart, which is many round trips here (0.06 ms): both ends could have given up in turn
END
}

client_reset_at_server() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    slow_path 0.03 0 s
    inject --word forbidden --to server
    record policy/reset-of-the-client-at-server-ipv6 s eth0 tcp
    inside c curl -s -m 3 -o /dev/null 'http://[2001:db8:2::2]/forbidden' || true
    recorded policy/reset-of-the-client-at-server-ipv6
    expectation policy/reset-of-the-client-at-server-ipv6 <<'END'
# A RST in the name of the client ends the connection at the server; the client gets the answer and acknowledges it. IPv6,
# captured at the server.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py, lab/wire.py as slow path)
# shows: policy.reset_injected
# look-alike: nat.stale_reset "RST in the name of another host"
tcp.flags.reset == 1 && tcp.srcport != 80 @1+1 => policy.reset_injected
END
}

three_for_a_syn() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    slow_path 0.03 0 s
    inject --ahead 0,0,0 --windows 1980,1981,1982
    record policy/reset-three-for-a-syn c eth0 tcp
    inside c curl -s -m 2 -o /dev/null https://10.2.0.2/ || true
    inside c curl -s -m 2 -o /dev/null https://10.2.0.2/ || true
    recorded policy/reset-three-for-a-syn
    expectation policy/reset-three-for-a-syn <<'END'
# Each SYN is answered by three RSTs with the windows 1980, 1981, 1982; the SYN-ACK comes later. Two connections.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py, lab/wire.py as slow path)
# shows: policy.reset_injected
tcp.flags.reset == 1 && tcp.srcport == 443 @1 => connect.refused
tcp.flags.reset == 1 && tcp.srcport == 443 @2 => policy.reset_injected
END
}

guessing_ahead() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inject --word forbidden --ahead 0,1460,4380 --flags R
    # The filter holds back what it resets: nothing comes back but its RSTs.
    firewall ip saddr 10.1.0.2 'tcp flags & psh' == psh drop
    record policy/reset-guessing-ahead c eth0 tcp
    inside c curl -s -m 2 -o /dev/null http://10.2.0.2/forbidden || true
    recorded policy/reset-guessing-ahead
    expectation policy/reset-guessing-ahead <<'END'
# The filter drops the request and sends three RSTs: what is expected, 1460 and 4380 bytes ahead.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py, nftables drop)
# shows: policy.reset_injected
tcp.flags.reset == 1 && tcp.srcport == 80 @2 => policy.reset_injected
END
}

ttl_alone() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inject --word forbidden --ttl 120
    firewall ip saddr 10.1.0.2 'tcp flags & psh' == psh drop
    record policy/reset-ttl-alone c eth0 tcp
    inside c curl -s -m 2 -o /dev/null http://10.2.0.2/forbidden || true
    inside c curl -s -m 2 -o /dev/null http://10.2.0.2/forbidden || true
    recorded policy/reset-ttl-alone
    expectation policy/reset-ttl-alone <<'END'
# The filter drops the request and sends one RST with a TTL of its own; so for two connections.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py, nftables drop)
# shows: policy.reset_injected
tcp.flags.reset == 1 && tcp.srcport == 80 @1 => policy.reset_injected
END
}

reasons() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv sleep:3
    serve s listen 8889 recv sleep:3
    serve s listen 8890 recv sleep:3
    inject --word '/text ' --flags RA --windows 0 \
        --payload 4249472d49503a205b3078323466396631653a3138325d204e6f206c6f63616c206c697374656e6572
    inject --word '/code ' --flags R --windows 8201
    inject --word '/mark ' --payload 01020304050607080900
    record policy/reset-reasons c eth0 tcp
    talk c connect 10.2.0.2 8888 get:/text sleep:0.5 || true
    talk c connect 10.2.0.2 8889 get:/code sleep:0.5 || true
    talk c connect 10.2.0.2 8890 get:/mark sleep:0.5 || true
    recorded policy/reset-reasons
    expectation policy/reset-reasons <<'END'
# Three RSTs that tell something: text as a BIG-IP writes it, the window of a NetScaler, and the payload of a provincial filter,
# which is a sign of injection as well.
# origin: lab/reset.sh (talk.py; RST by lab/inject.py, because the devices were not at hand)
# shows: policy.reset_reason
# shows: policy.reset_injected
tcp.flags.reset == 1 && tcp.srcport == 8888 @1 => policy.reset_reason
tcp.flags.reset == 1 && tcp.srcport == 8889 @1 => policy.reset_reason
tcp.flags.reset == 1 && tcp.srcport == 8890 @1 => policy.reset_reason
tcp.flags.reset == 1 && tcp.srcport == 8890 @1 => policy.reset_injected
END
}

in_flight() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv send:4000 rst
    slow_path 0.03 0 s
    # The RST takes the short way and overtakes the data.
    inside r ip rule add fwmark 1 table main priority 10
    inside r nft 'add chain inet lab before { type filter hook prerouting priority -150; }'
    inside r nft 'add rule inet lab before tcp flags & rst == rst meta mark set 1'
    record policy/reset-overtakes-data c eth0 tcp
    talk c connect 10.2.0.2 8888 get sleep:0.5 || true
    recorded policy/reset-overtakes-data
    expectation policy/reset-overtakes-data <<'END'
# The server sends 4000 bytes and aborts; its RST takes a faster way than the data.
# origin: lab/reset.sh (talk.py, lab/wire.py as slow path)
# look-alike: policy.reset_injected "data on its way when its sender resets"
END
}

each_segment() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv:2000 rst
    slow_path 0.02 0 c
    record policy/reset-for-each-segment r any tcp
    talk c connect 10.2.0.2 8888 send:30000 sleep:0.5 || true
    recorded policy/reset-for-each-segment
    expectation policy/reset-for-each-segment <<'END'
# The server aborts an upload; each segment that was on its way is answered by a RST of its own. Router, all interfaces.
# origin: lab/reset.sh (talk.py, lab/wire.py as slow path)
# look-alike: policy.reset_injected "RSTs of a closed socket, one for each segment"
# look-alike: policy.reset_reason "RST without payload and with an ordinary window"
END
}

load_balancer_idle() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 loop:300
    on_output r 'tcp flags & rst' == rst ip ttl set 250
    record policy/reset-of-a-load-balancer-after-idle c eth0 tcp
    after 16 forget_by_reset
    talk c connect 10.2.0.2 8888 get recv sleep:17 get sleep:0.5 || true
    recorded policy/reset-of-a-load-balancer-after-idle
    expectation policy/reset-of-a-load-balancer-after-idle <<'END'
# The router forgets the connection while it is idle and answers the next request by a RST with another TTL than the server's.
# origin: lab/reset.sh (talk.py, nftables reject)
# look-alike: policy.reset_injected "RST of a load balancer after an idle time"
tcp.flags.reset == 1 @1 => idle.reset
END
}

refused() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    record policy/reset-for-a-syn-ipv6 c eth0 tcp
    inside c curl -s -m 3 'http://[2001:db8:2::2]:8080/' || true
    inside c curl -s -m 3 'http://[2001:db8:2::2]:8080/' || true
    recorded policy/reset-for-a-syn-ipv6
    expectation policy/reset-for-a-syn-ipv6 <<'END'
# A port on which nothing listens, IPv6.
# origin: lab/reset.sh (curl 7.88)
# look-alike: policy.reset_injected "RST for a SYN"
tcp.flags.reset == 1 @1 => connect.refused
END
}

restarted() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv respond:300 stay:0.4
    # What the server says when its process ends is lost, as if the host had lost its power.
    firewall ip saddr 10.2.0.2 'tcp flags & (fin|rst)' != 0 drop
    after 4 firewall_open
    record policy/reset-by-a-host-that-restarted c eth0 tcp
    talk c connect 10.2.0.2 8888 get recv sleep:6 get sleep:0.3 || true
    recorded policy/reset-by-a-host-that-restarted
    expectation policy/reset-by-a-host-that-restarted <<'END'
# The server's process is gone and its last words are lost: the next request is answered by RST.
# origin: lab/reset.sh (talk.py, nftables drop)
# look-alike: policy.reset_injected "a host that restarted and does not know the connection"
END
}

# own_ttl NAME TTL TEXT ENTRY [RULE]: a server whose RSTs begin with that TTL
own_ttl() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 8888 recv respond:300 recv rst
    on_output s 'tcp flags & rst' == rst ip ttl set "$2"
    [ $# -lt 5 ] || inside s nft add rule inet output out "$5" ip ttl set "$2"
    record "policy/$1" c eth0 tcp
    talk c connect 10.2.0.2 8888 get recv get sleep:0.3 || true
    recorded "policy/$1"
    expectation "policy/$1" <<END
# $3
# origin: lab/reset.sh (talk.py; nftables sets the TTL at the server)
# look-alike: policy.reset_injected "$4"
END
}

other_initial_ttl() {
    own_ttl reset-with-ttl-128 128 "The server's data begin with TTL 64, its RST with 128." \
        "RST with another initial TTL from the same distance"
}

two_hops() {
    own_ttl reset-two-hops-apart 66 "The RST comes with a TTL two higher than the data: equal-cost paths of different length." \
        "a TTL that differs by two hops"
}

syn_proxy() {
    own_ttl reset-of-a-syn-proxy 255 "SYN-ACK and RST come with another TTL than the data, as from a SYN proxy." \
        "SYN-ACK and RST of a SYN proxy with a TTL of their own" 'tcp flags & syn == syn'
}

turned_into_reset() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    inject --word www.blocked.cn --echo --to server --delay 0.3
    record policy/reset-made-of-a-data-segment s eth0 tcp
    inside c curl -sk -m 2 --resolve www.blocked.cn:443:10.2.0.2 -o /dev/null https://www.blocked.cn/hello || true
    recorded policy/reset-made-of-a-data-segment
    expectation policy/reset-made-of-a-data-segment <<'END'
# A device sends the client's own segment (a ClientHello) again as a RST. Captured at the server, to which it
# comes too late.
# origin: lab/reset.sh (nginx 1.22, curl 7.88, RST by lab/inject.py)
# look-alike: policy.reset_reason "a data segment that a device turned into a RST"
END
}

SCENARIOS=(answer_follows too_late both_ends_die client_reset_at_server three_for_a_syn guessing_ahead ttl_alone reasons in_flight
    each_segment load_balancer_idle refused restarted other_initial_ttl two_hops syn_proxy turned_into_reset)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
