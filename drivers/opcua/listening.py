"""Listening: everything is asked for anew on each connection, then handed over until the session is lost."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from asyncua.ua.uaerrors import UaStatusCodeError

from drivers.base import BoundDevice, Sink
from drivers.opcua.alarms import Alarms
from drivers.opcua.items import URGENT, Items
from drivers.opcua.notifications import plain
from drivers.opcua.publishing import Publisher
from drivers.opcua.refusals import LOST, no_connection
from drivers.opcua.session import Session
from drivers.opcua.transport import LARGEST_MESSAGE
from hub.model import (
    SECOND,
    Clock,
    DeviceId,
    DeviceState,
    Intake,
    PointId,
    Reason,
    Release,
    Sample,
    Stray,
    Unreachable,
    split_point,
)
from hub.wire.certificates import days_left

LOOK = 1.0
"""Seconds between two looks at who is silent."""
RETRY, REFRESH, CERTIFICATES = 60.0, 600.0, 3600.0
"""Seconds between two tries of what gave no value, two refreshes, two looks at the certificates' dates."""
REMAP = 30.0
"""Seconds between two times that everything is looked up anew, however often a server says that its map has changed."""
PRIORITY = 100


class Listening:
    """One turn of `subscribe`."""

    def __init__(
        self,
        devices: Sequence[BoundDevice],
        session: Session,
        publisher: Publisher,
        items: Items,
        alarms: Alarms,
        clock: Clock,
        sink: Sink,
    ) -> None:
        self._devices = devices
        self._session = session
        self._publisher = publisher
        self._items = items
        self._alarms = alarms
        self._clock = clock
        self._sink = sink
        self._subscriptions: dict[bool, int] = {}
        self._missed = False
        """Whether a message was lost, so that every variable must be read."""
        self._bad: dict[PointId, Reason] = {}
        self._complained: dict[DeviceId, str] = {}

    async def run(self) -> None:
        """Listen until the session is lost. Raises Unreachable."""
        if old := self._publisher.forget():
            await self._session.delete_subscriptions(old)
        await self._begin()
        await until_one_ends(self._ended(), self._watch(), self._care(), self._poll())

    async def _begin(self) -> None:
        self._certificates()
        try:
            await self._alarms.subscribe(self._publisher, self._sink.take)
        except UaStatusCodeError as error:
            self._alarms.refusal = str(error)
        self._subscriptions = await self._subscribe()
        self._give(await self._items.begin(self._session, self._subscriptions))
        self._give(await self._alarms.begin(self._session))
        self._complain()

    async def _subscribe(self) -> dict[bool, int]:
        """Subscribe for what is urgent and for the rest; a server that allows one only has both there.

        Return their numbers; what has none must be read. Raises Unreachable.
        """
        interval = min(device.connection.interval for device in self._devices)
        numbers: dict[bool, int] = {}
        for urgent in self._items.urgencies():
            every = min(interval, URGENT) if urgent else interval
            try:
                made = await self._publisher.subscribe(every, PRIORITY + urgent, self._take, self._on_gap)
            except UaStatusCodeError:
                if numbers:
                    numbers[urgent] = numbers[True]
            except LOST as error:
                raise no_connection(error, self._session.where, LARGEST_MESSAGE) from error
            else:
                numbers[urgent] = made.number
        return numbers

    def _take(self, notifications: Sequence[Any], release: Release) -> None:
        intake = Intake(release=release)
        lost: list[PointId] = []
        for changes in plain(notifications):
            lost += self._items.take(changes, intake.samples)
        if lost:
            intake.strays += self._strays(lost)
        if self._items.vanished:
            self._vanished()
        if self._bad:
            self._recovered(intake.samples)
        if intake.samples:
            self._sink.take(intake)
        else:
            release()

    def _strays(self, lost: Sequence[PointId]) -> list[Stray]:
        """Return one stray a device for values that the server dropped: they are a gap, and the last is known."""
        first = {split_point(point)[0]: point for point in reversed(lost)}
        now = self._clock.now()
        return [
            Stray(device, point, "overflow: the server's queue was full", b"", now) for device, point in first.items()
        ]

    def _on_gap(self) -> None:
        self._missed = True

    def _give(self, samples: list[Sample]) -> None:
        """Hand over samples that no message carried, and remember whose points give no value."""
        for sample in samples:
            if sample.reason in (Reason.MISCONFIGURED, Reason.REFUSED, Reason.UNDECODABLE):
                self._bad[sample.point] = sample.reason
        if samples:
            self._sink.take(Intake(samples))

    def _vanished(self) -> None:
        points, self._items.vanished = self._items.vanished, []
        self._bad |= dict.fromkeys(points, Reason.MISCONFIGURED)
        self._complain()

    def _recovered(self, samples: Sequence[Sample]) -> None:
        before = len(self._bad)
        for sample in samples:
            if sample.value is not None:
                self._bad.pop(sample.point, None)
        if len(self._bad) != before:
            self._complain()

    def _complain(self) -> None:
        """Say of each device which of its points give no value, when that is new."""
        for device in self._devices:
            bad = [p.id for p in device.points if p.id in self._bad]
            detail = _complaint(device, bad, self._alarms.refusal) if bad else ""
            if detail != self._complained.get(device.id, ""):
                self._complained[device.id] = detail
                state = DeviceState.DEGRADED if bad else DeviceState.ONLINE
                word = self._bad[bad[0]].word if bad else ""
                self._sink.report(device.id, state, word, detail)

    async def _ended(self) -> None:
        await asyncio.shield(self._session.lost)

    async def _watch(self) -> None:
        """Raise Unreachable when a subscription does not even say that it is alive."""
        patience = self._session.timeout
        while True:
            await asyncio.sleep(LOOK)
            late = self._publisher.silent(asyncio.get_running_loop().time(), patience)
            if late is not None:
                lately = f"{late.quiet + patience:g} s"
                raise Unreachable(
                    f"{self._session.where} is silent: no change and no sign of life for {lately}", "timeout"
                )

    async def _care(self) -> None:
        """Read again what was lost, refresh, try again what gave no value, look at the certificates."""
        loop = asyncio.get_running_loop()
        retry, refresh, dates = (loop.time() + after for after in (RETRY, REFRESH, CERTIFICATES))
        remap = loop.time()
        while True:
            await asyncio.sleep(LOOK)
            now = loop.time()
            if self._missed:
                self._missed = False
                self._give(await self._items.read(self._session, everything=True))
                self._alarms.want()
            if self._alarms.map_changed and now >= remap:
                await self._look_anew()
                remap = now + REMAP
            if self._alarms.wanted or now >= refresh:
                self._give(await self._alarms.refresh(self._session))
                refresh = now + REFRESH
            if self._bad and now >= retry:
                self._give(await self._items.retry(self._session, self._subscriptions, self._bad))
                retry = now + RETRY
            if now >= dates:
                self._certificates()
                dates = now + CERTIFICATES

    async def _look_anew(self) -> None:
        """Find and watch every variable again: the server says that it has other nodes. Conditions stay as they are."""
        self._alarms.map_changed = False
        old = sorted(set(self._subscriptions.values()))
        self._publisher.drop(old)
        if old:
            await self._session.delete_subscriptions(old)
        await self._session.learn()
        self._bad.clear()
        self._subscriptions = await self._subscribe()
        self._give(await self._items.begin(self._session, self._subscriptions))
        self._complain()
        self._alarms.want()

    async def _poll(self) -> None:
        """Read what cannot be watched, at the pace at which the rest is reported."""
        interval = max(min(d.connection.interval for d in self._devices) / SECOND, LOOK)
        while True:
            if self._items.some_are_read:
                samples = await self._items.read(self._session)
                if samples:
                    self._sink.take(Intake(samples))
            await asyncio.sleep(interval)

    def _certificates(self) -> None:
        """Tell for how many days the certificates are still valid."""
        own = self._session.trust.certificates.own()
        kept = {"server": self._session.server_certificate, "own": own}
        now = self._clock.now()
        asked = [(p.id, p.address.certificate) for d in self._devices for p in d.points if p.address.certificate]
        samples = []
        for point, which in asked:
            found = kept[which]
            value = days_left(found, now) if found is not None else None
            samples.append(Sample(point, value, None, Reason.NONE if found is not None else Reason.NOT_PROGRAMMED))
        if samples:
            self._sink.take(Intake(samples))


def _complaint(device: BoundDevice, bad: Sequence[PointId], refusal: str) -> str:
    where = {p.id: p.address.node or p.address.path or p.address.condition for p in device.points}
    named = ", ".join(f"{split_point(p)[1]} ({where[p]})" for p in bad[:3]) + (", …" if len(bad) > 3 else "")
    why = f"; the server refuses to refresh conditions ({refusal})" if refusal else ""
    return f"{len(bad)} of {len(device.points)} points give no value: {named}{why}"


async def until_one_ends(*doing: Coroutine[Any, Any, None]) -> None:
    """Do several things at once until one of them ends; raise what it raises, stop the others."""
    tasks = [asyncio.ensure_future(one) for one in doing]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
