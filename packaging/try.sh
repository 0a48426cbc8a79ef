#!/usr/bin/env bash
# Build netcase, install it for the user who runs this, and show what it finds in captures.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: packaging/try.sh [CAPTURE...]

Installs the packages that are missing (asks for a password only then), builds netcase in
build-release/ (or in $NETCASE_BUILD), installs the plugin into your personal plugin folder, or for
root into the system's, since Wireshark ignores personal plugins for root, with the commands
netcase-annotate and netcase-json in ~/.local/bin (root: /usr/local/bin) and the configuration
profiles netcase and netcase-triage, and prints the findings of the captures: frame, severity, id and summary. Without
CAPTURE: those of the folder captures/, and then the report of one of them, as it will be of yours.
HELP
}

fail() {
    echo "try.sh: $*" >&2
    exit 1
}

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${NETCASE_BUILD:-$tree/build-release}
# shellcheck source=packaging/packages.sh
source "$tree/packaging/packages.sh"

# The plugin folder that tshark itself names; `epan` below it is where dissectors are looked for.
plugin_folder() {
    local kind=Personal
    [ "$(id -u)" -ne 0 ] || kind=Global
    tshark -G folders 2>/dev/null | sed -n "s/^$kind Plugins:[[:space:]]*//p"
}

# Run a step of the build quietly; its output matters only if it fails.
step() {
    local what=$1 log
    shift
    log=$(mktemp)
    echo "$what" >&2
    if ! "$@" >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        fail "failed: $*"
    fi
    rm -f "$log"
}

case ${1:-} in
-h | --help)
    usage
    exit 0
    ;;
-*)
    usage >&2
    exit 2
    ;;
esac

for capture in "$@"; do
    [ -r "$capture" ] || fail "can't read the capture $(printf %q "$capture")"
done
install_packages "${build_packages[@]}" || fail "packages are missing"
folder=$(plugin_folder)
[ -n "$folder" ] || fail "tshark does not tell its plugin folder (tshark -G folders)"

mkdir -p "$build" 2>/dev/null || fail "can't make the folder $build (set NETCASE_BUILD to another one)"
[ -w "$build" ] || fail "can't write to $build (set NETCASE_BUILD to another folder)"
configuration=$(tshark -G folders 2>/dev/null | sed -n "s/^Personal configuration:[[:space:]]*//p")
commands=$HOME/.local/bin
[ "$(id -u)" -ne 0 ] || commands=/usr/local/bin
step "Configuring in $build" cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
    -DNETCASE_PLUGIN_DIR="$folder/epan" -DNETCASE_BIN_DIR="$commands" -DNETCASE_PROFILE_DIR="$build/profiles"
step "Building" cmake --build "$build"
step "Installing into $folder/epan" cmake --install "$build"
# A profile that is there may have been changed by its user: it stays.
mkdir -p "$configuration/profiles"
cp -rn "$build/profiles/." "$configuration/profiles/"
plugins=$(tshark -G plugins 2>/dev/null)
[[ $plugins == *netcase.so* ]] || fail "tshark does not load $folder/epan/netcase.so (see tshark -G plugins)"

"$tree/packaging/show.sh" "$@"
if [ $# -eq 0 ]; then
    printf '\nOne of them as a report:\n\n'
    tshark -r "$tree/captures/idle/handbook-15s-reset.pcapng" -q -z netcase 2>/dev/null
    set -- YOUR-CAPTURE
fi
printf '\nNow yours:  tshark -r %q -q -z netcase\n' "$1"
