"""Reads and writes the expectations that stand beside the captures.

    # what the capture is, in free text
    # origin: where it comes from
    # shows: idle.reset                              or
    # look-alike: idle.reset "RST after FIN"         or, for healthy traffic,
    # look-alike: all "HTTPS"
    # options: -o netcase.home_countries:CN          if tshark needs some
    23 idle.reset                                    frame and id: all findings there are
    7 connect.refused withdrawn 9                    one pass shows it in 7, and 9 refutes it

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import shlex

from netcase_tshark import CAPTURES

SUFFIXES = (".pcapng", ".pcap")
CASE_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


class Expectation:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = str(self.path.relative_to(CAPTURES).with_suffix(""))
        self.lines = self.path.read_text(encoding="utf-8").splitlines()
        self.findings, self.withdrawn = self._findings()
        self.options = [word for text in self.tags("options") for word in shlex.split(text)]
        self.shows = [name for text in self.tags("shows") for name in CASE_ID.findall(text)]
        # What stands in quotes is prose.
        alike = [text.split('"')[0] for text in self.tags("look-alike")]
        self.look_alikes = [name for text in alike for name in CASE_ID.findall(text)]
        self.healthy = any("all" in text.split() for text in alike)

    def tags(self, tag):
        """The texts of all `# tag: text` lines."""
        prefix = f"# {tag}:"
        return [line[len(prefix):].strip() for line in self.lines if line.startswith(prefix)]

    def _findings(self):
        """Those that stand as (frame, id), and those that are withdrawn as (frame, id, frame that refutes)."""
        rows = [line.split() for line in self.lines if line and not line.startswith("#")]
        stand = [(int(row[0]), row[1]) for row in rows if len(row) == 2]
        withdrawn = [(int(row[0]), row[1], int(row[3])) for row in rows if len(row) == 4 and row[2] == "withdrawn"]
        if len(stand) + len(withdrawn) != len(rows):
            raise ValueError(f"{self.path}: a line is neither `FRAME CASE` nor `FRAME CASE withdrawn FRAME`")
        return sorted(stand), sorted(withdrawn)

    @property
    def shown(self):
        """What one pass has printed when it is over."""
        return sorted(self.findings + [(frame, name) for frame, name, _ in self.withdrawn])

    @property
    def capture(self):
        """The capture that this is about, None if there is none."""
        files = [self.path.with_suffix(suffix) for suffix in SUFFIXES]
        return next((file for file in files if file.exists()), None)

    def accept(self, findings, withdrawn):
        """Replace the list of findings, keep the words."""
        words = [line for line in self.lines if line.startswith("#")]
        lines = [f"{frame} {name}" for frame, name in sorted(findings)]
        lines += [f"{frame} {name} withdrawn {by}" for frame, name, by in sorted(withdrawn)]
        self.path.write_text("\n".join(words + lines) + "\n", encoding="utf-8")


def all_expectations():
    return [Expectation(path) for path in sorted(CAPTURES.rglob("*.expect"))]


def all_captures():
    return sorted(path for suffix in SUFFIXES for path in CAPTURES.rglob(f"*{suffix}"))
