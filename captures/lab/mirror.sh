#!/usr/bin/env bash
# Mirror sessions: one direction only, packets cut inside the tunnel, copies twice, copies lost. The traffic is real; the
# copies are made by mirror.py, because the kernel at hand has no mirroring action, and because the clouds' own headers
# can't be had elsewhere. Also failures of the other families, seen through a mirror. Run idle.sh and tls.sh before it.

. "$(dirname "$0")/lib.sh"

# A server with some healthy connections, captured at its interface as "source"
healthy_source() {
    network c=192.168.0.161/24 s=192.168.1.230/24
    nginx_on s "keepalive_timeout 120s;"
    record source s eth0 ip
    "$@"
    stop_recording source
}

one_connection() {
    talk c connect 192.168.1.230 80 get recv get recv sleep:0.2 get recv close
}

many_connections() {
    local round
    for round in 1 2 3 4 5 6 7 8 9 10; do
        inside c curl -s -o /dev/null "http://192.168.1.230/hello?$round"
    done
    # One client repeats its SYN, because the answers are lost behind the mirror for some seconds.
    firewall ip saddr 192.168.1.230 drop
    after 4.3 firewall_open
    inside c curl -s -o /dev/null http://192.168.1.230/hello
}

download() {
    talk c connect 192.168.1.230 80 get:/page recv close
}

AT="--at 192.168.1.230"

ingress_only() {
    healthy_source many_connections
    mirrored mirror/ingress-only-healthy-server source --as vxlan $AT --only ingress --id 1
    expectation mirror/ingress-only-healthy-server <<'END'
# A busy healthy server, mirrored for inbound traffic only: SYNs and requests, never a SYN-ACK. The last client repeats its
# SYN several times before it connects.
# origin: lab/mirror.sh (nginx 1.22, curl 7.88; VXLAN copies by lab/mirror.py)
# shows: mirror.one_way
# look-alike: connect.unanswered "blind direction"
tcp @4 => mirror.one_way
END
    mirrored mirror/egress-only-erspan2 source --as erspan2 $AT --only egress --id 100
    expectation mirror/egress-only-erspan2 <<'END'
# The same server, mirrored for outbound traffic only by a switch (ERSPAN type II): SYN-ACKs and answers without a request.
# origin: lab/mirror.sh (nginx 1.22, curl 7.88; ERSPAN copies by lab/mirror.py)
# shows: mirror.one_way
tcp @4 => mirror.one_way
END
}

truncated() {
    healthy_source one_connection
    mirrored mirror/cut-at-96-both-directions source --as vxlan $AT --id 9 --cut 96
    expectation mirror/cut-at-96-both-directions <<'END'
# Both directions of a healthy connection, each inner packet cut after 96 bytes: requests and answers are cut.
# origin: lab/mirror.sh (nginx 1.22, python client; VXLAN copies by lab/mirror.py)
# shows: mirror.truncated
tcp.len >= 30 => mirror.truncated
END
    mirrored mirror/cut-erspan3-truncated-bit source --as erspan3 $AT --id 77 --cut 128
    expectation mirror/cut-erspan3-truncated-bit <<'END'
# The same connection from a switch (ERSPAN type III) that cuts after 128 bytes and sets the truncated bit.
# origin: lab/mirror.sh (nginx 1.22, python client; ERSPAN copies by lab/mirror.py)
# shows: mirror.truncated
erspan.truncated == 1 => mirror.truncated
END
}

duplicates() {
    healthy_source one_connection
    mirrored mirror/two-sessions-same-packets source --as vxlan $AT --id 1 --again 2
    expectation mirror/two-sessions-same-packets <<'END'
# Two mirror sessions (VNI 1 and 2) copy the same interface to the same collector.
# origin: lab/mirror.sh (nginx 1.22, python client; VXLAN copies by lab/mirror.py)
# shows: mirror.duplicate
tcp @2 => mirror.duplicate
END
    mirrored mirror/twice-in-one-session source --as vxlan $AT --id 1 --again 1
    expectation mirror/twice-in-one-session <<'END'
# One mirror session delivers each packet twice.
# origin: lab/mirror.sh (nginx 1.22, python client; VXLAN copies by lab/mirror.py)
# shows: mirror.duplicate
tcp @2 => mirror.duplicate
END
}

duplicates_two_interfaces() {
    network c=192.168.0.161/24 s=192.168.1.230/24
    nginx_on s "keepalive_timeout 120s;"
    record at-client c eth0 ip
    record at-server s eth0 ip
    one_connection
    stop_recording at-client
    stop_recording at-server
    "$PYTHON" "$LAB/mirror.py" "$WORK/at-client.pcap" "$WORK/c1.pcap" --as vxlan --at 192.168.0.161 --id 1
    "$PYTHON" "$LAB/mirror.py" "$WORK/at-server.pcap" "$WORK/s1.pcap" --as vxlan --at 192.168.1.230 --id 1
    mergecap -F pcapng -w "$OUT/mirror/both-ends-of-a-routed-path.pcapng" "$WORK/c1.pcap" "$WORK/s1.pcap"
    expectation mirror/both-ends-of-a-routed-path <<'END'
# Client and server are both mirrored to one collector; between them is a router, so the second copy has a lower TTL.
# origin: lab/mirror.sh (nginx 1.22, python client; VXLAN copies by lab/mirror.py)
# shows: mirror.duplicate
tcp @2 => mirror.duplicate
END
}

gap() {
    healthy_source download
    mirrored mirror/copy-lost-in-download source --as vxlan $AT --id 5 --lose 10
    expectation mirror/copy-lost-in-download <<'END'
# The copy of one segment of a download is lost on its way to the collector; the client acknowledges its bytes all the same.
# origin: lab/mirror.sh (nginx 1.22, python client; VXLAN copies by lab/mirror.py, which leaves out the 10th)
# shows: mirror.gap
# unsure: the fifth frame after the ACK that proves the hole is expected
tcp.analysis.ack_lost_segment @1+5 => mirror.gap
END
}

gap_request() {
    healthy_source one_connection
    mirrored mirror/copy-of-request-lost source --as vxlan $AT --id 5 --lose 4
    expectation mirror/copy-of-request-lost <<'END'
# The copy of the first request is lost; the server's ACK and answer prove that it arrived.
# origin: lab/mirror.sh (nginx 1.22, python client; VXLAN copies by lab/mirror.py, which leaves out the 4th)
# shows: mirror.gap
# unsure: the fifth frame after the ACK that proves the hole is expected
tcp.analysis.ack_lost_segment @1+5 => mirror.gap
END
}

# --- the other families, seen through a mirror ---------------------------------------------------------------------------

failures_in_mirrors() {
    mirrored idle/blackhole-60s-in-vxlan idle/blackhole-60s --as vxlan --at 192.168.1.30 --id 3
    expectation idle/blackhole-60s-in-vxlan <<'END'
# blackhole-60s as a mirror session of the client's interface delivers it, both directions.
# origin: lab/mirror.sh (the packets of idle/blackhole-60s; VXLAN copies by lab/mirror.py)
# shows: idle.blackhole
tcp.analysis.retransmission @5 => idle.blackhole
END
    mirrored idle/reset-60s-one-way idle/reset-60s-by-router --as vxlan --at 192.168.1.30 --only ingress --cut 96 --id 4
    expectation idle/reset-60s-one-way <<'END'
# reset-60s-by-router as a mirror session delivers it that copies 96 bytes of what arrives at the client, and nothing that leaves it.
# origin: lab/mirror.sh (the packets of idle/reset-60s-by-router; VXLAN copies by lab/mirror.py)
# shows: idle.reset
tcp.len > 0 @1 => mirror.truncated
tcp.flags.reset == 1 => idle.reset
tcp.flags.reset == 1 => mirror.one_way
END
    mirrored idle/reset-60s-in-erspan2 idle/reset-60s-by-router --as erspan2 --at 192.168.1.30 --id 33
    expectation idle/reset-60s-in-erspan2 <<'END'
# reset-60s-by-router as a switch delivers it in ERSPAN type II, both directions.
# origin: lab/mirror.sh (the packets of idle/reset-60s-by-router; ERSPAN copies by lab/mirror.py)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
    mirrored idle/reset-60s-in-qinq idle/reset-60s-by-router --as qinq --at 192.168.1.30 --id 100 --id2 7
    expectation idle/reset-60s-in-qinq <<'END'
# reset-60s-by-router behind two VLAN tags.
# origin: lab/mirror.sh (the packets of idle/reset-60s-by-router; tags by lab/mirror.py)
# shows: idle.reset
tcp.flags.reset == 1 => idle.reset
END
    mirrored tls/alert-fin-15s-in-geneve tls/alert-fin-15s-tls12 --as geneve --at 192.168.1.30 --id 0 --ip-inside \
        --vteps 10.9.0.1,10.9.0.2
    expectation tls/alert-fin-15s-in-geneve <<'END'
# alert-fin-15s-tls12 between a gateway load balancer and its appliance: GENEVE with IP inside and three options.
# origin: lab/mirror.sh (the packets of tls/alert-fin-15s-tls12; GENEVE headers by lab/mirror.py)
# shows: tls.alert_fin
# shows: tls.late_reset
tcp.flags.fin == 1 && tcp.srcport == 443 => tls.alert_fin
tcp.flags.reset == 1 => tls.late_reset
END
    mirrored tls/hello-unanswered-cut-at-96 tls/hello-unanswered --as vxlan --at 192.168.1.30 --id 1 --cut 96
    expectation tls/hello-unanswered-cut-at-96 <<'END'
# hello-unanswered as a mirror session delivers it that copies 96 bytes of each packet.
# origin: lab/mirror.sh (the packets of tls/hello-unanswered; VXLAN copies by lab/mirror.py)
# shows: tls.hello_unanswered
# shows: mirror.truncated
ip.len > 300 => mirror.truncated
ip.len > 300 @4 => tls.hello_unanswered
END
    mirrored connect/unanswered-in-vxlan connect/unanswered --as vxlan --at 192.168.1.30 --id 4
    expectation connect/unanswered-in-vxlan <<'END'
# unanswered as a mirror session of the client's interface delivers it. Nothing proves that the session lacks a direction.
# origin: lab/mirror.sh (the packets of connect/unanswered; VXLAN copies by lab/mirror.py)
# shows: connect.unanswered
tcp.flags.syn == 1 @3 => connect.unanswered
END
}

SCENARIOS=(
    ingress_only truncated duplicates duplicates_two_interfaces gap gap_request failures_in_mirrors
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
