"""Acknowledgements travel: what is acknowledged here is told to the device, what is acknowledged there is noted here.

An acknowledgement counts here once it is journaled, whatever becomes of telling the device. Telling is a command of the
person who acknowledged, journaled before anything is sent, with its result when that is known. It names what the person
saw, so twice is as good as once: other than a write it is tried again when the device comes back, for ten minutes.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Protocol

import structlog

from hub.commands.ledger import Given, Ledger
from hub.commands.sending import Said
from hub.metrics import Figure
from hub.model import (
    SECOND,
    Clock,
    Command,
    DeviceChange,
    DeviceEvent,
    DeviceId,
    DeviceState,
    DriverError,
    Misconfigured,
    OperatorAction,
    Outcome,
    PointId,
    Record,
    Refused,
    Text,
    Timestamp,
    Transition,
    point_id,
)
from hub.model.kinds import ACKNOWLEDGED
from hub.state import State

log = structlog.get_logger(__name__)

NAME = "acknowledge"
"""The command's name in journal and metrics."""
HUB = "hub"
"""Who says that a device could not be told."""
WITHIN = 600 * SECOND
"""How long a device that cannot be told is tried again."""
PAUSE = 15.0
"""Seconds between two tries, unless the device comes back before."""
SETTLE = 2.0
"""Seconds after which a device that shows nothing to acknowledge is looked at once more: its event may come later."""
ANSWER = 20.0
"""Seconds that a device has for its answer."""
MOST = 500
"""Acknowledgements under way; the device of one more is not told, and that is said."""
AGAIN = frozenset({"unreachable", "busy"})
"""Refusals that pass."""
STOPPED = Said("unknown", "stopped", "the hub stopped before the device was told; look at the device")

Act = Callable[[OperatorAction], Awaitable[Outcome]]


class Lines(Protocol):
    """The lines to the devices."""

    def acknowledges(self, device: DeviceId, point: PointId) -> bool:
        """Tell whether a device can be told that an alarm of a point was acknowledged."""
        ...

    async def acknowledge(self, device: DeviceId, point: PointId, comment: str, seen: Timestamp) -> int:
        """Tell it; return how much there waited. Raises Refused, DriverError."""
        ...


class Acknowledging:
    """Listens to what was journaled; nobody waits for it."""

    def __init__(self, state: State, ledger: Ledger, lines: Lines, act: Act, clock: Clock) -> None:
        self._state = state
        self._ledger = ledger
        self._lines = lines
        self._act = act
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._under_way = 0
        self._turns: dict[DeviceId, asyncio.Lock] = {}
        self._back: dict[DeviceId, asyncio.Event] = {}
        _, self._heard = state.snapshot_and_subscribe("acknowledging")

    async def run(self) -> None:
        """Listen until cancelled."""
        self._look_again()
        while True:
            items, lost = await self._heard.take()
            for item in items:
                for record in item.records:
                    await self._hear(record)
            if lost is not None:
                self._look_again()

    def figures(self) -> Iterator[Figure]:
        """Yield what became of telling devices."""
        for outcome in ("done", "refused", "unknown"):
            words, labels = "Devices told of an acknowledgement", {"outcome": outcome}
            yield Figure("citywatch_acknowledgements_told", words, self._counts[outcome], labels, total=True)

    async def _hear(self, record: Record) -> None:
        if isinstance(record, Transition):
            if record.input == "ack":
                self._begin(record)
        elif isinstance(record, DeviceEvent):
            if record.kind == ACKNOWLEDGED:
                await self._note(record)
        elif isinstance(record, DeviceChange) and record.state in (DeviceState.ONLINE, DeviceState.DEGRADED):
            self._event(record.device).set()

    def _look_again(self) -> None:
        """Begin with what was acknowledged lately and not told: before a crash, or while too much was on the stream."""
        since = self._clock.now() - WITHIN
        for alarm in self._state.alarms():
            if alarm.last.input == "ack" and alarm.last.at >= since:
                self._begin(alarm.last)

    def _begin(self, ack: Transition) -> None:
        request = f"{ack.alarm}#{ack.n}"
        if ack.point is None or self._ledger.has(request) or not self._lines.acknowledges(ack.device, ack.point):
            return
        who = ack.who or HUB
        given = self._ledger.open(Command(ack.point, True, who, self._clock.now(), ack.note or "", request, NAME))
        given.task = asyncio.create_task(self._carry(ack, given), name=f"acknowledge {ack.point}")

    async def _carry(self, ack: Transition, given: Given) -> None:
        self._under_way += 1
        said = STOPPED
        try:
            said = await self._kept_and_told(ack, given)
        finally:
            self._under_way -= 1
            given.task = None
            self._counts[said.outcome] += 1
            self._ledger.close(given, said)
        if said.outcome != "done":
            await self._comment(ack, "end", _refused(said.detail))

    async def _kept_and_told(self, ack: Transition, given: Given) -> Said:
        if self._under_way > MOST:
            return Said("refused", "busy", f"{MOST} devices are being told already")
        if not await self._ledger.kept(given.command):
            return Said("refused", "not_recorded", "the journal could not take it, so the device was not told")
        return await self._told(ack)

    async def _told(self, ack: Transition) -> Said:
        """Tell the device until it knows, or until there is no use in it."""
        end, looked, why = self._clock.monotonic() + WITHIN, False, ""
        while self._stands(ack):
            try:
                count = await self._tell(ack)
            except (Refused, DriverError) as no:
                if isinstance(no, Misconfigured) or (isinstance(no, Refused) and no.reason not in AGAIN):
                    return Said("refused", no.reason or "misconfigured", str(no))
                if not why:
                    await self._comment(ack, "wait", _not_yet(str(no)))
                why = str(no)
                if self._clock.monotonic() >= end:
                    return Said("unknown", "timeout", f"{why}; tried for {WITHIN // SECOND // 60} minutes")
                await self._wait(ack.device, PAUSE)
            else:
                if count or looked:
                    return Said("done", "", f"acknowledged at the device: {count}")
                looked = True
                await self._wait(ack.device, SETTLE)
        return Said("refused", "overtaken", "the alarm began anew before the device was told")

    async def _tell(self, ack: Transition) -> int:
        assert ack.point is not None
        words = f"{ack.who}: {ack.note}" if ack.note else ack.who or HUB
        async with self._turns.setdefault(ack.device, asyncio.Lock()):
            self._event(ack.device).clear()
            try:
                async with asyncio.timeout(ANSWER):
                    return await self._lines.acknowledge(ack.device, ack.point, words, ack.at)
            except TimeoutError:
                raise DriverError(f"no answer within {ANSWER:g} s", "timeout") from None

    def _stands(self, ack: Transition) -> bool:
        """Tell whether the alarm is still acknowledged, in the occurrence that the person saw."""
        alarm = self._state.alarm(ack.alarm)
        return alarm is not None and alarm.last.acked and alarm.last.occurrence == ack.occurrence

    async def _wait(self, device: DeviceId, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event(device).wait()

    def _event(self, device: DeviceId) -> asyncio.Event:
        return self._back.setdefault(device, asyncio.Event())

    async def _note(self, event: DeviceEvent) -> None:
        """Write at every alarm that waits here for an acknowledgement that it has one at the device."""
        point = point_id(event.device, str(event.attributes.get("point")))
        text = _there(event.attributes.get("user"), event.attributes.get("comment"))
        request = event.dedupe_key or f"{point}@{event.hub_time}"
        for alarm in self._state.alarms():
            if alarm.last.point == point and not alarm.last.acked:
                action = partial(OperatorAction, "comment", alarm.last.alarm, 0, f"device:{event.device}")
                await self._act(action(self._clock.now(), self._say(text), request))

    async def _comment(self, ack: Transition, when: str, text: Text) -> None:
        request = f"{ack.alarm}#{ack.n} {when}"
        await self._act(OperatorAction("comment", ack.alarm, 0, HUB, self._clock.now(), self._say(text), request))

    def _say(self, text: Text) -> str:
        return text.say(self._state.site.language)


def _there(user: object, comment: object) -> Text:
    said = (f" ({user})" if user else "") + (f": {comment}" if comment else "")
    return Text(f"đã được xác nhận tại thiết bị{said}", f"acknowledged at the device{said}")


def _not_yet(why: str) -> Text:
    minutes = WITHIN // SECOND // 60
    return Text(
        f"thiết bị chưa biết xác nhận này ({why}); sẽ thử lại trong {minutes} phút",
        f"the device does not know of this acknowledgement yet ({why}); it is tried again for {minutes} minutes",
    )


def _refused(why: str) -> Text:
    return Text(
        f"thiết bị không được báo về xác nhận này ({why}); hãy xác nhận tại thiết bị",
        f"the device was not told of this acknowledgement ({why}); acknowledge it there",
    )
