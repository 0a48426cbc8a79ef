#!/usr/bin/env python3
"""What a person does in Wireshark's windows works with netcase, and shows what tshark finds.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import functools
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gui"))

from netcase_tshark import CAPTURES, Failure, Host, expect_same, run_tests  # pylint: disable=wrong-import-position
from wireshark import Wireshark, beside, open_finding, open_preferences, rows  # pylint: disable=wrong-import-position

RESET = CAPTURES / "idle/handbook-15s-reset.pcapng"
DNS = CAPTURES / "dns/handbook-cname-abroad-home-set.pcapng"
HOME = ("-o", "netcase.home_countries:CN")
TCP_BLOCKED = CAPTURES / "dns/tcp-blocked.pcapng"
BLOCKED = CAPTURES / "policy/port-unanswered-router-any.pcapng"
MIRROR = CAPTURES / "mirror/huawei-ingress-cut-at-96.pcapng"
TIMERS = CAPTURES / "idle/bracket-17s-to-33s.pcapng"
ERROR = (0xF6, 0x94, 0x94)  # the profile's colour of errors, packaging/profiles/netcase/colorfilters


def listed(packets, column):
    """The findings that the column of the packet list shows, as (frame, id and number)."""
    return [(int(row[0]), name) for row in packets for name in row[column].split(",") if name]


def column_shows_the_findings(host, capture=RESET, *options):
    """The profile's column has the findings, and the frames that they rest on; the Info column begins with the findings."""
    with Wireshark(host, capture, *options) as wireshark:
        names = ["frame.number", "netcase.heaviest", "netcase.related", "_ws.col.Info"]
        expected = host.fields(capture, names, "-2", *options, display_filter="netcase.expert || netcase.related")
        packets = wireshark.packets()
        expect_same([(int(frame), name) for (frame,), heaviest, related, _ in expected for name in [*heaviest, *related] if name],
                    listed(packets, -2))
        infos = {row[0]: row[-1] for row in packets}
        expect_same([(frame, info) for (frame,), _, _, (info,) in expected], [(frame, infos[frame]) for (frame,), _, _, _ in expected])


def causes_stand_before_consequences(host):
    """The sentence in the heading is that of the cause, with how many more there are."""
    with Wireshark(host, TCP_BLOCKED, frame=7, profile="Default") as wireshark:
        wireshark.until(lambda: any(line.startswith("[netcase: DNS over TCP") and line.endswith(", 1 more finding]")
                                    for line in wireshark.details()), "the heading")
        open_finding(wireshark)
        lines = [line for line in wireshark.details() if line.startswith(("[dns.tcp_blocked: ", "[connect.unanswered: "))]
        expect_same([(1, "[dns.tcp_blocked"), (2, "[connect.unanswered")], list(enumerate((line.split(":")[0] for line in lines), 1)))
        expect_same([("7", True)], [(row[0], row[-1].startswith("[netcase dns.tcp_blocked +1] ")) for row in wireshark.packets()
                                    if "netcase" in row[-1]])


def errors_are_red(host):
    with Wireshark(host, RESET) as wireshark:
        for frame, colour in ((22, None), (23, ERROR)):
            cell = wireshark.wait_for("tree item", str(frame), wireshark.find("tree", "Packet list"))
            wireshark.until(lambda: (wireshark.colour_at(cell) == ERROR) == (colour == ERROR), f"frame {frame} in its colour")


def links_lead_to_frames(host):
    """From the finding to a frame of its evidence, and back."""
    with Wireshark(host, RESET, frame=23) as wireshark:
        open_finding(wireshark)
        wireshark.double_click(wireshark.wait_for("tree item", "[Evidence: 13"))
        wireshark.until(lambda: wireshark.details()[0].startswith("Frame 13:"), "frame 13")
        wireshark.click(wireshark.wait_for("tree item", "[Evidence for: idle.reset"))
        wireshark.desktop.xdotool("key", "Right")
        wireshark.double_click(wireshark.wait_for("tree item", "[Finding in frame: 23"))
        wireshark.until(lambda: wireshark.details()[0].startswith("Frame 23:"), "frame 23")


def details_show_the_finding(host):
    with Wireshark(host, RESET, frame=23) as wireshark:
        open_finding(wireshark)
        wireshark.wait_for("tree item", "[Severity")
        shown = {line for line in wireshark.details() if line.startswith(("[Severity", "[Confidence", "[Evidence", "[Client"))}
        names = ("Severity", "Confidence", "Evidence", "Client")
        ((*values,),) = host.fields(RESET, [f"netcase.{name.lower()}" for name in names])
        expect_same(sorted((f"[{name}: {value}]",) for name, found in zip(names, values) for value in found),
                    sorted((line,) for line in shown))


def expert_window_groups_by_case(host):
    """One line for each case with the number of its findings, whatever their texts say."""
    with Wireshark(host, DNS, *HOME) as wireshark:
        wireshark.menu("Analyze", "Expert Information")
        window = wireshark.window("Wireshark · Expert Information")
        table = wireshark.until(lambda: rows(wireshark.find("tree", "", window)), "expert infos")
        found = host.fields(DNS, ["netcase.expert", "netcase.severity"], *HOME)
        cases = collections.Counter((name, severity.capitalize()) for names, severities in found
                                    for name, severity in zip(names, severities))
        expect_same(sorted((severity, str(count)) for (_, severity), count in cases.items()),
                    sorted((row[0], row[4]) for row in table if row[3] == "netcase"))


def statistics(wireshark, entry):
    """The rows of a window of Statistics > Netcase, by what is in the first column."""
    window = wireshark.window(wireshark.statistics(entry))
    wireshark.until(lambda: len(rows(wireshark.find("tree", "", window))) > 1, f"rows of {entry}")
    return {row[0]: row[1] for row in rows(wireshark.find("tree", "", window))}


def findings_are_listed(host, capture=DNS, *options):
    """A line for each finding: frame, time, severity, which it is of how many, and a sentence; the report has the same."""
    options = options or HOME
    with Wireshark(host, capture, *options) as wireshark:
        wireshark.menu("Statistics", "Netcase Findings")
        window = wireshark.window("Wireshark · Netcase Findings")
        table = wireshark.until(lambda: rows(wireshark.find("tree", "", window)), "findings")
    report = json.loads(host.run(["tshark", "-r", capture, *options, "-q", "-z", "netcase,json"]).out)
    counts = collections.Counter(finding["case"] for finding in report["findings"])
    expect_same([(str(one["frame"]), one["severity"], one["case"], one["sentence"]) for one in report["findings"]],
                [(row[0], row[2], row[3].split(" ")[0], row[4]) for row in table])
    for frame, time, _, name, _ in table:
        one = next(one for one in report["findings"] if (str(one["frame"]), one["case"]) == (frame, name.split(" ")[0]))
        if time not in one["time"] or (counts[one["case"]] > 1) != (f" of {counts[one['case']]}" in name):
            raise Failure(f"{frame} {time} {name} is in the report {one['time']}, one of {counts[one['case']]}")


def sessions_are_listed(host):
    with Wireshark(host, MIRROR) as wireshark:
        table = statistics(wireshark, "Mirror Sessions")
    report = host.run(["tshark", "-r", MIRROR, "-q", "-z", "netcase,sessions"]).out.splitlines()[1:]
    expect_same([(line.split()[0], line.split()[1]) for line in report],
                [tuple(name.split(",")[0].split(": ")) for name in table if ", VNI " in name])


def timers_are_listed(host):
    with Wireshark(host, TIMERS) as wireshark:
        table = statistics(wireshark, "Idle Timers")
    if not any(name.startswith("10.2.0.2:80: longest idle survived 17.0") for name in table):
        raise Failure(f"the server of {TIMERS.name} is not in the window: {table}")


def displayed(wireshark, number):
    wireshark.until(lambda: f"Displayed: {number} " in (wireshark.find("label", "Packets:") or wireshark.application).name,
                    f"{number} packets displayed")


def menu_of_tools(host):
    """The next finding is gone to, also from the last one; the conversation is filtered; the report, in a file that nobody else can read, is
    what tshark prints, and the file is gone with Wireshark."""
    opened = host.folder / "opened"
    browser = host.folder / "browser"
    browser.mkdir(exist_ok=True)
    (browser / "xdg-open").write_text(f'#!/bin/sh\necho "$1" >{opened}.part && mv {opened}.part {opened}\n', encoding="utf-8")
    (browser / "xdg-open").chmod(0o755)
    path = f"{browser}:{os.environ['PATH']}"
    frames = sorted({frame for frame, _ in host.findings(BLOCKED)})
    with Wireshark(host, BLOCKED, "-o", "netcase.language:zh_CN", environment={"PATH": path}) as wireshark:
        for frame in [*frames, frames[0]]:
            wireshark.menu("Tools", "Netcase", "下一个诊断结果")
            wireshark.until(lambda: wireshark.details()[0].startswith(f"Frame {frame}:"), f"frame {frame}")  # pylint: disable=cell-var-from-loop
        wireshark.menu("Tools", "Netcase", "在浏览器中打开报告")
        wireshark.until(opened.exists, "a browser")
        report = pathlib.Path(opened.read_text(encoding="utf-8").strip().removeprefix("file://"))
        mode, page = report.stat().st_mode, report.read_text(encoding="utf-8")
        wireshark.menu("Tools", "Netcase", "按此会话过滤")
        ((flow,),) = host.fields(BLOCKED, ["netcase.flow"], display_filter=f"frame.number == {frames[0]}")
        displayed(wireshark, len(host.fields(BLOCKED, ["frame.number"], display_filter=f"netcase.flow == {flow[0]}")))
        wireshark.quit()
    if mode & 0o777 != 0o600 or report.exists():
        raise Failure(f"{report}: mode {mode:o}, and it is {'still there' if report.exists() else 'gone'}")
    printed = host.run(["tshark", "-r", BLOCKED, "-o", "netcase.language:zh_CN", "-q", "-z", "netcase,html"]).out
    expect_same([("page", printed.rstrip())], [("page", page.rstrip())])


def button_filters(host):
    with Wireshark(host, RESET) as wireshark:
        wireshark.click(wireshark.wait_for("push button", "Findings"))
        displayed(wireshark, len(host.findings(RESET)))
        wireshark.click(wireshark.wait_for("push button", "TLS"))
        displayed(wireshark, 0)


def read_filter_keeps_the_findings(host):
    """With -R the frames have other numbers, and the findings are the same."""
    with Wireshark(host, DNS, "-R", "tcp || dns", *HOME) as wireshark:
        expected = [name for _, name in host.findings(DNS, *HOME)]
        listed_names = [name for _, name in listed(wireshark.packets(), -2)]
        if not set(expected) <= set(listed_names):
            raise Failure(f"{set(expected) - set(listed_names)} not in the packet list")


def reload_keeps_the_findings(host):
    with Wireshark(host, RESET) as wireshark:
        before = listed(wireshark.packets(), -2)
        wireshark.menu("View", "Reload")
        wireshark.until(lambda: listed(wireshark.packets(), -2) == before, "the same findings after a reload")


def follow_stream(host, *options):
    """The stream of a finding opens, and its frames and the finding are still there."""
    with Wireshark(host, RESET, *options, frame=23) as wireshark:
        wireshark.menu("Analyze", "Follow", "TCP Stream")
        window = wireshark.window("Wireshark · Follow TCP Stream")
        wireshark.wait_for("label", "10 client pkt", window)
        wireshark.click(wireshark.wait_for("push button", "Close", window))
        displayed(wireshark, 23)
        wireshark.until(lambda: "idle.reset" in [row[-2] for row in wireshark.packets() if row[0] == "23"], "the finding")


def applied_as_filter(host):
    """Right-click on a field > Apply as Filter > Selected."""
    with Wireshark(host, RESET, frame=23) as wireshark:
        open_finding(wireshark)
        wireshark.click(wireshark.wait_for("tree item", "[Severity"), 3)
        # The menu is not on the accessibility bus: it opens with all above "Apply as Filter" but three entries off.
        wireshark.desktop.xdotool("key", *["Down"] * 4, "Right", "Return")
        field = wireshark.wait_for("text", "Display filter entry")
        wireshark.until(lambda: field.text == 'netcase.severity == "error"', "the filter")
        displayed(wireshark, len(host.findings(RESET)))


def preference_takes_effect_at_once(host):
    """Thresholds stand below the heading of their family. A level above all idle times, typed into the dialog, takes the
    finding away without a restart."""
    with Wireshark(host, RESET, frame=23) as wireshark:
        window = open_preferences(wireshark)
        names = [part.name for part in window.walk(skip=("tree",))]
        if names.index("Thresholds of dns") > names.index("DNS: query without answer (s)"):
            raise Failure(f"the heading does not stand before the thresholds: {names}")
        wireshark.click(beside(window, "Idle levels (seconds)", "text"))
        wireshark.desktop.xdotool("key", "ctrl+a", "type", "3600")
        wireshark.click(wireshark.wait_for("push button", "OK", window))
        wireshark.until(lambda: wireshark.packets() and not listed(wireshark.packets(), -2), "the packet list without idle.reset")


def enter_row(wireshark, window, *cells):
    """Add a row to the table in the window."""
    wireshark.click(next(part for part in window.walk() if part.role == "push button"))  # the one with a plus
    for cell in cells:
        wireshark.desktop.xdotool("type", cell)
        wireshark.desktop.xdotool("key", "Tab" if cell != cells[-1] else "Return")
    wireshark.until(lambda: rows(wireshark.find("tree", "", window))[-1] == list(cells), "the row")


def table_row_takes_effect_at_once(host):
    """A row that can't be is named in the dialog; once it is right, the frames have the name without a restart."""
    with Wireshark(host, MIRROR, frame=1) as wireshark:
        preferences = open_preferences(wireshark)
        wireshark.click(beside(preferences, "Names of VNIs", "push button"))
        table = wireshark.window("netcase VNI names")
        enter_row(wireshark, table, "16777216", "web tier")
        wireshark.wait_for("label", 'netcase VNI name "web tier": VNI 16777216 is above 16777215', table)
        wireshark.double_click(wireshark.wait_for("tree item", "16777216", table))
        wireshark.desktop.xdotool("key", "ctrl+a")
        wireshark.desktop.xdotool("type", "1")
        wireshark.desktop.xdotool("key", "Return")
        wireshark.click(wireshark.wait_for("push button", "OK", table))
        wireshark.until(lambda: "netcase VNI names" not in [window.name for window in wireshark.application.children], "no table")
        wireshark.click(wireshark.wait_for("push button", "OK", preferences))
        for name in ("[netcase", "[Mirror session 1"):
            wireshark.click(wireshark.wait_for("tree item", name))
            wireshark.desktop.xdotool("key", "Right")
        wireshark.wait_for("tree item", "[Name: web tier]")


def language_takes_effect_at_once(host):
    """Chosen in the dialog, it is that of the finding, of the names of its fields, and of the dialog when it opens again."""
    with Wireshark(host, RESET, frame=23) as wireshark:
        window = open_preferences(wireshark)
        wireshark.click(beside(window, "Language of the findings", "combo box"))
        wireshark.desktop.xdotool("key", "Down", "Down", "Return")
        wireshark.click(wireshark.wait_for("push button", "OK", window))
        open_finding(wireshark)
        for name in ("[概述: 空闲 14.94 秒", "[严重程度: 错误]", "[断开方: 115.28.115.126:88]"):
            wireshark.wait_for("tree item", name)
        wireshark.wait_for("label", "空闲档位（秒）", open_preferences(wireshark))


POSTDISSECTORS = ("--enable-protocol", "transum", "--enable-protocol", "communityid")
TESTS = [column_shows_the_findings, causes_stand_before_consequences, errors_are_red, details_show_the_finding, links_lead_to_frames, expert_window_groups_by_case,
         findings_are_listed, sessions_are_listed, timers_are_listed, menu_of_tools, button_filters, read_filter_keeps_the_findings,
         reload_keeps_the_findings, follow_stream, applied_as_filter, preference_takes_effect_at_once,
         table_row_takes_effect_at_once, language_takes_effect_at_once]


def main():
    host = Host()
    wanted = sys.argv[1:]
    tests = [(f"gui {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in TESTS]
    tests += [("gui with TRANSUM and CommunityID: " + what, functools.partial(test, host, *options)) for what, test, options in [
        ("column", column_shows_the_findings, (RESET, *POSTDISSECTORS)),
        ("statistics", findings_are_listed, (RESET, *POSTDISSECTORS)),
        ("follow stream", follow_stream, POSTDISSECTORS)]]
    chosen = [(name, test) for name, test in tests if not wanted or any(word in name for word in wanted)]
    # Each Wireshark has a desktop with a pointer of its own.
    return 0 if run_tests(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
