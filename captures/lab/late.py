#!/usr/bin/python3
"""Sends the first segment of a connection once more, late, as a sender does that missed its acknowledgment.

    late.py INTERFACE PORT BYTES      the first data from this port, again after so many bytes more, with DSCP 1
"""
import socket
import struct
import sys


def marked(frame):
    header = bytearray(frame[14:34])
    header[1] = 1 << 2
    header[4] ^= 0x80  # a packet of its own, with another IP ID
    header[10:12] = b"\0\0"
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    header[10:12] = struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF)
    return frame[:14] + bytes(header) + frame[34:]


def main():
    interface, port, distance = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0003))
    tap.bind((interface, 0))
    first = None
    while True:
        frame, address = tap.recvfrom(65535)
        if address[2] != socket.PACKET_OUTGOING or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
            continue
        header = 14 + (frame[14] & 15) * 4
        source, _, sequence = struct.unpack("!HHI", frame[header:header + 8])
        end = 14 + struct.unpack("!H", frame[16:18])[0]
        if source != port or end <= header + (frame[header + 12] >> 4) * 4:
            continue
        if first is None:
            first, start = frame, sequence
        elif (sequence - start) % 2**32 >= distance:
            tap.send(marked(first))
            return


main()
