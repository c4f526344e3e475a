"""A fleet of cameras that each do something differently; the driver hears every one of them all the same."""

from typing import Any

import pytest

from drivers.onvif import SPEC
from hub.model import SECOND, DeviceState, Misconfigured, Reason
from simulators.onvif.quirks import KNOWN, Quirks, quirks_of
from tests.unit.onvif.rig import MOTION, PASSWORD, SOURCE, Place, listening, place

POINT = {"topic": MOTION, "item": "State", "type": "bool"}
NEEDS: dict[str, dict[str, Any]] = {"one-path": {"path": "/onvif/service"}}
"""What a site writes for a camera of that quirk."""


async def heard(here: Place, name: str) -> None:
    """See a change come through, and come back."""
    points = {"motion": {**POINT, **({"absent": False} if name == "bare" else {})}}
    here.camera.show(MOTION, SOURCE, {"State": "false"})
    async with listening(here.driver(here.device(points=points, **NEEDS.get(name, {})))) as (ear, task):
        await ear.until(lambda: False in ear.values("cam/motion"), task)
        here.camera.show(MOTION, SOURCE, {"State": "true"})
        await ear.until(lambda: True in ear.values("cam/motion"), task)
        here.camera.show(MOTION, SOURCE, {"State": "false"})
        await ear.until(lambda: ear.values("cam/motion")[-1] is False, task)
        assert ear.health["cam"] == (DeviceState.ONLINE, "")
        assert all(s.reason in (Reason.NONE, Reason.CLOCK) for s in ear.samples)
        assert not task.done()


@pytest.mark.parametrize("name", KNOWN)
async def test_a_camera_of_this_quirk_is_heard(name: str) -> None:
    async with place() as here:
        here.camera.quirks = KNOWN[name]
        await heard(here, name)


@pytest.mark.parametrize("name", ["instants", "endless", "summertime"])
async def test_a_quirk_and_a_clock_that_is_half_a_year_off_together(name: str) -> None:
    async with place() as here:
        here.camera.quirks = KNOWN[name]
        here.skew = -182 * 86_400 * SECOND
        driver = here.driver(here.device(max_skew="365d"))
        async with listening(driver) as (ear, task):
            here.camera.show(MOTION, SOURCE, {"State": "true"})
            await ear.until(lambda: True in ear.values("cam/motion"), task)


async def test_a_camera_that_offers_basic_first_is_never_told_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    async with place(frozenset({"digest"})) as here:
        here.camera.quirks = KNOWN["basic-first"]
        headers: list[str] = []
        lets = here.camera.gate.lets

        def spy(method: str, header: str, body: str, now: int) -> bool:
            headers.append(header + body)
            return lets(method, header, body, now)

        monkeypatch.setattr(here.camera.gate, "lets", spy)
        driver = here.driver()
        await driver.open()
        assert (await driver.picture("cam")).body.startswith(b"\xff\xd8\xff")
        await driver.close()
        assert all("Basic" not in h and PASSWORD not in h for h in headers)


@pytest.mark.parametrize("name", ["zero-date", "epoch"])
async def test_a_time_that_cannot_be_is_no_time_and_the_value_says_so(name: str) -> None:
    async with place() as here:
        here.camera.quirks = KNOWN[name]
        here.camera.show(MOTION, SOURCE, {"State": "false"})
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: "SetSynchronizationPoint" in here.camera.asked and ear.samples != [], task)
            here.camera.show(MOTION, SOURCE, {"State": "true"})
            await ear.until(lambda: True in ear.values("cam/motion"), task)
            assert (ear.samples[-1].source_time, ear.samples[-1].reason) == (None, Reason.CLOCK)


async def test_without_a_word_for_it_a_message_without_a_body_is_no_value() -> None:
    async with place() as here:
        here.camera.quirks = KNOWN["bare"]
        here.camera.show(MOTION, SOURCE, {"State": "false"})
        async with listening(here.driver()) as (ear, task):
            await ear.until(lambda: ear.samples != [], task)
            assert set(ear.values("cam/motion")) == {None}


def test_tags_name_quirks_together_and_a_mistake_names_what_is_known() -> None:
    assert quirks_of(["quirk-stray", "roof", "quirk-vsconf"]) == Quirks(stray=True, source="vsconf", ones=True)
    assert quirks_of([]) == Quirks()
    with pytest.raises(Misconfigured, match="known: one-path"):
        quirks_of(["quirk-nobody"])


def test_a_point_cannot_both_switch_and_move() -> None:
    with pytest.raises(ValueError, match="not both"):
        SPEC.address.model_validate({"topic": MOTION, "relay": "1", "ptz": True})
    with pytest.raises(ValueError, match="belong to a topic"):
        SPEC.address.model_validate({"about": "presets", "absent": False})
