#!/usr/bin/python3
"""A slow, narrow or lossy path for kernels without netem: packets that the router routes into the TUN device of this
program come back out of it later, or not at all.

    wire.py DEVICE DELAY [LOSE_EACH] [options]     delay in seconds; of the large packets, every LOSE_EACH-th is lost

Options: --rate BITS (of IP packets in a second) with --queue BYTES before it, what does not fit is dropped;
--reorder EACH,SECONDS (every EACH-th large packet takes so much longer); --pause EVERY,SECONDS (all EVERY seconds nothing
leaves for so long: packets wait, in order).
"""
import argparse
import fcntl
import heapq
import os
import select
import struct
import time

IFF_TUN, IFF_NO_PI, TUNSETIFF = 0x0001, 0x1000, 0x400454ca
LARGE = 600


def pair(text):
    first, second = text.split(",")
    return float(first), float(second)


class Path:
    """When a packet comes out again."""

    def __init__(self, options):
        self.options, self.large, self.free_at, self.began = options, 0, 0.0, time.monotonic()

    def way_out(self, size, now):
        """The time, or None if the packet is lost."""
        options, extra = self.options, 0
        if size > LARGE:
            self.large += 1
            if options.lose_each and self.large % options.lose_each == 0:
                return None
            if options.reorder and self.large % int(options.reorder[0]) == 0:
                extra = options.reorder[1]
        if options.rate:
            start = max(now, self.free_at)
            if (start - now) * options.rate / 8 + size > options.queue:
                return None
            self.free_at = start + size * 8 / options.rate
            return self.free_at + options.delay
        if options.pause:
            every, length = options.pause
            since = (now - self.began) % every
            if since > every - length:
                now += every - since
        return now + options.delay + extra


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("device")
    parser.add_argument("delay", type=float)
    parser.add_argument("lose_each", type=int, nargs="?", default=0)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--queue", type=int, default=30000)
    parser.add_argument("--reorder", type=pair)
    parser.add_argument("--pause", type=pair)
    options = parser.parse_args()
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", options.device.encode(), IFF_TUN | IFF_NO_PI))
    path, waiting, count = Path(options), [], 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([tun], [], [], timeout)[0]:
            packet = os.read(tun, 65536)
            count += 1
            out_at = path.way_out(len(packet), time.monotonic())
            if out_at is not None:
                heapq.heappush(waiting, (out_at, count, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(tun, heapq.heappop(waiting)[2])


main()
