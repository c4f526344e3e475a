"""Two months of a province as they were counted: March and April 2023, minute by minute, exact to the last vehicle.

What people published of April 2023 is the target: nearly 2.4 thousand citizen reports, more than 19.3 thousand
violating vehicles at one junction, more than 1.6 million vehicles on the expressway, seven times as many as in March,
because counting there began late in March. Draws are Poisson by the weights of hour and day, then made to sum up
exactly by largest remainder. Pure: the same seed gives the same minutes on every machine.
"""

import math
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]
Cells = dict[str, float]

JUNCTION = (5, 3, 2, 3, 8, 25, 70, 85, 60, 48, 48, 58, 50, 45, 48, 55, 75, 88, 68, 50, 42, 34, 20, 10)
EXPRESSWAY = (12, 10, 9, 10, 18, 35, 52, 60, 62, 60, 56, 50, 44, 48, 54, 60, 68, 72, 66, 52, 40, 30, 19, 13)
REPORTS = (3, 2, 2, 2, 4, 12, 35, 70, 95, 90, 80, 60, 40, 55, 80, 80, 75, 60, 50, 40, 30, 20, 10, 5)
"""Share of each hour in a day, in thousandths."""


class Series(Struct, frozen=True):
    """One thing that is counted."""

    figure: str
    """Id of the figure that publishes it."""
    hours: Sequence[int]
    days: Sequence[float]
    """Weights of Monday … Sunday."""
    totals: dict[tuple[int, int], int]
    """(year, month) → what is to come out."""
    split: Cells
    """How it divides among what it is counted as: points, or words of an attribute."""
    begins: datetime
    """Before it nobody counted."""
    devices: int = 1
    """How many devices count it, side by side."""
    feasts: dict[date, float] = {}
    outages: tuple[tuple[int, datetime, datetime, str], ...] = ()
    """Which of its devices (by number) was away, from which full hour to which, and why."""


class Minute(Struct, frozen=True):
    """What one device counted in one minute, by what it is counted as."""

    at: datetime
    device: int
    counts: dict[str, int]


def _local(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=ZONE).astimezone(UTC)


MONTHS = ((2023, 3), (2023, 4))
BEGIN, END = _local(3, 1), _local(5, 1)

SERIES = (
    Series(
        "citizen-reports", REPORTS, (1.1, 1.1, 1.1, 1.1, 1.0, 0.8, 0.8), {(2023, 3): 2214, (2023, 4): 2387},
        {"": 1.0}, BEGIN,
    ),
    Series(
        "violating-vehicles", JUNCTION, (1.02, 1.0, 1.0, 1.01, 1.06, 0.98, 0.93),
        {(2023, 3): 18_726, (2023, 4): 19_347},
        {"motorcycle": 0.74, "car": 0.20, "truck": 0.035, "bus": 0.012, "bicycle": 0.013}, BEGIN,
        outages=((0, _local(4, 14, 20), _local(4, 15, 2), "timeout"),),
    ),
    Series(
        "expressway-vehicles", EXPRESSWAY, (0.95, 0.90, 0.90, 0.93, 1.08, 1.12, 1.12),
        {(2023, 3): 229_174, (2023, 4): 1_604_218},
        {"motorcycles": 0.003, "cars": 0.66, "buses": 0.08, "trucks": 0.24, "others": 0.017}, _local(3, 27, 14), 4,
        feasts={date(2023, 4, 28): 1.45, date(2023, 4, 29): 1.45},
        outages=((3, _local(4, 21, 2), _local(4, 21, 22), "unreachable"),),
    ),
)  # fmt: skip
"""Weights from the domain's data-set description; a class that a profile has no point for counts as another."""


def minutes(series: Series, seed: int = 0) -> Iterator[Minute]:
    """Yield every minute that each of a series' devices counted, silent where it was away."""
    carry = [dict.fromkeys(series.split, 0.0) for _ in range(series.devices)]
    lanes = [0.0] * series.devices
    for year, month in MONTHS:
        start, drawn = _month(series, year, month, seed)
        here: list[int] = []
        for n, count in enumerate(drawn):
            at = start + n * MINUTE
            if n % 60 == 0:
                here = [d for d in range(series.devices) if not away(series, d, at)]
            for device, part in zip(here, _spread(count, here, lanes), strict=True):
                yield Minute(at, device, _divided(part, series.split, carry[device]))


def away(series: Series, device: int, at: datetime) -> bool:
    """Tell whether a device of a series counted nothing at a time."""
    return at < series.begins or any(d == device and a <= at < b for d, a, b, _ in series.outages)


def _month(series: Series, year: int, month: int, seed: int) -> tuple[datetime, list[int]]:
    """Return a month's first minute, and how many there were in each of its minutes, exact in sum."""
    start = datetime(year, month, 1, tzinfo=ZONE)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZONE)
    hours = [_weight(series, start + timedelta(hours=n)) for n in range(int((end - start) / timedelta(hours=1)))]
    weights = [weight for weight in hours for _ in range(60)]
    total, dice = series.totals[year, month], random.Random(f"{seed}/{series.figure}/{year}-{month}")
    rate = total / sum(weights)
    return start.astimezone(UTC), exact([_poisson(w * rate, dice) for w in weights], total)


def _weight(series: Series, at: datetime) -> float:
    if all(away(series, device, at) for device in range(series.devices)):
        return 0.0
    return series.hours[at.hour] * series.days[at.weekday()] * series.feasts.get(at.date(), 1.0)


def exact(drawn: Sequence[int], total: int) -> list[int]:
    """Return draws scaled so that they sum up to a total, the rest given to the largest remainders."""
    scale = total / (sum(drawn) or 1)
    parts = [d * scale for d in drawn]
    whole = [int(p) for p in parts]
    order = sorted(range(len(parts)), key=lambda n: (whole[n] - parts[n], n))
    for n in order[: total - sum(whole)]:
        whole[n] += 1
    return whole


def _poisson(mean: float, dice: random.Random) -> int:
    if mean > 25:
        return max(0, round(mean + math.sqrt(mean) * dice.gauss(0, 1)))
    limit, product, n = math.exp(-mean), dice.random(), 0
    while product > limit:
        product *= dice.random()
        n += 1
    return n


def _spread(count: int, here: Sequence[int], owed: list[float]) -> list[int]:
    """Divide a minute evenly among the devices that were there, what does not divide in turn."""
    if not here:
        return []
    share = count / len(here)
    parts: list[int] = []
    for device in here[:-1]:
        owed[device] += share
        part = max(0, min(count - sum(parts), round(owed[device])))
        owed[device] -= part
        parts.append(part)
    return [*parts, count - sum(parts)]


def _divided(count: int, split: Cells, owed: Cells) -> dict[str, int]:
    """Divide a count by weights; what is rounded off is remembered, so that the long run is right."""
    if not count:
        return dict.fromkeys(split, 0)
    left, made = count, {}
    for name, weight in split.items():
        owed[name] += count * weight
        made[name] = part = max(0, min(left, round(owed[name])))
        owed[name] -= part
        left -= part
    if left:
        name = max(split, key=lambda n: owed[n])
        made[name] += left
        owed[name] -= left
    return made
