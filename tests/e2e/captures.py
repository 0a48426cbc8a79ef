#!/usr/bin/env python3
"""Every capture gives exactly the findings of its expectation.

In one pass, and, each second one and in turn, in two passes, from the other file format, without a tree (-z expert), or with the
profile netcase-triage; sharkd.py reads all of them in two passes, agreement.py each second one. Each case of the plugin must have a capture
that shows it and one that only looks like it.

usage: captures.py [--accept] [NAME...]

NAME is a part of a capture's path. --accept rewrites the findings in the expectations of the named
captures with what one pass finds, for a person to review.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import collections
import functools
import re
import sys
import tempfile

from expectation import all_captures, all_expectations
from netcase_tshark import (CAPTURES, LIFE, SHOWN_OR_WITHDRAWN, Failure, Host, Skip, expect_same, run_tests,
                            stand_and_withdrawn)

OTHERWISE = "-: found in one pass   +: found now"
# Words of netcase.severity for the headings of `tshark -z expert`.
HEADINGS = {"Errors": "error", "Warns": "warning", "Notes": "note", "Chats": "chat"}


@functools.cache
def in_one_pass(host, expectation):
    """The findings that stand in the end, and those that were withdrawn."""
    return host.findings_and_withdrawn(expectation.capture, *expectation.options)


def found_in_one_pass(host, expectation):
    return in_one_pass(host, expectation)[0]


def one_pass(host, expectation):
    findings, withdrawn = in_one_pass(host, expectation)
    expect_same(expectation.findings, findings)
    expect_same(expectation.withdrawn, withdrawn, "withdrawn, -: expected   +: found")


def two_passes(host, expectation):
    """One pass minus what it has withdrawn. Each case has an expert filter of its own, for its trigger frames only."""
    cases = sorted({name for _, name in expectation.findings})
    names = [*LIFE, *(f"netcase.{case}" for case in cases)]
    rows = host.fields(expectation.capture, names, "-2", *expectation.options, display_filter=SHOWN_OR_WITHDRAWN)
    findings, withdrawn = stand_and_withdrawn([row[:len(LIFE)] for row in rows])
    expect_same(found_in_one_pass(host, expectation), findings, OTHERWISE)
    expect_same([], withdrawn, "withdrawn in two passes, +: found")
    filtered = [(int(row[0][0]), case) for row in rows for case, there in zip(cases, row[len(LIFE):]) if there != [""]]
    expect_same(sorted(set(findings)), sorted(filtered), "-: found   +: shown by the filter of the case")


def converted(host, expectation):
    """pcap and pcapng of the same packets tell the same."""
    to_pcapng = expectation.capture.suffix == ".pcap"
    with tempfile.NamedTemporaryFile(dir=host.folder, suffix=".capture") as other:
        result = host.run(["editcap", "-F", "pcapng" if to_pcapng else "nsecpcap", expectation.capture, other.name])
        if result.status != 0 and not to_pcapng:
            raise Skip("a pcap can't hold it: " + result.err.strip().splitlines()[0].removeprefix("editcap: "))
        result.check()
        expect_same(found_in_one_pass(host, expectation), host.findings(other.name, *expectation.options), OTHERWISE)


def triage_profile(host, expectation):
    """Nothing that the profile switches off is needed."""
    expect_same(found_in_one_pass(host, expectation),
                host.findings(expectation.capture, "-C", "netcase-triage", *expectation.options), OTHERWISE)


def expert_items(host, capture, options, argument="expert"):
    """Number of netcase's items that `-z expert` counts, by severity. Nothing here asks for a tree."""
    result = host.run(["tshark", "-q", "-z", argument, "-r", capture, *options])
    result.check()
    counts, severity = collections.Counter(), None
    for line in result.out.splitlines():
        heading = re.match(r"(\w+) \(\d+\)$", line)
        if heading:
            severity = HEADINGS.get(heading[1], heading[1])
        item = re.match(r"\s*(\d+)\s+.*?\s+netcase\s", line, re.IGNORECASE)
        if item:
            counts[severity] += int(item[1])
    return counts


def without_tree(host, expectation):
    rows = host.fields(expectation.capture, ["netcase.severity"], *expectation.options)
    expected = collections.Counter(word for (severities,) in rows for word in severities)
    found = expert_items(host, expectation.capture, expectation.options)
    expect_same(sorted(expected.items()), sorted(found.items()), "number of items by severity, -: by field   +: by -z expert")


OTHER_WAYS = two_passes, converted, without_tree, triage_profile


def consistent(expectation):
    """What an expectation says of itself agrees with its list."""
    found = {name for _, name in expectation.findings}
    if expectation.capture is None:
        raise Failure("an expectation without a capture")
    if not expectation.shows and not expectation.look_alikes and not expectation.healthy:
        raise Failure("neither `# shows:` nor `# look-alike:`")
    for name in expectation.shows:
        if name not in found:
            raise Failure(f"should show {name}, but does not list it")
    if expectation.healthy and found:
        raise Failure(f"healthy traffic, but lists {' '.join(sorted(found))}")


def covered(case, expectations):
    if not any(case in expectation.shows for expectation in expectations):
        raise Failure("no capture shows it")
    if not any(case in expectation.look_alikes for expectation in expectations):
        raise Failure("no capture only looks like it")


def cases_of(host):
    """The ids of all cases, as the plugin registers them: each has an expert info, a field without a value."""
    fields = (line.split("\t") for line in host.run(["tshark", "-G", "fields"]).out.splitlines())
    names = (field[2] for field in fields if field[0] == "F" and field[3] == "FT_NONE")
    return sorted(name.removeprefix("netcase.") for name in names if re.fullmatch(r"netcase\.\w+\.\w+", name))


def catalogue_tests(host, expectations):
    """Every capture has an expectation; every case is shown and has a look-alike; no unknown case is expected."""
    described = {expectation.capture for expectation in expectations}
    for capture in all_captures():
        if capture not in described:
            yield f"{capture.relative_to(CAPTURES)} has an expectation", functools.partial(fail, "there is no .expect beside it")
    cases = cases_of(host)
    if not cases:
        yield "the plugin has cases", functools.partial(fail, "tshark -G fields lists none")
    for case in cases:
        yield f"{case} is shown and has a look-alike", functools.partial(covered, case, expectations)
    for expectation in expectations:
        for name in sorted({*expectation.shows, *expectation.look_alikes, *(name for _, name in expectation.findings)}):
            if name not in cases:
                yield f"{expectation.name} expects cases that exist", functools.partial(fail, f"the plugin has no case {name}")


def fail(reason):
    raise Failure(reason)


def capture_tests(host, expectation, number):
    yield "is consistent", functools.partial(consistent, expectation)
    if expectation.capture is None:
        return
    other_ways = [OTHER_WAYS[number // 2 % len(OTHER_WAYS)]] if number % 2 == 0 else []
    for function in (one_pass, *other_ways):
        yield function.__name__.replace("_", " "), functools.partial(function, host, expectation)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="rewrite the findings of the named expectations")
    parser.add_argument("names", nargs="*", help="parts of the paths of captures; all if none is given")
    arguments = parser.parse_args()
    if arguments.accept and not arguments.names:
        parser.error("--accept needs the names of captures")

    host = Host()
    expectations = all_expectations()
    chosen = [one for one in expectations if not arguments.names or any(name in one.name for name in arguments.names)]
    if arguments.accept:
        for expectation in chosen:
            expectation.accept(*host.findings_and_withdrawn(expectation.capture, *expectation.options))
            print(f"accepted {expectation.path}")
        return 0
    tests = [(f"captures {one.name}: {name}", test)
             for number, one in enumerate(chosen) for name, test in capture_tests(host, one, number)]
    if not arguments.names:
        tests += [(f"captures {name}", test) for name, test in catalogue_tests(host, expectations)]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
