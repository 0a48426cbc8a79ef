#!/usr/bin/env python3
"""How many faults in the detectors do scenarios, unit tests and the packets of the captures notice?

usage: mutate.py [--count N | --all] [--seed TEXT] [--jobs N] [--at-least PERCENT] [FAMILY | FAMILY/DETECTOR[:LINE]]...

Breaks a detector in one place (mutants.py has the ways), and runs the player of scenarios, those unit tests that have a detector
in them, and the player of captures, until the first one fails. All mutants are in these programs (switches.py), but for those that have to be compiled alone. A
mutant that no test notices is printed with its place. N mutants (10) of each detector are taken, as many of each kind, the same ones
for the same seed and source. With a LINE all of that line are.

A mutant is tried by the tests that pass its place, only.

What does not compile, compiles to the same code, or stands in equivalent.tsv as a change that nobody can notice is no mutant. An
endless loop is noticed.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import concurrent.futures
import itertools
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile
import threading

from mutants import mutants_of
from switches import HEADER, Switched

TREE = pathlib.Path(__file__).resolve().parents[2]
DETECTORS = TREE / "plugin" / "detectors"
BUILD = TREE / "build-mutation"
SWITCHED = BUILD / "switched"  # a copy of the tree
SCENARIOS = TREE / "tests" / "scenarios"
EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.tsv")
NO_LOGIC = ("test_scenarios", "test_many_findings", "test_flood", "test_flow_memory")  # played by itself; measure time or memory


def run(*command):
    done = subprocess.run([str(word) for word in command], cwd=BUILD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


class Build:
    """The tests with all mutants in them (switches.py), without sanitizers, and how a mutant that is no switch is made alone."""

    def __init__(self, detectors):
        for part in ("CMakeLists.txt", "packaging", "docs", "tests"):
            place = SWITCHED / part
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.symlink_to(TREE / part)
        for path in (TREE / "plugin").rglob("*"):
            if path.is_file() and path.parts[-3] != "detectors":
                write(SWITCHED / path.relative_to(TREE), path.read_bytes())
        write(BUILD / "switch.h", HEADER.encode())
        run("cc", "-O1", "-c", "-o", BUILD / "serve.o", pathlib.Path(__file__).with_name("serve.c"))
        number = 1
        for detector in detectors:
            number = detector.write_switched(number)
        run("cmake", "-S", SWITCHED, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None",
            f"-DCMAKE_C_FLAGS=-O1 -w -include {BUILD}/switch.h", f"-DCMAKE_EXE_LINKER_FLAGS={BUILD}/serve.o", "-DNETCASE_HOST=OFF")
        tests = [path.stem for path in sorted((TREE / "tests" / "unit").glob("test_*.c")) if path.stem not in NO_LOGIC]
        run("cmake", "--build", BUILD, "--target", "test_scenarios", "laws_of_captures", *tests)
        run(TREE / "tests" / "fuzz" / "sequences.py", "--whole", BUILD / "captures", TREE / "captures")
        self.unit_tests = [[name] for name in tests if "_detector\n" in run("nm", f"tests/{name}")]
        self.unit_tests.append(["laws_of_captures", "--expected", BUILD / "captures"])
        self.commands = {}

    def command(self, target):
        """How ninja makes the target, word by word."""
        if target not in self.commands:
            line = run("ninja", "-t", "commands", target).splitlines()[-1]
            self.commands[target] = shlex.split(line.removeprefix(": && ").removesuffix(" && :"))
        return list(self.commands[target])

    def compile(self, detector, source, folder):
        """The object of a detector that consists of this source, None if that does not compile."""
        target = f"CMakeFiles/netcase_detectors.dir/plugin/detectors/{detector}.c.o"
        command = self.command(target)
        changed, made = folder / "detector.c", folder / "detector.o"
        changed.write_text(source, encoding="utf-8")
        command[command.index("-o") + 1] = made
        command[command.index("-c") + 1] = changed
        command = [made.with_suffix(".d") if word == f"{target}.d" else word for word in command]
        return made if subprocess.run(command, cwd=BUILD, stderr=subprocess.DEVNULL, check=False).returncode == 0 else None

    def program(self, name, made):
        """The program, with this object instead of the library's, in the object's folder, if there is one."""
        if made is None:
            return BUILD / "tests" / name
        command = self.command(f"tests/{name}")
        linked = made.parent / name
        at = command.index("-o")
        command[at:at + 2] = ["-o", linked, made]
        run(*command)
        return linked


def write(path, content):
    """What is there already stays, so that nothing is built for it."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def errors_of(source):
    """The lines with errors."""
    done = subprocess.run(["cc", "-std=gnu11", "-w", "-fsyntax-only", "-fmax-errors=0", f"-I{TREE}/plugin/api", "-include",
                           BUILD / "switch.h", "-x", "c", "-"], input=source, stderr=subprocess.PIPE, text=True, check=False)
    return {int(line) for line in re.findall(r"^<stdin>:(\d+):\d+: error", done.stderr, re.MULTILINE)}


class Server:
    """A test that waits to play mutants (serve.c)."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *arguments], cwd=TREE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, "NETCASE_SERVE": "1"})

    def fails(self, number, scenarios=(), reached="/dev/null"):
        """Whether the test fails with this mutant; what it passed is in the file `reached`."""
        with tempfile.NamedTemporaryFile("w", prefix="netcase-scenarios-", encoding="utf-8") as file:
            file.write("".join(f"{path}\n" for path in scenarios))
            file.flush()
            self.process.stdin.write(f"{number} {file.name} {reached}\n")
            self.process.stdin.flush()
            return int(self.process.stdout.readline()) != 0

    def passes(self, scenarios=()):
        """The numbers of the mutants whose place it passes."""
        with tempfile.NamedTemporaryFile("r", prefix="netcase-reached-", encoding="utf-8") as file:
            if self.fails(0, scenarios, file.name):
                sys.exit(f"{' '.join(map(str, (*self.process.args, *scenarios)))} fails without a mutant")
            return {int(number) for number in file}

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Tests:
    """Which tests are run for a mutant."""

    def __init__(self, build):
        self.build = build
        self.tests = [["test_scenarios", "--first"], *build.unit_tests]
        self.threads = threading.local()
        self.scenarios = {path: self.server(0).passes([path]) for path in sorted(SCENARIOS.glob("**/*.scn"))}
        self.passed = [self.server(i).passes() if i > 0 else set() for i in range(len(self.tests))]

    def server(self, i):
        """Of each thread its own."""
        servers = self.threads.__dict__.setdefault("servers", {})
        if i not in servers:
            servers[i] = self.start(i)
        return servers[i]

    def start(self, i, made=None):
        name, *arguments = self.tests[i]
        return Server(self.build.program(name, made), *arguments)

    def notice(self, family, number):
        """The program that notices the mutant, or None: the scenarios of its family come first."""
        passing = [path for path, numbers in self.scenarios.items() if number in numbers]
        passing.sort(key=lambda path: path.parent.name != family)
        if passing and self.server(0).fails(number, passing):
            return self.tests[0][0]
        for i in range(1, len(self.tests)):
            if number in self.passed[i] and self.server(i).fails(number):
                return self.tests[i][0]
        return None

    def notice_alone(self, made):
        """The same of a mutant that is an object."""
        for i, (name, *_) in enumerate(self.tests):
            server = self.start(i, made)
            noticed = server.fails(0, self.scenarios)
            server.end()
            if noticed:
                return name
        return None


class Equivalent:
    """A line of equivalent.tsv: a change that nobody can notice, in a detector or in all of them (*)."""

    def __init__(self, line):
        self.detector, self.code, self.was, self.becomes, self.why = line.split("\t")

    def is_in(self, detector):
        return self.detector in ("*", detector.name)

    def covers(self, mutant, source):
        was, becomes = mutant.change(source)
        return self.code in source.splitlines()[mutant.line(source) - 1] and (self.was, self.becomes) == (was, becomes)

    @staticmethod
    def read():
        return [Equivalent(line) for line in EQUIVALENT.read_text(encoding="utf-8").splitlines()[1:]]


class Detector:
    equivalents = Equivalent.read()

    def __init__(self, path):
        self.name = str(path.relative_to(DETECTORS).with_suffix(""))
        self.family = path.parent.name
        self.source = path.read_text(encoding="utf-8")
        self.object = None  # without a mutant

    def write_switched(self, first):
        """From now on each mutant has a number, from the first one on; the next one is returned."""
        mutants = self.mutants("")
        self.numbers = {mutant: first + i for i, mutant in enumerate(mutants)}
        switched = Switched(self.source, [(number, mutant) for mutant, number in self.numbers.items()], errors_of)
        self.switches = switched.numbers
        write(SWITCHED / "plugin" / "detectors" / f"{self.name}.c", switched.text.encode())
        return first + len(mutants)

    def check(self):
        for equivalent in self.equivalents:
            if equivalent.detector == self.name and not any(equivalent.covers(mutant, self.source) for mutant in self.numbers):
                sys.exit(f"{EQUIVALENT.name}: {self.name} has no mutant {equivalent.code}: {equivalent.was} -> {equivalent.becomes}")

    def mutants(self, seed):
        """All of them in a fixed order, in which the kinds take turns."""
        kinds = mutants_of(self.source)
        for mutants in kinds:
            random.Random(f"{seed} {self.name} {len(mutants)}").shuffle(mutants)
        return [mutant for turn in itertools.zip_longest(*kinds) for mutant in turn if mutant]

    def wanted(self, options):
        mutants = self.mutants(options.seed)
        lines = [int(name.partition(":")[2]) for name in options.names if name.startswith(f"{self.name}:")]
        if lines:
            return [mutant for mutant in mutants if mutant.line(self.source) in lines]
        # What is no mutant counts, too: the sample does not depend on a compiler.
        return mutants if options.all else mutants[:options.count]

    def try_mutant(self, build, tests, mutant):
        """None if it is none, else the program that noticed it or "survived"."""
        if any(equivalent.is_in(self) and equivalent.covers(mutant, self.source) for equivalent in self.equivalents):
            return None
        number = self.numbers[mutant]
        by = tests.notice(self.family, number) if number in self.switches else None
        if by:
            return by
        with tempfile.TemporaryDirectory(prefix="netcase-mutant-") as name:
            folder = pathlib.Path(name)
            self.object = self.object or build.compile(self.name, self.source, folder).read_bytes()
            made = build.compile(self.name, mutant.apply(self.source), folder)
            if made is None or made.read_bytes() == self.object:
                return None
            return (tests.notice_alone(made) if number not in self.switches else None) or "survived"


def is_wanted(detector, names):
    return not names or detector.family in names or detector.name in [name.partition(":")[0] for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="FAMILY or FAMILY/DETECTOR[:LINE]")
    parser.add_argument("--count", type=int, default=10, help="mutants of each detector")
    parser.add_argument("--all", action="store_true", help="all mutants")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT", help="fail if fewer are noticed")
    options = parser.parse_args()

    every = [Detector(path) for path in sorted(DETECTORS.glob("*/*.c"))]
    detectors = [detector for detector in every if is_wanted(detector, options.names)]
    if not detectors:
        parser.error("no such detector")
    build, total, total_noticed = Build(every), 0, 0
    for detector in every:
        detector.check()
    tests = Tests(build)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as executor:
        for detector in detectors:
            tried = survived = alone = 0
            mutants = detector.wanted(options)
            results = executor.map(lambda mutant, detector=detector: detector.try_mutant(build, tests, mutant), mutants)
            for mutant, result in zip(mutants, results):
                tried += result is not None
                survived += result == "survived"
                alone += result == "laws_of_captures"
                if result == "survived":
                    print(f"survived  plugin/detectors/{detector.name}.c:{mutant.describe(detector.source)}", flush=True)
            total, total_noticed = total + tried, total_noticed + tried - survived
            print(f"{detector.name}: {tried - survived} of {tried} noticed, {alone} by captures alone", flush=True)
    share = 100 * total_noticed / max(total, 1)
    right = total > 0 and share >= options.at_least
    print(f"{'ok   ' if right else 'FAIL '} mutation: {total_noticed} of {total} mutants noticed, {share:.1f} %")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
