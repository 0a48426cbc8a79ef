#!/usr/bin/python3
"""Writes the table of captures of each folder, its README.md, from the expectation files, and checks that each capture has one.

    table.py            rewrites the tables
    table.py --check    fails when a table, a capture or an expectation is missing or out of step
"""
import glob
import os
import re
import sys

CAPTURES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEAD = """<!-- Printed by captures/lab/table.py; don't edit. -->

# %s

What the columns say, and where the packets come from: [captures/README.md](../README.md).

| capture (`.pcapng`) | what happens | expected findings (frame and case) | look-alike of | origin |
|---|---|---|---|---|
"""


def read_expectation(path):
    """The texts and findings of an .expect file."""
    about, marks, findings = [], {}, []
    for line in open(path, encoding="utf-8").read().splitlines():
        mark = re.match(r"# (origin|shows|look-alike|options|unsure|later): (.*)", line)
        if mark:
            marks.setdefault(mark.group(1), []).append(mark.group(2))
        elif line.startswith("# "):
            about.append(line[2:])
        else:
            frame, case, *withdrawn = line.split()
            if not withdrawn:
                findings.append((int(frame), case))
    return " ".join(about), marks, findings


def row(stem):
    about, marks, findings = read_expectation(os.path.join(CAPTURES, stem + ".expect"))
    expects = ", ".join("%d `%s`" % finding for finding in findings) or "nothing"
    alike = "; ".join(marks.get("look-alike", []))
    # What the file shows is in the third column already; the fourth names what it could be mistaken for.
    return "| `%s` | %s | %s | %s | %s |" % (os.path.basename(stem), about, expects, alike, "; ".join(marks.get("origin", ["MISSING"])))


def main():
    stems = sorted(os.path.relpath(p, CAPTURES).rsplit(".", 1)[0] for p in glob.glob(os.path.join(CAPTURES, "*", "*.pcap*")))
    described = sorted(os.path.relpath(p, CAPTURES)[:-len(".expect")] for p in glob.glob(os.path.join(CAPTURES, "*", "*.expect")))
    if stems != described:
        sys.exit("capture without expectation or the other way round: %s" % sorted(set(stems) ^ set(described)))
    stale = []
    for folder in sorted({os.path.dirname(stem) for stem in stems}):
        fresh = HEAD % folder + "".join(row(stem) + "\n" for stem in stems if os.path.dirname(stem) == folder)
        path = os.path.join(CAPTURES, folder, "README.md")
        if "--check" not in sys.argv:
            open(path, "w", encoding="utf-8").write(fresh)
        elif not os.path.exists(path) or open(path, encoding="utf-8").read() != fresh:
            stale.append(folder)
    sys.exit("out of step, run lab/table.py: %s" % ", ".join(stale) if stale else 0)


main()
