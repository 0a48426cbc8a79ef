"""Runs tshark and its relatives with the plugin under test, or without it.

Each process gets a fresh home: empty preferences, and the plugin in the personal plugin folder,
where tshark of an ordinary user finds it. WIRESHARK_PLUGIN_DIR would be simpler, but an installed
tshark ignores it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import atexit
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = TREE / "captures"
BUILD = pathlib.Path(os.environ.get("NETCASE_BUILD", TREE / "build-test"))
JOBS = 2
TIMEOUT = 300
# Joins the values of a field that a frame has several times; no text of netcase holds it.
JOINT = "\x1f"


class Host:
    """A Wireshark installation with two homes: one has the plugin, the other has none. `always` is added to the environment of
    every process. `lean` leaves out what makes starting slow, see _make_lean().
    """

    def __init__(self, lean=True, **always):
        if os.geteuid() == 0:
            sys.exit("Wireshark ignores personal plugins for root. tests/run.sh runs this as another user.")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="netcase-test-"))
        self.always = always
        self.lean = {}
        self.commands = self.folder / "stage"  # where netcase-annotate is, once it is installed
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        for home in ("with", "without"):
            (self.folder / home).mkdir()
        self._check_system_folder()
        if lean:
            self._make_lean()
        self._install()

    def environment(self, plugin=True, **extra):
        return {
            "PATH": f"{self.commands}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "HOME": str(self.folder / ("with" if plugin else "without")),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            # Starting tshark allocates for 1,500 protocols, and the suites start it thousands of times: memory in large steps saves a seventh.
            "GLIBC_TUNABLES": "glibc.malloc.top_pad=67108864",
            **self.lean,
            **self.always,
            **extra,
        }

    def _folders(self):
        lines = self.run(["tshark", "-G", "folders"], plugin=True).out.splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def _check_system_folder(self):
        installed = pathlib.Path(self._folders()["Global Plugins"].strip()) / "epan" / "netcase.so"
        if installed.exists():
            sys.exit(f"{installed} would be tested instead of {BUILD}. Remove it, or start tests/run.sh, which hides it.")

    def _make_lean(self):
        """A quarter of a start goes into lists of names that no test looks at (makers of network cards, services, kinds of XML), and
        Wireshark's window asks each program for special interfaces: folders that are as the system's, without them.
        """
        system = pathlib.Path(self._folders()["Global configuration"].strip())
        data, programs = self.folder / "data", self.folder / "no-programs"
        data.mkdir()
        programs.mkdir()
        for entry in system.iterdir():
            (data / entry.name).symlink_to(entry)
        for name in ("manuf", "services"):
            (data / name).unlink(missing_ok=True)
            (data / name).touch()
        (data / "dtds").unlink(missing_ok=True)
        (data / "dtds").mkdir()
        self.lean = {"WIRESHARK_DATA_DIR": str(data), "WIRESHARK_EXTCAP_DIR": str(programs)}

    def _install(self):
        """Let the project's own install rules place the files, then take them from there."""
        stage = self.folder / "stage"
        subprocess.run(["cmake", "--install", str(BUILD)], env={**os.environ, "DESTDIR": str(stage)},
                       check=True, stdout=subprocess.DEVNULL)
        built = next(stage.rglob("netcase.so"))
        self.commands = next(stage.rglob("netcase-annotate")).parent
        personal = pathlib.Path(self._folders()["Personal Plugins"].strip())
        shutil.copytree(built.parent, personal / "epan")
        configuration = pathlib.Path(self._folders()["Personal configuration"].strip())
        shutil.copytree(next(stage.rglob("netcase-triage")).parent, configuration / "profiles")
        listed = self.run(["tshark", "-G", "plugins"])
        if "netcase.so" not in listed.out:
            sys.exit(f"FAIL  tshark loads {built}\n{listed.err}")

    def run(self, command, plugin=True, timeout=TIMEOUT, stdin="", **extra):
        return Result(command, self.environment(plugin, **extra), timeout, stdin)

    def open(self, command, plugin=True):
        """The process itself, for output that is too long to keep."""
        return subprocess.Popen([str(word) for word in command], env=self.environment(plugin), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def fields(self, capture, names, *options, display_filter="netcase.expert", plugin=True):
        """A list of values for each field, for each frame that the filter shows."""
        command = ["tshark", "-r", capture, *options, "-Y", display_filter, "-T", "fields", "-E", "separator=/t",
                   "-E", f"aggregator={JOINT}"]
        for name in names:
            command += ["-e", name]
        result = self.run(command, plugin)
        result.check()
        return [[column.split(JOINT) for column in line.split("\t")] for line in result.out.splitlines()]

    def findings(self, capture, *options):
        """The findings of a capture as a sorted list of (frame, id): those that stand in the end."""
        return self.findings_and_withdrawn(capture, *options)[0]

    def findings_and_withdrawn(self, capture, *options):
        """The same, and those that were shown and withdrawn as (frame, id, frame that refutes): in two passes there are none."""
        return stand_and_withdrawn(self.fields(capture, LIFE, *options, display_filter=SHOWN_OR_WITHDRAWN))


# The fields that tell what is found and what is refuted, and the frames that have them.
LIFE = ["frame.number", "netcase.expert", "netcase.withdrawn", "netcase.withdrawn.frame"]
SHOWN_OR_WITHDRAWN = "netcase.expert || netcase.withdrawn"


def stand_and_withdrawn(rows):
    """From rows of these fields: (frame, id) of the findings that stand, (frame, id, frame that refutes) of those that were shown and
    withdrawn, both sorted.
    """
    shown = [(int(frame[0]), name) for frame, found, _, _ in rows for name in found if name]
    withdrawn = [(int(trigger), name, int(frame[0])) for frame, _, refuted, triggers in rows
                 for name, trigger in zip(refuted, triggers) if name]
    for trigger, name, by in withdrawn:
        if (trigger, name) not in shown:
            raise Failure(f"frame {by} withdraws {name} of frame {trigger}, which was not shown")
        shown.remove((trigger, name))
    return sorted(shown), sorted(withdrawn)


def take_signals():
    """For tests that send signals: started by nohup, or in the background of a script, programs would ignore them."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Result:
    """What a process left behind."""

    def __init__(self, command, environment, timeout, stdin):
        self.command = [str(word) for word in command]
        try:
            done = subprocess.run(self.command, env=environment, input=stdin.encode(), capture_output=True,
                                  timeout=timeout, check=False)
            self.status, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as expired:
            self.status, out, err = "timeout", expired.stdout or b"", expired.stderr or b""
        self.out, self.err = out.decode(errors="replace"), err.decode(errors="replace")

    def check(self):
        if self.status != 0:
            raise Failure(f"{' '.join(self.command)}\nended with {self.status}\n{self.err}")


class Failure(Exception):
    """A test has failed; the text says why."""


class Skip(Exception):
    """A test can't run here; the text says why."""


def run_tests(tests, jobs=JOBS):
    """Run (name, function) pairs, `jobs` at a time; print a line for each, in their order. True if none failed."""
    failed = False
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [(name, pool.submit(function)) for name, function in tests]
        for name, future in running:
            try:
                future.result()
                print(f"ok    {name}", flush=True)
            except Skip as reason:
                print(f"skip  {name}: {reason}", flush=True)
            except Exception as error:  # whatever went wrong, the other tests shall run
                failed = True
                text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
                print(f"FAIL  {name}", *text.splitlines(), sep="\n      ", flush=True)
    return not failed


def difference(expected, found):
    """What is missing and what is too much in a list of tuples, one line each; empty if the lists are the same."""
    lines, rest = [], list(found)
    for item in expected:
        if item in rest:
            rest.remove(item)
        else:
            lines.append((item, "-"))
    lines += [(item, "+") for item in rest]
    return [f"{sign} {' '.join(map(str, item))}" for item, sign in sorted(lines)]


def expect_same(expected, found, what="-: expected, not found   +: found, not expected"):
    lines = difference(expected, found)
    if lines:
        raise Failure("\n".join([what, *lines]))
