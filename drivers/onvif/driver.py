"""One camera or recorder and every channel of it: the clock first, then signing in, then a pull point kept alive."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence

from drivers.base import BoundDevice, BoundPoint, Picture, Sink
from drivers.onvif import soap
from drivers.onvif.address import Address, Connection
from drivers.onvif.camera import Camera
from drivers.onvif.condition import Condition
from drivers.onvif.figures import figures
from drivers.onvif.inquiry import clock_offset, information, services
from drivers.onvif.media import Media, Profile
from drivers.onvif.notification import Notification
from drivers.onvif.presets import go, listed, presets
from drivers.onvif.pullpoint import PullPoint, gone
from drivers.onvif.relays import set_relay
from drivers.onvif.routes import Routes
from drivers.onvif.soap import Fault
from drivers.statistics import Heard
from hub.metrics import Figure
from hub.model import (
    HOUR,
    SECOND,
    Clock,
    DeviceId,
    Intake,
    Misconfigured,
    Reason,
    Refused,
    Sample,
    SystemClock,
    Timestamp,
    Unreachable,
    Value,
)

FAREWELL = 1.0
"""Seconds that unsubscribing may take."""
BRISK = SECOND // 2
"""A camera that says sooner that there is nothing does not hold the question: it gets a pause."""
PAUSE = 1.0
"""Seconds of that pause."""
TOGETHER = 2
"""Pictures that are fetched from a camera at once; a recorder has few hands, too."""
PICTURE = 10.0
"""Seconds that a picture may take with all that is asked for it."""


class OnvifDriver:
    """A line of ONVIF devices: a camera, or the channels of one recorder."""

    def __init__(self, devices: Sequence[BoundDevice], *, clock: Clock | None = None) -> None:
        self.routes = Routes(devices)
        self.connection: Connection = devices[0].connection
        self._devices = devices
        self._clock = clock or SystemClock()
        timeout = max(d.timeout for d in devices)
        self.camera = Camera(self.connection, timeout, self._clock)
        self.pull_point = PullPoint(self.camera, self._clock, self.connection.pull)
        self.known_offset: int | None = None
        """By how much (ns) the camera's clock is ahead; None: it does not say."""
        self._about: dict[str, str] = {}
        self._events = self._ptz = ""
        self.condition = Condition(devices, self.camera.where)
        self.media = Media(self.camera, {}, self.connection.path)
        self._pictures = asyncio.Semaphore(TOGETHER)
        self._presets: dict[DeviceId, str] = {}
        self._sources = {d.id: _source(d) for d in devices}
        self._measured = 0
        self._heard = {d.id: Heard() for d in devices}
        self._before: set[str] | None = None
        self._anew = False
        """Whether the pull point was made anew and has not answered since."""

    async def open(self) -> None:
        """Measure the clock, sign in, subscribe. Raises Unreachable, Misconfigured."""
        await self.camera.open()
        await self._measure()
        self._about = await information(self.camera, self.connection.path)
        named = await services(self.camera, self.connection.path)
        self._events = named.get(soap.EVENTS, self.connection.path)
        self._ptz = named.get(soap.PTZ, self.connection.path)
        self.media = Media(self.camera, named, self.connection.path)
        await self._look()
        self._anew = False
        await self._create()

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample]:
        """Refuse: cameras report by themselves. Raises Misconfigured."""
        del points
        raise Misconfigured("ONVIF cameras are not asked; they report by themselves")

    async def subscribe(self, sink: Sink) -> None:
        """Hand over what the camera reports until it is lost. Raises Unreachable."""
        self.condition.tell(sink, anew=True)
        sink.take(Intake(samples=self._own()))
        await self._begin()
        while True:
            began = self._clock.monotonic()
            try:
                said = await self.pull_point.pull()
                await self.pull_point.renew()
                self._anew = False
            except Fault as why:
                await self._again(why)
                continue
            self._hand_over(said, sink)
            await self._between(began, said, sink)

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Set a point's relay, or move to a preset; a topic says what became of it. Raises Refused, Unreachable."""
        address: Address = point.address
        if address.ptz:
            source = self._sources[point.device]
            await go(self.camera, self.media, self._ptz, point, value, source)
            return
        await set_relay(self.camera, self.connection.path, point, value)

    async def picture(self, device: DeviceId) -> Picture:
        """Return what a device sees now. Raises Refused (it gives none), Unreachable."""
        port = self.connection.picture_port or self.connection.port
        try:
            async with asyncio.timeout(PICTURE), self._pictures:
                body = await self.media.picture(self._sources[device], port)
        except TimeoutError as why:
            raise Unreachable(f"{self.camera.where} gave no picture within {PICTURE:g} s", "timeout") from why
        return Picture(device, self._clock.now(), "image/jpeg", body)

    async def close(self) -> None:
        """Unsubscribe where that is possible, and disconnect."""
        if self.pull_point.alive:
            with contextlib.suppress(Unreachable, TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await self.pull_point.cancel()
        self.pull_point.forget()
        await self.camera.close()

    def statistics(self, device: DeviceId) -> Heard:
        """Return what a device has said; bytes are those of the whole line."""
        found = self._heard[device]
        found.received, found.sent = self.camera.received, self.camera.sent
        return found

    def figures(self) -> Iterable[Figure]:
        """Return what this line has counted."""
        messages = sum(h.messages for h in self._heard.values())
        return figures(self.camera.where, messages, self.routes, self.pull_point, self.media)

    async def _begin(self) -> None:
        """Ask for every state; what was known before and is not named again is known no more."""
        told = self.routes.restart()
        self.condition.restart()
        self._before = (self._before or set()) | told
        await self.pull_point.synchronize()

    async def _again(self, why: Fault) -> None:
        """Make the pull point anew when the camera has forgotten it. Raises Unreachable for all else."""
        if why.about_password or not gone(why) or self._anew:
            raise why
        self._anew = True
        await self._create()
        await self._begin()

    async def _create(self) -> None:
        self.pull_point.forget()
        await self.pull_point.create(self._events)

    async def _between(self, began: int, said: Sequence[Notification], sink: Sink) -> None:
        now = self._clock.monotonic()
        if not said:
            self._settle(sink)
            if now - began < BRISK:
                await asyncio.sleep(PAUSE)
        if now - self._measured >= HOUR:
            await self._measure()
            await self._look()
            self.condition.tell(sink)
            sink.take(Intake(samples=self._own()))

    def _settle(self, sink: Sink) -> None:
        """The camera has nothing more to say: whatever it did not name after a new beginning is not known."""
        if self._before:
            lost = self.routes.silent(self._before)
            if lost:
                sink.take(Intake(samples=lost))
        self._before = None
        self.condition.settle()
        self.condition.tell(sink)

    async def _look(self) -> None:
        """Ask what the camera shows, and where it can look; one that does not tell is heard all the same."""
        self.media.forget()
        known: list[Profile] = []
        with contextlib.suppress(Unreachable):
            known = await self.media.profiles()
        named = {name for p in known for name in (p.source, p.configuration)}
        self.condition.sources(named if known and all(p.source for p in known) else None)
        if any(p.address.about == "presets" for d in self._devices for p in d.points):
            with contextlib.suppress(Unreachable, Refused):
                for device, source in self._sources.items():
                    self._presets[device] = listed(await presets(self.camera, self.media, self._ptz, source))

    async def _measure(self) -> None:
        self.known_offset = await clock_offset(self.camera, self.connection.path, self._clock)
        self.camera.offset = self.known_offset or 0
        self.condition.clock(self.camera.offset)
        self._measured = self._clock.monotonic()

    def _own(self) -> list[Sample]:
        """Return what the camera says of itself."""
        found = []
        for point in (p for d in self._devices for p in d.points):
            address: Address = point.address
            if address.about == "clock_offset":
                said: Value | None = None if self.known_offset is None else self.known_offset / SECOND
            elif address.about == "presets":
                said = self._presets.get(point.device)
            elif address.about is not None:
                said = self._about.get(address.about) or None
            else:
                continue
            found.append(Sample(point.id, said, None, Reason.NONE if said is not None else Reason.NOT_PROGRAMMED))
        return found

    def _hand_over(self, said: Sequence[Notification], sink: Sink) -> None:
        intake, now = Intake(), self._clock.now()
        for one in said:
            self.condition.hear(one)
            at, mark = self._time_of(one)
            for device in self.routes.take(one, at, mark, now, intake):
                self._heard[device].messages += 1
        if intake.samples or intake.events or intake.strays:
            sink.take(intake)
        self.condition.tell(sink)

    def _time_of(self, said: Notification) -> tuple[Timestamp | None, Reason]:
        """Return a message's time by the hub's clock. A state that stood before is true now, whenever it began."""
        if said.operation == "Initialized":
            return None, Reason.NONE
        if said.time is None:
            return None, Reason.CLOCK
        return said.time - self.camera.offset, Reason.NONE


def _source(device: BoundDevice) -> str | None:
    connection: Connection = device.connection
    return connection.source
