"""Passages are looked up by anything but the plate, masked; whole ones by the plate too."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.timescale.connections import opened
from adapters.timescale.lookup import looks_between
from adapters.timescale.report import report
from adapters.timescale.rows import instant
from adapters.web.passing import LookedPage, PassagePage
from hub.cli.db import _text
from hub.cli.looks import text
from hub.model import DAY, HOUR, SECOND, Refused
from hub.model.looking import BEGIN, PassageQuery, PlateLook, broken, chained
from hub.model.passage import Passage
from hub.wire.passages import encode_passages
from tests.integration.store.harness import NOW, SITE, Store, running

pytestmark = pytest.mark.database

AT = NOW - 2 * HOUR
PLACES = replace(
    SITE,
    devices={
        "gate": replace(SITE.devices["gate"], zone="tn/ct07"), "panel": replace(SITE.devices["panel"], zone="tn/ct0"),
    },
)  # fmt: skip


def passage(number: int, device: str = "gate", **said: Any) -> Passage:
    at = AT + number * SECOND
    fields: dict[str, Any] = {"plate": "20A12345", "plate_read": "20A-123.45", "vehicle": "car", "reads": 1}
    return Passage(f"{number:016x}", 1, device, device, "1", at, at, **fields | {"hub_time": at + SECOND, **said})


PASSAGES = (
    passage(1, violation="speeding", speed=71.5, limit=50.0, picture="a.jpg", listed="Blacklisted"),
    passage(2, plate="20B112345", vehicle="motorcycle"),
    passage(3, plate=None, plate_read=None),
    passage(4, "panel"),
    replace(passage(5), id="7fffffffffffffff", lane="2"),
    replace(passage(6), reads=0),
)


async def filled(store: Store) -> None:
    times = [p.time for p in PASSAGES]
    body = encode_passages(PASSAGES, store.site.id)
    await store.spool_body("passage", body, len(PASSAGES), min(times), max(times))
    await store.stored()


def query(**more: Any) -> PassageQuery:
    return PassageQuery(NOW - DAY, NOW, **more)


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [int(row["id"], 16) for row in rows]


async def test_passages_are_found_by_everything_but_the_plate_and_are_masked(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty, PLACES) as store:
        await filled(store)

        async def found(**more: Any) -> list[int]:
            return [n & 0xFF for n in numbers(await store.adapter.passages(query(**more)))]

        assert await found() == [0xFF, 4, 3, 2, 1]
        assert await found(device="panel") == [4]
        assert await found(zones=("tn/ct07",)) == [0xFF, 3, 2, 1]
        assert await found(zones=("tn/ct0", "x")) == [4], "a zone is not another that begins with its name"
        assert await found(zones=()) == []
        assert (await found(vehicle="motorcycle"), await found(lane="2")) == ([2], [0xFF])
        assert (await found(violations=True), await found(violation="red_light")) == ([1], [])
        assert await found(ids=("0000000000000002", "7fffffffffffffff")) == [0xFF, 2]
        rows = await store.adapter.passages(query(limit=2))
        assert [r["plate"] for r in rows] == ["20A-***.45"] * 2
        assert [n & 0xFF for n in numbers(await store.adapter.passages(query(before=rows[-1]["page"])))] == [3, 2, 1]
        page = {"items": [{k: v for k, v in row.items() if k != "page"} for row in rows], "next": None}
        PassagePage.model_validate(page)
        assert "20A12345" not in repr(await store.adapter.passages(query()))
        assert "a.jpg" not in repr(await store.adapter.passages(query()))


async def test_whole_plates_are_found_by_the_plate_too(tmp_path: Path, empty: str) -> None:
    async with running(tmp_path, empty, PLACES) as store:
        await filled(store)
        rows = await store.adapter.plates(query(plate="20A12345", zones=("tn/ct07",)))
        assert [n & 0xFF for n in numbers(rows)] == [0xFF, 1]
        assert (rows[1]["plate"], rows[1]["plate_read"], rows[1]["listed"]) == ("20A12345", "20A-123.45", "Blacklisted")
        assert (rows[1]["picture"], rows[1]["speed"], rows[1]["limit"]) == ("a.jpg", 71.5, 50.0)
        LookedPage.model_validate(
            {"items": [{k: v for k, v in row.items() if k != "page"} for row in rows], "next": None}
        )
        hostile = "20A' or '1'='1"
        assert await store.adapter.plates(query(plate=hostile, lane=hostile, vehicle=hostile)) == []


async def test_the_status_of_a_database_says_since_when_plates_are_kept_and_how_long(
    tmp_path: Path, empty: str
) -> None:
    async with running(tmp_path, empty, PLACES) as store:
        await filled(store)
        found = await report(empty, {"plates": 7 * DAY})
        assert (found.plates_since, found.plates_keep) == (instant(AT + SECOND), timedelta(days=7))
        assert f"plates: since {instant(AT + SECOND):%Y-%m-%d %H:%M}, kept 7 d" in _text(found)
        await store.do("update passage set plate = null, plate_read = null, listed = null, picture = null")
        assert "plates: none, kept 30 d" in _text(await report(empty))


async def test_looks_are_read_back_as_one_chain_and_a_change_is_noticed(tmp_path: Path, empty: str) -> None:
    made: list[PlateLook] = []
    for n in range(3):
        look = PlateLook("hoa", "operator", "Công văn 12/CSGT", {"device": "gate", "limit": 9}, n, NOW + n * SECOND)
        made.append(chained(look, made[-1].digest if made else BEGIN))
    async with running(tmp_path, empty, PLACES) as store:
        await store.record(*made)
        await store.stored()
        assert await store.rows("select distinct device, zone from journal") == [("gate", "tn/ct07")]
        async with opened(empty) as connection:
            found = await looks_between(connection, PLACES, NOW, NOW + DAY)
            assert (found, broken(found)) == (made, None)
            assert text(found, 1).splitlines()[-1] == "3 looks, and their record is whole"
            await store.do("delete from journal where body->>'rows' = '1'")
            found = await looks_between(connection, PLACES, NOW, NOW + DAY)
            assert "hoa" in text(found, 0).splitlines()[-1]
            assert text(found, 1).splitlines()[-1].startswith("THE RECORD IS NOT WHOLE")


@pytest.mark.parametrize(("more", "reason"), [({"before": "x"}, "bad_page"), ({"ids": ("zz",)}, "bad_id")])
async def test_a_page_or_id_that_is_none_is_refused(
    tmp_path: Path, empty: str, more: dict[str, Any], reason: str
) -> None:
    async with running(tmp_path, empty, PLACES) as store:
        await filled(store)
        with pytest.raises(Refused) as no:
            await store.adapter.passages(query(**more))
        assert no.value.reason == reason
