"""A notify adapter on a real journal, its channels scripted or real, its clock in a test's hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from adapters.notify.adapter import NotifyAdapter
from adapters.notify.channels import sender
from adapters.notify.message import Message
from hub.journal import Journal
from hub.model import ManualClock, Priority, Rule, Selector, Site, Test, Text
from hub.model.notify import Channel, Contact, Delivery, Notifying, Step
from tests.support.sites import a_device, a_point, a_site
from tests.unit.hub.transitions import a_transition
from tests.unit.notify.evening import EVENING

PATIENCE = 20.0


class Scripted:
    """A channel's sender that does what a test says: `answers` are raised or returned in turn, then all goes well."""

    def __init__(self) -> None:
        self.answers: list[Exception | None] = []
        self.took: list[Message] = []
        self.tried = 0
        self.closed = 0

    async def send(self, message: Message) -> str:
        self.tried += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.took.append(message)
        return "ok"

    async def close(self) -> None:
        self.closed += 1


def a_told_site(*channels: Channel, step: Step | None = None, **more: Any) -> Site:
    """Return a site whose rule `fire` tells one channel."""
    rule = Rule(
        "fire", "fire", Priority.CRITICAL, Selector(kind="fire.alarm"), Test("is", True), Text.same("f"), notify="all"
    )
    steps = (step or Step(tuple(c.id for c in channels), who=("an",)),)
    people = {"an": Contact("an", "Nguyễn Văn An", {"email": "an@x.example", "phone": "0912"})}
    notifying = Notifying({c.id: c for c in channels}, people, escalations={"all": steps}, **more)
    return replace(
        a_site([a_device("panel", [a_point("panel", "zone.alarm", "fire.alarm")])]), rules=(rule,), notifying=notifying
    )


class Station:
    """One run of the adapter."""

    def __init__(self, folder: Path, site: Site, clock: ManualClock, scripted: Scripted | None) -> None:
        folder.mkdir(exist_ok=True)
        self.clock = clock
        self.notes: list[tuple[str, dict[str, object]]] = []
        self.journal = Journal(folder / "journal.db", reserve_bytes=0)
        self.adapter = NotifyAdapter(
            site, journal=self.journal, clock=clock, state=folder,
            note=lambda what, detail: self.notes.append((what, detail)),
            opener=sender if scripted is None else lambda *_: scripted,
        )  # fmt: skip

    async def alarm(self, n: int = 1, **more: Any) -> None:
        """Journal a change of the fire alarm, as the rules do."""
        self.journal.append([a_transition(n, at=self.clock.now(), **more)])
        await self.journal.flushed()
        self.adapter.wake()

    async def until(self, holds: Callable[[], object], *, step: int = 0) -> None:
        """Wait until something holds; `step` nanoseconds pass on the station's clock at each look."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.002)
                if step:
                    self.clock.advance(step)
                    self.adapter.wake()

    def outcomes(self, channel: str | None = None) -> list[str]:
        """Return what the journal says of messages."""
        found = [r for _, r in self.journal.read(0) if isinstance(r, Delivery)]
        return [r.outcome for r in found if channel in (None, r.channel)]


@asynccontextmanager
async def station(
    folder: Path, site: Site, *, clock: ManualClock | None = None, scripted: Scripted | None = None
) -> AsyncIterator[Station]:
    """Run an adapter while inside; leaving it is as sudden as a kill, but for what the journal was handed."""
    made = Station(folder, site, clock or ManualClock(EVENING), scripted)
    made.adapter.restore()
    task = asyncio.create_task(made.adapter.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        made.journal.close()
