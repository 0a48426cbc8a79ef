#!/usr/bin/env python3
"""The report says what the findings say: as JSON, as text, as markdown, in one pass and two, filtered and in Chinese.

The JSON of every capture with findings is valid by docs/report.schema.json.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import json
import re
import sys
import unicodedata

import jsonschema
from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import TREE, Failure, Host, expect_same, run_tests

SCHEMA = json.loads((TREE / "docs" / "report.schema.json").read_text(encoding="utf-8"))
LABEL_COLUMNS, LINE_COLUMNS = 12, 115
ENGLISH, CHINESE = "Frames", "报文"


def print_report(host, expectation, kind, *options):
    """What -z netcase[,KIND] prints."""
    result = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase" + kind, *expectation.options, *options])
    result.check()
    return result.out


@functools.cache
def as_json(host, expectation):
    return json.loads(print_report(host, expectation, ",json"))


def found(report):
    return sorted((finding["frame"], finding["case"]) for finding in report["findings"])


def groups(report):
    """The case of each group, in order."""
    return [case for _, case in sorted({(finding["group"], finding["case"]) for finding in report["findings"]})]


def json_is_valid_and_complete(host, expectation):
    report = as_json(host, expectation)
    jsonschema.validate(report, SCHEMA)
    expect_same(expectation.findings, found(report))
    cases = {name for _, name in expectation.findings}
    if cases & set(report["without_finding"]):
        raise Failure(f"both found and not found: {cases & set(report['without_finding'])}")


def two_passes(host, expectation):
    if json.loads(print_report(host, expectation, ",json", "-2")) != as_json(host, expectation):
        raise Failure("two passes report something else than one")


def filtered(host, expectation):
    """A filter behind the kind leaves the findings of the frames that it shows."""
    frame = expectation.findings[-1][0]
    report = json.loads(print_report(host, expectation, f",json,frame.number=={frame}"))
    expect_same([one for one in expectation.findings if one[0] == frame], found(report))
    text = print_report(host, expectation, f",frame.number=={frame}")
    if f"{ENGLISH:12}{frame}" not in text:
        raise Failure(f"frame {frame} is not in\n{text}")


def width(text):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def listed_frames(text, label):
    """Number of findings in the lines that list their frames."""
    count = 0
    for listed in re.findall(rf"^(?:   {label} +|- \*\*{label}:\*\* )(.*)$", text, re.MULTILINE):
        more = re.search(r" and (\d+) more$", listed)
        every = re.search(r" 等 (\d+) 个$", listed)
        count += int(every[1]) if every else len(re.findall(r"\d+", listed.split(" and ")[0])) + (int(more[1]) if more else 0)
    return count


def text_agrees(host, expectation, kind, language, label):
    report = as_json(host, expectation)
    text = print_report(host, expectation, kind, "-o", f"netcase.language:{language}")
    titles = re.findall(r"^#* ?\d+\. .*\(`?([a-z_]+\.[a-z_]+)`?\)$", text, re.MULTILINE)
    expect_same(list(enumerate(groups(report))), list(enumerate(titles)), "titles, -: of the JSON   +: of the text")
    if listed_frames(text, label) != len(report["findings"]):
        raise Failure(f"lists {listed_frames(text, label)} frames of {len(report['findings'])} findings\n{text}")
    if re.search(r"(?<!%)\{\w+\}| \? ", text):
        raise Failure(f"a text was not filled in\n{text}")
    wide = [line for line in text.splitlines() if not kind and width(line) > LINE_COLUMNS]
    if wide:
        raise Failure("too wide:\n" + "\n".join(wide))


def tree_agrees(host, expectation):
    """Statistics > Netcase > Findings, which tshark prints as well."""
    result = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase_findings,tree", *expectation.options])
    result.check()
    total = re.search(r"^Findings +(\d+) ", result.out, re.MULTILINE)
    if not total or int(total[1]) != len(expectation.findings):
        raise Failure(f"not {len(expectation.findings)} findings in\n{result.out}")
    for case in {name for _, name in expectation.findings}:
        if f"  {case}: " not in result.out:
            raise Failure(f"no {case} in\n{result.out}")


def labels_are_aligned(host, expectation):
    text = print_report(host, expectation, "", "-o", "netcase.language:zh_CN")
    for line in text.splitlines()[1:5]:
        if not re.match(r"\S+ +\S", line) or width(re.match(r"\S+ +", line)[0]) != LABEL_COLUMNS:
            raise Failure(f"not aligned: {line}")


def report_tests(host, expectation):
    yield "json is valid and complete", functools.partial(json_is_valid_and_complete, host, expectation)
    yield "json of two passes", functools.partial(two_passes, host, expectation)


def word_tests(host, expectation):
    yield "text", functools.partial(text_agrees, host, expectation, "", "en", ENGLISH)
    yield "text in Chinese", functools.partial(text_agrees, host, expectation, "", "zh_CN", CHINESE)
    yield "markdown", functools.partial(text_agrees, host, expectation, ",markdown", "en", ENGLISH)
    yield "markdown in Chinese", functools.partial(text_agrees, host, expectation, ",markdown", "zh_CN", CHINESE)
    yield "filter", functools.partial(filtered, host, expectation)
    yield "tree", functools.partial(tree_agrees, host, expectation)
    yield "labels are aligned", functools.partial(labels_are_aligned, host, expectation)


def nothing_found(host, expectation):
    report = as_json(host, expectation)
    jsonschema.validate(report, SCHEMA)
    expect_same([], found(report))
    if not re.search(r"^Findings +none$", print_report(host, expectation, ""), re.MULTILINE):
        raise Failure("the text does not say that nothing was found")


def wrong_filter(host, expectation):
    result = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase,json,no such filter"])
    if result.status == 0 or "netcase,json,no such filter" not in result.err:
        raise Failure(f"ended with {result.status}\n{result.err}")


def timers_table(host, expectation):
    """The bracket that a finding tells is in the table."""
    text = print_report(host, expectation, ",timers")
    if not re.search(r"^10\.2\.0\.2:80 +\d+\.\d\d s +\d+\.\d\d s +\d+\.\d\d s to \d+\.\d\d s ", text, re.MULTILINE):
        raise Failure(f"no bracket of 10.2.0.2:80 in\n{text}")


def main():
    host = Host()
    expectations = [one for one in all_expectations() if one.capture]
    named = {one.name: one for one in expectations}
    tests = [(f"report {one.name}: {name}", test) for one in expectations if one.findings for name, test in report_tests(host, one)]
    tests += [(f"report {one.name}: {name}", test) for one in chosen_captures() for name, test in word_tests(host, one)]
    healthy = next(one for one in expectations if one.healthy)
    tests += [(f"report {healthy.name}: nothing found", functools.partial(nothing_found, host, healthy)),
              ("report a wrong filter is refused", functools.partial(wrong_filter, host, healthy)),
              ("report timers", functools.partial(timers_table, host, named["idle/bracket-17s-to-33s"]))]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
