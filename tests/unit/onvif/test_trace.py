"""`citywatch trace` and `doctor` of cameras: requests, answers, notifications in words; no password, no digest."""

import asyncio
import base64
from pathlib import Path

import pytest

from drivers import REGISTRY
from drivers.base import Seen
from drivers.bound import bind
from drivers.onvif import SPEC
from hub.cli.examining import Examination
from hub.cli.trace import follow
from hub.config import load
from simulators.fleet import Fleet
from tests.unit.onvif.rig import CROSSED, MOTION, PASSWORD, SOURCE, Place, place

SITE = """\
version: 1
site: {id: one, name: One, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - id: gate
    profile: onvif/camera
    zone: z
    connection: {host: 10.9.8.7, pull: 1s, user: hub, password: {env: CAMERAS}}
"""


async def traced(here: Place, ways: str) -> list[Seen]:
    told: list[Seen] = []
    device = here.device(
        auth="token" if ways == "token" else "digest", events={"crossed": {"address": {"topic": CROSSED}}}
    )
    here.camera.show(MOTION, SOURCE, {"State": "false"})

    async def happen() -> None:
        while not any(s.says.startswith("SetSynchronizationPointResponse") for s in told):
            await asyncio.sleep(0.01)
        here.camera.show(MOTION, SOURCE, {"State": "true"})
        here.camera.happen(CROSSED, {"Rule": "gate"}, {"ObjectId": "17", "Box.Left": "0.1"})

    task = asyncio.create_task(happen())
    assert await follow(device, SPEC, 1.5, told.append)
    await task
    return told


@pytest.mark.parametrize("way", ["digest", "token"])
async def test_what_passes_is_told_in_words_and_without_what_signs_it(way: str) -> None:
    async with place(frozenset({way})) as here:
        told = await traced(here, way)
        assert here.camera.listeners == 0, "its pull point is given back"
    says = [s.says for s in told]
    assert says[0] == "GetSystemDateAndTime to /onvif/device_service, without signing in"
    assert any(s.startswith("GetDeviceInformationResponse: ") and "Manufacturer=simulated" in s for s in says)
    assert any(s.startswith(f"PullMessages to /onvif/subscription?Idx=1, signed by {way}") for s in says)
    assert f"Changed {MOTION}, VideoSourceConfigurationToken video0: State=true" in says
    assert f"event {CROSSED}, Rule=gate: ObjectId=17, Box={{Left=0.1}}" in " ".join(says)
    assert "cam/motion True" in says
    for seen in told:
        for secret in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode(), "PasswordDigest", "Nonce", "response="):
            assert secret not in seen.says
            assert secret.encode() not in seen.raw


async def test_a_camera_that_lets_nobody_in_ends_the_trace_with_its_word() -> None:
    async with place() as here:
        here.port.broken["unauthorized"] = 0.0
        told: list[Seen] = []
        assert not await follow(here.device(), SPEC, 5, told.append)
        assert told[-1].way == "fault"
        assert "does not accept user and password" in told[-1].says


@pytest.fixture
async def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CAMERAS", "kẹo dừa")
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    fleet = Fleet(load(tmp_path, REGISTRY))
    await fleet.start()
    yield fleet
    await fleet.stop()


async def examined(fleet: Fleet) -> dict[str, tuple[bool | None, str, str]]:
    device = fleet.redirected(fleet.site).devices["gate"]
    examination = Examination(device, bind(device), SPEC, "en", 2.0)
    await examination.run()
    return {s.name: (s.ok, s.says, s.fix) for s in examination.steps}


async def test_a_well_camera_passes_every_step(street: Fleet) -> None:
    steps = await examined(street)
    assert {name: ok for name, (ok, _, _) in steps.items()} == dict.fromkeys(
        ("configuration", "name", "port", "sign_in", "read", "decode"), True
    )


@pytest.mark.parametrize(
    ("fault", "step", "cure"),
    [
        ("unauthorized", "sign_in", "correct the secret"),
        ("entities", "sign_in", "not this protocol"),
        ("clock", "health", "time server"),
    ],
)
async def test_a_sick_camera_is_told_by_step_and_cure(street: Fleet, fault: str, step: str, cure: str) -> None:
    street.fault("gate", fault)
    ok, _, fix = (await examined(street))[step]
    assert ok is False
    assert cure in fix


async def test_a_camera_whose_storage_failed_is_not_called_well(street: Fleet) -> None:
    street.set("gate/storage_failure", True)
    ok, says, fix = (await examined(street))["health"]
    assert (ok, "storage" in says, "replace it" in fix) == (False, True, True)
