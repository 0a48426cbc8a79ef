#!/usr/bin/env bash
# Connections that are accepted and come to nothing (connect.first_data_lost), and what only looks so. Takes about 20 s.

. "$(dirname "$0")/lib.sh"

# --- connect.first_data_lost ---------------------------------------------------------------------------------------------

data_lost() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s "listen 8080;"
    firewall ip daddr 10.2.0.2 tcp dport 80 meta length '> 100' drop
    record connect/first-data-lost c eth0
    inside c curl -s -o /dev/null http://10.2.0.2:8080/hello
    background c curl -s -m 8 -o /dev/null http://10.2.0.2/hello
    sleep 4
    recorded connect/first-data-lost
    expectation connect/first-data-lost <<'END'
# A filter lets the handshake pass and drops the request. At another port of the server the same request is answered. Captured at the
# client.
# origin: lab/first_data.sh (nginx 1.22, curl 7.88, nftables drop)
# shows: connect.first_data_lost
tcp.dstport == 80 && tcp.len > 0 @6 => connect.first_data_lost
END
}

data_lost_ipv6() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    nginx_on s ""
    inside s nft add table inet own
    inside s nft "add chain inet own input { type filter hook input priority 0; }"
    inside s nft add rule inet own input tcp dport 80 meta length '> 100' drop
    record connect/first-data-lost-ipv6-server s eth0
    background c curl -s -m 8 -o /dev/null 'http://[2001:db8:2::2]/hello'
    sleep 4
    recorded connect/first-data-lost-ipv6-server
    expectation connect/first-data-lost-ipv6-server <<'END'
# The server's own firewall lets the handshake pass and drops the request. Captured at the server, where it arrives, over IPv6.
# origin: lab/first_data.sh (nginx 1.22, curl 7.88, nftables on the server)
# shows: connect.first_data_lost
tcp.dstport == 80 && tcp.len > 0 @6 => connect.first_data_lost
END
}

data_of_full_size() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall ip daddr 10.2.0.2 meta length '> 1200' drop
    record connect/first-data-full-size c eth0 -s 120
    background c curl -s -m 8 -o /dev/null -H "Cookie: $(head -c 1450 /dev/zero | tr '\0' x)" http://10.2.0.2/hello
    sleep 4
    recorded connect/first-data-full-size
    expectation connect/first-data-full-size <<'END'
# The path loses packets of full size, and the request begins with one.
# origin: lab/first_data.sh (nginx 1.22, curl 7.88, nftables drop)
# look-alike: connect.first_data_lost "MTU: only packets of full size vanish"
tcp.len > 1400 @5 => path.mtu_blackhole
END
}

data_blind() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record connect/first-data-blind-direction c eth0 src host 10.1.0.2
    inside c curl -s -o /dev/null http://10.2.0.2/hello
    firewall ip daddr 10.2.0.2 tcp dport 80 meta length '> 100' drop
    background c curl -s -m 8 -o /dev/null http://10.2.0.2/hello
    sleep 4
    recorded connect/first-data-blind-direction
    expectation connect/first-data-blind-direction <<'END'
# Only the client's packets are captured: whether its request is acknowledged can't be told from them.
# origin: lab/first_data.sh (nginx 1.22, curl 7.88, tcpdump with a source filter, nftables drop)
# look-alike: connect.first_data_lost "blind direction"
END
}

capture_ends() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall ip daddr 10.2.0.2 tcp dport 80 meta length '> 100' drop
    record connect/first-data-end-of-capture c eth0
    background c curl -s -m 8 -o /dev/null http://10.2.0.2/hello
    sleep 2
    recorded connect/first-data-end-of-capture
    expectation connect/first-data-end-of-capture <<'END'
# The capture ends before an answer to the fourth transmission of the request was due.
# origin: lab/first_data.sh (nginx 1.22, curl 7.88, nftables drop)
# look-alike: connect.first_data_lost "end of capture"
END
}

data_arrives_late() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    firewall ip daddr 10.2.0.2 tcp dport 80 meta length '> 100' drop
    record connect/first-data-arrives-late c eth0
    after 4 firewall_open
    inside c curl -s -m 10 -o /dev/null http://10.2.0.2/hello
    recorded connect/first-data-arrives-late
    local answer
    answer=$(tshark -n -r "$OUT/connect/first-data-arrives-late.pcapng" -Y 'tcp.srcport == 80' -T fields -e frame.number 2>/dev/null |
        sed -n 2p)
    expectation connect/first-data-arrives-late <<END
# The way to the server is interrupted for 4 s, right behind the handshake; the sixth transmission of the request is answered.
# origin: lab/first_data.sh (nginx 1.22, curl 7.88, nftables drop until it is open again)
# look-alike: connect.first_data_lost "data that is acknowledged after all"
tcp.dstport == 80 && tcp.len > 0 @6 => connect.first_data_lost withdrawn $answer
END
}

# --- connect.closed_at_once ----------------------------------------------------------------------------------------------
# Without a word: policy_blocks.sh.

greeted_with_an_error() {
    network c=2001:db8:1::2/64 s=2001:db8:2::2/64
    serve s listen 25 'say:421 4.7.0 mx.example.org too many connections from your network' close
    record connect/closed-with-a-greeting-ipv6 c eth0
    talk c connect 2001:db8:2::2 25 recv close
    recorded connect/closed-with-a-greeting-ipv6
    expectation connect/closed-with-a-greeting-ipv6 <<'END'
# A mail server greets with 421 and closes. Captured at the client, over IPv6.
# origin: lab/first_data.sh (talk.py)
# shows: connect.closed_at_once
tcp.srcport == 25 && tcp.len > 0 @1 => connect.closed_at_once
END
}

SCENARIOS=(
    data_lost data_lost_ipv6 data_of_full_size data_blind capture_ends data_arrives_late greeted_with_an_error
)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
