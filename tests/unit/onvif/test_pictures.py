"""Pictures: fetched from the camera's own place, whole, of the right channel, or refused in a sentence."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from drivers.base import Photographer
from drivers.onvif.driver import OnvifDriver
from drivers.onvif.media import LARGEST_PICTURE
from hub.model import SECOND, Refused, Unreachable
from simulators.onvif.camera import SimulatedCamera
from tests.unit.onvif.rig import MOTION, SOURCE, Place, listening, place

WRONG = {
    "not a picture": (web.Response(body=b"GIF89a", content_type="image/jpeg"), "no whole JPEG"),
    "another kind": (web.Response(body=b"\xff\xd8\xff\xd9", content_type="text/html"), "text/html"),
    "cut short": (web.Response(body=b"\xff\xd8\xff\xe0" + bytes(3000), content_type="image/jpeg"), "no whole JPEG"),
    "too large": (web.Response(body=bytes(LARGEST_PICTURE + 1), content_type="image/jpeg"), "more than"),
    "elsewhere": (web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "redirects"),
    "gone": (web.Response(status=404), "HTTP 404"),
    "basic only": (web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'}), "not digest"),
}  # fmt: skip


@pytest.fixture
async def here() -> AsyncIterator[Place]:
    async with place() as made:
        yield made


async def opened(here: Place, *sources: str) -> OnvifDriver:
    devices = [here.device(source or "cam", source=source or None) for source in sources or ("",)]
    driver = here.driver(*devices)
    await driver.open()
    return driver


async def test_a_picture_is_a_whole_jpeg_with_the_hubs_time(here: Place) -> None:
    driver = await opened(here)
    assert isinstance(driver, Photographer)
    found = await driver.picture("cam")
    await driver.close()
    assert (found.device, found.at, found.kind) == ("cam", here.clock.now(), "image/jpeg")
    assert found.body == here.camera.eyes.picture("0")


async def test_each_channel_of_a_recorder_has_its_own_picture(here: Place) -> None:
    driver = await opened(here, "video0", "video1")
    assert [(await driver.picture(name)).body for name in ("video0", "video1")] == [
        here.camera.eyes.picture("0"),
        here.camera.eyes.picture("1"),
    ]
    await driver.close()


async def test_a_channel_that_the_recorder_does_not_have_is_refused(here: Place) -> None:
    driver = await opened(here, "video7")
    with pytest.raises(Refused, match="no media profile of video7"):
        await driver.picture("video7")
    await driver.close()


async def test_the_address_is_asked_once_and_anew_after_a_failure(here: Place) -> None:
    driver = await opened(here)
    for _ in range(3):
        await driver.picture("cam")
        here.clock.advance(SECOND)
    assert here.camera.asked.count("GetSnapshotUri") == 1
    driver.media._addresses["main-0"] = "/onvif/snapshot?channel=99"  # as if the camera had started anew
    assert (await driver.picture("cam")).body.startswith(b"\xff\xd8\xff")
    assert here.camera.asked.count("GetSnapshotUri") == 2
    await driver.close()


@pytest.mark.parametrize("address", ["http://192.0.2.66:8000", "http://camera.evil.example"])
async def test_a_picture_is_fetched_at_the_cameras_own_host_whatever_it_names(here: Place, address: str) -> None:
    here.camera.false_base = address
    driver = await opened(here)
    assert (await driver.picture("cam")).body == here.camera.eyes.picture("0")
    assert driver.media.strays
    await driver.close()


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_no_picture_is_refused_and_the_line_stays(
    here: Place, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    answer, words = WRONG[what]

    async def wrong(_: web.BaseRequest) -> web.Response:
        return answer

    driver = here.driver()
    here.camera.show(MOTION, SOURCE, {"State": "1"})
    async with listening(driver) as (ear, task):
        monkeypatch.setattr(here.port, "_picture", wrong)
        with pytest.raises((Refused, Unreachable), match=words):
            await driver.picture("cam")
        await ear.until(lambda: True in ear.values("cam/motion"), task)
        assert not task.done()


async def test_a_picture_that_never_ends_is_given_up(here: Place) -> None:
    driver = await opened(here)
    await driver.media.profiles()
    here.port.broken["endless"] = 0.0
    with pytest.raises(Unreachable, match=r"more than|did not answer"):
        await driver.picture("cam")
    await driver.close()


async def test_a_camera_without_pictures_is_refused_in_its_own_words(here: Place) -> None:
    here.camera.unknown = frozenset({"GetSnapshotUri"})
    driver = await opened(here)
    with pytest.raises(Refused, match="not supported") as told:
        await driver.picture("cam")
    assert told.value.reason == "no_picture"
    await driver.close()


def test_a_covered_lens_sees_black_and_a_lost_picture_is_none(here: Place) -> None:
    camera: SimulatedCamera = here.camera
    bright = camera.eyes.picture("0")
    camera.eyes.channels[0].covered = True
    assert bright is not None
    assert len(camera.eyes.picture("0") or b"") < len(bright)
    camera.eyes.channels[0].lost = True
    assert camera.eyes.picture("0") is None
