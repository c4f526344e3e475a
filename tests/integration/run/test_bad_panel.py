"""A fire panel that misbehaves on the wire: quality, health and alarms say so, and everything else goes on."""

import asyncio
from pathlib import Path

import pytest

from tests.support import broken_modbus as wire
from tests.support.broken_modbus import Behaviour, broken_modbus
from tests.support.conservation import conserved
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import NOWHERE, write_site
from tests.support.running_hub import running_hub

pytestmark = [pytest.mark.broker, pytest.mark.timeout(200)]


async def good_floats(request: wire.Request, send: wire.Send) -> None:
    """Answer coils with zeros and registers with 21.5 (41 AC 00 00)."""
    if request.pdu[0] in (3, 4):
        await send(request.frame(bytes([request.pdu[0], 4, 0x41, 0xAC, 0, 0])))
    else:
        await wire.good(request, send)


BAD: dict[str, tuple[Behaviour, str]] = {
    "cut": (wire.cut, "no_communication"),
    "another function": (wire.wrong_function, "undecodable"),
    "another unit": (wire.other_unit, "no_communication"),
    "exception": (wire.exception(2), "refused"),
    "silent": (wire.never, "no_communication"),
    "too long": (wire.too_long, "undecodable"),
    "after the timeout": (wire.only_late, "no_communication"),
}


async def test_a_panel_that_answers_badly_is_never_normal_and_comes_back_each_time(
    broker: Mosquitto, tmp_path: Path
) -> None:
    async with broken_modbus() as panel:
        panel.script = [good_floats]
        site = write_site(tmp_path / "site", dsn=NOWHERE, mqtt=broker.port, modbus=panel.port)
        async with running_hub(site, tmp_path / "state") as hub:
            await hub.until_listening(broker)
            await hub.until_reading("panel", "temperature", 21.5, quality="good")
            for number, (behaviour, reason) in enumerate(BAD.values(), 1):
                panel.script = [behaviour]
                await hub.until_reading("panel", "temperature", 21.5, quality="bad", reason=reason)
                await hub.until_reading("panel", "z01.alarm", False, quality="bad", reason=reason)
                if reason == "no_communication":
                    await hub.until_alarm("lost:panel/$health", active=True)
                await asyncio.to_thread(broker.publish, "real/d0", f'{{"value": {number}}}')
                await hub.until_reading("d0", "value", float(number), quality="good")
                panel.script = [good_floats]
                await hub.until_reading("panel", "temperature", 21.5, quality="good")
            assert "fire:panel/z01.alarm" not in await hub.alarms(), "what is not known is no fire"
            await conserved(hub.metrics, at_rest=False)
            assert await hub.stop() == 0
    assert "Traceback" not in hub.process.said
