"""What must be said of captures outside of the project, and what must not: a table for each folder of such captures.

A line of the table is one expectation about one capture; docs/testing.md tells what its columns mean. They are judged by the
JSON report. The frames of one pass and of two passes must tell the same, but for what the capture itself withdraws.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import collections
import csv
import fnmatch
import functools
import json
import re

from netcase_tshark import LIFE, SHOWN_OR_WITHDRAWN, Failure, Host, Skip, expect_same, run_tests, stand_and_withdrawn

COLUMNS = ["capture", "state", "expect", "case", "frames", "severity", "text", "why"]
SEVERITIES = ["chat", "note", "warning", "error"]
CONFIDENCES = ["possible", "likely", "confirmed"]
SHOWN = 20  # findings below a failed test
EXPECTATIONS = re.compile(r"finds|needs|never|cause|first|silent|at most \d+")


class Expectation:
    """A line of a table. `-` is a column that does not matter."""

    def __init__(self, row):
        self.capture, self.open = row["capture"], row["state"] == "open"
        self.expect, self.case, self.frames, self.severity = row["expect"], row["case"], row["frames"], row["severity"]
        self.text = None if row["text"] == "-" else re.compile(row["text"], re.IGNORECASE | re.DOTALL)
        if row["state"] not in ("-", "open") or not EXPECTATIONS.fullmatch(self.expect):
            raise ValueError(f"no expectation: {row}")

    def __str__(self):
        columns = [self.case, self.frames, self.severity, f"/{self.text.pattern}/" if self.text else "-"]
        return " ".join([self.expect, *(column for column in columns if column != "-")])

    def about(self, finding):
        """Is this the case, a frame, a severity and a confidence of the expectation?"""
        severity, _, confidence = self.severity.partition("/")
        return (self.case == "-" or any(fnmatch.fnmatchcase(finding["case"], case) for case in self.case.split("|"))) \
            and in_range(finding["frame"], self.frames) and at_level(SEVERITIES, finding["severity"], severity) \
            and at_level(CONFIDENCES, finding["confidence"], confidence or "-")

    def holds(self, findings):
        about = [finding for finding in findings if self.about(finding)]
        match self.expect:
            case "silent":
                return not findings
            case "never":
                return not any(self._matches(words(finding) + causes(finding)[:2]) for finding in about)
            case "finds" | "needs":
                return any(self._matches(words(finding) + causes(finding) + [json.dumps(finding["facts"])]) for finding in about)
            case "cause" | "first":
                return any(self._is_cause(finding, 1 if self.expect == "first" else 2) for finding in about)
            case _:
                return len(about) <= int(self.expect.split()[-1])

    def _matches(self, texts):
        return self.text is None or any(self.text.search(text) for text in texts)

    def _is_cause(self, finding, among):
        ruled_out = finding["facts"].get("ruled_out", [])
        return self._matches(causes(finding)[:among]) and not any(self.text.search(cause) for cause in ruled_out)


def in_range(frame, frames):
    """12, 12-15 or 12- (not before)."""
    if frames == "-":
        return True
    first, dash, last = frames.partition("-")
    return int(first) <= frame <= (int(last) if last else float("inf") if dash else int(first))


def at_level(levels, found, wanted):
    """warning, warning+ (at least) or warning- (at most)."""
    if wanted == "-":
        return True
    distance = levels.index(found) - levels.index(wanted.rstrip("+-"))
    return distance == 0 or (wanted.endswith("+") and distance > 0) or (wanted.endswith("-") and distance < 0)


def words(finding):
    return [finding["title"], finding["summary"]]


def causes(finding):
    """The causes in their order; another finding that explains this one comes before what is only probable."""
    return [link["case"] for link in finding["caused_by"]] + finding["causes"]


def read_table(table):
    """{capture: expectations}, in the order of the table."""
    expectations = collections.defaultdict(list)
    with open(table, encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if reader.fieldnames != COLUMNS:
            raise ValueError(f"{table}: the columns are not {COLUMNS}")
        for row in reader:
            expectations[row["capture"]].append(Expectation(row))
    return expectations


def frames_of(host, capture, *options):
    """(frame, id) of the findings that frames show and that stand, and what else tshark printed."""
    fields = [word for name in LIFE for word in ("-e", name)]
    result = host.run(["tshark", "-r", capture, *options, "-Y", SHOWN_OR_WITHDRAWN, "-T", "fields", "-E", "separator=/t",
                       "-E", "aggregator=/s", *fields])
    result.check()
    rows, lines = [], result.out.splitlines()
    while lines and not lines[0].startswith("{"):
        rows.append([column.split(" ") for column in lines.pop(0).split("\t")])
    return stand_and_withdrawn(rows)[0], "\n".join(lines)


def report_of(host, capture, quick):
    """The JSON report, after making sure that the frames of one pass and of two passes tell the same."""
    two, report = frames_of(host, capture, "-2", "-z", "netcase,json_all")
    report = json.loads(report)
    if not quick:
        expect_same(sorted((finding["frame"], finding["case"]) for finding in report["findings"]), two,
                    "-: in the JSON report only   +: in frames of two passes only")
        one, _ = frames_of(host, capture)
        expect_same(one, two, "-: in one pass only, and never withdrawn   +: in two passes, not in one")
    return report


def told(finding):
    return f"#{finding['frame']} {finding['case']} {finding['severity']}/{finding['confidence']}: {finding['title']}" + "".join(
        f"\n      {cause}" for cause in causes(finding)[:2])


def judge(host, capture, expectations, quick=False):
    """Raises Failure for what does not hold, Skip for what is known not to hold, or needs a case that does not exist."""
    if not capture.exists():
        raise Skip("it is not in this collection")
    if not expectations:
        raise Failure("the table expects nothing of it")
    report = report_of(host, capture, quick)
    findings = report["findings"]
    known = {finding["case"] for finding in findings} | set(report["without_finding"])
    missing = sorted({one.case for one in expectations if one.expect == "needs" and not set(one.case.split("|")) & known})
    judged = [one for one in expectations if one.case not in missing]
    wrong = [f"does not hold: {one}" for one in judged if not one.open and not one.holds(findings)]
    wrong += [f"holds now, so it is not open any more: {one}" for one in judged if one.open and one.holds(findings)]
    if wrong:
        more = [f"and {len(findings) - SHOWN} more findings"] if len(findings) > SHOWN else []
        raise Failure("\n".join([*wrong, *map(told, findings[:SHOWN]), *more]))
    still = [f"open: {one}" for one in judged if one.open] + [f"needs {case}" for case in missing]
    if still:
        raise Skip("; ".join(still))


def run(name, folder, table):
    """A suite: a line for each capture of the folder."""
    if not folder.is_dir():
        print(f"skip  {name}: there are no captures at {folder} (set NETCASE_{name.upper()})")
        return 0
    parser = argparse.ArgumentParser(description=f"The captures of {table.parent.name} are judged by {table.name}.")
    parser.add_argument("--quick", action="store_true", help="judge the report alone, do not compare one pass with it")
    parser.add_argument("parts", nargs="*", metavar="PART-OF-A-NAME")
    arguments = parser.parse_args()
    host, expectations = Host(), read_table(table)
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".pcap", ".pcapng")}
    chosen = [capture for capture in sorted({*there, *expectations})
              if not arguments.parts or any(part in capture for part in arguments.parts)]
    tests = [(f"{name} {capture}", functools.partial(judge, host, folder / capture, expectations.get(capture, []), arguments.quick))
             for capture in chosen]
    return 0 if run_tests(tests) else 1
