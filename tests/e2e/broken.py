#!/usr/bin/env python3
"""Damaged captures: tshark ends as it does without the plugin, and says nothing that it does not say without.

The captures are cut, mangled, shortened and put out of order; the damage is the same in every run.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import re
import struct
import sys

from expectation import all_captures
from netcase_tshark import CAPTURES, Failure, Host, run_tests

# Lines of tshark that tell of a fault in a program, not in a capture. They begin with the time.
FAULT = re.compile(r"(Dissector bug|netcase|WARNING|CRITICAL|ERROR|assert|Segmentation|Aborted|free\(\)).*")
MODES = (["-2", "-V"], ["-Y", "netcase.expert"], ["-q", "-z", "expert"])


def faults(result):
    return sorted({found[0] for found in map(FAULT.search, result.err.splitlines()) if found})


def survives(host, capture, modes=MODES):
    """No mode ends or complains otherwise than it does without the plugin."""
    for mode in modes:
        # Memory that was freed or never written is filled, so that its use shows.
        command = ["tshark", "-r", capture, *mode]
        result = host.run(command, WIRESHARK_DEBUG_WMEM_OVERRIDE="strict", MALLOC_PERTURB_="165")
        if result.status in (0, 2) and not faults(result) and "protocol netcase" not in result.out:
            continue
        # Rare: look whether Wireshark does the same on its own.
        command = ["tcp.flags.reset==1" if word == "netcase.expert" else word for word in command]
        alone = host.run(command, plugin=False, WIRESHARK_DEBUG_WMEM_OVERRIDE="strict", MALLOC_PERTURB_="165")
        added = [line for line in faults(result) if line not in faults(alone)]
        if result.status != alone.status or added or "protocol netcase" in result.out:
            raise Failure("\n".join([f"{' '.join(result.command)}\nended with {result.status}, without the plugin with {alone.status}",
                                     *added]))


def made_by_editcap(*options):
    def make(host, capture, damaged):
        host.run(["editcap", *options, capture, damaged]).check()
    return make


def cut_in_a_packet(host, capture, damaged):
    del host
    data = capture.read_bytes()
    damaged.write_bytes(data[:len(data) - 31])


def cut_in_the_middle(host, capture, damaged):
    del host
    data = capture.read_bytes()
    damaged.write_bytes(data[:len(data) // 2 + 7])


def backwards(host, capture, damaged):
    """The packets from the last to the first, each with its own time."""
    plain = damaged.with_suffix(".plain")
    host.run(["editcap", "-F", "pcap", capture, plain]).check()
    data = plain.read_bytes()
    packets, at = [], 24
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at:at + size])
        at += size
    damaged.write_bytes(data[:24] + b"".join(reversed(packets)))


def every_packet_twice(host, capture, damaged):
    host.run(["mergecap", "-w", damaged, capture, capture]).check()


DAMAGES = {
    "cut in the last packet": cut_in_a_packet,
    "cut in the middle": cut_in_the_middle,
    "backwards in time": backwards,
    "2 % of the bytes changed": made_by_editcap("-E", "0.02", "--seed", "1"),
    "2 % changed after the Ethernet header": made_by_editcap("-E", "0.02", "-o", "14", "--seed", "2"),
    "cut to 60 bytes a packet": made_by_editcap("-s", "60"),
    "cut to 96 bytes a packet": made_by_editcap("-s", "96"),
    "20 bytes missing at the end of each packet": made_by_editcap("-C", "-20"),
    "every packet twice": every_packet_twice,
}


def damage_and_read(host, make, capture, mode, number):
    damaged = host.folder / f"damaged-{number}.pcapng"
    try:
        make(host, capture, damaged)
        survives(host, damaged, [mode])
    finally:
        damaged.unlink(missing_ok=True)


def empty(host, size):
    """A file without packets, or without anything."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    capture = host.folder / f"empty-{size}.pcap"
    capture.write_bytes(header[:size])
    survives(host, capture)


def main():
    host = Host()
    tests = [("broken an empty capture", functools.partial(empty, host, 24)),
             ("broken a file of 0 bytes", functools.partial(empty, host, 0)),
             ("broken a file of half a header", functools.partial(empty, host, 12))]
    # A damage and a mode for each second capture, in turn: over all of them every damage meets every mode.
    damages = list(DAMAGES.items())
    for number, capture in enumerate(all_captures()[::2]):
        name, make = damages[number % len(damages)]
        mode = MODES[number // len(damages) % len(MODES)]
        tests.append((f"broken {capture.relative_to(CAPTURES)}: {name}", functools.partial(damage_and_read, host, make, capture, mode, number)))
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
