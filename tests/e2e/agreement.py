#!/usr/bin/env python3
"""Everything that tells of findings tells the same number and frames: -Y, the report in its forms, as markdown and as JSON, the expert
window (-z expert) and Statistics > Netcase > Findings; for every capture, and where there are findings by turns in one or two of these
ways: one pass, two, and without anything that asks for a tree. The Info column begins with the first of a frame's findings. What only looks like a case may be mentioned, but not as a warning or
an error.

One tshark prints all of them at once, so they also must not disturb each other. The JSON is valid by docs/report.schema.json.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import functools
import json
import re
import subprocess
import sys

import jsonschema
from expectation import all_expectations
from netcase_tshark import TREE, Failure, Host, expect_same, run_tests

SCHEMA = json.loads((TREE / "docs" / "report.schema.json").read_text(encoding="utf-8"))
FRAMES_SHOWN = 12  # of each group, in text and markdown
CASE = r"[a-z0-9_]+\.[a-z0-9_]+"
STATISTICS = ["netcase", "netcase,long", "netcase,markdown", "netcase,json", "expert", "netcase_findings,tree"]
FILTER = ["-Y", "netcase.expert", "-T", "fields", "-e", "frame.number", "-e", "netcase.expert", "-e", "_ws.col.Info"]
GROUPS = {"dns": "Response", "http": "Response", "app": "Response", "policy": "Security", "flood": "Security", "mirror": "Protocol",
          "tls": "Protocol", "tunnel": "Protocol", "nat": "Protocol", "link": "Protocol", "quic": "Protocol", "connect": "Sequence", "idle": "Sequence", "path": "Sequence", "balance": "Sequence"}
WAYS = {"one pass": FILTER, "two passes": ["-2", *FILTER], "without a tree": ["-q"]}
# Each second capture with findings is read in two of these, the others in one: over all captures of a case in each pair of them.
IN_TURN = [("one pass", "two passes"), ("without a tree",), ("two passes", "without a tree"), ("one pass",), ("one pass", "without a tree"),
           ("two passes",)]


def part(output, first_line):
    """What is printed from this line on."""
    found = re.search(rf"^{first_line}$", output, re.MULTILINE)
    if not found:
        raise Failure(f"nothing printed begins with {first_line}\n{output}")
    return output[found.start():]


def by_filter(output):
    rows = re.findall(rf"^(\d+)\t({CASE}(?:,{CASE})*)\t(.*)$", output, re.MULTILINE)
    for _, names, info in rows:
        first, *others = names.split(",")
        if not info.startswith(f"[netcase {first}{f' +{len(others)}' if others else ''}] "):
            raise Failure(f"{names} in a frame with {info}")
    rows = [(frame, names) for frame, names, _ in rows]
    return sorted((int(frame), name) for frame, names in rows for name in names.split(","))


def in_json(output):
    return json.JSONDecoder().raw_decode(part(output, r"\{"))[0]


def findings_of(report):
    return sorted((finding["frame"], finding["case"]) for finding in report["findings"])


def groups_of(report):
    """(case, frames that are listed, number of findings) of each group, as text and markdown show them."""
    frames = {}
    for finding in report["findings"]:
        frames.setdefault((finding["group"], finding["case"]), []).append(finding["frame"])
    return [(case, listed[:FRAMES_SHOWN], len(listed)) for (_, case), listed in frames.items()]


def groups_in(text):
    """The same, from the report as text or markdown."""
    groups, case = [], None
    for line in text.splitlines():
        title = re.fullmatch(rf"(?:### )?\d+\. .*\(`?({CASE})`?\)", line)
        frames = re.fullmatch(r"(?:   Frames +|- \*\*Frames:\*\* )([\d, ]+?)(?: and (\d+) more)?", line)
        if title:
            case = title[1]
        elif frames:
            numbers = [int(number) for number in frames[1].split(", ")]
            groups.append((case, numbers, len(numbers) + int(frames[2] or 0)))
    return groups


def brief_in(output):
    """What -z netcase has printed among others: its head ends with the version and begins the line."""
    found = re.search(r"^netcase \d+\.\d+\.\d+  .*?(?=^(?:## )?netcase report$|^\{$|^=====|\Z)", output, re.MULTILINE | re.DOTALL)
    if not found:
        raise Failure(f"no report for a terminal in\n{output}")
    return found[0]


def problems_in(text):
    """(case, first frames) of the problems that are shown whole, and (case, frame) of the consequences that are named."""
    text = re.sub(r"\n {5,}", " ", text)
    whole = re.findall(rf"^   ({CASE}): \w+, the pattern is \w+; frame ([\d, ]*\d)", text, re.MULTILINE)
    named = re.findall(rf"\(({CASE}), frame (\d+)\)", text)
    return [(case, [int(one) for one in frames.split(", ")]) for case, frames in whole], \
        [(case, int(frame)) for case, frame in named]


def brief_agrees(way, report, text):
    """Each problem and consequence is a group of the JSON, and each case is named, unless too many are there."""
    groups = {(case, frames[0]): frames for case, frames, _ in groups_of(report)}
    whole, named = problems_in(text)
    wrong = [case for case, frames in whole if groups.get((case, frames[0]), [])[:len(frames)] != frames]
    wrong += [one for one in named if one not in groups]
    if wrong or bool(whole) != bool(groups) or (len(groups) <= 4 and {one[0] for one in whole} | {case for case, _ in named} != {case for case, _ in groups}):
        raise Failure(f"{way}: {wrong or groups}\n{text}")


def total_in(text):
    """(all findings, {severity: findings})"""
    found = re.search(r"^(?:Findings +|- \*\*Findings:\*\* )(?:none|(\d+) \((.*)\))$", text, re.MULTILINE)
    counts = dict(word.split() for word in (found[2] or "").split(", ") if word)
    return int(found[1] or 0), {severity: int(count) for severity, count in counts.items()}


def by_case(pattern, text):
    counts = collections.Counter()
    for one in re.finditer(pattern, text, re.MULTILINE):
        counts[one["case"]] += int(one["count"])
    return sorted(counts.items())


def print_all(host, expectation, way):
    statistics = [word for statistic in STATISTICS for word in ("-z", statistic)]
    result = host.run(["tshark", "-r", expectation.capture, *WAYS[way], *statistics, *expectation.options])
    result.check()
    return result.out


def agree(expectation, way, output):
    report = in_json(output)
    jsonschema.validate(report, SCHEMA)
    expect_same(expectation.findings, findings_of(report), f"{way}, -: expected   +: in the JSON")
    for finding in report["findings"]:
        if finding["case"] in expectation.look_alikes and finding["severity"] not in ("chat", "note"):
            raise Failure(f"only looks like {finding['case']}, but is called {finding['severity']}")
    # What is shown while one pass goes on is not taken back.
    shown = expectation.findings if way == "two passes" else expectation.shown
    if way != "without a tree":
        expect_same(shown, by_filter(output), f"{way}, -: expected   +: -Y netcase.expert")
    severities = collections.Counter(finding["severity"] for finding in report["findings"])
    for first_line in ("netcase report", "## netcase report"):
        text = part(output, first_line)
        end = re.search(r"^(### )?Checked$", text, re.MULTILINE).start()
        if groups_in(text[:end]) != groups_of(report) or total_in(text) != (len(report["findings"]), severities):
            raise Failure(f"{way}, JSON: {groups_of(report)}\n{text[:end]}")
    brief_agrees(way, report, brief_in(output))
    counts = sorted(collections.Counter(name for _, name in shown).items())
    expert = by_case(rf"^ +(?P<count>\d+) +\S.*? netcase +(?P<case>{CASE})(?: \d+ of \d+)?: ", output)
    expect_same(counts, expert, f"{way}, -: expected   +: -z expert")
    grouped = set(re.findall(rf"^ +\d+ +(\w+) +netcase +(\w+)\.", output, re.MULTILINE))
    expect_same(sorted({(GROUPS[name.split(".")[0]], name.split(".")[0]) for name, _ in counts}), sorted(grouped), "groups of -z expert")
    if way == "two passes":
        expect_same(sorted(f"{name} {number} of {count}" for name, count in counts if count > 1 for number in range(1, count + 1)),
                    sorted(re.findall(rf" netcase +({CASE} \d+ of \d+): ", output)), "numbers in -z expert")
    tree = part(output, "Netcase/Findings:")
    expect_same(counts, by_case(rf"^  (?P<case>{CASE}): .*?  +(?P<count>\d+) ", tree), f"{way}, -: expected   +: the tree")
    return report


def commands_are_commands(report):
    """Checks end with them, and shells take them."""
    commands = sorted({command for finding in report["findings"] for command in finding["commands"]})
    for finding in report["findings"]:
        ends = [check for check in finding["checks"] if check.endswith(tuple(finding["commands"]))]
        if len(ends) != len(finding["commands"]):
            raise Failure(f"{finding['checks']}\nend with\n{finding['commands']}")
    for shell in ("sh", "bash"):
        parsed = subprocess.run([shell, "-n"], input="\n".join(commands), capture_output=True, text=True, check=False)
        if parsed.returncode != 0:
            raise Failure(f"{shell} does not take these commands:\n" + "\n".join([*commands, parsed.stderr]))


def all_ways(host, expectation, ways):
    first = None
    for way in ways:
        report = agree(expectation, way, print_all(host, expectation, way))
        if first and report != first:
            raise Failure(f"{way}: the JSON is another one than in {ways[0]}")
        first = first or report
    found, silent = {name for _, name in expectation.findings}, set(first["without_finding"])
    if found & silent:
        raise Failure(f"both found and not found: {found & silent}")
    commands_are_commands(first)


def main():
    host = Host()
    expectations = [one for one in all_expectations() if one.capture]
    # Where nothing is found, one way is enough.
    tests = [(f"agreement {one.name}", functools.partial(all_ways, host, one, IN_TURN[number % len(IN_TURN)] if one.shown else ["one pass"]))
             for number, one in enumerate(expectations)]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
