#!/usr/bin/env bash
# Build netcase and test it: a line for each test, and the numbers at the end.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tests/run.sh [SUITE...]
       tests/run.sh --accept captures NAME... | --accept corpus

Installs the packages that the tests need, builds, and runs the suites:

  unit      unit tests and short fuzzing, without Wireshark, with sanitizers
  command   the command netcase says what Wireshark says, in each form
  captures  the findings in captures/, in several modes of tshark
  modes     read filters, columns, preferences, writing: the same findings everywhere
  settings  every preference and table takes effect; what is wrong in one is named
  sharkd    the findings, fields, statistics and settings through the server of web interfaces
  agreement -Y, the report as text, markdown and JSON, the expert window and the statistics tell the same findings
  report    the report can be read and pasted, in both languages
  page      the page of -z netcase,html draws itself in a browser, and nothing of a capture acts there
  hostile   text of a capture acts in no shell, on no page and on no terminal
  annotate  netcase-annotate writes the findings into captures, and nothing else
  folder    netcase-json gives a line for each capture of a folder, for broken ones as well
  install   install.sh and try.sh: what they install is loaded, an upgrade keeps changes, what is removed leaves nothing behind
  gui       what a person does in Wireshark's windows, under Xvfb
  broken    damaged captures: no crash, no complaint
  attacks   captures that are made to harm: times, addresses, leftovers of the capture before
  pairs     each ordered pair of twenty captures, opened one after the other in sharkd and in the window
  fuzz      new inputs for the engine, the parsers, the settings and all writers, for two minutes, with sanitizers
  mutated   mutated captures through the whole program, with sanitizers
  pdml      what Wireshark itself shows is the same with and without the plugin
  corpus    the findings in a collection of captures, if it is there ($NETCASE_CORPUS or ../shared/corpus)
  reports   problem reports of strangers get the right findings and causes, if they are there ($NETCASE_REPORTS or ../shared/reports)
  examples  captures that an early netcase misjudged are judged well, if they are there ($NETCASE_EXAMPLES or ../shared/examples)
  rules     the rules of the house
  format    clang-format and shellcheck
  docs      the commands in the documentation show what it says, its example detector works, each exercise can be solved
  mutation  a sample of faults in the detectors is noticed by scenarios and unit tests
  bench     the cost of the plugin stays below its limit, the profile netcase-triage is faster

`e2e` means command, captures, modes, settings, sharkd, agreement, report, page, hostile, annotate, folder, install, gui, broken, attacks and pairs. Without
SUITE all are run. As root, everything but the installation of packages is done by a user
netcase-test, which is made for it, in a copy of the tree, because Wireshark ignores personal
plugins for root.

$NETCASE_FUZZ_RUNS is a number of runs of the engine's fuzzer instead of two minutes, $NETCASE_MUTATED a number of mutated captures.

--accept writes what is found now into the named expectations, for review; see docs/testing.md.
HELP
}

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=packaging/packages.sh
source "$tree/packaging/packages.sh"

test_user=netcase-test
suites=()
accept=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --accept)
        shift
        accept=("$@")
        [[ ${#accept[@]} -gt 1 && $1 == captures || ${#accept[@]} -eq 1 && $1 == corpus ]] || { usage >&2 && exit 2; }
        break
        ;;
    e2e) suites+=(command captures modes settings sharkd agreement report page hostile annotate folder install gui broken attacks pairs) ;;
    unit | command | captures | modes | settings | sharkd | agreement | report | page | hostile | annotate | folder | install | gui | broken | attacks | pairs | fuzz | mutated | pdml | corpus | reports | examples | rules | format | docs | mutation | bench)
        suites+=("$1")
        ;;
    *) usage >&2 && exit 2 ;;
    esac
    shift
done
[ ${#suites[@]} -gt 0 ] || suites=(rules format unit command captures modes settings sharkd agreement report page hostile annotate folder install gui broken attacks pairs fuzz mutated docs pdml corpus reports examples bench)

install_packages "${test_packages[@]}"

# -- Who runs the tests, and where ------------------------------------------------------------

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
work=$tree
# Collections of captures that are no part of the project; each may be missing.
corpus=${NETCASE_CORPUS:-$tree/../shared/corpus}
reports=${NETCASE_REPORTS:-$tree/../shared/reports}
examples=${NETCASE_EXAMPLES:-$tree/../shared/examples}

# Root's tests are done by another user in a copy of the tree, one for each place that a tree lies in.
# Builds stay there for the next time.
copy_for_test_user() {
    id "$test_user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$test_user"
    home=$(getent passwd "$test_user" | cut -d: -f6)
    work=$home/tree-$(cksum <<<"$tree" | cut -d ' ' -f 1)
    mkdir -p "$work"
    find "$home" -mindepth 1 -maxdepth 1 -name 'tree-*' -mtime +7 -exec rm -rf {} +
    exec 9>"$work.lock"
    flock 9 # another run in the same tree ends first
    find "$work" -mindepth 1 -maxdepth 1 ! -name 'build*' -exec rm -rf {} +
    (cd "$tree" && find . -mindepth 1 -maxdepth 1 ! -name '.git' ! -name 'build*' -print0 | tar --null --files-from=- -c) |
        tar -x -C "$work"
    chown -R "$test_user": "$work"
    corpus=$(readable_collection "$corpus" index.tsv)
    reports=$(readable_collection "$reports" README.md)
    examples=$(readable_collection "$examples" README.md)
}

# readable_collection FOLDER FILE: prints the folder, or that of a copy where only root can read its FILE.
readable_collection() {
    local folder=$1 copy=$home/${1##*/}
    if [ -d "$folder" ] && ! runuser -u "$test_user" -- test -r "$folder/$2"; then
        rm -rf "$copy"
        cp -rL "$folder" "$copy"
        chown -R "$test_user": "$copy"
        folder=$copy
    fi
    echo "$folder"
}

as_user=()
if [ "$(id -u)" -eq 0 ]; then
    copy_for_test_user
    as_user=(runuser -u "$test_user" --)
fi
[ ! -d "$corpus" ] || corpus=$(cd "$corpus" && pwd)
[ ! -d "$reports" ] || reports=$(cd "$reports" && pwd)
[ ! -d "$examples" ] || examples=$(cd "$examples" && pwd)
as_user+=(env "NETCASE_CORPUS=$corpus" "NETCASE_REPORTS=$reports" "NETCASE_EXAMPLES=$examples" PYTHONDONTWRITEBYTECODE=1 TZ=UTC LC_ALL=C.UTF-8)
[ "$(id -u)" -ne 0 ] || as_user+=("HOME=$home")

# A plugin that is installed for all users would be loaded instead of the one under test. The tests
# then run in a mount namespace in which the system's folder does not have it.
installed=$(tshark -G folders 2>/dev/null | sed -n 's/^Global Plugins:[[:space:]]*//p')/epan
if [ -e "$installed/netcase.so" ]; then
    cp -r "$installed" "$scratch/epan"
    rm "$scratch/epan/netcase.so"
    chmod -R a+rX "$scratch"
    # shellcheck disable=SC2016
    mount=(bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' - "$scratch/epan" "$installed")
    if [ "$(id -u)" -eq 0 ]; then
        namespace=(unshare --mount "${mount[@]}")
    else
        # Only root may mount: be root in a namespace for that, then the user again.
        namespace=(unshare --user --map-root-user --mount "${mount[@]}"
            unshare --user "--map-user=$(id -u)" "--map-group=$(id -g)")
    fi
    if ! "${namespace[@]}" true; then
        echo "tests/run.sh: can't hide $installed/netcase.so, which would be tested instead; remove it" >&2
        exit 1
    fi
    as_user=("${namespace[@]}" "${as_user[@]}")
fi

# -- Builds -----------------------------------------------------------------------------------

# build FOLDER OPTION...: configure and build quietly; the output is shown if it fails.
build() {
    local folder=$1 options=("${@:2}") log=$scratch/build.log
    cd "$work"
    if ! "${as_user[@]}" cmake -S . -B "$folder" -G Ninja -DNETCASE_WERROR=ON "${options[@]}" >"$log" 2>&1 ||
        ! "${as_user[@]}" cmake --build "$folder" >>"$log" 2>&1; then
        echo "FAIL  build $folder"
        sed 's/^/      /' "$log" | tail -n 60
        return 1
    fi
    echo "ok    build $folder"
}

# The plugin as it is shipped, for all suites that need tshark.
build_plugin() {
    build build-test -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DNETCASE_HOST=ON -DNETCASE_SANITIZE=OFF
}

# -- Suites: each prints lines that begin with ok, FAIL or skip -------------------------------

suite() {
    cd "$work"
    case $1 in
    rules) cd "$tree" && tests/check/rules.py ;;
    format) "${as_user[@]}" tests/check/format.sh ;;
    unit) build build-asan -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -g" -DNETCASE_HOST=OFF -DNETCASE_SANITIZE=ON &&
        "${as_user[@]}" tests/check/unit.py build-asan ;;
    docs)
        local status=0
        "${as_user[@]}" tests/docs/commands.py || status=$?
        "${as_user[@]}" tests/docs/tutorial.py || status=$?
        "${as_user[@]}" tests/docs/training.py || status=$?
        return $status
        ;;
    fuzz) build build-fuzz -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O2 -g" -DNETCASE_HOST=OFF \
        -DNETCASE_SANITIZE=ON -DNETCASE_FUZZ=ON && "${as_user[@]}" tests/fuzz/fuzz.py build-fuzz ;;
    mutated) build build-sanitized -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -g" -DBUILD_TESTING=OFF -DNETCASE_HOST=ON -DNETCASE_SANITIZE=ON &&
        "${as_user[@]}" NETCASE_BUILD="$work/build-sanitized" tests/e2e/mutated.py ;;
    mutation) "${as_user[@]}" tests/mutation/sample.py ;;
    bench) "${as_user[@]}" tests/bench/bench.py --check ;;
    *) "${as_user[@]}" "tests/e2e/$1.py" ;;
    esac
}

if [ ${#accept[@]} -gt 0 ]; then
    build_plugin
    touch "$scratch/before"
    cd "$work"
    "${as_user[@]}" "tests/e2e/${accept[0]}.py" --accept "${accept[@]:1}"
    # What was rewritten in the copy belongs into the tree.
    if [ "$work" != "$tree" ]; then
        find captures tests/corpus -type f -newer "$scratch/before" -exec cp --parents {} "$tree" \;
    fi
    exit 0
fi

: >"$scratch/all"
took=()
plugin=unknown
for name in "${suites[@]}"; do
    echo "-- $name"
    if [[ $plugin == unknown && ! $name =~ ^(rules|format|unit|fuzz|mutated|mutation)$ ]]; then
        plugin=there
        build_plugin >"$scratch/one" || plugin=missing
        tee -a "$scratch/all" <"$scratch/one"
    fi
    if [[ $plugin == missing && ! $name =~ ^(rules|format|unit|fuzz|mutated|mutation)$ ]]; then
        echo "FAIL  $name: there is no plugin to test" | tee -a "$scratch/all"
        continue
    fi
    status=0
    start=$SECONDS
    suite "$name" </dev/null 2>&1 | tee "$scratch/one" || status=$?
    # A suite that breaks down before it reports a failure is one.
    if { [ $status -ne 0 ] && ! grep -q '^FAIL' "$scratch/one"; } || [ ! -s "$scratch/one" ]; then
        echo "FAIL  $name ended with status $status without a result" | tee -a "$scratch/one"
    fi
    cat "$scratch/one" >>"$scratch/all"
    took+=("$name $((SECONDS - start))")
done

count() { grep -c "^$1 " "$scratch/all" || true; }
failed=$(count FAIL)
if [ "$failed" -gt 0 ]; then
    echo "-- failed"
    grep '^FAIL' "$scratch/all"
fi
echo "seconds of each suite: ${took[*]}"
echo "$(count ok) passed, $failed failed, $(count skip) skipped"
[ "$failed" -eq 0 ]
