#!/usr/bin/env python3
"""netcase-annotate writes the findings as packet comments, and changes nothing else.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import os
import pathlib
import struct
import sys
import tempfile

from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import Failure, Host, expect_same, run_tests

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


def without_plugin(host, expectation):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        result = host.run([ANNOTATE, expectation.capture, os.path.join(folder, "out.pcapng")], plugin=False)
        if result.status == 0 or "netcase" not in result.err or "Traceback" in result.err or os.listdir(folder):
            raise Failure(f"ended with {result.status}\n{result.err}")


def main():
    host = Host()
    chosen = chosen_captures()
    healthy = next(one for one in all_expectations() if one.healthy and one.capture)
    tests = [(f"annotate {one.name}", functools.partial(findings_become_comments, host, one)) for one in [*chosen, healthy]]
    tests += [("annotate keeps comments of others", functools.partial(comments_of_others_stay, host, chosen[0])),
              ("annotate refuses other records", functools.partial(other_records_are_refused, host, chosen[0])),
              ("annotate overwrites nothing", functools.partial(nothing_is_overwritten, host, chosen[0])),
              ("annotate a missing file", functools.partial(said_in_words, host, "no-such-file", ["no-such-file", "out.pcapng"])),
              ("annotate what is no capture", functools.partial(said_in_words, host, "tshark", [__file__, "out.pcapng"])),
              ("annotate without the plugin", functools.partial(without_plugin, host, chosen[0]))]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
