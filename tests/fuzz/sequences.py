#!/usr/bin/env python3
"""Makes sequences for fuzz_engine (sequence.h) of all captures in some folders.

usage: sequences.py [--whole] FOLDER CAPTURES...

Long captures become several sequences, each of PACKETS_MAX packets; of large packets the beginning is taken. A capture that
can't be converted is an error.

With --whole each capture becomes one sequence, with an empty packet in place of what is not IP, and its expectation is copied next
to it, for laws_of_captures. Those that need settings are left out.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

import capture_file

PACKETS_MAX = 120  # few enough to be fast, and enough for a failure to unfold
SEQUENCES_MAX = 3  # of one capture: its beginning, middle and end
CAPTURED_MAX = 300
EMPTY = struct.pack("<qHH", 0, 0, 0)


def signed(number):
    return (number + 2**63) % 2**64 - 2**63


def entry(packet, captured_max=CAPTURED_MAX, otherwise=b""):
    """A packet as sequence.h wants it, `otherwise` if it has no IP header."""
    offset = capture_file.ip_offset(packet)
    if offset is None:
        return otherwise
    data = packet.data[offset:offset + captured_max]
    cut = min(max(packet.length - offset - len(data), 0), 65535)
    return struct.pack("<qHH", signed(packet.time), len(data), cut) + data


def is_arp(item):
    return item[len(EMPTY)] >> 4 == 0


def pieces(entries):
    """Beginning, middle and end of a long capture, of IP alone."""
    if len(entries) <= PACKETS_MAX:
        return [entries]
    entries = [item for item in entries if not is_arp(item)]
    step = (len(entries) - PACKETS_MAX) // (SEQUENCES_MAX - 1) or 1
    return [entries[start:start + PACKETS_MAX] for start in range(0, len(entries) - PACKETS_MAX + 1, step)][:SEQUENCES_MAX]


def write_whole(out, folders):
    for folder in map(pathlib.Path, folders):
        for expectation in sorted(folder.rglob("*.expect")):
            text = expectation.read_text(encoding="utf-8")
            capture = next(path for path in expectation.parent.glob(f"{expectation.stem}.*") if path != expectation)
            if "# options:" in text:
                continue
            name = "-".join(expectation.relative_to(folder).with_suffix("").parts)
            entries = [entry(packet, 65535, EMPTY) for packet in capture_file.read(capture)]
            (out / f"{name}.sequence").write_bytes(b"\0" + b"".join(entries))
            (out / f"{name}.expect").write_text(text, encoding="utf-8")


def main():
    whole = sys.argv[1] == "--whole"
    out, unreadable, written = pathlib.Path(sys.argv[2 if whole else 1]), [], 0
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.iterdir():  # of captures that have gone or have another name
        stale.unlink()
    if whole:
        write_whole(out, sys.argv[3:])
        return 0
    for folder in map(pathlib.Path, sys.argv[2:]):
        for capture in sorted(path for path in folder.rglob("*") if path.suffix in (".pcap", ".pcapng", ".cap")):
            try:
                entries = list(filter(None, map(entry, capture_file.read(capture))))
            except (ValueError, LookupError, struct.error) as problem:
                unreadable.append(f"{capture}: {problem}")
                continue
            for number, piece in enumerate(pieces(entries)):
                name = "-".join([*capture.relative_to(folder).with_suffix("").parts, str(number)])
                (out / name).write_bytes(b"\0" + b"".join(piece))
                written += 1
    print(f"{written} sequences", *unreadable, sep="\n")
    return 1 if unreadable or not written else 0


if __name__ == "__main__":
    sys.exit(main())
