#!/usr/bin/env python3
"""The page of -z netcase,html in a browser without a screen: it draws itself in both languages, complains of nothing, asks for nothing, and
text of a capture acts nowhere. Needs Chromium.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import html.parser
import json
import re
import subprocess
import sys
import tempfile
import time

import html5lib
import many_findings
from expectation import all_expectations
from netcase_tshark import Failure, Host, run_tests

SHOWN = ["idle/bracket-17s-to-33s", "connect/unanswered", "healthy/http-browsing"]
# What a strict policy has refused, what a script has said, or a request that was tried. Chromium's own notices have no CONSOLE.
COMPLAINT = re.compile(r":CONSOLE|Refused to|net_error|Failed to load")
SECONDS = 3


def page_of(host, capture, *options):
    result = host.run(["tshark", "-r", capture, "-q", "-z", "netcase,html", *options])
    result.check()
    return result.out


def in_browser(host, page):
    """(the page as the browser has made it, what it complained about, seconds)."""
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        path = f"{folder}/report.html"
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        begin = time.monotonic()
        done = subprocess.run(["chromium", "--headless", "--disable-gpu", "--no-sandbox", f"--user-data-dir={folder}/profile",
                               "--enable-logging=stderr", "--dump-dom", f"file://{path}"], env=host.environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise Failure(f"chromium ended with {done.returncode}\n{done.stderr}")
    return done.stdout, [line for line in done.stderr.splitlines() if COMPLAINT.search(line)], time.monotonic() - begin


class Elements(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found, self.addresses = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "data", "srcset") or name.startswith("on")]


def is_valid(page):
    """As the WHATWG's parser sees it."""
    parser = html5lib.HTMLParser()
    parser.parse(page)
    if parser.errors:
        raise Failure("\n".join(map(str, parser.errors[:5])))


def draws_itself(host, expectation, language):
    report = json.loads(host.run(["tshark", "-r", expectation.capture, "-q", "-z", "netcase,json", "-o", f"netcase.language:{language}",
                                  *expectation.options]).out)
    is_valid(page_of(host, expectation.capture, *expectation.options))
    page, complaints, _ = in_browser(host, page_of(host, expectation.capture, "-o", f"netcase.language:{language}", *expectation.options))
    made = Elements(page)
    is_valid(page)
    groups = len({finding["group"] for finding in report["findings"]})
    if complaints or made.addresses:
        raise Failure("\n".join([*complaints, *map(str, made.addresses)]))
    if made.found.count("section") != groups + len(report["withdrawn"]) or (groups > 0 and "path" not in made.found and "polygon" not in made.found):
        raise Failure(f"{made.found.count('section')} problems are drawn of {groups}")
    drawn = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    for finding in report["findings"]:
        if html.escape(finding["title"], quote=False) not in drawn:
            raise Failure(f"not on the page: {finding['title']}")


# What the drawing of each capture must show, as text or as a class, and what it must not.
DRAWN = {
    "idle/bracket-17s-to-33s": (["a device on the way", "pause of 33.00 s", r"\+0.04 ms"], ["no answer"]),
    "connect/unanswered": (["no answer", "pause of 1.03 s"], ["a device on the way"]),
    "policy/reset-three-for-a-syn": (["a device on the way", "<del>Connection refused", 'class="struck">connect.refused'], ["no answer"]),
    "dns/handbook-cname-abroad-home-known": (["no answer", "So: The address behind a CNAME"], ["a device on the way"]),
    "connect/icmp-prohibited": (["a device on the way|10.1.0.1", "ICMP"], []),
}


def ladder_shows(host, expectation, wanted, unwanted):
    page, _, _ = in_browser(host, page_of(host, expectation.capture, "-o", "netcase.language:en", *expectation.options))
    drawn = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    wrong = [one for one in wanted if not re.search(one, drawn)] + [one for one in unwanted if f">{one}<" in drawn]
    if wrong or re.search(r"undefined|NaN|\[object", drawn):
        raise Failure(f"{wrong} in\n{drawn}")


def hostile_is_inert(host, expectation):
    """Its texts are there as text: there is no element that the page's own script does not make."""
    page, complaints, _ = in_browser(host, page_of(host, expectation.capture, *expectation.options))
    made = Elements(page)
    if complaints or made.addresses or {"img", "iframe", "a", "object", "base", "link"} & set(made.found) or made.found.count("script") != 2:
        raise Failure("\n".join([*complaints, *map(str, made.addresses), str(sorted(set(made.found)))]))


def many_are_quick(host):
    capture = host.folder / "many-page.pcap"
    many_findings.write(capture)
    page, complaints, seconds = in_browser(host, page_of(host, capture))
    if complaints or page.count("<section") < 100:
        raise Failure("\n".join(complaints) or "not drawn")
    _, _, empty = in_browser(host, "<!DOCTYPE html><title>empty</title>")
    seconds = min(seconds, in_browser(host, page_of(host, capture))[2])
    if seconds - empty > SECONDS:
        raise Failure(f"takes {seconds - empty:.1f} s")


def main():
    host = Host()
    expectations = {one.name: one for one in all_expectations() if one.capture}
    tests = [(f"page {name}, {language}", functools.partial(draws_itself, host, expectations[name], language)) for name in SHOWN for language in ("en", "zh_CN")]
    tests += [(f"page {name}: what is drawn", functools.partial(ladder_shows, host, expectations[name], *drawn)) for name, drawn in DRAWN.items()]
    tests += [(f"page {name} is inert", functools.partial(hostile_is_inert, host, one)) for name, one in expectations.items() if name.startswith("hostile/")]
    good = run_tests(tests)
    # Alone, because it is measured.
    return 0 if run_tests([("page with many findings", functools.partial(many_are_quick, host))], jobs=1) and good else 1


if __name__ == "__main__":
    sys.exit(main())
