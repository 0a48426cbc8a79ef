"""Captures byte by byte, for what no capture tool would write: any time, any address.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import socket
import struct

SYN, RST, ACK = 2, 4, 16
TCP, UDP, IPIP = 6, 17, 4
IPV4, IPV6, VLAN = 0x0800, 0x86DD, 0x8100
VXLAN_PORT = 4789


def write(path, frames, interfaces=1, snap=lambda number: 262144):
    """A pcapng file of Ethernet frames: (nanoseconds since 1970, of which 64 bits are kept; bytes). The interfaces take them in turn; of the
    frame with a number, counted from 0, so many bytes are kept.
    """
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        resolution = struct.pack("<HHBxxxHH", 9, 1, 9, 0, 0)  # if_tsresol: 10^-9
        for _ in range(interfaces):
            file.write(block(1, struct.pack("<HHI", 1, 0, 262144) + resolution))
        for number, (time, frame) in enumerate(frames):
            time %= 1 << 64
            kept = frame[:snap(number)]
            file.write(block(6, struct.pack("<IIIII", number % interfaces, time >> 32, time & 0xFFFFFFFF, len(kept), len(frame)) + kept))
    return path


def ethernet(packet, kind=IPV4, vlans=()):
    tags = b"".join(struct.pack("!HH", VLAN, number) for number in vlans)
    return bytes.fromhex("020000000002020000000001") + tags + struct.pack("!H", kind) + packet


def ipv4(source, destination, protocol, payload, number=1, ttl=64):
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0x4000, ttl, protocol, 0)
    return header + socket.inet_aton(source) + socket.inet_aton(destination) + payload


def ipv6(source, destination, protocol, payload):
    """The addresses as 16 bytes."""
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + source + destination + payload


def tcp(source, destination, sequence, acknowledgment, flags, payload=b""):
    return struct.pack("!HHIIBBHHH", source, destination, sequence, acknowledgment, 0x50, flags, 64240, 0, 0) + payload


def udp(source, destination, payload):
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def vxlan(number, frame):
    return udp(50000, VXLAN_PORT, struct.pack("!BxxxI", 8, number << 8) + frame)


def dns_query(number, name):
    labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b"."))
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)
