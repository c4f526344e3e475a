"""Every shipped feed is noticed when it falls silent: when nobody answers, and when old data are answered for ever."""

from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.config import load, shipped
from hub.model import HOUR, MINUTE, SECOND, Point, Quality, Reading, Reason, Site, Timestamp
from rules import Engine

FEEDS = sorted(p.stem for p in (shipped() / "profiles" / "feeds").glob("*.yaml"))
ANSWERS_ABOUT_NOW = {"service-health"}
"""Feeds whose document is made for each question: it has no time of its own."""
START = 1_790_000_000 * SECOND


@pytest.fixture(params=FEEDS)
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    place = "{folder: drop}" if request.param.endswith("-csv") else "{host: feeds.example}"
    (tmp_path / "site.yaml").write_text(
        "version: 1\nsite: {id: s, timezone: Asia/Ho_Chi_Minh}\nzones: [{id: z}]\n"
        "include: [shipped/rules/feeds.yaml, shipped/rules/device-health.yaml]\n"
        f"devices: [{{id: feed, profile: feeds/{request.param}, zone: z, connection: {place}}}]\n",
        encoding="utf-8",
    )
    return load(tmp_path, REGISTRY)


def told(point: Point, value: str | float | bool, at: Timestamp) -> Reading:
    return Reading(point.id, value, Quality.GOOD, Reason.NONE, None, at, 1)


def rung(engine: Engine) -> set[str]:
    return {alarm.last.alarm.partition(":")[0] for alarm in engine.alarms() if alarm.last.active}


def everything(site: Site, at: Timestamp) -> list[Reading]:
    """Return a whole answer of the feed, the same each time."""
    values: dict[str, str | float | bool] = {"text": "2026-09-20T09:00:00+07:00", "bool": True, "int": 0, "float": 0.0}
    return [told(p, values[p.type], at) for p in site.points.values() if p.address is not None]


def test_there_are_seven_feeds_and_the_one_of_files() -> None:
    assert len([name for name in FEEDS if not name.endswith("-csv")]) == 7
    assert [name for name in FEEDS if name.endswith("-csv")] == ["socio-economic-csv"]


def test_a_feed_that_nobody_hears_of_is_told_as_lost(feed: Site) -> None:
    engine = Engine(feed)
    engine.step([*everything(feed, START), told(feed.points["feed/$health"], "online", START)], START)
    engine.step([told(feed.points["feed/$health"], "offline", START + HOUR)], START + HOUR)
    assert rung(engine) == set()
    engine.wake(START + HOUR + 5 * MINUTE)
    assert "device-lost" in rung(engine)


def test_a_feed_that_answers_the_same_for_ever_is_told_as_not_renewed(feed: Site) -> None:
    profile = feed.devices["feed"].profile.partition("/")[2]
    engine = Engine(feed)
    for hour in range(28):
        at = START + hour * HOUR
        engine.step(everything(feed, at), at)
        if hour < 26:
            assert rung(engine) == set(), hour
    assert rung(engine) == (set() if profile in ANSWERS_ABOUT_NOW else {"feed-not-renewed"})


def test_one_that_is_fed_through_files_is_silent_after_a_day_and_two_hours(feed: Site) -> None:
    device = feed.devices["feed"]
    if REGISTRY[device.driver].pushes:
        assert device.silent_after == 26 * HOUR
