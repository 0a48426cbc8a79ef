#!/usr/bin/env python3
"""The report can be read: texts are filled in, lines fit, columns align, commands stand whole, in both languages; and filters work.

Whether it agrees with the findings of every capture is the question of agreement.py.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import functools
import json
import re
import statistics
import sys
import unicodedata

import jsonschema
import many_findings
from agreement import CASE, SCHEMA, findings_of, total_in
from command import FORMS
from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import Failure, Host, expect_same, run_tests

LABEL_COLUMNS, LINE_COLUMNS = 12, 115
LINES_OF_ONE, LINES_WITHOUT = 25, 12  # of a report with one problem, and with none: the median over the captures
GROUPS_SHOWN, FINDINGS_SHOWN = 200, 100  # docs/usage.md; of groups, and of findings of each in the JSON
LISTED = 1000  # of each case, in Statistics > Netcase > Findings
ENGLISH, CHINESE = "Frames", "报文"


# The command prints the same as tshark (command.py), at a fraction of the cost; filters, streams and names of VNIs are tshark's only.
AS_OPTION = {kind: form for form, kind in FORMS.items()}


def print_report(host, expectation, kind, *options):
    """What -z netcase[,KIND] prints."""
    language = [f"--language={value[1]}" for value in (re.fullmatch(r"netcase\.language:(\w+)", option) for option in options) if value]
    if kind in AS_OPTION and len(options) == 2 * len(language):
        command = ["netcase", *filter(None, [AS_OPTION[kind]]), *language, *expectation.options, expectation.capture]
    else:
        command = ["tshark", "-r", expectation.capture, "-q", "-z", "netcase" + kind, *expectation.options, *options]
    result = host.run(command)
    result.check()
    return result.out


@functools.cache
def as_json(host, expectation, language="en"):
    return json.loads(print_report(host, expectation, ",json", "-o", f"netcase.language:{language}"))


def groups(report):
    """The case of each group, in order."""
    return [case for _, case in sorted({(finding["group"], finding["case"]) for finding in report["findings"]})]


def filtered(host, expectation):
    """A filter behind the kind leaves the findings of the frames that it shows."""
    frame = expectation.findings[-1][0]
    report = json.loads(print_report(host, expectation, f",json,frame.number=={frame}"))
    expect_same([one for one in expectation.findings if one[0] == frame], findings_of(report))
    text = print_report(host, expectation, f",long,frame.number=={frame}")
    if f"{ENGLISH:12}{frame}" not in text:
        raise Failure(f"frame {frame} is not in\n{text}")


def brief_json_agrees(host, expectation):
    """One finding of each group, with members as they are in the whole report, and valid."""
    whole = as_json(host, expectation)
    brief = json.loads(print_report(host, expectation, ",json_brief"))
    jsonschema.validate(brief, SCHEMA)
    first = {finding["group"]: finding for finding in reversed(whole["findings"])}
    expect_same(list(enumerate(groups(whole))), list(enumerate(groups(brief))), "-: json   +: json_brief")
    for finding in brief["findings"]:
        if not finding.items() <= first[finding["group"]].items():
            raise Failure(f"differs from the whole report: {finding}")
    for member in ("provenance", "capture", "also_seen", "scope"):
        if brief[member] != whole[member]:
            raise Failure(f"{member}: {brief[member]}, not {whole[member]}")
    if brief["form"] != "brief" or "form" in whole or "sessions" in brief or any("packets" in one for one in brief["findings"]):
        raise Failure(f"not what the form is: {brief}")


def streams_are_wiresharks(host, expectation):
    """tcp_stream of each packet and each finding is one of those that the frames of its flow have. It is there, unless Wireshark gave up
    on each packet of the flow, as it does where the options of TCP are cut."""
    rows = host.fields(expectation.capture, ["netcase.flow", "tcp.stream", "_ws.short", "_ws.malformed", "_ws.unreassembled"], *expectation.options,
                       display_filter="netcase.flow && tcp.stream")
    streams, whole = collections.defaultdict(set), set()
    for flows, numbers, *given_up in rows:
        for flow in map(int, flows):
            streams[flow].update(map(int, numbers))
            if not any(one for values in given_up for one in values):
                whole.add(flow)
    result = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase,json", *expectation.options])
    report = json.loads(result.out)
    shown = [*report["findings"], *report["withdrawn"]]
    for one in [*(packet for finding in shown for packet in finding["packets"]), *shown]:
        flow, stream = one.get("flow"), one.get("tcp_stream")
        if stream is not None and stream not in streams[flow] or stream is None and flow in whole:
            raise Failure(f"streams of its flow: {streams[flow]}, not of {one}")


def brief_can_be_read(host, expectation, language):
    """Filled in, no line too wide but commands, nothing counted that is not there, and the levels and the file are named."""
    text = print_report(host, expectation, "", "-o", f"netcase.language:{language}")
    commands = {command for finding in as_json(host, expectation, language)["findings"] for command in finding["commands"]}
    wide = [line for line in text.splitlines() if width(line) > LINE_COLUMNS and line.strip() not in commands]
    if wide or re.search(r"(?<![%$])\{\w+\}| \? |\(null\)", text):
        raise Failure("\n".join([*wide, text]))
    if re.search(r"^[^\n]*\b0 of ", "\n".join(text.splitlines()[:4]), re.MULTILINE) or re.search(r"\b1 (?:problems|packets|connections|flows)\b", text):
        raise Failure(f"does not count as a person\n{text}")
    if expectation.capture.name not in text.splitlines()[0] or "levels:" not in text.splitlines()[0]:
        raise Failure(f"does not say where it comes from\n{text}")


def lengths_of(host, expectations):
    """Lines of the report by the number of groups: none, one, more."""
    lengths = {0: [], 1: [], 2: []}
    for expectation in expectations:
        brief, report = print_report(host, expectation, ""), as_json(host, expectation)
        lengths[min(len(groups(report)), 2)].append(len(brief.strip().splitlines()))
    return lengths


def is_short(host, expectations):
    lengths = lengths_of(host, expectations)
    median = {count: statistics.median(lines) for count, lines in lengths.items() if lines}
    if median[0] > LINES_WITHOUT or median[1] > LINES_OF_ONE:
        raise Failure(f"median of lines: {median}")


def width(text):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def listed_frames(text, label):
    """Number of findings in the lines that list their frames."""
    count = 0
    for listed in re.findall(rf"^(?:   {label} +|- \*\*{label}[:：]\*\* )(.*)$", text, re.MULTILINE):
        more = re.search(r" and (\d+) more$", listed)
        every = re.search(r" 等 (\d+) 个$", listed)
        count += int(every[1]) if every else len(re.findall(r"\d+", listed.split(" and ")[0])) + (int(more[1]) if more else 0)
    return count


def text_agrees(host, expectation, kind, language, label):
    report = as_json(host, expectation)
    text = print_report(host, expectation, kind, "-o", f"netcase.language:{language}")
    titles = re.findall(r"^#* ?\d+\. .*[(（]`?([a-z_]+\.[a-z_]+)`?[)）]$", text, re.MULTILINE)
    expect_same(list(enumerate(groups(report))), list(enumerate(titles)), "titles, -: of the JSON   +: of the text")
    if listed_frames(text, label) != len(report["findings"]):
        raise Failure(f"lists {listed_frames(text, label)} frames of {len(report['findings'])} findings\n{text}")
    if re.search(r"(?<![%$])\{\w+\}| \? ", text):
        raise Failure(f"a text was not filled in\n{text}")
    commands_stand_whole(as_json(host, expectation, language), text, kind)


def commands_stand_whole(report, text, kind):
    """A command is a line of its own, or in markdown a part in backquotes; of other lines none is too long."""
    first = {finding["group"]: finding for finding in reversed(report["findings"])}
    commands = {command for finding in first.values() for command in finding["commands"]}
    lines = [line.strip() for line in text.splitlines()]
    for command in commands:
        in_backquotes = rf"[ ：](`+) ?{re.escape(command)} ?\1$"
        if command not in lines if kind != ",markdown" else not re.search(in_backquotes, text, re.MULTILINE):
            raise Failure(f"not whole: {command}\n{text}")
    wide = [line for line in lines if kind != ",markdown" and width(line) > LINE_COLUMNS and line not in commands]
    if wide:
        raise Failure("too wide:\n" + "\n".join(wide))


def labels_are_aligned(host, expectation):
    """In a terminal, where a Chinese character takes two columns."""
    text = print_report(host, expectation, ",long", "-o", "netcase.language:zh_CN")
    labels = re.findall(r"^(?:   )?((?:抓包|流|可见方向|镜像会话|截短|重复|漏抓|诊断结果|报文|佐证报文|次数|起因|TCP|TLS) {2,})\S", text, re.MULTILINE)
    if len(labels) < 6 or {width(label) for label in labels} != {LABEL_COLUMNS}:
        raise Failure(f"not aligned: {labels}")


def table_is_aligned(host, expectation):
    """All cells of a column begin in the same column of the terminal, behind names of any script."""
    for language, heading in (("en", "session"), ("zh_CN", "会话")):
        text = print_report(host, expectation, ",sessions", "-o", 'uat:netcase_vni_names:"1","网关一号"',
                            "-o", 'uat:netcase_vni_names:"2","web"', "-o", f"netcase.language:{language}")
        starts = {tuple(width(line[:cell.start()]) for cell in re.finditer(r"\S+(?: \S+)*", line)) for line in text.splitlines()}
        if "网关一号" not in text or not text.startswith(heading) or len(starts) != 1:
            raise Failure(f"cells begin at {starts}\n{text}")


def word_tests(host, expectation):
    yield "text", functools.partial(text_agrees, host, expectation, ",long", "en", ENGLISH)
    yield "text in Chinese", functools.partial(text_agrees, host, expectation, ",long", "zh_CN", CHINESE)
    yield "brief", functools.partial(brief_can_be_read, host, expectation, "en")
    yield "brief in Chinese", functools.partial(brief_can_be_read, host, expectation, "zh_CN")
    yield "markdown", functools.partial(text_agrees, host, expectation, ",markdown", "en", ENGLISH)
    yield "markdown in Chinese", functools.partial(text_agrees, host, expectation, ",markdown", "zh_CN", CHINESE)
    yield "filter", functools.partial(filtered, host, expectation)
    yield "brief JSON", functools.partial(brief_json_agrees, host, expectation)
    yield "streams", functools.partial(streams_are_wiresharks, host, expectation)
    yield "labels are aligned", functools.partial(labels_are_aligned, host, expectation)


def nothing_found(host, expectation):
    expect_same([], findings_of(as_json(host, expectation)))
    if not re.search(r"^Findings +none$", print_report(host, expectation, ",long"), re.MULTILINE):
        raise Failure("the text does not say that nothing was found")
    if not re.search(r"^No problem found(: all \d+ connections were established)?$", print_report(host, expectation, ""), re.MULTILINE):
        raise Failure("the short text does not say that nothing was found")


def wrong_filter(host, expectation):
    result = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase,json,no such filter"])
    if result.status == 0 or "netcase,json,no such filter" not in result.err:
        raise Failure(f"ended with {result.status}\n{result.err}")


def timers_table(host, expectation):
    """The bracket that a finding tells is in the table."""
    text = print_report(host, expectation, ",timers")
    if not re.search(r"^10\.2\.0\.2:80 +\d+\.\d\d s +\d+\.\d\d s +\d+\.\d\d s to \d+\.\d\d s ", text, re.MULTILINE):
        raise Failure(f"no bracket of 10.2.0.2:80 in\n{text}")


def timers_of_tenants(host, expectation):
    """Servers with one address in two VNIs are two."""
    text = print_report(host, expectation, ",timers")
    chinese = print_report(host, expectation, ",timers", "-o", "netcase.language:zh_CN")
    for vni in (7, 8):
        if not re.search(rf"^10\.2\.0\.2:443 \(VNI {vni}\) +\d", text, re.MULTILINE):
            raise Failure(f"not a line for VNI {vni} in\n{text}")
        if not re.search(rf"^10\.2\.0\.2:443（VNI {vni}） +\d", chinese, re.MULTILINE):
            raise Failure(f"not a line for VNI {vni} in\n{chinese}")


# -- How connections ended --------------------------------------------------------------------------------------------

# By how the captures were made: the server, connections, and how they ended.
ENDED = {
    "healthy/http-browsing": [("10.2.0.2:80", 2, "FIN of both, the client first"),
                              ("[2001:db8:2::2]:80", 2, "FIN of both, the client first")],
    "idle/handbook-15s-reset": [("115.28.115.126:88", 1, "RST in the midst of the connection, from the address of the server")],
    "connect/refused-mirror-cut": [("10.2.0.2:8080 (VNI 7)", 1, "RST+ACK after the SYN, from the address of the server")],
    "connect/unanswered": [("115.28.115.126:88", 1, "nothing after the SYN")],
    "connect/half-open-ack-lost": [("10.2.0.2:80", 1, "nothing of the client after the SYN-ACK")],
    "connect/half-open-ack-lost-client": [("10.2.0.2:80", 1, "open when the capture ends, one segment of the client only")],
    "policy/cut-reset-after-fin": [("10.2.0.2:8703", 3, "RST after a FIN, from the address of the client")],
    "policy/cut-download-reset-router-any": [
        ("[2001:db8:2::2]:80", 2, "RST in the midst of the connection, from the address of the client")],
}


ENDINGS_SHOWN = 50  # servers, with at least a line each


def endings_in(text):
    return [(row[1], int(row[2]), row[3]) for row in re.finditer(r"^(\S+(?: \([^)]*\))?) +(\d+) +(?:< )?\d+ % .*?Z +\S+Z  (.*)$", text, re.MULTILINE)]


def endings_are(host, expectation, ended):
    expect_same(ended, endings_in(print_report(host, expectation, ",endings")))


def endings_add_up(host, expectation):
    """Each connection is counted once, in the text and in JSON."""
    text = endings_in(print_report(host, expectation, ",endings"))
    document = json.loads(print_report(host, expectation, ",endings_json"))
    listed = [(server["server"], way["connections"], way["how"]) for server in document["servers"] for way in server["endings"]]
    expect_same(text, listed[:len(text)], "-: in the text   +: as JSON")
    if len(text) < min(len(listed), ENDINGS_SHOWN):
        raise Failure(f"{len(text)} lines of {len(listed)}")
    for server in document["servers"]:
        expect_same([server["connections"]], [sum(way["connections"] for way in server["endings"])])
    flows = {values[-1] for (values,) in host.fields(expectation.capture, ["netcase.flow"], *expectation.options,
                                                     display_filter="tcp && netcase.flow && !icmp && !icmpv6")}
    expect_same([len(flows)], [document["connections"]], "connections, -: flows of TCP frames   +: counted")


def endings_of_a_filter(host, expectation):
    expect_same([("10.2.0.2:80", 3, "FIN of both, the client first")], endings_in(print_report(host, expectation, ",endings,tcp.port==80")))


# -- Thousands of findings: what is shown is bounded, and the rest is counted -----------------------------------------


def total_counted(counts):
    """What is shown and what is counted, by case, must be all there is."""
    expect_same(sorted(many_findings.COUNTS.items()), sorted(counts.items()), "-: made   +: shown and counted")


def many_in_text(host, capture, kind, language, rest):
    """`rest` is how a line counts what is left."""
    result = host.run(["tshark", "-r", capture, "-q", "-z", "netcase" + kind, "-o", f"netcase.language:{language}"])
    result.check()
    label = ENGLISH if language == "en" else CHINESE
    _, *shown = re.split(rf"^(?:### )?\d+\. .*[(（]`?({CASE})`?[)）]$", result.out, flags=re.MULTILINE)
    groups_shown = list(zip(shown[::2], shown[1::2]))
    if len(groups_shown) != GROUPS_SHOWN:
        raise Failure(f"{len(groups_shown)} groups are shown")
    if language == "en" and total_in(result.out)[0] != sum(many_findings.COUNTS.values()):
        raise Failure(f"the head counts {total_in(result.out)}")
    counts = collections.Counter()
    for case, text in groups_shown:
        counts[case] += listed_frames(text, label)
    culprits = 0
    for case, findings, about in re.findall(rf"^(?:   )?- ({CASE}){rest}$", result.out, re.MULTILINE):
        counts[case] += int(findings)
        culprits += int(about)
    total_counted(counts)
    if culprits + GROUPS_SHOWN != many_findings.SERVERS + 1 + many_findings.RESOLVERS:
        raise Failure(f"{culprits} culprits are counted")


def many_in_json(host, capture):
    report = json.loads(host.run(["tshark", "-r", capture, "-q", "-z", "netcase,json"]).out)
    jsonschema.validate(report, SCHEMA)
    groups = collections.Counter(finding["group"] for finding in report["findings"])
    if len(groups) != GROUPS_SHOWN or max(groups.values()) != FINDINGS_SHOWN:
        raise Failure(f"{len(groups)} groups, of one {max(groups.values())} findings")
    counts = collections.Counter(finding["case"] for finding in report["findings"])
    for rest in report["not_shown"]:
        counts[rest["case"]] += rest["findings"]
    total_counted(counts)


def many_all(host, capture):
    """json_all leaves nothing out, and -Y netcase.expert neither, though they come thousands in a frame."""
    report = json.loads(host.run(["tshark", "-r", capture, "-q", "-z", "netcase,json_all"]).out)
    jsonschema.validate(report, SCHEMA)
    if "not_shown" in report:
        raise Failure(f"not shown: {report['not_shown']}")
    expect_same(findings_of(report), host.findings(capture), "-: json_all   +: -Y netcase.expert")
    total_counted(collections.Counter(name for _, name in findings_of(report)))


def many_in_a_frame(host, capture):
    """The first have all their fields, all have those that tell how grave they are."""
    names = ["netcase.expert", "netcase.severity", "netcase.summary", "netcase.client"]
    rows = host.fields(capture, names, display_filter="netcase.dns.unanswered")
    counts = [len(values) for values in max(rows, key=lambda row: len(row[0]))]
    if counts != [many_findings.RESOLVERS] * 3 + [FINDINGS_SHOWN]:
        raise Failure(f"values of {names}: {counts}")


def many_in_the_tree(host, capture):
    """Statistics > Netcase > Findings lists the first of a case and counts the others."""
    result = host.run(["tshark", "-r", capture, "-q", "-z", "netcase_findings,tree"])
    result.check()
    made = many_findings.COUNTS[many_findings.REFUSED]
    more = [int(count) for count in re.findall(r"^   more findings +(\d+) ", result.out, re.MULTILINE)]
    flows = len(re.findall(r"^    flow \d+ ", result.out, re.MULTILINE))
    if more != [made - LISTED] or flows != LISTED + many_findings.COUNTS[many_findings.UNANSWERED]:
        raise Failure(f"counts {more} more findings of {made}, lists {flows} flows")


def many_tests(host):
    capture = host.folder / "many.pcap"
    many_findings.write(capture)
    english, chinese = r" \(warning\): (\d+) findings? about (\d+) culprits?", r"（警告）：(\d+) 个诊断结果，涉及 (\d+) 个对象"
    for kind in (",long", ",markdown"):
        yield f"report many: text{kind}", functools.partial(many_in_text, host, capture, kind, "en", english)
        yield f"report many: text{kind} in Chinese", functools.partial(many_in_text, host, capture, kind, "zh_CN", chinese)
    yield "report many: JSON", functools.partial(many_in_json, host, capture)
    yield "report many: all of them", functools.partial(many_all, host, capture)
    yield "report many: in the statistics", functools.partial(many_in_the_tree, host, capture)
    yield "report many: in one frame", functools.partial(many_in_a_frame, host, capture)


def main():
    host = Host()
    expectations = [one for one in all_expectations() if one.capture]
    named = {one.name: one for one in expectations}
    tests = [(f"report {one.name}: {name}", test) for one in chosen_captures() for name, test in word_tests(host, one)]
    healthy = next(one for one in expectations if one.healthy)
    tests += [(f"report {healthy.name}: nothing found", functools.partial(nothing_found, host, healthy)),
              ("report is short", functools.partial(is_short, host, expectations[::3])),
              ("report a wrong filter is refused", functools.partial(wrong_filter, host, healthy)),
              ("report a table with Chinese names", functools.partial(table_is_aligned, host, named["mirror/two-vni-same-connection"])),
              ("report endings of a filter", functools.partial(endings_of_a_filter, host, named["connect/refused-router-any"])),
              ("report timers", functools.partial(timers_table, host, named["idle/bracket-17s-to-33s"])),
              ("report timers of two tenants", functools.partial(timers_of_tenants, host, named["mixed/tenants-mirror-cut"]))]
    tests += [(f"report endings of {name}", functools.partial(endings_are, host, named[name], ended)) for name, ended in ENDED.items()]
    tests += [(f"report endings add up: {one.name}", functools.partial(endings_add_up, host, one)) for one in expectations[::25]]
    tests += many_tests(host)
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
