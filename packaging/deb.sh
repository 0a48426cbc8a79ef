#!/usr/bin/env bash
# Make a Debian package of netcase for the Wireshark that is installed here.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
umask 022 # everybody may read what is installed

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${NETCASE_BUILD:-$tree/build-deb}
# shellcheck source=packaging/packages.sh
source "$tree/packaging/packages.sh"
# shellcheck source=packaging/epoch.sh
source "$tree/packaging/epoch.sh"

case ${1:-} in
'') ;;
-h | --help)
    cat <<'HELP'
Usage: packaging/deb.sh

Installs the packages that are missing, builds in build-deb/ (or in $NETCASE_BUILD), makes a package for the Wireshark that is
installed here, and prints its path. $DEBFULLNAME and $DEBEMAIL are named as its maintainer. The same bytes come from the same source.
HELP
    exit 0
    ;;
*) echo "Usage: packaging/deb.sh [--help]" >&2 && exit 2 ;;
esac

install_packages "${build_packages[@]}" "${deb_packages[@]}"
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >&2
rm -f "$build"/netcase_*.deb
cmake --build "$build" --target package >&2
ls "$build"/netcase_*.deb
