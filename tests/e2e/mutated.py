#!/usr/bin/env python3
"""Mutated captures through the whole program: no crash, no hang, no word of a sanitizer, nothing that Wireshark alone has not.

usage: mutated.py [--count N] [--first NUMBER] [--jobs N]

The plugin under test is built with address and undefined behaviour sanitizers (tests/run.sh mutated does that). Each number
stands for one capture of captures/ or of the collection and for what is done to it: bytes, headers, times, order, lengths, link
types, the file itself. A number is the same in every run. Many captures are loaded by one sharkd, so that what one leaves
behind meets the next; some are read by tshark, in one pass and two, in every format of the report.

A capture that breaks something is kept in the folder for temporary files, and named.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import functools
import json
import os
import pathlib
import random
import re
import selectors
import shutil
import struct
import subprocess
import sys
import tempfile

from broken import FAULT
from expectation import all_captures
from netcase_tshark import TREE, Failure, Host, run_tests

sys.path.insert(0, str(TREE / "tests" / "fuzz"))
import capture_file  # noqa: E402

PER_PROCESS = 50  # captures for one sharkd
PER_TSHARK = 25  # captures of which one is read by tshark
SECONDS = 60  # for one capture
PACKETS_MAX, SIZE_MAX = 1000, 400_000
KEPT = pathlib.Path(tempfile.gettempdir()) / "netcase-mutated"
COLUMNS = {"column0": "frame.number:1", "column1": "netcase.expert:0"}
TAPS = {"tap0": "expert", "tap1": "stat:netcase_findings", "tap2": "stat:netcase_sessions", "tap3": "stat:netcase_timers"}
DETAILS_MAX = 3
MODES = [["-q", "-z", "netcase"], ["-q", "-2", "-z", "netcase,markdown"], ["-q", "-z", "netcase,json"], ["-q", "-2", "-z", "netcase,json"],
         ["-q", "-z", "netcase,sessions"], ["-q", "-2", "-z", "netcase,timers"], ["-q", "-z", "netcase,endings"], ["-V"],
         ["-2", "-T", "pdml", "-Y", "netcase"], ["-q", "-z", "netcase,endings_json"],
         ["-q", "-o", "netcase.language:Chinese", "-z", "netcase"]]
# What a terminal would take for an order.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SANITIZER = re.compile(r"(ERROR: (Address|UndefinedBehavior)Sanitizer|runtime error:|DEADLYSIGNAL).*")
STRANGE_TIMES = [0, -1, 1, 2**63 - 1, -2**63, 2**62, 2**62 - 1, 2**32 * 10**9, -10**9, 4102444800 * 10**9]
STRANGE_STEPS = [1, 1000, 10**6, 10**9, 15 * 10**9, 60 * 10**9, 120 * 10**9, 3600 * 10**9, 10**18, 2**63]
STRANGE_BYTES = [0, 1, 0x7F, 0x80, 0xFF, 0xFE, 0x0A, 0x1B]
WORDS = [b"$(id)", b"`id`", b"';id;'", b"\x1b[2J", b"<script>", b"](x)", b"\xff\xfe", b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: ",
         b"HTTP/1.1 502 \r\nServer: ", b"\x16\x03\x01\x02\x00\x01", b"%s%n", b"\xe2\x80\xae", b"{server}[["]
LINKS = [capture_file.ETHERNET, capture_file.RAW_IP, capture_file.NULL, capture_file.LINUX_SLL, capture_file.LINUX_SLL2,
         capture_file.WIFI, 127, 9, 65535]


# -- Packets: each function changes the list -----------------------------------------------------

def some(dice, packets):
    return packets[dice.randrange(len(packets))]


def put(packet, at, data):
    if at < len(packet.data):
        packet.data = (packet.data[:at] + data + packet.data[at + len(data):])[:len(packet.data)]


def change_bytes(dice, packets):
    for _ in range(dice.randint(1, 20)):
        packet = some(dice, packets)
        put(packet, dice.randrange(len(packet.data) + 1), bytes([dice.choice(STRANGE_BYTES + [dice.randrange(256)])]))


def change_headers(dice, packets):
    for _ in range(dice.randint(1, 20)):
        put(some(dice, packets), dice.randrange(12, 80), bytes([dice.choice(STRANGE_BYTES + [dice.randrange(256)])]))


def write_words(dice, packets):
    for _ in range(dice.randint(1, 10)):
        packet = some(dice, packets)
        put(packet, dice.randrange(34, max(len(packet.data), 35)), dice.choice(WORDS))


def change_times(dice, packets):
    for _ in range(dice.randint(1, 10)):
        some(dice, packets).time = dice.choice([*STRANGE_TIMES, dice.getrandbits(64), some(dice, packets).time])


def change_later_times(dice, packets):
    step = dice.choice(STRANGE_STEPS) * dice.choice([1, 1, -1])
    for packet in packets[dice.randrange(len(packets)):]:
        packet.time += step


def move_to_a_strange_time(dice, packets):
    step = dice.choice(STRANGE_TIMES) - packets[dice.choice([0, -1])].time
    for packet in packets:
        packet.time += step


def stretch_times(dice, packets):
    first, factor = packets[0].time, dice.choice([0, 0.001, 0.1, 10, 1000])
    for packet in packets:
        packet.time = first + int((packet.time - first) * factor)


def reverse(dice, packets):
    first = dice.randrange(len(packets))
    packets[first:] = packets[first:][::-1]


def shuffle(dice, packets):
    dice.shuffle(packets)


def drop(dice, packets):
    packets[:] = [packet for packet in packets if dice.random() > 0.2] or packets


def repeat(dice, packets):
    at, length = dice.randrange(len(packets)), dice.randint(1, 8)
    packets[at:at] = [capture_file.Packet(**vars(packet)) for packet in packets[at:at + length] * dice.randint(1, 40)]


def cut(dice, packets):
    size = dice.randint(0, 200)
    for packet in packets if dice.random() < 0.5 else [some(dice, packets)]:
        packet.data = packet.data[:size]


def claim_lengths(dice, packets):
    for _ in range(dice.randint(1, 5)):
        some(dice, packets).length = dice.choice([0, 1, 65535, 2**31 - 1, dice.getrandbits(32), dice.randrange(2000)])


def change_links(dice, packets):
    link = dice.choice(LINKS)
    for packet in packets if dice.random() < 0.3 else [some(dice, packets)]:
        packet.link = link


PACKET_MUTATIONS = [change_bytes, change_headers, write_words, change_times, change_later_times, move_to_a_strange_time, stretch_times,
                    reverse, shuffle, drop, repeat, cut, claim_lengths, change_links]


# -- Files --------------------------------------------------------------------------------------

def as_it_is(dice, data):
    del dice
    return data


def flip_in_the_file(dice, data):
    data = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        if data:
            data[dice.randrange(len(data))] = dice.choice(STRANGE_BYTES + [dice.randrange(256)])
    return bytes(data)


def cut_the_file(dice, data):
    return data[:dice.randrange(len(data) + 1)]


def number_in_the_file(dice, data):
    """Lengths of blocks and packets, magic numbers, options."""
    at = dice.randrange(max(len(data) // 4, 1)) * 4
    return data[:at] + struct.pack("<I", dice.choice([0, 1, 3, 12, 2**31, 2**32 - 1, dice.getrandbits(32)])) + data[at + 4:]


FILE_MUTATIONS = [as_it_is] * 12 + [flip_in_the_file, cut_the_file, number_in_the_file]


def write(packets, dice):
    return capture_file.pcap(packets) if dice.random() < 0.1 else capture_file.pcapng(packets)


def mutated(sources, number):
    """The bytes of the capture with this number, and what it comes from."""
    dice = random.Random(number)
    source, other = dice.choice(sources), dice.choice(sources)
    try:
        packets = capture_file.read(source)[:PACKETS_MAX]
    except (ValueError, LookupError, struct.error):
        packets = []
    if not packets:
        return dice.choice(FILE_MUTATIONS)(dice, source.read_bytes()), source
    for _ in range(dice.randint(1, 4)):
        dice.choice(PACKET_MUTATIONS)(dice, packets)
    data = write(packets, dice)
    if dice.random() < 0.1:
        data += other.read_bytes()  # as another section, or as nothing that belongs there
    return dice.choice(FILE_MUTATIONS)(dice, data), source


# -- sharkd -------------------------------------------------------------------------------------

class Broken(Exception):
    """The program has broken down, or does not answer."""


class Sharkd:
    """One process that is asked many times."""

    def __init__(self, host, log, plugin=True):
        self.log_path = log
        self.log = log.open("w+b")
        self.process = subprocess.Popen(["sharkd", "-"], env=host.environment(plugin), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.pending = b""
        self.asked = 0

    def _line(self):
        while b"\n" not in self.pending:
            if not self.selector.select(SECONDS):
                raise Broken(f"no answer within {SECONDS} s")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise Broken(f"ended with {self.process.wait()}")
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line

    def ask(self, method, **parameters):
        """The result; None for an error. Some requests are not answered at all (a frame that is not there): a second one, which
        always is, shows that the first is done.
        """
        self.asked += 2
        lines = [json.dumps({"jsonrpc": "2.0", "id": number, "method": name, "params": values}) + "\n"
                 for number, name, values in ((self.asked - 1, method, parameters), (self.asked, "status", {}))]
        try:
            self.process.stdin.write("".join(lines).encode())
            self.process.stdin.flush()
        except OSError as problem:
            raise Broken(f"ended with {self.process.wait()}") from problem
        result = None
        while True:
            line = self._line()
            if not line.startswith(b"{"):
                continue
            answer = json.loads(line.decode(errors="replace"))  # some columns of Wireshark are the packet's bytes
            if answer["id"] == self.asked:
                return result
            result = answer.get("result")

    def complaints(self):
        """What it said since the last call that tells of a fault."""
        said = self.log.read().decode(errors="replace")
        return sorted({found[0] for found in map(FAULT.search, said.splitlines()) if found})

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stdout.close()
        said = self.log_path.read_text(errors="replace")
        self.log.close()
        return self.process.returncode, said


def look(sharkd, path, number):
    """All that netcase shows of a capture, and the details of some frames."""
    if sharkd.ask("load", file=str(path)) is None:
        return
    rows = sharkd.ask("frames", filter="netcase.expert" + " " * number, **COLUMNS) or []
    sharkd.ask("tap", **TAPS)
    frames = [row["num"] for row in rows]
    for frame in [1, *frames[:DETAILS_MAX]]:
        sharkd.ask("frame", frame=frame, proto=True)
    # Backwards, as a person jumps about.
    for frame in reversed(frames[-DETAILS_MAX:]):
        sharkd.ask("frame", frame=frame, proto=True)


def alone(host, path):
    """What Wireshark without the plugin does with a capture: (breaks down, complaints)."""
    sharkd = Sharkd(host, path.with_suffix(".alone"), plugin=False)
    try:
        if sharkd.ask("load", file=str(path)) is not None:
            count = (sharkd.ask("status") or {}).get("frames", 0)
            for frame in range(1, min(count, PACKETS_MAX) + 1):
                sharkd.ask("frame", frame=frame, proto=True)
        return False, sharkd.complaints()
    except Broken:
        return True, []
    finally:
        sharkd.close()


def keep(path, number):
    KEPT.mkdir(exist_ok=True)
    kept = KEPT / f"{number}{path.suffix}"
    shutil.copy(path, kept)
    return kept


def report_of(said):
    """The sanitizer's report, shortened."""
    lines = said.splitlines()
    start = next((at for at, line in enumerate(lines) if SANITIZER.search(line)), max(len(lines) - 10, 0))
    return lines[start:start + 25]


def failure(number, source, path, *lines):
    return "\n".join([f"number {number}, made of {source.name}: {lines[0]}", f"kept as {keep(path, number)}", *lines[1:]])


def survive_in_sharkd(host, sources, numbers, folder):
    """A list of failures."""
    failures, sharkd = [], None
    for number in numbers:
        data, source = mutated(sources, number)
        path = folder / f"{number}.pcapng"
        path.write_bytes(data)
        if sharkd is None:
            sharkd = Sharkd(host, folder / f"{number}.log")
        try:
            look(sharkd, path, number)
            complaints = sharkd.complaints()
            if complaints:
                complaints = [line for line in complaints if line not in alone(host, path)[1]]
            if complaints:
                failures.append(failure(number, source, path, "complaints", *complaints))
        except Broken as problem:
            _, said = sharkd.close()
            sharkd = None
            if "netcase" in "\n".join(report_of(said)) or not alone(host, path)[0]:
                failures.append(failure(number, source, path, str(problem), *report_of(said)))
        path.unlink()
    if sharkd is not None:
        status, said = sharkd.close()
        if status != 0 or SANITIZER.search(said):
            failures.append("\n".join([f"numbers {numbers[0]} to {numbers[-1]}: sharkd ended with {status}", *report_of(said)]))
    return failures


# -- tshark -------------------------------------------------------------------------------------

def leak_check(host):
    """The environment in which leaks are looked for at the end. Stacks go through GLib, which has no frame pointers, and the
    plugin is loaded from the start, so that it is still there when the leaks are named.
    """
    plugin = next((host.folder / "with").rglob("netcase.so"))
    return {"LD_PRELOAD": f"{host.always['LD_PRELOAD']} {plugin}", "LSAN_OPTIONS": "exitcode=0",
            "ASAN_OPTIONS": f"{host.always['ASAN_OPTIONS']}:detect_leaks=1:fast_unwind_on_malloc=0"}


def leaks_of_netcase(said):
    """The lines that tell of one; Wireshark's own are not looked at."""
    blocks = [block for block in said.split("\n\n") if " leak of " in block and re.search(r"/plugin/|netcase\.so", block)]
    return blocks[0].splitlines()[:15] if blocks else []


def survive_in_tshark(host, sources, number, mode, folder):
    data, source = mutated(sources, number)
    path = folder / f"{number}-tshark.pcapng"
    path.write_bytes(data)
    result = host.run(["tshark", "-r", path, *mode], timeout=SECONDS, **leak_check(host))
    problem = None
    leaks = leaks_of_netcase(result.err)
    if leaks:
        problem = f"{' '.join(mode)}: memory of netcase is not freed"
    elif result.status not in (0, 1, 2) or SANITIZER.search(result.err):
        without = host.run(["tshark", "-r", path, "-2", "-V"], plugin=False, timeout=SECONDS)
        if without.status in (0, 1, 2) or "netcase" in "\n".join(report_of(result.err)):
            problem = f"{' '.join(mode)} ended with {result.status}"
    elif "netcase,json" in mode and result.status == 0:
        try:
            json.loads(result.out)
        except ValueError as error:
            problem = f"{' '.join(mode)}: no JSON: {error}"
    elif any(word.startswith("netcase") for word in mode[1:]) and "-Y" not in mode and CONTROL.search(result.out):
        problem = f"{' '.join(mode)}: control characters: {CONTROL.search(result.out)[0]!r}"
    failures = [failure(number, source, path, problem, *(leaks or report_of(result.err)))] if problem else []
    path.unlink()
    return failures


def survive(host, sources, numbers):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        folder = pathlib.Path(folder)
        failures = survive_in_sharkd(host, sources, numbers, folder)
        for number in numbers[::PER_TSHARK]:
            failures += survive_in_tshark(host, sources, number, MODES[number // PER_TSHARK % len(MODES)], folder)
    if failures:
        raise Failure("\n".join(failures))


# -- The program --------------------------------------------------------------------------------

def library(name):
    """Of the compiler that built the plugin."""
    return subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout.strip()


def sanitized_host():
    # Helpers that ask phones and radios for interfaces hang with the address sanitizer, and read no files.
    return Host(WIRESHARK_EXTCAP_DIR="/nonexistent",
                LD_PRELOAD=f"{library('libasan.so')} {library('libubsan.so')}",
                ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=32:malloc_context_size=8",
                UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
                WIRESHARK_DEBUG_WMEM_OVERRIDE="simple")


def all_sources():
    """captures/ and, if it is there, the collection; no large files."""
    sources = list(all_captures())
    corpus = pathlib.Path(os.environ.get("NETCASE_CORPUS", TREE.parent / "shared" / "corpus"))
    if (corpus / "index.tsv").exists():
        names = (line.split("\t", 1)[0] for line in (corpus / "index.tsv").read_text(encoding="utf-8").splitlines()[1:])
        sources += [corpus / name for name in names]
    return sorted(source for source in sources if source.exists() and source.stat().st_size <= SIZE_MAX)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=int(os.environ.get("NETCASE_MUTATED", "600")))
    parser.add_argument("--first", type=int, default=0, help="number of the first capture")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    host, sources = sanitized_host(), all_sources()
    last = arguments.first + arguments.count
    tests = []
    for first in range(arguments.first, last, PER_PROCESS):
        numbers = range(first, min(first + PER_PROCESS, last))
        tests.append((f"mutated captures {numbers[0]} to {numbers[-1]} of {len(sources)} sources", functools.partial(survive, host, sources, numbers)))
    return 0 if run_tests(tests, arguments.jobs) else 1


if __name__ == "__main__":
    sys.exit(main())
