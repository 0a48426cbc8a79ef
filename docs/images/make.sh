#!/usr/bin/env bash
# Take the pictures of the documentation from a real Wireshark under Xvfb.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: docs/images/make.sh BUILD [NAME...]

BUILD is the build folder that holds netcase.so. Needed: wireshark, Xvfb, xdotool, ImageMagick and a
font with Chinese characters (Debian: wireshark xvfb xdotool imagemagick fonts-noto-cjk). Run it as
an ordinary user: Wireshark ignores personal plugins for root. NAME limits it to some pictures.
HELP
}

[ $# -ge 1 ] && [ -f "$1/netcase.so" ] || { usage >&2 && exit 2; }
[ "$(id -u)" -ne 0 ] || { echo "make.sh: run it as an ordinary user" >&2 && exit 1; }
images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$images/../.." && pwd)
build=$(cd "$1" && pwd)
shift
wanted=("$@")
out=${NETCASE_IMAGES:-$images}

width=1280 height=900
home=$(mktemp -d)
wireshark='' xvfb=''
stop() {
    [ -n "$wireshark" ] || return 0
    kill "$wireshark" 2>/dev/null || true
    wait "$wireshark" 2>/dev/null || true
    wireshark=''
}
trap 'stop; [ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null; wait; rm -rf "$home"' EXIT

# A home with the plugin, without the bytes pane and without dialogs at start.
branch=$(tshark --version | sed -n 's/^TShark (Wireshark) \([0-9]*\.[0-9]*\).*/\1/p')
plugins=$home/.local/lib/wireshark/plugins/$branch/epan
mkdir -p "$plugins" "$home/.config/wireshark"
cp "$build/netcase.so" "$plugins/"
cp "$tree/packaging/country/geo-whois-asn-country.mmdb" "$plugins/netcase-country.mmdb"
cat >"$home/.config/wireshark/preferences" <<'PREFERENCES'
gui.layout_type: 1
gui.layout_content_1: PLIST
gui.layout_content_2: PDETAILS
gui.layout_content_3: NONE
gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
gui.qt.font_name: DejaVu Sans Mono,9,-1,5,50,0,0,0,0,0
gui.column.format: "No.", "%m", "Time", "%t", "Source", "%s", "Destination", "%d", "Protocol", "%p", "Finding", "%Cus:netcase.expert:0:R", "Info", "%i"
gui.column.hide:
PREFERENCES

# recent LIST_HEIGHT DETAILS_HEIGHT: the sizes of the panes and columns.
recent() {
    cat >"$home/.config/wireshark/recent_common" <<RECENT
gui.geometry_main_x: 0
gui.geometry_main_y: 0
gui.geometry_main_width: $width
gui.geometry_main_height: $height
gui.geometry_main_maximized: FALSE
gui.geometry_status_pane: $width
RECENT
    cat >"$home/.config/wireshark/recent" <<RECENT
gui.toolbar_main_show: FALSE
gui.statusbar_show: TRUE
gui.geometry_main_upper_pane: $1
gui.geometry_main_lower_pane: $2
gui.packet_list_colorize: TRUE
column.width: %m, 50, %t, 90, %s, 125, %d, 125, %p, 65, "%Cus:netcase.expert", 140, %i, 600
RECENT
}

number=90
while [ -e "/tmp/.X11-unix/X$number" ]; do number=$((number + 1)); done
export DISPLAY=:$number
Xvfb "$DISPLAY" -screen 0 "${width}x${height}x24" -nolisten tcp >/dev/null 2>&1 &
xvfb=$!
for _ in $(seq 50); do [ -e "/tmp/.X11-unix/X$number" ] && break || sleep 0.1; done

# start CAPTURE FRAME OPTION...: open the capture at the frame.
start() {
    local capture=$1 frame=$2
    shift 2
    env HOME="$home" XDG_CONFIG_HOME="$home/.config" XDG_RUNTIME_DIR="$home" LC_ALL=C.UTF-8 QT_QPA_PLATFORM=xcb \
        wireshark -r "$tree/captures/$capture" -g "$frame" "$@" >"$home/log" 2>&1 &
    wireshark=$!
    window=''
    for _ in $(seq 150); do
        window=$(xdotool search --onlyvisible --name "$(basename "$capture")" 2>/dev/null | tail -1) && [ -n "$window" ] && break
        sleep 0.2
    done
    [ -n "$window" ] || { cat "$home/log" >&2 && exit 1; }
    xdotool windowmove "$window" 0 0 windowsize "$window" $width $height
    sleep 3
    xdotool windowfocus "$window"
    sleep 1
}

keys() {
    for key in "$@"; do
        xdotool key "$key"
        sleep 0.3
    done
}

# take NAME [GEOMETRY]: the screen, or a part of it, as a small PNG.
take() {
    sleep 1
    xdotool mousemove $((width - 1)) $((height - 1))
    import -window root -crop "${2:-${width}x${height}+0+0}" +repage -depth 8 -colors 64 \
        -define png:compression-level=9 -strip "$out/$1.png"
    echo "$1.png $(stat -c %s "$out/$1.png") bytes"
}

wants() {
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $1 "* ]]
}

# tree_of NAME CAPTURE FRAME LIST_HEIGHT OPTION...: the packet list, and netcase's finding expanded.
tree_of() {
    local name=$1 capture=$2 frame=$3 upper=$4
    shift 4
    wants "$name" || return 0
    recent "$upper" $((height - upper))
    start "$capture" "$frame" "$@"
    # Into the details: the last protocol is netcase, and its first line the finding.
    xdotool mousemove 300 $((upper + 40)) click 1
    keys End Right Down Right
    take "$name"
    stop
}

# The list of all findings: Analyze > Expert Information.
expert_window() {
    local name=$1 capture=$2 frame=$3
    shift 3
    wants "$name" || return 0
    recent 240 $((height - 240))
    start "$capture" "$frame" "$@"
    keys alt+a Up Return
    sleep 2
    local dialog
    dialog=$(xdotool search --onlyvisible --name "Expert Information" | tail -1)
    xdotool windowmove "$dialog" 0 0 windowsize "$dialog" $width 260
    # The two findings are the first rows.
    xdotool mousemove 300 42 click 1
    keys Right Down Down Right
    take "$name" "${width}x260+0+0"
    stop
}

tree_of idle-reset idle/handbook-15s-reset.pcapng 23 200
tree_of tls-alert-fin tls/handbook-120s-alert-fin.pcapng 49 200
tree_of dns-cname-dead dns/handbook-cname-abroad-home-set.pcapng 5 200 -o netcase.home_countries:CN
tree_of idle-reset-zh idle/handbook-15s-reset.pcapng 23 200 -o netcase.language:zh_CN
expert_window expert-information dns/handbook-cname-abroad-home-set.pcapng 5 -o netcase.home_countries:CN
