# shellcheck shell=bash
# The packages that netcase needs, by their names in Debian 12 and 13 and Ubuntu 24.04, and how to
# get them. The one list for packaging/try.sh, tests/run.sh and docs/; sourced, never run.
# SPDX-License-Identifier: GPL-2.0-or-later

# To build the plugin and to run it.
# shellcheck disable=SC2034
build_packages=(
    gcc libc6-dev cmake ninja-build pkgconf
    libglib2.0-dev libmaxminddb-dev
    wireshark-dev libwireshark-dev libwiretap-dev libwsutil-dev
    tshark wireshark-common
)

# To make a Debian package of it as well (packaging/deb.sh): they find what the plugin depends on.
# shellcheck disable=SC2034
deb_packages=(dpkg-dev file)

# To drive Wireshark's windows without a screen: the suite gui and docs/images/make.py.
# shellcheck disable=SC2034
gui_packages=(wireshark xvfb xdotool imagemagick dbus-daemon at-spi2-core python3 python3-gi fonts-dejavu-core fonts-noto-cjk)

# To test it as well: unit tests, layout of the sources, captures and instruction counts.
# shellcheck disable=SC2034
test_packages=(
    "${build_packages[@]}"
    libcmocka-dev clang-format clang libclang-rt-dev valgrind python3 python3-jsonschema python3-html5lib cmark-gfm jq lintian mandoc groff-base parallel git util-linux shellcheck chromium
    "${gui_packages[@]}"
)

# install_packages PACKAGE...: get what is missing. Asks for a password (sudo) only then.
install_packages() {
    local missing=() package as_root=()
    for package in "$@"; do
        # The name of an architecture's package may be printed once per architecture.
        # shellcheck disable=SC2016
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    if ! command -v apt-get >/dev/null; then
        echo "This script installs packages on Debian and Ubuntu only. Elsewhere install the equivalent of:" >&2
        echo "    ${missing[*]}" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Packages are missing and sudo is not installed. Run this as root, then start again:" >&2
            echo "    apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi

    echo "Installing: ${missing[*]}" >&2
    # Wireshark asks whether everybody may capture; netcase only reads files, so the default (no)
    # is taken without a question.
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300) log
    log=$(mktemp)
    if ! "${apt[@]}" update >"$log" 2>&1; then
        echo "apt-get update failed; trying with the package lists that are there." >&2
        tail -n 5 "$log" >&2
    fi
    if ! "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "apt-get could not install: ${missing[*]}" >&2
        echo "On Ubuntu they need the component universe: add-apt-repository universe" >&2
        return 1
    fi
    rm -f "$log"
}
