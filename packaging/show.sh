#!/usr/bin/env bash
# Print the findings of captures with the installed plugin: a block for each, a line a finding.
# Without arguments: of all in the folder captures/.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail

# A capture of the project may need options; its expectation names them.
options_of() {
    local expectation=${1%.*}.expect
    [ ! -f "$expectation" ] || sed -n 's/^# options:[[:space:]]*//p' "$expectation"
}

# A terminal gets no character that it would obey: names of files are anybody's, and tshark repeats them.
shown() {
    if [[ $1 == *[![:print:]]* ]]; then printf %q "$1"; else printf %s "$1"; fi
}
plain() {
    LC_ALL=C sed -e '/^Running as user/d' -e 's/[\x01-\x08\x0b-\x1f\x7f]/?/g' -e 's/\xc2[\x80-\x9f]/?/g' |
        iconv -c -f UTF-8 -t UTF-8
}

# A frame may have several findings; tshark joins their values by a byte that no text holds.
show_findings() {
    local capture=$1 joint=$'\x1f' options=() output
    read -r -a options <<<"$(options_of "$capture" | tr '\n' ' ')" || true
    echo "$(shown "$capture")${options[*]:+  (${options[*]})}"
    [[ $capture != -* ]] || capture=./$capture
    if ! output=$(tshark "${options[@]}" -r "$capture" -Y netcase.expert -T fields -E separator=/t -E "aggregator=$joint" \
        -e frame.number -e netcase.severity -e netcase.expert -e netcase.summary 2> >(plain >&2)); then
        echo "  tshark could not read it to the end" >&2
        status=1
    fi
    if [ -z "$output" ]; then
        echo "  no findings"
        return
    fi
    awk -F '\t' -v joint="$joint" '{
        split($2, severity, joint); split($4, summary, joint)
        findings = split($3, id, joint)
        for (i = 1; i <= findings; i++)
            printf "  %s  %s  %s  %s\n", $1, severity[i], id[i], summary[i]
    }' <<<"$output"
}

if [ $# -eq 0 ]; then
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    mapfile -t captures < <(find captures -name '*.pcap' -o -name '*.pcapng' | LC_ALL=C sort)
    set -- "${captures[@]}"
fi
status=0
for capture in "$@"; do
    show_findings "$capture"
done
exit $status
