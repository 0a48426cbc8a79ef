#!/usr/bin/python3
"""Turns a real capture into what a mirror or another kind of link would have delivered.

    mirror.py IN OUT --as KIND [options]

KIND, with its outer headers written as the specifications say:
    vxlan, geneve (with the three options of a gateway load balancer when --ip-inside), gretap, gretap-key,
    erspan1, erspan2, erspan3                          Ethernet in IPv4, from the mirrored interface to the collector
    ipip, gre, gre-key                                 IP in IPv4
    vlan, qinq                                         tags put into the frame; --id for one direction, --id2 the other
    raw, null, sll2                                    another link type
    wifi                                               802.11 data frames of a monitor; with --retry N every Nth is
                                                       captured twice, the second time as the radio's own repetition

Options: --at ADDRESS (the mirrored interface: outer source, and what tells ingress from egress), --to ADDRESS (collector),
--id N (VNI, key or session), --only ingress|egress, --cut N (bytes of the inner packet that are copied), --lose N,N (inner
packets, counted from 1, whose copy is lost), --again N (every packet once more with id N; the same N as --id: twice in one
session), --fragment N (inner IPv4 packets longer than N arrive as fragments), --vteps ADDRESS,ADDRESS (the two directions
travel between these two, as in an overlay).

Packets other than IP are left out; one output packet for each input packet otherwise, so frame numbers stay in order.
"""
import argparse
import ipaddress
import struct
import subprocess
import tempfile
import zlib

LINKTYPES = {"raw": 101, "null": 0, "sll2": 276, "wifi": 105}


def read_pcap(path):
    """(seconds, microseconds, frame) of a capture with Ethernet frames, in any container."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as tmp:
        subprocess.run(["editcap", "-F", "pcap", path, tmp.name], check=True)
        data = tmp.read()
    assert struct.unpack_from("<I", data, 20)[0] == 1, "Ethernet expected"
    offset = 24
    while offset < len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, offset)
        yield seconds, micros, data[offset + 16:offset + 16 + length]
        offset += 16 + length


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Outer:
    """Outer IPv4 packets with IP IDs and GRE sequence numbers that count up for each sender."""

    def __init__(self):
        self.idents, self.sequences = {}, {}

    def ipv4(self, source, target, protocol, payload, ttl=62):
        ident = self.idents[source] = (self.idents.get(source, 0x2000) + 1) & 0xffff
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, 0x4000, ttl, protocol, 0,
                             ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(target).packed)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        mac = bytes.fromhex("fa163ed16b5d")
        return bytes.fromhex("fa163e7ed67a") + mac + b"\x08\x00" + header + payload

    def udp(self, source, target, port, flow, payload):
        sport = 32768 + (zlib.crc32(flow) & 0x7fff)
        return self.ipv4(source, target, 17, struct.pack("!HHHH", sport, port, 8 + len(payload), 0) + payload)

    def sequence(self, key):
        self.sequences[key] = self.sequences.get(key, 0) + 1
        return self.sequences[key]


class Packet:
    """The inner packet and what the encapsulations need to know of it."""

    def __init__(self, frame):
        self.frame, self.ethertype, self.offset = frame, struct.unpack_from("!H", frame, 12)[0], 14
        self.ip = frame[14:]
        self.is_ip = self.ethertype in (0x0800, 0x86dd)
        if self.is_ip:
            at, size = (12, 4) if self.ethertype == 0x0800 else (8, 16)
            self.source = str(ipaddress.ip_address(self.ip[at:at + size]))
            self.target = str(ipaddress.ip_address(self.ip[at + size:at + 2 * size]))
            ports = 20 if size == 4 else 40
            self.flow = self.ip[at:at + 2 * size] + self.ip[ports:ports + 4]

    def fragments(self, size):
        """The packet as IPv4 fragments of at most `size` bytes, each in its own Ethernet frame."""
        total = struct.unpack_from("!H", self.ip, 2)[0]
        if self.ethertype != 0x0800 or total <= size:
            return [self]
        body, step, parts = self.ip[20:total], (size - 20) // 8 * 8, []
        for start in range(0, len(body), step):
            piece = body[start:start + step]
            more = 0x2000 if start + step < len(body) else 0
            header = bytearray(self.ip[:20])
            struct.pack_into("!H", header, 2, 20 + len(piece))
            struct.pack_into("!H", header, 6, more | start // 8)
            struct.pack_into("!H", header, 10, 0)
            struct.pack_into("!H", header, 10, checksum(bytes(header)))
            parts.append(Packet(self.frame[:14] + bytes(header) + piece))
        for part in parts:
            part.flow = self.flow
        return parts


def encapsulate(kind, outer, packet, source, target, ident, options):
    inner = packet.frame[:options.cut] if options.cut else packet.frame
    ip = packet.ip[:options.cut] if options.cut else packet.ip
    egress = packet.source == options.at
    if kind == "vxlan":
        return outer.udp(source, target, 4789, packet.flow, struct.pack("!II", 0x08000000, ident << 8) + inner)
    if kind == "geneve":
        if options.ip_inside:
            cookie = zlib.crc32(bytes(a ^ b for a, b in zip(packet.flow, packet.flow[::-1])))
            tlv = struct.pack("!HBBQHBBQHBBI", 0x0108, 1, 2, 0x0a1b2c3d4e5f, 0x0108, 2, 2, 0x77, 0x0108, 3, 1, cookie)
            header = struct.pack("!BBHI", len(tlv) // 4, 0, packet.ethertype, ident << 8) + tlv
            return outer.udp(source, target, 6081, packet.flow, header + ip)
        return outer.udp(source, target, 6081, packet.flow, struct.pack("!BBHI", 0, 0, 0x6558, ident << 8) + inner)
    if kind == "gretap":
        return outer.ipv4(source, target, 47, struct.pack("!HH", 0, 0x6558) + inner)
    if kind == "gretap-key":
        return outer.ipv4(source, target, 47, struct.pack("!HHI", 0x2000, 0x6558, ident) + inner)
    if kind == "erspan1":
        return outer.ipv4(source, target, 47, struct.pack("!HH", 0, 0x88be) + inner)
    if kind in ("erspan2", "erspan3"):
        truncated = 0x400 if len(inner) < len(packet.frame) else 0
        sequence = outer.sequence((source, ident))
        if kind == "erspan2":
            head = struct.pack("!HHI", 0x1000, 0x88be, sequence) + struct.pack("!HHI", 0x1000, truncated | ident, 0)
        else:
            direction = 0x8 if egress else 0
            head = struct.pack("!HHI", 0x1000, 0x22eb, sequence) \
                + struct.pack("!HHIHH", 0x2000, truncated | ident, sequence * 10, 0, direction)
        return outer.ipv4(source, target, 47, head + inner)
    if kind == "ipip":
        return outer.ipv4(source, target, 4 if packet.ethertype == 0x0800 else 41, ip)
    if kind == "gre":
        return outer.ipv4(source, target, 47, struct.pack("!HH", 0, packet.ethertype) + ip)
    if kind == "gre-key":
        return outer.ipv4(source, target, 47, struct.pack("!HHI", 0x2000, packet.ethertype, ident) + ip)
    if kind == "vlan":
        tag = options.id2 if egress and options.id2 else ident
        return packet.frame[:12] + struct.pack("!HH", 0x8100, tag) + packet.frame[12:]
    if kind == "qinq":
        return packet.frame[:12] + struct.pack("!HHHH", 0x88a8, ident, 0x8100, options.id2 or 7) + packet.frame[12:]
    if kind == "raw":
        return ip
    if kind == "null":
        return struct.pack("<I", 2 if packet.ethertype == 0x0800 else 30) + ip
    if kind == "sll2":
        return struct.pack("!HHIHBB8s", packet.ethertype, 0, 3, 1, 4 if egress else 0, 6, packet.frame[6:12] + b"\0\0") + ip
    if kind == "wifi":
        sequence = (outer.sequences.get(egress, 0) if options.repeated else outer.sequence(egress)) & 0xfff
        retry = 0x08 if options.repeated else 0
        addresses = packet.frame[:6] + bytes.fromhex("fa163ed16b5d") + packet.frame[6:12]
        if egress:  # from the station to the access point
            addresses = bytes.fromhex("fa163ed16b5d") + packet.frame[6:12] + packet.frame[:6]
        return struct.pack("<BBH", 0x08, (0x01 if egress else 0x02) | retry, 44) + addresses \
            + struct.pack("<H", sequence << 4) + bytes.fromhex("aaaa03000000") + struct.pack("!H", packet.ethertype) + ip
    raise SystemExit("unknown kind " + kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--as", dest="kind", required=True)
    parser.add_argument("--at", default="")
    parser.add_argument("--from", dest="source", default="", help="outer source where it is not the mirrored address")
    parser.add_argument("--to", default="192.168.0.164")
    parser.add_argument("--vteps", default="")
    parser.add_argument("--id", type=int, default=1)
    parser.add_argument("--id2", type=int, default=0)
    parser.add_argument("--only", choices=("ingress", "egress"))
    parser.add_argument("--cut", type=int, default=0)
    parser.add_argument("--fragment", type=int, default=0)
    parser.add_argument("--again", type=int)
    parser.add_argument("--lose", default="")
    parser.add_argument("--retry", type=int, default=0)
    parser.add_argument("--ip-inside", action="store_true")
    options = parser.parse_args()
    lost = {int(n) for n in options.lose.split(",") if n}
    outer, count, records = Outer(), 0, []
    with open(options.output, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, LINKTYPES.get(options.kind, 1)))
        for seconds, micros, frame in read_pcap(options.input):
            packet = Packet(frame)
            if not packet.is_ip:
                continue
            egress = packet.source == options.at
            if options.only and (options.only == "egress") != egress:
                continue
            count += 1
            if count in lost:
                continue
            source, target = options.source or options.at, options.to
            if options.vteps:
                source, target = options.vteps.split(",")[::-1] if egress else options.vteps.split(",")
            idents = [options.id] + ([options.again] if options.again is not None else [])
            if options.retry and count % options.retry == 0:
                idents.append(options.id)
            for part in packet.fragments(options.fragment) if options.fragment else [packet]:
                for number, ident in enumerate(idents):
                    options.repeated = number > 0
                    data = encapsulate(options.kind, outer, part, source, target, ident, options)
                    when = seconds * 1000000 + micros + (300 if options.retry else 20) * number
                    records.append((when, data))
        for when, data in sorted(records, key=lambda record: record[0]):
            out.write(struct.pack("<IIII", when // 1000000, when % 1000000, len(data), len(data)) + data)


main()
