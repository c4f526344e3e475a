"""Systems that lay CSV files in a folder: each made from where a profile's points live, and renamed into place."""

import asyncio
import csv
import io
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.files.address import Address, Connection, Event
from hub.model import SECOND, Device, DeviceId, EventMap, Point, PointId, Timestamp, Value, split_point
from hub.model.clock import iso
from simulators.base import LOOPBACK, Line, Override
from simulators.document import ITEMS, NEWS, said
from simulators.faults import Faults
from simulators.jsontree import short
from simulators.process import Process
from simulators.raw import raw_of

PERIOD = 30 * SECOND
"""How often a system lays a file there; less for those that count as silent sooner."""
_QUIET_SHARE = 3

Cells = dict[str, str]


class Writer:
    """One device: the tables that it writes."""

    def __init__(self, device: Device, process: Process, faults: Faults) -> None:
        self.device = device
        self.connection: Connection = device.connection
        self.due: Timestamp = 0
        self.period = min(PERIOD, (device.silent_after or _QUIET_SHARE * PERIOD) // _QUIET_SHARE)
        self._zone = ZoneInfo(self.connection.zone) if self.connection.zone else UTC
        self._points = [p for p in device.points if p.address is not None]
        self._process, self._faults = process, faults
        self._stuck = b""
        self._n = 0

    def write(self, folder: Path, now: Timestamp) -> None:
        """Lay a file in the folder: written beside it, then renamed. Raises OSError."""
        self.due = now + self.period
        self._n += 1
        name = self.connection.pattern.replace("*", f"{now // SECOND}-{self._n:04}").replace("?", "0")
        beside = folder / f".{name}.tmp"
        beside.write_bytes(self._body(now))
        os.replace(beside, folder / name)

    def thaw(self) -> None:
        """Forget what was frozen."""
        self._stuck = b""

    def _body(self, now: Timestamp) -> bytes:
        clock = self._faults.of(self.device.id, "clock")
        own = now + round(clock.args["seconds"] * SECOND) if clock else now
        body = self._table(self._rows(now, own))
        if self._faults.any_of(self.device.id, "frozen"):
            self._stuck = body = self._stuck or body
        if self._faults.any_of(self.device.id, "half_frames"):
            return body[: len(body) // 2]
        return bytes(b ^ 0xA5 for b in body) if self._faults.any_of(self.device.id, "garbage") else body

    def _rows(self, now: Timestamp, own: Timestamp) -> list[Cells]:
        rows: dict[tuple[tuple[str, str], ...], Cells] = {}
        for point in sorted(self._points, key=lambda p: self._process.held(p.id)):
            a: Address = point.address
            row = rows.setdefault(tuple(a.where.items()), dict(a.where))
            row[a.column] = _cell(a, point, self._process.value(point, now))
            if a.time:
                row[a.time] = _written(own, a.time_format, self._zone)
        return [
            *rows.values(),
            *(row for event in self.device.events for row in _items(self.device.id, event, own, self._zone)),
        ]

    def _table(self, rows: Sequence[Cells]) -> bytes:
        titles = list(dict.fromkeys(title for row in rows for title in row))
        mark = {"semicolon": ";", "tab": "\t"}.get(self.connection.delimiter, ",")
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, titles, restval="", delimiter=mark)
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode("utf-8-sig")


class DropLine(Line):
    """One folder of its own with every system that lays files there."""

    faults_known = frozenset({"silence", "cut", "half_frames", "garbage", "frozen", "clock"})

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        self._writers = {device.id: Writer(device, process, faults) for device in devices}
        self._folder: Path | None = None

    async def start(self) -> Override:
        """Make the folder; it has no port. Raises OSError."""
        self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="citywatch-drop-"))
        return Override(LOOPBACK, 0, {"folder": str(self._folder)})

    async def stop(self) -> None:
        """Remove the folder with all that is in it."""
        folder, self._folder = self._folder, None
        if folder is not None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def tick(self, now: Timestamp) -> None:
        """Write what is due."""
        for writer in self._writers.values():
            if now >= writer.due:
                self._write(writer, now)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Write at once what somebody set."""
        self._write(self._writers[split_point(point)[0]], now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Write what a fault makes of it."""
        writer = self._writers[device]
        if not self.faults.any_of(device, "frozen"):
            writer.thaw()
        writer.due = min(writer.due, now)

    def _write(self, writer: Writer, now: Timestamp) -> None:
        if self._folder is not None and not self.faults.any_of(writer.device.id, "silence", "cut"):
            writer.write(self._folder, now)


def _cell(a: Address, point: Point, value: Value) -> str:
    raw = short(raw_of(point, value))
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw).replace(".", ",") if a.decimal == "comma" and not isinstance(raw, str) else str(raw)


def _written(at: Timestamp, form: str, zone: tzinfo) -> str:
    if form == "iso":
        return iso(at)
    if form == "dmy":
        return f"{datetime.fromtimestamp(at // SECOND, zone):%d/%m/%Y %H:%M:%S}"
    return str(at // SECOND if form == "s" else at // (SECOND // 1000))


def _items(device: DeviceId, event: EventMap, own: Timestamp, zone: tzinfo) -> list[Cells]:
    a: Event = event.address
    rows = []
    for n in range(own // NEWS, own // NEWS - ITEMS, -1):
        row = {column: str(said(name, n) or "") for name, column in event.attributes.items()} | a.where
        row |= dict.fromkeys(a.key, f"{device}-{n}")
        row |= {column: iso(n * NEWS) for column in a.present}
        if a.time:
            row[a.time] = _written(n * NEWS, a.time_format, zone)
        rows.append(row)
    return rows
