#!/usr/bin/env python3
"""sharkd, the server behind web interfaces, gives the findings, fields and statistics, and takes new settings.

All captures are read, one after the other in a few processes: what an earlier one left behind would show.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import functools
import itertools
import json
import re
import shutil
import sys

from captures import cases_of
from expectation import all_expectations
from modes import chosen_captures
from netcase_tshark import CAPTURES, Failure, Host, Skip, expect_same, run_tests

COLUMNS = {"column0": "frame.number:1", "column1": "netcase.expert:0"}


def talk(host, requests, plugin=True):
    """The answers to (method, parameters) pairs, and what sharkd complained about."""
    if not shutil.which("sharkd"):
        raise Skip("sharkd is not installed")
    lines = [json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})
             for number, (method, parameters) in enumerate(requests, 1)]
    result = host.run(["sharkd", "-"], plugin, stdin="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]
    if [answer["id"] for answer in answers] != list(range(1, len(requests) + 1)):
        raise Failure(f"{len(answers)} answers to {len(requests)} requests; sharkd ended with {result.status}\n{result.err[-2000:]}")
    return answers, result.err


def ask(host, requests, plugin=True):
    """The results, none of which may be an error."""
    answers, _ = talk(host, requests, plugin)
    for (method, parameters), answer in zip(requests, answers):
        if "error" in answer:
            raise Failure(f"{method} {parameters}: {answer['error']}")
    return [answer["result"] for answer in answers]


def load(capture):
    return "load", {"file": str(capture)}


def load_named(name):
    return load(CAPTURES / f"{name}.pcapng")


def found(number=0):
    """The request for the frames with findings. sharkd remembers what a filter has shown, even when another file is loaded;
    `number` makes it another filter.
    """
    return "frames", {"filter": "netcase.expert" + " " * number, **COLUMNS}


def taps(*names):
    return "tap", {f"tap{number}": name for number, name in enumerate(names)}


def preferences(options):
    """Requests that set what -o would set."""
    return [("setconf", dict(zip(("name", "value"), option.split(":", 1))))
            for word, option in zip(options[::2], options[1::2]) if word == "-o"]


def rows(frames):
    return sorted((int(row["c"][0]), name) for row in frames for name in row["c"][1].split(","))


def items(answer, kind):
    """The lines of the first statistic of this kind."""
    return next(tap for tap in answer["taps"] if tap["tap"] == kind)


def tree(answer, name):
    """{name: count of a node} of each level of a statistic, as (path) -> count."""
    counts = {}

    def walk(nodes, path):
        for node in nodes:
            counts[(*path, node["name"])] = node["count"]
            walk(node.get("sub", []), (*path, node["name"]))
    walk(items(answer, f"stats:{name}")["stats"], ())
    return counts


# -- Findings -----------------------------------------------------------------------------------

def same_findings(expectation, frames, statistics):
    """The list of frames, the expert infos and the tree say what the expectation says."""
    expect_same(expectation.findings, rows(frames), "-: expected   +: in frames")
    infos = [(item["f"], item["m"].split(":")[0].split(" ")[0]) for item in items(statistics, "expert")["details"] if item["p"] == "netcase"]
    expect_same(expectation.findings, sorted(infos), "-: expected   +: expert infos")
    cases = {path[2].split(":")[0]: count for path, count in tree(statistics, "netcase_findings").items() if len(path) == 3}
    expect_same(sorted(collections.Counter(name for _, name in expectation.findings).items()), sorted(cases.items()),
                "-: expected   +: in stat:netcase_findings")


def findings_in_a_row(host, expectations):
    """Captures that are read by one sharkd."""
    requests = preferences(expectations[0].options)
    start = len(requests)
    for number, expectation in enumerate(expectations):
        requests += [load(expectation.capture), found(number), taps("expert", "stat:netcase_findings")]
    answers = ask(host, requests)[start:]
    problems = []
    for expectation, _, frames, statistics in zip(expectations, answers[::3], answers[1::3], answers[2::3]):
        try:
            same_findings(expectation, frames, statistics)
        except Failure as problem:
            problems.append(f"{expectation.name}\n{problem}")
    if problems:
        raise Failure("\n".join(problems))


def row_tests(host):
    """By folder and options."""
    def kind(expectation):
        return expectation.name.split("/")[0], tuple(expectation.options)
    expectations = sorted((one for one in all_expectations() if one.capture), key=kind)
    for (folder, options), group in itertools.groupby(expectations, kind):
        group = list(group)
        name = " ".join(["sharkd", folder, *options]) + f": findings of {len(group)} captures"
        yield name, functools.partial(findings_in_a_row, host, group)


# -- Fields -------------------------------------------------------------------------------------

def nodes_of(nodes):
    """All nodes of a tree of the details pane."""
    for node in nodes:
        yield node
        yield from nodes_of(node.get("n", []))


def details(host, expectation):
    """The first frame of each case shows the finding; each filter that its items offer finds the frame; frames are links."""
    start = [*preferences(expectation.options), load(expectation.capture)]
    frames = sorted({name: frame for frame, name in reversed(expectation.findings)}.values())
    shown = ask(host, start + [("frame", {"frame": frame, "proto": True}) for frame in frames])[len(start):]
    filters = []
    for frame, answer in zip(frames, shown):
        nodes = list(nodes_of(node for node in answer["tree"] if node.get("f") == "netcase"))
        names = {name for number, name in expectation.findings if number == frame}
        expect_same(sorted((f'netcase.expert == "{name}"',) for name in names),
                    sorted({(node["f"],) for node in nodes if node.get("f", "").startswith("netcase.expert ")}))
        missing = names - {node["f"].removeprefix("netcase.") for node in nodes if "f" in node}
        if missing:
            raise Failure(f"frame {frame}: no expert info of {missing}")
        links = [node for node in nodes if re.match(r"netcase\.(evidence|trigger) ", node.get("f", "")) and node.get("t") != "framenum"]
        if links:
            raise Failure(f"frame {frame}: no links: {links}")
        filters += [(frame, node["f"]) for node in nodes if node.get("f", "").startswith("netcase")]
    answers = ask(host, start + [("frames", {"filter": text}) for _, text in filters])[len(start):]
    lost = [f"frame {frame}: {text}" for (frame, text), rows_found in zip(filters, answers)
            if frame not in {row["num"] for row in rows_found}]
    if lost:
        raise Failure("filters that do not find their own frame:\n" + "\n".join(lost))


def filters_are_checked(host):
    good = ["netcase", "netcase.expert", "netcase.flow == 1", *(f"netcase.{case}" for case in cases_of(host))]
    ask(host, [("check", {"filter": text}) for text in good])
    answers, _ = talk(host, [("check", {"filter": "netcase.nothing"})])
    if "netcase.nothing" not in answers[0].get("error", {}).get("message", ""):
        raise Failure(f"netcase.nothing is taken: {answers[0]}")


def follow_is_unharmed(host):
    requests = [load_named("dns/handbook-cname-abroad-home-known"), taps("expert", "stat:netcase_findings"),
                ("follow", {"follow": "TCP", "filter": "tcp.stream == 0"})]
    with_plugin = ask(host, requests)[-1]
    if not with_plugin["payloads"] or with_plugin != ask(host, [requests[0], requests[2]], plugin=False)[-1]:
        raise Failure(f"follow gives something else with the plugin: {with_plugin}")


# -- Statistics ---------------------------------------------------------------------------------

def statistics_are_listed(host):
    listed = {statistic["tap"] for statistic in ask(host, [("info", {})])[0]["stats"]}
    missing = {"stat:netcase_findings", "stat:netcase_sessions", "stat:netcase_timers"} - listed
    if missing:
        raise Failure(f"info does not list {missing}")


def sessions_are_counted(host, name):
    """As the report counts them; also when it is asked again."""
    result = host.run(["tshark", "-q", "-r", CAPTURES / f"{name}.pcapng", "-z", "netcase,json"])
    result.check()
    sessions = json.loads(result.out)["sessions"]
    if not sessions:
        raise Failure("the report has no sessions")
    keys = {"ingress": "ingress", "egress": "egress", "cut": "cut_packets", "duplicates": "duplicates", "gaps": "gaps"}
    expected = {"Sessions": sum(one["packets"] for one in sessions)}
    for one in sessions:
        expected[one["number"]] = one["packets"]
        expected.update(((one["number"], word), one[key]) for word, key in keys.items())
    answers = ask(host, [load_named(name), taps("stat:netcase_sessions"), taps("stat:netcase_sessions")])
    for answer in answers[1:]:
        shown = {}
        for path, count in tree(answer, "netcase_sessions").items():
            number = int(path[1].split(":")[0]) if len(path) > 1 else None
            shown[path[0] if number is None else number if len(path) == 2 else (number, path[2])] = count
        expect_same(sorted(expected.items(), key=str), sorted(shown.items(), key=str), "-: report   +: stat:netcase_sessions")


def timers_are_counted(host):
    answers = ask(host, [load_named("idle/bracket-17s-to-33s"), taps("stat:netcase_timers"), taps("stat:netcase_timers")])
    bracket = "10.2.0.2:80: longest idle survived 17.00 s, shortest that died 33.00 s"
    for answer in answers[1:]:
        expect_same([(("Servers",), 1), (("Servers", bracket), 1)], sorted(tree(answer, "netcase_timers").items()))


# -- Settings -----------------------------------------------------------------------------------

def a_level_takes_effect(host):
    capture = load_named("idle/bracket-17s-to-33s")
    answers = ask(host, [capture, found(0), *preferences(["-o", "netcase.levels:3600"]), capture, found(1),
                         *preferences(["-o", "netcase.levels:15,60,120"]), capture, found(2)])
    before, changed, back = answers[1], answers[4], answers[7]
    if not rows(before) or rows(changed) or rows(back) != rows(before):
        raise Failure(f"levels 15,60,120, then 3600, then as before: {before} {changed} {back}")


def the_language_takes_effect(host):
    """At once: the texts are made when they are shown."""
    question = ("frame", {"frame": 23, "proto": True})
    answers = ask(host, [load_named("idle/handbook-15s-reset"), question, *preferences(["-o", "netcase.language:zh_CN"]), question])
    for answer, words in ((answers[1], "Connection reset after an idle period"), (answers[3], "连接空闲后被重置")):
        if f"idle.reset: {words}" not in [node["l"] for node in nodes_of(answer["tree"])]:
            raise Failure(f"no {words}")


def a_name_takes_effect(host):
    """A row of a table, under the name that -o gives it."""
    row = ("setconf", {"name": "uat:netcase_vni_names", "value": '"2","web tier"'})
    named = ("frames", {"filter": 'netcase.mirror.name == "web tier"'})
    answers = ask(host, [load_named("mirror/two-vni-same-connection"), row, named])
    if not answers[-1]:
        raise Failure("no frame has the name that its VNI was given")


def a_value_out_of_bounds_is_refused(host):
    """sharkd itself takes any number; the default is used, and its log says so."""
    requests = [*preferences(["-o", "netcase.mirror_one_way_packets:0"]), load_named("healthy/http-browsing"),
                ("dumpconf", {"pref": "netcase.mirror_one_way_packets"})]
    answers, log = talk(host, requests)
    if answers[-1]["result"]["prefs"]["netcase.mirror_one_way_packets"]["u"] != 4:
        raise Failure(f"not the default: {answers[-1]}")
    if "netcase.mirror_one_way_packets: 0 is not between" not in log:
        raise Failure(f"no message in\n{log}")


def main():
    host = Host()
    tests = list(row_tests(host))
    for expectation in chosen_captures():
        tests.append((f"sharkd {expectation.name}: details", functools.partial(details, host, expectation)))
    for name in ("mirror/two-vni-same-connection", "mirror/huawei-ingress-cut-at-96"):
        tests.append((f"sharkd {name}: sessions", functools.partial(sessions_are_counted, host, name)))
    for test in (filters_are_checked, follow_is_unharmed, statistics_are_listed, timers_are_counted, a_level_takes_effect,
                 the_language_takes_effect, a_name_takes_effect, a_value_out_of_bounds_is_refused):
        tests.append((f"sharkd {test.__name__.replace('_', ' ')}", functools.partial(test, host)))
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
