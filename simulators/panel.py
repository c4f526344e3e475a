"""What a simulated fire panel does by itself, and when it is told: the command block of the reference register map.

The map is that of `config/profiles/fire/en54-modbus.yaml`: a code is taken only when `0x5A00 + code` was written to the
arming register at most ten seconds before, and once. What the panel did stands in its result register.
"""

from collections.abc import Callable, Sequence

from hub.model import SECOND, Device, Point, Timestamp, Value
from simulators.process import Process

PROFILE = "fire/en54-modbus"
ARM, ARGUMENT, CODE = 0, 1, 2
"""Holding registers of the command block."""
ARMED_FOR = 10 * SECOND
DONE, NOT_ARMED, BAD_ARGUMENT, INHIBITED = "done", "not armed", "bad argument", "inhibited"
"""What the result register says, in the words of the profile."""


class Panel:
    """The behaviour of one panel: lamps and sounders follow the zones, commands follow the map."""

    def __init__(self, device: Device, process: Process) -> None:
        self._process = process
        self._points = {p.name: p for p in device.points}
        self._zones = [p for p in device.points if p.kind == "fire.alarm" and p.name.endswith(".alarm")]
        self._burning: set[str] = set()
        self._armed: tuple[int, Timestamp] | None = None
        self._commands: dict[int, Callable[[Timestamp], str]] = {
            1: self._acknowledge, 2: self._silence, 3: self._resound, 4: self._reset,
        }  # fmt: skip

    def follow(self, now: Timestamp) -> None:
        """Ring, and light the lamps, for every zone that began to burn."""
        burning = {p.id for p in self._zones if self._process.value(p, now) is True}
        fresh, self._burning = burning - self._burning, burning
        if fresh:
            for name, value in (("fire", True), ("sounders", True), ("silenced", False), ("unacknowledged", True)):
                self._set(name, value, now)

    def written(self, first: int, words: Sequence[int], now: Timestamp) -> None:
        """Take what a client wrote to holding registers."""
        given = dict(enumerate(words, first))
        if ARM in given:
            self._armed = given[ARM], now
        if CODE in given:
            self._set("command_result", self._obey(given[CODE], now), now)

    def _obey(self, code: int, now: Timestamp) -> str:
        armed, self._armed = self._armed, None
        if armed is None or armed[0] != 0x5A00 + code or now - armed[1] > ARMED_FOR:
            return NOT_ARMED
        command = self._commands.get(code)
        return BAD_ARGUMENT if command is None else command(now)

    def _acknowledge(self, now: Timestamp) -> str:
        self._set("unacknowledged", False, now)
        return DONE

    def _silence(self, now: Timestamp) -> str:
        if not self._is("sounders", now):
            return INHIBITED
        self._set("sounders", False, now)
        self._set("silenced", True, now)
        return DONE

    def _resound(self, now: Timestamp) -> str:
        if not self._is("fire", now):
            return INHIBITED
        self._set("silenced", False, now)
        self._set("sounders", True, now)
        return DONE

    def _reset(self, now: Timestamp) -> str:
        """Put the panel back to quiet; whoever set a zone on fire has put it out by now."""
        for zone in self._zones:
            self._process.free(zone.id)
        for name in ("fire", "sounders", "silenced", "unacknowledged"):
            if (point := self._points.get(name)) is not None:
                self._process.free(point.id)
        self._burning.clear()
        return DONE

    def _is(self, name: str, now: Timestamp) -> bool:
        point = self._points.get(name)
        return point is not None and self._process.value(point, now) is True

    def _set(self, name: str, value: Value, now: Timestamp) -> None:
        point: Point | None = self._points.get(name)
        if point is not None:
            self._process.hold(point, value, now)
