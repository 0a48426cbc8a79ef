#!/usr/bin/env bash
# Install netcase for the user who runs this, from a folder that holds binaries (an unpacked .tar.gz, or what
# `cmake --install BUILD --component portable --prefix FOLDER` makes), and remove it again.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail

version=@PROJECT_VERSION@

usage() {
    cat <<'HELP'
Usage: install.sh [--remove | --help | --version]

Installs the plugin that fits the Wireshark of this machine into your personal plugin folder, or for root into the system's, since
Wireshark ignores personal plugins for root; the commands, manual pages and exercises into ~/.local (root: /usr/local); and the
configuration profiles netcase and netcase-triage. Profiles that are there are brought up to date: what you have changed in them stays.

--remove takes away what was installed, but for what you have changed since. The copy in ~/.local/share/netcase does so too.

Ends with 0 if tshark loads the installed plugin, with 1 if not (it says why), with 2 for a wrong option.
HELP
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

# Paths are anybody's; a terminal gets no character that it would obey.
shown() {
    if [[ $1 == *[![:print:]]* ]]; then printf %q "$1"; else printf %s "$1"; fi
}

# -- Where things are ---------------------------------------------------------------------------

# folder_of 'Personal Plugins': as tshark tells it itself.
folder_of() {
    sed -n "s/^$1:[[:space:]]*//p" <<<"$folders"
}

# The file of the plugin that tshark loads, if any.
loaded() {
    tshark -G plugins 2>/dev/null | awk -F '\t' '$1 ~ /^netcase\.so *$/ { print $4; exit }'
}

locate() {
    command -v tshark >/dev/null || fail "tshark is not here. It comes with Wireshark (Debian and Ubuntu: apt install tshark) and tells where plugins belong."
    local kind=Personal
    prefix=$HOME/.local
    if [ "$(id -u)" -eq 0 ]; then
        kind=Global
        prefix=/usr/local
    fi
    folders=$(tshark -G folders 2>/dev/null) || true
    plugins=$(folder_of "$kind Plugins")/epan
    profiles=$(folder_of 'Personal configuration')/profiles
    [[ $plugins == /*/epan && $profiles == /*/profiles ]] || fail "tshark does not tell its folders (tshark -G folders)"
    own=$prefix/share/netcase # what was installed, for the next time
}

# The folder with the plugin for this Wireshark. A plugin fits the releases of one branch (4.0.x), and one kind of machine.
choose() {
    local branch machine there
    branch=$(folder_of 'Personal Plugins')
    branch=${branch##*/} # .../plugins/4.0
    machine=$(uname -m)
    chosen=$here/plugins/$machine/$branch
    if [ ! -f "$chosen/netcase.so" ]; then
        there=$(cd "$here/plugins" 2>/dev/null && printf '%s\n' */*/netcase.so | sed -n 's:^\([^*/]*\)/\(.*\)/netcase\.so$:\2 (\1):p' | paste -sd, - | sed 's/,/, /g')
        fail "nothing here fits: this is Wireshark $branch on $machine, and there are binaries for ${there:-no branch}." \
            "Build it for yours from the source: packaging/try.sh"
    fi
}

# -- The record: a line "SHA-256 PATH" for each file that was installed -------------------------

sum_of() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# What the record says of a path.
recorded() {
    [ ! -f "$own/record" ] || awk -v path="$1" 'substr($0, 66) == path { print substr($0, 1, 64); exit }' "$own/record"
}

# Whether nobody has changed the file since it was installed.
is_ours() {
    [ -f "$1" ] && [ "$(sum_of "$1")" = "$(recorded "$1")" ]
}

# put MODE FILE PATH: never half a file, and never into one that a running Wireshark has open.
put() {
    if ! { install -D -m "$1" "$2" "$3.new" && mv -f "$3.new" "$3"; }; then
        rm -f "$3.new"
        fail "can't write $(shown "$3")"
    fi
    echo "$(sum_of "$3") $3" >>"$work/record"
}

# -- Profiles -----------------------------------------------------------------------------------

# A file of a profile has entries of one line and those that are indented below it; most begin with a name: `gui.time_format:`,
# `@name@`, `"TRUE","name",`. merge OLD NEW YOURS: yours, with those entries brought up to date that are as in OLD.
merge() {
    awk '
        function name(line) {
            sub(/^!@/, "@", line) # a colour that is off
            sub(/^"(TRUE|FALSE)",/, "", line)
            return match(line, /^(@[^@]*@|"[^"]*",|[a-z][A-Za-z0-9_.]*:)/) ? substr(line, 1, RLENGTH) : line
        }
        FNR == 1 { which++ }
        /^[ \t]/ && key != "" { text[which, key] = text[which, key] "\n" $0; next }
        {
            key = name($0)
            if (!((which, key) in text))
                order[which, ++count[which]] = key
            text[which, key] = $0
        }
        END {
            for (i = 1; i <= count[3]; i++) {
                key = order[3, i]
                untouched = ((1, key) in text) && text[1, key] == text[3, key]
                if (untouched && (2, key) in text)
                    print text[2, key]
                else if (!untouched)
                    print text[3, key]
            }
            for (i = 1; i <= count[2]; i++) {
                key = order[2, i]
                if (!((1, key) in text) && !((3, key) in text))
                    print text[2, key]
            }
        }' "$@"
}

put_profiles() {
    local name file yours old
    for file in "$here"/profiles/*/*; do
        name=${file#"$here"/profiles/}
        yours=$profiles/$name
        old=$own/profiles/$name
        if [ ! -e "$yours" ] || is_ours "$yours"; then
            put 644 "$file" "$yours"
        else
            # The files are told apart by their first lines, so none is empty.
            if [ -s "$old" ]; then cp "$old" "$work/old"; else echo '#' >"$work/old"; fi
            merge "$work/old" "$file" "$yours" >"$work/merged" || fail "can't write into $(shown "$work")"
            if ! cmp -s "$work/merged" "$yours"; then
                put 644 "$work/merged" "$yours"
                # It is not ours: --remove leaves it.
                cmp -s "$work/merged" "$file" || sed -i '$d' "$work/record"
                echo "Brought up to date, your changes stay: $(shown "$yours")"
            fi
        fi
        put 644 "$file" "$old"
    done
}

# -- Install ------------------------------------------------------------------------------------

# One that tshark would load, or loads, in place of ours.
other_plugin() {
    local other=$1 package
    package=$(dpkg-query -S "$other" 2>/dev/null | cut -d : -f 1) || true
    if [ -n "$package" ]; then
        fail "tshark loads $(shown "$other") of the package $package, not what this script installs. Remove that one (apt-get remove $package), or use it as it is." 
    fi
    fail "tshark loads $(shown "$other"), not what this script installs. Remove that file, or use it as it is."
}

# The record of what is there: what was put now, and of what was there before what is there still.
keep_record() {
    [ -s "$work/record" ] || return 0
    mkdir -p "$own"
    {
        cat "$work/record"
        [ ! -f "$own/record" ] || awk 'NR == FNR { put[substr($0, 66)] = 1; next } !(substr($0, 66) in put)' "$work/record" "$own/record"
    } | while IFS= read -r line; do
        [ ! -f "${line:65}" ] || printf '%s\n' "$line"
    done >"$own/record.new"
    mv -f "$own/record.new" "$own/record"
}

# Files of the version before that this one has no more.
drop_obsolete() {
    [ -f "$own/record" ] || return 0
    local line path
    while IFS= read -r line; do
        path=${line:65}
        if ! awk -v path="$path" 'substr($0, 66) == path { found = 1 } END { exit !found }' "$work/record" && is_ours "$path"; then
            rm -f "$path"
        fi
    done <"$own/record"
}

install_all() {
    choose
    local file other
    other=$(loaded)
    [ -z "$other" ] || [ "$other" = "$plugins/netcase.so" ] || other_plugin "$other"
    if [ "$(id -u)" -eq 0 ] && dpkg-query -S "$plugins/netcase.so" >/dev/null 2>&1; then
        other_plugin "$plugins/netcase.so"
    fi

    trap 'keep_record; rm -rf "$work"' EXIT
    shopt -s nullglob
    for file in "$chosen"/*.*; do put 644 "$file" "$plugins/${file##*/}"; done
    for file in "$chosen"/bin/* "$here"/bin/*; do put 755 "$file" "$prefix/bin/${file##*/}"; done
    for file in "$here"/share/man/*/*; do put 644 "$file" "$prefix/share/man/${file#"$here"/share/man/}"; done
    for file in "$here"/share/netcase/training/*.* "$here"/share/netcase/training/captures/*/*; do
        put 644 "$file" "$prefix/${file#"$here"/}"
    done
    while IFS= read -r -d '' file; do # the exercises
        put 644 "$file" "$own/${file#"$here"/share/netcase/}"
    done < <(find "$here/share/netcase" -type f -print0 2>/dev/null | sort -z)
    for file in "$here"/share/doc/netcase/*; do put 644 "$file" "$own/${file##*/}"; done
    put_profiles
    put 755 "${BASH_SOURCE[0]}" "$own/install.sh"
    drop_obsolete

    other=$(loaded)
    if [ -z "$other" ]; then
        tshark -v 2>&1 >/dev/null | grep -F netcase | cat -v >&2 || true
        fail "tshark does not load $(shown "$plugins/netcase.so")"
    fi
    [ "$other" -ef "$plugins/netcase.so" ] || other_plugin "$other"
    echo "tshark loads $(shown "$plugins/netcase.so"), netcase $version"
    if [[ :$PATH: != *:$prefix/bin:* ]]; then
        echo "The commands are in $(shown "$prefix/bin"), which is not in your PATH. For this shell:  export PATH=\"\$PATH:\"$(printf %q "$prefix/bin")"
    fi
}

# -- Remove -------------------------------------------------------------------------------------

remove_all() {
    local line path left=0
    # Versions before 0.2 kept no record.
    [ -f "$own/record" ] || for path in "$plugins/netcase.so" "$plugins/netcase-country.mmdb" "$prefix/bin/netcase-json" "$prefix/bin/netcase-annotate"; do
        if [ -f "$path" ] && ! dpkg-query -S "$path" >/dev/null 2>&1; then echo "$(sum_of "$path") $path"; fi
    done >"$work/found"
    [ ! -f "$own/record" ] || cp "$own/record" "$work/found"
    if [ ! -s "$work/found" ]; then
        echo "Nothing of netcase is installed by this script."
    fi
    while IFS= read -r line; do
        path=${line:65}
        [ -e "$path" ] || continue
        if [ "$(sum_of "$path")" = "${line:0:64}" ]; then
            rm -f "$path" || fail "can't remove $(shown "$path")"
        else
            echo "You have changed it, it stays: $(shown "$path")"
        fi
    done <"$work/found"
    rm -f "$own/record"
    # Folders that are empty now.
    [ ! -d "$own" ] || find "$own" -depth -type d -empty -delete
    rmdir "$profiles"/netcase "$profiles"/netcase-triage 2>/dev/null || true
    for path in "$profiles"/netcase "$profiles"/netcase-triage; do
        [ ! -d "$path" ] || { left=1 && echo "A profile that you have used or changed stays: $(shown "$path")"; }
    done
    [ $left -eq 0 ] || echo "Remove such a profile in Wireshark: Edit > Configuration Profiles."
    path=$(loaded)
    [ -z "$path" ] || fail "tshark still loads $(shown "$path"), which this script has not installed"
    echo "tshark loads no netcase any more."
}

case ${1:-} in
-h | --help) usage && exit 0 ;;
--version) echo "netcase $version" && exit 0 ;;
'' | --remove) [ $# -le 1 ] || { usage >&2 && exit 2; } ;;
*) usage >&2 && exit 2 ;;
esac

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
locate
if [ "${1:-}" = --remove ]; then remove_all; else install_all; fi
