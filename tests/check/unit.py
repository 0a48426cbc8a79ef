#!/usr/bin/env python3
"""Run the tests that ctest knows in a build folder; print a line for each.

usage: unit.py BUILD

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree


def main():
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        subprocess.run(["ctest", "--test-dir", sys.argv[1], "--output-junit", report, "--parallel", "2", "--timeout", "600"],
                       stdout=subprocess.DEVNULL, check=False)
        cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    failed = not cases
    for case in cases:
        name, output = f"unit {case.get('name')}", case.findtext("system-out", "").strip()
        if case.find("failure") is not None or case.get("status") == "fail":
            failed = True
            print(f"FAIL  {name}", *output.splitlines(), sep="\n      ")
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            print(f"skip  {name}: {case.get('status')}")
        else:
            print(f"ok    {name}")
    if not cases:
        print(f"FAIL  unit: ctest knows no test in {sys.argv[1]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
