#!/usr/bin/env python3
"""Write a capture for measurements: some hundred flows at a time of HTTP, TLS and DNS, or of short connections, each
after a DNS query for its server.

A fifth of the packets travels in VXLAN, some in IPIP and GRE, some is IPv6. The same parameters
give the same bytes, and a capture of fewer packets is the beginning of a longer one.

usage: generate.py PACKETS FILE [SEED [browsing|short]]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import heapq
import itertools
import random
import struct
import sys

CONCURRENT_FLOWS = 400
START = 1_700_000_000.0
SEGMENT = 1448
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, UDP, IPIP, IPV6, GRE = 6, 17, 4, 41, 47
ETHERTYPE = {4: 0x0800, 6: 0x86DD}
# Share of flows for each way to travel; VXLAN gets a fifth.
PATHS = ["vxlan"] * 20 + ["ipip"] * 3 + ["gre"] * 3 + ["ipv6"] * 9 + ["plain"] * 65
SERVICES = 40, 15  # addresses of clients and servers of short connections, which come again and again
# Share of flows for each kind.
MIXES = {"browsing": ["http"] * 35 + ["tls"] * 40 + ["dns"] * 25, "short": ["query"] * 70 + ["short_tls"] * 20 + ["health_check"] * 10}


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ip(version, source, destination, protocol, payload, number):
    if version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + source + destination + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0x4000, 64, protocol, 0) + source + destination
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def udp(source, destination, payload):
    # Not the right checksum: Wireshark does not look at it unless asked to, but IPv6 forbids 0.
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0xFFFF) + payload


def ethernet(version, packet):
    return bytes.fromhex("020000000001020000000002") + struct.pack("!H", ETHERTYPE[version]) + packet


class Flow:
    """Addresses of a conversation and the way its packets travel."""

    def __init__(self, rng, numbers, port, protocol, clients=250, servers=60):
        self.rng, self.numbers, self.protocol = rng, numbers, protocol
        self.path = rng.choice(PATHS)
        self.version = 6 if self.path == "ipv6" else 4
        client, server = rng.randrange(1, clients), rng.randrange(1, servers)
        if self.version == 6:
            prefix = bytes.fromhex("20010db8") + bytes(10)
            self.addresses = prefix + struct.pack("!H", client), prefix + struct.pack("!H", 0x1000 + server)
        else:
            self.addresses = bytes([10, 0, 0, client]), bytes([10, 1, 0, server])
        self.ports = rng.randrange(32768, 61000), port
        self.tunnel = rng.randrange(1, 20)
        self.sequence = [rng.randrange(2**32), rng.randrange(2**32)]
        self.round_trip = rng.uniform(0.0005, 0.04)
        self.epoch = rng.randrange(2**31)

    def frame(self, side, payload):
        """A frame from side 0 (client) or 1 with this TCP or UDP packet in it."""
        source, destination = self.addresses[side], self.addresses[1 - side]
        packet = ip(self.version, source, destination, self.protocol, payload, next(self.numbers))
        outer = bytes([172, 16, 0, self.tunnel]), bytes([172, 16, 1, self.tunnel])
        if self.path == "vxlan":
            vni = struct.pack("!II", 0x08000000, (5000 + self.tunnel) << 8)
            packet = udp(49152 + self.tunnel, 4789, vni + ethernet(4, packet))
        elif self.path == "gre":
            packet = struct.pack("!HHI", 0x2000, 0x0800, self.tunnel) + packet
        protocol = {"vxlan": UDP, "gre": GRE, "ipip": IPIP}.get(self.path)
        if protocol is None:
            return ethernet(self.version, packet)
        return ethernet(4, ip(4, outer[side], outer[1 - side], protocol, packet, next(self.numbers)))

    def tcp(self, side, flags, payload=b""):
        clock = struct.pack("!BBII", 8, 10, (self.epoch + next(self.numbers)) & 0xFFFFFFFF, self.epoch if flags & ACK else 0)
        options = b"\x02\x04\x05\xb4\x04\x02" + clock + b"\x01\x03\x03\x07" if flags & SYN else b"\x01\x01" + clock
        acknowledgment = self.sequence[1 - side] if flags & ACK else 0
        header = struct.pack("!HHIIBBHHH", self.ports[side], self.ports[1 - side], self.sequence[side], acknowledgment,
                             (20 + len(options)) // 4 << 4, flags, 64240 if flags & SYN else 501, 0, 0)
        self.sequence[side] = (self.sequence[side] + len(payload) + bool(flags & (SYN | FIN))) & 0xFFFFFFFF
        return self.frame(side, header + options + payload)

    def send(self, side, data, wait=0.0):
        """Segments of a message after a wait, and the acknowledgments of every second one."""
        parts = [data[start:start + SEGMENT] for start in range(0, len(data), SEGMENT)]
        delay = wait + self.round_trip / 2
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            before = self.sequence[side]
            yield delay, self.tcp(side, ACK | (PSH if last else 0), part)
            delay = 0.00002
            if self.rng.random() < 0.003:
                self.sequence[side] = before
                yield 0.2, self.tcp(side, ACK | PSH, part)
            if number % 2 or last:
                yield 0.00004, self.tcp(1 - side, ACK)

    def connect(self):
        yield 0, self.tcp(0, SYN)
        yield self.round_trip / 2, self.tcp(1, SYN | ACK)
        yield self.round_trip / 2, self.tcp(0, ACK)

    def close(self, side):
        yield 0.001, self.tcp(side, FIN | ACK)
        yield self.round_trip / 2, self.tcp(1 - side, FIN | ACK)
        yield self.round_trip / 2, self.tcp(side, ACK)


def http(rng, numbers):
    flow = Flow(rng, numbers, rng.choice([80, 80, 8080]), TCP)
    yield from flow.connect()
    for request in range(rng.randrange(1, 6)):
        yield from flow.send(0, f"GET /articles/{rng.randrange(1000)}?page={request} HTTP/1.1\r\nHost: www.example.com\r\n"
                             "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,*/*\r\n"
                             f"Cookie: session={rng.randrange(2**64):016x}\r\nConnection: keep-alive\r\n\r\n".encode(), rng.uniform(0, 2) if request else 0)
        body = b"<p>All work and no play.</p>\n" * rng.choice([4, 40, 150, 400, 1000])
        yield from flow.send(1, f"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n"
                             f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n".encode() + body)
    yield from flow.close(rng.randrange(2))


def record(kind, body):
    return struct.pack("!BHH", kind, 0x0303, len(body)) + body


def hello(kind, version, rng, name=b""):
    extensions = b""
    if name:
        extensions += struct.pack("!HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    if version == 0x0304:
        extensions += struct.pack("!HHBH", 43, 3, 2, version) if kind == 1 else struct.pack("!HHH", 43, 2, version)
    suites = struct.pack("!HHHBB", 4, 0x1301, 0xC02F, 1, 0) if kind == 1 else struct.pack("!HB", 0x1301 if version == 0x0304 else 0xC02F, 0)
    body = struct.pack("!H", 0x0303) + rng.randbytes(32) + b"\x20" + rng.randbytes(32) + suites
    body += struct.pack("!H", len(extensions)) + extensions
    return record(22, struct.pack("!I", kind << 24 | len(body)) + body)


def tls(rng, numbers):
    flow = Flow(rng, numbers, rng.choice([443, 443, 8443]), TCP)
    version = rng.choice([0x0303, 0x0304])
    change, finished = record(20, b"\x01"), record(22 if version == 0x0303 else 23, rng.randbytes(40))
    yield from flow.connect()
    yield from flow.send(0, hello(1, version, rng, b"shop%d.example.com" % rng.randrange(200)))
    certificate = record(23, rng.randbytes(2800)) if version == 0x0304 else b""
    yield from flow.send(1, hello(2, version, rng) + change + certificate + finished)
    yield from flow.send(0, change + finished)
    for _ in range(rng.randrange(1, 6)):
        yield from flow.send(0, record(23, rng.randbytes(rng.randrange(200, 900))), rng.uniform(0, 2))
        answer = rng.choice([300, 2000, 9000, 16000, 40000])
        parts = [min(16384, answer - start) for start in range(0, answer, 16384)]
        yield from flow.send(1, b"".join(record(23, rng.randbytes(part)) for part in parts))
    side = rng.randrange(2)
    yield 0.001, flow.tcp(side, ACK | PSH, record(21 if version == 0x0303 else 23, rng.randbytes(26 if version == 0x0303 else 19)))
    yield from flow.close(side)


def name_of(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns(rng, numbers):
    flow = Flow(rng, numbers, 53, UDP)
    identity, host = rng.randrange(65536), rng.randrange(500)
    question = name_of(f"www{host}.example.com") + struct.pack("!HH", 1, 1)
    yield 0, flow.frame(0, udp(*flow.ports, struct.pack("!6H", identity, 0x0100, 1, 0, 0, 0) + question))
    target = name_of(f"edge{host % 50}.example.net")
    answers = struct.pack("!HHHIH", 0xC00C, 5, 1, 300, len(target)) + target
    # The name of the second answer is the target of the first: after header, question and 12 more bytes.
    answers += struct.pack("!HHHIH", 0xC000 | 12 + len(question) + 12, 1, 1, 60, 4) + bytes([10, 1, 0, host % 60])
    message = struct.pack("!6H", identity, 0x8180, 1, 2, 0, 0) + question + answers
    yield flow.round_trip, flow.frame(1, udp(flow.ports[1], flow.ports[0], message))


def query(rng, numbers):
    """A DNS query and one small request over HTTP: a service calls another one."""
    yield from dns(rng, numbers)
    flow = Flow(rng, numbers, rng.choice([80, 8080, 9000]), TCP, *SERVICES)
    yield from flow.connect()
    yield from flow.send(0, f"GET /status/{rng.randrange(1000)} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n".encode())
    yield from flow.send(1, b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\nConnection: close\r\n\r\n" + b"x" * 300)
    yield from flow.close(1)


def short_tls(rng, numbers):
    yield from dns(rng, numbers)
    flow = Flow(rng, numbers, 443, TCP, *SERVICES)
    change, finished = record(20, b"\x01"), record(23, rng.randbytes(40))
    yield from flow.connect()
    yield from flow.send(0, hello(1, 0x0304, rng, b"api%d.example.com" % rng.randrange(200)))
    yield from flow.send(1, hello(2, 0x0304, rng) + change + record(23, rng.randbytes(1800)) + finished)
    yield from flow.send(0, change + finished + record(23, rng.randbytes(300)))
    yield from flow.send(1, record(23, rng.randbytes(500)))
    yield 0.001, flow.tcp(0, ACK | PSH, record(23, rng.randbytes(19)))
    yield from flow.close(0)


def health_check(rng, numbers):
    flow = Flow(rng, numbers, 8080, TCP, *SERVICES)
    yield from flow.connect()
    yield from flow.close(0)


def packets(seed, mix):
    """(time, frame) without end."""
    rng, numbers, order = random.Random(seed), itertools.count(1), itertools.count()
    kinds = {"http": http, "tls": tls, "dns": dns, "query": query, "short_tls": short_tls, "health_check": health_check}
    waiting = []

    def start(now):
        # Each flow has its own stream of random numbers, so that one does not depend on the others.
        flow = kinds[rng.choice(MIXES[mix])](random.Random(rng.randrange(2**32)), numbers)
        heapq.heappush(waiting, (now + rng.uniform(0, 2), next(order), None, flow))

    for _ in range(CONCURRENT_FLOWS):
        start(0.0)
    while True:
        now, _, frame, flow = heapq.heappop(waiting)
        if frame:
            yield now, frame
        delay, frame = next(flow, (None, None))
        if frame:
            heapq.heappush(waiting, (now + delay, next(order), frame, flow))
        else:
            start(now)


def write(count, path, seed=1, mix="browsing"):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for now, frame in itertools.islice(packets(seed, mix), count):
            second, fraction = divmod(START + now, 1)
            file.write(struct.pack("<IIII", int(second), int(fraction * 1e6), len(frame), len(frame)) + frame)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4, 5):
        sys.exit(__doc__.strip())
    write(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:4]), *sys.argv[4:])
