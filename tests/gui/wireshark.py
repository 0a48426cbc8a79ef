"""Drives a real Wireshark: reads its windows as a screen reader does, and clicks where a person would.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import accessible
from desktop import Desktop
from netcase_tshark import Failure

LIMIT = 120  # seconds; a loaded machine is slow, a Wireshark that hangs is rare
RECENT_COMMON = """\
gui.geometry_main_x: 0
gui.geometry_main_y: 0
gui.geometry_main_width: {width}
gui.geometry_main_height: {height}
gui.geometry_main_maximized: FALSE
gui.geometry_status_pane: {width}
"""
RECENT = """\
gui.geometry_main_upper_pane: {list_height}
gui.geometry_main_lower_pane: {details_height}
gui.packet_list_colorize: TRUE
"""
PREFERENCES = """\
gui.update.enabled: FALSE
gui.ask_unsaved: FALSE
"""
COLOURS_LEAST = 32  # text alone has more shades
COMPLAINT = re.compile(r"netcase|Dissector bug|Assertion|(?<!GUI )(WARNING|CRITICAL|ERROR)\]", re.IGNORECASE)


class Wireshark:
    """A running Wireshark with a capture, in a home of its own."""

    def __init__(self, host, capture, *options, profile="netcase", frame=1, size=(1280, 1400), environment=None):
        # A desktop of its own: on one that has seen an accessibility bus, Qt 5 may miss the next one.
        self.desktop = desktop = Desktop(*size)
        self.home = pathlib.Path(tempfile.mkdtemp(dir=host.folder))
        self.configuration = self.home / ".config" / "wireshark"
        self._furnish(pathlib.Path(host.environment()["HOME"]), profile)
        environment = host.environment(**desktop.environment, HOME=str(self.home), XDG_RUNTIME_DIR=str(self.home), **(environment or {}))
        self.session_bus = desktop.session_bus(environment)
        environment["DBUS_SESSION_BUS_ADDRESS"] = self.session_bus.where
        self.complaints = open(self.home / "stderr", "w+", encoding="utf-8")
        self.process = subprocess.Popen(["wireshark", "-r", str(capture), "-C", profile, "-g", str(frame), *options],
                                        env=environment, stdin=subprocess.DEVNULL, stdout=self.complaints, stderr=self.complaints)
        # For the same reason the bus comes when the window is there.
        self.until(lambda: desktop.shows(pathlib.Path(capture).name), "its window")
        bus = accessible.connect(accessible.accessibility_bus(self.session_bus.where))
        self.application = self.until(lambda: accessible.application(bus, self.process.pid), "what is in its window")
        self.until(self.details, f"the packets of {capture}")

    def _furnish(self, other, profile):
        shutil.copytree(other / ".config", self.home / ".config")
        (self.home / ".local").symlink_to(other / ".local")
        (self.configuration / "recent_common").write_text(RECENT_COMMON.format(**vars(self.desktop)))
        (self.configuration / "preferences").write_text(PREFERENCES)
        recent = RECENT.format(list_height=self.desktop.height // 3, details_height=self.desktop.height * 2 // 3)
        folder = self.configuration if profile == "Default" else self.configuration / "profiles" / profile
        with open(folder / "recent", "a", encoding="utf-8") as file:
            file.write(recent)

    def __enter__(self):
        return self

    def quit(self):
        """File > Quit; the window is gone when this returns."""
        self.menu("File", "Quit")
        self.process.wait(LIMIT)

    def __exit__(self, kind, error, trace):
        alive = self.process.poll() is None
        blank = alive and self.desktop.colours() < COLOURS_LEAST
        self.process.terminate()
        self.process.wait()
        self.session_bus.stop()
        self.desktop.stop()
        self.complaints.seek(0)
        said = [line for line in self.complaints.read().splitlines() if COMPLAINT.search(line)]
        self.complaints.close()
        if kind is None and not alive and self.process.returncode != 0:
            raise Failure(f"Wireshark ended with {self.process.returncode}")
        if kind is None and blank:
            raise Failure("the screen is blank")
        if kind is None and said:
            raise Failure("Wireshark complains:\n" + "\n".join(said))

    # -- Waiting and looking ------------------------------------------------------------------

    def until(self, question, what, limit=LIMIT):
        """Ask until there is an answer. A window that changes while it is read is no answer yet."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                answer = question()
            except accessible.Gone:
                answer = None
            if answer:
                return answer
            if self.process.poll() is not None:
                said = (self.home / "stderr").read_text(encoding="utf-8")
                raise Failure(f"Wireshark ended with {self.process.returncode} instead of showing {what}:\n{said}")
            time.sleep(0.1)
        raise Failure(f"{what}: not there after {limit} s")

    def window(self, title):
        """The window whose title begins like this."""
        return self.until(lambda: next((one for one in self.application.children if one.name.startswith(title)), None),
                          f"window {title}")

    def find(self, role, name, inside=None):
        """The first visible part of this role whose name begins like this, or None."""
        # What can't hold it is skipped: menus have half of all parts, trees up to some thousand.
        skip = ("menu bar",) if role.startswith("tree") else ("menu bar", "tree")
        for part in (inside or self.application).walk(skip):
            if part.role == role and part.name.startswith(name) and part.is_showing:
                return part
        return None

    def wait_for(self, role, name, inside=None):
        return self.until(lambda: self.find(role, name, inside), f"{role} {name}")

    def packets(self):
        """The rows of the packet list."""
        return rows(self.find("tree", "Packet list"))

    def details(self):
        """The lines of the details pane."""
        return [row[0] for row in rows(self.find("tree", "Packet details"))]

    def colour_at(self, cell):
        """The colour behind the text of a cell, as (red, green, blue)."""
        left, top, _, _ = cell.box
        return self.desktop.colour(left + 1, top + 1)

    # -- Acting -------------------------------------------------------------------------------

    def click(self, part, *how):
        """Click on the beginning of a part. `how` as for `xdotool click`, a left click if nothing is said."""
        left, top, width, height = part.box
        self.desktop.xdotool("mousemove", left + min(20, width // 2), top + height // 2, "click", *(how or (1,)))

    def double_click(self, part):
        self.click(part, "--repeat", 2, "--delay", 50, 1)

    def place(self, title, width, height):
        """Move the window whose title begins like this to the corner; return where it is then."""
        window = self.window(title)
        search = ["search", "--onlyvisible", "--name", title]
        self.desktop.xdotool(*search, "windowmove", 0, 0, "windowsize", width, height)
        self.until(lambda: tuple(window.box) == (0, 0, width, height), f"{title} in the corner")
        return 0, 0, width, height

    def menu(self, *path):
        """Click through a menu. Here the names are whole ones: several entries begin with "Reload"."""
        for name in path:
            self.click(self.until(lambda: self._entry(name), f"menu entry {name}"))  # pylint: disable=cell-var-from-loop

    def statistics(self, entry):
        """Open an entry of Statistics > Netcase; return the title of its window, which begins with the menu in later versions."""
        self.menu("Statistics", "Netcase", entry)
        beginnings = (f"Wireshark · {entry}", f"Wireshark · Netcase / {entry}")
        return self.until(lambda: next((one.name for one in self.application.children if one.name.startswith(beginnings)), None),
                          f"window {entry}")

    def _entry(self, name):
        bar = next(part for part in self.application.walk(skip=("tree",)) if part.role == "menu bar")
        return next((part for part in showing(bar) if part.name == name), None)


def showing(part):
    """The part and those below it, but nothing of a menu that is closed."""
    for child in part.children:
        if child.is_showing:
            yield child
            yield from showing(child)


def rows(tree):
    """The rows of a table or the open lines of a tree, as lists of texts."""
    names = [(part.role, part.name) for part in tree.children] if tree else []
    columns = sum(role == "column header" for role, _ in names)
    cells = [name for role, name in names if role != "column header"]
    return [cells[start:start + columns] for start in range(0, len(cells), max(columns, 1))]


def beside(window, name, role):
    """The first part of this role behind the one with this name."""
    parts = list(window.walk(skip=("tree",)))
    names = [part.name for part in parts]
    return next(part for part in parts[names.index(name):] if part.role == role)


def open_finding(wireshark):
    """Open netcase's lines of the selected frame, and those of its first finding."""
    wireshark.click(wireshark.wait_for("tree item", "[netcase"))
    wireshark.desktop.xdotool("key", "Right", "Down", "Right")


def open_preferences(wireshark):
    """Edit > Preferences > Protocols > netcase."""
    wireshark.menu("Edit", "Preferences…")
    window = wireshark.window("Wireshark · Preferences")
    wireshark.click(wireshark.wait_for("tree item", "Protocols", window))
    wireshark.desktop.xdotool("key", "Right")
    wireshark.wait_for("tree item", "3GPP2 A11", window)
    wireshark.desktop.xdotool("type", "netcase")
    wireshark.wait_for("label", "netcase: documented failure patterns", window)
    return window
