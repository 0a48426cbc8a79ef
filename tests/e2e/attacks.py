#!/usr/bin/env python3
"""Captures that are made to harm: they neither crash nor hang tshark and sharkd, nor mislead their reader.

Each of these brought 0.1.0 down, or was told wrongly. Damage without a plan is for the suites broken and mutated.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import json
import os
import random
import re
import struct
import subprocess
import sys

import frames
from netcase_tshark import Failure, Host, run_tests
from sharkd import ask, found, load, rows

NOW = 1_700_000_000 * 10**9
LAST = 2**63 - 1
LIMIT = 60  # seconds; all of this takes less than one
MODES = (["-Y", "netcase.expert"], ["-2", "-V"], ["-q", "-z", "netcase"], ["-q", "-z", "netcase,json"])


def syn(number, source="203.0.113.1", time=NOW):
    return time, frames.ethernet(frames.ipv4(source, "192.0.2.10", frames.TCP, frames.tcp(1024 + number, 80, 1, 0, frames.SYN), number))


def harmless(host, capture, *options, modes=MODES):
    """tshark ends by itself and well in each mode; returns what it printed."""
    printed = []
    for mode in modes:
        result = host.run(["tshark", "-n", "-r", capture, *options, *mode], timeout=LIMIT)
        if result.status != 0 or "netcase" in result.err or "Dissector bug" in result.out:
            raise Failure(f"{' '.join(result.command)}\nended with {result.status}\n{result.err[:1000]}")
        printed.append(result.out)
    return printed


# -- Times --------------------------------------------------------------------------------------

TIMES = {
    "one packet at the last time that 64 bits hold": [LAST],
    "one packet before 1970": [-1],
    "one packet at the first time that 64 bits hold": [-2**63],
    "one packet at 0": [0],
    "one packet in 2262": [LAST - 10**18],
    "150 SYNs at the last time that 64 bits hold": [LAST - 10**9 + 10**6 * i for i in range(150)],
    "400 SYNs, then one at the end of time": [*(NOW + 10**6 * i for i in range(400)), LAST],
    "400 SYNs at the end of time, then one now": [*(LAST - 10**6 * i for i in range(400)), NOW],
    "SYNs at the ends of time in turn": [(LAST, -2**63, NOW, 0)[i % 4] for i in range(400)],
    "400 SYNs backwards in time": [NOW - 10**7 * i for i in range(400)],
}


def a_time_does_no_harm(host, name, times):
    capture = frames.write(host.folder / f"times-{list(TIMES).index(name)}.pcapng",
                           [syn(i, f"203.0.{113 + i // 250}.{1 + i % 250}", time) for i, time in enumerate(times)])
    *_, text, report = harmless(host, capture)
    summary = json.loads(report)["capture"]
    durations = [summary["duration"], *(finding["series"]["duration"] for finding in json.loads(report)["findings"] if "series" in finding)]
    facts = [value for finding in json.loads(report)["findings"] for value in finding["facts"].values() if isinstance(value, float)]
    if min(durations + facts) < 0 or re.search(r"-[0-9.]+ (ms|s|min|h)\b", text):
        raise Failure(f"negative durations: {durations} {facts}\n{text}")


def without_packets_there_is_no_time(host):
    capture = frames.write(host.folder / "empty.pcapng", [])
    *_, text, report = harmless(host, capture)
    summary = json.loads(report)["capture"]
    if "1970" in text + report or (summary["first_time"], summary["duration"]) != ("-", 0):
        raise Failure(f"a capture without packets has a time: {summary}\n{text}")


def a_clock_that_is_set_back_has_a_span(host):
    """Between the earliest and the latest packet, whatever their order."""
    capture = frames.write(host.folder / "back.pcapng", [syn(1, time=NOW + second * 10**9) for second in (5, 0, 1)])
    summary = json.loads(harmless(host, capture)[-1])["capture"]
    if summary["duration"] != 5 or not summary["first_time"].endswith("13:20.000Z") or not summary["last_time"].endswith("13:25.000Z"):
        raise Failure(f"not 5 s from 22:13:20: {summary}")


# -- One capture after the other -------------------------------------------------------------------

def inner():
    return frames.ethernet(frames.ipv4("10.0.0.1", "10.0.0.2", frames.TCP, frames.tcp(40000, 80, 1, 0, frames.SYN)))


def one_vxlan(host):
    """One frame, one session."""
    packet = frames.ipv4("192.0.2.1", "192.0.2.2", frames.UDP, frames.vxlan(7, inner()))
    return frames.write(host.folder / "one-vxlan.pcapng", [(NOW, frames.ethernet(packet))])


def double_tagged(host):
    """Its first frame has two layers more than that of one_vxlan before the first IP header. A SYN that nobody answers, and time for another one."""
    packets = [(second, frames.ipv4("10.0.0.1", "10.0.0.2", frames.TCP, frames.tcp(40000, 80, 1, 0, frames.SYN), second + 1))
               for second in (0, 1, 3, 7)]
    packets.append((60, frames.ipv4("10.0.0.1", "10.0.0.3", frames.UDP, frames.udp(40000, 9999, b"later"), 61)))
    return frames.write(host.folder / "double-tagged.pcapng", [(NOW + second * 10**9, frames.ethernet(packet, vlans=(5, 6)))
                                                           for second, packet in packets])


def nothing_is_left_of_the_capture_before(host):
    """0.1.0 took the place of the last packet of the one for that of the first packet of the other."""
    first, second = one_vxlan(host), double_tagged(host)
    alone = host.findings(second)
    answers = ask(host, [load(first), load(second), found(), load(first), found(1)])
    if not alone or rows(answers[2]) != alone or rows(answers[4]):
        raise Failure(f"{alone} alone, {rows(answers[2])} after another capture; before it {rows(answers[4])}")


def a_session_may_be_reset(host):
    """tshark -M begins anew after so many packets, within one process."""
    joined = host.folder / "joined.pcapng"
    host.run(["mergecap", "-a", "-w", joined, one_vxlan(host), double_tagged(host), one_vxlan(host)]).check()
    for packets in ("1", "2", "3"):
        harmless(host, joined, "-M", packets, modes=[mode for mode in MODES if "-2" not in mode])


# -- Sizes ------------------------------------------------------------------------------------------

def exchange():
    """Frames of what netcase reads by its own means: TCP with HTTP and TLS, DNS, VXLAN, IPv6."""
    http = b"GET / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl/8.0\r\n\r\n" + bytes(60)
    hello = bytes.fromhex("16030100c8010000c40303") + bytes(190)
    name = frames.dns_query(7, "a.very.long.name.example.com")
    four = [frames.ipv4("192.0.2.1", "192.0.2.2", frames.TCP, frames.tcp(40000, 80, 1, 1, frames.ACK, http)),
            frames.ipv4("192.0.2.1", "192.0.2.2", frames.TCP, frames.tcp(40001, 443, 1, 1, frames.ACK, hello)),
            frames.ipv4("192.0.2.1", "192.0.2.2", frames.UDP, frames.udp(40000, 53, name)),
            frames.ipv4("192.0.2.1", "192.0.2.2", frames.UDP, frames.vxlan(7, frames.ethernet(
                frames.ipv4("10.0.0.1", "10.0.0.2", frames.TCP, frames.tcp(40000, 80, 1, 1, frames.ACK, http)))))]
    six = frames.ipv6(bytes(15) + b"\1", bytes(15) + b"\2", frames.TCP, frames.tcp(40000, 80, 1, 1, frames.ACK, http))
    return [*(frames.ethernet(packet) for packet in four), frames.ethernet(six, frames.IPV6)]


def packets_may_be_cut_anywhere(host):
    """Each of them to each length from 0 to 200 bytes. Nothing is found in what is not there."""
    packets = [packet for packet in exchange() for _ in range(201)]
    capture = frames.write(host.folder / "cut.pcapng", [(NOW + i * 10**6, packet) for i, packet in enumerate(packets)], snap=lambda i: i % 201)
    shown, details, *_ = harmless(host, capture)
    if shown or f"Frame {len(packets)}:" not in details:
        raise Failure(f"found: {shown}, or not read to the end")


def the_largest_packets_are_counted(host):
    """65,535 bytes from the IP header on, as a network card that joins segments hands them over: an upload without a fault, past 2^32."""
    size = 65535 - 40
    packets = [(NOW + i * 10**7, frames.ethernet(frames.ipv4("192.0.2.1", "192.0.2.2", frames.TCP, frames.tcp(
        40000, 80, (2**32 - 5 * size + i * size) % 2**32, 1, frames.ACK, bytes(size)), i))) for i in range(20)]
    capture = frames.write(host.folder / "large.pcapng", packets)
    shown, _, text, _ = harmless(host, capture)
    if shown or "20 packets, 1 TCP connection" not in text or "No problem found" not in text or "Resent" in text:
        raise Failure(f"found: {shown}\n{text}")


def two_hundred_interfaces_are_told_apart(host):
    """If that is asked for: a SYN from each is an attempt of its own, else one that is repeated."""
    packets = [syn(1, time=NOW + i * 10**7) for i in range(400)]
    capture = frames.write(host.folder / "interfaces.pcapng", packets, interfaces=200)
    flows = {}
    for apart in ("FALSE", "TRUE"):
        options = ("-o", f"netcase.separate_interfaces:{apart}")
        harmless(host, capture, *options, modes=MODES[2:])
        rows_shown = host.fields(capture, ["netcase.flow"], *options, display_filter="netcase.flow")
        flows[apart] = len({flow for (flow,), in rows_shown})
    if flows != {"FALSE": 1, "TRUE": 200}:
        raise Failure(f"flows: {flows}")


# -- The right tenant --------------------------------------------------------------------------------

def silence_is_told_of_its_own_session(host):
    """The query without an answer is in VNI 100; what wakes the detector afterwards is in VNI 200."""
    def inside(vni, payload, number, source="10.0.0.1"):
        packet = frames.ipv4(source, "10.0.0.53", frames.UDP, frames.udp(5300 + number, 53, payload), number)
        return frames.ethernet(frames.ipv4("192.0.2.1", "192.0.2.2", frames.UDP, frames.vxlan(vni, frames.ethernet(packet)), number))

    def answer(vni, number, name):
        payload = bytearray(frames.dns_query(number, name))
        payload[2] |= 0x80
        packet = frames.ipv4("10.0.0.53", "10.0.0.1", frames.UDP, frames.udp(53, 5300 + number, bytes(payload)), number)
        return frames.ethernet(frames.ipv4("192.0.2.1", "192.0.2.2", frames.UDP, frames.vxlan(vni, frames.ethernet(packet)), number + 100))

    second = 10**9
    capture = frames.write(host.folder / "tenants.pcapng", [
        (NOW, inside(100, frames.dns_query(1, "x.example"), 1)), (NOW + second // 100, answer(100, 1, "x.example")),
        (NOW + second, inside(100, frames.dns_query(2, "lost.example"), 2)),
        (NOW + 2 * second, inside(200, frames.dns_query(3, "y.example"), 3)), (NOW + 2 * second + second // 100, answer(200, 3, "y.example")),
        (NOW + 20 * second, inside(200, frames.dns_query(4, "z.example"), 4)), (NOW + 20 * second + second // 100, answer(200, 4, "z.example"))])
    result = host.run(["tshark", "-n", "-q", "-r", capture, "-z", "netcase,json"])
    report = json.loads(result.out)
    vnis = {session["number"]: session["vni"] for session in report["sessions"]}
    told = [(finding["case"], vnis.get(finding.get("session"))) for finding in report["findings"]]
    if told != [("dns.unanswered", 100)]:
        raise Failure(f"{told} of sessions {vnis}")


# -- Time for each packet ----------------------------------------------------------------------------

def digest_mix(digest, value):
    """The fixed digest of plugin/api/digest.h, which was the hash of all tables of 0.1.0."""
    digest = ((digest ^ value) * 0x9E3779B97F4A7C15) & (2**64 - 1)
    return digest ^ digest >> 32


def datagrams(host, count, collide):
    """From as many IPv6 addresses: random ones, or such whose endpoints have one digest."""
    chance, port = random.Random(1), 40000
    resolver = bytes.fromhex("20010db8000000000000000000000053")
    packets = []
    for i in range(count):
        high = bytes.fromhex("20010db8") + struct.pack("!I", i)
        low = digest_mix(port, int.from_bytes(high, "little")) ^ 0x1234567887654321 if collide else chance.getrandbits(64)
        packet = frames.ipv6(high + struct.pack("<Q", low), resolver, frames.UDP, frames.udp(port, 9999, b"x" * 8))
        packets.append((NOW + i * 1000, frames.ethernet(packet, frames.IPV6)))
    return frames.write(host.folder / f"datagrams-{count}-{collide}.pcapng", packets)


def processor_seconds(host, capture):
    command = ["tshark", "-n", "-q", "-r", capture, "-z", "expert"]
    process = subprocess.Popen([str(word) for word in command], env=host.environment(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise Failure(f"{command} ended with {status}")
    return usage.ru_utime + usage.ru_stime


def addresses_cost_the_same(host, count):
    """The least of some runs in turn, and of more if those do not show it: what else the machine does only adds. In 0.1.0 6 times as much,
    or 19 times."""
    plain, hostile = datagrams(host, count, False), datagrams(host, count, True)
    times = []
    while len(times) < 16:
        times += [(processor_seconds(host, plain), processor_seconds(host, hostile)) for _ in range(4)]
        ratio = min(time for _, time in times) / min(time for time, _ in times)
        if ratio <= 1.3:
            return
    raise Failure(f"{count} addresses of one digest cost {ratio:.2f} times as much as random ones: {times}")


def main():
    host = Host()
    tests = [(f"attacks {name}", functools.partial(a_time_does_no_harm, host, name, times)) for name, times in TIMES.items()]
    for test in (without_packets_there_is_no_time, a_clock_that_is_set_back_has_a_span, nothing_is_left_of_the_capture_before,
                 a_session_may_be_reset, packets_may_be_cut_anywhere, the_largest_packets_are_counted, two_hundred_interfaces_are_told_apart,
                 silence_is_told_of_its_own_session):
        tests.append((f"attacks {test.__name__.replace('_', ' ')}", functools.partial(test, host)))
    good = run_tests(tests)
    # Alone, because they are measured.
    good = run_tests([(f"attacks {count} addresses of one digest cost what random ones cost",
                       functools.partial(addresses_cost_the_same, host, count)) for count in (20000, 60000)], jobs=1) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
