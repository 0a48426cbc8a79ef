#!/usr/bin/python3
"""Rebuilds the packet lists of public documents, with the addresses, ports, sizes and times that they print.

HANDBOOK is the Alibaba Cloud security product handbook; HUAWEI the Huawei Cloud VPC user guide, "mirror ingress TCP
traffic of a network interface". Neither offers a capture file, so the packets are made here.
"""
import calendar

from packets import (CLIENT, SERVER, Capture, Flow, Host, client_hello, dns_answer, dns_query, handshake_message,
                     http_get, http_ok, noise, server_flight, tls_record, vxlan)

HANDBOOK6 = "origin: rebuild by lab/rebuild_documented.py of the Alibaba Cloud security product handbook, chapter 6"
HANDBOOK7 = "origin: rebuild by lab/rebuild_documented.py of the Alibaba Cloud security product handbook, chapter 7"
HUAWEI = "origin: rebuild by lab/rebuild_documented.py of the Huawei Cloud VPC user guide, mirror ingress TCP traffic"


def at(*when):
    return float(calendar.timegm(when + (0, 0, 0)))


def handbook6_reset(name, with_handshake):
    """The 15 s timer of a load balancer: the second request after 14.66 s is repeated three times, then reset."""
    capture = Capture(at(2018, 7, 29, 12, 20, 0) - 8 * 3600)
    client = Host("192.168.1.30", "00:0c:29:1e:30:01", ttl=64, ipid=20500)
    server = Host("115.28.115.126", "00:0c:29:1e:30:fe", ttl=51, ipid=41000)
    flow = Flow(capture, client, server, 51968, 88, cisn=915700000, sisn=4154200000, window=16425)
    # The printed sequence numbers give the sizes of the segments of a request: 208, 14, 18, 22, 17, 22 and 96 bytes.
    head = b"POST /irs-iface/on/inf/pay/v1 HTTP/1.1\r\n".ljust(206, b"x") + b"\r\n"
    parts = [head, b"Accept: */*\r\n\n", b"Content-Length: 9\n", b"Connection: Keep-Aliv\n", b"Host: pay.com:88\n",
             b"User-Agent: pay-sdk/1\n", b"\r\n".ljust(96, b"p")]
    assert [len(p) for p in parts] == [208, 14, 18, 22, 17, 22, 96]

    if with_handshake:
        flow.send(14.960, CLIENT, "S")
        flow.send(14.9965, SERVER, "SA")
        flow.send(14.9966, CLIENT, "A")
        for number, part in enumerate(parts[:4]):
            flow.send(14.9974 + number * 0.0001, CLIENT, "PA", part)
    else:
        flow.next = [flow.isn[0] + 263, flow.isn[1] + 1]
    for when, part in zip((14.998053, 14.998170, 14.998217), parts[4:]):
        flow.send(when, CLIENT, "PA", part)
    for when, ack in ((15.031184, 209), (15.035067, 223), (15.035067, 241), (15.039244, 263), (15.039245, 280),
                      (15.039245, 302), (15.039266, 398)):
        flow.send(when, SERVER, "A", ack=ack)
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nContent-Length: 165\r\n\r\n"
    flow.send(15.044015, SERVER, "PA", body.ljust(250, b"r"))
    flow.send(15.244147, CLIENT, "A")
    for when, part in zip((29.988019, 29.988107, 29.988167, 29.988214, 29.988458, 29.988519, 29.988573), parts):
        flow.send(when, CLIENT, "PA", part)
    # A retransmission carries all that is outstanding in one segment, with a new IP ID.
    for when in (30.285966, 30.894830, 32.000777):
        flow.send(when, CLIENT, "PA", b"".join(parts), seq=398)
    reset = flow.send(32.038727, SERVER, "R", seq=251, window=0)
    capture.write(name, [
        "A client behind NAT repeats its request 14.94 s after the answer; the load balancer's 15 s timer has",
        "forgotten the connection: three retransmissions, then RST. Captured at the client"
        + (", with the handshake." if with_handshake else ", starting in the middle of the first request."),
        HANDBOOK6,
        "shows: idle.reset",
    ], [(reset, "idle.reset")])


def healthy_peers(capture, client, router_mac):
    """Connections with mainland addresses that work, from which the home country can be derived."""
    for number, address in enumerate(("115.28.115.126", "223.5.5.5", "47.104.79.200")):
        server = Host(address, router_mac, ttl=52 - number, ipid=3000 * number + 77)
        flow = Flow(capture, client, server, 49701 + 2 * number, 80, cisn=70000 + number, sisn=900000 + number)
        when = 0.2 + number * 1.5
        flow.handshake(when)
        flow.exchange(when + 0.1, http_get("www%d.example.cn" % number), http_ok(b"x" * 200))
        flow.close(when + 0.6)


def handbook6_cname(name, home, options=None):
    """A poisoned resolver: pay.com is sent to a CNAME abroad whose address answers nobody."""
    capture = Capture(at(2018, 7, 29, 12, 40, 0) - 8 * 3600)
    client = Host("192.168.0.100", "74:df:bf:b2:37:e5", ttl=64, ipid=11000)
    router_mac = "78:4d:fd:2e:bc:be"
    resolver = Host("192.168.0.1", router_mac, ttl=64, ipid=500)
    abroad = Host("108.160.166.142", router_mac, ttl=50)
    if home == "peers":
        healthy_peers(capture, client, router_mac)
    dns_query(capture, 11.283138, client, resolver, 53124, 0x4c31, "pay.com")
    answer = dns_answer(capture, 11.297951, client, resolver, 53124, 0x4c31, "pay.com",
                        [("pay.com", "CNAME", "gfvip09aj.com"), ("gfvip09aj.com", "A", "108.160.166.142")],
                        [("gfvip09aj.com", "NS", "ns1.yundunddos.com")])
    dead = None
    for number, when in enumerate((11.3102, 32.3190, 161.4768, 182.4790)):
        flow = Flow(capture, client, abroad, 49851 + 2 * number, 443, cisn=31000000 + number * 65537, window=8192)
        # The schedule of Windows: the SYN is repeated after 3 s and 6 s more. Nothing ever comes back.
        for wait in (0, 3.0, 9.0):
            tag = flow.send(when + wait, CLIENT, "S", seq=0)
            if dead is None and number > 0: # the SYN after the third of the attempt before is overdue
                dead = tag
    shown = answer if home in ("peers", "set") else dead
    capture.write(name, [
        "The local resolver answers pay.com with a CNAME of a foreign domain and an address abroad (poisoned cache);",
        "every connection to that address goes unanswered. "
        + {"peers": "Healthy connections with mainland China before it tell what home is.",
           "none": "No healthy public peer: home is not known.",
           "set": "No healthy public peer; home is set by preference."}[home],
        HANDBOOK6,
        "shows: dns.cname_offshore",
        "shows: dns.cname_dead",
    ] + (["options: " + options] if options else []),
        [(shown, "dns.cname_offshore"), (dead, "dns.cname_dead")])


def handbook7_alert():
    """The 120 s timer of a web application firewall on an idle TLS connection, and the client's late RST."""
    capture = Capture(at(2018, 7, 30, 13, 47, 0) - 8 * 3600)
    client = Host("192.168.1.1", "00:16:3e:07:00:01", ttl=64, ipid=6000)
    server = Host("192.168.1.2", "00:16:3e:07:00:02", ttl=47, ipid=30000)
    flow = Flow(capture, client, server, 54763, 443, cisn=377000000, sisn=1220000000, window=16384)
    flow.handshake(23.95, rtt=0.06)
    hello = client_hello("www.example.cn")
    flow.send(24.012, CLIENT, "PA", hello)
    flow.send(24.072, SERVER, "A")
    flow.send(24.073, SERVER, "PA", server_flight())
    flow.send(24.0732, CLIENT, "A")
    finished = tls_record(20, b"\x01") + tls_record(22, noise(40, 8))
    flow.send(24.075, CLIENT, "PA", handshake_message(16, b"\x20" + noise(32, 14)) + finished)
    flow.send(24.135, SERVER, "PA", finished)
    sent = flow.next[CLIENT] - flow.isn[CLIENT]
    flow.send(24.176, CLIENT, "PA", tls_record(23, noise(1464 - sent - 5, 9)))
    # From relative sequence 20741 on the list is printed: six full segments, one of 680 bytes up to 30181, and the ACKs.
    when = 24.40
    while (left := 20741 - (flow.next[SERVER] - flow.isn[SERVER])) > 0:
        flow.send(when, SERVER, "PA", tls_record(23, noise(min(left, 1429) - 5, 10)))
        flow.send(when + 0.0001, CLIENT, "A")
        when += 0.005
    times = (24.534792, 24.535063, 24.535064, 24.535069, 24.535069, 24.535078, 24.535368)
    body = tls_record(23, noise(6 * 1460 + 680 - 5, 12))
    for number, when in enumerate(times):
        flow.send(when, SERVER, "PA" if when == times[-1] else "A", body[number * 1460:(number + 1) * 1460])
        if when == times[-2]:
            flow.send(24.535150, CLIENT, "A")
    flow.send(24.575998, CLIENT, "A")
    assert flow.next[SERVER] - flow.isn[SERVER] == 30181 and flow.next[CLIENT] - flow.isn[CLIENT] == 1464
    flow.send(144.466081, SERVER, "PA", tls_record(21, noise(26, 13)))
    fin = flow.send(144.466128, SERVER, "FA")
    flow.send(144.466375, CLIENT, "A")
    reset = flow.send(159.415122, CLIENT, "RA", window=0)
    capture.write("tls/handbook-120s-alert-fin", [
        "TLS 1.2 behind a web application firewall: 119.89 s after the last data an encrypted alert and FIN come together,",
        "the client acknowledges at once and sends RST 14.95 s later. Captured at the client.",
        HANDBOOK7,
        "shows: tls.alert_fin",
        "shows: tls.late_reset",
    ], [(fin, "tls.alert_fin"), (reset, "tls.late_reset")])


# The addresses of the Huawei Cloud example. The gateway sends the copies, so its MAC is the outer source.
COPY_FROM = ("192.168.0.230", "fa:16:3e:d1:6b:5d")
COLLECTOR = ("192.168.0.164", "fa:16:3e:7e:d6:7a")
TEST = ("192.168.0.161", "fa:16:3e:7e:d6:77")
SOURCE = ("192.168.0.230", "fa:16:3e:7e:d6:bc")
DAY = at(2024, 9, 10, 19, 12, 25) - 8 * 3600
# Timestamp clocks and ISNs so that the frame of 19:12:25.839624 carries the printed numbers.
TEST_CLOCK = DAY + 0.839624 - 969673.134
SOURCE_CLOCK = DAY - 21.39995 - 605179.348
TEST_ISN, SOURCE_ISN = 2063075036, 1116663337


def nc_session(capture, wraps, lines):
    """The nc session of the guide: `lines` are (time, bytes); wraps are the mirror sessions that copy both directions
    or, when `egress` is false, only what reaches the source."""
    test, source = Host(*TEST, tsclock=TEST_CLOCK, ipid=7300), Host(*SOURCE, tsclock=SOURCE_CLOCK, ipid=52200)
    flow = Flow(capture, test, source, 38944, 1234, cisn=TEST_ISN, sisn=SOURCE_ISN, window=502)
    tags = []

    def copy(when, side, flags, data=b""):
        inner = flow.segment(when, side, flags, data)
        for number, (wrap, egress) in enumerate(wraps):
            if side == CLIENT or egress:
                tags.append(capture.add(when + number * 0.000031, wrap(inner)))

    copy(-24.2, CLIENT, "S")
    copy(-24.19995, SERVER, "SA")
    copy(-24.1996, CLIENT, "A")
    for when, data in lines:
        copy(when, CLIENT, "PA", data)
        copy(when + 0.00005, SERVER, "A")
    copy(12.5, CLIENT, "FA")
    copy(12.5001, SERVER, "FA")
    copy(12.5004, CLIENT, "A")
    return tags


def huawei_mirrors():
    def session(vni, port, cut=None, copied_at=COPY_FROM):
        return vxlan(Host(*copied_at, ipid=100 * vni), Host(*COLLECTOR), vni, cut=cut, sport=port)

    hello = [(-21.4, b"hello\n"), (0.839624, b"12345\n")]
    capture = Capture(DAY)
    tags = nc_session(capture, [(session(1, 32838, cut=96), False)], hello)
    capture.write("mirror/huawei-ingress-nc", [
        "An nc session, mirrored in VXLAN by a rule for inbound traffic only, seen at the mirror target.",
        HUAWEI, "shows: mirror.one_way"], [(tags[3], "mirror.one_way")])

    capture = Capture(DAY)
    tags = nc_session(capture, [(session(1, 32838, cut=96), False)],
                      [(-21.4, b"hello\n"), (0.839624, b"a longer line of text. " * 20 + b"\n"), (5.2, b"b" * 300 + b"\n")])
    capture.write("mirror/huawei-ingress-cut-at-96", [
        "The same mirror with lines longer than the mirrored length: inner packets are cut after 96 bytes.",
        HUAWEI, "shows: mirror.one_way", "shows: mirror.truncated"],
        [(tags[3], "mirror.one_way"), (tags[3], "mirror.truncated")])

    capture = Capture(DAY)
    tags = nc_session(capture, [(session(1, 32838), True), (session(2, 32838), True)], hello)
    capture.write("mirror/two-vni-same-connection", [
        "One nc session copied by two mirror sessions (VNI 1 and 2) of the same network interface, both directions.",
        "origin: made by lab/rebuild_documented.py with the addresses of the Huawei Cloud VPC user guide",
        "shows: mirror.duplicate"], [(tags[1], "mirror.duplicate")])

    capture = Capture(DAY)
    tags = nc_session(capture, [(session(1, 32838), True), (session(1, 32838, copied_at=TEST), True)], hello)
    capture.write("mirror/both-ends-same-vni", [
        "One nc session mirrored at both ends to one collector, both with the default VNI 1: two outer sources.",
        "origin: made by lab/rebuild_documented.py with the addresses of the Huawei Cloud VPC user guide",
        "shows: mirror.duplicate"], [(tags[1], "mirror.duplicate")])


if __name__ == "__main__":
    handbook6_reset("idle/handbook-15s-reset", False)
    handbook6_reset("idle/handbook-15s-reset-with-handshake", True)
    handbook6_cname("dns/handbook-cname-abroad-home-known", "peers")
    handbook6_cname("dns/handbook-cname-abroad-home-unknown", "none")
    handbook6_cname("dns/handbook-cname-abroad-home-set", "set", "-o netcase.home_countries:CN")
    handbook7_alert()
    huawei_mirrors()
