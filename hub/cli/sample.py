"""March and April 2023 as hours of a site: each series under the devices of the figure that publishes it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from adapters.timescale.connections import away_on_error, opened
from adapters.timescale.hours import EventHour, Heard, PointHour, load_hours
from adapters.timescale.migrate import migrate
from hub.cli.store import database
from hub.model import Point, Refused, Site
from hub.model.figure import FigureSpec
from simulators.months import END, SERIES, Minute, Series, minutes


class Sample:
    """What there is to load into a site."""

    def __init__(self, site: Site, seed: int = 0) -> None:
        self._site = site
        self._seed = seed
        self._specs = {spec.id: spec for spec in site.figures}
        self.series = [series for series in SERIES if series.figure in self._specs]
        if not self.series:
            wanted = ", ".join(series.figure for series in SERIES)
            raise Refused(
                "no_figures", f"{site.id} has none of the figures {wanted}; see docs/how-to/report-a-month.md"
            )
        for series in self.series:
            if len(self.devices(series)) != series.devices:
                told = f"the figure {series.figure} is counted by {series.devices} devices"
                raise Refused("no_figures", f"{told}; here it is of {len(self.devices(series))}")

    def devices(self, series: Series) -> Sequence[str]:
        """Return the devices that count a series, in the order of its lanes."""
        return self._specs[series.figure].devices

    def heard(self) -> Iterator[Heard]:
        """Say since when each device was heard, and when it was not."""
        for series in self.series:
            for n, device in enumerate(self.devices(series)):
                away = [(a, b, why) for d, a, b, why in series.outages if d == n]
                yield Heard(device, series.begins, END, away)

    def events(self) -> Iterator[EventHour]:
        """Yield the hours of the series that are events."""
        for series in self.series:
            spec = self._specs[series.figure]
            if spec.event is not None:
                yield from _event_hours(spec, self._minutes(series))

    def points(self) -> Iterator[PointHour]:
        """Yield the hours of the series that are readings."""
        for series in self.series:
            spec = self._specs[series.figure]
            if spec.event is None:
                yield from _point_hours(_points(self._site, spec, series), spec.divide, self._minutes(series))

    def _minutes(self, series: Series) -> Iterator[Minute]:
        return minutes(series, self._seed)


def _points(site: Site, spec: FigureSpec, series: Series) -> list[dict[str, Point]]:
    """Return, for each device, the point of each class."""
    found = [{p.name: p for p in site.devices[d].points if p.id in spec.points} for d in spec.devices]
    for device, points in zip(spec.devices, found, strict=True):
        if missing := series.split.keys() - points.keys():
            raise Refused("no_figures", f"{device} has no point {', '.join(sorted(missing))}")
    return found


def _event_hours(spec: FigureSpec, told: Iterator[Minute]) -> Iterator[EventHour]:
    assert spec.event is not None
    counts: defaultdict[tuple[datetime, str, str], int] = defaultdict(int)
    for minute in told:
        for word, n in minute.counts.items():
            if n:
                counts[minute.at.replace(minute=0), spec.devices[minute.device], word] += n
    for (at, device, word), n in counts.items():
        yield EventHour(at, device, spec.event, word, n)


def _point_hours(points: Sequence[dict[str, Point]], times: float, told: Iterator[Minute]) -> Iterator[PointHour]:
    hours: defaultdict[tuple[datetime, str], list[float]] = defaultdict(list)
    for minute in told:
        at, of = minute.at.replace(minute=0), points[minute.device]
        for name, n in minute.counts.items():
            hours[at, of[name].id].append(n * times)
    for (at, point), values in hours.items():
        yield PointHour(at, point, values)


async def load_sample(folder: Path, state: Path, site: Site, seed: int) -> int:
    """Write the sample into a site's database; return how many rows. Raises StorageError, Refused."""
    sample = Sample(site, seed)
    async with database(folder, state) as dsn:
        with away_on_error():
            async with opened(dsn) as connection:
                flavour = await migrate(connection)
                return await load_hours(
                    connection, flavour, site, sample.events(), sample.points(), list(sample.heard())
                )
