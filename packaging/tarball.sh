#!/usr/bin/env bash
# Make a .tar.gz with binaries and install.sh, and a .zip of the profiles for Wireshark's import.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
umask 022 # everybody may read what is installed

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=packaging/epoch.sh
source "$tree/packaging/epoch.sh"
out=${OUT:-$PWD}

case ${1:-} in
'' | -h | --help)
    cat <<'HELP'
Usage: packaging/tarball.sh BUILD...

Makes netcase-VERSION.tar.gz of the builds, one for each branch of Wireshark and kind of machine, with an install.sh that chooses the
one that fits; and netcase-VERSION-profiles.zip, for Edit > Configuration Profiles > Import. They come into the current folder
(or $OUT). The same bytes come from the same builds.
HELP
    [ $# -gt 0 ] || exit 2
    exit 0
    ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^project(netcase VERSION \([0-9.]*\).*/\1/p' "$tree/CMakeLists.txt")
name=netcase-$version
for build in "$@"; do
    cmake --install "$build" --component portable --strip --prefix "$work/$name" >"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
done
# The data is the same for all branches: one file in the archive.
first=
for data in "$work/$name"/plugins/*/*/netcase-country.mmdb; do
    if [ -n "$first" ] && cmp -s "$first" "$data"; then ln -f "$first" "$data"; fi
    first=${first:-$data}
done

tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c "$name" | gzip -9 -n >"$work/$name.tar.gz"
(cd "$tree/packaging/profiles" && python3 - "$work/$name-profiles.zip" "$SOURCE_DATE_EPOCH" <<'PYTHON'
import pathlib, sys, time, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(pathlib.Path().glob("*/*")):
        entry = zipfile.ZipInfo(str(path), time.gmtime(int(sys.argv[2]))[:6])
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        archive.writestr(entry, path.read_bytes())
PYTHON
)
# Whole or not at all.
for file in "$name.tar.gz" "$name-profiles.zip"; do
    cp "$work/$file" "$out/.$file.new" && mv -f "$out/.$file.new" "$out/$file" || {
        rm -f "$out/.$file.new"
        echo "tarball.sh: can't write $out/$file" >&2
        exit 1
    }
    echo "$out/$file"
done
