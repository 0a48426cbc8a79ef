#!/usr/bin/env python3
"""Makes sequences for fuzz_engine (sequence.h) of all captures in some folders.

usage: sequences.py FOLDER CAPTURES...

Long captures become several sequences, each of PACKETS_MAX packets; of large packets the beginning is taken. A capture that
can't be converted is an error.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

import capture_file

PACKETS_MAX = 120  # few enough to be fast, and enough for a failure to unfold
SEQUENCES_MAX = 3  # of one capture: its beginning, middle and end
CAPTURED_MAX = 300


def signed(number):
    return (number + 2**63) % 2**64 - 2**63


def entry(packet):
    """A packet as sequence.h wants it, b"" if it has no IP header."""
    offset = capture_file.ip_offset(packet)
    if offset is None:
        return b""
    data = packet.data[offset:offset + CAPTURED_MAX]
    cut = min(max(packet.length - offset - len(data), 0), 65535)
    return struct.pack("<qHH", signed(packet.time), len(data), cut) + data


def pieces(entries):
    """Beginning, middle and end of a long capture."""
    if len(entries) <= PACKETS_MAX:
        return [entries]
    step = (len(entries) - PACKETS_MAX) // (SEQUENCES_MAX - 1) or 1
    return [entries[start:start + PACKETS_MAX] for start in range(0, len(entries) - PACKETS_MAX + 1, step)][:SEQUENCES_MAX]


def main():
    out, unreadable, written = pathlib.Path(sys.argv[1]), [], 0
    out.mkdir(parents=True, exist_ok=True)
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
