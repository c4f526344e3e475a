"""The physics: what each point of a healthy, quiet city reads at a given instant. Pure functions of time and a seed.

The same seed, point and instant give the same value on every machine, so a run can be repeated exactly.
"""

import math
from collections.abc import Mapping
from zlib import crc32

from msgspec import Struct

from hub.model import HOUR, SECOND, DeviceId, Point, PointId, Timestamp, Value, split_point
from hub.model.clock import DAY, iso
from simulators.calm import NOTHING, Calm


class Curve(Struct, frozen=True):
    """How a quantity moves: between `low` and `high`, `daily` of it with the sun, shown with `digits` decimals."""

    low: float
    high: float
    digits: int = 1
    daily: float = 0.0
    share: float = 0.30
    """Where in the point's own range it lies when that range is quite another."""


CURVES = {
    "env.temperature": Curve(22.0, 31.0, 1, 0.7),
    "env.humidity": Curve(58.0, 84.0, 1, -0.7),
    "env.pressure": Curve(1004.0, 1014.0, 1, 0.2),
    "env.smoke_density": Curve(0.0, 0.05, 3),
    "env.water_level": Curve(1.2, 1.5, 2),
    "env.pm25": Curve(14.0, 32.0, 1, 0.3),
    "env.pm10": Curve(28.0, 52.0, 1, 0.3),
    "env.co": Curve(0.3, 1.8, 1, 0.2),
    "power.battery_level": Curve(78.0, 97.0, 0),
    "power.voltage": Curve(27.0, 27.4, 2, share=0.48),
    "power.current": Curve(0.45, 0.75, 2),
    "link.quality": Curve(110.0, 170.0, 0),
    "link.in_octets": Curve(2e5, 9e5, 0, 0.5),
    "link.out_octets": Curve(1e5, 6e5, 0, 0.5),
    "traffic.flow": Curve(300.0, 850.0, 0, 0.6),
    "traffic.speed": Curve(34.0, 52.0, 1, -0.4),
    "traffic.occupancy": Curve(6.0, 20.0, 1, 0.5),
    "device.temperature": Curve(29.0, 36.0, 1, 0.4),
}
"""What a quiet day looks like in the north of Viet Nam, in each kind's unit."""

_ANY = Curve(10.0, 20.0, 2)
_TRUE_WHEN_QUIET = frozenset({"power.mains", "service.up", "$available"})
_QUIET_WORDS = ("normal", "ok", "online", "up", "closed", "idle", "good", "quiet", "default")
_LOCAL = 7 * HOUR
"""Indochina time, by which the sun moves here."""


class Held(Struct, frozen=True):
    """A value that somebody set: there at once, or reached from `start` in a straight line until `until`."""

    value: Value
    start: float = 0.0
    since: Timestamp = 0
    until: Timestamp = 0

    def at(self, now: Timestamp) -> Value:
        """Return the value at `now`."""
        if now >= self.until or isinstance(self.value, str | bool):
            return self.value
        way = (now - self.since) / (self.until - self.since)
        return round(self.start + (self.value - self.start) * way, 3)


class Process:
    """What every point reads: the physics, except where somebody set a value."""

    def __init__(self, seed: int = 0, calm: Mapping[PointId, Calm] | None = None) -> None:
        self.seed = seed
        self._calm = calm or {}
        self._held: dict[PointId, Held] = {}
        self._orders = 0
        self._ordered: dict[DeviceId, int] = {}
        self._freed = 0
        self._moving: dict[DeviceId, Timestamp] = {}

    def value(self, point: Point, now: Timestamp) -> Value:
        """Return the point's engineering value at `now`."""
        held = self._held.get(point.id)
        if held is None:
            return quiet(point, self.seed, now, self._calm.get(point.id, NOTHING))
        return _typed(point, held.at(now))

    def hold(self, point: Point, value: Value, now: Timestamp, over: int = 0) -> None:
        """Set a point, reaching numbers in a straight line over `over` nanoseconds."""
        before = self.value(point, now)
        start = float(before) if isinstance(before, int | float) else 0.0
        self._held[point.id] = Held(value, start, now, now + over if over else 0)
        self._order(point.device)
        if over:
            self._moving[point.device] = max(now + over, self._moving.get(point.device, 0))

    def free(self, point: PointId) -> None:
        """Let the physics have a point back."""
        self._held.pop(point, None)
        self._order(split_point(point)[0])

    def free_all(self) -> None:
        """Let the physics have everything back."""
        self._held.clear()
        self._moving.clear()
        self._orders += 1
        self._freed = self._orders

    def stamp(self, device: DeviceId, now: Timestamp) -> int:
        """Return a number that stays the same while nobody sets a point of the device and none is on its way."""
        until = self._moving.get(device)
        if until is not None:
            self._order(device)
            if now >= until:
                del self._moving[device]
        return max(self._freed, self._ordered.get(device, 0))

    def _order(self, device: DeviceId) -> None:
        self._orders += 1
        self._ordered[device] = self._orders

    def held(self, point: PointId) -> bool:
        """Tell whether somebody set this point."""
        return point in self._held

    def moving(self, point: PointId, now: Timestamp) -> bool:
        """Tell whether a point is on its way to a value that was set."""
        held = self._held.get(point)
        return held is not None and now < held.until


def quiet(point: Point, seed: int, now: Timestamp, calm: Calm = NOTHING) -> Value:
    """Return what a point reads when nothing is wrong; within `calm` no alarm comes from it."""
    if point.type == "bool":
        usual = point.kind in _TRUE_WHEN_QUIET
        return not usual if calm.never is usual else usual
    if point.mapping:
        return _quiet_of_mapping(point)
    if point.kind == "feed.updated":
        return iso(now)
    if point.type == "text":
        return "up" if point.kind == "link.status" else "normal" if point.kind == "device.state" else "simulated"
    if point.type == "int" and point.kind not in CURVES:
        return _quiet_int(point, now)
    curve = band(point, calm)
    value = curve.low + _shape(point.id, seed, curve.daily, now) * (curve.high - curve.low)
    return round(value) if point.type == "int" else round(value, curve.digits)


def steady(point: Point) -> bool:
    """Tell whether a point reads the same all day as long as nobody sets it."""
    if point.type in ("bool", "text") or point.mapping:
        return True
    return point.type == "int" and point.kind not in CURVES and point.kind != "fire.heartbeat"


def band(point: Point, calm: Calm = NOTHING) -> Curve:
    """Return the curve of a point's kind, moved to where the point's range and the rules let it be."""
    curve = CURVES.get(point.kind, _ANY)
    low, high = point.range or (-math.inf, math.inf)
    low, high = max(low, calm.low), min(high, calm.high)
    if low == -math.inf and high == math.inf:
        return curve
    if point.kind == "env.water_level" and curve.high * 5 < high < math.inf and low == -math.inf:
        # a gauge with a datum of its own: a river in its bed, a little below the first flood level
        return Curve(0.94 * high, 0.95 * high, curve.digits)
    size = curve.high - curve.low
    low = low if low != -math.inf else _below(curve, high - 2 * size)
    high = high if high != math.inf else max(curve.high, low + 2 * size)
    if high <= low:
        return Curve(low, low, curve.digits)
    margin = (high - low) / 50
    inside = Curve(max(curve.low, low + margin), min(curve.high, high - margin), curve.digits, curve.daily)
    if inside.high - inside.low >= 0.5 * size:
        return inside
    span, share = high - low, curve.share
    return Curve(
        low + share * span, low + (share + 0.06) * span, max(curve.digits, 2 - int(math.log10(span))), curve.daily
    )


def _below(curve: Curve, low: float) -> float:
    """Return the lower end of what may be when only the upper is known: what is never negative stays so."""
    return min(curve.low, max(low, 0.0)) if curve.low >= 0 else min(curve.low, low)


def _quiet_of_mapping(point: Point) -> Value:
    values = list((point.mapping or {}).values())
    return next((v for v in values if isinstance(v, str) and v.lower() in _QUIET_WORDS), values[0])


def _quiet_int(point: Point, now: Timestamp) -> int:
    if point.kind == "fire.heartbeat":
        return now // SECOND % 65_536
    return 0 if point.range is None else max(0, math.ceil(point.range[0]))


def _shape(name: str, seed: int, daily: float, now: Timestamp) -> float:
    """Return 0 … 1: the sun's share, a slow drift of minutes and a fast tremble of seconds."""
    sun = 0.5 - 0.5 * math.cos(2 * math.pi * ((now + _LOCAL - 2 * HOUR) % DAY) / DAY)
    if daily < 0:
        sun = 1 - sun
    drift = 0.8 * _noise(name, seed, 600 * SECOND, now) + 0.2 * _noise(name, seed, 4 * SECOND, now)
    share = abs(daily)
    return share * sun + (1 - share) * drift


def _noise(name: str, seed: int, period: int, now: Timestamp) -> float:
    """Return 0 … 1, smooth in time: random at each multiple of `period`, a straight line between."""
    slot, rest = divmod(now, period)
    before, after = _random(name, seed, period, slot), _random(name, seed, period, slot + 1)
    return before + (after - before) * rest / period


def _random(name: str, seed: int, period: int, slot: int) -> float:
    return crc32(f"{seed}/{name}/{period}/{slot}".encode()) / 0xFFFF_FFFF


def _typed(point: Point, value: Value) -> Value:
    return round(value) if point.type == "int" and isinstance(value, float) else value
