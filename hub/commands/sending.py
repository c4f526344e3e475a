"""Sends a command to its device, once, and looks whether it had its effect."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct

from hub.model import (
    SECOND,
    Clock,
    CommandSpec,
    Device,
    DeviceId,
    DriverError,
    Misconfigured,
    Point,
    PointId,
    PointValue,
    Quality,
    ReadBack,
    Refused,
    Sample,
    Timestamp,
    Value,
    to_engineering,
)
from hub.state import State

PAUSE_SECONDS = 0.2
"""Between two looks at whether a command had its effect."""
LOST = "it is not known whether the device did it; look at the device, it is not sent again"

Pause = Callable[[float], Awaitable[None]]


class Lines(Protocol):
    """The lines to the devices."""

    async def write(self, device: DeviceId, point: PointId, raw: Value) -> None:
        """Set a point. Raises Refused, Misconfigured (nothing was changed), NoAnswer, Unreachable (nobody knows)."""
        ...

    async def ask(self, device: DeviceId, point: PointId) -> Sample | None:
        """Read a point now; None when its device cannot be asked. Raises DriverError, Refused."""
        ...


class Said(Struct, frozen=True):
    """What became of sending."""

    outcome: str
    """done, refused, unknown."""
    reason: str
    detail: str
    after: Value | None = None


class Sender:
    """Writes and reads back, over whatever lines there are."""

    def __init__(self, lines: Lines, state: State, clock: Clock, pause: Pause) -> None:
        self._lines = lines
        self._state = state
        self._clock = clock
        self._pause = pause

    async def send(self, device: Device, spec: CommandSpec, steps: Sequence[PointValue]) -> Said:
        """Write raw values in order; return what became of it."""
        sent, armed = self._clock.now(), ""
        try:
            async with asyncio.timeout(spec.timeout / SECOND):
                for step in steps:
                    await self._lines.write(device.id, step.point, step.value)
                    armed = "the device was armed, and then refused: "
        except Refused as no:
            return Said("refused", no.reason, f"{armed}{no}")
        except Misconfigured as no:
            return Said("refused", "misconfigured", f"{armed}{no}")
        except TimeoutError:
            return Said("unknown", "timeout", f"no answer within {spec.timeout / SECOND:g} s; {LOST}")
        except DriverError as lost:
            return Said("unknown", "no_answer", f"{lost}; {LOST}")
        if spec.read_back is None:
            return Said("done", "", "the device took it")
        return await self._read_back(device, spec.read_back, sent)

    async def _read_back(self, device: Device, wanted: ReadBack, sent: Timestamp) -> Said:
        point = self._state.site.points[wanted.point]
        end = self._clock.monotonic() + wanted.within
        while True:
            seen = await self._look(device, point, sent, wanted.within)
            if seen is not None and _equal(seen, wanted.value):
                return Said("done", "", f"{point.name} is {_say(seen)}", seen)
            if self._clock.monotonic() >= end:
                what = f"{point.name} did not become {_say(wanted.value)} within {wanted.within / SECOND:g} s"
                return Said("unknown", "not_confirmed", f"{what}; {LOST}", seen)
            await self._pause(PAUSE_SECONDS)

    async def _look(self, device: Device, point: Point, sent: Timestamp, patience: int) -> Value | None:
        """Return what a point holds since the command was sent; None when that cannot be known."""
        try:
            async with asyncio.timeout(patience / SECOND):
                sample = await self._lines.ask(device.id, point.id)
            if sample is not None:
                return None if sample.value is None else to_engineering(point, sample.value)
        except (DriverError, Refused, TimeoutError, ValueError):
            return None
        return self._last(device, point, sent)

    def _last(self, device: Device, point: Point, sent: Timestamp) -> Value | None:
        """Return the last reading of a device that cannot be asked, if the device has spoken since."""
        reading, heard = self._state.reading(point.id), self._state.device(device.id).last_heard
        if reading is None or reading.quality is not Quality.GOOD or heard is None or heard <= sent:
            return None
        return reading.value


def _equal(seen: Value, wanted: Value) -> bool:
    if isinstance(seen, bool | str) or isinstance(wanted, bool | str):
        return type(seen) is type(wanted) and seen == wanted
    return math.isclose(seen, wanted, rel_tol=1e-6, abs_tol=1e-9)


def _say(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
