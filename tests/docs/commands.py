#!/usr/bin/env python3
"""The commands in the documentation run, and show what the documentation says.

Looks at the fenced blocks of the pages in the top folder and of docs/**/*.md:

- ```console: lines that begin with `$ ` are run in the top folder, in one shell for each block, and
  must print the lines that follow. A line `...` stands for any number of lines, `...` at the end of
  a line for the rest of it. A block that begins with ```console same shell goes on in the shell of the one before.
- ```sh: every line is run (a `$ ` in front is allowed) and must succeed.
- others, such as ```text, are left alone.

Commands that install, build, need a screen or run the tests are not run again. What packaging/try.sh
prints of captures is compared with the output of packaging/show.sh, which is its last step.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from netcase_tshark import TREE, Failure, Host, run_tests  # noqa: E402

FENCE = re.compile(r"^(\s*)```(\w*)( same shell)?\s*$")
NOT_RUN = re.compile(r"^(sudo |apt|dpkg|git |cd netcase|cmake|ctest|ninja|wireshark|(\./)?(tests/run\.sh|\.ci/run))|tests/run\.sh")
TRY = re.compile(r"^(\./)?packaging/try\.sh\b")
# What try.sh tells before it shows findings.
PROGRESS = re.compile(r"^(Installing|Configuring|Building|Installing into)\b")
MARK = "-- end of a command:"


def blocks(path):
    """(line number, language, lines) of each fenced block; those in the same shell are one."""
    found, start, language, lines, indent = [], 0, None, [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and language is None:
            start, language, lines, indent = number, fence[2], [], fence[1]
            if fence[3]:
                start, language, lines = found.pop()
        elif fence:
            found.append((start, language, lines))
            language = None
        elif language is not None:
            lines.append(line.removeprefix(indent))
    return found


def commands(language, lines):
    """(command, expected lines or None) of a block."""
    found = []
    continued = False
    for line in lines:
        if continued:
            found[-1][0] += "\n" + line
        elif line.startswith("$ "):
            found.append([line[2:], [] if language == "console" else None])
        elif language == "sh":
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found.append([line, None])
        elif found:
            found[-1][1].append(line)
        continued = line.endswith("\\") and (continued or language == "sh" or line.startswith("$ "))
    return found


def pattern_of(line):
    line = line.rstrip()
    if line.strip() == "...":
        return r"(.*\n)*?"
    if line.endswith("..."):
        return re.escape(line.removesuffix("...")) + r".*\n"
    return re.escape(line) + r"\n"


def matches(expected, printed):
    """Whether printed lines are the expected ones."""
    return re.fullmatch("".join(map(pattern_of, expected)), "".join(line.rstrip() + "\n" for line in printed)) is not None


def run_block(host, block):
    """Run all commands of a block in one shell, so that variables and folders stay."""
    to_run = []
    for command, expected in block:
        if TRY.match(command):
            shown = [line for line in expected or [] if not PROGRESS.match(line)]
            if any(line.strip() for line in shown):
                to_run.append((TRY.sub("packaging/show.sh", command), shown))
        elif not NOT_RUN.search(command):
            to_run.append((command, expected))
    script = "\n".join(f"{command}\nended=$?; echo; echo '{MARK}' $ended" for command, _ in to_run)
    result = host.run(["bash", "-c", f"cd '{TREE}'\nexec 2>&1\n{script}"])
    parts = re.split(rf"\n?{re.escape(MARK)} (\d+)\n", result.out)
    for (command, expected), printed, status in zip(to_run, parts[::2], parts[1::2]):
        lines = printed.removesuffix("\n").splitlines()
        if status != "0":
            raise Failure("\n".join([f"$ {command}", f"ended with {status}:", *lines[:20]]))
        if expected is None or not any(line.strip() for line in expected):
            continue
        while not expected[-1].strip():
            expected = expected[:-1]
        if not matches(expected, lines):
            raise Failure("\n".join([f"$ {command}", "the documentation shows:", *expected, "it prints:", *lines[:50]]))
    if len(parts) // 2 != len(to_run):
        raise Failure(f"the shell ended early:\n{result.out[-2000:]}")


def main():
    host = Host()
    tests, run = [], set()
    for path in [*sorted(TREE.glob("*.md")), *sorted((TREE / "docs").rglob("*.md"))]:
        for number, language, lines in blocks(path):
            block = commands(language, lines) if language in ("sh", "console") else []
            # Most blocks of a page in Chinese are those of the English one, letter by letter.
            same = str(path).replace(".zh_CN.md", ".md"), language, *lines
            if same in run:
                continue
            run.add(same)
            if any(not NOT_RUN.search(command) for command, _ in block):
                first = next(command for command, _ in block if not NOT_RUN.search(command)).splitlines()[0]
                tests.append((f"docs {path.relative_to(TREE)}:{number} {first}", functools.partial(run_block, host, block)))
    if not tests:
        print("skip  docs: the documentation shows no command that can be run")
        return 0
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
