#!/usr/bin/env python3
"""The findings in a large collection of captures are those that were reviewed: tests/corpus/findings.tsv.

Each capture is opened by sharkd, many in one process, since starting tshark takes longer than reading
most of them; what sharkd does not open, as it is cut or broken, is read by tshark. Groups of them are
read in one pass and in two. Nothing may crash, and two passes find what one pass finds. The list has
the columns file, frame, id and verdict; the verdict is a person's judgement of the finding ("right",
"wrong: why", "-" for not judged yet).

usage: corpus.py [--accept]

--accept writes the list anew and keeps the verdicts of the findings that are still there.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import concurrent.futures
import functools
import re
import sys

import collection
from netcase_tshark import JOBS, LIFE, SHOWN_OR_WITHDRAWN, TREE, Failure, Host, Skip, expect_same, run_tests, stand_and_withdrawn
from sharkd import found, load, rows, talk

LIST = TREE / "tests" / "corpus" / "findings.tsv"
HEAD = "file\tframe\tid\tverdict"
FAULT = re.compile(r"Dissector bug|netcase|CRITICAL|Segmentation|Aborted")


def reviewed():
    """[((file, frame, id), verdict)]; a frame may have several findings of one case."""
    if not LIST.exists():
        return []
    rows = [line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines()[1:]]
    return [((name, int(frame), case), verdict) for name, frame, case, verdict in rows]


def findings_of(host, capture, *options):
    """The findings, and whether tshark ended as it does without the plugin."""
    command = ["tshark", "-r", capture, *options, "-Y", SHOWN_OR_WITHDRAWN, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=/s"]
    for name in LIFE:
        command += ["-e", name]
    result = host.run(command)
    if result.status != 0 or FAULT.search(result.err):
        alone = host.run(["tshark", "-r", capture, *options, "-Y", "tcp.flags.reset==1"], plugin=False)
        if (result.status, FAULT.findall(result.err)) != (alone.status, FAULT.findall(alone.err)):
            raise Failure(f"{' '.join(result.command)}\nended with {result.status}, without the plugin with {alone.status}\n{result.err}")
    return stand_and_withdrawn([[column.split(" ") for column in line.split("\t")] for line in result.out.splitlines()])[0]


def read(host, names):
    """{name: findings} of the captures that sharkd opens, one after the other."""
    requests = [request for number, name in enumerate(names) for request in (load(collection.FOLDER / name), found(number))]
    try:
        answers, complaints = talk(host, requests)
    except Failure:
        return {}  # the tests read each alone and name the one that does it
    if FAULT.search(complaints):
        return {}
    return {name: rows(frames["result"]) for name, loaded, frames in zip(names, answers[::2], answers[1::2])
            if "result" in loaded and "result" in frames}


def read_all(host, names):
    seen = {}
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for some in pool.map(lambda start: read(host, names[start:start + collection.GROUP_SIZE]),
                             range(0, len(names), collection.GROUP_SIZE)):
            seen.update(some)
    return seen


def of_one(host, name, seen):
    return seen[name] if name in seen else findings_of(host, collection.FOLDER / name)


def compare(host, name, expected, seen):
    expect_same(expected, of_one(host, name, seen), "-: lost, was reviewed   +: new, not reviewed")


def two_passes(host, capture):
    expect_same(findings_of(host, capture), findings_of(host, capture, "-2"), "-: in one pass only   +: in two passes only")


def accept(host, names):
    verdicts, seen = dict(reviewed()), read_all(host, names)
    keys = [(name, frame, case) for name in names for frame, case in of_one(host, name, seen)]
    lines = [f"{name}\t{frame}\t{case}\t{verdicts.get((name, frame, case), '-')}" for name, frame, case in keys]
    LIST.parent.mkdir(exist_ok=True)
    LIST.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    print(f"accepted {LIST}: {len(lines)} findings, {sum(key not in verdicts for key in keys)} of them new")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="write the list of findings anew, for review")
    arguments = parser.parse_args()
    host = Host()
    try:
        names = collection.names()
    except Skip as reason:
        print(f"skip  corpus: {reason}")
        return 0
    if arguments.accept:
        accept(host, names)
        return 0

    expected, seen = reviewed(), read_all(host, names)
    tests = [(f"corpus {name}", functools.partial(compare, host, name, sorted(
        (frame, case) for (one, frame, case), _ in expected if one == name), seen)) for name in names]
    files = [collection.FOLDER / name for name in names]
    tests += [(f"corpus two passes {capture.name}", functools.partial(two_passes, host, capture))
              for capture in collection.groups(host, files)]
    gone = sorted({name for (name, _, _), _ in expected} - set(names))
    if gone:
        print(f"skip  corpus: {len(gone)} captures of the list are not in this collection, such as {gone[0]}")
    return 0 if run_tests(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
