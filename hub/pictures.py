"""Takes the pictures that belong to alarms, from a few seconds before to a few after, of cameras that see the place.

Of the cameras that some rule may want in advance a picture is taken every two seconds and held in memory; when an alarm
names them, what is held goes into the album, and more is taken until its span ends. Other cameras are asked from the
alarm on. A camera that gives nothing is counted and tried again; no alarm ever waits for a picture.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from hub.album import Album, Asked
from hub.metrics import Figure
from hub.model import SECOND, CitywatchError, Clock, DeviceId, Rule, Site, StorageError, Timestamp, Transition
from hub.stream import Subscription

log = structlog.get_logger(__name__)

IN_ADVANCE_S = 2.0
DURING_S = 1.0
LONGEST_S = 30.0
"""Between two tries of a camera that gives nothing."""
AT_ONCE = 16
"""Pictures that are being fetched at a time."""
RING_BYTES = 64 << 20
"""Memory for pictures that no alarm has asked for."""


class Seen(Protocol):
    """A picture as drivers give it."""

    @property
    def device(self) -> DeviceId:
        """Whose it is."""
        ...

    @property
    def at(self) -> Timestamp:
        """Hub time, ns, when it was there in full."""
        ...

    @property
    def body(self) -> bytes:
        """A JPEG of at most 2 MiB."""
        ...


class Ring:
    """The last pictures of one camera."""

    def __init__(self, span: int) -> None:
        self.span = span
        self.held: deque[Seen] = deque()
        self.until = 0
        """Hub time up to which what is taken goes into the album at once."""
        self.wake = asyncio.Event()

    def drop_before(self, at: Timestamp) -> int:
        """Forget older pictures; return their bytes."""
        dropped = 0
        while self.held and self.held[0].at < at:
            dropped += len(self.held.popleft().body)
        return dropped


class Pictures:
    """The pictures of one site's alarms."""

    def __init__(
        self,
        album: Album,
        fetch: Callable[[DeviceId], Awaitable[Seen]],
        site: Callable[[], Site],
        ahead: Callable[[Site], Mapping[DeviceId, int]],
        subscription: Subscription,
        clock: Clock,
    ) -> None:
        """`ahead`: the cameras that rules want in advance, and how long (ns)."""
        self._album = album
        self._fetch = fetch
        self._site = site
        self._ahead = ahead
        self._subscription = subscription
        self._clock = clock
        self._known: Site | None = None
        self._rules: dict[str, Rule] = {}
        self._rings: dict[DeviceId, Ring] = {}
        self._tasks: dict[DeviceId, asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._bytes = 0
        self._counts: Counter[str] = Counter()
        self._full: str | None = None

    async def run(self) -> None:
        """Take pictures for ever."""
        try:
            while True:
                self._follow()
                items, _lost = await self._subscription.take()
                self._follow()
                for item in items:
                    await self._hear([r for r in item.records if isinstance(r, Transition) and r.input == "raise"])
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def figures(self) -> Iterator[Figure]:
        """Yield what was taken, kept and missed."""
        for outcome in ("taken", "kept", "failed", "no_room"):
            yield Figure(
                "citywatch_pictures", "Pictures of cameras for alarms", self._counts[outcome], {"outcome": outcome},
                total=True,
            )  # fmt: skip
        yield Figure("citywatch_pictures_bytes", "Bytes of pictures kept with alarms", self._album.size)

    def _follow(self) -> None:
        """Take over what the site says now."""
        site = self._site()
        if site is self._known:
            return
        self._known, self._rules = site, {rule.id: rule for rule in site.rules}
        ahead = self._ahead(site)
        for camera in self._rings.keys() | ahead.keys():
            self._ring(camera).span = ahead.get(camera, 0)
        for camera in ahead:
            self._start(camera)

    def _ring(self, camera: DeviceId) -> Ring:
        return self._rings.setdefault(camera, Ring(0))

    def _start(self, camera: DeviceId) -> None:
        task = self._tasks.get(camera)
        if task is None or task.done():
            self._tasks[camera] = asyncio.create_task(self._watch(camera), name=f"pictures of {camera}")

    async def _hear(self, raised: Sequence[Transition]) -> None:
        for t in raised:
            rule = self._rules.get(t.rule)
            if t.cameras and rule is not None and rule.cameras is not None and rule.cameras.pictured:
                start, end = t.at - rule.cameras.before, t.at + rule.cameras.after
                await self._record(Asked(t.alarm, t.occurrence, t.at, start, end, t.cameras))

    async def _record(self, asked: Asked) -> None:
        await self._into_album(lambda: self._album.ask(asked))
        for camera in asked.cameras:
            ring = self._ring(camera)
            ring.until = max(ring.until, asked.end)
            for seen in [s for s in ring.held if s.at >= asked.start]:
                await self._keep(seen)
            ring.wake.set()
            self._start(camera)

    async def _watch(self, camera: DeviceId) -> None:
        ring, failures = self._ring(camera), 0
        while ring.span or self._clock.now() <= ring.until:
            ring.wake.clear()
            why = await self._take(camera, ring)
            if bool(why) != bool(failures):
                log.info("a camera gives none" if why else "a camera gives pictures again", camera=camera, why=why)
            failures = failures + 1 if why else 0
            during = self._clock.now() <= ring.until
            pause = DURING_S if during else min(LONGEST_S, IN_ADVANCE_S * 2 ** min(failures, 5))
            await self._pause(ring, pause)
        self._bytes -= ring.drop_before(self._clock.now() + SECOND)

    @staticmethod
    async def _pause(ring: Ring, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ring.wake.wait()

    async def _take(self, camera: DeviceId, ring: Ring) -> str | None:
        """Take a picture; return why there is none."""
        try:
            async with self._gate:
                seen = await self._fetch(camera)
        except CitywatchError as why:
            self._counts["failed"] += 1
            return str(why)
        self._counts["taken"] += 1
        if seen.at <= ring.until:
            await self._keep(seen)
        self._hold(ring, seen)
        return None

    def _hold(self, ring: Ring, seen: Seen) -> None:
        self._bytes -= ring.drop_before(seen.at - ring.span)
        if ring.span and self._bytes + len(seen.body) <= RING_BYTES:
            ring.held.append(seen)
            self._bytes += len(seen.body)
        elif ring.span:
            self._counts["no_room"] += 1

    async def _keep(self, seen: Seen) -> None:
        if await self._into_album(lambda: self._album.keep(seen.device, seen.at, seen.body)):
            self._counts["kept"] += 1

    async def _into_album(self, write: Callable[[], None]) -> bool:
        try:
            await asyncio.to_thread(write)
        except StorageError as error:
            self._counts["no_room"] += 1
            if self._full is None:
                self._full = str(error)
                log.error("pictures cannot be kept", why=self._full)
            return False
        self._full = None
        return True
