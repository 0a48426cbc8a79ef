#!/bin/sh
# Replace the country database by the newest one of its package, if that one passes a check.
# Needs npm, tar, mmdblookup (mmdb-bin). Rewrites the version and date in NOTICE.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

package=@ip-location-db/geo-whois-asn-country-mmdb
file=geo-whois-asn-country.mmdb
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "refresh.sh: $*" >&2
    exit 1
}

country() {
    mmdblookup --file "$work/package/$file" --ip "$1" country_code 2>/dev/null | sed -n 's/.*"\(.*\)".*/\1/p'
}

cd "$work"
archive=$(npm pack --silent "$package" | tail -n 1)
tar -xzf "$archive"
[ -f "package/$file" ] || fail "the package has no $file"
[ -f package/NRO_LICENSE ] || fail "the package has no licence of the data"

# Addresses whose country does not change: public resolvers, a documented forged answer, clouds.
while read -r address expected; do
    found=$(country "$address")
    [ "$found" = "$expected" ] || fail "$address is in \"$found\", not in $expected: the old database stays"
done <<'ADDRESSES'
108.160.166.142 US
115.28.115.126 CN
223.5.5.5 CN
47.104.79.200 CN
114.114.114.114 CN
8.8.8.8 US
2001:4860:4860::8888 US
240e::1 CN
ADDRESSES

# A database that lost most of its rows would pass the addresses above.
size=$(wc -c <"package/$file")
[ "$size" -gt 4000000 ] || fail "only $size bytes: the old database stays"

version=$(sed -n 's/.*"version": "\(.*\)".*/\1/p' package/package.json)
built=$(mmdblookup --verbose --file "package/$file" --ip 8.8.8.8 | sed -n 's/.*Build epoch: *[0-9]* (\(.*\))/\1/p')
cp "package/$file" "package/NRO_LICENSE" "$here/"
sed -i "s/^Version: .*/Version: $version/; s/^Built: .*/Built: $built/" "$here/NOTICE"
echo "refresh.sh: version $version, built $built"
