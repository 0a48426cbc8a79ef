#!/usr/bin/env python3
"""Every preference and table takes effect, from the command line and from its file; what is wrong in one is named.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import itertools
import os
import pathlib
import re
import shutil
import struct
import sys
import tempfile

from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import CAPTURES, Failure, Host, expect_same, run_tests
from sharkd import found, load, preferences, rows, talk

IDLE = CAPTURES / "idle" / "handbook-15s-reset.pcapng"
MIRROR = CAPTURES / "mirror" / "two-vni-same-connection.pcapng"
CNAME = CAPTURES / "dns" / "handbook-cname-abroad-home-set.pcapng"
NO_HELLO = CAPTURES / "tls" / "no-hello-client-closes.pcapng"

# Table: the capture, other options, a row, and how the row shows: a filter and the number of frames without and with it.
TABLES = {
    "netcase_vni_names": (MIRROR, [], '"2","web tier"', 'netcase.mirror.name == "web tier"', 0, 10),
    "netcase_expected_cnames": (CNAME, ["-o", "netcase.home_countries:CN"], '"pay.com","gfvip09aj.com"', "netcase.dns.cname_offshore", 1, 0),
    "netcase_tls_ports": (NO_HELLO, ["-o", "netcase.tls_ports:1"], '"443","own server"', "netcase.tls.no_client_hello", 0, 1),
    "netcase_timers": (IDLE, [], '"ACME","Own firewall","session","TCP","15","reset","its manual"', 'netcase.timer contains "Own firewall"', 0, 1),
}

# Table: rows that are wrong, and what the message says of them.
WRONG_ROWS = [
    ("netcase_vni_names", '"16777216","web tier"', 'netcase VNI name "web tier": VNI 16777216 is above 16777215'),
    ("netcase_vni_names", '"two","web tier"', "netcase_vni_names"),
    ("netcase_expected_cnames", '"pay.com",""', 'netcase expected CNAME "pay.com" -> ""'),
    ("netcase_tls_ports", '"70000","own server"', "netcase TLS port: 70000 is not between"),
    ("netcase_timers", '"ACME","Own firewall","session","TCP","0","reset","its manual"', '"0" is not a number of seconds'),
    ("netcase_timers", '"ACME","Own firewall","session","TCP","15","explode","its manual"', '"explode" is none of close, reset, silence'),
]

# Threshold that is longer than what it limits in any capture: a capture that gets a pause of so many seconds in front of a frame, its
# last frame, the case; a value with which it is found all the same, and one with which it is not.
PAUSED = {
    "policy_control_minutes": (CAPTURES / "policy" / "port-unanswered-router-any.pcapng", 300, 13, 25, "policy.port_blocked", 6, 4),
    "policy_cut_minutes": (CAPTURES / "policy" / "cut-download-reset-server.pcapng", 300, 93, 197, "policy.transfer_cut", 6, 4),
    "dns_tcp_seconds": (CAPTURES / "dns" / "tcp-refused-ipv6-router-any.pcapng", 30, 5, 6, "dns.tcp_blocked", 40, 20),
}

PDML_FIELD = re.compile(r'<field name="(netcase[^"]*)" showname="([^":]*)[^"]*"[^>]* show="([^"]*)"')
SAME_IN_CHINESE = {"VNI", "MTU", "URI", "SNI", "User-Agent", "Referer", "SERVFAIL", "NXDOMAIN", "REFUSED"}
UNNAMED = ("netcase.expert", "netcase.continued")  # lines without "name: "; so are expert infos, which begin with the case
TRANSLATED = (".summary", ".cause", ".check", ".disproof", ".continued")  # fields whose values are texts

# Preference: the value is wrong, and the message says what is done instead.
WRONG_VALUES = [("levels", "abc", "Using 15,60,120."), ("levels", "15,0", "Using 15,60,120."),
                ("home_countries", "CN China", '"China"'), ("country_db", "/no/such/file", "/no/such/file"),
                ("country_db", "/dev/zero", "/dev/zero: not a regular file"),
                ("language", "klingon", '"klingon" is none of auto, en, zh_CN. Using auto.'),
                ("info_column", "yes", '"yes" is none of TRUE, FALSE. Using TRUE.'),
                *((name, "yes", '"yes" is none of FALSE, TRUE. Using FALSE.')
                  for name in ("separate_vlans", "separate_interfaces", "separate_ip_tunnels"))]
# What Wireshark itself refuses to take from the command line, and names when it stands in a file.
REFUSED_VALUES = [("vxlan_ports", "rubbish"), ("tls_ports", "443,x"), ("mirror_one_way_packets", "four"), ("mirror_one_way_packets", "-1")]


def count(host, capture, display_filter, *options, **environment):
    result = host.run(["tshark", "-r", capture, *options, "-Y", display_filter, "-T", "fields", "-e", "frame.number"], **environment)
    result.check()
    return len(result.out.split())


def home_with(host, files):
    """A home of an ordinary user who has saved these files."""
    home = pathlib.Path(tempfile.mkdtemp(dir=host.folder))
    shutil.copytree(host.folder / "with", home, dirs_exist_ok=True)
    settings = home / ".config" / "wireshark"
    settings.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (settings / name).write_text(text, encoding="utf-8")
    return {"HOME": str(home)}


# -- Tables -------------------------------------------------------------------------------------

def row_takes_effect(host, table):
    capture, options, row, display_filter, without, with_row = TABLES[table]
    counts = {"without": count(host, capture, display_filter, *options),
              "-o": count(host, capture, display_filter, *options, "-o", f"uat:{table}:{row}"),
              "file": count(host, capture, display_filter, *options, **home_with(host, {table: row + "\n"}))}
    if counts != {"without": without, "-o": with_row, "file": with_row}:
        raise Failure(f"frames with {display_filter}: {counts}")


def wrong_row_is_named(host, table, row, message):
    """-o is refused; with a wrong row in a file tshark goes on, without it."""
    command = ["tshark", "-r", IDLE, "-Y", "netcase.expert"]
    refused = host.run([*command, "-o", f"uat:{table}:{row}"])
    if refused.status == 0 or message not in refused.err:
        raise Failure(f"-o ended with {refused.status}, and not '{message}'\n{refused.err}")
    loaded = host.run(command, **home_with(host, {table: row + "\n"}))
    if loaded.status != 0 or message not in loaded.err:
        raise Failure(f"with the file it ended with {loaded.status}, and not '{message}'\n{loaded.err}")


# -- Preferences --------------------------------------------------------------------------------

@functools.cache
def thresholds(host):
    """{name: (minimum, maximum, default)}"""
    listed = host.run(["tshark", "-G", "currentprefs"]).out
    found = re.findall(r"\((\d+) to (\d+)\)\n# A decimal number\n#netcase\.(\w+): (\d+)", listed)
    return {name: (int(minimum), int(maximum), int(default)) for minimum, maximum, name, default in found}


def all_thresholds(host, value):
    """Options that set each threshold to value(minimum, maximum)."""
    return [word for name, (low, high, _) in thresholds(host).items() for word in ("-o", f"netcase.{name}:{value(low, high)}")]


def read(host, *options, **environment):
    result = host.run(["tshark", "-r", IDLE, *options, "-Y", "netcase.expert", "-T", "fields", "-e", "netcase.expert"], **environment)
    result.check()
    return result


def bounds_are_allowed(host):
    for value in (min, max):
        complaint = read(host, *all_thresholds(host, value)).err
        if complaint:
            raise Failure(complaint)


def beyond_bounds_is_named(host):
    """With the default that is used instead; on the command line and in the file of preferences."""
    if not thresholds(host):
        raise Failure("the plugin has no thresholds")
    for value in (lambda low, high: low - 1, lambda low, high: high + 1):
        options = all_thresholds(host, value)
        file = "".join(option.replace(":", ": ", 1) + "\n" for option in options[1::2])
        for result in (read(host, *options), read(host, **home_with(host, {"preferences": file}))):
            missing = [name for name, (low, high, default) in thresholds(host).items()
                       if f"netcase.{name}: {value(low, high)} is not between {low} and {high}. Using {default}." not in result.err]
            if missing or result.out.split() != ["idle.reset"]:
                raise Failure(f"no message about {missing}\n{result.out}{result.err}")


def differ(host, captures, name, value):
    """Whether sharkd, in which starting costs once, finds something else in one of the captures, which have the same options."""
    settings = preferences([*captures[0].options, "-o", f"netcase.{name}:{value}"])
    requests = settings + [request for number, one in enumerate(captures) for request in (load(one.capture), found(number))]
    answers, _ = talk(host, requests)
    return any(rows(shown["result"]) != one.findings for one, shown in zip(captures, answers[len(settings) + 1::2]))


def takes_effect(host, name):
    """A capture with other findings if this threshold is as low or as high as it may be."""
    family = name.split("_")[0]
    captures = [one for one in all_expectations()
                if one.capture and any(case.startswith(f"{family}.") for case in [*one.shows, *one.look_alikes])]
    low, high, _ = thresholds(host)[name]
    groups = itertools.groupby(sorted(captures, key=lambda one: one.options), key=lambda one: one.options)
    if not any(differ(host, group, name, value) for group in (list(alike) for _, alike in groups) for value in (high, low)):
        raise Failure(f"none of {len(captures)} captures has other findings with netcase.{name} {low} or {high}")


def flows(host, capture, *options):
    """How many conversations there are."""
    return len({number for (numbers,) in host.fields(capture, ["netcase.flow"], *options, display_filter="netcase.flow") for number in numbers})


def tag_one_direction(host, capture, tagged):
    """Put a VLAN tag into the Ethernet frames that the server sends, as a mirror port does."""
    host.run(["editcap", "-F", "pcap", capture, tagged]).check()
    old = pathlib.Path(tagged).read_bytes()
    new, place, client = old[:24], 24, old[40 + 6:40 + 12]
    while place < len(old):
        header, place = struct.unpack("<4I", old[place:place + 16]), place + 16
        packet, place = old[place:place + header[2]], place + header[2]
        if packet[6:12] != client:
            packet = packet[:12] + b"\x81\x00\x00\x07" + packet[12:]
        new += struct.pack("<4I", *header[:2], len(packet), header[3] + len(packet) - header[2]) + packet
    pathlib.Path(tagged).write_bytes(new)


def vlans_separate_flows(host):
    with tempfile.NamedTemporaryFile(dir=host.folder, suffix=".pcap") as tagged:
        tag_one_direction(host, IDLE, tagged.name)
        counts = flows(host, tagged.name), flows(host, tagged.name, "-o", "netcase.separate_vlans:TRUE")
    if counts != (1, 2):
        raise Failure(f"flows without and with the preference: {counts}")


def interfaces_separate_flows(host):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        there, back, both = (pathlib.Path(folder, part) for part in ("there", "back", "both"))
        host.run(["tshark", "-r", IDLE, "-Y", "ip.src == 192.168.1.30", "-w", there]).check()
        host.run(["tshark", "-r", IDLE, "-Y", "ip.dst == 192.168.1.30", "-w", back]).check()
        host.run(["mergecap", "-I", "none", "-w", both, there, back]).check()
        counts = flows(host, both), flows(host, both, "-o", "netcase.separate_interfaces:TRUE")
    if counts != (1, 2):
        raise Failure(f"flows without and with the preference: {counts}")


def ip_tunnels_separate_flows(host):
    capture = CAPTURES / "tunnel" / "lvs-tun-works.pcapng"
    without, separated = flows(host, capture), flows(host, capture, "-o", "netcase.separate_ip_tunnels:TRUE")
    if separated <= without:
        raise Failure(f"{without} flows, with the preference {separated}")


def vxlan_ports_take_effect(host):
    if count(host, MIRROR, "netcase.mirror") == 0 or count(host, MIRROR, "netcase.mirror", "-o", "netcase.vxlan_ports:1") != 0:
        raise Failure("mirror sessions are not found by the port")


def limit_takes_effect(host, name):
    capture, pause, frame, last, case, enough, too_little = PAUSED[name]
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        before, after, paused = (pathlib.Path(folder, part) for part in ("before", "after", "paused"))
        host.run(["editcap", "-r", capture, before, f"1-{frame - 1}"]).check()
        host.run(["editcap", "-r", "-t", pause, capture, after, f"{frame}-{last}"]).check()
        host.run(["mergecap", "-a", "-w", paused, before, after]).check()
        for value, expected in ((enough, 1), (too_little, 0)):
            found = [one for _, one in host.findings(paused, "-o", f"netcase.{name}:{value}")].count(case)
            if found != expected:
                raise Failure(f"after {pause} s, with {value} allowed, {case} is found {found} times")


def names_are_chinese(host, expectation, *options, **environment):
    """Every line of a finding has a Chinese name, but for names that are the same in each language; the values are those of English."""
    command = ["tshark", "-r", expectation.capture, *expectation.options, "-T", "pdml", "-J", "netcase"]
    lines = {language: PDML_FIELD.findall(host.run([*command, *more], **extra).out)
             for language, more, extra in (("en", ["-o", "netcase.language:en"], {}), ("zh", options, environment))}
    english = {label for name, label, _ in lines["zh"]
               if name not in UNNAMED and f"netcase.{label}" != name and label.isascii() and label not in SAME_IN_CHINESE}
    if not lines["zh"] or english:
        raise Failure(f"of {len(lines['zh'])} lines these are not Chinese: {english}")
    same = [[(name, value) for name, _, value in lines[language] if not name.endswith(TRANSLATED)] for language in ("en", "zh")]
    expect_same(*same)


def page_is_chinese(host):
    """What the preferences page says of each preference; the file of preferences has it as comments."""
    environment = {"LC_ALL": "zh_CN.UTF-8", **home_with(host, {})}
    listed = host.run(["tshark", "-G", "currentprefs"], **environment).out
    helps = re.findall(r"^# ([^\n]+)\n(?:# [^\n]*\n)*#?netcase\.(\w+):", listed, re.MULTILINE)
    english = [name for text, name in helps if text.isascii()]
    if len(helps) < len(thresholds(host)) + 9 or english:
        raise Failure(f"{len(helps)} preferences, with English help: {english}")


def wrong_value_is_named(host, name, value, message):
    for result in (read(host, "-o", f"netcase.{name}:{value}"), read(host, **home_with(host, {"preferences": f"netcase.{name}: {value}\n"}))):
        if f"netcase.{name}: " not in result.err or message not in result.err:
            raise Failure(f"not '{message}' in\n{result.err}")
        expect_same([("idle.reset",)], [(case,) for case in result.out.split()])


def refused_value_is_named(host, name, value):
    """Wireshark does it before it asks netcase."""
    refused = host.run(["tshark", "-r", IDLE, "-o", f"netcase.{name}:{value}"])
    loaded = read(host, **home_with(host, {"preferences": f"netcase.{name}: {value}\n"}))
    if refused.status == 0 or f"netcase.{name}:{value}" not in refused.err or f"netcase.{name} " not in loaded.err:
        raise Failure(f"-o ended with {refused.status}\n{refused.err}\nthe file: {loaded.err}")


def sharkd_names_wrong_values(host):
    """It tells nobody of what setconf sets: netcase looks when a capture is loaded. Each is named once."""
    wrong = [(name, value, message) for name, value, message in WRONG_VALUES if (name, value) not in (("levels", "abc"), ("country_db", "/no/such/file"))]
    _, err = talk(host, [*(("setconf", {"name": f"netcase.{name}", "value": value}) for name, value, _ in wrong), load(IDLE), load(IDLE)])
    for name, value, message in wrong:
        said = [line for line in err.splitlines() if f"netcase.{name}: " in line and message in line]
        if len(said) != 1:
            raise Failure(f"netcase.{name}: {value} is named {len(said)} times:\n{err}")


def fifo_is_not_waited_for(host):
    """Nobody writes to it."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        fifo = pathlib.Path(folder, "fifo\x1b[2J.mmdb")
        os.mkfifo(fifo)
        result = host.run(["tshark", "-r", IDLE, "-o", f"netcase.country_db:{fifo}", "-Y", "netcase.expert", "-T", "fields", "-e", "netcase.expert"],
                          timeout=30)
    if result.status != 0 or result.out != "idle.reset\n" or "not a regular file" not in result.err or "\x1b" in result.err:
        raise Failure(f"ended with {result.status}: {result.out}{result.err!r}")


def words_are_taken(host):
    """In upper or lower case, and as Wireshark's list shows them."""
    for language, chinese in (("zh_cn", True), ("简体中文", True), ("EN", False), ("english", False), ("auto", True)):
        result = read(host, "-o", f"netcase.language:{language}", "-e", "netcase.summary", LC_ALL="zh_CN.UTF-8")
        if result.err or result.out.isascii() is chinese:
            raise Failure(f"{language}: {result.out}{result.err}")


def messages_are_chinese(host):
    """What is wrong is named in Chinese as well, value and all."""
    wrong = [(name, value, [f"netcase.{name}:{value}"]) for name, value, _ in WRONG_VALUES]
    wrong += [(name, str(high + 1), [f"netcase.{name}:{high + 1}"]) for name, (_, high, _) in thresholds(host).items()]
    wrong += [(table, row.split(",")[0].strip('"'), [f"uat:{table}:{row}"]) for table, row, message in WRONG_ROWS if message.startswith("netcase ")]
    for name, value, options in wrong:
        said = host.run(["tshark", "-r", IDLE, "-o", "netcase.language:zh_CN", "-o", *options], LC_ALL="zh_CN.UTF-8").err
        ours = [line for line in said.splitlines() if "netcase" in line and not line.isascii()]
        if not ours or not any(word in line for line in ours for word in (value, value.split()[-1])):
            raise Failure(f"{name}: {value} is not named in Chinese:\n{said}")


def main():
    host = Host()
    tests = [(f"settings a row of {table}", functools.partial(row_takes_effect, host, table)) for table in TABLES]
    tests += [(f"settings a wrong row of {table}: {row}", functools.partial(wrong_row_is_named, host, table, row, message))
              for table, row, message in WRONG_ROWS]
    tests += [(f"settings netcase.{name}: {value}", functools.partial(wrong_value_is_named, host, name, value, message))
              for name, value, message in WRONG_VALUES]
    tests += [(f"settings netcase.{name}: {value}", functools.partial(refused_value_is_named, host, name, value)) for name, value in REFUSED_VALUES]
    tests += [(f"settings {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in
              (sharkd_names_wrong_values, fifo_is_not_waited_for, words_are_taken, vlans_separate_flows, interfaces_separate_flows, ip_tunnels_separate_flows, vxlan_ports_take_effect)]
    tests += [(f"settings names are Chinese: {one.name}", functools.partial(names_are_chinese, host, one, "-o", "netcase.language:zh_CN"))
              for one in chosen_captures()]
    tests += [("settings names are Chinese: language of the system",
               functools.partial(names_are_chinese, host, chosen_captures()[0], LC_ALL="zh_CN.UTF-8")),
              ("settings the preferences page is Chinese", functools.partial(page_is_chinese, host)),
              ("settings messages are Chinese", functools.partial(messages_are_chinese, host))]
    tests += [("settings thresholds at their bounds", functools.partial(bounds_are_allowed, host)),
              ("settings thresholds beyond their bounds", functools.partial(beyond_bounds_is_named, host))]
    tests += [(f"settings netcase.{name} takes effect", functools.partial(limit_takes_effect if name in PAUSED else takes_effect, host, name))
              for name in thresholds(host)]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
