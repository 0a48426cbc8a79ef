#!/usr/bin/env bash
# Paths that lose packets (path.loss) and links that are full (path.saturated), and what only looks so. Takes about 40 s.

. "$(dirname "$0")/lib.sh"

# page SIZE: a file of so many bytes at the server
page() {
    head -c "$1" /dev/urandom >"$WORK/www/file"
}

# --- path.loss ---------------------------------------------------------------------------------------------------------

loss_download() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 400000
    slow_path 0.02 20 s
    record path/loss-download-client c eth0 -s 96
    record path/loss-download-server s eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/file
    recorded path/loss-download-client
    recorded path/loss-download-server
    expectation path/loss-download-client <<'END'
# A download of 400 kB over a path that loses every 20th full packet, captured at the client: what is lost never comes by.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# shows: path.loss
tcp.analysis.retransmission || tcp.analysis.out_of_order @10 => path.loss
END
    expectation path/loss-download-server <<'END'
# The same download captured at the server: what is lost comes by twice.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# shows: path.loss
tcp.analysis.retransmission || tcp.analysis.out_of_order @12 => path.loss
END
}

loss_upload_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 80 recv:150000 send:2 fin
    slow_path 0.02 9 c
    record path/loss-upload-ipv6-router-any r any -s 110 not src host 2001:db8:2::2
    talk c connect 2001:db8:2::2 80 send:150000 recv close
    recorded path/loss-upload-ipv6-router-any
    expectation path/loss-upload-ipv6-router-any <<'END'
# An upload over IPv6 of which every 9th full packet is lost, captured on all interfaces of the router that loses them: every
# packet appears several times. One direction only.
# origin: lab/path.sh (python client and server, lab/wire.py as lossy path, tcpdump with a source filter)
# shows: path.loss
tcp.flags.fin == 1 @1 => path.loss
END
}

loss_mirror() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 300000
    slow_path 0.01 15 s
    record source c eth0
    inside c curl -s -o /dev/null http://10.2.0.2/file
    stop_recording source
    mirrored path/loss-mirror-cut source --as vxlan --at 10.1.0.2 --id 5 --cut 96
    expectation path/loss-mirror-cut <<'END'
# A download that loses every 15th full packet, in a mirror session of the client's interface, cut to 96 bytes.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path), put into VXLAN by mirror.py
# shows: path.loss
udp.dstport == 4789 @4 => mirror.truncated
tcp.analysis.retransmission || tcp.analysis.out_of_order @10 => path.loss
END
}

loss_many_clients() {
    network s=10.2.0.2/24 c1=10.1.1.2/24 c2=10.1.2.2/24 c3=10.1.3.2/24 c4=10.1.4.2/24 c5=10.1.5.2/24
    nginx_on s ""
    page 30000
    slow_path 0.01 11 s
    record path/loss-many-clients-server s eth0 -s 96
    local round host
    for round in 1 2; do
        for host in c1 c2 c3 c4 c5; do
            inside "$host" curl -s -o /dev/null "http://10.2.0.2/file?$round"
        done
    done
    recorded path/loss-many-clients-server
    expectation path/loss-many-clients-server <<'END'
# Five clients, none with many packets, lose every 11th full packet of a server: one finding for its side.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# shows: path.loss
tcp.flags.fin == 1 @9 => path.loss
END
}

loss_under_1_percent() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 1000000
    slow_path 0.01 115 s
    record path/loss-under-1-percent c eth0 -s 68
    inside c curl -s -o /dev/null http://10.2.0.2/file
    recorded path/loss-under-1-percent
    expectation path/loss-under-1-percent <<'END'
# A download of 1 MB that loses every 115th full packet: a note says that this is harmless. The least number of lost packets is
# set lower, so that the capture can be small.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# shows: path.loss
# options: -o netcase.path_loss_packets:5
tcp.flags.fin == 1 @1 => path.loss
END
}

few_retransmissions() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 200000
    slow_path 0.02 25 s
    record path/few-retransmissions c eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/file
    recorded path/few-retransmissions
    expectation path/few-retransmissions <<'END'
# A download of 200 kB that loses a handful of packets.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as lossy path)
# look-alike: path.loss "a few retransmissions"
END
}

reordering() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 300000
    path_through '0.02 --reorder 6,0.004' s
    record path/reordering c eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/file
    recorded path/reordering
    expectation path/reordering <<'END'
# A download in which every 6th full packet comes 4 ms late, behind those that follow it. The client's duplicate ACKs make the
# server send some of them again, although nothing was lost.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as path that reorders)
# look-alike: path.loss "reordering"
END
}

spurious_retransmissions() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "location = /file { limit_rate 20k; sendfile on; sendfile_max_chunk 2k; }"
    page 240000
    path_through '0.02 --pause 0.9,0.4' s
    record path/spurious-retransmissions-server s eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/file
    recorded path/spurious-retransmissions-server
    expectation path/spurious-retransmissions-server <<'END'
# A path that stops for 0.4 s every now and then, without losing anything: the server's timer fires too early, and the client
# reports that it received those packets twice (D-SACK).
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as path that pauses)
# look-alike: path.loss "spurious retransmissions"
END
}

copies() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 90000
    slow_path 0.005 0 s
    record path/duplicates-router-any r any -s 96
    record source c eth0
    inside c curl -s -o /dev/null http://10.2.0.2/file
    recorded path/duplicates-router-any
    stop_recording source
    mirrored path/mirror-loses-copies source --as vxlan --at 10.1.0.2 --id 5 --cut 96 \
        --lose 12,15,18,22,25,28,33,36,39,44,47,52,55,58,61
    expectation path/duplicates-router-any <<'END'
# A download captured on all interfaces of a router: every packet appears up to four times, none was lost.
# origin: lab/path.sh (nginx 1.22, curl 7.88, tcpdump -i any)
# look-alike: path.loss "duplicates"
END
    expectation path/mirror-loses-copies <<'END'
# A download without loss, in a mirror session that loses 15 copies.
# origin: lab/path.sh (nginx 1.22, curl 7.88), put into VXLAN by mirror.py
# look-alike: path.loss "copies that a mirror lost"
udp.dstport == 4789 @4 => mirror.truncated
udp.dstport == 4789 @17 => mirror.gap
END
}

into_silence() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall tcp dport 80 ip length gt 90 drop
    record path/repeated-into-silence c eth0
    local request
    for request in 1 2 3 4 5 6; do
        ( inside c curl -s -m 4 -o /dev/null "http://10.2.0.2/hello?$request" || true ) &
    done
    sleep 5
    recorded path/repeated-into-silence
    expectation path/repeated-into-silence <<'END'
# A filter drops the requests of six connections, which are repeated until the client gives up: nothing gets through, that is
# no loss of some packets.
# origin: lab/path.sh (nginx 1.22, curl 7.88, nftables drop)
# look-alike: path.loss "data repeated into silence"
tcp.dstport == 80 && tcp.len > 0 && tcp.time_relative > 3 => connect.first_data_lost
END
}

# What tells that a link is full is found at a packet that is sampled, which no filter finds: after another run the frames
# behind "frame @" must be taken from the findings, and read again.

# --- path.saturated ----------------------------------------------------------------------------------------------------

# One uplink: what c sends passes 400 kbit/s with room for 20 packets.
narrow_uplink() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    bottleneck 0.01 400000 30000 c
}

# requests HOST URL COUNT: one every half second
requests() {
    local round
    for round in $(seq "$3"); do
        inside "$1" curl -s -m 5 -o /dev/null "$2?$round" || true
        sleep 0.5
    done
}

saturated_upload() {
    narrow_uplink
    background s iperf3 -s -1
    wait_port s 5201
    record path/saturated-upload-client c eth0 -s 80
    record path/saturated-upload-server s eth0 -s 80
    requests c http://10.2.0.2/hello 2
    inside c iperf3 -c 10.2.0.2 -P 2 -t 11 >/dev/null
    recorded path/saturated-upload-client
    recorded path/saturated-upload-server
    expectation path/saturated-upload-client <<'END'
# Two uploads of 11 s over an uplink of 400 kbit/s; requests before that show the round trip of an empty path. At the client.
# origin: lab/path.sh (iperf3 3.12, nginx 1.22, curl 7.88, lab/wire.py as bottleneck)
# shows: path.saturated
# shows: path.loss
frame @264 => path.loss
frame @653 => path.saturated
END
    expectation path/saturated-upload-server <<'END'
# The same at the server, behind the bottleneck: what is lost never comes by.
# origin: lab/path.sh (iperf3 3.12, nginx 1.22, curl 7.88, lab/wire.py as bottleneck)
# shows: path.saturated
# shows: path.loss
frame @154 => path.loss
frame @484 => path.saturated
END
}

saturated_by_flood() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    serve s listen 8080 recv:4000 send:2 fin
    bottleneck 0.01 400000 20000 c
    record path/saturated-by-flood-ipv6 c eth0 -s 86
    requests c 'http://[2001:db8:2::2]/hello' 2
    background c "$PYTHON" -c 'import os,socket,time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for i in range(9 * 56):
    s.sendto(os.urandom(1000), ("2001:db8:2::2", 4000))
    time.sleep(1 / 56)'
    sleep 1
    for _ in 1 2 3 4 5 6; do
        background c "$PYTHON" "$LAB/talk.py" connect 2001:db8:2::2 8080 send:4000 recv close
        requests c 'http://[2001:db8:2::2]/hello' 1
    done
    sleep 3
    recorded path/saturated-by-flood-ipv6
    expectation path/saturated-by-flood-ipv6 <<'END'
# A host floods with UDP, more than its uplink carries; its own connections suffer. IPv6, captured at that host.
# origin: lab/path.sh (python sends UDP and uploads, nginx 1.22, curl 7.88, lab/wire.py as bottleneck)
# shows: path.saturated
# look-alike: path.mtu_blackhole "a full queue, through which large packets passed before"
frame @542 => path.saturated
END
}

saturated_mirror() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    page 500000
    bottleneck 0.02 400000 9000 s
    record source c eth0
    requests c http://10.2.0.2/hello 2
    inside c curl -s -m 11 -o /dev/null http://10.2.0.2/file || true
    stop_recording source
    mirrored path/saturated-download-mirror-cut source --as vxlan --at 10.1.0.2 --id 5 --cut 70
    expectation path/saturated-download-mirror-cut <<'END'
# One download fills a line of 400 kbit/s for 11 s, in a mirror session of the client's interface, cut to 70 bytes.
# origin: lab/path.sh (nginx 1.22, curl 7.88, lab/wire.py as bottleneck), put into VXLAN by mirror.py
# shows: path.saturated
# shows: path.loss
udp.dstport == 4789 @1 => mirror.truncated
frame @80 => path.loss
frame @391 => path.saturated
END
}

short_burst() {
    narrow_uplink
    background s iperf3 -s -1
    wait_port s 5201
    record path/short-burst c eth0 -s 80
    requests c http://10.2.0.2/hello 2
    inside c iperf3 -c 10.2.0.2 -t 3 >/dev/null
    requests c http://10.2.0.2/hello 2
    recorded path/short-burst
    expectation path/short-burst <<'END'
# An upload of 3 s fills the uplink of 400 kbit/s; before and after it there is room.
# origin: lab/path.sh (iperf3 3.12, nginx 1.22, curl 7.88, lab/wire.py as bottleneck)
# look-alike: path.saturated "a short burst"
END
}

rate_limit() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "location = /file { limit_rate 40k; }"
    page 400000
    slow_path 0.02 0 s
    record path/rate-limit-at-the-server c eth0 -s 80
    requests c http://10.2.0.2/hello 2
    inside c curl -s -m 9 -o /dev/null http://10.2.0.2/file || true
    recorded path/rate-limit-at-the-server
    expectation path/rate-limit-at-the-server <<'END'
# A download that the server limits to 40 kB/s: a plateau for 9 s, but nothing waits and nothing is lost.
# origin: lab/path.sh (nginx 1.22 with limit_rate, curl 7.88, lab/wire.py for the delay)
# look-alike: path.saturated "a rate limit at the server"
END
}

receive_window() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    slow_path 0.06 0 s
    background s iperf3 -s -1
    wait_port s 5201
    record path/receive-window c eth0 -s 68
    requests c http://10.2.0.2/hello 1
    inside c iperf3 -c 10.2.0.2 -R -w 4K -t 8 >/dev/null
    recorded path/receive-window
    expectation path/receive-window <<'END'
# A download with a receive buffer of 4 kB over a path of 60 ms: the window limits it for 8 s, the path has room.
# origin: lab/path.sh (iperf3 3.12, nginx 1.22, curl 7.88, lab/wire.py for the delay)
# look-alike: path.saturated "a receive window that limits"
END
}

loss_with_room() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "location = /file { limit_rate 40k; }"
    page 400000
    slow_path 0.03 17 s
    record path/loss-with-room-server s eth0 -s 80
    requests c http://10.2.0.2/hello 2
    inside c curl -s -m 9 -o /dev/null http://10.2.0.2/file || true
    recorded path/loss-with-room-server
    expectation path/loss-with-room-server <<'END'
# A download that the server limits to 40 kB/s, on a path that loses every 17th full packet: a plateau and loss, but the round
# trip does not grow.
# origin: lab/path.sh (nginx 1.22 with limit_rate, curl 7.88, lab/wire.py as lossy path)
# shows: path.loss
# look-alike: path.saturated "loss on a path that has room"
tcp.analysis.retransmission || tcp.analysis.out_of_order @11 => path.loss
END
}

# --- path.peer_gone ----------------------------------------------------------------------------------------------------

# talkers COUNT SERVER: connections of c that ask, and again 3 s later; returns in between
talkers() {
    local one try
    for one in $(seq "$1"); do
        background c timeout 20 "$PYTHON" "$LAB/talk.py" connect "$2" 6379 send:30 recv sleep:3 send:30 recv
    done
    for try in $(seq 100); do
        [ "$(inside c ss -Htn state established 'dport = :6379' | wc -l)" -lt "$1" ] || break
        sleep 0.05
    done
    [ "$try" -lt 100 ] || die "not all connections began ($one)"
    sleep 1
}

peer_gone() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 6379 recv send:5 recv send:5
    record path/peer-gone c eth0
    talkers 2 10.2.0.2
    firewall ip daddr 10.2.0.2 drop
    firewall ip saddr 10.2.0.2 drop
    sleep 7
    recorded path/peer-gone
    expectation path/peer-gone <<'END'
# Two connections ask a server again after 3 s, and it does not answer any more. Captured at the client.
# origin: lab/path.sh (talk.py, nftables drop in both directions)
# shows: path.peer_gone
tcp.dstport == 6379 && tcp.len == 30 @13 => path.peer_gone
END
}

peer_unreachable_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 6379 recv send:5 recv send:5
    record path/peer-gone-unreachable-ipv6 c eth0
    talkers 1 2001:db8:2::2
    inside s ip link set dev eth0 down
    inside r ip neigh flush dev s
    sleep 8
    recorded path/peer-gone-unreachable-ipv6
    expectation path/peer-gone-unreachable-ipv6 <<'END'
# The link of a server goes down, and the router before it says that it is unreachable. Captured at the client, over IPv6.
# origin: lab/path.sh (talk.py)
# shows: path.peer_gone
icmpv6.type == 1 @2 => path.peer_gone
END
}

peer_comes_back() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 6379 recv send:5 recv send:5
    record path/peer-gone-outage-repaired c eth0
    talkers 1 10.2.0.2
    firewall ip daddr 10.2.0.2 drop
    sleep 3.2
    firewall_open
    sleep 4
    recorded path/peer-gone-outage-repaired
    local answer
    answer=$(tshark -n -r "$OUT/path/peer-gone-outage-repaired.pcapng" -Y 'tcp.srcport == 6379 && tcp.ack == 61' -T fields \
        -e frame.number 2>/dev/null | sed -n 1p)
    expectation path/peer-gone-outage-repaired <<END
# The way to a server is interrupted for some seconds in the middle of a conversation.
# origin: lab/path.sh (talk.py, nftables drop until it is open again)
# look-alike: path.peer_gone "an outage that is repaired"
tcp.dstport == 6379 && tcp.len == 30 @7 => path.peer_gone withdrawn $answer
END
}

peer_blind() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 6379 recv send:5 recv send:5
    record path/peer-gone-blind-direction c eth0 src host 10.1.0.2
    talkers 1 10.2.0.2
    firewall ip daddr 10.2.0.2 drop
    sleep 7
    recorded path/peer-gone-blind-direction
    expectation path/peer-gone-blind-direction <<'END'
# Only the client's packets are captured: whether anything comes back can't be told from them.
# origin: lab/path.sh (talk.py, tcpdump with a source filter, nftables drop)
# look-alike: path.peer_gone "blind direction"
END
}

peer_at_the_end() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    serve s listen 6379 recv send:5 recv send:5
    record path/peer-gone-end-of-capture c eth0
    talkers 1 10.2.0.2
    firewall ip daddr 10.2.0.2 drop
    sleep 3.4
    recorded path/peer-gone-end-of-capture
    expectation path/peer-gone-end-of-capture <<'END'
# The capture ends before an answer to the fourth transmission was due.
# origin: lab/path.sh (talk.py, nftables drop)
# look-alike: path.peer_gone "end of capture"
END
}

SCENARIOS=(
    loss_download loss_upload_ipv6 loss_mirror loss_many_clients loss_under_1_percent few_retransmissions reordering
    spurious_retransmissions copies into_silence saturated_upload saturated_by_flood saturated_mirror short_burst rate_limit
    receive_window loss_with_room
    peer_gone peer_unreachable_ipv6 peer_comes_back peer_blind peer_at_the_end
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
