#!/usr/bin/env python3
"""The command `netcase` says of each capture what Wireshark says, in each form; what it can't open it names; and it ends as scripts want it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import gzip
import json
import pathlib
import re
import struct
import sys
import tempfile

import jsonschema
from agreement import SCHEMA, findings_of
from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import CAPTURES, Failure, Host, expect_same, run_tests

CAPTURE = CAPTURES / "idle" / "handbook-15s-reset.pcapng"
FOUND = 20

# Each form, and the kind of -z netcase that prints the same.
FORMS = {"": "", "--long": ",long", "--markdown": ",markdown", "--json": ",json", "--json-all": ",json_all", "--json-brief": ",json_brief",
         "--html": ",html", "--endings": ",endings", "--endings-json": ",endings_json", "--sessions": ",sessions", "--timers": ",timers"}
LANGUAGES = ("en", "zh_CN")


def netcase(host, *words, status=0, **how):
    result = host.run(["netcase", *words], **how)
    if result.status != status:
        raise Failure(f"{' '.join(result.command)}\nended with {result.status}, not {status}\n{result.err}")
    return result


def reports_what_is_expected(host, expectation):
    report = json.loads(netcase(host, "--json-all", *expectation.options, expectation.capture).out)
    jsonschema.validate(report, SCHEMA)
    expect_same(expectation.findings, findings_of(report))


def without_what_differs(text):
    """Only Wireshark counts streams, and each names itself."""
    text = re.sub(r'\s*"tcp_stream": ?\d+,?', "", text)
    text = re.sub(r'"host": ?"[^"]*"', "", text)
    return re.sub(r",?\s*([}\]])", r"\1", text)


def says_what_wireshark_says(host, expectation, form, language):
    plugin = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase" + FORMS[form], "-o", f"netcase.language:{language}",
                       *expectation.options])
    plugin.check()
    command = netcase(host, *filter(None, [form]), f"--language={language}", *expectation.options, expectation.capture)
    expect_same(without_what_differs(plugin.out).splitlines(), without_what_differs(command.out).splitlines(), "-: tshark   +: netcase")


# -- What can't be opened -----------------------------------------------------------------------------------------------


def ethernet(kind, payload):
    return bytes(12) + struct.pack("!H", kind) + payload


def ipv4(protocol, payload, identification=1, fragment=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0, bytes((10, 1, 0, 2)),
                       bytes((10, 2, 0, 2)))
    return head + payload


def udp(port, payload):
    return struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload


def write(path, frames, link=1):
    data = struct.pack("!IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
    for number, frame in enumerate(frames):
        data += struct.pack("!IIII", 1700000000 + number, 0, len(frame), len(frame)) + frame
    path.write_bytes(data)


def unread(host, frames, link=1):
    path = pathlib.Path(tempfile.mkdtemp(dir=host.folder)) / "made.pcap"
    write(path, frames, link)
    report = json.loads(netcase(host, "--json", path).out)
    said = report["capture"].get("unread")
    shown = netcase(host, path).out
    if said and said not in re.sub(r"\s+", " ", shown):
        raise Failure(f"the report for a terminal does not say: {said}\n{shown}")
    verdict = "No problem found\n" if not said else "No problem found in what was looked at\n" if report["capture"]["packets"] else "Nothing was judged\n"
    if f"\n{verdict}" not in shown or said and "none of TCP" in shown:
        raise Failure(f"not {verdict}\n{shown}")
    return said, report["capture"]


def what_it_cannot_open_it_names(host):
    plain = ethernet(0x0800, ipv4(17, udp(5000, b"x")))
    for frames, link, words in (([plain], 1, None),
                                ([plain, plain], 127, "2 of 2 packets (2 of link layer IEEE 802.11 plus radiotap radio header)"),
                                ([plain, ethernet(0x0800, ipv4(17, udp(2152, bytes(8))))], 1, "1 of 2 packets (1 in tunnels"),
                                ([ethernet(0x88e7, bytes(30)), plain], 1, "1 of 2 packets (1 in tunnels"),
                                ([ethernet(0x0800, ipv4(115, bytes(30)))], 1, "1 of 1 packets (1 in tunnels"),
                                ([ethernet(0x0806, bytes(28))], 1, None)):
        said, _ = unread(host, frames, link)
        if (words or "") not in (said or "") or (said is None) != (words is None):
            raise Failure(f"not {words}: {said}")


def link_layers_are_opened(host):
    """The same datagram behind each head is one packet of one flow."""
    inside = ipv4(17, udp(5000, b"x"))
    vxlan = ipv4(17, udp(4789, b"\x08\0\0\0\0\0\x07\0" + ethernet(0x0800, inside)))
    ways = {"Ethernet": (1, ethernet(0x0800, inside)),
            "VLAN": (1, ethernet(0x8100, struct.pack("!HH", 7, 0x0800) + inside)),
            "QinQ": (1, ethernet(0x88a8, struct.pack("!HHHH", 7, 0x8100, 8, 0x0800) + inside)),
            "SNAP": (1, ethernet(8 + len(inside), b"\xaa\xaa\x03\0\0\0\x08\0" + inside)),
            "PPPoE": (1, ethernet(0x8864, struct.pack("!BBHHH", 0x11, 0, 1, 2 + len(inside), 0x21) + inside)),
            "MPLS": (1, ethernet(0x8847, b"\0\x01\x01\x40" + inside)),
            "two labels": (1, ethernet(0x8847, b"\0\x01\0\x40\0\x01\x01\x40" + inside)),
            "raw": (101, inside), "loopback": (0, b"\x02\0\0\0" + inside), "loopback, big-endian": (108, b"\0\0\0\x02" + inside),
            "cooked": (113, bytes(14) + b"\x08\0" + inside), "cooked, version 2": (276, b"\x08\0" + bytes(18) + inside),
            "PPP": (9, b"\xff\x03\0\x21" + inside), "PPP, compressed": (9, b"\x21" + inside),
            "IPIP": (101, ipv4(4, inside)), "GRE": (101, ipv4(47, b"\0\0\x08\0" + inside)), "VXLAN": (101, vxlan)}
    for name, (link, frame) in ways.items():
        said, capture = unread(host, [frame], link)
        if said or capture["udp_flows"] != 1:
            raise Failure(f"{name}: {said}, {capture}")


def fragments_are_put_together(host):
    """In any order, and parts that come twice."""
    whole = udp(5000, bytes(40))
    parts = [ethernet(0x0800, ipv4(17, whole[:16], fragment=0x2000)), ethernet(0x0800, ipv4(17, whole[16:32], fragment=0x2002)),
             ethernet(0x0800, ipv4(17, whole[32:], fragment=4))]
    for order, flows in (((0, 1, 2), 1), ((2, 0, 1), 1), ((1, 1, 2, 0), 1), ((0, 2), 0), ((1, 2), 0)):
        said, capture = unread(host, [parts[one] for one in order])
        if said or capture["udp_flows"] != flows:
            raise Failure(f"{order}: {said}, {capture}")


# -- What is wrong with a capture, and what a script wants ----------------------------------------------------------------


def broken_captures_are_named(host):
    folder = pathlib.Path(tempfile.mkdtemp(dir=host.folder))
    (folder / "text.pcap").write_text("no capture")
    (folder / "empty.pcap").write_bytes(b"")
    (folder / "cut.pcapng").write_bytes(CAPTURE.read_bytes()[:-9])
    (folder / "two\nlines\x1b[31m.pcap").write_text("no capture")
    for name, words in (("missing.pcap", "No such file"), ("text.pcap", "known format"), ("", "directory"),
                        ("two\nlines\x1b[31m.pcap", r"two\nlines\x1b[31m.pcap")):
        result = netcase(host, folder / name, status=1)
        if result.out or words not in result.err or "\x1b" in result.err or result.err.count("\n") != 1:
            raise Failure(f"{name}: {result.out}{result.err}")
    if "No packets" not in netcase(host, folder / "empty.pcap").out:
        raise Failure("an empty file is said to have packets")
    result = netcase(host, "--json", folder / "cut.pcapng", status=1)
    if "cut short" not in result.err or json.loads(result.out)["capture"]["frames"] == 0:
        raise Failure(f"{result.err}{result.out[:300]}")


def captures_come_as_they_are(host):
    """Compressed, on standard input, with a name that looks like an option, several of them."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=host.folder))
    packed = folder / "-o.pcapng.gz"
    packed.write_bytes(gzip.compress(CAPTURE.read_bytes()))
    wanted = json.loads(netcase(host, "--json", CAPTURE).out)
    for words in (["--json", packed], ["--json", "--", packed]):
        expect_same(findings_of(wanted), findings_of(json.loads(netcase(host, *words).out)))
    piped = host.run(["sh", "-c", f"cat '{CAPTURE}' | netcase --json -"])
    piped.check()
    expect_same(findings_of(wanted), findings_of(json.loads(piped.out)))
    both = netcase(host, CAPTURE, packed).out
    if both.count("idle.reset: ") != 2 or "-o.pcapng.gz" not in both:
        raise Failure(both)


def ends_as_scripts_want(host):
    """20 for what is asked for, 1 for what fails, 2 for what makes no sense; output that nobody can read is a failure."""
    healthy = next(one.capture for one in all_expectations() if one.healthy and one.capture and not one.findings)
    for words, status in ((["--fail-on", "error", CAPTURE], FOUND), (["--fail-on=chat", CAPTURE], FOUND), (["--fail-on", "chat", healthy], 0),
                          (["--fail-on", "error", CAPTURE, "missing"], 1), (["--fail-on", "grave", CAPTURE], 2), ([], 2),
                          (["--json", "--long", CAPTURE], 2), (["--no-such-option", CAPTURE], 2), (["--language", "fr", CAPTURE], 2),
                          (["-o", "netcase.no_such:1", CAPTURE], 2), (["-o", "netcase.levels:x", CAPTURE], 2),
                          (["-o", "netcase.tls_ports:1-x", CAPTURE], 2), (["-o", "netcase.home_countries:China", CAPTURE], 2),
                          (["-o", "netcase.country_db:/missing", CAPTURE], 2), (["-o", "netcase.connect_seconds:99999999", CAPTURE], 2),
                          (["-o", "gui.x:1", CAPTURE], 2)):
        result = netcase(host, *words, status=status)
        if (status in (1, 2)) != bool(result.err.startswith("netcase: ")):
            raise Failure(f"{words}: {result.err}")
    full = host.run(["sh", "-c", f"netcase --json '{CAPTURE}' > /dev/full"])
    if full.status != 1 or "standard output" not in full.err:
        raise Failure(f"ended with {full.status}\n{full.err}")


def preferences_take_effect(host):
    """As in Wireshark, and they are named."""
    report = json.loads(netcase(host, "--json", "-o", "netcase.levels:30", "-o", "netcase.tls_ports:443,8000-8002", CAPTURE).out)
    if findings_of(report) or report["provenance"]["options"] != ["netcase.levels:30", "netcase.tls_ports:443,8000-8002"]:
        raise Failure(f"{findings_of(report)} {report['provenance']}")


def tells_about_itself(host):
    for word, begins in (("--version", r"netcase \d+\.\d+\.\d+\n$"), ("--help", r"Usage:\n  netcase ")):
        result = netcase(host, word)
        if not re.match(begins, result.out) or result.err:
            raise Failure(f"{result.out}{result.err}")


def main():
    host = Host()
    expectations = [one for one in all_expectations() if one.capture and one.name != "healthy/wifi-repeated-frames"]
    tests = [(f"command {one.name}", functools.partial(reports_what_is_expected, host, one)) for one in expectations]
    forms = [(form, language) for form in FORMS for language in LANGUAGES]
    for number, one in enumerate(chosen_captures()):
        form, language = forms[number % len(forms)]
        tests.append((f"command {one.name}: {form or 'report'} in {language} is that of tshark",
                      functools.partial(says_what_wireshark_says, host, one, form, language)))
    tests += [(f"command {test.__name__.replace('_', ' ')}", functools.partial(test, host))
              for test in (what_it_cannot_open_it_names, link_layers_are_opened, fragments_are_put_together, broken_captures_are_named,
                           captures_come_as_they_are, ends_as_scripts_want, preferences_take_effect, tells_about_itself)]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
