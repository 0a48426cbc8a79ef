# Shared by the lab scripts: network namespaces, servers, captures, expectations, cleanup.
#
# A scenario is a shell function. run_scenarios starts each in a subshell with namespaces, addresses and a scratch folder
# of its own, so that all of them run side by side: they mostly wait for timers. Whatever a scenario started ends with it,
# because everything it starts lives in its namespaces.
# shellcheck shell=bash

set -Eeuo pipefail

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Where the captures go; set LAB_OUT to try a script without touching the kept captures.
OUT=${LAB_OUT:-$(dirname "$LAB")}
PYTHON=${PYTHON:-/usr/bin/python3}

die() {
    echo "$*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || die "needs root: it creates network namespaces"

# --- scenarios and cleanup ---------------------------------------------------------------------------------------------

# run_scenarios FUNCTION...: all at once; fails when one fails.
run_scenarios() {
    local function failed=0
    local -A started=()
    for function in "$@"; do
        ( begin "$function"; "$function" ) &
        started[$function]=$!
        # A little apart, so that their set-up does not fall together on a small machine.
        sleep 0.3
    done
    for function in "$@"; do
        wait "${started[$function]}" || { echo "FAILED: $function" >&2; failed=1; }
    done
    return "$failed"
}

begin() {
    PREFIX=lab-$$-$1
    WORK=$(mktemp -d "/tmp/lab-$1.XXXXXX")
    trap cleanup EXIT
    trap 'echo "$PREFIX failed: $BASH_COMMAND" >&2' ERR
    trap 'exit 1' INT TERM
}

cleanup() {
    local ns
    set +e
    for ns in $(ip netns list 2>/dev/null | awk -v p="$PREFIX-" 'index($1, p) == 1 { print $1 }'); do
        # Only processes inside our own namespaces.
        ip netns pids "$ns" | xargs -r kill -9 2>/dev/null
        ip netns del "$ns"
    done
    rm -rf "$WORK"
}

# --- network -----------------------------------------------------------------------------------------------------------

# inside HOST COMMAND...
inside() {
    local host=$1
    shift
    ip netns exec "$PREFIX-$host" "$@"
}

# background HOST COMMAND...: as a daemon of the scenario; output in $WORK/HOST.log
background() {
    local host=$1
    shift
    ip netns exec "$PREFIX-$host" "$@" >>"$WORK/$host.log" 2>&1 &
    # The shell need not report that cleanup killed it.
    disown
}

new_host() {
    ip netns add "$PREFIX-$1"
    # No duplicate address detection, whose wait would make the addresses unusable, and no router solicitations.
    inside "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0 \
        net.ipv6.conf.default.accept_ra=0
    inside "$1" ip link set lo up
}

plain_packets() {
    # Without offloads the capture shows what a wire carries: MTU-sized segments and right checksums.
    inside "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1 || true
}

# network c=10.1.0.2/24 s=10.2.0.2/24,2001:db8:2::2/64 ...: hosts around one router r. A host's interface is eth0, the
# router's interface has the host's name; the router has address 1 (or ::1) of each network.
network() {
    local spec host address gateway
    new_host r
    inside r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    for spec in "$@"; do
        host=${spec%%=*}
        new_host "$host"
        ip -n "$PREFIX-r" link add dev "$host" type veth peer name eth0 netns "$PREFIX-$host"
        plain_packets "$host" eth0
        plain_packets r "$host"
        case $spec in
            *:*) ;;
            # No multicast listener reports in IPv4 captures.
            *) inside "$host" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
               inside r sysctl -qw "net.ipv6.conf.$host.disable_ipv6=1" ;;
        esac
        ip -n "$PREFIX-r" link set dev "$host" up
        ip -n "$PREFIX-$host" link set dev eth0 up
        for address in $(tr , ' ' <<<"${spec#*=}"); do
            case $address in
                *:*) gateway=$(sed 's/:[^:]*$/:1/' <<<"${address%/*}")
                     ip -n "$PREFIX-r" addr add "$gateway/${address#*/}" dev "$host" nodad
                     ip -n "$PREFIX-$host" addr add "$address" dev eth0 nodad
                     ip -n "$PREFIX-$host" -6 route add default via "$gateway" ;;
                *)   gateway=${address%.*}.1
                     ip -n "$PREFIX-r" addr add "$gateway/${address#*/}" dev "$host"
                     ip -n "$PREFIX-$host" addr add "$address" dev eth0
                     ip -n "$PREFIX-$host" route add default via "$gateway" ;;
            esac
        done
    done
    inside r nft add table inet lab
    inside r nft "add chain inet lab forward { type filter hook forward priority 0; }"
}

# firewall RULE...: appended on the router, e.g. firewall tcp dport 80 drop
firewall() {
    inside r nft add rule inet lab forward "$@"
}

# lose_first COUNT RULE...: drops the first COUNT packets that match, then lets pass (or meets the next rule).
lose_first() {
    local count=$1
    shift
    firewall "$@" limit rate 1/hour burst "$count" packets drop
}

firewall_open() {
    inside r nft flush chain inet lab forward
}

# A middlebox that dropped its connection table: what passes now is unknown to it.
forget_by_drop() {
    firewall meta l4proto tcp drop
}

forget_by_reset() {
    firewall meta l4proto tcp reject with tcp reset
}

# path_through 'ARGUMENTS of wire.py' HOST...: what comes from these hosts takes this way through the router.
path_through() {
    local arguments=$1 host try
    shift
    # shellcheck disable=SC2086
    background r "$PYTHON" "$LAB/wire.py" slow0 $arguments
    for try in $(seq 50); do
        inside r ip link set dev slow0 up 2>/dev/null && break
        sleep 0.1
    done
    [ "$try" -lt 50 ] || die "wire.py did not start"
    inside r sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.slow0.rp_filter=0
    inside r ip route add default dev slow0 table 100
    inside r ip -6 route add default dev slow0 table 100
    for host in "$@"; do
        inside r ip rule add iif "$host" table 100
        inside r ip -6 rule add iif "$host" table 100
    done
}

# slow_path DELAY LOSE_EACH HOST...: what comes from these hosts takes DELAY seconds more through the router, and every
# LOSE_EACH-th full packet is lost (0: none).
slow_path() {
    path_through "$1 $2" "${@:3}"
}

# bottleneck DELAY RATE QUEUE HOST...: the same with RATE bits per second and QUEUE bytes of room before it.
bottleneck() {
    path_through "$1 --rate $2 --queue $3" "${@:4}"
}

# start_tunnel HOST DEVICE ARGUMENTS...: a tunnel end, see tunnel.py; without reverse path filter
start_tunnel() {
    local host=$1 device=$2 try
    shift
    background "$host" "$PYTHON" "$LAB/tunnel.py" "$@"
    for try in $(seq 50); do
        inside "$host" ip link set dev "$device" up mtu 1400 2>/dev/null && break
        sleep 0.1
    done
    [ "$try" -lt 50 ] || die "tunnel.py did not start"
    inside "$host" sysctl -qw "net.ipv4.conf.$device.rp_filter=0" net.ipv4.conf.all.rp_filter=0
}

# after SECONDS COMMAND...: a change during the run of something else
after() {
    local wait=$1
    shift
    ( sleep "$wait"; "$@" ) &
}

# --- servers -----------------------------------------------------------------------------------------------------------

# talk HOST ARGUMENTS...: see talk.py; serve is the same in the background and waits for its port.
talk() {
    local host=$1
    shift
    inside "$host" env LAB_CERT="$WORK/cert.pem" LAB_KEY="$WORK/key.pem" "$PYTHON" "$LAB/talk.py" "$@"
}

serve() {
    local host=$1 port
    shift
    background "$host" env LAB_CERT="$WORK/cert.pem" LAB_KEY="$WORK/key.pem" "$PYTHON" "$LAB/talk.py" "$@"
    port=$(grep -oE 'listen [0-9]+' <<<"$*" | cut -d' ' -f2)
    wait_port "$host" "$port"
}

# wait_port HOST PORT [u]: until something listens there, with TCP or with UDP
wait_port() {
    local try kind=${3:-t}
    for try in $(seq 100); do
        if inside "$1" ss "-Hl${kind}n" "sport = :$2" | grep -q .; then
            return
        fi
        sleep 0.1
    done
    cat "$WORK/$1.log" >&2
    die "nothing listens on port $2 ($try tries)"
}

certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=www.example.cn" \
        -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
}

# nginx_run HOST NAME 'lines of the server block': with $WORK/NAME.conf
nginx_run() {
    local own=$WORK/$2
    cat >"$own.conf" <<END
daemon off; master_process off; user root; pid $own.pid; error_log $own.err info;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $own.t1; proxy_temp_path $own.t2; fastcgi_temp_path $own.t3;
    uwsgi_temp_path $own.t4; scgi_temp_path $own.t5;
    server {$3
    }
}
END
    background "$1" nginx -c "$own.conf" -e "$own.err"
}

# nginx_on HOST 'lines of the server block': plain on 80, TLS on 443; /hello answers 100 bytes,
# /page 20 kB, /download 150 kB
nginx_on() {
    local host=$1
    certificate
    mkdir -p "$WORK/www"
    head -c 99 /dev/zero | tr '\0' h >"$WORK/www/hello"
    echo >>"$WORK/www/hello"
    head -c 15000 /dev/urandom | base64 -w0 >"$WORK/www/page"
    head -c 112500 /dev/urandom | base64 -w0 >"$WORK/www/download"
    nginx_run "$host" nginx "
        listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl;
        ssl_certificate $WORK/cert.pem; ssl_certificate_key $WORK/key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_tickets off;
        root $WORK/www;
        $2"
    wait_port "$host" 443
}

# resolver_on HOST [arguments of dnsmasq...]
resolver_on() {
    local host=$1
    shift
    background "$host" dnsmasq --keep-in-foreground --no-resolv --no-hosts --conf-file=/dev/null --user=root --pid-file "$@"
    wait_port "$host" 53 u
}

# proxy_on HOST UPSTREAM 'lines of the location': nginx on port 80 that passes requests on; /maintenance is its own
proxy_on() {
    local host=$1 upstream=$2
    nginx_run "$host" proxy "
        listen 80; listen [::]:80;
        location / { proxy_pass http://$upstream; $3 }
        location /maintenance { return 503; }"
    wait_port "$host" 80
}

# wireguard_end HOST ADDRESS OTHER ENDPOINT: wireguard-go with UDP port 51820; the keys are in $WORK
wireguard_end() {
    local host=$1 try
    # Its socket has the device's name and lies in one folder for all namespaces.
    local device=wg$host$((BASHPID % 10000))
    background "$host" wireguard-go -f "$device"
    for try in $(seq 50); do
        inside "$host" wg show "$device" >"$WORK/wg" 2>&1 && break
        sleep 0.1
    done
    [ "$try" -lt 50 ] || { cat "$WORK/$host.log" >&2; die "wireguard-go did not start"; }
    inside "$host" wg set "$device" listen-port 51820 private-key "$WORK/$host.key" peer "$(cat "$WORK/$3.pub")" \
        endpoint "$4:51820" allowed-ips 10.9.0.0/24
    inside "$host" ip addr add "$2/24" dev "$device"
    inside "$host" ip link set dev "$device" mtu 1420 up
}

# wireguard_between ADDRESS_OF_C ADDRESS_OF_S: a tunnel of c (10.9.0.1) and s (10.9.0.2)
wireguard_between() {
    (
        umask 077
        for host in c s; do
            wg genkey >"$WORK/$host.key"
            wg pubkey <"$WORK/$host.key" >"$WORK/$host.pub"
        done
    )
    wireguard_end c 10.9.0.1 s "$2"
    wireguard_end s 10.9.0.2 c "$1"
}

# --- captures ----------------------------------------------------------------------------------------------------------

declare -A CAPTURING=()

# record NAME HOST INTERFACE [tcpdump arguments]: starts a capture; NAME is family/name or a name of the scenario's own
record() {
    local name=$1 host=$2 interface=$3 file try
    shift 3
    file=$WORK/${name//\//_}
    # The snap length is no limit here (the MTU is 1500) but what makes tcpdump's buffer hold many packets.
    ip netns exec "$PREFIX-$host" tcpdump -Z root -n -U --immediate-mode -s 2048 -i "$interface" -w "$file.pcap" "$@" \
        2>"$file.err" &
    CAPTURING[$name]=$!
    for try in $(seq 100); do
        grep -q "listening on" "$file.err" 2>/dev/null && return
        sleep 0.05
    done
    cat "$file.err" >&2
    die "tcpdump did not start ($try tries)"
}

# stop_recording NAME: ends the capture; it is in $WORK/NAME.pcap
stop_recording() {
    local file=$WORK/${1//\//_}
    sleep 0.4
    kill -TERM "${CAPTURING[$1]}"
    wait "${CAPTURING[$1]}" || true
    grep -q "^0 packets dropped by kernel" "$file.err" || die "$1: the capture itself lost packets, run again"
}

# recorded FAMILY/NAME: ends the capture and keeps it
recorded() {
    stop_recording "$1"
    mkdir -p "$OUT/$(dirname "$1")"
    editcap -F pcapng "$WORK/${1//\//_}.pcap" "$OUT/$1.pcapng"
}

# expectation FAMILY/NAME <<END: the comment lines of the .expect file as they are, and for each finding a line
#     DISPLAY FILTER [@N[+K]] => case
# which becomes "frame case" for the K-th frame after the N-th that the filter finds (default 1+0). The kept frame numbers
# were checked by reading the captures; the filters only keep them right when the lab is run again.
expectation() {
    local file=$OUT/$1 line filter nth later frame findings=""
    : >"$file.expect"
    while IFS= read -r line; do
        if [ "${line#\#}" != "$line" ]; then
            echo "$line" >>"$file.expect"
            continue
        fi
        filter=${line%%=> *}
        nth=1 later=0
        if [[ $filter =~ @([0-9]+)(\+([0-9]+))?\ *$ ]]; then
            nth=${BASH_REMATCH[1]} later=${BASH_REMATCH[3]:-0}
            filter=${filter%@*}
        fi
        frame=$(tshark -n -r "$file.pcapng" -Y "$filter" -T fields -e frame.number 2>/dev/null </dev/null |
            sed -n "${nth}p")
        [ -n "$frame" ] || die "$1: no frame for: $line"
        findings+="$((frame + later)) ${line##*=> }"$'\n'
    done
    printf '%s' "$findings" | sort -n >>"$file.expect"
    printf '%-50s %s\n' "$1" "$(printf '%s' "$findings" | sort -n | paste -sd, -)"
}

# mirrored NAME INPUT ARGUMENTS...: real packets in a mirror session, a tunnel or another link type (see mirror.py); INPUT is a
# capture of this scenario (its name) or a kept one (family/name)
mirrored() {
    local name=$1 input=$WORK/$2.pcap
    [ -f "$input" ] || input=$OUT/$2.pcapng
    shift 2
    mkdir -p "$OUT/$(dirname "$name")"
    "$PYTHON" "$LAB/mirror.py" "$input" "$WORK/mirrored.pcap" "$@"
    editcap -F pcapng "$WORK/mirrored.pcap" "$OUT/$name.pcapng"
}
