"""Reads on the road: one event a pass without its plate, minutes as readings, and the same again after a crash."""

from pathlib import Path
from typing import Any

from hub.model import MINUTE, SECOND, DeviceEvent, DeviceState, Intake, Lane, ManualClock, Reading, Site
from hub.model.passage import Passage
from hub.model.passagepoints import passage_points
from hub.passing import Passing
from hub.passinglog import recall
from hub.wire.rows import split
from rules.minutes import Minutes
from rules.passes import Passes
from tests.support.sites import ZONE, a_device, a_rule, a_site
from tests.unit.hub.house import House, house

PLATE = "20A-123.45"


def gates() -> Site:
    def points(name: str) -> Any:
        return passage_points(name, ZONE, frozenset(), ["1", "2"])

    shared = {"site": "junction"}
    return a_site(
        [
            a_device("gate", points("gate")),
            a_device("front", points("front"), parameters=shared),
            a_device("rear", points("rear"), parameters=shared),
        ],
        [a_rule("busy", "traffic.count", "above", 1)],
    )


def attach(made: House) -> Passing:
    """Let the road of a house make passages, after what an earlier run kept."""
    kept = recall(made.spool.file.path, made.clock.now())
    made.road.passing = Passing(made.site, Passes(), Minutes({}), kept)
    return made.road.passing


def read(made: House, key: str, plate: str | None = PLATE, device: str = "gate", at: int = 0, **said: Any) -> None:
    now = made.clock.now()
    attributes = {"plate": plate, "lane": "1", **said}
    made.road.take(Intake(events=[DeviceEvent(device, "traffic.passage", attributes, now + at, now, key)]))


def told(made: House, kind: str = "traffic.passage") -> list[DeviceEvent]:
    recent = made.stream.since(0) or ()
    return [record for _, record in recent if isinstance(record, DeviceEvent) and record.kind == kind]


def rows(made: House, target: str) -> int:
    return sum(batch.n for batch in made.spool.read(0) if batch.target == target)


async def test_reads_of_one_pass_are_told_once_and_without_the_plate(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        attach(made)
        read(made, "a", **{"class": "car", "confidence": 0.7})
        read(made, "b", plate="20A-123.46", at=2 * SECOND)
        read(made, "c", plate="29B-000.17", at=2 * SECOND)
        await made.settled()
        heard = told(made)
        assert [event.attributes["plate"] for event in heard] == ["20A-***.45", "29B-***.17"]
        assert heard[0].attributes["class"] == "car"
        assert {event.lane for event in heard} == {Lane.MEDIA}
        assert (rows(made, "passage"), rows(made, "device_event")) == (3, 0)
        assert not any(PLATE in repr(record) or "20A12345" in repr(record) for _, record in made.stream.since(0) or ())


async def test_the_source_is_released_when_its_read_is_on_disk(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        attach(made)
        released: list[str] = []
        now = made.clock.now()
        event = DeviceEvent("gate", "traffic.passage", {"plate": PLATE}, now, now, "a")
        made.disks[1].fill()
        made.road.take(Intake(events=[event], release=lambda: released.append("first")))
        await made.disks[1].refused()
        assert released == []
        made.disks[1].free()
        made.road.take(Intake(events=[event], release=lambda: released.append("again")))
        await made.settled()
        assert released == ["first", "again"], "what is repeated is released too, and stored once"
        assert rows(made, "passage") == 1


async def test_two_cameras_of_one_place_count_a_pass_once(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        attach(made)
        read(made, "a", device="front")
        read(made, "b", device="rear", at=SECOND)
        read(made, "c", device="gate", at=SECOND)
        await made.settled()
        assert [(event.device, event.attributes["site"]) for event in told(made)] == [
            ("front", "junction"), ("gate", "gate")
        ]  # fmt: skip


async def test_a_violation_is_an_event_of_its_own_once_and_is_stored(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        attach(made)
        read(made, "a")
        read(made, "b", at=SECOND, violation="TrafficRetrograde")
        read(made, "c", at=SECOND, violation="TrafficRetrograde")
        await made.settled()
        assert [event.attributes["violation"] for event in told(made, "traffic.violation")] == ["wrong_way"]
        assert [event.lane for event in told(made, "traffic.wrong_way_driver")] == [Lane.ALARM]
        assert "plate" not in told(made, "traffic.violation")[0].attributes
        assert rows(made, "device_event") == 2


async def test_whoever_watches_hears_every_better_read_and_speaks_on_the_road(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        passing = attach(made)
        seen: list[tuple[str | None, int]] = []

        def watch(passages: Any) -> list[DeviceEvent]:
            seen.extend((p.plate, p.reads) for p in passages)
            return [DeviceEvent(p.device, "traffic.watch_list", {"sure": True}, p.time, p.hub_time) for p in passages]

        passing.watch = watch
        read(made, "a", plate="20A-123.4?")
        read(made, "b")
        read(made, "b2")
        await made.settled()
        assert seen == [(None, 1), ("20A12345", 1), ("20A12345", 2)]
        assert len(told(made, "traffic.watch_list")) == rows(made, "device_event") == 3


async def test_minutes_are_readings_that_rules_hear(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        attach(made)
        made.road.report("gate", DeviceState.ONLINE)
        pass_minutes(made, 2)
        for n in range(3):
            read(made, f"k{n}", plate=f"20A-{n}00.{n}7", speed=40 + n, **{"class": "truck"})
        pass_minutes(made, 2)
        await made.settled()
        values = {
            name: made.state.reading(f"gate/{name}").value  # type: ignore[union-attr]
            for name in ("$pass.speed", "$lane.1.speed")
        }
        assert values == {"$pass.speed": 41.0, "$lane.1.speed": 41.0}
        counted = [r.value for r in made.said() if isinstance(r, Reading) and r.point == "gate/$lane.1.truck"]
        assert counted[-2:] == [3, 0]
        assert made.state.alarm("busy:gate/$pass.count") is not None
        assert made.state.reading("front/$pass.count") is None, "nobody knows whether front works"


async def test_a_hub_that_was_killed_goes_on_where_it_was(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, site=gates(), clock=clock) as made:
        attach(made)
        made.road.report("gate", DeviceState.ONLINE)
        pass_minutes(made, 3)
        read(made, "a")
        await made.settled()
        first = told(made)[0].dedupe_key
    async with house(tmp_path, site=gates(), clock=clock) as made:
        passing = attach(made)
        read(made, "a")  # its source was not told in time
        read(made, "b", plate="20A-128.45", at=SECOND)
        await made.settled()
        assert told(made) == [], "it was told before the crash"
        assert (passing.merging.repeated, passing.merging.merged) == (1, 1)
        assert rows(made, "passage") == 2
        made.road.report("gate", DeviceState.ONLINE)
        pass_minutes(made, 1)
        await made.settled()
        point = made.state.reading("gate/$pass.count")
        assert point is not None
        assert point.value == 1, f"{first} is counted, once"


async def test_a_minute_that_was_told_is_not_told_again_after_a_crash(tmp_path: Path):
    clock = ManualClock()
    async with house(tmp_path, site=gates(), clock=clock) as made:
        attach(made)
        made.road.report("gate", DeviceState.ONLINE)
        pass_minutes(made, 2)
        read(made, "a")
        pass_minutes(made, 1)
        await made.settled()
        before = rows(made, "reading")
    async with house(tmp_path, site=gates(), clock=clock) as made:
        attach(made)
        made.road.age()
        await made.settled()
        assert rows(made, "reading") == before


async def test_no_more_is_kept_than_a_restart_needs(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        attach(made)
        read(made, "a")
        made.clock.advance(6 * MINUTE)
        read(made, "b")
        await made.settled()
        assert len(recall(made.spool.file.path, 0)) == 1


async def test_without_merging_reads_are_stored_as_the_events_they_came_as(tmp_path: Path):
    async with house(tmp_path, site=gates()) as made:
        read(made, "a")
        await made.settled()
        assert (rows(made, "passage"), rows(made, "device_event")) == (0, 1)


def pass_minutes(made: House, n: int) -> None:
    for _ in range(n):
        made.clock.advance(MINUTE)
        made.road.age()


def test_a_passage_is_a_row_of_as_many_fields_as_the_table_has() -> None:
    from hub.wire.copy import COLUMNS
    from hub.wire.passages import encode_passages

    passage = Passage("0" * 16, 1, "gate", "gate", "1", 0, 0, 0, 1, plate="20A12345", keys=("1" * 16, "f" * 8))
    body = encode_passages([passage, passage], "test")
    first, second = split(body)
    assert first == second
    assert int.from_bytes(first[:2], "big") == len(COLUMNS["passage"])
