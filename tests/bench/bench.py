#!/usr/bin/env python3
"""What netcase costs: tshark with the plugin against the same tshark without it, on three mixes of traffic: browsing, short
connections, and a merge of the captures of this project, which are full of faults.

Instructions are counted on two captures of which one is the beginning of the other, and only the
difference counts: the start of tshark is left out. They hardly vary from run to run, but Wireshark
keeps tables by the addresses of its memory, which any change of a plugin moves: some 150 instructions
a packet more or less for the same work. Memory is the largest that the process had, of longer captures. CPU time varies: the runs
with and without the plugin take turns, and what is printed of them is the ratio, which is not judged. What the profile
netcase-triage saves, both with the plugin, is told last.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import collections.abc
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import statistics
import subprocess
import sys

import generate
import merge

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from netcase_tshark import Host  # noqa: E402

# Packets of the captures: two for the instructions, one for memory and time.
SMALL, LARGE, LONG = 5_000, 30_000, 150_000
RUNS_FOR_TIME = 3
JOBS = 2
WITHOUT_TREE = ["-q", "-z", "expert"]
OTHER_FILTER = ["-Y", "tcp.flags.reset==1"]
TRIAGE = ["-C", "netcase-triage"]
# In per cent; the profile must save some of the instructions.
TRIAGE_MAX = -15


@dataclasses.dataclass
class Mix:
    """Traffic, and how many per cent of instructions and of memory may be added to it. The goal is 5 and 8 for each; where that is not
    reached, the limit keeps what has been reached from getting lost.
    """

    write: collections.abc.Callable
    instructions_max: float
    memory_max: float


MIXES = {
    "browsing": Mix(lambda count, path: generate.write(count, path, 1), 7, 8),
    "short": Mix(lambda count, path: generate.write(count, path, 1, "short"), 14.5, 18.5),
    "merge": Mix(merge.write, 15, 25),
}


@dataclasses.dataclass
class Row:
    """What is measured: the options of tshark with the plugin, and those of what it is compared with."""

    name: str
    mix: str
    options: list
    other: list
    other_has_plugin: bool = False


ROWS = [
    Row("browsing, no tree", "browsing", WITHOUT_TREE, WITHOUT_TREE),
    Row("browsing, tree", "browsing", OTHER_FILTER, OTHER_FILTER),
    Row("browsing, -Y netcase.expert", "browsing", ["-Y", "netcase.expert"], OTHER_FILTER),
    Row("short connections, no tree", "short", WITHOUT_TREE, WITHOUT_TREE),
    Row("merge, no tree", "merge", WITHOUT_TREE, WITHOUT_TREE),
]
TRIAGE_ROW = Row("profile netcase-triage", "browsing", TRIAGE + WITHOUT_TREE, WITHOUT_TREE, other_has_plugin=True)


def perf_counts():
    """Whether the processor's own counter can be read: not in most virtual machines."""
    try:
        done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0 and done.stderr.split(",")[0].isdigit()


class Bench:
    def __init__(self):
        self.host, self.perf = Host(lean=False), perf_counts()
        self.captures = {}
        for name, mix in MIXES.items():
            for size in (SMALL, LARGE, LONG):
                self.captures[name, size] = self.host.folder / f"{name}-{size}.pcap"
                mix.write(size, self.captures[name, size])

    def instructions_of(self, capture, options, plugin):
        command = ["tshark", "-r", capture, *options]
        if self.perf:
            result = self.host.run(["perf", "stat", "-x,", "-e", "instructions:u", *command], plugin)
            result.check()
            return int(result.err.splitlines()[-1].split(",")[0])
        # The lightest tool of valgrind that counts.
        result = self.host.run(["valgrind", "--vgdb=no", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command], plugin)
        result.check()
        return int(re.search(r"I\s+refs:\s+([\d,]+)", result.err)[1].replace(",", ""))

    def instructions(self, rows):
        """{row name: instructions a packet of what it is compared with, and its own}, each different run once."""
        runs = {(mix, tuple(options), plugin) for row in rows
                for mix, options, plugin in ((row.mix, row.other, row.other_has_plugin), (row.mix, row.options, True))}
        counted = {}
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for mix, options, plugin in runs:
                counted[mix, options, plugin] = [pool.submit(self.instructions_of, self.captures[mix, size], options, plugin) for size in (SMALL, LARGE)]

        def a_packet(mix, options, plugin):
            small, large = (run.result() for run in counted[mix, tuple(options), plugin])
            return (large - small) / (LARGE - SMALL)

        return {row.name: (a_packet(row.mix, row.other, row.other_has_plugin), a_packet(row.mix, row.options, True)) for row in rows}

    def usage(self, mix, plugin):
        """Megabytes and CPU seconds."""
        process = subprocess.Popen(["tshark", "-r", str(self.captures[mix, LONG]), *WITHOUT_TREE], env=self.host.environment(plugin),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime

    def memory_and_time(self, mix):
        """Megabytes without and with the plugin, and the ratio of their CPU times."""
        alone, ours = zip(*((self.usage(mix, False), self.usage(mix, True)) for _ in range(RUNS_FOR_TIME)))
        ratio = statistics.median(two[1] / one[1] for one, two in zip(alone, ours))
        return min(one[0] for one in alone), min(two[0] for two in ours), ratio


def change(before, after):
    return 100 * (after / before - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="fail if more instructions or memory are added than a mix allows")
    arguments = parser.parse_args()
    bench, judged = Bench(), []
    print(f"Instructions a packet ({'perf' if bench.perf else 'cachegrind'}, {LARGE - SMALL} packets):")
    print(f"{'':30} {'without':>9} {'with':>9} {'added':>8}")
    rows = [*ROWS, TRIAGE_ROW]
    for row, (name, (before, after)) in zip(rows, bench.instructions(rows).items()):
        print(f"{name:30} {before:9,.0f} {after:9,.0f} {change(before, after):+7.2f}%", flush=True)
        judged.append((f"{name}, instructions", change(before, after), TRIAGE_MAX if row is TRIAGE_ROW else MIXES[row.mix].instructions_max))
    print(f"Largest memory in megabytes ({LONG} packets, no tree), and CPU time as a ratio of runs that took turns:")
    for mix in MIXES:
        before, after, ratio = bench.memory_and_time(mix)
        print(f"{mix:30} {before:9,.0f} {after:9,.0f} {change(before, after):+7.2f}% {ratio:9.3f}", flush=True)
        judged.append((f"{mix}, memory", change(before, after), MIXES[mix].memory_max))
    if not arguments.check:
        return 0
    for name, added, limit in judged:
        print(f"{'ok   ' if added <= limit else 'FAIL '} bench {name}: {added:+.2f} %, allowed are {limit:+g} %")
    return 0 if all(added <= limit for _, added, limit in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
