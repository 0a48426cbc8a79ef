"""A desktop without a screen: an X server in memory, and buses over which programs describe their windows (AT-SPI).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import atexit
import os
import subprocess


class Server:
    """A process that prints where it listens once it does."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.stop)
        self.where = self.process.stdout.readline().strip()
        if not self.where:
            raise RuntimeError(f"{command[0]} does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Desktop:
    """The X server, and the environment in which a program finds it. There is no window manager."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        # Without -noreset it would start anew, and drop Wireshark, whenever xdotool was its only client and leaves.
        screen = ["-screen", "0", f"{width}x{height}x24", "-noreset"]
        self.screen = Server(["Xvfb", "-displayfd", "1", *screen, "-nolisten", "tcp"], os.environ)
        self.environment = {"DISPLAY": f":{self.screen.where}", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "QT_QPA_PLATFORM": "xcb"}

    def stop(self):
        self.screen.stop()

    def xdotool(self, *words, check=True):
        return subprocess.run(["xdotool", *map(str, words)], env={**os.environ, **self.environment}, check=check,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def shows(self, title):
        """Is there a visible window whose title holds this?"""
        return self.xdotool("search", "--onlyvisible", "--name", title, check=False)

    @staticmethod
    def session_bus(environment):
        """A bus of its own for one program."""
        return Server(["dbus-daemon", "--session", "--nofork", "--print-address=1"], environment)

    def colour(self, left, top):
        """The colour of a point of the screen, as (red, green, blue)."""
        command = ["import", "-window", "root", "-crop", f"1x1+{left}+{top}", "-depth", "8", "rgb:-"]
        return tuple(subprocess.run(command, env={**os.environ, **self.environment}, check=True, capture_output=True).stdout)

    def colours(self):
        """How many different colours the screen shows; a blank one has one."""
        command = ["import", "-window", "root", "-format", "%k", "info:"]
        done = subprocess.run(command, env={**os.environ, **self.environment}, check=True, capture_output=True, text=True)
        return int(done.stdout)

    def picture(self, file, left, top, width, height):
        """A part of the screen as a small PNG."""
        command = ["import", "-window", "root", "-crop", f"{width}x{height}+{left}+{top}", "+repage", "-depth", "8", "-colors", "64",
                   "-define", "png:compression-level=9", "-strip", str(file)]
        subprocess.run(command, env={**os.environ, **self.environment}, check=True)
