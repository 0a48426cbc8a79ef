#!/usr/bin/python3
"""A slow or lossy path for kernels without netem: packets that the router routes into the TUN device of this program come
back out of it later, or not at all.

    wire.py DEVICE DELAY [LOSE_EACH]      delay in seconds; of the packets with payload, every LOSE_EACH-th is lost
"""
import fcntl
import heapq
import os
import select
import struct
import sys
import time

IFF_TUN, IFF_NO_PI, TUNSETIFF = 0x0001, 0x1000, 0x400454ca


def main():
    device, delay = sys.argv[1], float(sys.argv[2])
    lose_each = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    waiting, count, large = [], 0, 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([tun], [], [], timeout)[0]:
            packet = os.read(tun, 65536)
            count += 1
            large += len(packet) > 600
            if not (lose_each and len(packet) > 600 and large % lose_each == 0):
                heapq.heappush(waiting, (time.monotonic() + delay, count, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(tun, heapq.heappop(waiting)[2])


main()
