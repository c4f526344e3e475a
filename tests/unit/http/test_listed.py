"""Events from lists: each item is news once, whatever is polled, killed or restarted in between."""

import json
from typing import Any

import pytest

from drivers.base import Kept
from drivers.http.driver import HttpDriver
from hub.model import Intake, Refused
from tests.unit.http.rig import NOW, reports, served

ITEM = {"id": "R1", "area": "hoang-van-thu", "opened": "2026-11-24T07:00:00+07:00", "due": "2026-11-27", "closed": None}


def body(*items: Any) -> bytes:
    return json.dumps({"open": 1, "late": 0, "reports": items}).encode()


async def take(driver: HttpDriver) -> Intake | None:
    """Bring home what is new, as the line does."""
    kept: Kept | None = await driver.kept("desk")
    if kept is None:
        return None
    await kept.settle()
    return kept.intake


async def test_an_item_is_an_event_once() -> None:
    said = [body(ITEM), body(ITEM), body({**ITEM, "id": "R2"}, ITEM)]
    async with served(lambda _: (200, {}, said.pop(0)), events=(reports(),)) as driver:
        first = await take(driver)
        assert first is not None
        (event,) = first.events
        assert (event.device, event.kind, event.dedupe_key) == ("desk", "report.citizen", "opened/R1")
        assert event.attributes == {"id": "R1", "area": "hoang-van-thu", "due": "2026-11-27"}
        assert (event.source_time, event.hub_time) == (1_795_478_400_000_000_000, NOW)
        assert await take(driver) is None
        second = await take(driver)
        assert second is not None
        assert [e.dedupe_key for e in second.events] == ["opened/R2"]


async def test_what_was_not_settled_is_told_again() -> None:
    async with served(lambda _: (200, {}, body(ITEM)), events=(reports(),)) as driver:
        assert await driver.kept("desk") is not None
        assert await driver.kept("desk") is not None


async def test_receipts_keep_the_next_run_from_taking_an_item_for_news() -> None:
    async with served(lambda _: (200, {}, body(ITEM)), events=(reports(),)) as driver:
        taken = await take(driver)
    assert taken is not None
    assert taken.receipt is not None
    assert (taken.receipt.source, taken.receipt.n) == ("http/desk", 1)
    async with served(lambda _: (200, {}, body(ITEM)), events=(reports(),)) as driver:
        assert driver.source("desk") == "http/desk"
        driver.recall("desk", taken.receipt.keys)
        assert driver.source("desk") == ""
        assert await take(driver) is None


async def test_only_items_that_are_meant_are_events() -> None:
    items = [{**ITEM, "id": str(n), "closed": "x" if n == 2 else None, "area": "a" if n < 3 else "b"} for n in range(5)]
    async with served(lambda _: (200, {}, body(*items)), events=(reports(where={"area": "b"}),)) as driver:
        found = await take(driver)
        assert found is not None
        assert [e.attributes["id"] for e in found.events] == ["3", "4"]
    async with served(lambda _: (200, {}, body(*items)), events=(reports(present=["closed"]),)) as driver:
        found = await take(driver)
        assert found is not None
        assert [e.attributes["id"] for e in found.events] == ["2"]


async def test_items_without_a_key_and_beyond_the_limit_are_counted() -> None:
    items = [{"area": "x"}, *({**ITEM, "id": str(n)} for n in range(5))]
    async with served(lambda _: (200, {}, body(*items)), events=(reports(),), limits={"items": 3}) as driver:
        found = await take(driver)
        assert found is not None
        assert len(found.events) == 2
        assert driver._skipped() == 4


@pytest.mark.parametrize("reports_", [{}, None, "x", [1, None, "x", []]])
async def test_what_is_no_list_of_items_is_no_news(reports_: Any) -> None:
    said = json.dumps({"reports": reports_}).encode()
    async with served(lambda _: (200, {}, said), events=(reports(),)) as driver:
        assert await take(driver) is None


async def test_items_about_persons_are_refused_and_said() -> None:
    async with served(lambda _: (200, {}, body({**ITEM, "phone": "1"})), events=(reports(),)) as driver:
        with pytest.raises(Refused, match="persons"):
            await driver.kept("desk")
