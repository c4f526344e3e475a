"""Pictures of an alarm: from before it where a rule wants that, and until its span ends."""

import asyncio
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from hub.album import Album
from hub.model import SECOND, CamerasBeside, ManualClock, Quality, Reading, Reason, Refused, Transition
from hub.pictures import Pictures
from hub.stream import Stream
from rules import Engine
from rules.seeing import ahead
from tests.support.running_hub import until
from tests.support.sites import a_device, a_point, a_rule, a_site


class Frame(Struct, frozen=True):
    device: str
    at: int
    body: bytes


class Town:
    """One panel, two cameras; a camera's picture says when it was taken."""

    def __init__(self, folder: Path, beside: CamerasBeside) -> None:
        self.clock = ManualClock(1_000 * SECOND)
        self.album = Album(folder / "pictures.db", keep_free=0)
        self.stream = Stream("test")
        self.point = a_point("panel", "fire", "fire.alarm")
        devices = [a_device("panel", [self.point])]
        devices += [a_device(name, [], sees=True) for name in ("gate", "hall")]
        self.site = a_site(devices, [a_rule("fire", "fire.alarm", "is", True, cameras=beside)])
        self.engine = Engine(self.site)
        self.asked: list[str] = []
        self.broken: set[str] = set()
        heard = self.stream.subscribe("pictures")
        self.pictures = Pictures(self.album, self.fetch, lambda: self.site, ahead, heard, self.clock)

    async def fetch(self, camera: str) -> Frame:
        self.asked.append(camera)
        if camera in self.broken:
            raise Refused("no_picture", "nothing to be seen")
        return Frame(camera, self.clock.now(), b"jpeg")

    def burn(self) -> Transition:
        now = self.clock.now()
        (raised,) = self.engine.step([Reading(self.point.id, True, Quality.GOOD, Reason.NONE, None, now, 1)], now)
        self.stream.publish(now, (), [raised])
        return raised

    def kept(self, camera: str) -> list[int]:
        asked = self.album.asked("fire:panel/fire", 1)
        return [] if asked is None else [e.at // SECOND for e in self.album.entries(asked) if e.camera == camera]

    def figures(self) -> dict[str, float]:
        return {f.labels["outcome"]: f.value for f in self.pictures.figures() if f.labels}


@pytest.fixture
async def town(tmp_path):
    made = []

    def start(beside: CamerasBeside) -> Town:
        town = Town(tmp_path, beside)
        made.append((town, asyncio.create_task(town.pictures.run())))
        return town

    yield start
    for town, task in made:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        town.album.close()


async def test_what_was_seen_before_the_alarm_is_kept_with_it(town):
    town = town(CamerasBeside(before=5 * SECOND, after=10 * SECOND))
    await until(lambda: town.figures()["taken"] == 2)
    town.clock.advance(3 * SECOND)
    town.burn()
    await until(lambda: len(town.kept("gate")) >= 2 and len(town.kept("hall")) >= 2)
    assert town.kept("gate")[0] == 1_000


async def test_what_is_older_than_the_span_is_not_kept(town):
    town = town(CamerasBeside(before=5 * SECOND, after=10 * SECOND))
    await until(lambda: town.figures()["taken"] == 2)
    town.clock.advance(6 * SECOND)
    town.burn()
    await until(lambda: town.kept("gate") and town.kept("hall"))
    assert town.kept("gate")[0] == 1_006


async def test_a_rule_that_wants_nothing_in_advance_has_no_camera_asked_before_its_alarm(town):
    town = town(CamerasBeside(before=0, after=10 * SECOND))
    await asyncio.sleep(0)
    assert town.asked == []
    town.burn()
    await until(lambda: town.kept("gate") and town.kept("hall"))


async def test_when_the_span_is_over_a_camera_that_nobody_wants_in_advance_is_left_alone(town):
    town = town(CamerasBeside(before=0, after=10 * SECOND))
    town.burn()
    await until(lambda: town.kept("gate") and town.kept("hall"))
    town.clock.advance(11 * SECOND)
    await until(lambda: all(task.done() for task in town.pictures._tasks.values()))


async def test_a_camera_that_gives_nothing_is_counted_and_keeps_no_other_from_being_kept(town):
    town = town(CamerasBeside(before=0, after=10 * SECOND))
    town.broken.add("gate")
    town.burn()
    await until(lambda: town.kept("hall") and town.figures()["failed"])
    assert town.kept("gate") == []


async def test_a_rule_without_pictures_has_none(town):
    town = town(CamerasBeside(before=0, after=0))
    assert town.burn().cameras == ("gate", "hall")
    await asyncio.sleep(0)
    assert town.album.asked("fire:panel/fire", 1) is None


async def test_a_full_disk_is_counted_and_the_cameras_are_asked_on(town, monkeypatch):
    town = town(CamerasBeside(before=0, after=10 * SECOND))
    monkeypatch.setattr(town.album, "_keep_free", 1 << 60)
    town.burn()
    await until(lambda: town.figures()["no_room"] >= 2)
    assert town.figures()["kept"] == 0


async def test_a_changed_site_is_followed(town):
    town = town(CamerasBeside(before=0, after=0))
    assert town.asked == []
    rule = replace(town.site.rules[0], cameras=CamerasBeside())
    town.site = replace(town.site, rules=(rule,))
    town.engine = Engine(town.site)
    town.burn()
    await until(lambda: set(town.asked) == {"gate", "hall"})
