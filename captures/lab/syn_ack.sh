#!/usr/bin/env bash
# SYNs that are answered by something that does not fit them (connect.challenge_ack, connect.bad_syn_ack) or too late
# (connect.slow), and what only looks so.
# Takes about 20 s.

. "$(dirname "$0")/lib.sh"

RST="tcp flags & rst == rst"
SYN="tcp flags & (syn | ack) == syn"

# --- connect.challenge_ack -----------------------------------------------------------------------------------------------

# old_connection SERVER: from port 40022 to port 1521; its client forgets it, and the RST that says so is lost.
old_connection() {
    # shellcheck disable=SC2086
    firewall tcp sport 40022 $RST drop
    talk c --source 40022 connect "$1" 1521 send:100 recv rst
}

# connect_again SERVER: from the same port, for 8 s
connect_again() {
    inside c timeout 8 "$PYTHON" "$LAB/talk.py" --source 40022 connect "$1" 1521 send:100 recv close || true
}

resets_dropped() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 1521 recv send:50 sleep:30
    record connect/challenge-ack s eth0
    old_connection 10.2.0.2
    sleep 1
    record connect/challenge-ack-client c eth0
    connect_again 10.2.0.2
    recorded connect/challenge-ack
    recorded connect/challenge-ack-client
    expectation connect/challenge-ack <<'END'
# A client uses a port again while the server still has the former connection of it. The server answers each SYN with an ACK for that
# one, and a firewall drops the client's RSTs. Captured at the server, with the end of the former connection.
# origin: lab/syn_ack.sh (talk.py, nftables drop)
# shows: connect.challenge_ack
tcp.flags == 0x002 @6 => connect.challenge_ack
END
    expectation connect/challenge-ack-client <<'END'
# The same at the client, whose RSTs leave; the former connection was over before the capture began.
# origin: lab/syn_ack.sh (talk.py, nftables drop)
# shows: connect.challenge_ack
tcp.flags.reset == 1 @3 => connect.challenge_ack
END
}

ends_later_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 1521 recv send:50 sleep:9 rst
    old_connection 2001:db8:2::2
    sleep 1
    record connect/challenge-ack-ipv6-accepted-later c eth0
    inside c timeout 20 "$PYTHON" "$LAB/talk.py" --source 40022 connect 2001:db8:2::2 1521 send:100 recv close
    recorded connect/challenge-ack-ipv6-accepted-later
    expectation connect/challenge-ack-ipv6-accepted-later <<'END'
# The same over IPv6 at the client. The server ends the former connection by its own timer after 9 s, and accepts the next SYN.
# origin: lab/syn_ack.sh (talk.py, nftables drop)
# shows: connect.challenge_ack
tcp.flags == 0x004 @3 => connect.challenge_ack
END
}

crash() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 1521 recv send:50 sleep:30
    old_connection 10.2.0.2
    # The client has restarted, and nothing is dropped any more.
    firewall_open
    record connect/challenge-ack-after-crash c eth0
    connect_again 10.2.0.2
    recorded connect/challenge-ack-after-crash
    expectation connect/challenge-ack-after-crash <<'END'
# A client has restarted and uses the port of a connection that the server still has: one ACK that does not fit, one RST, and the next
# SYN is accepted.
# origin: lab/syn_ack.sh (talk.py)
# look-alike: connect.challenge_ack "recovery after a crash (the RST cures it)"
# look-alike: connect.bad_syn_ack "challenge ACK"
END
}

simultaneous() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    slow_path 0.3 0 c s
    record connect/simultaneous-open c eth0
    background s "$PYTHON" "$LAB/talk.py" --source 179 connect 10.1.0.2 179 send:50 recv close
    talk c --source 179 connect 10.2.0.2 179 send:50 recv close
    recorded connect/simultaneous-open
    expectation connect/simultaneous-open <<'END'
# Two hosts connect to each other from and to the same port at the same time, and get one connection.
# origin: lab/syn_ack.sh (talk.py, lab/wire.py as slow path)
# look-alike: connect.challenge_ack "simultaneous open"
END
}

fast_open() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    inside s sysctl -qw net.ipv4.tcp_fastopen=3
    background s "$PYTHON" -c '
import socket
listener = socket.socket()
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
listener.bind(("", 443))
listener.listen(16)
while True:
    connection = listener.accept()[0]
    connection.recv(1000)
    connection.sendall(b"answer")
    connection.close()'
    wait_port s 443
    record connect/fast-open c eth0
    local round
    for round in 1 2 3; do
        inside c "$PYTHON" -c '
import socket
client = socket.socket()
client.sendto(b"question", socket.MSG_FASTOPEN, ("10.2.0.2", 443))
client.recv(1000)
client.recv(1000)'
        # After the second one the server does not know the cookie any more, as after a restart.
        [ "$round" != 2 ] || inside s sysctl -qw net.ipv4.tcp_fastopen_key=1-2-3-4
    done
    recorded connect/fast-open
    expectation connect/fast-open <<'END'
# TCP Fast Open: the first SYN asks for a cookie, the second carries data that the SYN-ACK takes, the third data with a cookie that
# the server does not know any more: its SYN-ACK acknowledges the SYN only.
# origin: lab/syn_ack.sh (Python sockets with TCP_FASTOPEN)
# look-alike: connect.challenge_ack "TCP Fast Open"
END
}

# --- connect.bad_syn_ack -------------------------------------------------------------------------------------------------

# one_way_randomisation: the router replaces the sequence number of SYNs, and the answers do not pass its table.
one_way_randomisation() {
    # shellcheck disable=SC2086
    firewall tcp dport 443 $SYN tcp sequence set 305419896
}

bad_syn_ack() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    one_way_randomisation
    record connect/bad-syn-ack c eth0
    inside c curl -sk --connect-timeout 4 https://10.2.0.2/hello || true
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    recorded connect/bad-syn-ack
    expectation connect/bad-syn-ack <<'END'
# A device on the way replaces the sequence number of the SYNs for port 443, and does not see the answers: no SYN-ACK fits its SYN.
# Port 80 works. Captured at the client.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables sets the sequence number)
# shows: connect.bad_syn_ack
tcp.flags == 0x012 @3 => connect.bad_syn_ack
END
    mirrored connect/bad-syn-ack-mirror-cut connect/bad-syn-ack --as vxlan --at 10.1.0.2 --id 7 --cut 96
    expectation connect/bad-syn-ack-mirror-cut <<'END'
# The same, mirrored at the client in VXLAN and cut to 96 bytes.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables sets the sequence number), put into VXLAN by mirror.py
# shows: connect.bad_syn_ack
tcp.len > 0 @1 => mirror.truncated
tcp.flags == 0x012 @3 => connect.bad_syn_ack
END
}

bad_syn_ack_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    one_way_randomisation
    record connect/bad-syn-ack-ipv6 c eth0
    inside c curl -sk --connect-timeout 4 'https://[2001:db8:2::2]/hello' || true
    recorded connect/bad-syn-ack-ipv6
    expectation connect/bad-syn-ack-ipv6 <<'END'
# A device on the way replaces the sequence number of the SYNs and does not see the answers, over IPv6. Captured at the client.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables sets the sequence number)
# shows: connect.bad_syn_ack
tcp.flags == 0x012 @3 => connect.bad_syn_ack
END
}

port_reused() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 1521 recv send:50 close
    slow_path 0.6 0 c s
    record connect/syn-ack-of-former-attempt c eth0
    inside c timeout 1 "$PYTHON" "$LAB/talk.py" --source 40022 connect 10.2.0.2 1521 send:100 recv close || true
    connect_again 10.2.0.2
    recorded connect/syn-ack-of-former-attempt
    expectation connect/syn-ack-of-former-attempt <<'END'
# A client gives up after 1 s on a path with a round trip of 1.2 s, and connects again from the same port: the SYN-ACK for the former
# attempt comes first.
# origin: lab/syn_ack.sh (talk.py, lab/wire.py as slow path)
# look-alike: connect.bad_syn_ack "port reuse"
END
}

# --- connect.slow --------------------------------------------------------------------------------------------------------

# every_second_syn_lost: from the first one on
every_second_syn_lost() {
    # shellcheck disable=SC2086
    firewall $SYN numgen inc mod 2 0 drop
}

slow_connections() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    every_second_syn_lost
    record connect/slow c eth0
    local round
    for round in 1 2 3 4; do
        inside c curl -s -o /dev/null http://10.2.0.2/hello
    done
    recorded connect/slow
    expectation connect/slow <<END
# $round connections one after another; of each the first SYN is dropped on the way, and the second one is answered.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.slow
tcp.flags == 0x012 @3 => connect.slow
END
}

slow_connection_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    inside c curl -s -o /dev/null 'http://[2001:db8:2::2]/hello'
    # shellcheck disable=SC2086
    lose_first 4 $SYN
    record connect/slow-ipv6-router-any r any
    inside c curl -s -o /dev/null 'http://[2001:db8:2::2]/hello'
    recorded connect/slow-ipv6-router-any
    expectation connect/slow-ipv6-router-any <<'END'
# Four SYNs in a row are dropped by the router, the fifth one is answered. Captured on all interfaces of the router, IPv6.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.slow
tcp.flags == 0x012 => connect.slow
END
}

bad_path() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    every_second_syn_lost
    slow_path 0.02 40 s
    record connect/slow-on-a-bad-path c eth0 -s 96
    local round
    for round in 1 2 3; do
        inside c curl -s -o /dev/null http://10.2.0.2/download
    done
    recorded connect/slow-on-a-bad-path
    expectation connect/slow-on-a-bad-path <<END
# $round downloads over a path that loses data as well as SYNs.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables drop, lab/wire.py as bad path)
# look-alike: connect.slow "general loss on the path (path.loss)"
END
}

began_late() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    # shellcheck disable=SC2086
    lose_first 4 $SYN
    background c curl -s -o /dev/null http://10.2.0.2/hello
    sleep 3.4
    record connect/slow-began-before-the-capture c eth0
    sleep 4
    recorded connect/slow-began-before-the-capture
    expectation connect/slow-began-before-the-capture <<'END'
# The client has repeated its SYN for some seconds when the capture begins; it shows only the one that is answered.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables drop)
# look-alike: connect.slow "capture that began late"
END
}

server_starts() {
    network c=10.1.0.2/24 d=10.3.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall ip daddr 10.2.0.2 drop
    record connect/slow-while-the-server-starts r any
    background c curl -s -o /dev/null http://10.2.0.2/hello
    background d curl -s -o /dev/null http://10.2.0.2/hello
    sleep 3.6
    firewall_open
    sleep 4
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    recorded connect/slow-while-the-server-starts
    expectation connect/slow-while-the-server-starts <<'END'
# Two clients wait for a server that is not reachable yet. Captured on all interfaces of the router before
# it.
# origin: lab/syn_ack.sh (nginx 1.22, curl 7.88, nftables drop until the server is up)
# look-alike: connect.slow "a server that just starts"
END
}

SCENARIOS=(
    resets_dropped ends_later_ipv6 crash simultaneous fast_open bad_syn_ack bad_syn_ack_ipv6 port_reused
    slow_connections slow_connection_ipv6 bad_path began_late server_starts
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
