"""The files driver: what lies in a folder and has come to rest is taken whole, handed over in pieces, then moved.

A file's pieces are known by its hash, kept with their rows (`Receipt`): whatever dies in between, and however often the
same file is laid there, each row is stored once. A file is moved only when all of it is durable.
"""

import asyncio
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import blake2b

import structlog

from drivers.base import BoundDevice, BoundPoint, Sink
from drivers.files.address import Connection, Limits
from drivers.files.folder import FAILED, PROCESSED, Folder, Taken, Unfit
from drivers.files.form import Form, Judged, Piece
from drivers.files.sheet import Refusal
from hub.metrics import Figure
from hub.model import (
    HOUR,
    SECOND,
    Clock,
    DeviceState,
    Intake,
    Misconfigured,
    Receipt,
    Refused,
    Sample,
    SystemClock,
    Value,
)

log = structlog.get_logger(__name__)

WINDOW = 8192
"""Pieces that are remembered of a device: as many files, or 160 of the longest."""
COUNTED = {
    "taken": "Files taken", "repeated": "Files that were taken before", "rows": "Rows of files taken",
    "unmatched": "Rows that were of no point and no event", "forgotten": "Old files deleted",
}  # fmt: skip


class Inbox:
    """One device: its form, and what is known of its files."""

    def __init__(self, device: BoundDevice) -> None:
        self.device = device
        self.connection: Connection = device.connection
        self.limits = Limits.model_validate(device.limits)
        self.form = Form(device)
        self.known: dict[int, None] = {}
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.complains = False
        self.swept = -HOUR

    @property
    def source(self) -> str:
        """The name under which pieces are kept."""
        return f"files/{self.device.id}"

    def learn(self, numbers: Iterable[int]) -> None:
        """Remember pieces that are durable."""
        for number in numbers:
            self.known.pop(number, None)
            self.known[number] = None
        while len(self.known) > WINDOW:
            del self.known[next(iter(self.known))]


class FilesDriver:
    """One folder with every device whose files lie there."""

    def __init__(self, devices: Sequence[BoundDevice], clock: Clock | None = None) -> None:
        self._inboxes = [Inbox(device) for device in devices]
        self._folder = Folder(self._inboxes[0].connection.folder, devices[0].state)
        self._every = min(inbox.connection.every for inbox in self._inboxes)
        self._clock = clock or SystemClock()

    async def open(self) -> None:
        """See that the folder can be used. Raises Unreachable, Misconfigured."""
        await asyncio.to_thread(self._folder.open)

    async def read(self, points: Sequence[BoundPoint]) -> Sequence[Sample]:
        """Refuse: files come by themselves. Raises Misconfigured."""
        raise Misconfigured("files are laid in a folder, nobody is asked for them")

    async def subscribe(self, sink: Sink) -> None:
        """Take what comes until the folder is lost. Raises Unreachable."""
        for inbox in self._inboxes:
            keys = await sink.receipts(inbox.source)
            inbox.learn(array("Q", keys[: len(keys) // 8 * 8]))
        while True:
            for inbox in self._inboxes:
                await self._look(inbox, sink)
            await asyncio.sleep(self._every / SECOND)

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Refuse: nothing is set through files. Raises Refused."""
        raise Refused("not_writable", f"{point.id} is read from files; nothing was written")

    async def close(self) -> None:
        """Nothing is held."""

    def figures(self) -> Iterable[Figure]:
        """Return what was taken and refused, by device."""
        for inbox in self._inboxes:
            of = {"device": inbox.device.id}
            for name, words in COUNTED.items():
                yield Figure(f"citywatch_files_{name}", words, inbox.counts[name], of, total=True)
            for why, n in inbox.refused.items():
                yield Figure("citywatch_files_refused", "Files refused", n, {**of, "why": why}, total=True)

    async def _look(self, inbox: Inbox, sink: Sink) -> None:
        means, now = inbox.connection.means, self._clock.monotonic()
        for name in await asyncio.to_thread(self._folder.resting, means, now, inbox.limits.settle):
            await self._one(inbox, name, sink)
        if now - inbox.swept >= HOUR:
            inbox.swept = now
            inbox.counts["forgotten"] += await asyncio.to_thread(
                self._folder.forget, self._clock.now() / SECOND, inbox.limits.keep
            )

    async def _one(self, inbox: Inbox, name: str, sink: Sink) -> None:
        """Take one file, and move it to where it stays. Raises Unreachable."""
        bare = name.rpartition("/")[2]
        try:
            taken = await asyncio.to_thread(self._folder.take, name, inbox.limits.largest)
            judge = partial(inbox.form.judge, taken.body, taken.digest, inbox.limits.rows, self._clock.now())
            judged = await asyncio.to_thread(judge)
        except Unfit as unfit:
            if unfit.why != "growing":
                await self._refuse(inbox, bare, Refusal(unfit.why, [(0, str(unfit))]), sink)
        except Refusal as refusal:
            await self._refuse(inbox, bare, refusal, sink)
        else:
            await self._bring(inbox, taken, judged, sink)
            await asyncio.to_thread(self._folder.settle, bare, PROCESSED)

    async def _bring(self, inbox: Inbox, taken: Taken, judged: Judged, sink: Sink) -> None:
        """Hand over what is new of a file, and wait until it is on disk however long that takes."""
        new = [p for p in judged.pieces if numbered(taken.digest, p) not in inbox.known]
        for piece in new:
            await _durable(inbox, piece, numbered(taken.digest, piece), sink)
        inbox.counts["repeated" if judged.pieces and not new else "taken"] += 1
        if new:
            inbox.counts["rows"] += judged.rows
            inbox.counts["unmatched"] += judged.unmatched
        if inbox.complains:
            inbox.complains = False
            sink.report(inbox.device.id, DeviceState.ONLINE)
        log.info("a file is taken", device=inbox.device.id, file=taken.name, rows=judged.rows, new=bool(new))

    async def _refuse(self, inbox: Inbox, name: str, refusal: Refusal, sink: Sink) -> None:
        inbox.refused[refusal.why] += 1
        told = [f"{name}:{line}: {error}" if line else f"{name}: {error}" for line, error in refusal.errors]
        log.warning("a file is refused", device=inbox.device.id, why=refusal.why, first=told[0])
        inbox.complains = True
        sink.report(inbox.device.id, DeviceState.DEGRADED, "refused", f"{told[0]} (the file is in {FAILED}/)")
        await asyncio.to_thread(self._folder.settle, name, FAILED, "".join(f"{line}\n" for line in told))


def numbered(digest: str, piece: Piece) -> int:
    """Return the number of eight bytes that a piece of a file is kept as."""
    return int.from_bytes(blake2b(f"{digest}/{piece.first}".encode(), digest_size=8).digest(), "little")


async def _durable(inbox: Inbox, piece: Piece, number: int, sink: Sink) -> None:
    safe = asyncio.Event()
    receipt = Receipt(inbox.source, array("Q", [number]).tobytes(), WINDOW)
    sink.take(Intake(piece.samples, piece.events, release=safe.set, receipt=receipt))
    await safe.wait()
    inbox.learn([number])
