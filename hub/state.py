"""The last known state of everything that was published: what consoles and stores may see of the hub."""

from collections.abc import Callable, Container, Iterable, Sequence

from hub.model import (
    Alarm,
    AlarmId,
    DeviceChange,
    DeviceId,
    DeviceStatus,
    PointId,
    Published,
    Reading,
    ServiceChange,
    Sheet,
    Site,
    Timestamp,
    Transition,
    fold,
)
from hub.sheets import Sheets
from hub.stream import Stream, Subscription


class State:
    """A read-only face for everyone but the intake, which tells it what was committed."""

    def __init__(self, site: Site, stream: Stream, last_heard: Callable[[DeviceId], Timestamp | None]) -> None:
        self._site = site
        self._stream = stream
        self._last_heard = last_heard
        self._readings: dict[PointId, Reading] = {}
        self._fresh: dict[PointId, Reading] = {}
        self._sheets = Sheets()
        self._newest = 0
        self._alarms: dict[AlarmId, Alarm] = {}
        self._devices: dict[DeviceId, DeviceStatus] = {}
        self._out: dict[str, ServiceChange] = {}
        self._ears: list[tuple[frozenset[PointId], Callable[[Reading], None]]] = []

    @property
    def site(self) -> Site:
        """The running configuration."""
        return self._site

    @property
    def epoch(self) -> str:
        """The stream's numbering."""
        return self._stream.epoch

    @property
    def seq(self) -> int:
        """The number of the last published record."""
        return self._stream.seq

    def publish(
        self,
        at: Timestamp,
        readings: Sequence[Reading],
        records: Sequence[object],
        sheets: Sequence[Sheet] = (),
    ) -> Published:
        """Take what was committed, then let the stream tell everyone."""
        if sheets:
            self._newest = max(self._newest, sheets[-1].seq)
            sheets = self._sheets.take(sheets)
        if readings:
            if readings[0].seq < self._newest:
                readings = self._not_older(readings)
            else:
                self._newest = readings[-1].seq
            fresh = {r.point: r for r in readings}
            self._readings.update(fresh)
            self._fresh.update(fresh)
            for points, heard in self._ears:
                for point in points & fresh.keys():
                    heard(fresh[point])
        for record in records:
            if isinstance(record, Transition):
                self._alarms[record.alarm] = fold(self._alarms.get(record.alarm), record)
            elif isinstance(record, DeviceChange):
                r = record
                self._devices[r.device] = DeviceStatus(r.device, r.state, r.reason, r.detail, r.at, None)
            elif isinstance(record, ServiceChange):
                self._serve(record)
        return self._stream.publish(at, readings, records, sheets)  # type: ignore[arg-type]

    def describe(self, site: Site, fresh: Iterable[DeviceStatus], strange: Container[PointId] = ()) -> None:
        """Take a changed site with its new devices; readings of points that are gone or `strange` are forgotten."""
        known = {p: r for p in site.points if p not in strange and (r := self.reading(p)) is not None}
        changed = {r.point: r for r in self.drain_changed() if r.point in known}
        self._site, self._readings, self._fresh, self._sheets = site, known, changed, Sheets()
        self._devices = {d: s for d, s in self._devices.items() if d in site.devices}
        self._devices.update((status.device, status) for status in fresh)

    def listen(self, points: frozenset[PointId], heard: Callable[[Reading], None]) -> None:
        """Let `heard` know at once of every reading of a few points that is published, and of no others any more."""
        self._ears = [*((known, ear) for known, ear in self._ears if ear != heard), (points, heard)]

    def _not_older(self, readings: Sequence[Reading]) -> list[Reading]:
        """Leave out what was overtaken: it waited for a full disk while later readings were shown."""
        return [r for r in readings if (known := self.reading(r.point)) is None or known.seq <= r.seq]

    def _serve(self, change: ServiceChange) -> None:
        if change.out:
            self._out[change.scope] = change
        else:
            self._out.pop(change.scope, None)

    def restore(
        self, alarms: Iterable[Alarm], devices: Iterable[DeviceStatus], out: Iterable[ServiceChange] = ()
    ) -> None:
        """Begin with what was known before this run; `out`: what is out of service."""
        self._out = {change.scope: change for change in out}
        self._alarms = {a.last.alarm: a for a in alarms}
        self._devices = {d.device: d for d in devices}

    def snapshot_and_subscribe(
        self, name: str, *, size: int = 10_000, readings: bool = False
    ) -> tuple[int, Subscription]:
        """Return the number as of which this state stands, and a subscription to everything after it.

        Both in one step of the loop, so a reader that first copies what it needs from here misses nothing.
        """
        return self.seq, self._stream.subscribe(name, size=size, readings=readings)

    def alarms(self) -> Sequence[Alarm]:
        """Return every alarm that a console must show."""
        return [a for a in self._alarms.values() if a.retained]

    def alarm(self, alarm: AlarmId) -> Alarm | None:
        """Return one alarm, shown or not, if it ever was."""
        return self._alarms.get(alarm)

    def out_of_service(self) -> Sequence[ServiceChange]:
        """Return what people took out of service, oldest first."""
        return list(self._out.values())

    def device(self, device: DeviceId) -> DeviceStatus:
        """Return a device's health. Raises KeyError."""
        known = self._devices[device]
        return DeviceStatus(device, known.state, known.reason, known.detail, known.since, self._last_heard(device))

    def reading(self, point: PointId) -> Reading | None:
        """Return a point's last committed reading, or None before the first."""
        return _newer(self._readings.get(point), self._sheets.reading(point))

    def drain_changed(self) -> list[Reading]:
        """Return the latest reading of every point told since the last call."""
        fresh, self._fresh = self._fresh, {}
        for reading in self._sheets.drain_changed():
            known = fresh.get(reading.point)
            if known is None or known.seq < reading.seq:
                fresh[reading.point] = reading
        return list(fresh.values())

    def __len__(self) -> int:
        return len(self._readings.keys() | self._sheets.points)


def _newer(one: Reading | None, other: Reading | None) -> Reading | None:
    if one is None or other is None:
        return one or other
    return one if one.seq > other.seq else other
