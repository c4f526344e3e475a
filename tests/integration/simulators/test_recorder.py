"""A recorder of sixteen channels: sixteen devices on one connection, each with its own words, health and picture."""

import asyncio
import random
from pathlib import Path

from drivers import REGISTRY
from drivers.runner import Runner
from hub.config import load
from hub.model import DeviceState, SystemClock
from simulators.fleet import Fleet
from tests.integration.simulators.test_onvif import HEAD, until
from tests.unit.onvif.rig import Ear

CHANNELS = 16
CHANNEL = (
    "  - {{id: c{n:02}, profile: onvif/camera, zone: z, timeout: 2s,"
    " connection: {{host: 10.9.8.7, pull: 1s, source: V_{n}}}}}\n"
)
ONLINE = (DeviceState.ONLINE, "")


async def test_each_channel_of_a_recorder_is_a_device_of_its_own(tmp_path: Path) -> None:
    channels = "".join(CHANNEL.format(n=n) for n in range(CHANNELS))
    (tmp_path / "site.yaml").write_text(HEAD + channels, encoding="utf-8")
    fleet, ear = Fleet(load(tmp_path, REGISTRY)), Ear()
    where = await fleet.start()
    devices = list(fleet.site.devices.values())
    runner = Runner(devices, REGISTRY, ear, SystemClock(), dice=random.Random(0), redirect=where)
    running = asyncio.create_task(runner.run())
    try:
        assert len(runner.watch) == 1, "one line for all"
        await until(ear, lambda: all(ear.health.get(d.id) == ONLINE for d in devices))
        await until(ear, lambda: ear.values("c15/motion") != [])
        fleet.set("c03/motion", True)
        fleet.set("c05/signal_loss", True)
        await until(ear, lambda: True in ear.values("c03/motion"))
        await until(ear, lambda: ear.health["c05"] == (DeviceState.DEGRADED, "stream_lost"))
        assert {d.id for d in devices if ear.health[d.id] != ONLINE} == {"c05"}
        assert {d.id for d in devices if True in ear.values(f"{d.id}/motion")} == {"c03"}
        pictures = await asyncio.gather(*(runner.picture(d.id) for d in devices[:4]))
        assert len({p.body for p in pictures}) == 4
        fleet.fault("c00", "cut")
        await until(ear, lambda: {ear.health[d.id][0] for d in devices} == {DeviceState.OFFLINE})
        fleet.heal("c00")
        await until(ear, lambda: sum(ear.health[d.id] == ONLINE for d in devices) == CHANNELS - 1)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await fleet.stop()
