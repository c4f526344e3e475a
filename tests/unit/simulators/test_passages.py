"""Vehicles that pass simulated plate readers: the same for the same seed, of Vietnamese forms, heard by the driver."""

from pathlib import Path

from drivers import REGISTRY
from drivers.bound import bind
from drivers.onvif import SPEC
from hub.config import load
from hub.model import HOUR, SECOND, ManualClock
from hub.model.plateforms import canonical, parse
from simulators.fleet import Fleet
from simulators.onvif.passages import Road, looks
from tests.unit.onvif.rig import listening
from tests.unit.simulators.site import START

NOON = START // (24 * HOUR) * 24 * HOUR // SECOND + 5 * 3600
SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - id: gate
    profile: traffic/anpr-onvif
    zone: z
    with: {lanes: 1 2}
    connection: {host: 10.9.8.7, pull: 1s}
"""


def hour(key: str, first: int = NOON) -> list[dict[str, str]]:
    return [dict(p.data) for second in range(first, first + 3600) for p in looks(key, "1", second)]


def test_the_same_seed_and_second_give_the_same_vehicle_and_others_do_not() -> None:
    assert hour("0/gate") == hour("0/gate")
    assert hour("0/gate") != hour("1/gate")


def test_more_drive_by_day_than_by_night() -> None:
    assert len(hour("0/gate")) > 3 * len(hour("0/gate", NOON + 12 * 3600)) > 0


def test_plates_have_vietnamese_forms_but_for_those_that_were_not_read_in_full() -> None:
    read = [p for p in hour("0/gate") if p["Likelihood"] != "0.61" and "?" not in p["LicensePlateInfo.PlateNumber"]]
    assert {parse(canonical(p["LicensePlateInfo.PlateNumber"]) or "").kind for p in read} <= {"civil"}
    assert len(read) > 250


def test_after_a_pause_only_the_latest_seconds_are_made_up_for(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    device = load(tmp_path, REGISTRY).devices["gate"]
    road, many = Road(device, 0), 0
    for second in range(NOON, NOON + 600):
        many += len(list(road.until(second * SECOND)))
    late = Road(device, 0)
    list(late.until(NOON * SECOND))
    assert len(list(late.until((NOON + 600) * SECOND))) < many / 10


async def test_a_plate_reader_tells_passages_of_its_lanes_by_itself_and_when_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    clock = ManualClock(NOON * SECOND)
    fleet = Fleet(load(tmp_path, REGISTRY), clock=clock)
    await fleet.start()
    driver = SPEC.load()([bind(fleet.redirected(fleet.site).devices["gate"])])
    try:
        async with listening(driver) as (ear, task):  # type: ignore[arg-type]
            await ear.until(lambda: "gate" in ear.health, task)
            fleet.happen("gate", "passage", {"source.Rule": "2", "LicensePlateInfo.PlateNumber": "20A-123.45"})
            await ear.until(lambda: ear.events != [], task)
            told = ear.events[0].attributes
            assert (told["plate"], told["lane"], told["speed_ms"]) == ("20A-123.45", "2", None)
            for _ in range(50):
                clock.advance(SECOND)
                fleet.step()
            await ear.until(lambda: len(ear.events) > 4, task)
            assert {e.attributes["lane"] for e in ear.events} == {"1", "2"}
            assert {e.kind for e in ear.events} == {"traffic.passage"}
    finally:
        await fleet.stop()
