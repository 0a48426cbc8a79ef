#!/usr/bin/env python3
"""Take the pictures of the documentation from a real Wireshark under Xvfb.

    NETCASE_BUILD=BUILD docs/images/make.py [FOLDER [NAME...]]

BUILD is the build folder that holds netcase.so, FOLDER where the pictures go (default: here). NAME limits it to some
pictures. Needed: the packages gui_packages of packaging/packages.sh. Run it as an ordinary user: Wireshark ignores
personal plugins for root.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tests" / folder) for folder in ("e2e", "gui")]

from netcase_tshark import CAPTURES, Host  # pylint: disable=wrong-import-position
from wireshark import Wireshark, open_finding, open_preferences  # pylint: disable=wrong-import-position

CHINESE = ("-o", "netcase.language:zh_CN")
DNS = ("dns/handbook-cname-abroad-home-set.pcapng", 6, "-o", "netcase.home_countries:CN")
RESET = ("idle/handbook-15s-reset.pcapng", 23)
ALERT = ("tls/handbook-120s-alert-fin.pcapng", 49)
MIRROR = ("mirror/two-vni-same-connection.pcapng", 1)
TIMERS = ("idle/bracket-17s-to-33s.pcapng", 1)
MANY = ("tunnel/rp-filter-25-clients.pcapng", 1)


def finding(wireshark):
    """The packet list, and the selected frame's finding."""
    open_finding(wireshark)
    wireshark.until(lambda: wireshark.find("tree item", "[Client") or wireshark.find("tree item", "[客户端"), "the measured values")
    return 0, 0, wireshark.desktop.width, wireshark.desktop.height


def expert(wireshark):
    """A line for each case."""
    wireshark.menu("Analyze", "Expert Information")
    return wireshark.place("Wireshark · Expert Information", 1280, 300)


def statistics(entry, wireshark):
    return wireshark.place(wireshark.statistics(entry), 1280, 300)


def findings(entry, wireshark):
    wireshark.menu("Statistics", entry)
    return wireshark.place(f"Wireshark · {entry}", 1280, 300)


def preferences(wireshark):
    open_preferences(wireshark)
    return wireshark.place("Wireshark · Preferences", 900, 800)


PICTURES = {
    "idle-reset": (finding, RESET),
    "idle-reset-zh": (finding, (*RESET, *CHINESE)),
    "tls-alert-fin": (finding, ALERT),
    "tls-alert-fin-zh": (finding, (*ALERT, *CHINESE)),
    "dns-cname-dead": (finding, DNS),
    "dns-cname-dead-zh": (finding, (*DNS, *CHINESE)),
    "expert-information": (expert, DNS),
    "expert-information-zh": (expert, (*DNS, *CHINESE)),
    "statistics-findings": (functools.partial(findings, "Netcase Findings"), MANY),
    "statistics-findings-zh": (functools.partial(findings, "Netcase Findings"), (*MANY, *CHINESE)),
    "statistics-sessions": (functools.partial(statistics, "Mirror Sessions"), MIRROR),
    "statistics-sessions-zh": (functools.partial(statistics, "Mirror Sessions"), (*MIRROR, *CHINESE)),
    "statistics-timers": (functools.partial(statistics, "Idle Timers"), TIMERS),
    "statistics-timers-zh": (functools.partial(statistics, "Idle Timers"), (*TIMERS, *CHINESE)),
    "preferences": (preferences, RESET),
    "preferences-zh": (preferences, (*RESET, *CHINESE)),
}


def take(host, name, folder):
    show, (capture, frame, *options) = PICTURES[name]
    with Wireshark(host, CAPTURES / capture, *options, frame=frame, size=(1280, 900)) as wireshark:
        left, top, width, height = show(wireshark)
        wireshark.desktop.xdotool("mousemove", wireshark.desktop.width - 1, wireshark.desktop.height - 1)
        time.sleep(1)  # what is drawn last: the scroll bars fade, the line below the pointer is released
        wireshark.desktop.picture(folder / f"{name}.png", left, top, width, height)
    print(name, (folder / f"{name}.png").stat().st_size, "bytes")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    host = Host(lean=False)
    for name in sys.argv[2:] or PICTURES:
        take(host, name, folder)


if __name__ == "__main__":
    main()
