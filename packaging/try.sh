#!/usr/bin/env bash
# Build netcase, install it for the user who runs this, and show what it finds in captures.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: packaging/try.sh [--all | CAPTURE...]
       packaging/try.sh --remove | --help | --version

Installs the packages that are missing (asks for a password only then), builds netcase in build-release/ (or in $NETCASE_BUILD),
and installs it for you, as packaging/install.sh describes: the plugin, the commands and manual pages, and two configuration
profiles. Then it prints the findings of the captures: frame, severity, id and summary. Without CAPTURE: those of six captures of
the folder captures/, with --all those of all in it, and then the report of one of them, as it will be of yours.

--remove takes away what was installed, but for what you have changed since; packages stay.

Ends with 0 if all went well, with 1 if not, with 2 for a wrong option.
HELP
}

fail() {
    echo "try.sh: $*" >&2
    exit 1
}

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${NETCASE_BUILD:-$tree/build-release}
# Different failures, each told in a line or two.
telling=(idle/handbook-15s-reset tls/handbook-120s-alert-fin dns/handbook-cname-abroad-home-known app/client-timeout
    policy/port-rejected-for-one-source path/mtu-client-hello)
# shellcheck source=packaging/packages.sh
source "$tree/packaging/packages.sh"

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
-h | --help) usage && exit 0 ;;
--version) sed -n 's/^project(netcase VERSION \([0-9.]*\).*/netcase \1/p' "$tree/CMakeLists.txt" && exit 0 ;;
--all | --remove) [ $# -eq 1 ] || { usage >&2 && exit 2; } ;;
-*) usage >&2 && exit 2 ;;
esac
if [ "${1:-}" = --remove ]; then
    exec "$tree/packaging/install.sh" --remove
fi

yours=no
[[ ${1:---all} == --all ]] || yours=yes
if [ $yours = yes ]; then
    for capture in "$@"; do
        [ -r "$capture" ] || fail "can't read the capture $(printf %q "$capture")"
    done
fi
install_packages "${build_packages[@]}" || fail "packages are missing"

mkdir -p "$build" 2>/dev/null || fail "can't make the folder $build (set NETCASE_BUILD to another one)"
[ -w "$build" ] || fail "can't write to $build (set NETCASE_BUILD to another folder)"
step "Configuring in $build" cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
step "Building" cmake --build "$build"
rm -rf "$build/portable"
step "Collecting" cmake --install "$build" --component portable --prefix "$build/portable"
"$build/portable/install.sh" || exit 1

if [ $yours = yes ]; then
    "$tree/packaging/show.sh" "$@"
else
    captures=() # all
    [ $# -gt 0 ] || captures=("${telling[@]/%/.pcapng}")
    (cd "$tree" && packaging/show.sh "${captures[@]/#/captures/}")
    printf '\nOne of them as a report:\n\n'
    tshark -r "$tree/captures/idle/handbook-15s-reset.pcapng" -q -z netcase 2>/dev/null
    set -- YOUR-CAPTURE
fi
printf '\nNow yours:  tshark -r %q -q -z netcase\n' "$1"
