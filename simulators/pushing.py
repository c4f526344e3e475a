"""Systems that push to the hub: each signs what it has to say and sends it until the hub has taken it.

Signed by Standard Webhooks 1.0, written here anew: the key, the time and the body joined by dots, HMAC-SHA256, base64.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import ssl
from collections.abc import Sequence
from typing import Any

import aiohttp
import structlog
from msgspec import Struct

from hub.model import MINUTE, SECOND, Device, DeviceId, PointId, Timestamp, split_point
from hub.wire.tls import own_context
from simulators.base import LOOPBACK, Hub, Line, Override
from simulators.document import put_list, put_value
from simulators.faults import Faults
from simulators.process import Process
from simulators.raw import raw_of

log = structlog.get_logger(__name__)

PERIOD = 10 * SECOND
"""How often a system pushes what did not change; less for those that count as silent sooner."""
_QUIET_SHARE = 3
AGAIN = 1.0
"""Seconds before a request that was not taken is sent again, with the same key and body."""
PATIENCE = 35.0
TAKEN, TEMPORARY = 202, frozenset({404, 409, 429})
"""404 and every 5xx: the hub may be starting with another site, or not be ready yet."""


class Request(Struct, frozen=True):
    """What is sent until it is taken or refused for good."""

    key: str
    body: bytes
    signed_at: int
    """Seconds since 1970, by the system's own clock."""
    late: float = 0.0


class System:
    """One device: what it says, and when it says it again."""

    def __init__(self, device: Device, process: Process, faults: Faults) -> None:
        self.device = device
        self.waiting: Request | None = None
        """What is next; while the hub does not take it, newer values take its place."""
        self.bell = asyncio.Event()
        self.due: Timestamp = 0
        connection = device.connection
        self._secret: bytes = connection.secret.get_secret_value().encode()
        often = (device.silent_after or _QUIET_SHARE * PERIOD) // _QUIET_SHARE
        self.period = max(min(PERIOD, often), 2 * MINUTE // connection.rate)
        self._process, self._faults = process, faults
        self._stuck = b""
        self._n = 0

    @property
    def quiet(self) -> bool:
        """Whether a fault keeps it from saying anything."""
        return self._faults.any_of(self.device.id, "silence", "cut")

    def say(self, now: Timestamp) -> None:
        """Make a request of what the process says now."""
        clock, late = self._faults.of(self.device.id, "clock"), self._faults.of(self.device.id, "delay")
        own = now + round(clock.args["seconds"] * SECOND) if clock else now
        self._n += 1
        key = f"{self.device.id}-{now}-{self._n}"
        self.waiting = Request(key, self._body(now, own), own // SECOND, late.args["seconds"] if late else 0.0)
        self.due = now + self.period
        self.bell.set()

    def headers(self, request: Request) -> dict[str, str]:
        """Return the proof of a request."""
        signed = b".".join((request.key.encode(), str(request.signed_at).encode(), request.body))
        proof = base64.b64encode(hmac.new(self._secret, signed, hashlib.sha256).digest()).decode()
        return {
            "Content-Type": "application/json", "Idempotency-Key": request.key,
            "Webhook-Timestamp": str(request.signed_at), "Webhook-Signature": f"v1,{proof}",
        }  # fmt: skip

    def thaw(self) -> None:
        """Forget what was frozen."""
        self._stuck = b""

    def _body(self, now: Timestamp, own: Timestamp) -> bytes:
        made: dict[str, Any] = {}
        points = [p for p in self.device.points if p.address is not None]
        for point in sorted(points, key=lambda p: self._process.held(p.id)):
            put_value(made, point.address, raw_of(point, self._process.value(point, now)), own)
        for event in self.device.events:
            put_list(made, self.device.id, event, own)
        return self._spoilt(json.dumps(made, ensure_ascii=False, sort_keys=True).encode())

    def _spoilt(self, body: bytes) -> bytes:
        if self._faults.any_of(self.device.id, "frozen"):
            self._stuck = body = self._stuck or body
        if self._faults.any_of(self.device.id, "half_frames"):
            return body[: len(body) // 2]
        return bytes(b ^ 0xA5 for b in body) if self._faults.any_of(self.device.id, "garbage") else body


class PushLine(Line):
    """Every system that pushes; nobody listens here."""

    faults_known = frozenset({"silence", "cut", "delay", "half_frames", "garbage", "frozen", "clock"})

    def __init__(self, devices: Sequence[Device], process: Process, faults: Faults) -> None:
        super().__init__(devices, process, faults)
        self._systems = {device.id: System(device, process, faults) for device in devices}
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None
        self._hub: Hub | None = None

    async def start(self) -> Override:
        """Prepare to push; port 0: nobody is reached here."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        return Override(LOOPBACK, 0)

    def aim(self, hub: Hub) -> None:
        """Push to a hub from now on."""
        self._hub = hub
        context = own_context(hub.certificate) if hub.certificate else None
        self._tasks = self._tasks or [asyncio.create_task(self._push(s, context)) for s in self._systems.values()]

    async def stop(self) -> None:
        """Push no more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def tick(self, now: Timestamp) -> None:
        """Push what is due."""
        for system in self._systems.values():
            if now >= system.due and not system.quiet:
                system.say(now)

    def changed(self, point: PointId, now: Timestamp) -> None:
        """Push at once what somebody set."""
        system = self._systems[split_point(point)[0]]
        if not system.quiet:
            system.say(now)

    def disturbed(self, device: DeviceId, now: Timestamp) -> None:
        """Push what a fault makes of it."""
        system = self._systems[device]
        if not self.faults.any_of(device, "frozen"):
            system.thaw()
        system.due = min(system.due, now)

    async def _push(self, system: System, context: ssl.SSLContext | None) -> None:
        while True:
            await system.bell.wait()
            system.bell.clear()
            while (request := system.waiting) is not None and not system.quiet:
                await asyncio.sleep(request.late)
                if not await self._done(system, request, context):
                    await asyncio.sleep(AGAIN)
                elif system.waiting is request:
                    system.waiting = None

    async def _done(self, system: System, request: Request, context: ssl.SSLContext | None) -> bool:
        """Send a request; tell whether it need not be sent again."""
        assert self._session is not None
        assert self._hub is not None
        url = f"{self._hub.url}/api/v1/ingest/{system.device.id}"
        headers, tls = system.headers(request), context or True
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._session.post(
                url, data=request.body, headers=headers, ssl=tls, allow_redirects=False
            ) as answer:
                return answer.status == TAKEN or _refused(system, answer.status)
        return False


def _refused(system: System, status: int) -> bool:
    """Tell whether a hub refuses a request for good; such a request is given up."""
    if status in TEMPORARY or status >= 500:
        return False
    log.info("the hub refuses what a simulated system pushes", device=system.device.id, status=status)
    return True
