#!/usr/bin/env python3
"""Run the tests that ctest knows in a build folder; print a line for each, and one for each scenario.

usage: unit.py BUILD

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

# What test_scenarios prints. Where the verdict is missing, the process ended before it.
SCENARIO = re.compile(r"^(\S+) \.\.\. (ok$|FAIL$)?", re.MULTILINE)
ENOUGH = "100000000"  # bytes of output that ctest keeps


def failure(name, output):
    print(f"FAIL  unit {name}", *output.strip().splitlines(), sep="\n      ")


def print_scenarios(output):
    """True if one of them failed."""
    failed = False
    starts = list(SCENARIO.finditer(output))
    for start, following in zip(starts, [*starts[1:], None]):
        if start[2] == "ok":
            print(f"ok    unit {start[1]}")
            continue
        failed = True
        told = output[start.end():following and following.start()]
        failure(start[1], told if start[2] else f"ended before its verdict\n{told}")
    return failed


def main():
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        subprocess.run(["ctest", "--test-dir", sys.argv[1], "--output-junit", report, "--parallel", "2", "--timeout", "600",
                        "--test-output-size-passed", ENOUGH, "--test-output-size-failed", ENOUGH],
                       stdout=subprocess.DEVNULL, check=False)
        cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    failed = not cases
    for case in cases:
        name, output = case.get("name"), case.findtext("system-out", "")
        if case.find("failure") is not None or case.get("status") == "fail":
            failed = True
            # What a scenario tells stands below its name, once.
            failure(name, "a scenario failed" if print_scenarios(output) else output)
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            print(f"skip  unit {name}: {case.get('status')}")
        else:
            print_scenarios(output)
            print(f"ok    unit {name}")
    if not cases:
        print(f"FAIL  unit: ctest knows no test in {sys.argv[1]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
