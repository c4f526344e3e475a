"""A figure carries what it is compared with, the coverage of both, and says when the two must not be compared."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.base import FigureValue
from adapters.timescale.figures import hash_of
from hub.model import DAY, HOUR, MINUTE, SECOND, DeviceChange, DeviceEvent, DeviceState, Site, Text
from hub.model.clock import iso
from hub.model.figure import FigureSpec
from tests.integration.store.harness import NOW, SITE, Store, reading, running

pytestmark = pytest.mark.database

TODAY = (NOW + 7 * HOUR) // DAY * DAY - 7 * HOUR
"""Midnight in Hanoi."""
YESTERDAY, BEFORE = TODAY - DAY, TODAY - 2 * DAY


def a_figure(aggregate: str = "mean", window: str = "day", compare: str = "previous", **more: Any) -> FigureSpec:
    fields: dict[str, Any] = {"points": ("panel/temperature",), "devices": ("panel",), "unit": "°C"} | more
    return FigureSpec("heat", Text.same("Heat"), aggregate, window, compare, **fields)


def having(*figures: FigureSpec) -> Site:
    return replace(SITE, figures=figures)


def online(device: str, at: int) -> DeviceChange:
    return DeviceChange(device, DeviceState.ONLINE, "", "", at)


def offline(device: str, at: int) -> DeviceChange:
    return DeviceChange(device, DeviceState.OFFLINE, "timeout", "", at)


async def made(store: Store) -> FigureValue:
    return await store.adapter.figure("heat", NOW)


async def test_a_figure_has_value_previous_ratio_and_both_coverages(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, having(a_figure())) as store:
        await store.record(online("panel", BEFORE - HOUR))
        await store.spool_readings(
            [
                reading(v, t)
                for t, v in [(BEFORE, 10.0), (BEFORE + HOUR, 20.0), (YESTERDAY, 30.0), (TODAY - SECOND, 60.0)]
            ]
        )
        await store.stored()
        figure = await made(store)
        assert (figure.value, figure.previous, figure.ratio, figure.count) == (45.0, 15.0, 3.0, 2)
        assert (figure.coverage, figure.previous_coverage) == (1.0, 1.0)
        assert (figure.comparable, figure.reason) == (True, "")
        assert (figure.start, figure.end, figure.previous_start) == (iso(YESTERDAY), iso(TODAY), iso(BEFORE))


async def test_different_coverage_makes_two_windows_incomparable(tmp_path: Path, empty: str):
    async with running(tmp_path, empty, having(a_figure())) as store:
        await store.record(
            online("panel", BEFORE - HOUR),
            offline("panel", BEFORE + 12 * HOUR), online("panel", BEFORE + 18 * HOUR),
        )  # fmt: skip
        await store.spool_readings([reading(10.0, BEFORE), reading(20.0, YESTERDAY)])
        await store.stored()
        figure = await made(store)
        assert (figure.value, figure.previous, figure.ratio) == (20.0, 10.0, None)
        assert (figure.coverage, figure.previous_coverage) == (1.0, 0.75)
        assert (figure.comparable, figure.reason) == (False, "coverage_differs")
        await store.record(offline("panel", YESTERDAY + SECOND), online("panel", YESTERDAY + 18 * HOUR))
        await store.stored()
        assert (await made(store)).reason == "coverage_low"


async def test_the_same_data_in_another_order_give_the_same_bytes(tmp_path: Path, empty: str, counterpart: str):
    dice = random.Random(11)
    readings = [reading(dice.uniform(-1e6, 1e6), BEFORE + n * 60 * SECOND + n) for n in range(2880)]
    shuffled = readings[:]
    dice.shuffle(shuffled)
    told = []
    for number, (dsn, order) in enumerate([(empty, readings), (counterpart, shuffled)]):
        (tmp_path / str(number)).mkdir()
        async with running(tmp_path / str(number), dsn, having(a_figure())) as store:
            await store.record(online("panel", BEFORE))
            for first in range(0, len(order), 500):
                await store.spool_readings(order[first : first + 500])
            await store.stored()
            figure = await made(store)
            told.append(msgspec.json.encode(figure))
            assert figure.hash == hash_of(figure)
            assert msgspec.json.encode(await made(store)) == told[-1]
    assert told[0] == told[1]


async def test_events_are_counted_and_their_numbers_put_together(tmp_path: Path, empty: str):
    passages = {"event": "traffic.passage", "points": (), "devices": ("gate",), "unit": None}
    trucks = a_figure("count", **passages, where={"class": "truck"})
    speed = replace(a_figure("mean", **passages, attribute="speed"), id="speed")

    def passage(at: int, **attributes: Any) -> DeviceEvent:
        return DeviceEvent("gate", "traffic.passage", attributes, None, at)

    async with running(tmp_path, empty, having(trucks, speed)) as store:
        await store.record(online("gate", BEFORE))
        truck = {"class": "truck", "speed": 40}
        await store.spool_events(
            [
                passage(BEFORE + SECOND, **truck), passage(YESTERDAY, **truck), passage(YESTERDAY + 1000, **truck),
                passage(YESTERDAY + 2000, speed=70.0), passage(YESTERDAY + 3000, speed="fast"), passage(TODAY, **truck),
            ]
        )  # fmt: skip
        await store.stored()
        figure = await made(store)
        assert (figure.value, figure.previous, figure.ratio) == (2.0, 1.0, 2.0)
        assert (await store.adapter.figure("speed", NOW)).value == 50.0


async def test_published_figures_are_rows_of_a_view_and_follow_late_readings(tmp_path: Path, empty: str):
    query = "select figure, value, previous, comparable, reason from v_figure order by began"
    async with running(tmp_path, empty, having(a_figure())) as store:
        await store.record(online("panel", BEFORE - DAY))
        await store.spool_readings([reading(30.0, YESTERDAY)])
        await store.stored()
        await store.adapter.publish_figures()
        assert await store.rows(query) == [
            ("heat", None, None, False, "no_data"),
            ("heat", 30.0, None, False, "no_data_before"),
        ]
        at = await store.one("select max(made_at) from v_figure")
        store.clock.advance(MINUTE)
        await store.adapter.publish_figures()
        assert await store.one("select max(made_at) from v_figure") == at, "what is the same stays as it is"
        await store.spool_readings([reading(10.0, BEFORE), reading(50.0, YESTERDAY + HOUR)])
        await store.stored()
        await store.adapter.publish_figures()
        assert await store.rows(query) == [
            ("heat", 10.0, None, False, "no_data_before"),
            ("heat", 40.0, 10.0, True, ""),
        ]


async def test_a_figure_that_the_site_has_not_is_a_key_error(tmp_path: Path, empty: str):
    async with running(tmp_path, empty) as store:
        with pytest.raises(KeyError):
            await made(store)
