"""A capture with thousands of findings, made when a test needs it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
from generate import ACK, RST, START, SYN, TCP, UDP, ethernet, ip, udp  # noqa: E402

SERVERS = 1500    # that refuse one client each
CLIENTS = 150     # that one more server refuses
RESOLVERS = 250   # that leave one client each without an answer: all of it is noticed in one frame
REFUSED, UNANSWERED = "connect.refused", "dns.unanswered"
COUNTS = {REFUSED: SERVERS + CLIENTS, UNANSWERED: RESOLVERS}


def address(net, number):
    return struct.pack("!BBH", 10, net, number)


def tcp(source, destination, ports, sequence, acknowledgment, flags):
    header = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledgment, 5 << 4, flags, 64240, 0, 0)
    return ethernet(4, ip(4, source, destination, TCP, header, sequence))


def refused(client, server):
    yield 0.001, tcp(client, server, (40000, 80), 1000, 0, SYN)
    yield 0.001, tcp(server, client, (80, 40000), 0, 1001, RST | ACK)


def query(number, name):
    label = name.encode("ascii")
    return struct.pack("!HHHHHHB", number, 0x0100, 1, 0, 0, 0, len(label)) + label + b"\x07example\0" + struct.pack("!HH", 1, 1)


def answer(question, number):
    flags = struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
    return question[:2] + flags + question[12:] + struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + address(6, number)


def asked(client, resolver, number, answered):
    """A query, and its answer if there is one."""
    question, ports = query(number, f"name-{number}"), (30000 + number, 53)
    yield 0.001, ethernet(4, ip(4, client, resolver, UDP, udp(*ports, question), number))
    if answered:
        yield 0.001, ethernet(4, ip(4, resolver, client, UDP, udp(*reversed(ports), answer(question, number)), number))


def frames():
    """(seconds since the one before, frame)"""
    for number in range(1, SERVERS + 1):
        yield from refused(address(1, number), address(2, number))
    for number in range(1, CLIENTS + 1):
        yield from refused(address(3, number), address(2, 0))
    for number in range(1, RESOLVERS + 1):
        yield from asked(address(4, number), address(5, 0), number, True)
    for number in range(1, RESOLVERS + 1):
        yield from asked(address(4, number), address(5, number), RESOLVERS + number, False)
    yield 20, next(asked(address(4, 0), address(5, 0), 2 * RESOLVERS + 1, False))[1]


def write(path):
    time = START
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for wait, frame in frames():
            time += wait
            file.write(struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(frame), len(frame)) + frame)
