#!/usr/bin/env python3
"""netcase-json gives one line of JSON for each capture of a folder, for broken ones as well, also when GNU parallel runs it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import json
import os
import pathlib
import shutil
import sys
import tempfile

import jsonschema
from agreement import SCHEMA, findings_of
from expectation import all_expectations
from netcase_tshark import CAPTURES, Failure, Host, expect_same, run_tests

CAPTURE = CAPTURES / "idle" / "handbook-15s-reset.pcapng"
PARALLEL = ["parallel", "--null", "--keep-order", "netcase-json"]


def line_of(result):
    """The only line that was printed."""
    if result.out.count("\n") != 1 or "Traceback" in result.err:
        raise Failure(f"not one line: {result.out}\n{result.err}")
    line = json.loads(result.out)
    if line["status"] != result.status:
        raise Failure(f"ended with {result.status}, but the line says {line['status']}")
    return line


def expect_line(line, status, error, findings):
    shown = (line["status"], error in (line["error"] or "") if error else line["error"] is None, len(line.get("findings", [])))
    if shown != (status, True, findings):
        raise Failure(f"not status {status}, error {error}, {findings} findings:\n{json.dumps(line)[:1000]}")


def folders_in_parallel(host):
    """Each line is whole, names its file and holds the findings that are expected there."""
    expectations = {str(one.capture): one for one in all_expectations()
                    if one.capture and not one.options and one.name.startswith(("dns/", "idle/"))}
    result = host.run(PARALLEL, stdin="\0".join(expectations))
    result.check()
    lines = [json.loads(line) for line in result.out.splitlines()]
    if [line["file"] for line in lines] != list(expectations):
        raise Failure(f"{len(lines)} lines of {len(expectations)} captures, or in another order")
    for line in lines:
        report = {key: value for key, value in line.items() if key not in ("file", "status", "error")}
        jsonschema.validate(report, SCHEMA)
        expect_same(expectations[line["file"]].findings, findings_of(report), f"{line['file']}, -: expected   +: found")


def no_file_is_lost(host):
    """Broken ones, and names that shells like to take apart. The status of parallel is how many failed."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        whole = ["a b.pcapng", "it's $HOME; \"quoted\".pcapng", "-o.pcapng", "two\nlines.pcapng", "空闲.pcapng"]
        for name in whole:
            shutil.copy(CAPTURE, os.path.join(folder, name))
        broken = {"cut.pcapng": CAPTURE.read_bytes()[:900], "text.pcapng": b"this is no capture\n"}
        for name, content in broken.items():
            pathlib.Path(folder, name).write_bytes(content)
        names = [os.path.join(folder, name) for name in [*whole, *broken, "missing.pcapng"]]
        result = host.run(PARALLEL, stdin="\0".join(names))
        # The numbers differ between versions of tshark.
        statuses = [host.run(["tshark", "-r", name]).status for name in names[len(whole):]]
    lines = [json.loads(line) for line in result.out.splitlines()]
    if [line["file"] for line in lines] != names or result.status != len(broken) + 1:
        raise Failure(f"{result.status} failed; lines of {[line['file'] for line in lines]}\n{result.err}")
    for line in lines[:len(whole)]:
        expect_line(line, 0, None, 1)
    if 0 in statuses:
        raise Failure(f"tshark reads what is broken: {statuses}")
    for line, status, error in zip(lines[len(whole):], statuses, ("cut short", "isn't a capture file", "doesn't exist")):
        expect_line(line, status, error, 0)


def options_go_to_tshark(host):
    line = line_of(host.run(["netcase-json", "-C", "netcase-triage", "-o", "netcase.levels:3600", CAPTURE]))
    expect_line(line, 0, None, 0)


def without_plugin(host):
    line = line_of(host.run(["netcase-json", CAPTURE], plugin=False))
    if line["status"] == 0 or "netcase" not in line["error"] or "findings" in line:
        raise Failure(f"{line}")


def a_crash_is_told(host):
    """A tshark that dies in the middle of its line."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        fake = pathlib.Path(folder, "tshark")
        fake.write_text("#!/bin/sh\necho '{ \"version\": 1,'\nkill -SEGV $$\n", encoding="utf-8")
        fake.chmod(0o755)
        line = line_of(host.run(["netcase-json", CAPTURE], PATH=f"{folder}:{host.environment()['PATH']}"))
    expect_line(line, 128 + 11, "tshark ended with 139", 0)


def usage_is_told(host):
    for arguments, status in (([], 2), (["--help"], 0)):
        result = host.run(["netcase-json", *arguments])
        if result.status != status or "usage: netcase-json" not in result.out + result.err:
            raise Failure(f"netcase-json {arguments} ended with {result.status}\n{result.err}")


def main():
    host = Host()
    tests = [folders_in_parallel, no_file_is_lost, options_go_to_tshark, without_plugin, a_crash_is_told, usage_is_told]
    return 0 if run_tests([(f"folder: {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in tests]) else 1


if __name__ == "__main__":
    sys.exit(main())
