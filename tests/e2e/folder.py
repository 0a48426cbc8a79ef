#!/usr/bin/env python3
"""netcase-json gives one line of JSON for each capture of a folder, for broken ones as well, also when GNU parallel runs it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import jsonschema
from agreement import SCHEMA, findings_of
from expectation import all_expectations
from netcase_tshark import CAPTURES, TREE, Failure, Host, expect_same, run_tests, take_signals

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
    if [line["file"] for line in lines] != [f"$'{folder}/two\\nlines.pcapng'" if "\n" in name else name for name in names] or result.status != len(broken) + 1:
        raise Failure(f"{result.status} failed; lines of {[line['file'] for line in lines]}\n{result.err}")
    for line in lines[:len(whole)]:
        expect_line(line, 0, None, 1)
    if 0 in statuses:
        raise Failure(f"tshark reads what is broken: {statuses}")
    for line, status, error in zip(lines[len(whole):], statuses, ("cut short", "isn't a capture file", "doesn't exist")):
        expect_line(line, status, error, 0)


def every_name_is_printable(host):
    """Whatever the last word begins with and holds: the line is JSON without lone surrogates, and safe to print."""
    names = {b"-dash.pcapng": "-dash.pcapng", b"./-": "./-", b"\xff\x1b[2J": r"$'\xff\x1b[2J'", b"\xc2\x9b": r"$'\x9b'", "空闲".encode(): "空闲",
             b"it's\n\\": r"$'it\'s\n\\'"}
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        for name, expected in names.items():
            place = os.path.join(os.fsencode(folder), name)
            shutil.copy(CAPTURE, place)
            expect_line(line_in(host, folder, name, expected), 0, None, 1)
            with open(place, "wb") as file:
                file.write(b"no capture")
            line = line_in(host, folder, name, expected)
            expect_line(line, 2, "isn't a capture file", 0)
            if not all(part.isprintable() for part in line["error"].split("\n")):
                raise Failure(f"{line['error']!r}")


def line_in(host, folder, name, expected):
    done = subprocess.run(["netcase-json", name], env=host.environment(), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)
    line = json.loads(done.stdout)
    json.dumps(line, ensure_ascii=False).encode("utf-8")
    if line["file"] != expected or done.stderr or line["status"] != done.returncode:
        raise Failure(f"{name}: {line['file']!r}, {done.stderr}")
    return line


def what_can_not_be_printed_is_told(host):
    for redirection in (">&-", ">/dev/full", "| true"):
        result = host.run(["bash", "-c", f'set -o pipefail; netcase-json "$0" {redirection}', CAPTURE])
        if result.status != 1 or result.err.count("\n") != 1 or "standard output can't be written" not in result.err:
            raise Failure(f"{redirection}: ended with {result.status}\n{result.err}")


def parts_are_told(host):
    """What -M makes anew every few packets is no report of the capture."""
    line = line_of(host.run(["netcase-json", "-M", "10", CAPTURE]))
    if line["status"] != 1 or "several reports" not in line["error"] or line.get("part") != 1:
        raise Failure(f"{line}")


def who_is_stopped_stops_tshark(host):
    """Nothing is printed, and no tshark goes on alone."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        fake = pathlib.Path(folder, "tshark")
        fake.write_text(f"#!/bin/sh\necho $$ > {folder}/pid.new\nmv {folder}/pid.new {folder}/pid\nexec sleep 100\n", encoding="utf-8")
        fake.chmod(0o755)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with subprocess.Popen(["netcase-json", str(CAPTURE)], env={**host.environment(), "PATH": f"{folder}:{host.environment()['PATH']}"},
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                pid = started_as(f"{folder}/pid")
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
            if process.returncode != -number or out or err or os.path.exists(f"/proc/{pid}"):
                raise Failure(f"{number.name}: ended with {process.returncode}, tshark lives: {os.path.exists(f'/proc/{pid}')}\n{out}{err}")


def started_as(path):
    """The process that has written its number there."""
    while not os.path.exists(path):
        time.sleep(0.02)
    pid = int(pathlib.Path(path).read_text(encoding="ascii"))
    os.unlink(path)
    return pid


def scripts_print_no_name_raw(host):
    """packaging/show.sh shows the findings of any file, and repeats what tshark says of it; try.sh names one that is not there."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        names = [b"-dash.pcapng", b"two\nlines", b"\xff\x1b[2J", "空闲".encode()]
        for name in names:
            shutil.copy(CAPTURE, os.path.join(os.fsencode(folder), name))
        for script, words in (("show.sh", [*names, b"\xfe\x1b[2J"]), ("try.sh", [b"\xfe\x1b[2J"])):
            done = subprocess.run([TREE / "packaging" / script, *words], cwd=folder, env=host.environment(), stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=120, check=False)
            text = (done.stdout + done.stderr).decode("utf-8")  # raises if it is none
            if done.returncode != 1 or "\x1b" in text or text.count("  idle.reset  ") != (len(names) if script == "show.sh" else 0):
                raise Failure(f"{script} ended with {done.returncode}: {text!r}")


def options_go_to_tshark(host):
    line = line_of(host.run(["netcase-json", "-C", "netcase-triage", "-o", "netcase.levels:3600", CAPTURE]))
    expect_line(line, 0, None, 0)


def standard_input_is_read(host):
    """- is what comes in, not a file of that name."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder, open(CAPTURE, "rb") as capture:
        pathlib.Path(folder, "-").write_bytes(b"no capture")
        done = subprocess.run(["netcase-json", "-"], env=host.environment(), cwd=folder, stdin=capture, capture_output=True, timeout=60, check=False)
    line = json.loads(done.stdout)
    expect_line(line, 0, None, 1)
    if line["file"] != "-" or "file" in line["provenance"] or done.returncode != 0:
        raise Failure(f"ended with {done.returncode}: {line['file']}, {line['provenance']}")


def grave_findings_fail(host):
    """CAPTURE has an error. The line is the same; only the status tells."""
    plain = host.run(["netcase-json", CAPTURE]).out
    healthy = CAPTURES / "healthy" / "http-browsing.pcapng"
    for severity, capture, status in (("error", CAPTURE, 20), ("note", CAPTURE, 20), ("note", healthy, 0), ("error", CAPTURE / "missing", None)):
        result = host.run(["netcase-json", "--fail-on", severity, capture])
        if result.status != (json.loads(result.out)["status"] if status is None else status) or (capture == CAPTURE and result.out != plain):
            raise Failure(f"{severity}, {capture}: ended with {result.status}")
    for words in (["--fail-on"], ["--fail-on", "disaster", CAPTURE], ["--fail-on", "error"]):
        if host.run(["netcase-json", *words]).status != 2:
            raise Failure(f"takes {words}")


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
    take_signals()
    host = Host()
    tests = [folders_in_parallel, no_file_is_lost, every_name_is_printable, what_can_not_be_printed_is_told, parts_are_told,
             who_is_stopped_stops_tshark, scripts_print_no_name_raw, options_go_to_tshark, standard_input_is_read, grave_findings_fail, without_plugin, a_crash_is_told, usage_is_told]
    return 0 if run_tests([(f"folder: {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in tests]) else 1


if __name__ == "__main__":
    sys.exit(main())
