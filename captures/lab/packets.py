"""Building blocks for captures that no stack at hand can produce.

A Host numbers its packets as a real sender does (every packet, a retransmission too, takes the next IP ID), because
netcase tells a duplicated packet from a retransmitted one by exactly that. A Flow keeps the sequence numbers of both
sides. A Capture sorts the frames by time and writes them with the expectation beside them.
"""
import base64
import os
import struct
import subprocess
import tempfile
import zlib

from scapy.all import DLT_EN10MB, DNS, DNSQR, DNSRR, IP, IPv6, TCP, UDP, Ether, Raw, raw

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.environ.get("LAB_OUT", os.path.dirname(HERE))

CLIENT, SERVER = 0, 1


class Host:
    """An end point as the capture sees it: address, MAC of the last hop, TTL on arrival, IP ID counter."""

    def __init__(self, ip, mac, ttl=64, ipid=1000, tsclock=None):
        self.ip, self.mac, self.ttl, self.ipid = ip, mac, ttl, ipid
        # Time of day zero of this host's TCP timestamp clock (1 ms ticks); None: no timestamps option.
        self.tsclock = tsclock

    def packet_to(self, peer):
        if ":" in self.ip:
            return Ether(src=self.mac, dst=peer.mac) / IPv6(src=self.ip, dst=peer.ip, hlim=self.ttl)
        self.ipid = (self.ipid + 1) & 0xffff
        return Ether(src=self.mac, dst=peer.mac) / IP(src=self.ip, dst=peer.ip, ttl=self.ttl, id=self.ipid, flags="DF")


class Capture:
    """Frames of one capture, the texts of its expectation file, and the findings that it must give."""

    def __init__(self, start=0.0):
        self.start, self.frames = start, []

    def add(self, when, frame):
        """Adds a frame `when` seconds after the start; the returned tag names it in expect()."""
        tag = object()
        self.frames.append((self.start + when, len(self.frames), frame, tag))
        return tag

    def number_of(self, tag):
        ordered = sorted(self.frames, key=lambda f: (f[0], f[1]))
        return [f[3] for f in ordered].index(tag) + 1

    def write(self, name, about, findings=(), linktype=DLT_EN10MB, container="pcapng"):
        """Writes <name>.pcapng and <name>.expect; findings is a list of (tag, case id)."""
        path = os.path.join(CAPTURES, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        ordered = sorted(self.frames, key=lambda f: (f[0], f[1]))
        with tempfile.NamedTemporaryFile(suffix=".pcap") as tmp:
            tmp.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, linktype))
            for when, _, frame, _ in ordered:
                data = frame if isinstance(frame, bytes) else raw(frame)
                micros = round(when * 1000000)
                tmp.write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(data), len(data)) + data)
            tmp.flush()
            subprocess.run(["editcap", "-F", container, tmp.name, path + "." + container], check=True)
        lines = ["# " + line for line in about]
        rows = sorted((self.number_of(tag), case) for tag, case in findings)
        lines += ["%d %s" % row for row in rows]
        with open(path + ".expect", "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        print("%-52s %3d frames, expects %s" % (name, len(ordered), rows or "nothing"))


class Flow:
    """One TCP connection; sends its segments into a capture, through `wrap` when it is seen inside a tunnel."""

    def __init__(self, capture, client, server, cport, sport, cisn=1000000, sisn=5000000, wrap=None, window=64240):
        self.capture, self.wrap, self.window = capture, wrap, window
        self.hosts, self.ports = (client, server), (cport, sport)
        self.isn = [cisn, sisn]
        self.next = [cisn, sisn]
        self.sent_ts = [0, 0]

    def segment(self, when, side, flags, data=b"", seq=None, ack=None, window=None):
        """The segment as an Ethernet frame; seq and ack are relative to the ISNs when given, else the next ones."""
        host, peer = self.hosts[side], self.hosts[1 - side]
        absseq = self.next[side] if seq is None else self.isn[side] + seq
        absack = self.next[1 - side] if ack is None else self.isn[1 - side] + ack
        options = []
        if "S" in flags:
            options.append(("MSS", 1460))
            if host.tsclock is None:
                options += [("NOP", None), ("NOP", None), ("SAckOK", b"")]
        if host.tsclock is not None and "R" not in flags:
            now = int((self.capture.start + when - host.tsclock) * 1000) & 0xffffffff
            options += [("NOP", None), ("NOP", None), ("Timestamp", (now, self.sent_ts[1 - side]))]
            self.sent_ts[side] = now
        tcp = TCP(sport=self.ports[side], dport=self.ports[1 - side], seq=absseq & 0xffffffff,
                  ack=absack & 0xffffffff if "A" in flags else 0, flags=flags,
                  window=self.window if window is None else window, options=options)
        if seq is None:
            self.next[side] = absseq + len(data) + ("S" in flags) + ("F" in flags)
        frame = host.packet_to(peer) / tcp
        return frame / Raw(data) if data else frame

    def send(self, when, side, flags, data=b"", **numbers):
        frame = self.segment(when, side, flags, data, **numbers)
        if self.wrap:
            frame = self.wrap(frame)
        return self.capture.add(when, frame)

    def handshake(self, when, rtt=0.03):
        self.send(when, CLIENT, "S")
        self.send(when + rtt, SERVER, "SA")
        return self.send(when + rtt + 0.0001, CLIENT, "A")

    def exchange(self, when, request, response, rtt=0.03):
        """One request and its answer with the ACKs that a plain stack sends."""
        self.send(when, CLIENT, "PA", request)
        self.send(when + rtt, SERVER, "A")
        self.send(when + rtt + 0.002, SERVER, "PA", response)
        self.send(when + rtt + 0.042, CLIENT, "A")

    def close(self, when, side=CLIENT, rtt=0.03):
        self.send(when, side, "FA")
        self.send(when + rtt, 1 - side, "FA")
        return self.send(when + rtt + 0.0001, side, "A")


def http_get(host="www.example.cn", path="/"):
    return ("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n" % (path, host)).encode()


def http_ok(body=b"ok\n"):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def tls_record(kind, body, version=0x0303):
    return bytes([kind]) + version.to_bytes(2, "big") + len(body).to_bytes(2, "big") + body


def noise(count, seed=1):
    """Bytes that look encrypted and are the same on each run."""
    out, state = bytearray(), seed
    while len(out) < count:
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        out += state.to_bytes(8, "big")
    return bytes(out[:count])


def client_hello(name, seed=3):
    """A plain TLS 1.2 ClientHello record with a server name."""
    host = name.encode()
    sni = b"\x00\x00" + (len(host) + 5).to_bytes(2, "big") + (len(host) + 3).to_bytes(2, "big") + b"\x00" \
        + len(host).to_bytes(2, "big") + host
    groups = b"\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"
    points = b"\x00\x0b\x00\x02\x01\x00"
    algorithms = b"\x00\x0d\x00\x08\x00\x06\x04\x03\x08\x04\x04\x01"
    extensions = sni + groups + points + algorithms
    suites = b"\xc0\x2f\xc0\x30\x00\x9c\x00\x2f"
    body = b"\x03\x03" + noise(32, seed) + b"\x00" + len(suites).to_bytes(2, "big") + suites + b"\x01\x00" \
        + len(extensions).to_bytes(2, "big") + extensions
    return tls_record(22, b"\x01" + len(body).to_bytes(3, "big") + body, 0x0301)


def server_hello(seed=4):
    body = b"\x03\x03" + noise(32, seed) + b"\x20" + noise(32, seed + 1) + b"\xc0\x2f\x00" + b"\x00\x05\xff\x01\x00\x01\x00"
    return tls_record(22, b"\x02" + len(body).to_bytes(3, "big") + body)


def handshake_message(kind, body):
    return tls_record(22, bytes([kind]) + len(body).to_bytes(3, "big") + body)


# A throw-away self-signed certificate of www.example.cn, so that dissectors find a real one where one belongs.
CERTIFICATE = base64.b64decode(
    "MIIBiDCCAS2gAwIBAgIUHLMnph1uVpljhAPGJIZq1uPncpswCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOd3d3LmV4YW1wbGUuY24w"
    "HhcNMjYxMTIyMDYwOTUyWhcNMzYxMTE5MDYwOTUyWjAZMRcwFQYDVQQDDA53d3cuZXhhbXBsZS5jbjBZMBMGByqGSM49AgEGCCqG"
    "SM49AwEHA0IABB9t9Qmsf2aCPy7xwYyAZq5cMfmEynOnMZBjbiqy1PlEMIZdvYMtEbAqb+I+8ySWM4IFljoRmXSTgHS+57QUfSKj"
    "UzBRMB0GA1UdDgQWBBQurFmioKSfWlVofJFdJa4DSh4RRTAfBgNVHSMEGDAWgBQurFmioKSfWlVofJFdJa4DSh4RRTAPBgNVHRMB"
    "Af8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCHXdB3opfBbnVfVJ1cncZp3Bk/b4Pu/b0SJV8NaN0AeAIhAOoj4ETlltVt9Vyj"
    "t//lTm3X0tzpy/QKTSd3uKq7klns")


def server_flight():
    """ServerHello, Certificate, ServerKeyExchange (x25519, RSA-SHA256 signature) and ServerHelloDone."""
    def with_length(data):
        return len(data).to_bytes(3, "big") + data
    key = b"\x03\x00\x1d\x20" + noise(32, 6) + b"\x04\x01\x01\x00" + noise(256, 7)
    return server_hello() + handshake_message(11, with_length(with_length(CERTIFICATE))) + handshake_message(12, key) \
        + handshake_message(14, b"")


def dns_query(capture, when, client, resolver, port, ident, name, qtype="A"):
    frame = client.packet_to(resolver) / UDP(sport=port, dport=53) / DNS(id=ident, rd=1, qd=DNSQR(qname=name, qtype=qtype))
    return capture.add(when, frame)


def dns_answer(capture, when, client, resolver, port, ident, name, answers, authority=(), qtype="A"):
    """answers and authority: lists of (name, type, data)."""
    def chain(rows):
        records = None
        for owner, kind, data in rows:
            record = DNSRR(rrname=owner, type=kind, ttl=600, rdata=data)
            records = record if records is None else records / record
        return records
    dns = DNS(id=ident, qr=1, rd=1, ra=1, qd=DNSQR(qname=name, qtype=qtype), an=chain(answers), ns=chain(authority),
              ancount=len(answers), nscount=len(authority))
    frame = resolver.packet_to(client) / UDP(sport=53, dport=port) / dns
    return capture.add(when, frame)


def vxlan(outer_source, outer_target, vni, cut=None, sport=None):
    """A wrap function: the inner frame, cut to `cut` bytes as some clouds do, in a VXLAN packet with an own IP ID."""
    def wrap(inner):
        body = raw(inner)
        port = sport
        if port is None:
            # The clouds derive the outer port from the inner 5-tuple: one port for each direction of a flow.
            port = 32768 + (zlib.crc32(body[26:38]) & 0x7fff)
        if cut:
            body = body[:cut]
        header = b"\x08\x00\x00\x00" + vni.to_bytes(3, "big") + b"\x00"
        return outer_source.packet_to(outer_target) / UDP(sport=port, dport=4789, chksum=0) / Raw(header + body)
    return wrap
