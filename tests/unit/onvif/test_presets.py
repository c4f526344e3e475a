"""A camera is moved to a preset by its token or name, and its own word says that it is there."""

import pytest

from drivers.base import BoundPoint
from drivers.onvif import SPEC
from hub.model import Refused, Unreachable
from tests.unit.onvif.rig import listening, place

REACHED = {"topic": "tns1:PTZController/PTZPresets/Reached", "item": "PresetToken", "type": "text", "ptz": True}
POINTS = {"preset": REACHED, "presets": {"about": "presets"}}


def point() -> BoundPoint:
    return BoundPoint("cam/preset", "cam", SPEC.address.model_validate(REACHED), writable=True)


@pytest.mark.parametrize(("wanted", "reached"), [("2", "2"), ("Bãi xe", "3"), ("home", "home")])
async def test_a_preset_that_is_written_is_reached(wanted: str, reached: str) -> None:
    async with place() as here:
        driver = here.driver(here.device(points=POINTS))
        async with listening(driver) as (ear, task):
            await ear.until(lambda: "cam" in ear.health, task)
            await driver.write(point(), wanted)
            await ear.until(lambda: ear.values("cam/preset") == [reached], task)


async def test_the_presets_of_a_camera_are_listed() -> None:
    async with place() as here, listening(here.driver(here.device(points=POINTS))) as (ear, task):
        await ear.until(lambda: ear.values("cam/presets") != [], task)
        assert ear.values("cam/presets") == ["1 Toàn cảnh, 2 Cổng chính, 3 Bãi xe"]


async def test_a_preset_that_there_is_not_is_refused_and_those_that_are_named() -> None:
    async with place() as here:
        driver = here.driver(here.device(points=POINTS))
        await driver.open()
        with pytest.raises(Refused, match=r"known: 1 Toàn cảnh, .*nothing was sent"):
            await driver.write(point(), "Sân bay")
        await driver.close()
        assert "GotoPreset" not in here.camera.asked


async def test_a_fixed_camera_says_so_itself() -> None:
    async with place() as here:
        here.camera.unknown = frozenset({"GetPresets"})
        driver = here.driver(here.device(points=POINTS))
        async with listening(driver) as (ear, task):
            await ear.until(lambda: ear.samples != [], task)
            assert ear.values("cam/presets") == [None], "not known, and no fault of the line"
            with pytest.raises(Refused, match="not supported"):
                await driver.write(point(), "1")


async def test_after_silence_nobody_knows_whether_it_moved() -> None:
    async with place() as here:
        driver = here.driver(here.device(points=POINTS))
        await driver.open()
        here.port.broken["silence"] = 0.0
        with pytest.raises(Unreachable):
            await driver.write(point(), "1")
        await driver.close()
