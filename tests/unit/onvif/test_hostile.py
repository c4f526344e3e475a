"""Answers of cameras that are broken, or no cameras: each ends in a word of health, and never in a value."""

import asyncio

import pytest

from drivers.onvif.camera import Camera
from drivers.onvif.markup import DEEPEST, MOST_ELEMENTS, parse
from hub.model import ManualClock, Unreachable
from simulators.onvif.templates import DTD_BOMB
from tests.unit.onvif.rig import MOTION, SOURCE, listening, place

REASONS = {
    "entities": "protocol_error", "garbage": "protocol_error", "half_frames": "protocol_error",
    "endless": "protocol_error", "redirect": "protocol_error", "unauthorized": "auth_failed",
    "silence": "timeout", "cut": "unreachable",
}  # fmt: skip


@pytest.mark.parametrize("kind", REASONS)
async def test_a_camera_that_begins_so_is_told_by_its_reason(kind: str) -> None:
    async with place() as here:
        here.port.broken[kind] = 0.0
        driver = here.driver()
        with pytest.raises(Unreachable) as told:
            await driver.open()
        await driver.close()
        assert (told.value.reason or "unreachable") == REASONS[kind]


@pytest.mark.parametrize("kind", sorted(REASONS))
async def test_a_camera_that_turns_so_at_work_loses_the_line_and_says_no_value(kind: str) -> None:
    async with place() as here:
        here.camera.show(MOTION, SOURCE, {"State": "true"})
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: ear.values("cam/motion") != [], task)
            before = len(ear.samples)
            here.port.broken[kind] = 0.0
            here.camera.show(MOTION, SOURCE, {"State": "false"})
            with pytest.raises(Unreachable):
                async with asyncio.timeout(10):
                    await task
            assert all(s.value is False for s in ear.samples[before:]), "what was on its way may still come"


async def test_an_address_that_lies_is_reached_at_the_cameras_own_place() -> None:
    async with place() as here:
        here.camera.false_base = "http://192.0.2.66:8000"
        here.camera.show(MOTION, SOURCE, {"State": "true"})
        driver = here.driver()
        async with listening(driver) as (ear, task):
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            assert driver.pull_point.lies


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://192.0.2.66/onvif/events?Idx=1", "/onvif/events?Idx=1"),
        ("http://evil.example:22/x", "/x"),
        ("//evil.example/x", "/x"),
        ("http://10.1.2.3@evil.example/x", "/x"),
        ("file:///etc/passwd", "/etc/passwd"),
        ("http://[broken", "/onvif/device_service"),
        ("javascript:alert(1)", "/onvif/device_service"),
        ("", "/onvif/device_service"),
    ],
)
async def test_of_an_address_only_the_path_is_believed(address: str, path: str) -> None:
    async with place() as here:
        camera = Camera(here.device().connection, 1.0, ManualClock())
        assert camera.path_of(address) == path


@pytest.mark.parametrize(
    "body",
    [
        DTD_BOMB,
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
        b"<!DOCTYPE a SYSTEM 'http://192.0.2.66/a.dtd'><a/>",
        b"",
        b"<a>",
        b"<a></b>",
        b"\x00" * 100,
        b"<a>&unknown;</a>",
        b"<a>" * (DEEPEST + 1),
        b"<a>" + b"<b/>" * (MOST_ELEMENTS + 1) + b"</a>",
    ],
)
def test_xml_that_is_none_or_dangerous_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(body)
