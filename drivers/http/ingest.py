"""Systems that push: what is signed, new and of the right form is handed over, and answered once it is durable.

Signatures by Standard Webhooks 1.0: `v1,` and base64 of HMAC-SHA256 over `key.timestamp.body`. The key is part of
what is signed, so that whoever overhears a request can repeat it under its own key only, and that is known.
"""

import asyncio
import base64
import hashlib
import hmac
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from drivers.base import BoundDevice, BoundPoint, Sink
from drivers.http.form import Form
from drivers.http.ingest_address import Connection as Push
from drivers.http.listed import News, numbered
from drivers.http.reading import no_time
from hub.metrics import Figure
from hub.model import (
    MINUTE,
    SECOND,
    Clock,
    DeviceId,
    Intake,
    Misconfigured,
    Reason,
    Receipt,
    Refused,
    Sample,
    SystemClock,
    Timestamp,
    Value,
)
from hub.wire.document import document, raw, time_of
from hub.wire.path import MISSING, compiled
from hub.wire.persons import person_field

WINDOW = 5 * MINUTE
"""How far the time of a signature may be from the hub's, either way."""
KEYS = 8192
"""Requests that are remembered of a device: more than the fastest sends while a signature is good."""
ITEMS = 1000
"""Items of a list that one request may have, and keys of events that are remembered."""
PATIENCE = 30.0
"""Seconds after which a sender is told to try again, though the disk may still take it."""
_KEY_SIZE = 255


class Inlet:
    """One device that pushes."""

    def __init__(self, device: BoundDevice) -> None:
        self.device = device
        self.push: Push = device.connection
        self.form = Form(device.points, device.events)
        self.news = News(device.id, device.events, ITEMS)
        self.known: dict[int, None] = {}
        self.under_way: set[int] = set()
        self.refused: dict[str, int] = {}
        self.accepted = self.repeated = 0
        self._points = [_reader(p) for p in device.points if p.address is not None]
        self._tokens = float(self.push.rate)
        self._at: Timestamp = 0

    @property
    def source(self) -> str:
        """The name under which the keys of requests are kept."""
        return f"ingest/{self.device.id}"

    def learn(self, numbers: Iterable[int]) -> None:
        """Remember requests that are durable."""
        for number in numbers:
            self.known[number] = None
        while len(self.known) > 2 * KEYS:
            del self.known[next(iter(self.known))]

    def prove(self, key: str, signed_at: str, signature: str, body: bytes, now: Timestamp) -> None:
        """Accept who sent it. Raises Refused (unsigned)."""
        if not 0 < len(key) <= _KEY_SIZE or not key.isascii() or not key.isprintable():
            raise Refused("unsigned", f"send Idempotency-Key, 1 to {_KEY_SIZE} printable ASCII characters")
        if not signed_at.isascii() or not signed_at.isdigit() or len(signed_at) > 12:
            raise Refused("unsigned", "send Webhook-Timestamp, in seconds since 1970")
        if abs(now - int(signed_at) * SECOND) > WINDOW:
            raise Refused("unsigned", "the timestamp is more than 5 minutes from the hub's clock")
        secret = self.push.secret.get_secret_value().encode()
        signed = b".".join((key.encode(), signed_at.encode(), body))
        good = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        given = signature.encode(errors="replace").split()[:8]
        if not any(hmac.compare_digest(good.encode(), one) for one in given):
            raise Refused("unsigned", "the signature does not fit; send Webhook-Signature over key.timestamp.body")

    def pace(self, now: Timestamp) -> None:
        """Take one of the requests that the device may send. Raises Refused (too_fast)."""
        per_ns = self.push.rate / MINUTE
        self._tokens = min(float(self.push.rate), self._tokens + max(0, now - self._at) * per_ns)
        self._at = now
        if self._tokens < 1:
            raise Refused("too_fast", f"this device may send {self.push.rate} requests a minute")
        self._tokens -= 1

    def read(self, body: bytes, now: Timestamp) -> Intake:
        """Return what a body says. Raises Refused (persons, schema)."""
        try:
            decoded = document(body)
        except ValueError as error:
            raise Refused("schema", f"the body is {error}") from None
        if (field := person_field(decoded)) is not None:
            raise Refused("persons", f"the field {field!r} is about a person; nothing of it is taken")
        self.form.check(decoded)
        samples = [s for read in self._points if (s := read(decoded)) is not None]
        before, found = self.news.skipped, self.news.of(decoded, now)
        if self.news.skipped != before:
            raise Refused("schema", f"a list has an item without its key, or more than {self.news.window} items")
        if not samples and not self.device.events:
            raise Refused("schema", "the body says nothing of any point of this device")
        return Intake(samples, [] if found is None else found.events)


class IngestDriver:
    """Every device that pushes; nothing is asked of them."""

    def __init__(self, devices: Sequence[BoundDevice], clock: Clock | None = None) -> None:
        self.inlets = {d.id: Inlet(d) for d in devices}
        self._clock = clock or SystemClock()
        self._sink: Sink | None = None

    async def open(self) -> None:
        """Nothing is to be opened: the hub's own web server listens."""

    async def read(self, points: Sequence[BoundPoint]) -> Sequence[Sample]:
        """Refuse: nobody is asked. Raises Misconfigured."""
        raise Misconfigured("systems that push are not asked")

    async def subscribe(self, sink: Sink) -> None:
        """Let requests come in until cancelled."""
        for inlet in self.inlets.values():
            keys = await sink.receipts(inlet.source)
            inlet.learn(array("Q", keys[: len(keys) // 8 * 8]))
        self._sink = sink
        try:
            await asyncio.Event().wait()
        finally:
            self._sink = None

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Refuse: nothing is set. Raises Refused."""
        raise Refused("not_writable", f"{point.id} is pushed to the hub; nothing was sent")

    async def close(self) -> None:
        """Let nothing in."""
        self._sink = None

    def largest(self, device: DeviceId) -> int:
        """Return how many bytes a body of the device may have. Raises KeyError."""
        return self.inlets[device].push.largest

    async def receive(self, device: DeviceId, key: str, signed_at: str, signature: str, body: bytes) -> bool:
        """Take one request; True once it is durable, False when it was before.

        Raises Refused: unsigned, too_fast, under_way, key_reused, persons, schema, not_ready.
        """
        inlet = self.inlets[device]
        try:
            return await self._receive(inlet, (key, signed_at, signature), body)
        except Refused as why:
            inlet.refused[why.reason] = inlet.refused.get(why.reason, 0) + 1
            raise

    async def _receive(self, inlet: Inlet, proof: tuple[str, str, str], body: bytes) -> bool:
        now = self._clock.now()
        inlet.prove(*proof, body, now)
        sink = self._sink
        if sink is None:
            raise Refused("not_ready", "the hub is starting; send it again in a moment")
        number, whole = numbered(proof[0]), numbered(proof[0] + hashlib.sha256(body).hexdigest())
        if number in inlet.under_way:
            raise Refused("under_way", "a request with this Idempotency-Key is being taken; wait for its answer")
        if number in inlet.known:
            if whole not in inlet.known:
                raise Refused("key_reused", "this Idempotency-Key was used for another body")
            inlet.repeated += 1
            return False
        inlet.pace(now)
        await _durable(inlet, sink, inlet.read(body, now), (number, whole))
        return True

    def figures(self) -> Iterable[Figure]:
        """Return what was taken, repeated and refused, by device."""
        for name, inlet in self.inlets.items():
            of = {"device": name}
            yield Figure("citywatch_ingest_accepted", "Requests taken", inlet.accepted, of, total=True)
            yield Figure("citywatch_ingest_repeated", "Requests that came again", inlet.repeated, of, total=True)
            for why, n in inlet.refused.items():
                yield Figure("citywatch_ingest_refused", "Requests refused", n, {**of, "why": why}, total=True)


async def _durable(inlet: Inlet, sink: Sink, intake: Intake, numbers: tuple[int, int]) -> None:
    """Hand over and wait until it is on disk. Raises Refused (not_ready) when that takes too long."""
    safe = asyncio.Event()

    def released() -> None:
        inlet.under_way.discard(numbers[0])
        inlet.learn(numbers)
        inlet.news.taken_events(intake.events)
        inlet.accepted += 1
        safe.set()

    intake.release = released
    intake.receipt = Receipt(inlet.source, array("Q", numbers).tobytes(), 2 * KEYS)
    inlet.under_way.add(numbers[0])
    sink.take(intake)
    try:
        async with asyncio.timeout(PATIENCE):
            await safe.wait()
    except TimeoutError:
        raise Refused("not_ready", "the hub cannot store just now; send it again with the same key") from None


def _reader(point: BoundPoint) -> Callable[[Any], Sample | None]:
    address = point.address
    follow = compiled(address.path)
    time = no_time if address.time is None else time_of(address.time, address.time_format)

    def read(decoded: Any) -> Sample | None:
        found = follow(decoded)
        if found is MISSING:
            return None
        value, (at, mark) = raw(found), time(decoded)
        if mark or value is Reason.UNDECODABLE:
            raise Refused("schema", f"{address.time if mark else address.path} cannot be read")
        return Sample(point.id, None, at, value) if isinstance(value, Reason) else Sample(point.id, value, at)

    return read
