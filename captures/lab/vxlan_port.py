#!/usr/bin/python3
"""Moves a capture's VXLAN from port 4789 to another one, such as Linux's old 8472.

Wireshark 4.0 does not open VXLAN there, so netcase has to read it by itself.

usage: vxlan_port.py IN OUT PORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import sys

from scapy.utils import RawPcapNgReader, PcapNgWriter
from scapy.layers.l2 import Ether

ETHERNET, IPV4, UDP_PORT, UDP_CHECKSUM = 14, 20, 2, 6


def main(source, target, port):
    writer = PcapNgWriter(target)
    for data, meta in RawPcapNgReader(source):
        data = bytearray(data)
        udp = ETHERNET + IPV4
        struct.pack_into("!H", data, udp + UDP_PORT, port)
        struct.pack_into("!H", data, udp + UDP_CHECKSUM, 0)
        packet = Ether(bytes(data))
        packet.time = ((meta.tshigh << 32) + meta.tslow) / meta.tsresol
        writer.write(packet)
    writer.close()


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
