#!/usr/bin/env bash
# The layout of C files, by clang-format, and the shell scripts, by shellcheck.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

failed=0

# check NAME COMMAND...: a line for one file.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok    format $name"
    else
        failed=1
        echo "FAIL  format $name"
        head -n 20 <<<"$output" | sed 's/^/      /'
    fi
}

# Versions of clang-format lay out differently; .clang-format is written for this one.
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -n $formatter && $("$formatter" --version) == *"version 14."* ]]; then
    while IFS= read -r file; do
        check "$file" "$formatter" --dry-run -Werror "$file"
    done < <(find plugin tests packaging \( -name '*.c' -o -name '*.h' \) -print | LC_ALL=C sort)
else
    echo "skip  format of C files: clang-format 14 is not installed"
fi

if command -v shellcheck >/dev/null; then
    while IFS= read -r file; do
        check "$file" shellcheck -x -P SCRIPTDIR -S warning "$file"
    done < <(find packaging tests captures .ci \( -name '*.sh' -o -path .ci/run \) -print | LC_ALL=C sort)
else
    echo "skip  format of shell scripts: shellcheck is not installed"
fi
exit $failed
