"""A device whose files hold indicators and reports, a folder, and a road that is durable when the test says so."""

import asyncio
from pathlib import Path
from typing import Any

from drivers.base import BoundDevice, BoundPoint
from drivers.files import SPEC
from drivers.files.driver import FilesDriver
from hub.model import SECOND, DeviceState, EventMap, Intake, ManualClock

NOW = 1_790_000_000 * SECOND
POINTS: dict[str, dict[str, Any]] = {
    "grdp": {"column": "Giá trị", "where": {"Mã": "GRDP"}, "decimal": "comma", "time": "Ngày", "time_format": "dmy"},
    "period": {"column": "Kỳ", "where": {"Mã": "GRDP"}, "type": "text"},
}
GOOD = "Mã;Giá trị;Kỳ;Ngày\nGRDP;6,5;2026-Q3;20/09/2026 09:00\nIIP;7,9;2026-Q3;20/09/2026\n"


def device(
    folder: Path, *, reports: bool = False, limits: dict[str, Any] | None = None, **connection: Any
) -> BoundDevice:
    given = SPEC.connection.model_validate(
        {"folder": str(folder), "every": "1s", "zone": "Asia/Ho_Chi_Minh", **connection}
    )
    points = () if reports else tuple(
        BoundPoint(f"desk/{n}", "desk", SPEC.address.model_validate(a)) for n, a in POINTS.items()
    )  # fmt: skip
    assert SPEC.event is not None
    where = SPEC.event.model_validate({"key": ["Mã"], "time": "Mở lúc", "numbers": ["Số"]})
    events = (EventMap("opened", "report.citizen", where, {"area": "Khu", "n": "Số"}),) if reports else ()
    return BoundDevice("desk", given, points, events, limits={"settle": "5s", **(limits or {})})


class Sink:
    """A road."""

    def __init__(self, keys: bytes = b"") -> None:
        self.taken: list[Intake] = []
        self.health: list[tuple[DeviceState, str]] = []
        self.keys = keys
        self.hold = False
        self.came = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.taken.append(intake)
        self.came.set()
        if not self.hold and intake.release is not None:
            intake.release()

    def report(self, _device: str, state: DeviceState, _reason: str = "", detail: str = "") -> None:
        self.health.append((state, detail))

    def last_heard(self, _: str) -> int | None:
        return None

    async def receipts(self, source: str) -> bytes:
        assert source == "files/desk"
        return self.keys


class Desk:
    """A folder, its driver, and a clock that moves by hand: `look` is one look of the driver."""

    def __init__(self, folder: Path, sink: Sink | None = None, **given: Any) -> None:
        self.folder = folder / "drop"
        self.folder.mkdir(exist_ok=True)
        self.sink = sink or Sink()
        self.clock = ManualClock(NOW)
        self.driver = FilesDriver([device(self.folder, **given)], self.clock)
        self.inbox = self.driver._inboxes[0]
        self.inbox.learn(int.from_bytes(self.sink.keys[n : n + 8], "little") for n in range(0, len(self.sink.keys), 8))
        self.driver._folder.open()

    def lay(self, text: str | bytes, name: str = "a.csv") -> Path:
        """Lay a file there, as a writer who renames it into place."""
        beside = self.folder / f".{name}"
        beside.write_bytes(text if isinstance(text, bytes) else text.encode())
        beside.rename(self.folder / name)
        return self.folder / name

    async def look(self, seconds: int = 0) -> None:
        self.clock.advance(seconds * SECOND)
        await self.driver._look(self.inbox, self.sink)

    async def rest(self) -> None:
        """Look, and again when everything has come to rest."""
        await self.look()
        await self.look(5)

    def lies(self) -> dict[str, list[str]]:
        """Return which files lie where."""
        parts = {"": self.folder, **{n: self.folder / n for n in ("taking", "processed", "failed")}}
        return {n: sorted(p.name for p in f.iterdir() if p.is_file()) for n, f in parts.items() if any(
            p.is_file() for p in f.iterdir())}  # fmt: skip

    def errors(self, name: str = "a.csv") -> list[str]:
        return (self.folder / "failed" / f"{name}.errors.txt").read_text(encoding="utf-8").splitlines()
