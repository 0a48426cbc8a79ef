#!/usr/bin/env python3
"""The exercises of netcase-train: each makes a capture for a seed, takes the answer of its key and no other, and netcase sees in
the capture what the key says, so that nothing got lost when it was made.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from netcase_tshark import TREE, Failure, Host, expect_same, run_tests  # noqa: E402
from sharkd import ask, found, load, rows  # noqa: E402

SEEDS = (1, 2)
NO_FAULT = {"connect.health_check"}  # what says that nothing is wrong


def module_of(path):
    """The command, as a module."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("train", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("train", loader))
    loader.exec_module(module)
    return module


def path_of(host, number, seed):
    return host.folder / f"exercise-{number}-{seed}.pcap"


def wrong_answers(train, exercise, key):
    """What people answer: the usual suspect, nothing, the right case with other frames, the right frames with another culprit."""
    if not key:
        return [[train.Finding(case, {1, 2}, "network")] for case in (exercise.mistaken * 3)[:3]]
    right = [train.Finding(one.cases[0], one.frames, one.culprits[0]) for one in key]
    other = next(culprit for culprit in train.CULPRITS if culprit not in key[0].culprits)
    last = max(frame for one in key for frame in one.frames)
    return [[], [train.Finding(exercise.mistaken[0], right[0].frames, right[0].culprit), *right[1:]],
            [right[0]._replace(frames={last + 1}), *right[1:]], [right[0]._replace(culprit=other), *right[1:]],
            [*right, train.Finding(exercise.mistaken[0], {1}, "network")]]


def marking(host, train, exercise):
    titles = train.case_titles()
    unknown = {case for fault in exercise.faults for case in fault.cases} | set(exercise.mistaken)
    if unknown - set(titles):
        raise Failure(f"there are no cases {unknown - set(titles)}")
    captures = []
    for seed in SEEDS:
        variant = train.variant_of(exercise, seed)
        captures.append(train.written(variant.link, variant.packets))
        path_of(host, exercise.number, seed).write_bytes(captures[-1])
        if train.written(*train.variant_of(exercise, seed)[:2]) != captures[-1]:
            raise Failure(f"seed {seed} gives two captures")
        key = train.key_of(exercise, variant)
        if not all(one.frames for one in key):
            raise Failure(f"a filter shows no frame: {[fault.filter for fault in exercise.faults]}")
        points, most, missed = train.marks_of([train.Finding(one.cases[0], one.frames, one.culprits[0]) for one in key], key)
        if points != most or missed:
            raise Failure(f"the key gets {points} of {most} points: {missed}")
        for given in wrong_answers(train, exercise, key):
            points, most, missed = train.marks_of(given, key)
            if points == most or not missed:
                raise Failure(f"{given} gets {points} of {most} points and is told {missed}")
    if captures[0] == captures[1]:
        raise Failure("two seeds give the same capture")


def seen_by_netcase(host, train):
    """Of one sharkd, which needs no second to start. What netcase says is no key: it checks how the captures were made."""
    pairs = [(exercise, seed) for exercise in train.exercises().values() for seed in SEEDS]
    requests = []
    for number, (exercise, seed) in enumerate(pairs):
        requests += [load(path_of(host, exercise.number, seed)), found(number)]
    problems = []
    for (exercise, seed), frames in zip(pairs, ask(host, requests)[1::2]):
        cases = {case for _, case in rows(frames)} - NO_FAULT
        lost = [fault.cases for fault in exercise.faults if not cases & set(fault.cases)]
        if lost or (not exercise.faults and cases):
            problems.append(f"exercise {exercise.number}, seed {seed}: {cases or 'nothing'} is found, not {lost or 'nothing'}")
    if problems:
        raise Failure("\n".join(problems))


def names_are_whole(host, train):
    """Checksums are right, and addresses in payload are those of the packets."""
    checked = [word for protocol in ("ip", "tcp", "udp") for word in ("-o", f"{protocol}.check_checksum:TRUE")]
    for number in (32, 35, 39, 44):
        path = path_of(host, number, SEEDS[0])
        bad = host.fields(path, ["frame.number"], *checked, display_filter=" or ".join(
            f"{protocol}.checksum.status == 0" for protocol in ("ip", "tcp", "udp", "icmp", "icmpv6")), plugin=False)
        if bad:
            raise Failure(f"{path.name}: wrong checksums in frames {bad}")
    requests = host.fields(path_of(host, 25, SEEDS[0]), ["ip.dst", "http.host"], display_filter="http.request", plugin=False)
    if not requests or any(address != name for address, name in requests):
        raise Failure(f"Host names another address than the packet: {requests[:3]}")
    answers = host.fields(path_of(host, 13, SEEDS[0]), ["dns.a"], display_filter="dns.a", plugin=False)
    original = host.fields(train.exercises()[13].path("nat/untranslated-dns-client-any"), ["dns.a"], display_filter="dns.a", plugin=False)
    if answers == original:
        raise Failure(f"the addresses in DNS answers stayed: {answers}")


def course(host):
    """A course of a trainee: everything is told that is promised, and the sheet is kept."""
    home = host.folder / "course"

    def train(*words, status=0, **more):
        result = host.run(["netcase-train", *words], XDG_DATA_HOME=str(home), **more)
        if result.status != status:
            raise Failure(f"{words} ended with {result.status}: {result.out}{result.err}")
        return result.out + result.err

    def expect(printed, *parts):
        for part in parts:
            if part not in printed:
                raise Failure(f"{part!r} is not in: {printed}")

    version = re.search(r"project\(netcase VERSION (\S+)", (TREE / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
    expect_same([(f"netcase-train {version}\n",)], [(train("--version"),)])
    expect(train("--help"), "netcase-train start", "CASE:FRAMES:CULPRIT")
    expect(train("summary"), "Nothing is answered yet.")
    expect(train("answer", "healthy", status=1), "nothing is started")
    expect(train("start", "999", status=1), "there is no exercise 999")
    expect(train("cases", "dns", "twin"), "dns.twin_lost")
    expect(train("start", "3", "--seed", "7"), "Exercise 3, seed 7", "exercise-03-7.pcap")
    if not (home / "netcase-train" / "exercise-03-7.pcap").is_file():
        raise Failure("there is no capture")
    for answer, said in (("connect.half_open:3", "no answer such as"), ("connect.nothing:3:client", "there is no case"),
                         ("connect.half_open:x:client", "no list of frames"), ("connect.half_open:3:me", "no culprit"),
                         ("connect.half_open:1-999999:client", "too many frames")):
        expect(train("answer", answer, status=1), said)
    said = train("answer", "connect.unanswered:1:network")
    expect(said, "points", "It does: each SYN gets a SYN-ACK")
    frames = re.search(r"connect\.half_open is in frames ([\d, -]+);", said)[1].replace(" ", "")
    expect(train("answer", f"connect.half_open:{frames}:client"), "4 of 4 points", "the first answer counts")
    expect(train("--language", "zh_CN", "start", "6", "--seed", "1"), "第 6 题")
    expect(train("answer", "healthy", LC_ALL="zh_CN.UTF-8"), "4 分，满分 4 分")
    expect(train("answer", "3", stdin=f"connect.half_open\n{frames}\nclient\n\n"), "4 of 4 points")
    expect(train("summary"), "Captures answered: 2.", "All right at once: 1.", "connect", "Exercises not tried yet: 1, 2, 4, 5, 7")
    expect(train("list"), "100 %")
    (home / "netcase-train" / "scores.jsonl").write_text("{\n", encoding="utf-8")
    expect(train("summary", status=1), "line 1 of", "can't be read")


def lessons_use_other_captures(train):
    """Who has done the lessons must not know the exercises."""
    pages = "".join(path.read_text(encoding="utf-8") for path in (TREE / "docs/training").glob("*/README.md"))
    known = [name for exercise in train.exercises().values() for name in exercise.captures if f"captures/{name}.pcapng" in pages]
    if known:
        raise Failure(f"a lesson shows {known}")


def main():
    host = Host()
    train = module_of(host.commands / "netcase-train")
    os.environ.update(host.environment(plugin=False))  # the programs that it starts need no second each
    exercises = train.exercises()
    healthy = sum(not exercise.faults for exercise in exercises.values())
    print(f"ok    training: {len(exercises)} exercises, {healthy} healthy", flush=True)
    one_by_one = run_tests([(f"training exercise {number}: {' '.join(exercise.captures)}", functools.partial(marking, host, train, exercise))
                            for number, exercise in exercises.items()])
    together = run_tests([("training: exercises and lessons have captures of their own", functools.partial(lessons_use_other_captures, train)),
                          ("training: netcase sees the faults of the keys, and no others", functools.partial(seen_by_netcase, host, train)),
                          ("training: checksums, addresses in payload", functools.partial(names_are_whole, host, train)),
                          ("training: a course from list to summary", functools.partial(course, host))])
    return 0 if one_by_one and together else 1


if __name__ == "__main__":
    sys.exit(main())
