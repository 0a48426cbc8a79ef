#!/usr/bin/python3
"""A tunnel end for kernels without ipip, gre and sit: what is routed into the TUN device leaves encapsulated through a raw
socket, and what arrives from the peer comes out of the device.

    tunnel.py DEVICE KIND LOCAL PEER [KEY]      KIND: ipip, 6in4, gre, gre-key
"""
import fcntl
import os
import select
import socket
import struct
import sys

IFF_TUN, IFF_NO_PI, TUNSETIFF = 0x0001, 0x1000, 0x400454ca
PROTOCOLS = {"ipip": 4, "6in4": 41, "gre": 47, "gre-key": 47}


def main():
    device, kind, local, peer = sys.argv[1:5]
    key = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOLS[kind])
    raw.bind((local, 0))
    while True:
        for ready in select.select([tun, raw], [], [])[0]:
            if ready is tun:
                packet = os.read(tun, 65536)
                ethertype = 0x0800 if packet[0] >> 4 == 4 else 0x86dd
                header = {"gre": struct.pack("!HH", 0, ethertype),
                          "gre-key": struct.pack("!HHI", 0x2000, ethertype, key)}.get(kind, b"")
                raw.sendto(header + packet, (peer, 0))
            else:
                packet = raw.recv(65536)
                skip = (packet[0] & 15) * 4 + {"gre": 4, "gre-key": 8}.get(kind, 0)
                if packet[12:16] == socket.inet_aton(peer):
                    os.write(tun, packet[skip:])


main()
