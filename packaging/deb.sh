#!/usr/bin/env bash
# Make a Debian package of netcase for the Wireshark that is installed here, in build-deb/ (or in
# $NETCASE_BUILD). Installs the packages that are missing and prints the path of the new one.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
umask 022 # everybody may read what is installed

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${NETCASE_BUILD:-$tree/build-deb}
# shellcheck source=packaging/packages.sh
source "$tree/packaging/packages.sh"

install_packages "${build_packages[@]}" "${deb_packages[@]}"
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >&2
rm -f "$build"/netcase_*.deb
cmake --build "$build" --target package >&2
ls "$build"/netcase_*.deb
