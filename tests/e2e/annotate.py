#!/usr/bin/env python3
"""netcase-annotate writes the findings as packet comments, and changes nothing else.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import many_findings
from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import CAPTURES, Failure, Host, Skip, expect_same, run_tests, take_signals

ANNOTATE = "netcase-annotate"
ENHANCED_PACKET, JOURNAL, COMMENT = 6, 9, 1  # pcapng: blocks of a packet and of a line of systemd's journal; the option


def annotate(host, capture, out, options=()):
    words = [word for option in options if option != "-o" for word in ("-o", option)]
    return host.run([ANNOTATE, *words, capture, out])


def comments_of(capture):
    """{frame: texts} as the pcapng file holds them: each version of tshark shows a text of several lines in its own way."""
    data = pathlib.Path(capture).read_bytes()
    comments, place, frame = {}, 0, 0
    while place < len(data):
        kind, length = struct.unpack_from("<II", data, place)
        if kind == ENHANCED_PACKET:
            frame += 1
            (captured,) = struct.unpack_from("<I", data, place + 20)
            option = place + 28 + padded(captured)
            while option < place + length - 4:
                code, size = struct.unpack_from("<HH", data, option)
                if code == COMMENT:
                    comments.setdefault(frame, []).append(data[option + 4:option + 4 + size].decode("utf-8"))
                option += 4 + padded(size)
        place += length
    return comments


def padded(size):
    return (size + 3) // 4 * 4


def packets_of(host, capture, folder):
    """The packets as bytes, with their times."""
    plain = os.path.join(folder, "plain.pcap")
    host.run(["editcap", "-F", "nsecpcap", capture, plain]).check()
    with open(plain, "rb") as file:
        return file.read()


def findings_become_comments(host, expectation):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        out = os.path.join(folder, "out.pcapng")
        annotate(host, expectation.capture, out, expectation.options).check()
        written = [(frame, line.split()[1]) for frame, texts in comments_of(out).items() for text in texts
                   for line in text.splitlines() if line.startswith("netcase ") and ": evidence for " not in line]
        expect_same(expectation.findings, sorted(written))
        if packets_of(host, out, folder) != packets_of(host, expectation.capture, folder):
            raise Failure("the packets have changed")
        expect_same(expectation.findings, host.findings(out, *expectation.options), "findings in the written capture")


def thousands_become_comments(host):
    """Where a report would count what it does not show."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        capture, out = os.path.join(folder, "many.pcap"), os.path.join(folder, "out.pcapng")
        many_findings.write(capture)
        annotate(host, capture, out).check()
        written = sum(": evidence for " not in text for texts in comments_of(out).values() for text in texts)
        if written != sum(many_findings.COUNTS.values()):
            raise Failure(f"{written} findings of {many_findings.COUNTS} became comments")


def comments_of_others_stay(host, expectation):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        commented, out = os.path.join(folder, "in.pcapng"), os.path.join(folder, "out.pcapng")
        frame = expectation.findings[0][0]
        host.run(["editcap", "-a", f"{frame}:a word of a person", expectation.capture, commented]).check()
        annotate(host, commented, out, expectation.options).check()
        first, *others = comments_of(out)[frame]
        if first != "a word of a person" or not any(text.startswith("netcase ") for text in others):
            raise Failure(f"comments of frame {frame}: {first}, {others}")
        shown = host.run(["tshark", "-r", out, "-Y", 'frame.comment contains "a word of a person"', "-T", "fields", "-e", "frame.number"],
                         plugin=False)
        if shown.out.split() != [str(frame)]:
            raise Failure(f"tshark shows the comment in frames {shown.out}")


def other_records_are_refused(host, expectation):
    """What Wireshark counts as frames but is no packet would move the comments to other packets."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        mixed, out = os.path.join(folder, "in.pcapng"), os.path.join(folder, "out.pcapng")
        entry = b"__REALTIME_TIMESTAMP=1532838014000000\nMESSAGE=a word\n"
        length = struct.pack("<I", 12 + padded(len(entry)))
        journal = struct.pack("<I", JOURNAL) + length + entry.ljust(padded(len(entry)), b"\0") + length
        host.run(["editcap", "-F", "pcapng", expectation.capture, mixed]).check()
        with open(mixed, "ab") as file:
            file.write(journal)
        result = annotate(host, mixed, out, expectation.options)
        if result.status == 0 or f"block type {JOURNAL}" not in result.err or os.path.exists(out):
            raise Failure(f"ended with {result.status}\n{result.err}")


def nothing_is_overwritten(host, expectation):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        out = os.path.join(folder, "out.pcapng")
        with open(out, "w", encoding="utf-8") as file:
            file.write("mine")
        for target in (out, str(expectation.capture)):
            with open(target, "rb") as file:
                before = file.read()
            result = annotate(host, expectation.capture, target)
            with open(target, "rb") as file:
                after = file.read()
            if result.status == 0 or "not overwritten" not in result.err or before != after:
                raise Failure(f"{target}: ended with {result.status}\n{result.err}")


def said_in_words(host, name, arguments):
    """What can't be done is told in one line that names it."""
    result = host.run([ANNOTATE, *arguments])
    if result.status == 0 or name not in result.err or "Traceback" in result.err:
        raise Failure(f"ended with {result.status}\n{result.err}")


# -- Bad days -----------------------------------------------------------------------------------

CAPTURE = CAPTURES / "idle" / "handbook-15s-reset.pcapng"
OBEYED = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")  # what a terminal obeys, but for the end of a line

# How the file gets its name: the best way of Linux, hidden until then, and without hard links. The others are tried by taking
# the better ones away. `meanwhile` is what happens when the annotated file is written and has no name yet: a file of that name
# comes into being, or a signal of that number.
WAYS = ("unnamed", "hidden", "no links")
WITHOUT = """
import errno, os, runpy, sys
way, meanwhile, command = sys.argv[1:4]
real_open, real_fsync = os.open, os.fsync
def no_unnamed_file(path, flags, *more, **named):
    if flags & os.O_TMPFILE == os.O_TMPFILE:
        raise OSError(errno.EOPNOTSUPP, "not supported")
    return real_open(path, flags, *more, **named)
def no_link(*_, **__):
    raise OSError(errno.EPERM, "not permitted")
def fsync(descriptor):
    if meanwhile.isdigit():
        os.kill(os.getpid(), int(meanwhile))
    elif meanwhile:
        with open(meanwhile, "w") as file:
            file.write("mine")
    real_fsync(descriptor)
os.fsync = fsync
if way != "unnamed":
    os.open = no_unnamed_file
if way == "no links":
    os.link = no_link
sys.argv = sys.argv[3:]
runpy.run_path(command, run_name="__main__")
"""


def command_in(host, way, meanwhile=""):
    return [sys.executable, "-c", WITHOUT, way, meanwhile, shutil.which(ANNOTATE, path=host.environment()["PATH"])]


@functools.cache
def annotated_whole(host):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        out = os.path.join(folder, "out.pcapng")
        annotate(host, CAPTURE, out).check()
        return pathlib.Path(out).read_bytes()


def run_raw(host, command, folder, **more):
    """As bytes: (status, standard output, standard error)."""
    done = subprocess.run([word if isinstance(word, bytes) else str(word) for word in command], env=host.environment(), cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, **more)
    return done.returncode, done.stdout, done.stderr


def expect_line(result, status, part):
    """One line, which says this, and nothing that a terminal obeys."""
    code, out, err = result
    text = out if status == 0 else err
    if code != status or text.count(b"\n") != 1 or part not in text or OBEYED.search(out + err) or not is_text(out + err):
        raise Failure(f"ended with {code}, expected {status} and one line with {part!r}:\n{out!r}\n{err!r}")


def is_text(text):
    try:
        text.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def every_name_is_taken(host):
    """IN and OUT are files, whatever they are called; no terminal sees more of them than is printable."""
    names = [b"-dash.pcapng", b"-o.pcapng", b"--help", b"-", b"a b", b"two\nlines", b"\x1b]0;title\x07", b"\xff\xfe", "空闲".encode(), b"$'x'"]
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        for name in names:
            place = os.path.join(os.fsencode(folder), name)
            shutil.copy(CAPTURE, place)
            expect_line(run_raw(host, [ANNOTATE, name, b"-out-" + name], folder), 0, b": findings 1, frames with comments 3")
            expect_line(run_raw(host, [ANNOTATE, name, name], folder), 1, b" exists; it is not overwritten")
            expect_line(run_raw(host, [ANNOTATE, b"-no" + name, b"x"], folder), 1, b"can't read ")
            pathlib.Path(os.fsdecode(place)).write_bytes(b"no capture")
            expect_line(run_raw(host, [ANNOTATE, name, b"x"], folder), 1, b"isn't a capture file")
        shutil.copy(CAPTURE, os.path.join(folder, "-o"))
        for number, words in enumerate(((b"--",), (b"-o", b"netcase.language:en", b"--"), (b"-onetcase.language:en", b"--"))):
            expect_line(run_raw(host, [ANNOTATE, *words, b"-o", f"-{number}"], folder), 0, b": findings 1, frames with comments 3")
        if len(os.listdir(folder)) != 2 * len(names) + 4:
            raise Failure(f"{os.listdir(folder)}")


def what_is_no_capture_is_named(host):
    """Neither waited for nor annotated, and OUT stays as it is."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        os.mkfifo(f"{folder}/fifo")
        os.mkdir(f"{folder}/dir")
        os.mkdir(f"{folder}/read-only", 0o555)
        pathlib.Path(folder, "empty").touch()
        for capture, out, part in (("fifo", "x", b"no regular file"), ("/dev/zero", "x", b"no regular file"), ("dir", "x", b"no regular file"),
                                   ("empty", "x", b"it is empty"), ("", "x", b"No such file"), (CAPTURE, "no/x", b"no/x: No such file"),
                                   (CAPTURE, "read-only/x", b"read-only/x: Permission denied"), (CAPTURE, "new/", b"no name of a file"),
                                   (CAPTURE, "", b"no name of a file"), (CAPTURE, "dir", b"exists"), (CAPTURE, "/dev/full", b"exists"),
                                   (CAPTURE, "fifo", b"exists")):
            expect_line(run_raw(host, [ANNOTATE, capture, out], folder), 1, part)
        if sorted(os.listdir(folder)) != ["dir", "empty", "fifo", "read-only"]:
            raise Failure(f"{os.listdir(folder)}")


def closed_standard_files(host):
    """The file is complete; that nobody can be told is an error."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        for number, (redirection, status) in enumerate((("<&-", 0), (">&-", 1), (">/dev/full", 1), ("| true", 1), ("<&- >&- 2>&-", 1))):
            script = f'set -o pipefail; "$0" "$1" out{number} {redirection}'
            code, _, err = run_raw(host, ["bash", "-c", script, ANNOTATE, CAPTURE], folder)
            whole = pathlib.Path(folder, f"out{number}").read_bytes() == annotated_whole(host)
            if code != status or b"Traceback" in err or err.count(b"\n") > 1 or not whole:
                raise Failure(f"{redirection}: ended with {code}, OUT is whole: {whole}\n{err.decode()}")


def no_file_is_replaced(host, way):
    """One that comes into being while the command works stays, however the new one would get its name."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        out = os.path.join(folder, "out")
        expect_line(run_raw(host, [*command_in(host, way), CAPTURE, out], folder), 0, b"findings 1")
        if pathlib.Path(out).read_bytes() != annotated_whole(host) or os.listdir(folder) != ["out"]:
            raise Failure(f"{os.listdir(folder)}, or another file")
        meanwhile = os.path.join(folder, "meanwhile")
        expect_line(run_raw(host, [*command_in(host, way, meanwhile), CAPTURE, meanwhile], folder), 1, b"exists; it is not overwritten")
        if pathlib.Path(meanwhile).read_text(encoding="utf-8") != "mine" or sorted(os.listdir(folder)) != ["meanwhile", "out"]:
            raise Failure(f"{os.listdir(folder)}, or the file of another was replaced")


def too_large(host, way):
    """A limit of the size of files, at each of the first blocks: nothing is left."""
    whole = len(annotated_whole(host))
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        for limit in (0, whole // 2, whole - 1):
            command = ["prlimit", f"--fsize={limit}", *command_in(host, way), CAPTURE, "out"]
            expect_line(run_raw(host, command, folder), 1, b"can't write out: File too large")
            if os.listdir(folder):
                raise Failure(f"{limit} bytes: {os.listdir(folder)}")


def full_disk(host):
    """A file system of a page, in a mount namespace. Wireshark ignores personal plugins for root, so be oneself again in it."""
    script = ('mount -t tmpfs -o size=4k none "$1" || exit 77; unshare --user "--map-user=$2" "--map-group=$3" '
              '"${@:4}"; echo "status $?"; ls -A "$1"')
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        code, out, err = run_raw(host, ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script, "-", folder,
                                        os.getuid(), os.getgid(), ANNOTATE, CAPTURE, f"{folder}/out"], folder)
    if b"status" not in out:
        raise Skip(f"no mount namespace: {err.decode().strip()} ({code})")
    if out != b"status 1\n" or b"out: No space left on device\n" not in err or b"Traceback" in err:
        raise Failure(f"{out.decode()}\n{err.decode()}")


MOMENTS = 4


def stopped(host, way, number):
    """At moments all over its life: OUT is whole or not there; what can be caught leaves nothing else, here and in $TMPDIR."""
    with tempfile.TemporaryDirectory(dir=host.folder) as scratch:
        seen, started = set(), time.monotonic()
        run_raw(host, [*command_in(host, way), CAPTURE, "out"], tempfile.mkdtemp(dir=scratch))
        lasts = time.monotonic() - started
        folder = tempfile.mkdtemp(dir=scratch)
        code, _, err = run_raw(host, [*command_in(host, way, str(int(number))), CAPTURE, "out"], folder)
        if code != -number or "out" in os.listdir(folder) or (number != signal.SIGKILL and (err or os.listdir(folder))):
            raise Failure(f"before it had a name: ended with {code}, {os.listdir(folder)}\n{err.decode()}")
        for moment in range(MOMENTS):
            folder, temporary = (tempfile.mkdtemp(dir=scratch) for _ in range(2))
            with subprocess.Popen([*command_in(host, way), str(CAPTURE), "out"], env={**host.environment(), "TMPDIR": temporary}, cwd=folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
                time.sleep(lasts * (0.2 + moment / MOMENTS))
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
            left = sorted(os.listdir(folder))
            whole = left[-1:] == ["out"] and pathlib.Path(folder, "out").read_bytes() == annotated_whole(host)
            hidden = [name for name in left if name != "out"]
            if ("out" in left and not whole) or ((hidden or os.listdir(temporary)) and number != signal.SIGKILL):
                raise Failure(f"after {moment}/{MOMENTS}: {left}, OUT is whole: {whole}, in $TMPDIR: {os.listdir(temporary)}")
            # At the first moment Python itself may still be starting.
            if process.returncode not in (0, -number) or (b"Traceback" in err and moment > 0):
                raise Failure(f"after {moment}/{MOMENTS} it ended with {process.returncode}\n{err.decode()}")
            seen.add(process.returncode)
        if -number not in seen:
            raise Failure(f"it was never stopped: {seen}")


def without_plugin(host, expectation):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        result = host.run([ANNOTATE, expectation.capture, os.path.join(folder, "out.pcapng")], plugin=False)
        if result.status == 0 or "netcase" not in result.err or "Traceback" in result.err or os.listdir(folder):
            raise Failure(f"ended with {result.status}\n{result.err}")


def main():
    take_signals()
    host = Host()
    chosen = chosen_captures()
    healthy = next(one for one in all_expectations() if one.healthy and one.capture)
    tests = [(f"annotate {one.name}", functools.partial(findings_become_comments, host, one)) for one in [*chosen, healthy]]
    tests += [("annotate thousands of findings", functools.partial(thousands_become_comments, host)),
              ("annotate keeps comments of others", functools.partial(comments_of_others_stay, host, chosen[0])),
              ("annotate refuses other records", functools.partial(other_records_are_refused, host, chosen[0])),
              ("annotate overwrites nothing", functools.partial(nothing_is_overwritten, host, chosen[0])),
              ("annotate a missing file", functools.partial(said_in_words, host, "no-such-file", ["no-such-file", "out.pcapng"])),
              ("annotate what is no capture", functools.partial(said_in_words, host, "tshark", [__file__, "out.pcapng"])),
              ("annotate without the plugin", functools.partial(without_plugin, host, chosen[0]))]
    tests += [(f"annotate {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in
              (every_name_is_taken, what_is_no_capture_is_named, closed_standard_files, full_disk)]
    tests += [(f"annotate {test.__name__.replace('_', ' ')}: {way}", functools.partial(test, host, way))
              for test in (no_file_is_replaced, too_large) for way in WAYS]
    tests += [(f"annotate stopped by {number.name}: {way}", functools.partial(stopped, host, way, number))
              for number, way in zip((signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL, signal.SIGKILL), (*WAYS, *WAYS))]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
