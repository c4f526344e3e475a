"""What could not be stored is a span in the gap ledger, once."""

from pathlib import Path

import pytest

from hub.losses import Losses
from hub.model import SECOND, Lane, SystemNote
from tests.integration.store.harness import running

pytestmark = pytest.mark.database


async def test_what_the_spool_dropped_becomes_one_gap_a_lane(tmp_path: Path, empty: str) -> None:
    noted: list[SystemNote] = []
    losses = Losses(lambda what, detail: noted.append(SystemNote(what, detail, 99 * SECOND)))
    losses.add(Lane.BULK, 5, 10 * SECOND, 20 * SECOND)
    losses.add(Lane.BULK, 2, 15 * SECOND, 30 * SECOND)
    losses.add(Lane.MEDIA, 1, 7 * SECOND, 7 * SECOND)
    await losses.tell()
    async with running(tmp_path, empty) as store:
        await store.record(SystemNote("started", {}, 0), *noted)
        await store.stored()
        query = (
            "select lane, extract(epoch from t_from)::int8, extract(epoch from t_to)::int8, n from gap order by lane"
        )
        assert await store.rows(query) == [("bulk", 10, 30, 7), ("media", 7, 7, 1)]
        assert await store.one("select count(*) from journal where kind = 'system_note'") == 3
