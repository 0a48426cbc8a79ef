#!/usr/bin/env bash
# Healthy applications that look unusual on the wire: nothing here may be reported. Takes about 75 s.

. "$(dirname "$0")/lib.sh"

ssh_keepalives() {
    network c=10.1.0.2/24,2001:db8:1::2/64 s=10.2.0.2/24,2001:db8:2::2/64
    mkdir -p /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f "$WORK/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$WORK/user_key"
    chmod 755 "$WORK"
    background s /usr/sbin/sshd -D -f /dev/null -h "$WORK/host_key" -o "AuthorizedKeysFile=$WORK/user_key.pub" \
        -o PermitRootLogin=yes -o StrictModes=no -o UsePAM=no -o "PidFile=$WORK/sshd.pid"
    wait_port s 22
    local options=(-q -i "$WORK/user_key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null)
    record healthy/ssh-keepalives c eth0
    # Messages of the session keep it alive every 20 s, and TCP's own probes; the pauses between pass 15 s.
    inside c ssh "${options[@]}" -o ServerAliveInterval=20 10.2.0.2 'uname; sleep 63; uname' >"$WORK/one" &
    inside c ssh "${options[@]}" 2001:db8:2::2 'uname; sleep 17; uname; sleep 17; uname' >"$WORK/two" &
    wait %2 %3 2>/dev/null || wait
    recorded healthy/ssh-keepalives
    expectation healthy/ssh-keepalives <<'END'
# Two ssh sessions, IPv4 and IPv6, with pauses of 17 to 20 s; one is kept alive by messages of its own (ServerAliveInterval).
# origin: lab/applications.sh (OpenSSH 9.2)
# look-alike: all "ssh with keepalives"
END
}

websocket() {
    network c=10.1.0.2/24 p=10.2.0.2/24 s=10.3.0.2/24
    cat >"$WORK/server.py" <<'PY'
import asyncio, websockets

async def talk(socket, *path):
    await socket.send("welcome")
    await asyncio.sleep(33)
    await socket.send("news after 33 s")
    async for message in socket:
        await socket.send(message)

async def main():
    async with websockets.serve(talk, "", 8765, ping_interval=20):
        await asyncio.Future()

asyncio.run(main())
PY
    cat >"$WORK/client.py" <<'PY'
import asyncio, websockets

async def main():
    async with websockets.connect("ws://10.2.0.2/chat") as socket:
        await socket.recv()
        await socket.recv()
        await socket.send("thanks")
        await socket.recv()

asyncio.run(main())
PY
    background s "$PYTHON" "$WORK/server.py"
    wait_port s 8765
    nginx_on p "location /chat { proxy_pass http://10.3.0.2:8765; proxy_http_version 1.1; proxy_read_timeout 120s;
        proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection upgrade; }"
    record healthy/websocket-through-a-proxy p any
    inside c "$PYTHON" "$WORK/client.py"
    recorded healthy/websocket-through-a-proxy
    expectation healthy/websocket-through-a-proxy <<'END'
# A WebSocket through nginx, captured at the proxy: the server pings every 20 s and has news after 33 s.
# origin: lab/applications.sh (nginx 1.22, python websockets 10.4)
# look-alike: all "WebSockets"
END
}

health_checks() {
    network c=10.1.0.2/24 b=10.2.0.2/24 s=10.3.0.2/24 t=10.3.1.2/24
    nginx_on s ""
    serve t listen 8080 loop:100
    cat >"$WORK/haproxy.cfg" <<'END'
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
frontend f
    bind :80
    default_backend web
backend web
    option httpchk GET /hello
    server web1 10.3.0.2:80 check inter 2s
    server web2 10.3.1.2:8080 check inter 2s
backend secure
    option httpchk GET /hello
    server web1 10.3.0.2:443 ssl verify none check inter 3s
backend ports
    mode tcp
    option tcp-check
    server web1 10.3.0.2:80 check inter 2s
    server web2 10.3.1.2:8080 check inter 1s
END
    record connect/health-checks-of-a-load-balancer b eth0 -s 120
    background b haproxy -db -f "$WORK/haproxy.cfg"
    wait_port b 80
    local round
    for round in 1 2 3 4; do
        sleep 5
        inside c curl -s -o /dev/null "http://10.2.0.2/hello?$round"
    done
    recorded connect/health-checks-of-a-load-balancer
    expectation connect/health-checks-of-a-load-balancer <<'END'
# A load balancer checks its servers every 1 to 3 s: with HTTP, with HTTPS, and by connecting only (it ends those with RST).
# Now and then a client sends a request through it.
# origin: lab/applications.sh (haproxy 2.6, nginx 1.22, talk.py, curl 7.88)
# shows: connect.health_check
tcp.flags.reset == 1 && ip.dst == 10.3.1.2 && tcp.ack == 1 @5 => connect.health_check
tcp.flags.reset == 1 && ip.dst == 10.3.0.2 && tcp.dstport == 80 && tcp.ack == 1 @5 => connect.health_check
END
}

large_segments() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    local end
    for end in c:eth0 s:eth0 r:c r:s; do
        inside "${end%:*}" ethtool -K "${end#*:}" tx on tso on gso on gro on >/dev/null 2>&1
    done
    record healthy/large-segments s eth0 -s 96
    inside c curl -s -o /dev/null http://10.2.0.2/download -o /dev/null http://10.2.0.2/download
    inside c curl -sk -o /dev/null https://10.2.0.2/download
    inside c curl -s -o /dev/null --data-binary "@$WORK/www/download" http://10.2.0.2/hello || true
    recorded healthy/large-segments
    expectation healthy/large-segments <<'END'
# Downloads and an upload captured on a host whose network card splits the segments: they are longer than the MTU and have
# unfinished checksums.
# origin: lab/applications.sh (nginx 1.22, curl 7.88, segmentation offload on)
# look-alike: all "offloaded (large segment) captures"
END
}

wifi() {
    network c=10.1.0.2/24 s=10.2.0.2/24
    nginx_on s ""
    record source c eth0
    inside c curl -s -o /dev/null http://10.2.0.2/page -o /dev/null http://10.2.0.2/hello
    inside c curl -sk -o /dev/null https://10.2.0.2/page
    stop_recording source
    mirrored healthy/wifi-repeated-frames source --as wifi --at 10.1.0.2 --retry 3
    expectation healthy/wifi-repeated-frames <<'END'
# A monitor hears every third frame of a station twice: the radio repeats what its peer did not acknowledge in time.
# origin: lab/applications.sh (nginx 1.22, curl 7.88; 802.11 headers and repetitions by lab/mirror.py)
# look-alike: all "Wi-Fi duplicates"
END
}

SCENARIOS=(ssh_keepalives websocket health_checks large_segments wifi)
# Names on the command line run those only.
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
run_scenarios "$@"
