"""What holds alarms, in the database."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.model import HOUR, Hold, HoldKind, ServiceChange
from tests.integration.store.harness import NOW, running
from tests.integration.store.test_store import transition

pytestmark = pytest.mark.database


async def test_a_hold_is_shown_with_its_end_and_its_words(tmp_path: Path, empty: str):
    held = Hold(HoldKind.SHELVED, NOW, until=NOW + HOUR, who="lan", why="being repaired")
    folded = Hold(HoldKind.SUPPRESSED, NOW, by="alarm:lost:switch/$health")
    async with running(tmp_path, empty) as store:
        await store.record(transition(1, "raise"), transition(2, "ack", at=30, who="lan"))
        await store.record(replace(transition(3, "shelve", at=40), holds=(held,)), transition(4, "unshelve", at=50))
        await store.record(replace(transition(5, "raise", occurrence=2, at=90), holds=(folded,), group="g", first=True))
        await store.record(
            ServiceChange("device:panel", True, NOW, "lan", "why"), ServiceChange("zone:town", False, NOW)
        )
        await store.stored()
        rows = await store.rows(
            "select occurrence, hold, hold_who, raised_hold, folded_under, first_out, first_acked_at is null, acked_at"
            " is null from v_alarm order by occurrence"
        )
        assert rows == [
            (1, None, None, None, None, False, False, True),
            (2, "suppressed", None, "suppressed", "lost:switch/$health", True, True, True),
        ]
        rows = await store.rows("select device, zone from journal where kind = 'service_change' order by seq")
        assert rows == [("panel", "town"), (None, "town")]
