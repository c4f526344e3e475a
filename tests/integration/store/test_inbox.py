"""What nobody understood, as `citywatch inbox` finds it: each thing once, counted, the latest first, with its stub."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.timescale.connections import opened
from adapters.timescale.quarantine import not_understood
from hub.cli.inbox import _text
from hub.model import SECOND, Stray
from tests.integration.store.harness import NOW, running

pytestmark = pytest.mark.database
TOPIC = "tns1:VideoSource/tnsaxis:DayNightVision"
STUB = b"# seen: source {}, data {}\npoints:\n  day: {kind: device.flag}\n"


def stray(source: str, second: int, body: bytes) -> Stray:
    return Stray("gate", source, "topic nobody has mapped", body, NOW + second * SECOND)


async def test_each_thing_stands_once_with_how_often_and_as_it_came_last(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty) as store:
        await store.spool_strays([stray(TOPIC, 1, b"old"), stray(TOPIC, 9, STUB), stray("other", 5, b"\xff{")])
        await store.stored()
        since = datetime.fromtimestamp(NOW // SECOND - 1, UTC)
        async with opened(store.dsn) as connection:
            found = await not_understood(connection, since)
            assert await not_understood(connection, since, "nobody") == []
            assert [o.source for o in await not_understood(connection, since, "gate", 1)] == [TOPIC]
    assert [(o.device, o.source, o.times) for o in found] == [("gate", TOPIC, 2), ("gate", "other", 1)]
    shown = _text(found[0])
    assert shown.startswith(f"gate: {TOPIC} – topic nobody has mapped (2 times, last ")
    assert "    day: {kind: device.flag}" in shown
