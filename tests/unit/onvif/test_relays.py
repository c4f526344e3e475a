"""Relay outputs are set once, and the camera's own word says what became of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers import REGISTRY
from drivers.base import BoundPoint
from drivers.onvif import SPEC
from drivers.runner import bind
from hub.config import load
from hub.model import ManualClock, Refused, Unreachable
from simulators.fleet import Fleet
from tests.unit.onvif.rig import MOTION, SOURCE, Place, listening, place
from tests.unit.simulators.site import START

SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: gate, profile: onvif/camera, zone: z, with: {relay: R1}, connection: {host: 10.9.8.7, pull: 1s}}
"""


def relay(token: str | None) -> BoundPoint:
    given = {"topic": MOTION, "type": "bool", **({"relay": token} if token else {})}
    return BoundPoint("cam/relay", "cam", SPEC.address.model_validate(given), writable=True)


@pytest.fixture
async def here() -> AsyncIterator[Place]:
    async with place() as made:
        yield made


async def test_a_relay_that_is_switched_is_read_back_from_its_topic(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    fleet = Fleet(load(tmp_path, REGISTRY), clock=ManualClock(START))
    await fleet.start()
    try:
        bound = bind(fleet.redirected(fleet.site).devices["gate"])
        point = next(p for p in bound.points if p.id == "gate/relay")
        driver = SPEC.load()([bound])
        async with listening(driver) as (ear, task):  # type: ignore[arg-type]
            await ear.until(lambda: ear.values("gate/relay") != [], task)
            assert set(ear.values("gate/relay")) == {False}
            await driver.write(point, True)
            await ear.until(lambda: True in ear.values("gate/relay"), task)
            await driver.write(point, False)
            await ear.until(lambda: ear.values("gate/relay")[-1] is False, task)
    finally:
        await fleet.stop()


async def test_a_relay_that_the_camera_does_not_know_is_refused_in_its_words(here: Place) -> None:
    driver = here.driver()
    async with listening(driver) as (ear, task):
        with pytest.raises(Refused, match="Unknown relay token"):
            await driver.write(relay("R9"), True)
        here.camera.show(MOTION, SOURCE, {"State": "1"})
        await ear.until(lambda: ear.values("cam/motion") == [True], task)


@pytest.mark.parametrize(("token", "value"), [(None, True), ("R1", "perhaps"), ("R1", 7)])
async def test_what_cannot_be_set_is_not_sent(here: Place, token: str | None, value: bool | str | int) -> None:
    driver = here.driver()
    await driver.open()
    with pytest.raises(Refused, match="nothing was sent"):
        await driver.write(relay(token), value)
    await driver.close()
    assert "SetRelayOutputState" not in here.camera.asked


async def test_after_silence_nobody_knows_whether_it_switched(here: Place) -> None:
    driver = here.driver()
    await driver.open()
    here.port.broken["silence"] = 0.0
    with pytest.raises(Unreachable):
        await driver.write(relay("R1"), True)
    await driver.close()
