#!/usr/bin/env python3
"""What Wireshark itself shows is the same with and without the plugin, to the byte.

The whole dissection (PDML) of every capture, many of them joined, in one pass and in two. Only the protocol
item of netcase, with all that is in it, may be there in addition.

usage: pdml.py [CAPTURE...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import hashlib
import pathlib
import re
import sys

import collection
from expectation import all_captures
from netcase_tshark import Failure, Host, Skip, run_tests

# The first lines of PDML tell when it was written.
TIME = re.compile(rb' time="[^"]*"')
OPENING = b'  <proto name="netcase"'
CLOSING = b"  </proto>\n"


def without_netcase(lines):
    """The lines of PDML without netcase's own items."""
    inside = False
    for line in lines:
        if inside:
            inside = line != CLOSING
        elif line.startswith(OPENING):
            inside = not line.endswith(b"/>\n")
        else:
            yield TIME.sub(b"", line) if line.startswith(b"<pdml ") else line


def dissection(host, capture, options, plugin):
    """A hash for each packet, since the text of a large capture would not fit into memory."""
    process = host.open(["tshark", "-r", capture, "-T", "pdml", *options], plugin)
    packets, digest = [], hashlib.sha1()
    for line in without_netcase(process.stdout):
        digest.update(line)
        if line.startswith(b"</packet>"):
            packets.append(digest.digest())
            digest = hashlib.sha1()
    process.wait()
    return process.returncode, packets + [digest.digest()]


def first_difference(host, capture, options, number):
    """The first line that differs in a packet, from both runs."""
    texts = []
    for plugin in (True, False):
        process = host.open(["tshark", "-r", capture, "-T", "pdml", *options], plugin)
        text, seen = [], 0
        for line in without_netcase(process.stdout):
            if seen == number:
                text.append(line.decode(errors="replace").strip())
            seen += line.startswith(b"</packet>")
        process.wait()
        texts.append(text)
    longest = max(map(len, texts))
    with_plugin, alone = (text + [""] * (longest - len(text)) for text in texts)
    for one, other in zip(with_plugin, alone):
        if one != other:
            return f"with:    {one}\nwithout: {other}"
    return "the two can't be told apart any more: the output is not the same each time"


def same(host, capture, *options):
    status, with_plugin = dissection(host, capture, options, True)
    status_alone, alone = dissection(host, capture, options, False)
    if status != status_alone:
        raise Failure(f"tshark ends with {status}, without the plugin with {status_alone}")
    if with_plugin != alone:
        if len(with_plugin) != len(alone):
            raise Failure(f"{len(with_plugin) - 1} packets, without the plugin {len(alone) - 1}")
        number = next(i for i, (one, other) in enumerate(zip(with_plugin, alone)) if one != other)
        raise Failure(f"packet {number + 1} of {capture}:\n{first_difference(host, capture, options, number)}")


def skip(reason):
    raise Skip(reason)


def tests_of(kind, captures, host):
    for capture in captures:
        yield f"pdml {kind}{capture.name}: one pass", functools.partial(same, host, capture)
        yield f"pdml {kind}{capture.name}: two passes", functools.partial(same, host, capture, "-2")


def main():
    host = Host(lean=False)
    named = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    tests = list(tests_of("", named or collection.groups(host, list(all_captures()), "ours"), host))
    if not named:
        try:
            files = [collection.FOLDER / name for name in collection.names()]
            tests += tests_of("collection ", collection.groups(host, files), host)
        except Skip as reason:
            tests.append(("pdml collection", functools.partial(skip, str(reason))))
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
