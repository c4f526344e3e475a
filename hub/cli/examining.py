"""The steps by which a device is examined: configuration, name, port, sign-in, one read, decoding. Nothing is written.

Each step needs the one before it, so the first that fails is where to look, and what cures it is said with it.
"""

import asyncio
import os
import socket
from collections import Counter
from typing import Any

from msgspec import Struct

from drivers.base import BoundDevice, DriverSpec, Knock, Seen
from hub.cli.cures import cure
from hub.model import (
    Device,
    DeviceId,
    DeviceState,
    DriverError,
    Intake,
    Misconfigured,
    NoAnswer,
    PointId,
    Reason,
    Refused,
    Sample,
    Unreachable,
    one_by_one,
    to_engineering,
)
from hub.model.ailment import ailment

PATIENCE = 5.0
"""Seconds for a name, a connection and signing in."""
_BY_TYPE: dict[type[Exception], str] = {Unreachable: "unreachable", NoAnswer: "timeout", Misconfigured: "misconfigured"}


class Step(Struct, frozen=True):
    """One step: whether it went well (None: there was nothing to do), what was seen, what cures it."""

    name: str
    """configuration, name, port, sign_in, read, listen, decode, health."""
    ok: bool | None
    says: str
    fix: str = ""


class Ear:
    """A sink that keeps the latest sample of each point, and knows when all have spoken."""

    def __init__(self, points: set[PointId]) -> None:
        self.samples: dict[PointId, Sample] = {}
        self.complete = asyncio.Event()
        self.complaint: tuple[str, str] | None = None
        """What the driver finds wrong with a device that answers: reason and detail."""
        self._points = points

    def take(self, intake: Intake) -> None:
        """Keep what came."""
        self.samples.update((s.point, s) for s in one_by_one([*intake.samples, *intake.blocks]))
        if intake.release is not None:
            intake.release()
        if self._points <= self.samples.keys():
            self.complete.set()

    def report(self, device: DeviceId, state: DeviceState, reason: str = "", detail: str = "") -> None:
        """Keep what is wrong with the device while it answers; what is wrong with a point is in its sample."""
        del device
        self.complaint = (reason, detail) if state is DeviceState.DEGRADED else None

    def last_heard(self, device: DeviceId) -> None:
        """Return nothing: nobody was heard before."""

    async def receipts(self, source: str) -> bytes:
        """Return nothing: nothing is durable here."""
        del source
        return b""


class Examination:
    """Examines one device; the steps stand in `steps` in their order."""

    def __init__(
        self,
        device: Device,
        bound: BoundDevice,
        spec: DriverSpec,
        language: str,
        listen: float,
        hub: tuple[str, str] = ("", ""),
    ) -> None:
        self.steps: list[Step] = []
        self._device = device
        self._bound = bound
        self._spec = spec
        self._language = language
        self._listen = listen
        self._complaint: tuple[str, str] | None = None
        self._hub = hub
        """Where the site's own hub is, and its certificate."""

    @property
    def ok(self) -> bool:
        """Whether no step failed."""
        return all(step.ok is not False for step in self.steps)

    async def run(self) -> None:
        """Take every step until one fails."""
        if not self._device.enabled:
            self._note("configuration", False, "enabled: false", "disabled")
            return
        self._note("configuration", True, f"{len(self._bound.points)} points, {self._device.origin}")
        if self._spec.knock is not None:
            await self._knocked(self._spec.knock())
        elif await self._reached():
            await (self._told() if self._spec.exclusive else self._asked())

    # -- the way ----------------------------------------------------------------------------------------------------

    async def _reached(self) -> bool:
        if self._spec.endpoint is None:
            return True
        host, port = self._spec.endpoint(self._bound.connection)
        if not port:
            return True
        return await self._named(host, port) and (self._spec.datagrams or await self._open(host, port))

    async def _named(self, host: str, port: int) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, TimeoutError) as error:
            return self._note("name", False, f"{host}: {getattr(error, 'strerror', None) or 'no answer'}", "name")
        addresses = ", ".join(dict.fromkeys(str(info[4][0]) for info in found))
        return self._note("name", True, host if addresses == host else f"{host} = {addresses}")

    async def _open(self, host: str, port: int) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                _, writer = await asyncio.open_connection(host, port)
        except TimeoutError:
            return self._note("port", False, f"{host}:{port}: no answer within {PATIENCE:g} s", "port_silent")
        except OSError as error:
            said = os.strerror(error.errno) if error.errno else str(error)
            why = "port_refused" if isinstance(error, ConnectionRefusedError) else "port_silent"
            return self._note("port", False, f"{host}:{port}: {said}", why)
        writer.close()
        return self._note("port", True, f"{host}:{port}")

    async def _knocked(self, knock: Knock) -> None:
        """Try the hub itself, to which the device pushes."""
        try:
            await knock(self._bound, *self._hub)
        except Unreachable as error:
            self._note("port", False, str(error), "no_hub")
        except Refused as error:
            self._note("sign_in", False, str(error), "unsigned")
        except DriverError as error:
            self._fault("sign_in", error)
        else:
            self._note("port", True, self._hub[0])
            self._note("sign_in", True, f"{self._hub[0]}/api/v1/ingest/{self._bound.id}")
            self._note("read", None, "it pushes by itself")

    # -- the device -------------------------------------------------------------------------------------------------

    async def _asked(self) -> None:
        driver: Any = None
        try:
            driver = self._spec.load()([self._bound])
            async with asyncio.timeout(2 * PATIENCE):
                await driver.open()
        except (DriverError, ImportError, TimeoutError) as error:
            self._fault("sign_in", error)
            if driver is not None:
                await driver.close()
            return
        try:
            self._note("sign_in", True, self._spec.name)
            await self._read(driver)
        finally:
            await driver.close()

    async def _read(self, driver: Any) -> None:
        if self._spec.hears or not self._bound.points:
            self._note("read", None, "it reports by itself" if self._spec.hears else "no points")
            return
        try:
            samples = await (self._gathered(driver) if self._spec.pushes else self._fetched(driver))
        except (DriverError, TimeoutError) as error:
            self._fault("read", error)
            return
        with_value = [s for s in samples if s.value is not None]
        refused = [s for s in samples if s.value is None and s.reason is Reason.REFUSED]
        says = f"{len(with_value)}/{len(samples)}"
        if refused:
            self._note("read", False, f"{says}; {_listed(refused)}", "points_refused")
        elif self._note("read", bool(with_value), says, "" if with_value else "no_values"):
            self._decode(samples)
        if self._complaint is not None:
            reason, detail = self._complaint
            self._note("health", False, detail or reason, ailment(reason))

    async def _fetched(self, driver: Any) -> list[Sample]:
        async with asyncio.timeout(self._bound.timeout * len(self._bound.points) + PATIENCE):
            return one_by_one(await driver.read(self._bound.points))

    async def _gathered(self, driver: Any) -> list[Sample]:
        """Return what a device reports until it has spoken of every point, or the time is over."""
        ear = Ear({p.id for p in self._bound.points})
        listening = asyncio.ensure_future(driver.subscribe(ear))
        waiting = asyncio.ensure_future(ear.complete.wait())
        done, _ = await asyncio.wait((listening, waiting), timeout=self._listen, return_when=asyncio.FIRST_COMPLETED)
        for task in (listening, waiting):
            task.cancel()
        await asyncio.gather(listening, waiting, return_exceptions=True)
        self._complaint = ear.complaint
        if listening in done and (error := listening.exception()) is not None:
            raise error
        return list(ear.samples.values())

    def _decode(self, samples: list[Sample]) -> None:
        points = {p.id: p for p in self._device.points}
        odd, outside = [], []
        for sample in samples:
            point = points.get(sample.point)
            if point is None or (sample.value is None and sample.reason is not Reason.UNDECODABLE):
                continue
            try:
                value = to_engineering(point, sample.value) if sample.value is not None else None
            except ValueError:
                value = None
            if value is None:
                odd.append(sample)
            elif point.range and isinstance(value, int | float) and not point.range[0] <= value <= point.range[1]:
                outside.append(sample)
        counts = Counter(s.reason.word for s in samples if s.value is None)
        said = "".join(f", {count} {word}" for word, count in counts.items())
        if odd or outside:
            self._note("decode", False, _listed([*odd, *outside]) + said, "undecodable" if odd else "out_of_range")
        else:
            self._note("decode", True, f"{sum(s.value is not None for s in samples)} values{said}")

    async def _told(self) -> None:
        """Listen for a while with a session of its own, so that a running hub is not thrown out of its own."""
        if self._spec.trace is None:
            self._note("sign_in", None, "cannot be listened to beside a running hub")
            return
        seen: list[Seen] = []
        try:
            tracer = self._spec.trace()
            async with asyncio.timeout(self._listen):
                await tracer(self._bound, seen.append)
        except TimeoutError:
            pass
        except (DriverError, ImportError) as error:
            self._fault("sign_in", error)
            return
        self._judge(seen)

    def _judge(self, seen: list[Seen]) -> None:
        subscribed = [s for s in seen if s.way == "sent"]
        if not subscribed:
            self._note("sign_in", False, f"no answer within {self._listen:g} s", "timeout")
            return
        self._note("sign_in", True, "; ".join(s.says for s in subscribed[:3]))
        heard = [s for s in seen if s.way == "received"]
        faults = [s.says for s in seen if s.way == "fault"]
        if faults:
            self._note("listen", False, "; ".join(faults[:3]), "undecodable" if heard else "refused")
        elif not heard:
            # a folder that nothing was laid in yet is well; a broker on which a device says nothing is not
            quiet = False if self._spec.endpoint else None
            self._note("listen", quiet, f"nothing within {self._listen:g} s", "silent")
        else:
            values = [s.says for s in seen if s.way == "value"]
            self._note("listen", True, f"{len(heard)} messages")
            self._note("decode", bool(values), "; ".join(values[:3]) or "no value", "" if values else "undecodable")

    # -- telling ----------------------------------------------------------------------------------------------------

    def _fault(self, step: str, error: Exception) -> None:
        word = getattr(error, "reason", "") or _BY_TYPE.get(type(error), "timeout")
        why = "library" if isinstance(error, ImportError) else ailment(word)
        self._note(step, False, str(error) or f"no answer within {2 * PATIENCE:g} s", why)

    def _note(self, step: str, ok: bool | None, says: str, why: str = "") -> bool:
        self.steps.append(Step(step, ok, says, cure(why, self._language) if ok is False else ""))
        return ok is not False


def _listed(samples: list[Sample]) -> str:
    names = [s.point.partition("/")[2] + ("" if s.value is None else f" = {s.value!r}") for s in samples[:5]]
    return ", ".join(names) + (f", … ({len(samples)})" if len(samples) > len(names) else "")
