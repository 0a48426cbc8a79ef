#!/usr/bin/env python3
"""What netcase costs: tshark with the plugin against the same tshark without it.

Instructions are counted on two captures of which one is the beginning of the other, and only the
difference counts: the start of tshark is left out. They hardly vary from run to run, but Wireshark
keeps tables by the addresses of its memory, which any change of a plugin moves: some 150 instructions
a packet more or less for the same work. So it is done with several captures. CPU time varies, so it
is printed (the best of some runs) and not judged. What the profile netcase-triage saves, both with the plugin, is told last.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

import generate

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from netcase_tshark import Host  # noqa: E402

SMALL, LARGE, FOR_TIME = 5_000, 45_000, 100_000
SEEDS = (1, 2, 3)
RUNS_FOR_TIME = 3
WITHOUT_TREE = ["-q", "-z", "expert"]
OTHER_FILTER = ["-Y", "tcp.flags.reset==1"]
# What is measured, and the options of tshark with the plugin and without it.
ROWS = [
    ("no tree (-q -z expert)", WITHOUT_TREE, WITHOUT_TREE),
    ("tree (-Y tcp.flags.reset==1)", OTHER_FILTER, OTHER_FILTER),
    ("tree (-Y netcase.expert)", ["-Y", "netcase.expert"], OTHER_FILTER),
]
# The profile is compared with the default one, in the first way; it must save some of it, in per cent.
TRIAGE, TRIAGE_FOR, TRIAGE_SAVES = ["-C", "netcase-triage"], WITHOUT_TREE, -15


def perf_counts():
    """Whether the processor's own counter can be read: not in most virtual machines."""
    try:
        done = subprocess.run(["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0 and done.stderr.split(",")[0].isdigit()


def instructions(host, capture, options, plugin, perf):
    command = ["tshark", "-r", capture, *options]
    if perf:
        result = host.run(["perf", "stat", "-x,", "-e", "instructions:u", *command], plugin)
        result.check()
        return int(result.err.splitlines()[-1].split(",")[0])
    # The lightest tool of valgrind that counts.
    result = host.run(["valgrind", "--vgdb=no", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *command], plugin)
    result.check()
    return int(re.search(r"I\s+refs:\s+([\d,]+)", result.err)[1].replace(",", ""))


def cpu_seconds(host, capture, options, plugin):
    best = None
    for _ in range(RUNS_FOR_TIME):
        process = subprocess.Popen(["tshark", "-r", str(capture), *options], env=host.environment(plugin),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = usage.ru_utime + usage.ru_stime
        best = seconds if best is None else min(best, seconds)
    return best


def cost(host, captures, options, plugin, perf):
    """Instructions a packet, and CPU seconds."""
    small, large = (sum(instructions(host, captures[size, seed], options, plugin, perf) for seed in SEEDS) for size in (SMALL, LARGE))
    return (large - small) / len(SEEDS) / (LARGE - SMALL), cpu_seconds(host, captures[FOR_TIME, SEEDS[0]], options, plugin)


def print_row(name, before, after):
    """Returns the change of the instructions in per cent."""
    added, slower = (100 * (two / one - 1) for one, two in zip(before, after))
    print(f"{name:30} {before[0]:9,.0f} {after[0]:9,.0f} {added:+7.2f}% {before[1]:9.2f} {after[1]:9.2f} {slower:+7.1f}%", flush=True)
    return added


def verdict(name, change, limit):
    return f"{'ok   ' if change <= limit else 'FAIL '} bench {name}: {change:+.2f} % instructions, allowed are {limit:+g} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", type=float, metavar="PERCENT", help="fail if more instructions than this are added")
    arguments = parser.parse_args()
    host = Host()
    captures = {}
    for count, seed in [(FOR_TIME, SEEDS[0])] + [(count, seed) for count in (SMALL, LARGE) for seed in SEEDS]:
        captures[count, seed] = host.folder / f"{count}-{seed}.pcap"
        generate.write(count, captures[count, seed], seed)
    perf = perf_counts()
    print(f"Instructions a packet ({'perf' if perf else 'cachegrind'}, {len(SEEDS)} times {LARGE - SMALL} packets), "
          f"CPU seconds for {FOR_TIME} packets with the start of tshark:")
    print(f"{'':30} {'without':>9} {'with':>9} {'added':>8} {'without':>9} {'with':>9} {'added':>8}")
    changes = {}
    for name, with_plugin, alone in ROWS:
        costs = cost(host, captures, alone, False, perf), cost(host, captures, with_plugin, True, perf)
        changes[name] = print_row(name, *costs)
        if with_plugin == TRIAGE_FOR:
            default = costs[1]
    changes["netcase-triage"] = print_row("profile netcase-triage", default, cost(host, captures, TRIAGE + TRIAGE_FOR, True, perf))
    if arguments.check is None:
        return 0
    lines = [verdict(name, change, TRIAGE_SAVES if name == "netcase-triage" else arguments.check) for name, change in changes.items()]
    print("\n".join(lines))
    return 1 if any(line.startswith("FAIL") for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
