#!/usr/bin/env python3
"""install.sh and try.sh: what they install is what tshark loads, or they say why not; an upgrade keeps what the user has changed; what is
removed leaves nothing behind. Manual pages and packages are complete, clean, and the same from every build.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import functools
import gzip
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

from netcase_tshark import BUILD, TREE, Failure, Host, run_tests

VERSION = next(line.split()[2] for line in (TREE / "CMakeLists.txt").read_text(encoding="utf-8").splitlines() if line.startswith("project("))
PYTHON = ("netcase-annotate", "netcase-json", "netcase-train")


# What install.sh asks tshark, answered at once: starting the real one takes a second.
QUICK_TSHARK = """#!/bin/sh
plugins=$HOME/.local/lib/wireshark/plugins/{branch}
case "$*" in
"-G folders") printf 'Personal configuration:\\t%s\\nPersonal Plugins:\\t%s\\n' "$HOME/.config/wireshark" "$plugins" ;;
"-G plugins") [ ! -f "$plugins/epan/netcase.so" ] || printf 'netcase.so \\t1\\tdissector\\t%s\\n' "$plugins/epan/netcase.so" ;;
esac
"""


class Place:
    """A folder to install from, a home without anything in it, and a folder of programs that come before the system's."""

    def __init__(self, host, folder, tshark):
        self.host = host
        self.stage, self.home = pathlib.Path(folder, "from here"), pathlib.Path(folder, "home")
        self.programs = pathlib.Path(folder, "programs")
        self.home.mkdir()
        self.programs.mkdir()
        shutil.copytree(collected(host), self.stage)
        if tshark == "quick":
            self.program("tshark", QUICK_TSHARK.format(branch=next(self.stage.rglob("netcase.so")).parent.name))

    def environment(self):
        environment = self.host.environment(plugin=False, HOME=str(self.home))
        return {**environment, "PATH": f"{self.programs}:{os.environ['PATH']}"}

    def run(self, *command, status=0, says=(), **more):
        """What the script prints, on both ways; it has to end with the status, and say these words."""
        script = [self.stage / "install.sh", *command] if not command or str(command[0]).startswith("-") else command
        done = subprocess.run([str(word) for word in script], **{"env": self.environment(), **more}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
        text = done.stdout.decode()
        if done.returncode != status or not all(word in text for word in says):
            raise Failure(f"{script} ended with {done.returncode}, not {status}, or does not say {says}:\n{text}")
        return text

    def files(self):
        """Paths in the home; Wireshark makes none."""
        return {str(path.relative_to(self.home)): path.read_bytes() for path in self.home.rglob("*") if not path.is_dir()}

    def find(self, name):
        return next(path for path in self.home.rglob(name) if "share/netcase" not in str(path))

    def program(self, name, text):
        (self.programs / name).write_text(text, encoding="utf-8")
        (self.programs / name).chmod(0o755)


def collected(host):
    """What a .tar.gz holds."""
    folder = host.folder / "collected"
    if not folder.exists():
        subprocess.run(["cmake", "--install", str(BUILD), "--component", "portable", "--prefix", str(folder)], check=True,
                       stdout=subprocess.DEVNULL)
        # Captures of exercises are files like all others: two of them do.
        for capture in sorted(folder.glob("share/netcase/training/captures/*/*"))[2:]:
            capture.unlink()
    return folder


def in_a_place(test, tshark="quick"):
    @functools.wraps(test)
    def run(host):
        with tempfile.TemporaryDirectory(dir=host.folder) as folder:
            test(Place(host, folder, tshark))
    return run


in_a_place_with_tshark = functools.partial(in_a_place, tshark="real")


@in_a_place_with_tshark
def what_is_installed_is_loaded(place):
    """In place of an older copy. The commands are said to be out of reach as long as they are."""
    place.run(says=["which is not in your PATH"])
    plugin = place.find("netcase.so")
    new = plugin.read_bytes()
    plugin.write_bytes(b"an older one")
    text = place.run(says=[f"tshark loads {plugin}, netcase {VERSION}"], env={**place.environment(), "PATH": f"{os.environ['PATH']}:{place.home}/.local/bin"})
    if plugin.read_bytes() != new or "PATH" in text:
        raise Failure(f"the older one stayed, or the PATH is found wanting:\n{text}")
    for name in ("netcase", *PYTHON):
        if place.run(place.home / ".local/bin" / name, "--version") != f"{name} {VERSION}\n":
            raise Failure(f"{name} is of another version")
    if "idle" not in place.run(place.home / ".local/bin/netcase-train", "cases", "idle"):
        raise Failure("the exercises are not found")
    pages = sorted(path.name for path in place.home.joinpath(".local/share/man").rglob("*.gz"))
    if list(place.home.rglob("*.new")) or pages != sorted(["netcase.7.gz", *(f"{name}.1.gz" for name in ("netcase", *PYTHON))]):
        raise Failure(f"a file that was being written is left, or a page is missing: {pages}")


@in_a_place
def another_copy_that_loads_is_named(place):
    """One of a package comes before a personal one. Nothing is installed beside it."""
    text = (place.programs / "tshark").read_text(encoding="utf-8")
    place.program("tshark", text.replace('[ ! -f "$plugins/epan/netcase.so" ] ||', "").replace('"$plugins/epan/netcase.so"', "/opt/netcase.so"))
    place.program("dpkg-query", "#!/bin/sh\necho 'netcase: /opt/netcase.so'\n")
    place.run(status=1, says=["/opt/netcase.so", "of the package netcase"])
    if place.files():
        raise Failure(f"it has installed {list(place.files())}")


@in_a_place_with_tshark
def a_plugin_that_does_not_load_is_told(place):
    next(place.stage.rglob("netcase.so")).write_bytes(b"damaged")
    place.run(status=1, says=["tshark does not load", "netcase.so"])
    place.run("--remove")
    if place.files():
        raise Failure(f"left behind: {list(place.files())}")


@in_a_place
def no_branch_fits(place):
    branch = next(place.stage.rglob("netcase.so")).parent
    branch.rename(branch.parent / "9.9")
    place.run(status=1, says=["nothing here fits", f"this is Wireshark {branch.name}", "9.9"])
    shutil.rmtree(branch.parent)
    place.run(status=1, says=["binaries for no branch"])
    (place.programs / "tshark").unlink()
    for name in ("bash", "dirname", "mktemp", "rm"):
        (place.programs / name).symlink_to(shutil.which(name))
    place.run(status=1, says=["tshark is not here"], env={**place.environment(), "PATH": str(place.programs)})
    if place.files():
        raise Failure(f"it has installed {list(place.files())}")


def replace(path, *pairs):
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        if old not in text:
            raise Failure(f"{path} has no {old!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


@in_a_place
def profiles_keep_what_was_changed(place):
    """Three ways meet: the version before, the new one, and what the user has made of it."""
    place.run()
    preferences, buttons, recent = (place.find("netcase") / name for name in ("preferences", "dfilter_buttons", "recent"))
    new = place.stage / "profiles/netcase"
    replace(preferences, ("gui.layout_content_3: NONE", "gui.layout_content_3: PBYTES"), ("\t\"Info\"", "\t\"Mine\", \"%t\",\n\t\"Info\""))
    replace(buttons, ('"TRUE","Idle","netcase.expert matches', '"TRUE","Idle","tcp || netcase.expert matches'))
    buttons.write_text(buttons.read_text().replace(next(line for line in buttons.read_text().splitlines(True) if '"Mirror"' in line), "")
                       + '"TRUE","Mine","tcp","mine"\n')
    replace(new / "preferences", ("gui.layout_content_3: NONE", "gui.layout_content_3: PDIAGRAM"), ("gui.layout_type: 1", "gui.layout_type: 5"),
            ("\t\"No.\", \"%m\"", "\t\"Number\", \"%m\""), ("tcp.calculate_timestamps: TRUE\n", "tcp.new_one: TRUE\n"))
    replace(new / "dfilter_buttons", ('"TRUE","Errors"', '"FALSE","Errors"'), ('matches \\x22^tls', 'contains \\x22tls'))
    replace(new / "recent", ("gui.time_precision: USEC", "gui.time_precision: NSEC"))
    text = place.run(says=["Brought up to date, your changes stay"])
    found, them = preferences.read_text(), buttons.read_text()
    expected = {"the change of a value stays": "gui.layout_content_3: PBYTES" in found and "PDIAGRAM" not in found,
                "an untouched value is the new one": "gui.layout_type: 5" in found and found.count("gui.layout_type") == 1,
                "a list that was changed stays whole": '"Mine", "%t",\n\t"Info"' in found and '"No."' in found and "Number" not in found,
                "what is new comes": "tcp.new_one: TRUE" in found, "what is gone goes": "calculate_timestamps" not in found,
                "a new button comes once": them.count('"Errors"') == 1 and '"FALSE","Errors"' in them and "contains" in them,
                "buttons of the user stay": '"Mine"' in them and '"tcp || netcase.expert' in them and '"Mirror"' not in them,
                "a file that nobody has changed is the new one": recent.read_bytes() == (new / "recent").read_bytes(),
                "it is told of the two": text.count("Brought up to date") == 2}
    wrong = [what for what, holds in expected.items() if not holds]
    if wrong:
        raise Failure("\n".join([*wrong, found, them]))
    before = place.files()
    place.run()
    if place.files() != before:
        raise Failure("once more changes something")


@in_a_place
def a_profile_without_a_record_stays(place):
    """Versions before 0.2 kept none, and a profile may be the user's own."""
    place.run()
    shutil.rmtree(place.home / ".local/share/netcase")
    preferences = place.find("netcase") / "preferences"
    replace(preferences, ("gui.layout_type: 1", "gui.layout_type: 3"))
    place.run()
    if "gui.layout_type: 3" not in preferences.read_text():
        raise Failure("the user's change is lost")


@in_a_place
def removed_without_a_rest(place):
    """By the copy that was installed too. What the user has changed stays, and is named."""
    place.run()
    place.run(place.home / ".local/share/netcase/install.sh", "--remove", says=["tshark loads no netcase any more"])
    if place.files() or (place.home / ".local/share/netcase").exists():
        raise Failure(f"left behind: {list(place.files())}")
    place.run("--remove", says=["Nothing of netcase is installed"])
    place.run()
    preferences = place.find("netcase") / "preferences"
    replace(preferences, ("gui.layout_type: 1", "gui.layout_type: 3"))
    place.run("--remove", says=["You have changed it, it stays", str(preferences)])
    if list(place.files()) != [str(preferences.relative_to(place.home))]:
        raise Failure(f"left behind: {list(place.files())}")


@in_a_place
def a_full_disk_leaves_nothing_half(place):
    """The files that are there are whole, and known: they can be removed."""
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 * 1024, 100 * 1024))
    place.run(status=1, says=["can't write"], preexec_fn=small_files)
    if place.files():
        raise Failure(f"left behind: {list(place.files())}")


@in_a_place
def words_are_checked(place):
    for script in (place.stage / "install.sh", TREE / "packaging/try.sh"):
        place.run(script, "--help", says=["Usage: ", "--remove"])
        if place.run(script, "--version") != f"netcase {VERSION}\n":
            raise Failure(f"{script} --version")
        place.run(script, "--wrong", status=2, says=["Usage: "])
        place.run(script, "--remove", "more", status=2, says=["Usage: "])
    if place.files():
        raise Failure(f"it has installed {list(place.files())}")


@in_a_place_with_tshark
def try_shows_six_captures(place):
    """The build is there already."""
    real = shutil.which("cmake")
    place.program("cmake", f"#!/bin/sh\n[ \"$1\" = --install ] || exit 0\nshift 2\nexec {real} --install '{BUILD}' \"$@\"\n")
    environment = {**place.environment(), "NETCASE_BUILD": str(place.home.parent / "build")}
    text = place.run(TREE / "packaging/try.sh", env=environment, says=["tshark loads ", "Cause  ", "Now yours:"])
    shown = [line for line in text.splitlines() if line.startswith("captures/")]
    if len(shown) != 6 or "no findings" in text:
        raise Failure(text)
    place.run(TREE / "packaging/try.sh", "--remove", env=environment)
    if place.files():
        raise Failure(f"left behind: {list(place.files())}")


def the_manual_has_all_of_it(host):
    """Every field, case and preference that tshark knows of netcase."""
    page = gzip.decompress(next(collected(host).rglob("netcase.7.gz")).read_bytes()).decode().replace("\\", "")
    fields = [line.split("\t")[2] for line in host.run(["tshark", "-G", "fields"]).out.splitlines() if "\tnetcase." in line]
    preferences = re.findall(r"^#?(netcase\.\w+):", host.run(["tshark", "-G", "currentprefs"]).out, re.MULTILINE)
    words = set(re.findall(r"[a-z][\w.]*\w", page))
    missing = [name for name in [*fields, *preferences] if name not in words and name.removeprefix("netcase.") not in words]
    if missing or len(fields) < 200 or len(preferences) < 20:
        raise Failure(f"of {len(fields)} fields and {len(preferences)} preferences it has not: {missing}")


def twice(folder, command, pattern):
    """The files of the pattern that the command makes, which are the same when it runs again a little later."""
    made = []
    for name in ("first", "second"):
        (folder / name).mkdir()
        environment = {**os.environ, "OUT": str(folder / name), "TZ": "UTC" if name == "first" else "Asia/Shanghai"}
        done = subprocess.run(["bash", "-ec", f"umask 022; . '{TREE}/packaging/epoch.sh'; {command}"], env=environment, capture_output=True,
                              text=True, check=False)
        made.append({path.name: path for path in (folder / name).glob(pattern)})
        if done.returncode != 0 or not made[-1]:
            raise Failure(f"{command} ended with {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
        time.sleep(2 if name == "first" else 0)  # the resolution of times in a .zip
    for name, path in made[0].items():
        if path.read_bytes() != made[1][name].read_bytes():
            raise Failure(f"{name} is another one the second time")
    return made[0]


@in_a_place
def the_archive_installs(place):
    """The .tar.gz is the folder of these tests, and the profiles are what Wireshark imports."""
    made = twice(place.home.parent, f"'{TREE}/packaging/tarball.sh' '{BUILD}'", "netcase*")
    archive = next(path for name, path in made.items() if name.endswith(".tar.gz"))
    subprocess.run(["tar", "-xzf", archive, "-C", archive.parent], check=True)
    place.run(archive.parent / archive.name.removesuffix(".tar.gz") / "install.sh", says=["tshark loads"])
    with zipfile.ZipFile(next(path for name, path in made.items() if name.endswith(".zip"))) as profiles:
        names = sorted(str(path.relative_to(TREE / "packaging/profiles")) for path in (TREE / "packaging/profiles").glob("*/*"))
        if sorted(profiles.namelist()) != names:
            raise Failure(f"the profiles are {profiles.namelist()}")


def the_package_is_clean(host):
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        made = twice(pathlib.Path(folder), f"cpack -G DEB --config '{BUILD}/CPackConfig.cmake' -B \"$OUT\"", "netcase_*.deb")
        # Who builds it here is nobody to write to.
        done = subprocess.run(["lintian", "--fail-on", "error,warning", "--suppress-tags", "bogus-mail-host,bogus-mail-host-in-debian-changelog", *made.values()],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(done.stdout + done.stderr)


def main():
    host = Host()
    collected(host)
    tests = (what_is_installed_is_loaded, another_copy_that_loads_is_named, a_plugin_that_does_not_load_is_told, no_branch_fits,
             profiles_keep_what_was_changed, a_profile_without_a_record_stays, removed_without_a_rest, a_full_disk_leaves_nothing_half,
             words_are_checked, try_shows_six_captures, the_manual_has_all_of_it,
             the_archive_installs, the_package_is_clean)
    return 0 if run_tests([(f"install {test.__name__.replace('_', ' ')}", functools.partial(test, host)) for test in tests]) else 1


if __name__ == "__main__":
    sys.exit(main())
