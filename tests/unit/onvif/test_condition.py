"""A camera that answers and sees nothing, or records nothing, is not simply online, whatever its profile maps."""

from drivers.onvif.condition import STORAGE, STREAM
from hub.model import SECOND, DeviceState
from tests.unit.onvif.rig import MOTION, SOURCE, listening, place

STORED = {"Token": "SD"}
ONLINE = (DeviceState.ONLINE, "")


def degraded(reason: str) -> tuple[DeviceState, str]:
    return DeviceState.DEGRADED, reason


async def test_a_lost_picture_and_a_failed_storage_are_told_and_taken_back() -> None:
    async with place() as here, listening(here.driver()) as (ear, task):
        await ear.until(lambda: ear.health.get("cam") == ONLINE, task)
        here.camera.show(STORAGE, STORED, {"Failed": "true"})
        await ear.until(lambda: ear.health["cam"] == degraded("storage_failed"), task)
        here.camera.show(STREAM, {"Source": "video0"}, {"State": "1"})
        await ear.until(lambda: ear.health["cam"] == degraded("stream_lost"), task)
        here.camera.show(STREAM, {"Source": "video0"}, {"State": "0"})
        await ear.until(lambda: ear.health["cam"] == degraded("storage_failed"), task)
        here.camera.withdraw(STORAGE, STORED)
        await ear.until(lambda: ear.health["cam"] == ONLINE, task)


async def test_only_the_channel_whose_picture_is_lost_is_told_of_it() -> None:
    async with place() as here:
        driver = here.driver(here.device("one", source="video0"), here.device("two", source="video1"))
        async with listening(driver) as (ear, task):
            here.camera.show(STREAM, {"Source": "video1"}, {"State": "true"})
            await ear.until(lambda: ear.health.get("two") == degraded("stream_lost"), task)
            assert ear.health["one"] == ONLINE


async def test_a_channel_that_the_recorder_does_not_have_has_no_stream() -> None:
    async with place() as here:
        driver = here.driver(here.device("one", source="video0"), here.device("nine", source="video9"))
        async with listening(driver) as (ear, task):
            await ear.until(lambda: ear.health.get("nine") == degraded("stream_lost"), task)
            assert ear.health["one"] == ONLINE


async def test_a_source_may_be_called_by_the_name_of_its_configuration() -> None:
    async with place() as here, listening(here.driver(here.device(source="video1-config"))) as (ear, task):
        await ear.until(lambda: "cam" in ear.health, task)
        assert ear.health["cam"] == ONLINE


async def test_a_lost_picture_outweighs_a_wrong_clock() -> None:
    async with place() as here:
        here.skew = 3600 * SECOND
        here.camera.show(STREAM, {"Source": "video0"}, {"State": "true"})
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: ear.health.get("cam") == degraded("stream_lost"), task)
            here.camera.show(STREAM, {"Source": "video0"}, {"State": "false"})
            await ear.until(lambda: ear.health["cam"] == degraded("clock_skew"), task)


async def test_what_a_camera_does_not_name_again_after_a_new_beginning_is_over() -> None:
    async with place() as here:
        here.camera.show(STREAM, {"Source": "video0"}, {"State": "true"})
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: ear.health.get("cam") == degraded("stream_lost"), task)
            here.camera.properties.clear()
            here.camera.forget()
            await ear.until(lambda: ear.health["cam"] == ONLINE, task)


async def test_a_camera_that_does_not_tell_what_it_shows_is_heard_all_the_same() -> None:
    async with place() as here:
        here.camera.unknown = frozenset({"GetProfiles"})
        here.camera.show(MOTION, SOURCE, {"State": "true"})
        driver = here.driver(here.device(source="video0"))
        async with listening(driver) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            assert ear.health["cam"] == ONLINE
