"""A street of simulated cameras that break at once, each in its own way, and come back."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers import REGISTRY
from drivers.runner import Runner
from hub.config import load
from hub.model import DeviceState, Refused, SystemClock
from simulators.fleet import Fleet
from tests.unit.onvif.rig import Ear

HEAD = "version: 1\nsite: {id: street, name: Street, timezone: Asia/Ho_Chi_Minh}\nzones: [{id: z, name: Z}]\ndevices:\n"
CAMERA = (
    "  - {{id: {name}, profile: onvif/camera, zone: z, timeout: 1s,"
    " connection: {{host: 10.9.8.{n}, pull: 1s, user: hub, password: {{env: CAMERAS}}}}}}\n"
)
FAULTS = {
    "cut": "unreachable", "unauthorized": "auth_failed", "entities": "protocol_error", "endless": "protocol_error",
    "garbage": "protocol_error", "half_frames": "protocol_error", "silence": "timeout", "exception": "refused",
    "huge": "protocol_error", "redirect": "protocol_error",
}  # fmt: skip
WELL = ("well", "reboot", "forgotten", "false_address")
PATIENCE = 30.0


async def until(ear: Ear, done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        await ear.until(done)


async def test_each_camera_is_told_by_its_own_reason_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERAS", "kẹo dừa")
    cameras = "".join(CAMERA.format(name=name, n=n) for n, name in enumerate([*FAULTS, *WELL], 1))
    (tmp_path / "site.yaml").write_text(HEAD + cameras, encoding="utf-8")
    fleet, ear = Fleet(load(tmp_path, REGISTRY)), Ear()
    where = await fleet.start()
    runner = Runner(
        list(fleet.site.devices.values()), REGISTRY, ear, SystemClock(), dice=random.Random(0), redirect=where
    )
    running = asyncio.create_task(runner.run())
    try:
        await until(ear, lambda: all(ear.health.get(d) == (DeviceState.ONLINE, "") for d in fleet.site.devices))
        for kind in (*FAULTS, "reboot", "forgotten", "false_address"):
            fleet.fault(kind, kind)
        wanted = {kind: (DeviceState.OFFLINE, reason) for kind, reason in FAULTS.items()}
        await until(ear, lambda: {d: ear.health[d] for d in FAULTS} == wanted)
        assert ear.health["well"] == (DeviceState.ONLINE, "")
        for kind in FAULTS:
            fleet.heal(kind)
        await until(ear, lambda: all(ear.health[d] == (DeviceState.ONLINE, "") for d in fleet.site.devices))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await fleet.stop()


async def test_every_simulated_camera_gives_a_picture_of_its_own_through_the_runner(tmp_path: Path) -> None:
    cameras = "".join(CAMERA.format(name=name, n=n) for n, name in enumerate(("gate", "yard"), 1))
    plain = cameras.replace(", user: hub, password: {env: CAMERAS}", "")
    (tmp_path / "site.yaml").write_text(HEAD + plain, encoding="utf-8")
    fleet, ear = Fleet(load(tmp_path, REGISTRY)), Ear()
    where = await fleet.start()
    devices = list(fleet.site.devices.values())
    runner = Runner(devices, REGISTRY, ear, SystemClock(), dice=random.Random(0), redirect=where)
    running = asyncio.create_task(runner.run())
    try:
        await until(ear, lambda: all(ear.health.get(d) == (DeviceState.ONLINE, "") for d in fleet.site.devices))
        assert runner.sees("gate")
        one, other = await asyncio.gather(runner.picture("gate"), runner.picture("yard"))
        assert one.body.startswith(b"\xff\xd8\xff")
        assert one.body != other.body, "each has its own name and street"
        fleet.fault("gate", "cut")
        await until(ear, lambda: ear.health["gate"][0] is DeviceState.OFFLINE)
        with pytest.raises(Refused, match="is down"):
            await runner.picture("gate")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await fleet.stop()
