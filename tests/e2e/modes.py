#!/usr/bin/env python3
"""The findings do not depend on how Wireshark is run.

Taken with the captures that show the most cases; each mode must give what one pass gives.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import json
import os
import pathlib
import struct
import sys
import tempfile
import threading
import time

from expectation import all_expectations
from netcase_tshark import CAPTURES, Failure, Host, expect_same, run_tests

IN_PARTS = CAPTURES / "idle" / "bracket-17s-to-33s.pcapng"


def chosen_captures():
    """The fewest captures that together show every case, those with most cases first, then by name."""
    rest = sorted(all_expectations(), key=lambda one: (-len({name for _, name in one.findings}), one.name))
    chosen, shown = [], set()
    for expectation in rest:
        cases = {name for _, name in expectation.findings}
        if expectation.capture and cases - shown:
            shown |= cases
            chosen.append(expectation)
    return chosen


def two_passes_with_read_filter(host, expectation):
    found = host.findings(expectation.capture, "-2", "-R", "frame", *expectation.options)
    expect_same(expectation.findings, found)


def printed_in_two_passes(host, expectation):
    """The whole tree is built and printed; the findings are the same."""
    command = ["tshark", "-2", "-V", "-r", expectation.capture, *expectation.options, "-Y", "netcase.expert"]
    result = host.run(command)
    result.check()
    frames = sorted({frame for frame, _ in expectation.findings})
    printed = [int(line.split()[1].rstrip(":")) for line in result.out.splitlines() if line.startswith("Frame ")]
    expect_same([(frame,) for frame in frames], [(frame,) for frame in printed])


def columns_only(host, expectation):
    """Plain lines of columns: an expert item still marks the frame's severity there."""
    column = 'gui.column.format:"number","%m","case","%Cus:netcase.expert"'
    result = host.run(["tshark", "-r", expectation.capture, "-o", column, *expectation.options])
    result.check()
    rows = [line.split() for line in result.out.splitlines()]
    found = [(int(row[0]), name) for row in rows if len(row) > 1 for name in row[1].split(",")]
    expect_same(expectation.shown, sorted(found))


def with_transum(host, expectation):
    """Another postdissector, which asks for fields and so for a tree of every packet."""
    found = host.findings(expectation.capture, "--enable-protocol", "transum", *expectation.options)
    expect_same(expectation.findings, found)


def disabled(host, expectation):
    expect_same([], host.findings(expectation.capture, "--disable-protocol", "netcase", *expectation.options))


def packets(host, capture):
    """What tells packets apart in another file, where they have other numbers."""
    return [(time[0], size[0]) for time, size in
            host.fields(capture, ["frame.time_epoch", "frame.len"], display_filter="frame", plugin=False)]


def evidence_is_written(host, expectation):
    """`-2 -Y netcase -w` keeps each trigger frame and each frame that a finding rests on."""
    # In two passes: a later frame may be one more sign.
    rows = host.fields(expectation.capture, ["frame.number", "netcase.evidence"], "-2", *expectation.options)
    evidence = {int(frame) for _, frames in rows for frame in frames if frame}
    related = host.fields(expectation.capture, ["frame.number"], "-2", *expectation.options, display_filter="netcase.related")
    expect_same(sorted((frame,) for frame in evidence), sorted((int(number[0]),) for (number,) in related),
                "frames that netcase.related marks (+) and netcase.evidence names (-):")

    original = packets(host, expectation.capture)
    wanted = [original[frame - 1] for frame in sorted(evidence | {frame for frame, _ in expectation.findings})]
    for display_filter in ("netcase", "netcase.expert || netcase.related"):
        with tempfile.NamedTemporaryFile(dir=host.folder, suffix=".pcapng") as written:
            host.run(["tshark", "-2", "-r", expectation.capture, *expectation.options, "-Y", display_filter,
                      "-w", written.name]).check()
            lost = set(wanted) - set(packets(host, written.name))
        if lost:
            raise Failure(f"-2 -Y '{display_filter}' -w loses {sorted(lost)} (time, length)")


def preference_changes_the_result(host, expectation):
    """No idle time passes a level above all that the capture holds."""
    found = host.findings(expectation.capture, *expectation.options, "-o", "netcase.levels:3600")
    left = [name for _, name in found if name == "idle.reset"]
    if left:
        raise Failure("idle.reset is still found with -o netcase.levels:3600")


# -- A capture in parts -------------------------------------------------------------------------

def reports_in(out):
    """The JSON objects that tshark printed one after the other."""
    decoder, reports, place = json.JSONDecoder(), [], out.find("{")
    while place >= 0:
        report, end = decoder.raw_decode(out, place)
        reports.append(report)
        place = out.find("{", end)
    return reports


def reports_of(host, command):
    """What this command reports, and what it complains about."""
    result = host.run(command)
    result.check()
    return reports_in(result.out), result.err


def expect_parts(host, reports):
    """Each packet was reported once, in parts that are numbered; the last one holds the finding."""
    whole, _ = reports_of(host, ["tshark", "-r", IN_PARTS, "-q", "-z", "netcase,json"])
    packets = sum(report["capture"]["packets"] for report in reports)
    if "part" in whole[0] or packets != whole[0]["capture"]["packets"] or len(reports) < 2:
        raise Failure(f"{packets} packets in {len(reports)} reports, whole: {whole[0]['capture']}")
    expect_same([(number,) for number in range(1, len(reports) + 1)], [(report.get("part"),) for report in reports])


def each_session_is_reported(host):
    """-M N makes tshark forget everything every N packets. A filter of frame numbers means those of its part."""
    reports, _ = reports_of(host, ["tshark", "-r", IN_PARTS, "-M", "10", "-q", "-z", "netcase,json"])
    expect_parts(host, reports)
    expect_same([(3, "idle.reset", 6)], [(report["part"], one["case"], one["frame"]) for report in reports for one in report["findings"]])
    filtered, _ = reports_of(host, ["tshark", "-r", IN_PARTS, "-M", "10", "-q", "-z", "netcase,json,frame.number == 8"])
    found = [one["frame"] for report in filtered for one in report["findings"]]
    if found:
        raise Failure(f"frames {found} pass a filter that only frames of another part pass")


def feed(capture, fifo):
    """Write the packets one by one: tshark stops reading when dumpcap ends, and so loses what comes all at once."""
    data = pathlib.Path(capture).read_bytes()
    with open(fifo, "wb", buffering=0) as file:
        file.write(data[:24])
        place = 24
        while place < len(data):
            end = place + 16 + struct.unpack_from("<I", data, place + 8)[0]
            file.write(data[place:end])
            place = end
            time.sleep(0.05)
        time.sleep(1)


def each_file_of_a_ring_is_reported(host):
    """No file is removed here: dumpcap would not wait until tshark has read it."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        fifo, capture = f"{folder}/in", f"{folder}/in.pcap"
        os.mkfifo(fifo)
        host.run(["editcap", "-F", "pcap", IN_PARTS, capture]).check()
        feeding = threading.Thread(target=feed, args=(capture, fifo), daemon=True)
        feeding.start()
        reports, err = reports_of(host, ["tshark", "-i", fifo, "-b", "packets:8", "-b", "files:9", "-w", f"{folder}/out.pcapng",
                                         "-q", "-z", "netcase,json"])
    if not reports:
        raise Failure(f"no report\n{err}")
    expect_parts(host, reports)


def an_exact_end_is_no_part(host):
    """What began anew with the last packet holds none: it is not reported."""
    reports, _ = reports_of(host, ["tshark", "-r", IN_PARTS, "-M", "13", "-q", "-z", "netcase,json"])
    expect_parts(host, reports)


PARTS = [each_session_is_reported, each_file_of_a_ring_is_reported, an_exact_end_is_no_part]
MODES = [two_passes_with_read_filter, printed_in_two_passes, columns_only, with_transum, disabled,
         evidence_is_written]


def main():
    host = Host()
    expectations = chosen_captures()
    for expectation in expectations:
        # Whether they are right is the question of captures.py.
        expectation.findings, expectation.withdrawn = host.findings_and_withdrawn(expectation.capture, *expectation.options)
    tests = [(f"modes {expectation.name}: {mode.__name__.replace('_', ' ')}", functools.partial(mode, host, expectation))
             for expectation in expectations for mode in MODES]
    idle = [one for one in all_expectations() if "idle.reset" in one.shows]
    tests += [(f"modes {one.name}: preference changes the result", functools.partial(preference_changes_the_result, host, one))
              for one in idle[:1]]
    tests += [(f"modes in parts: {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in PARTS]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
