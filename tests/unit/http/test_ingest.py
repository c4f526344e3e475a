"""What systems push: who may, what may be in it, what becomes of the same thing twice, and when it is answered."""

import asyncio
import base64
import hashlib
import hmac
import json
from array import array
from typing import Any

import pytest

from drivers.base import BoundDevice, BoundPoint
from drivers.http.ingest import IngestDriver
from drivers.http.ingest_spec import SPEC
from hub.model import SECOND, EventMap, Intake, ManualClock, Refused
from tests.unit.http.rig import NOW

SECRET = "0123456789abcdef01234567"
POINTS = {"open": {"path": "summary.open", "time": "at"}, "state": {"path": "state", "type": "text"}}
GOOD = {"summary": {"open": 41}, "reports": [{"id": "R1", "area": "a", "opened": "2023-11-14T22:00:00+00:00"}]}


class Sink:
    """A road that is durable when the test says so."""

    def __init__(self, keys: bytes = b"") -> None:
        self.taken: list[Intake] = []
        self.keys = keys
        self.hold = False
        self.ready = asyncio.Event()
        self.came = asyncio.Event()

    def take(self, intake: Intake) -> None:
        self.taken.append(intake)
        self.came.set()
        if not self.hold and intake.release is not None:
            intake.release()

    def report(self, *_: Any) -> None: ...

    def last_heard(self, _: str) -> int | None:
        return None

    async def receipts(self, source: str) -> bytes:
        assert source == "ingest/desk"
        self.ready.set()
        return self.keys


def signed(body: bytes, key: str, at: int, secret: str = SECRET) -> str:
    """Sign by Standard Webhooks 1.0, written here anew."""
    digest = hmac.new(secret.encode(), f"{key}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def device(**given: Any) -> BoundDevice:
    connection = SPEC.connection.model_validate({"secret": SECRET, **given})
    points = tuple(BoundPoint(f"desk/{n}", "desk", SPEC.address.model_validate(a)) for n, a in POINTS.items())
    where = SPEC.event.model_validate({"list": "reports", "key": "id", "time": "opened"})  # type: ignore[union-attr]
    return BoundDevice("desk", connection, points, (EventMap("opened", "report.citizen", where, {"area": "area"}),))


class Bench:
    """A driver at work, and a sender."""

    def __init__(self, sink: Sink, **given: Any) -> None:
        self.sink = sink
        self.clock = ManualClock(NOW)
        self.driver = IngestDriver([device(**given)], self.clock)

    async def __aenter__(self) -> "Bench":
        self.task = asyncio.create_task(self.driver.subscribe(self.sink))
        await self.sink.ready.wait()
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def push(self, said: Any = GOOD, key: str = "k1", ago: int = 0) -> bool:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        at = self.clock.now() // SECOND - ago
        return await self.driver.receive("desk", key, str(at), signed(body, key, at), body)

    async def refused(self, said: Any = GOOD, key: str = "k1", ago: int = 0) -> str:
        with pytest.raises(Refused) as why:
            await self.push(said, key, ago)
        return why.value.reason


async def test_what_is_signed_and_of_the_form_is_taken_as_points_and_events() -> None:
    async with Bench(Sink()) as bench:
        assert await bench.push() is True
    (intake,) = bench.sink.taken
    assert [(s.point, s.value) for s in intake.samples] == [("desk/open", 41)]
    assert [(e.dedupe_key, e.attributes) for e in intake.events] == [("opened/R1", {"area": "a"})]


async def test_the_answer_waits_for_the_commit_and_the_keys_travel_with_the_rows() -> None:
    sink = Sink()
    sink.hold = True
    async with Bench(sink) as bench:
        pushing = asyncio.create_task(bench.push())
        await sink.came.wait()
        assert not pushing.done()
        assert await bench.refused() == "under_way"
        (intake,) = sink.taken
        assert intake.receipt is not None
        assert (intake.receipt.source, intake.receipt.n) == ("ingest/desk", 2)
        assert intake.release is not None
        intake.release()
        assert await pushing is True


async def test_the_same_request_again_is_taken_once_also_by_the_next_run() -> None:
    async with Bench(Sink()) as bench:
        assert await bench.push() is True
        assert await bench.push() is False
        assert await bench.push(ago=20) is False
        assert len(bench.sink.taken) == 1
        receipt = bench.sink.taken[0].receipt
    assert receipt is not None
    async with Bench(Sink(receipt.keys)) as after:
        assert await after.push() is False
        assert await after.refused({"summary": {"open": 1}}) == "key_reused"
        assert after.sink.taken == []


async def test_an_item_that_comes_with_another_request_is_no_second_event() -> None:
    async with Bench(Sink()) as bench:
        await bench.push()
        await bench.push(key="k2")
    assert [len(intake.events) for intake in bench.sink.taken] == [1, 0]


@pytest.mark.parametrize("ago", [301, -301, 10**9])
async def test_a_signature_of_another_time_is_refused(ago: int) -> None:
    async with Bench(Sink()) as bench:
        assert await bench.refused(ago=ago) == "unsigned"


@pytest.mark.parametrize(
    ("key", "at", "signature"),
    [
        ("k1", "", "x"), ("k1", "now", "x"), ("k1", "١٢", "x"), ("k1", "9" * 99, "x"), ("", "0", "x"),
        ("k" * 256, "0", "x"),
        ("k1", str(NOW // SECOND), ""), ("k1", str(NOW // SECOND), "v1,"), ("k1", str(NOW // SECOND), "v1,\udcff"),
        ("k1", str(NOW // SECOND), signed(b"{}", "k1", NOW // SECOND, "another secret altogether")),
        ("k1", str(NOW // SECOND), signed(b"{ }", "k1", NOW // SECOND)),
        ("k2", str(NOW // SECOND), signed(b"{}", "k1", NOW // SECOND)),
        ("k1", str(NOW // SECOND + 1), signed(b"{}", "k1", NOW // SECOND)),
    ],
)  # fmt: skip
async def test_nothing_unsigned_comes_in(key: str, at: str, signature: str) -> None:
    async with Bench(Sink()) as bench:
        with pytest.raises(Refused) as why:
            await bench.driver.receive("desk", key, at, signature, b"{}")
        assert why.value.reason == "unsigned"
        assert bench.driver.inlets["desk"].refused == {"unsigned": 1}
        assert bench.sink.taken == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "schema"), (b"{", "schema"), (b"\xff", "schema"), ([], "schema"), (7, "schema"), ("x", "schema"),
        (b"[" * 60_000, "schema"), ({"summary": {"open": "41"}}, "schema"), ({"summary": {"open": True}}, "schema"),
        ({"summary": 41}, "schema"), ({"summary": {"open": {"x": 1}}}, "schema"), ({"state": 1}, "schema"),
        ({"summary": {"open": 1, "note": "x"}}, "schema"), ({"extra": 1}, "schema"),
        ({"summary": {"open": 1}, "at": 1}, "schema"),
        ({"summary": {"open": 1}, "at": "yesterday"}, "schema"), ({"reports": [{"id": "1", "text": "x"}]}, "schema"),
        ({"reports": [{"area": "a"}]}, "schema"), ({"reports": [{"id": str(n)} for n in range(1001)]}, "schema"),
        ({"summary": {"open": 1}, "ho_ten": "x"}, "persons"), ({"reports": [{"id": "1", "phone": "x"}]}, "persons"),
        ({"state": "0912345678"}, "persons"), (b'{"summary": {"open": NaN}}', "schema"),
    ],
)  # fmt: skip
async def test_what_is_not_of_the_profiles_form_is_refused_whole(said: Any, why: str) -> None:
    async with Bench(Sink()) as bench:
        assert await bench.refused(said) == why
        assert bench.sink.taken == []
        assert await bench.push(GOOD) is True, "what was refused does not use up its key"


async def test_a_device_that_sends_too_fast_is_told_and_repetitions_cost_it_nothing() -> None:
    async with Bench(Sink(), rate=2) as bench:
        for key in ("a", "b"):
            assert await bench.push(key=key) is True
        assert await bench.push(key="a") is False
        assert await bench.refused(key="c") == "too_fast"
        bench.clock.advance(30 * SECOND)
        assert await bench.push(key="c") is True


async def test_nothing_is_taken_before_the_keys_of_the_last_run_are_known() -> None:
    bench = Bench(Sink())
    assert await bench.refused() == "not_ready"


def test_keys_are_remembered_longer_than_a_signature_is_good() -> None:
    from drivers.http.ingest import KEYS, WINDOW
    from drivers.http.ingest_address import FASTEST

    assert FASTEST * (2 * WINDOW // (60 * SECOND)) + FASTEST <= KEYS


def test_the_memory_of_keys_is_bounded() -> None:
    from drivers.http.ingest import KEYS, Inlet

    inlet = Inlet(device())
    inlet.learn(array("Q", range(5 * KEYS)))
    assert len(inlet.known) == 2 * KEYS


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="24"):
        SPEC.connection.model_validate({"secret": "short"})
