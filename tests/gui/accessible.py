"""The parts of windows as programs describe them over the accessibility bus (AT-SPI), always asked afresh.

The usual library, libatspi, keeps copies of what it was told, and a program that it met too early stays
unreadable. The few calls that are needed are made over D-Bus instead.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from gi.repository import Gio, GLib

ROOT = "/org/a11y/atspi/accessible/root"
SHOWING = 25  # bit of a state (ATSPI_STATE_SHOWING)
SCREEN = 0  # coordinates are those of the screen (ATSPI_COORD_TYPE_SCREEN)
Gone = GLib.Error


def connect(address):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags)


def accessibility_bus(session_bus):
    """The address of the bus on which programs describe their windows."""
    answer = connect(session_bus).call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None,
                                            Gio.DBusCallFlags.NONE, -1)
    return answer.unpack()[0]


class Part:
    """A window or a part of one. Every question is a call, which raises Gone if the part is no longer there."""

    def __init__(self, bus, owner, path):
        self.bus, self.owner, self.path = bus, owner, path

    def _call(self, interface, method, signature=None, *values):
        parameters = GLib.Variant(signature, values) if signature else None
        answer = self.bus.call_sync(self.owner, self.path, interface, method, parameters, None, Gio.DBusCallFlags.NONE, 10_000)
        return answer.unpack()

    def _ask(self, method, signature=None, *values, about="Accessible"):
        return self._call(f"org.a11y.atspi.{about}", method, signature, *values)

    @property
    def name(self):
        return self._call("org.freedesktop.DBus.Properties", "Get", "(ss)", "org.a11y.atspi.Accessible", "Name")[0]

    @property
    def role(self):
        return self._ask("GetRoleName")[0]

    @property
    def children(self):
        return [Part(self.bus, *reference) for reference in self._ask("GetChildren")[0] if not reference[1].endswith("/null")]

    @property
    def is_showing(self):
        (words,) = self._ask("GetState")
        return bool(words[0] & 1 << SHOWING)

    @property
    def text(self):
        return self._ask("GetText", "(ii)", 0, -1, about="Text")[0]

    @property
    def box(self):
        """Left, top, width and height on the screen."""
        return self._ask("GetExtents", "(u)", SCREEN, about="Component")[0]

    def walk(self, skip=()):
        """The part and all below it, but nothing below parts of the roles to skip."""
        yield self
        for child in self.children:
            if child.role not in skip:
                yield from child.walk(skip)


def application(bus, process):
    """The windows of a process; None as long as it is not on the bus."""
    def ask(method, signature=None, *values):
        parameters = GLib.Variant(signature, values) if signature else None
        answer = bus.call_sync("org.freedesktop.DBus", "/", "org.freedesktop.DBus", method, parameters, None,
                               Gio.DBusCallFlags.NONE, -1)
        return answer.unpack()[0]

    for owner in ask("ListNames"):
        if owner.startswith(":") and ask("GetConnectionUnixProcessID", "(s)", owner) == process:
            return Part(bus, owner, ROOT)
    return None
