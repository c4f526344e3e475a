"""A point's past in slices, straight from its readings; long spans are in test_rollups."""

from pathlib import Path

import pytest

from adapters.base import Bucket
from hub.model import MINUTE, SECOND, Quality, Reason
from tests.integration.store.harness import NOW, reading, running

pytestmark = pytest.mark.database


async def test_history_is_downsampled_with_low_high_last_and_worst_quality(tmp_path: Path, empty: str):
    start = NOW - 10 * MINUTE
    bad = {"quality": Quality.BAD, "reason": Reason.NO_COMMUNICATION}
    async with running(tmp_path, empty) as store:
        await store.spool_readings(
            [
                *(reading(float(n % 60), start + n * SECOND) for n in range(120)),
                reading(500.0, start + 150 * SECOND, **bad),
                reading(9.0, start + 10 * MINUTE),
            ]
        )
        await store.stored()
        got = await store.adapter.history("panel/temperature", start, start + 10 * MINUTE, 10)
        assert got == [
            Bucket(start, 0.0, 59.0, 59.0, 0, 60),
            Bucket(start + MINUTE, 0.0, 59.0, 59.0, 0, 60),
            Bucket(start + 2 * MINUTE, None, None, 500.0, 2, 1),
        ]
        assert len(await store.adapter.history("panel/temperature", start, start + 2 * MINUTE, 7)) <= 7
        assert await store.adapter.history("panel/temperature", start, start, 10) == []
        assert await store.adapter.history("gate/temperature", start, NOW, 10) == []


async def test_history_gives_values_in_the_type_of_their_point(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        await store.spool_readings(
            [
                reading(True, NOW, "panel/alarm"),
                reading(False, NOW + 1000, "panel/alarm"),
                reading(12, NOW, "panel/count"),
                reading("a", NOW, "panel/state"),
                reading("b", NOW + 1000, "panel/state"),
            ]
        )
        await store.stored()

        async def only(point: str) -> Bucket:
            [bucket] = await store.adapter.history(point, NOW, NOW + SECOND, 1)
            return bucket

        assert await only("panel/alarm") == Bucket(NOW, 0.0, 1.0, False, 0, 2)
        assert (await only("panel/alarm")).last is False
        assert await only("panel/count") == Bucket(NOW, 12.0, 12.0, 12, 0, 1)
        assert isinstance((await only("panel/count")).last, int)
        assert await only("panel/state") == Bucket(NOW, None, None, "b", 0, 2)
