#!/usr/bin/env python3
"""Captures that are opened one after the other in one process give what each gives alone: every ordered pair of twenty very
different ones, in sharkd and in Wireshark's window.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gui"))

from attacks import double_tagged, one_vxlan  # pylint: disable=wrong-import-position
from netcase_tshark import CAPTURES, Failure, Host, run_tests  # pylint: disable=wrong-import-position
from sharkd import ask, load  # pylint: disable=wrong-import-position
from wireshark import Wireshark  # pylint: disable=wrong-import-position
import frames  # pylint: disable=wrong-import-position

# Of every family, mirrored and not, with one packet and with many, with findings and without.
CHOSEN = """connect/half-open-ipv6-router-any connect/icmp-prohibited dns/handbook-cname-abroad-home-set dns/conflict-ipv6-router
flood/reflection-dns-one-direction healthy/loopback-null healthy/raw-ip-on-tun healthy/tunnel-6in4 http/timeout-15s-client
idle/bracket-17s-to-33s idle/reset-60s-in-erspan2 mirror/huawei-ingress-port-8472 mirror/two-vni-same-connection
path/mtu-client-hello policy/port-rejected-for-one-source tls/alert-fin-15s-in-geneve tunnel/rp-filter-vxlan"""
COUNT = 20
FIELDS = ("frame.number", "netcase.expert", "netcase.flow", "netcase.mirror.session")
# What there is of netcase in each frame, and nothing that only a second visit shows.
SCRIPT = """
local fields, found = {{}}, {{}}
for _, name in ipairs({{{fields}}}) do table.insert(fields, Field.new(name)) end
local tap = Listener.new("frame", "netcase.expert || netcase.flow")
function tap.reset() found = {{}} end
function tap.packet()
    local values = {{}}
    for _, field in ipairs(fields) do
        local texts = {{}}
        for _, value in ipairs({{field()}}) do table.insert(texts, tostring(value)) end
        table.insert(values, table.concat(texts, ","))
    end
    table.insert(found, table.concat(values, " "))
end
local function open_all()
    local out = io.open("{out}", "w")
    for _, name in ipairs({{{files}}}) do
        open_capture_file(name, "")
        retap_packets()
        out:write(table.concat(found, ";"), "\\n")
        out:flush()
    end
    out:write("end\\n")
    out:close()
end
register_menu("{menu}", open_all, MENU_TOOLS_UNSORTED)
"""
MENU = "Open every pair"


def chosen_captures(host):
    """Twenty files, three of them made for this."""
    files = [CAPTURES / f"{name}.pcapng" for name in CHOSEN.split()]
    files += [one_vxlan(host), double_tagged(host), frames.write(host.folder / "empty.pcapng", [])]
    missing = [str(file) for file in files if not file.exists()]
    if missing or len(files) != COUNT:
        raise Failure(f"{len(files)} captures, missing: {missing}")
    return files


def every_pair(count):
    """Numbers below `count` in an order in which each ordered pair stands side by side exactly once (a walk over all edges
    of the complete graph, each number's step to itself included)."""
    steps = [list(range(count)) for _ in range(count)]
    walk, way = [], [0]
    while way:
        if steps[way[-1]]:
            way.append(steps[way[-1]].pop())
        else:
            walk.append(way.pop())
    pairs = set(zip(walk, walk[1:]))
    assert len(walk) == count * count + 1 and len(pairs) == count * count
    return walk


def alone(host, file):
    rows = host.fields(file, FIELDS, "-2", display_filter="netcase.expert || netcase.flow")
    return ";".join(" ".join(",".join(values) for values in row) for row in rows)


def compare(order, files, expected, shown):
    """`shown` in this order; `expected` by number."""
    if len(shown) != len(order):
        raise Failure(f"{len(shown)} of {len(order)} captures")
    wrong = [(before, number) for before, number, text in zip([None, *order], order, shown) if text != expected[number]]
    if wrong:
        before, number = wrong[0]
        text = shown[order.index(number) if before is None else list(zip(order, order[1:])).index((before, number)) + 1]
        name = "nothing" if before is None else files[before].name
        raise Failure(f"{len(wrong)} of {len(order)} differ. {files[number].name} alone:\n{expected[number]}\nafter {name}:\n{text}")


def in_sharkd(host, files, order, expected):
    columns = {f"column{place}": f"{field}:{0 if place else 1}" for place, field in enumerate(FIELDS)}
    requests = []
    for number, file in enumerate(order):
        # sharkd remembers what a filter has shown, even when another file is loaded: a space makes it another one.
        requests += [load(files[file]), ("frames", {"filter": "netcase.expert || netcase.flow" + " " * number, **columns})]
    shown = [";".join(" ".join(row["c"]) for row in rows) for rows in ask(host, requests)[1::2]]
    compare(order, files, expected, shown)


def in_the_window(host, files, order, expected):
    """A script of Wireshark's own language opens them, as its menu and its windows do."""
    script, out = host.folder / "pairs.lua", host.folder / "pairs.txt"
    script.write_text(SCRIPT.format(fields=", ".join(f'"{name}"' for name in FIELDS), out=out, menu=MENU,
                                    files=", ".join(f'"{files[number]}"' for number in order)))
    with Wireshark(host, files[0], "-X", f"lua_script:{script}") as wireshark:
        wireshark.menu("Tools", MENU)
        wireshark.until(lambda: out.exists() and out.read_text().endswith("end\n"), "the end of all pairs", limit=600)
    compare(order, files, expected, out.read_text().split("\n")[:-2])


def main():
    host = Host()
    files, order = chosen_captures(host), every_pair(COUNT)
    expected = [alone(host, file) for file in files]
    tests = [("pairs the captures differ", functools.partial(they_differ, expected))]
    tests += [(f"pairs {COUNT * COUNT} {test.__name__.replace('_', ' ')}", functools.partial(test, host, files, order, expected))
              for test in (in_sharkd, in_the_window)]
    return 0 if run_tests(tests) else 1


def they_differ(expected):
    """Or a mix-up would not show."""
    if len(set(expected)) < COUNT - 1:
        raise Failure(f"only {len(set(expected))} of {COUNT} captures give something of their own")


if __name__ == "__main__":
    sys.exit(main())
