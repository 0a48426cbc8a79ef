#!/usr/bin/env python3
"""Merge the captures of this project into one for measurements: some of them at a time, as on a busy link.

Every capture is in it, of a long one the beginning; those without faults are repeated, because a link has more of those. Each
is shifted in time, and its hosts get other addresses. The same parameters give the same packets, and a merge of fewer packets
is the beginning of a longer one.

usage: merge.py PACKETS FILE [SEED]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses
import heapq
import ipaddress
import itertools
import pathlib
import random
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests/fuzz"))
import capture_file  # noqa: E402

WITHOUT_FAULTS, REPEATED = ("healthy", "mixed"), 10
AT_A_TIME = 25
LONGEST = 100  # packets of a capture of faults: the floods would be half of all
START = 1_700_000_000 * 10**9
TUNNELS, VXLAN_AND_GENEVE = {4, 41, 47}, {4789, 6081}


def is_tunnelled(packet):
    """What tunnels carry is left as it is, so such a capture can be there only once."""
    at = capture_file.ip_offset(packet)
    if at is None or packet.data[at] >> 4 != 4 or len(packet.data) < at + 24:
        return False
    return packet.data[at + 9] in TUNNELS or (packet.data[at + 9] == 17 and int.from_bytes(packet.data[at + 22:at + 24]) in VXLAN_AND_GENEVE)


def renumbered_address(data, number):
    """Another host of the same kind: private stays private. Addresses that are not of one host stay."""
    address = ipaddress.ip_address(bytes(data))
    if address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified or address.is_reserved:
        return data
    changed, at = bytearray(data), 2 if len(data) == 4 else 6
    changed[at] ^= number & 0xFF
    changed[at + 1] ^= number >> 8
    return bytes(changed)


def renumbered(packet, number):
    at = capture_file.ip_offset(packet)
    if at is not None and packet.data[at:at + 2] == b"\0\1" and len(packet.data) >= at + 28:  # ARP
        sender, target = (renumbered_address(packet.data[start:start + 4], number) for start in (at + 14, at + 24))
        return packet.data[:at + 14] + sender + packet.data[at + 18:at + 24] + target + packet.data[at + 28:]
    if at is None or len(packet.data) < at + 40:
        return packet.data
    size, first = (4, at + 12) if packet.data[at] >> 4 == 4 else (16, at + 8)
    source, destination = (renumbered_address(packet.data[start:start + size], number) for start in (first, first + size))
    return packet.data[:first] + source + destination + packet.data[first + 2 * size:]


def all_captures(rng):
    """Lists of packets, in a random order that begins anew when all were there."""
    once, often = [], []
    for path in sorted((TREE / "captures").rglob("*.pcapng")):
        packets = sorted(capture_file.read(path), key=lambda packet: packet.time)
        if path.parent.name in WITHOUT_FAULTS and not any(map(is_tunnelled, packets)):
            often.append(packets)
        else:
            once.append(packets[:LONGEST])
    while True:
        order = once + REPEATED * often
        rng.shuffle(order)
        yield from order


def packets(seed):
    """Packets without end."""
    rng, numbers, order = random.Random(seed), itertools.count(1), itertools.count()
    captures, waiting = all_captures(rng), []

    def start(now):
        number, capture = next(numbers) & 0x3FF, iter(next(captures))
        first = next(capture)
        shown = itertools.chain([first], capture)
        heapq.heappush(waiting, (now + rng.randrange(10**9), next(order), first.time, number, None, shown))

    for _ in range(AT_A_TIME):
        start(START)
    while True:
        now, _, before, number, packet, capture = heapq.heappop(waiting)
        if packet is not None:
            yield dataclasses.replace(packet, time=now, data=renumbered(packet, number))
        packet = next(capture, None)
        if packet is not None:
            heapq.heappush(waiting, (now + packet.time - before, next(order), packet.time, number, packet, capture))
        else:
            start(now)


def write(count, path, seed=1):
    pathlib.Path(path).write_bytes(capture_file.pcapng(list(itertools.islice(packets(seed), count))))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__.strip())
    write(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
