"""The index of the last full hour of a point that measures a substance: VN_AQI as a window that turns with the hour.

An hour counts when three quarters of it were known; an hour that does not is a gap, never clean air.
"""

from array import array
from math import isnan, nan

from hub.model import HOUR, Timestamp
from rules.cover import Cover
from rules.vn_aqi import DUST, HOURS, index, nowcast
from rules.windows import Average, State, packed, unpacked

_MG_TO_UG = 1145.0
"""One ppm of carbon monoxide in µg/m³ at 25 °C: kind `env.co` is in ppm."""
_NEEDED = 0.75


class Nowcast:
    """Hourly means of the last twelve hours; `look` gives the index of the last full hour."""

    __slots__ = ("_factor", "_hour", "_means", "_substance", "_this", "cover", "current")

    def __init__(self, substance: str) -> None:
        self._substance = substance
        self._factor = _MG_TO_UG if substance == "co" else 1.0
        self.cover = Cover(HOUR)
        self._this = Average(HOUR)
        self._means: array[float] = array("d", [nan] * HOURS)
        self._hour: int | None = None
        """The hour (since 1970, UTC) that is being measured."""
        self.current: float | None = None

    def push(self, value: float | None, now: Timestamp) -> None:
        """Take a value, or the news that there is none."""
        self._turn(now)
        (self.cover.lose if value is None else self.cover.find)(now)
        self._this.push(value, now)
        self.current = value

    def _turn(self, now: Timestamp) -> None:
        """Close each hour that is over."""
        hour = now // HOUR
        if self._hour is None or hour <= self._hour:
            self._hour = hour if self._hour is None else self._hour
            return
        for past in range(max(self._hour, hour - HOURS), hour):
            end = (past + 1) * HOUR
            known = self._this.cover.known(end) >= _NEEDED * HOUR
            mean = self._this.look(end) if known else None
            self._means.insert(0, nan if mean is None else mean * self._factor)
            self._means.pop()
        self._hour = hour

    def look(self, now: Timestamp) -> float | None:
        """Return the index, None while too little is known."""
        self._turn(now)
        hours = [None if isnan(mean) else mean for mean in self._means]
        mean = nowcast(hours) if self._substance in DUST else hours[0]
        return None if mean is None else float(index(self._substance, mean))

    def due(self, now: Timestamp) -> Timestamp | None:
        """Return when the hour turns."""
        known = self.current is not None or not all(map(isnan, self._means))
        return (now // HOUR + 1) * HOUR if known else None

    def shift(self, by: int) -> None:
        """Move all times; hours that are over stay as they were."""
        self.cover.shift(by)
        self._this.shift(by)
        self._hour = None if self._hour is None else self._hour + by // HOUR

    def dump(self) -> State:
        """Return what must not be forgotten."""
        return {
            "cover": self.cover.dump(),
            "this": self._this.dump(),
            "hour": self._hour,
            "means": packed(self._means),
            "current": self.current,
        }

    def load(self, kept: State, at: Timestamp) -> None:
        """Take back what was kept at `at`; the value is unknown from then on."""
        self.cover.load(kept["cover"], at)
        self._this.load(kept["this"], at)
        self._hour, self._means = kept["hour"], unpacked("d", kept["means"])
