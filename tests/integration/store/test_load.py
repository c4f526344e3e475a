"""The load of alarms, from the database."""

from pathlib import Path

import pytest

from hub.kpi import Occurrence, kpis
from hub.model import HOUR, SECOND, Hold, HoldKind
from tests.integration.store.harness import NOW, running
from tests.integration.store.test_store import transition

pytestmark = pytest.mark.database


async def test_occurrences_come_back_with_the_first_acknowledgement_and_what_held_them(tmp_path: Path, empty: str):
    held = (Hold(HoldKind.SUPPRESSED, NOW, by="alarm:x"),)
    async with running(tmp_path, empty) as store:
        await store.record(transition(1, "raise"), transition(2, "ack", at=30, who="lan"))
        await store.record(transition(3, "realarm", at=60), transition(4, "ack", at=90, who="anh"))
        await store.record(transition(5, "return", at=100), transition(6, "raise", occurrence=2, at=200, holds=held))
        await store.stored()
        found, coverage = await store.adapter.occurrences(NOW - HOUR, NOW + HOUR)
        assert found == [
            Occurrence("fire:panel/alarm", "critical", NOW, NOW + 100 * SECOND, NOW + 30 * SECOND),
            Occurrence("fire:panel/alarm", "critical", NOW + 200 * SECOND, held=True),
        ]
        assert 0.0 <= coverage <= 1.0
        assert kpis(found, NOW - HOUR, NOW + HOUR).ack.p50 == 30.0
