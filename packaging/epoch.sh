# shellcheck shell=bash
# Sets SOURCE_DATE_EPOCH to the time of the version, if it is not set, so that packages have the same bytes whenever they are built;
# sourced, never run.
# SPDX-License-Identifier: GPL-2.0-or-later
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(date -u +%s -d "$(sed -n 's/^set(NETCASE_DATE \([0-9-]*\)).*/\1/p' "$(dirname "${BASH_SOURCE[0]}")/../CMakeLists.txt")")
    export SOURCE_DATE_EPOCH
fi
