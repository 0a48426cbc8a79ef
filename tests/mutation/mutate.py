#!/usr/bin/env python3
"""How many faults in the detectors do the scenarios and the unit tests notice?

usage: mutate.py [--count N | --all] [--seed TEXT] [--jobs N] [--at-least PERCENT] [FAMILY | FAMILY/DETECTOR[:LINE]]...

Breaks a detector in one place (mutants.py has the ways), compiles that file alone, links the player of scenarios and those unit
tests that have a detector in them with it, and runs them until the first one fails. A mutant that no test notices is printed
with its place. N mutants (10) of each detector are taken, as many of each kind, the same ones for the same seed and source. With
a LINE all of that line are.

What does not compile, compiles to the same code, or stands in equivalent.tsv as a change that nobody can notice is no mutant. An
endless loop is noticed.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import concurrent.futures
import itertools
import pathlib
import random
import resource
import shlex
import subprocess
import sys
import tempfile

from mutants import mutants_of

TREE = pathlib.Path(__file__).resolve().parents[2]
DETECTORS = TREE / "plugin" / "detectors"
BUILD = TREE / "build-mutation"
PROCESSOR_SECONDS = 60
MEMORY = 4 << 30
EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.tsv")
NO_LOGIC = ("test_scenarios", "test_many_findings")  # played by itself; measures time


def run(*command):
    done = subprocess.run([str(word) for word in command], cwd=BUILD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


class Build:
    """A build without sanitizers, and how one object and the programs are made of it."""

    def __init__(self):
        BUILD.mkdir(exist_ok=True)
        run("cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-O1 -w", "-DNETCASE_HOST=OFF")
        tests = [path.stem for path in sorted((TREE / "tests" / "unit").glob("test_*.c")) if path.stem not in NO_LOGIC]
        run("cmake", "--build", BUILD, "--target", "test_scenarios", *tests)
        self.unit_tests = [name for name in tests if "_detector\n" in run("nm", f"tests/{name}")]
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

    def link(self, program, made):
        """The program with this object instead of the library's, in the object's folder."""
        command = self.command(f"tests/{program}")
        linked = made.parent / program
        at = command.index("-o")
        command[at:at + 2] = ["-o", linked, made]
        run(*command)
        return linked


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fails(*command):
    """Whether the test fails; its first failing scenario is enough."""
    with subprocess.Popen(command, cwd=TREE, preexec_fn=limit, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        for line in process.stdout:
            if line.endswith(" ... FAIL\n"):
                process.kill()
                return True
    return process.returncode != 0


def noticed(build, made, family):
    """Whether a test notices the mutant: the scenarios of its family first."""
    player = build.link("test_scenarios", made)
    families = sorted((TREE / "tests" / "scenarios").iterdir(), key=lambda path: (path.name != family, path))
    return (fails(player, "--plain", families[0]) or fails(player, "--plain", *families[1:]) or
            any(fails(build.link(name, made)) for name in build.unit_tests))


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

    def check(self, build):
        """What fails without a mutant tells nothing."""
        with tempfile.TemporaryDirectory(prefix="netcase-mutant-") as name:
            made = build.compile(self.name, self.source, pathlib.Path(name))
            self.object = made.read_bytes()
            if noticed(build, made, self.family):
                sys.exit(f"the tests fail without a mutant of {self.name}")
        all_mutants = self.mutants("")
        for equivalent in self.equivalents:
            if equivalent.detector == self.name and not any(equivalent.covers(mutant, self.source) for mutant in all_mutants):
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

    def try_mutant(self, build, mutant):
        """None if it is none, else whether it was noticed."""
        if any(equivalent.is_in(self) and equivalent.covers(mutant, self.source) for equivalent in self.equivalents):
            return None
        with tempfile.TemporaryDirectory(prefix="netcase-mutant-") as name:
            made = build.compile(self.name, mutant.apply(self.source), pathlib.Path(name))
            if made is None or made.read_bytes() == self.object:
                return None
            return noticed(build, made, self.family)


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

    detectors = [detector for detector in map(Detector, sorted(DETECTORS.glob("*/*.c"))) if is_wanted(detector, options.names)]
    if not detectors:
        parser.error("no such detector")
    build, total, total_noticed = Build(), 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as executor:
        for detector in detectors:
            detector.check(build)
            tried = seen = 0
            mutants = detector.wanted(options)
            results = executor.map(lambda mutant, detector=detector: detector.try_mutant(build, mutant), mutants)
            for mutant, result in zip(mutants, results):
                tried += result is not None
                seen += result is True
                if result is False:
                    print(f"survived  plugin/detectors/{detector.name}.c:{mutant.describe(detector.source)}", flush=True)
            total, total_noticed = total + tried, total_noticed + seen
            print(f"{detector.name}: {seen} of {tried} noticed", flush=True)
    share = 100 * total_noticed / max(total, 1)
    right = total > 0 and share >= options.at_least
    print(f"{'ok   ' if right else 'FAIL '} mutation: {total_noticed} of {total} mutants noticed, {share:.1f} %")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
