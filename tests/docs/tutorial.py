#!/usr/bin/env python3
"""The detector of docs/adding-a-detector.md: its code compiles, finds its case, and has its filters.

Takes the files out of the page, puts them into a copy of the tree, builds that, plays the page's
scenarios, and asks tshark for the filter and the preference. Needs about a minute.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "adding-a-detector.md"
PART = re.compile(r"^<!-- (file|append): (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDED = ("CMakeLists.txt", "plugin", "docs", "tests", "packaging", "LICENSE", "CHANGELOG.md")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


def copy_with_detector(copy):
    """The names of the scenarios that the page adds."""
    for name in NEEDED:
        source = TREE / name
        if source.is_dir():
            shutil.copytree(source, copy / name)
        elif source.exists():
            shutil.copy(source, copy / name)
    parts = PART.findall(PAGE.read_text(encoding="utf-8"))
    for how, name, text in parts:
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if how == "append" else "w", encoding="utf-8") as file:
            file.write(text)
    return [name for _, name, _ in parts if name.endswith(".scn")]


def check_tshark(folder, plugin):
    if os.geteuid() == 0:
        print("skip  docs tutorial in tshark: Wireshark ignores personal plugins for root")
        return
    home = folder / "home"
    home.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    folders = run("tshark", "-G", "folders", env=environment)
    personal = pathlib.Path(re.search(r"^Personal Plugins:\s*(.*)$", folders, re.MULTILINE)[1]) / "epan"
    personal.mkdir(parents=True)
    shutil.copy(plugin, personal)
    fields = run("tshark", "-G", "fields", env=environment)
    preferences = run("tshark", "-G", "currentprefs", env=environment)
    if "\tnetcase.window.zero\t" not in fields:
        raise RuntimeError("tshark -G fields does not list netcase.window.zero")
    if "netcase.window_zero_milliseconds: 500" not in preferences:
        raise RuntimeError("tshark -G currentprefs does not list netcase.window_zero_milliseconds")
    print("ok    docs tutorial: tshark has the filter and the preference")


def main():
    with tempfile.TemporaryDirectory(prefix="netcase-tutorial-") as name:
        folder = pathlib.Path(name)
        copy, build = folder / "tree", folder / "build"
        copy.mkdir()
        scenarios = copy_with_detector(copy)
        try:
            run("cmake", "-S", copy, "-B", build, "-G", "Ninja", "-DNETCASE_WERROR=ON", "-DCMAKE_BUILD_TYPE=Debug")
            run("cmake", "--build", build, "--target", "netcase", "test_scenarios", "netcase-cases", "update-texts")
            print("ok    docs tutorial: the detector builds without warnings")
            for scenario in scenarios:
                run(build / "tests" / "test_scenarios", copy / scenario)
                print(f"ok    docs tutorial: {scenario}")
            cases = run(build / "netcase-cases")
            for words in ("### window.zero", "**接收窗口关闭**", "Default 500"):
                if words not in cases:
                    raise RuntimeError(f"netcase-cases does not print {words}")
            # The page's entries stand at the end of the file until they are sorted; then nothing is left to do.
            run(build / "netcase-texts", "--check", copy / "plugin/texts/zh_CN.po")
            print("ok    docs tutorial: its texts are translated")
            check_tshark(folder, build / "netcase.so")
        except RuntimeError as error:
            print("FAIL  docs tutorial", *str(error).splitlines(), sep="\n      ")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
