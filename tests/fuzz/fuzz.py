#!/usr/bin/env python3
"""Looks for inputs that break something, with libFuzzer; a line for each target.

usage: fuzz.py BUILD

The engine gets most of the time. $NETCASE_FUZZ_RUNS: so many runs of the engine, however long they take, and nothing else.
The input that broke a target is printed, packed, so that it outlives the machine: `base64 -d | xz -d` gives it back.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import functools
import lzma
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests" / "e2e"))
from netcase_tshark import Failure, run_tests  # noqa: E402

ENGINE_SECONDS, OTHER_SECONDS = 105, 15
OTHERS = ["fuzz_dns", "fuzz_http", "fuzz_tls", "fuzz_wire", "fuzz_walk", "fuzz_settings", "fuzz_writers", "fuzz_country"]
RUNS = os.environ.get("NETCASE_FUZZ_RUNS")
# Small inputs are fast; the same start in every run. No coverage of rare features: it takes a third of the time.
OPTIONS = ["-seed=1", "-timeout=20", "-rss_limit_mb=2048", "-max_len=2048", "-entropic=0", "-print_final_stats=1"]
# The memory that the address sanitizer keeps back would not fit into any cache.
SANITIZER = {"ASAN_OPTIONS": "quarantine_size_mb=8:malloc_context_size=8"}
PRINTED = 30


def sequences(folder):
    """Inputs of the engine: the captures."""
    made = folder / "sequences"
    subprocess.run([TREE / "tests" / "fuzz" / "sequences.py", made, TREE / "captures"], check=True, stdout=subprocess.DEVNULL)
    return made


def artifacts(folder):
    for path in sorted(folder.glob("broken-*")):
        packed = base64.b64encode(lzma.compress(path.read_bytes())).decode()
        yield f"{path.name}: {packed}"


def fuzz(build, target, limit, *more_inputs):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        found = folder / "found"
        found.mkdir()
        inputs = [found, TREE / "tests" / "fuzz" / f"{target}.inputs", *(make(folder) for make in more_inputs)]
        done = subprocess.run([build / "tests" / target, *OPTIONS, limit, f"-artifact_prefix={folder}/broken-", *inputs],
                              env={**os.environ, **SANITIZER}, capture_output=True, text=True, errors="replace", check=False)
        runs = re.search(r"^stat::number_of_executed_units: (\d+)", done.stderr, re.MULTILINE)
        print(f"      {target}: {runs[1] if runs else 'no'} runs", flush=True)
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if not re.match(r"#\d+\s", line)]
            raise Failure("\n".join([f"ended with {done.returncode}", *lines[-PRINTED:], *artifacts(folder)]))


def fuzz_others(build):
    for target in OTHERS:
        fuzz(build, target, f"-max_total_time={OTHER_SECONDS}")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    limit = f"-runs={RUNS}" if RUNS else f"-max_total_time={ENGINE_SECONDS}"
    tests = [("fuzz engine", functools.partial(fuzz, build, "fuzz_engine", limit, sequences))]
    if not RUNS:
        tests.append(("fuzz " + ", ".join(name.removeprefix("fuzz_") for name in OTHERS), functools.partial(fuzz_others, build)))
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
