#!/usr/bin/env python3
"""The rules of the house that no compiler checks: one function a rule.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
TOP_LEVEL = {"plugin", "tests", "captures", "docs", "packaging", "CMakeLists.txt", "CMakePresets.json", "README.md", "README.zh_CN.md",
             "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"}
LARGE = 100 * 1024
MAY_BE_LARGE = (".png", ".jpg", ".svg", ".mmdb", "docs/cases.md", "plugin/texts/zh_CN.po")
C_LIBRARY = set("assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg "
                "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar "
                "wctype".split())
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
VERSION_MACRO = re.compile(r"\b(WIRESHARK_(MAJOR|MINOR|MICRO|VERSION\w*)|NETCASE_VERSION|VERSION_(MAJOR|MINOR|MICRO))\b")
VERSION_FILES = {"plugin/host/host_compat.h", "plugin/host/plugin.c", "plugin/command/wiretap_compat.h", "plugin/command/netcase.c"}
# Pieced together, so that this file does not break its own rule.
BUILD_MACHINE = re.compile(rb"(?<![\w.$}-])/(" + b"|".join([b"wor" + b"k", b"roo" + b"t"]) + rb")/")


def tracked_files():
    """What git tracks; in an unpacked archive all there is."""
    git = subprocess.run(["git", "-c", f"safe.directory={TREE}", "-C", TREE, "ls-files", "-z"], capture_output=True, check=False)
    if git.returncode == 0:
        names = git.stdout.decode().split("\0")
    else:
        names = [str(path.relative_to(TREE)) for path in TREE.rglob("*") if path.is_file()]
    return sorted(name for name in names if name and not name.startswith("build") and (TREE / name).is_file())


def read(name):
    return (TREE / name).read_text(encoding="utf-8", errors="replace")


def c_files(files, folder):
    return [name for name in files if name.startswith(folder) and name.endswith((".c", ".h", ".def"))]


def detectors_include_only_the_contract(files):
    for name in c_files(files, "plugin/detectors/"):
        for header in INCLUDE.findall(read(name)):
            # The table itself is included by the file that expands it.
            if header != "detector.h" and header.removesuffix(".h") not in C_LIBRARY:
                yield f"{name} includes {header}"


# The layers that know nothing of Wireshark, each with those that it may see besides its own folder.
LAYERS = {
    "api": set(),
    "memory": set(),
    "wire": {"api"},
    "findings": {"api", "memory"},
    "texts": {"api", "findings"},
    "engine": {"api", "memory", "wire", "findings", "detectors"},
    "report": {"api", "memory", "wire", "findings", "texts", "engine"},
    "walk": {"api", "memory", "wire", "findings", "engine"},
}


def layers_include_only_those_below(files):
    """The include paths hold this as well, but for a path of Wireshark that GLib's flags might bring, and for `../`."""
    for layer, below in LAYERS.items():
        for name in c_files(files, f"plugin/{layer}/"):
            for header in INCLUDE.findall(read(name)):
                folder, _, rest = header.partition("/")
                if folder == ".." or (rest and (TREE / "plugin" / folder).is_dir() and folder not in below | {layer}):
                    yield f"{name} includes {header}"
                if re.match(r"(epan|wireshark|wsutil|wiretap|ws_)", header):
                    yield f"{name} includes {header}"
                if folder == "detectors" and rest != "detectors.def":
                    yield f"{name} includes {header}"


def versions_are_compared_in_one_place(files):
    for name in c_files(files, "plugin/"):
        if name not in VERSION_FILES:
            for macro in sorted({found[0] for found in VERSION_MACRO.findall(read(name))}):
                yield f"{name} uses {macro}"


# What may change and outlives a capture: registrations, preferences and tables of the user, and the file that they name. Each
# with the reason why nothing of a capture is in it.
MUTABLE = {
    "plugin/host/capture.c": {"current"},  # the capture itself; freed when it is closed
    "plugin/host/country_file.c": {"database", "database_path"},  # of the preference
    "plugin/host/fields.c": {"experts"},
    "plugin/host/intercept.c": {"originals", "arp_original", "udp_ports", "vxlan_protocol", "done"},
    "plugin/host/language.c": {"preference", "choices", "labels"},
    "plugin/host/browser.c": {"files"},  # that were shown; removed when Wireshark ends
    "plugin/host/findings_table.c": {"ui", "columns", "replaced"},  # of windows, which stay when the capture is closed
    "plugin/host/preferences.c": {"preferences", "info_column", "separate_vlans", "separate_interfaces", "separate_ip_tunnels", "checked"},
    "plugin/host/plugin.c": {"plugin"},
    "plugin/host/protocol.c": {"number"},
    "plugin/host/statistics.c": {"report", "statistics"},  # of the command line; their frames go when the capture is closed
    "plugin/host/statistics_tree.c": {"tap", "findings_root", "sessions_root", "timers_root"},  # set when a tree is started
    "plugin/host/tables.c": {"vni_rows", "vni_row_count", "cname_rows", "cname_row_count", "tls_port_rows", "tls_port_row_count",
                             "vni_fields", "cname_fields", "tls_port_fields"},
    "plugin/host/timer_table.c": {"timer_rows", "timer_row_count", "timer_fields"},
}
STATIC = re.compile(r"^\s*static\s+(?!inline\b)([^;={(]*?)(?:=|;|\{)", re.MULTILINE)
DECLARED = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:,|$)")


def state_lives_in_the_capture(files):
    """A static that can change would meet the next capture, whose frames, flows and sessions have the same numbers."""
    for name in c_files(files, "plugin/"):
        for declaration in STATIC.findall(read(name)):
            # A pointer to what is constant can change itself.
            if re.search(r"\bconst\b(?!.*\*(?!\s*const))", declaration):
                continue
            for variable in DECLARED.findall(declaration.strip()):
                if variable not in MUTABLE.get(name, set()):
                    yield f"{name} has the static {variable}"


def table_and_detectors_agree(files):
    table = {"/".join(found) for found in re.findall(r"^DETECTOR\((\w+), (\w+)\)", read("plugin/detectors/detectors.def"), re.MULTILINE)}
    there = {found[1] for name in files if (found := re.fullmatch(r"plugin/detectors/(\w+/\w+)\.c", name))}
    for name in sorted(table - there):
        yield f"detectors.def names {name}, which has no file"
    for name in sorted(there - table):
        yield f"plugin/detectors/{name}.c is not in detectors.def"


def captures_have_expectations(files):
    for name in files:
        if name.startswith("captures/") and name.endswith((".pcap", ".pcapng")):
            expectation = str(pathlib.Path(name).with_suffix(".expect"))
            if expectation not in files:
                yield f"{name} has no expectation"
                continue
            text = read(expectation)
            if "\n# origin: " not in "\n" + text:
                yield f"{expectation} does not tell its origin"
            if not re.search(r"^# (shows|look-alike): \S", text, re.MULTILINE):
                yield f"{expectation} has neither `# shows:` nor `# look-alike:`"


def tables_of_captures_are_fresh(_files):
    check = subprocess.run([sys.executable, TREE / "captures/lab/table.py", "--check"], capture_output=True, text=True, check=False)
    if check.returncode != 0:
        yield check.stderr.strip()


def silent_entries():
    """(case, look-alike) for all that docs/cases.md, which is printed from the cases, says they stay silent on."""
    case = None
    for line in read("docs/cases.md").splitlines():
        if line.startswith("### "):
            case, listed = line[4:], False
        elif line == "Stays silent on:":
            listed = True
        elif line and not line.startswith("- "):
            listed = False
        elif line and listed:
            yield case, line[2:]


def look_alikes_have_captures(files):
    """What a case stays silent on is shown by a capture that names it in these words."""
    lines = {line for name in files if name.startswith("captures/") and name.endswith(".expect")
             for line in read(name).splitlines() if line.startswith("# look-alike: ")}
    entries = list(silent_entries())
    if not entries:
        yield "docs/cases.md lists no look-alikes"
    for case, entry in entries:
        if not any(f'{case} "{entry}"' in line for line in lines):
            yield f'no capture looks like {case} "{entry}"'


FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def links_lead_somewhere(files):
    """Those from a page to a file or folder of the project, and to a heading of a page."""
    for name in files:
        if not name.endswith(".md"):
            continue
        text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", read(name)))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, heading = target.partition("#")
            there = (TREE / name).parent / path if path else TREE / name
            if not there.exists():
                yield f"{name} links to {target}, which is not there"
            elif heading and heading not in anchors(there.read_text(encoding="utf-8")):
                yield f"{name} links to {target}, a heading that is not there"


def anchors(text):
    """The headings of a page as a link names them: small letters, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.*)", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pages_in_two_languages_agree(files):
    """A page NAME.zh_CN.md has the headings, blocks and rows of tables of NAME.md, and each links to the other."""
    def shape(page):
        return re.findall(r"^(#+ |```\w*|!\[|\|)", page, re.MULTILINE)

    for name in files:
        if not name.endswith(".zh_CN.md"):
            continue
        english = name.removesuffix(".zh_CN.md") + ".md"
        if english not in files:
            yield f"{name} has no {english}"
            continue
        if shape(read(name)) != shape(read(english)):
            yield f"{name} and {english} differ in headings, blocks, pictures or rows"
        for page, other in ((name, english), (english, name)):
            if f"]({pathlib.Path(other).name})" not in read(page).split("\n\n", 1)[0]:
                yield f"{page} does not begin with a link to {other}"


def top_level_is_closed(files):
    for name in sorted({name.split("/")[0] for name in files}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield f"{name} does not belong into the top folder"


def no_large_files(files):
    for name in files:
        size = (TREE / name).stat().st_size
        if size > LARGE and not name.endswith(MAY_BE_LARGE):
            yield f"{name} has {size} bytes, more than {LARGE}"


def no_paths_of_a_build_machine(files):
    for name in files:
        found = BUILD_MACHINE.search((TREE / name).read_bytes())
        if found:
            yield f"{name} holds a path {found[0].decode()}..."


RULES = [detectors_include_only_the_contract, layers_include_only_those_below, versions_are_compared_in_one_place,
         state_lives_in_the_capture,
         table_and_detectors_agree, captures_have_expectations, tables_of_captures_are_fresh,
         look_alikes_have_captures, links_lead_somewhere, pages_in_two_languages_agree, top_level_is_closed, no_large_files, no_paths_of_a_build_machine]


def main():
    files = tracked_files()
    failed = False
    for rule in RULES:
        offences = list(rule(files))
        failed = failed or bool(offences)
        print(f"{'FAIL ' if offences else 'ok   '} rules {rule.__name__.replace('_', ' ')}", *offences, sep="\n      ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
