"""VN_AQI of an hour, as decision 1459/QĐ-TCMT (2019) of the Vietnam Environment Administration computes it. Pure.

Each substance has an index of its own: its concentration between two breakpoints, in a straight line; the station's is
the greatest of them. Gases count with the mean of the hour, dust with NowCast: a mean of the last twelve hours that
trusts the newest the more, the more the hours differ. Above the last breakpoint the index is 500.
"""

from bisect import bisect_left
from collections.abc import Sequence

INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
BREAKPOINTS: dict[str, tuple[float, ...]] = {
    "pm25": (0, 25, 50, 80, 150, 250, 350, 500),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "no2": (0, 100, 200, 700, 1200, 2350, 3100, 3850),
    "so2": (0, 125, 350, 550, 800, 1600, 2100, 2630),
    "co": (0, 10_000, 30_000, 45_000, 60_000, 90_000, 120_000, 150_000),
    "o3": (0, 160, 200, 300, 400, 800, 1000, 1200),
}
"""Substance → µg/m³ at each index; ozone over one hour."""
DUST = frozenset({"pm25", "pm10"})
HOURS = 12
_LEAST_WEIGHT = 0.5
_NEWEST, _NEEDED = 3, 2
"""Of the newest three hours two must be known."""


def index(substance: str, concentration: float) -> int:
    """Return the index of a concentration (µg/m³), 0 to 500. Raises KeyError for another substance."""
    points = BREAKPOINTS[substance]
    if concentration <= 0:
        return 0
    if concentration >= points[-1]:
        return INDEX[-1]
    at = bisect_left(points, concentration)
    low, high = points[at - 1], points[at]
    return round(INDEX[at - 1] + (INDEX[at] - INDEX[at - 1]) * (concentration - low) / (high - low))


def nowcast(hours: Sequence[float | None]) -> float | None:
    """Return the weighted mean of up to twelve hourly means, the newest first; None while too few are known.

    Hours that are not known have no weight: the mean is that of the others.
    """
    known = [c for c in hours[:HOURS] if c is not None]
    if sum(c is not None for c in hours[:_NEWEST]) < _NEEDED:
        return None
    greatest = max(known)
    weight = max(_LEAST_WEIGHT, min(known) / greatest) if greatest > 0 else 1.0
    weights = [weight**age for age, c in enumerate(hours[:HOURS]) if c is not None]
    return sum(w * c for w, c in zip(weights, known, strict=True)) / sum(weights)
