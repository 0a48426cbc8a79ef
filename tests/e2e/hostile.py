#!/usr/bin/env python3
"""Text of a capture acts nowhere: not in a shell, not on a page, not on a terminal.

captures/hostile/ has names, headers and payloads that would (captures/lab/hostile_texts.py). Every command of every finding there is
run, by sh and bash, in an empty folder where each tool is a stub that notes its arguments: nothing else may run, and a text must arrive
as one argument, where a harmless one arrives. All outputs show these commands and no others, pages have no markup in them, and nothing
reaches a terminal that is no text. A case that shows text of a capture must have a capture here.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as etree

from expectation import all_expectations
from netcase_tshark import CAPTURES, TREE, Failure, Host, expect_same, run_tests

sys.path.append(str(CAPTURES / "lab"))
from hostile_texts import CONTROLS, TEXTS  # noqa: E402

SHELLS = ["sh", "bash"]
TOOLS = """awk busybox cat conntrack curl cut dig echo grep head iftop ip iptables iptables-save ipvsadm mtr nc nft nginx nstat openssl
ping rev sar sed sort ss sysctl tcpdump tmsh nsconmsg top tr tracepath tshark uniq wc whois named-checkconf resolvectl""".split()
# Also in the folder of stubs, and nobody's command.
FORBIDDEN = ["pwn", "a", "b", "red", "x", "y", "plain"]
STUB = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" >"$NOTES/$$"
"""
# Facts that hold text of captures in one case and words of netcase in another.
OUR_WORDS = {("connect.unreachable", "reason")}
# All characters that are none: C0 but for the line break, C1, separators and format characters (General Punctuation).
ACTING = re.compile("[\0-\t\v-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
LANGUAGES = ["en", "zh_CN"]
MARKDOWN = ["cmark-gfm", "--unsafe", "-t", "xml", *(word for name in ("table", "strikethrough", "autolink", "footnotes")
                                                    for word in ("-e", name))]
MARKUP = ["html_inline", "html_block", "link", "image", "emph", "strikethrough", "table", "block_quote", "code_block",
          "thematic_break", "footnote_reference", "softbreak", "linebreak"]


# -- Commands in a shell -----------------------------------------------------------------------


class Sandbox:
    """A folder with stubs, another for what they note, and an empty one to run in."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="netcase-hostile-"))
        self.shells = {name: shutil.which(name) for name in SHELLS}
        (self.folder / "bin").mkdir()
        for name in TOOLS + FORBIDDEN:
            (self.folder / "bin" / name).write_text(STUB)
            (self.folder / "bin" / name).chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command, shell):
        """What ran: the sorted list of (tool, argument...)."""
        with tempfile.TemporaryDirectory(dir=self.folder) as empty, tempfile.TemporaryDirectory(dir=self.folder) as notes:
            environment = {"PATH": str(self.folder / "bin"), "NOTES": notes, "HOME": empty, "LC_ALL": "C.UTF-8"}
            done = subprocess.run([self.shells[shell], "-c", command], cwd=empty, env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=20, check=False)
            ran = [tuple(note.read_text(encoding="utf-8").split("\0")[:-1]) for note in pathlib.Path(notes).iterdir()]
            left = os.listdir(empty)
        if left or done.stderr or done.returncode or any(words[0] in FORBIDDEN for words in ran):
            raise Failure(f"{shell}: {command}\nran {ran}\nleft {left}\nended with {done.returncode}: {done.stderr}")
        return sorted(ran)


def measured(finding):
    """The values of the finding that differ between two of a capture, by name, longest first: texts, addresses, endpoints."""
    values = {}
    for name, value in finding["facts"].items():
        values[name] = value[0] if isinstance(value, list) else value
        half = re.fullmatch(r"\[?([0-9a-f.:]+?)\]?:\d+", str(value))
        if half:
            values[name + ".address"] = half[1]
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    return sorted(texts.items(), key=lambda item: -len(item[1]))


def in_general(ran, finding):
    """The words that ran with the finding's own values taken out, so that those of two findings can be compared."""
    general = []
    for words in ran:
        for name, value in measured(finding):
            words = tuple(word.replace(value, f"<{name}>") for word in words)
        general.append(words)
    return sorted(general)


def commands_run(host, expectation):
    """What a command does is what it does with a harmless text, which the first finding of each case has."""
    harmless = {}
    report = as_json(host, expectation, "en")
    with Sandbox() as sandbox:
        for finding in report["findings"]:
            for number, command in enumerate(finding["commands"]):
                for shell in SHELLS:
                    ran = in_general(sandbox.run(command, shell), finding)
                    expected = harmless.setdefault((finding["case"], number), ran)
                    if not ran or ran != expected:
                        raise Failure(f"{shell}: {command}\nran      {ran}\nexpected {expected}")
    if [one["commands"] for one in report["findings"]] != [one["commands"] for one in as_json(host, expectation, "zh_CN")["findings"]]:
        raise Failure("other commands in Chinese")


# -- What the captures hold --------------------------------------------------------------------


def squeezed(text):
    """Without what a parser may leave out or replace."""
    return re.sub(r"[\s?]", "", text).lower()


def texts_are_there(host, expectation):
    """The capture brings every hostile text into the facts."""
    facts = "\0".join(squeezed(json.dumps(finding["facts"], ensure_ascii=False)) for finding in as_json(host, expectation, "en")["findings"])
    missing = [text for text in TEXTS if squeezed(json.dumps(text)[1:-1].replace("\\n", "")) not in facts]
    if missing:
        raise Failure(f"not in any fact: {missing}\n{facts}")


def every_case_is_here(host, expectations):
    """Each case that shows text of captures has it here, in all facts that docs/cases.md names."""
    captured = set(re.findall(r"^FACT\((\w+), CAPTURED,", (TREE / "plugin/api/facts.def").read_text(encoding="utf-8"), re.MULTILINE))
    cases = re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", (TREE / "docs/cases.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shown = {(case, fact) for case, text in cases for fact in re.findall("‹(\\w+)›", text) if fact in captured} - OUR_WORDS
    here = {(finding["case"], fact) for expectation in expectations for finding in as_json(host, expectation, "en")["findings"]
            for fact, value in finding["facts"].items() if isinstance(value, list) and squeezed("pwn") in squeezed(str(value))}
    if not shown or shown - here:
        raise Failure(f"no capture in captures/hostile shows {sorted(shown - here)} with a hostile text")


# -- Outputs -----------------------------------------------------------------------------------


def print_report(host, expectation, kind, language):
    result = host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase" + kind, "-o", f"netcase.language:{language}",
                       *expectation.options])
    result.check()
    return result.out


@functools.cache
def as_json(host, expectation, language):
    text = print_report(host, expectation, ",json", language)
    is_text(text)
    return json.loads(text)


def is_text(output):
    found = ACTING.search(output)
    if found:
        raise Failure(f"{found[0]!r} in {output[max(found.start() - 60, 0):found.end() + 60]!r}")


def shown_findings(report):
    """The first of each group: its texts stand for all."""
    first = {}
    for finding in report["findings"]:
        first.setdefault(finding["group"], finding)
    return list(first.values())


def json_is_consistent(host, expectation, language):
    for finding in as_json(host, expectation, language)["findings"]:
        ends = [check for check in finding["checks"] if any(check.endswith(command) for command in finding["commands"])]
        if len(ends) != len(finding["commands"]) or not ends:
            raise Failure(f"{finding['checks']}\nend with\n{finding['commands']}")
        for value in [text for values in finding["facts"].values() if isinstance(values, list) for text in values]:
            is_text(value)


def text_has_commands(host, expectation, language):
    """Each on a line of its own."""
    output = print_report(host, expectation, ",long", language)
    is_text(output)
    lines = collections.Counter(line.strip() for line in output.splitlines())
    for command, count in collections.Counter(command for finding in shown_findings(as_json(host, expectation, language))
                                              for command in finding["commands"]).items():
        if lines[command] != count:
            raise Failure(f"{lines[command]} lines, not {count}: {command}\n{output}")


def brief_has_commands(host, expectation, language):
    """Those that it shows, on lines of their own."""
    output = print_report(host, expectation, "", language)
    is_text(output)
    lines = {line.strip() for line in output.splitlines()}
    commands = {command for finding in shown_findings(as_json(host, expectation, language)) for command in finding["commands"]}
    if not commands & lines:
        raise Failure(f"none of {commands} in\n{output}")
    for line in lines:
        if line and any(command.startswith(line) or command.endswith(line) for command in commands - {line}) and " " in line and line not in commands:
            raise Failure(f"not whole: {line}\n{output}")


def rendered(markdown):
    done = subprocess.run(MARKDOWN, input=markdown, capture_output=True, text=True, check=True)
    return etree.fromstring(re.sub(r'(<document) xmlns="[^"]*"', r"\1", done.stdout))


def words_of(node):
    return "".join(part.text or "" for part in node.iter() if part.tag in ("text", "code"))


def markdown_is_flat(host, expectation, language):
    """A renderer finds headings, lists, paragraphs and code; in them the texts as they are, each command as one code span."""
    report = as_json(host, expectation, language)
    page = rendered(print_report(host, expectation, ",markdown", language))
    markup = [node for tag in MARKUP for node in page.iter(tag)]
    if markup:
        raise Failure("\n".join(etree.tostring(node, encoding="unicode") for node in markup))
    codes = collections.Counter(node.text for node in page.iter("code"))
    paragraphs = collections.Counter(words_of(node) for node in page.iter("paragraph"))
    commands, texts, known = collections.Counter(), collections.Counter(), set()
    for finding in shown_findings(report):
        commands.update(finding["commands"])
        texts.update([finding["summary"], *finding["causes"], *finding["checks"], *finding["disproof"]])
        known.update([finding["case"]], *(values for values in finding["facts"].values() if isinstance(values, list)))
    known.update(commands)
    wrong = [f"no code span: {text}" for text in commands if codes[text] != commands[text]]
    # The quotation marks of a reason are those of the language.
    wrong += [f"another code span: {text}" for text in codes if re.sub("[“”]", '"', text) not in known]
    wrong += [f"not as it is: {text}" for text in texts if paragraphs[text] != texts[text]]
    if wrong:
        raise Failure("\n".join([*wrong, etree.tostring(page, encoding="unicode")]))


def details_have_commands(host, expectation, language):
    """netcase.check is words and command; the details pane shows them in lines."""
    report = as_json(host, expectation, language)
    checks = sorted(check for finding in report["findings"] for check in finding["checks"])
    options = ["-r", expectation.capture, "-o", f"netcase.language:{language}", *expectation.options, "-Y", "netcase.expert"]
    fields = host.run(["tshark", *options, "-T", "json", "-e", "netcase.check"])
    fields.check()
    values = [value for frame in json.loads(fields.out) for value in frame["_source"]["layers"]["netcase.check"]]
    expect_same([(check,) for check in checks], [(value,) for value in sorted(values)], "-: in the report   +: netcase.check")
    details = host.run(["tshark", *options, "-O", "netcase"])
    details.check()
    columns = host.run(["tshark", *options, "-T", "fields", "-e", "netcase.check", "-e", "netcase.summary"])
    for output in (details.out, columns.out, fields.out):
        is_text(output.replace("\t", " "))
    # Wireshark puts what it did not find in the packet into brackets, line by line, and cuts a line at 240 bytes.
    lines = [re.sub(r"^\s*\[\s*|\]$", "", line) for line in details.out.splitlines()]
    pane = re.sub(r"\s", "", "".join(lines))
    missing = [check for check in checks if re.sub(r"\s", "", check)[:200] not in pane]
    missing += [command for finding in report["findings"] for command in finding["commands"]
                if not any(line.startswith(command[:40]) or line.endswith(command) for line in lines)]
    if missing:
        raise Failure("\n".join(["not in the details:", *missing, details.out]))


def comments_have_commands(host, expectation, language):
    """Packet comments, as netcase-annotate writes them."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "annotated.pcapng")
        words = [word for option in [f"netcase.language:{language}", *expectation.options[1::2]] for word in ("-o", option)]
        host.run(["netcase-annotate", *words, expectation.capture, out]).check()
        result = host.run(["tshark", "-r", out, "-Y", "frame.comment", "-T", "json", "-e", "frame.comment"], plugin=False)
    result.check()
    comments = [text for frame in json.loads(result.out) for text in frame["_source"]["layers"]["frame.comment"]]
    is_text("".join(comments))
    lines = collections.Counter(re.sub(r"^\d+\. ", "", line) for text in comments for line in text.split("\n"))
    checks = collections.Counter(check for finding in as_json(host, expectation, language)["findings"] for check in finding["checks"])
    wrong = [check for check in checks if lines[check] != checks[check]]
    if wrong:
        raise Failure("\n".join(["not in the comments:", *wrong, *comments]))


# -- Names of VNIs, and messages ---------------------------------------------------------------


def row(vni, name):
    """A row of the table, with each byte of the name escaped."""
    return f'uat:netcase_vni_names:"{vni}","{"".join(f"{chr(92)}x{byte:02x}" for byte in name)}"'


def vni_names(host, expectation):
    """The user's file, which may come from a stranger as well."""
    name = f"$(pwn){CONTROLS}\n".encode() + b"\xff"
    table = ["tshark", "-2", "-r", expectation.capture, "-o", row(1, name)]
    outputs = {"sessions": ["-q", "-z", "netcase,sessions"], "JSON": ["-q", "-z", "netcase,json"], "details": ["-O", "netcase"],
               "tree": ["-q", "-z", "netcase_sessions,tree"], "fields": ["-T", "fields", "-e", "netcase.mirror.name"]}
    shown = r"$(pwn)\x1b[31mred\x07\u009b2J\u202e\u2028\n\xff"
    for kind, words in outputs.items():
        result = host.run([*table, *words])
        result.check()
        is_text(result.out.replace("\t", " "))
        if shown not in result.out and json.dumps(shown)[1:-1] not in result.out:
            raise Failure(f"{kind}: no {shown}\n{result.out}")


def messages(host, expectation):
    """What is said about a wrong row quotes it."""
    for table in (row(16777216, CONTROLS.encode()), f"netcase.home_countries:{CONTROLS}", f"netcase.country_db:{CONTROLS}"):
        result = host.run(["tshark", "-r", expectation.capture, "-o", table])
        said = [line for line in result.err.splitlines() if "netcase" in line and "red" in line]
        if not said:
            raise Failure(f"nothing is said about {table!r}\n{result.err}")
        is_text("\n".join(said))


def main():
    host = Host()
    expectations = [one for one in all_expectations() if one.capture]
    hostile = [one for one in expectations if one.name.startswith("hostile/")]
    mirror = next(one for one in expectations if one.name == "mirror/two-vni-same-connection")
    tests = []
    for one in hostile:
        tests += [(f"hostile {one.name}: texts", functools.partial(texts_are_there, host, one)),
                  (f"hostile {one.name}: commands run", functools.partial(commands_run, host, one))]
        for language in LANGUAGES:
            for check in (json_is_consistent, text_has_commands, brief_has_commands, markdown_is_flat, details_have_commands, comments_have_commands):
                name = check.__name__.replace("_", " ")
                tests.append((f"hostile {one.name}: {name}, {language}", functools.partial(check, host, one, language)))
    tests += [("hostile every case that shows text of captures", functools.partial(every_case_is_here, host, hostile)),
              ("hostile names of VNIs", functools.partial(vni_names, host, mirror)),
              ("hostile messages", functools.partial(messages, host, mirror))]
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
