#!/usr/bin/env python3
"""mutate.py works: it makes the mutants that it promises, and the tests notice most of a sample.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import subprocess
import sys

from mutants import mutants_of

SOURCE = """enum { LIMIT = 10 };

/* if (comment) */
static void
on_packet(struct context *context, const struct flow *flow)
{
    const char *text = "a < b";
    char buffer[8];
    if (flow->count < LIMIT && !flow->told)
        return;
    flow->told = true;
}
"""
PROMISED = {
    "1: constant changed: 10 -> 20",
    "9: guard dropped: flow->count < LIMIT -> true",
    "9: guard dropped: !flow->told -> true",
    "9: guard dropped: flow->count < LIMIT && !flow->told -> false",
    "9: condition negated: flow->count < LIMIT && !flow->told -> !(flow->count < LIMIT && !flow->told)",
    "9: comparison moved: < -> <=",
    "11: statement deleted: flow->told = true; -> ;",
}
SAMPLE = ("--count", "8", "http/gateway", "tunnel/wireguard")
LEAST = 60  # percent: mutate.py has the goal, this only sees that tests are run


def check_mutants():
    made = {mutant.describe(SOURCE) for kind in mutants_of(SOURCE) for mutant in kind}
    return "".join(f"\n      {sign} {text}" for sign, texts in (("missing", PROMISED - made), ("too many", made - PROMISED)) for text in texts)


def check_sample():
    script = pathlib.Path(__file__).with_name("mutate.py")
    done = subprocess.run([script, "--at-least", str(LEAST), *SAMPLE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    told = re.search(r"(\d+) of (\d+) mutants noticed", done.stdout)
    right = done.returncode == 0 and told and int(told[2]) >= 8
    return "" if right else "\n      " + done.stdout.strip().replace("\n", "\n      ")


def main():
    failed = False
    for name, check in (("mutants", check_mutants), ("sample", check_sample)):
        wrong = check()
        failed = failed or bool(wrong)
        print(f"{'FAIL ' if wrong else 'ok   '} mutation {name}{wrong}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
