"""`citywatch run` on real devices, from the wire to the database and back to whoever acknowledges."""

import asyncio
import json
import struct
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from adapters.timescale import running_dsn
from tests.integration.demo.process import gone
from tests.support.conservation import conserved
from tests.support.mosquitto import Mosquitto
from tests.support.real_site import NOWHERE, write_site
from tests.support.running_hub import RunningHub, running_hub, until

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(150)]
PANEL_FIRE, DETECTOR_FIRE = "fire:panel/z01.alarm", "fire:d0/alarm"


async def set_coil(port: int, coil: int, on: bool) -> None:
    """Write a coil as a stranger would (function 5, "MODBUS Application Protocol V1.1b3", 6.5)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = struct.pack(">HHHBBHH", 1, 0, 6, 1, 5, coil, 0xFF00 if on else 0)
    writer.write(request)
    assert await reader.readexactly(len(request)) == request
    writer.close()
    await writer.wait_closed()


class Ear:
    """A console on the WebSocket."""

    def __init__(self, hub: RunningHub) -> None:
        self._hub = hub
        self.rows: dict[str, dict[str, Any]] = {}

    async def __aenter__(self) -> "Ear":
        url = self._hub.url.replace("http", "ws") + "/api/v1/stream"
        self._socket = await self._hub.web.ws_connect(url, protocols=("citywatch.v1",))
        await self._socket.send_json({"t": "sub", "id": 1, "topic": "alarms"})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def until(self, alarm: str, **fields: Any) -> None:
        """Listen until an alarm stands as `fields` say."""
        async with asyncio.timeout(30):
            while not (row := self.rows.get(alarm)) or any(row[name] != value for name, value in fields.items()):
                message = await self._socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT
                self._take(json.loads(message.data))

    def _take(self, said: dict[str, Any]) -> None:
        for row in said.get("rows", []) + ([said["row"]] if said.get("op") == "put" else []):
            self.rows[row["alarm"]] = row


async def test_a_fire_goes_from_the_panel_to_the_operator_and_into_the_database(
    broker: Mosquitto, panel: int, dsn: str, tmp_path: Path
) -> None:
    site, state = write_site(tmp_path / "site", dsn=dsn, mqtt=broker.port, modbus=panel), tmp_path / "state"
    async with running_hub(site, state) as hub, Ear(hub) as ear:
        family = hub.process.family()
        await hub.until_listening(broker)
        await hub.until_reading("panel", "temperature", 21.5, quality="good")
        await hub.until_reading("panel", "z01.alarm", False)
        await asyncio.to_thread(broker.publish, "real/d0", '{"value": 7.25, "alarm": false}')
        await hub.until_reading("d0", "value", 7.25)

        await set_coil(panel, 1, True)
        await ear.until(PANEL_FIRE, state="unacknowledged", priority="critical")
        await asyncio.to_thread(broker.publish, "real/d0", '{"alarm": true}')
        await ear.until(DETECTOR_FIRE, state="unacknowledged")

        row = (await hub.alarms())[PANEL_FIRE]
        acknowledged = {"occurrence": row["occurrence"], "note": "đã thấy", "request": "r-1"}
        for _ in range(2):
            status, _ = await hub.post(f"/alarms/{PANEL_FIRE}/ack", acknowledged)
            assert status == 200
        await ear.until(PANEL_FIRE, state="acknowledged")
        await set_coil(panel, 1, False)
        await ear.until(PANEL_FIRE, state="latched_acknowledged")
        status, _ = await hub.post(f"/alarms/{PANEL_FIRE}/reset", {"occurrence": row["occurrence"]})
        assert status == 200

        await until(lambda: stored(hub), "the journal in the database")
        assert [t["input"] for t in await transitions(hub, PANEL_FIRE)] == ["raise", "ack", "return", "reset"]
        slices = await until(lambda: history(hub, "d0/value"), "the history of a value")
        assert [s["last"] for s in slices] == [7.25]
        assert await rows(dsn, state, "select value from v_reading where device = 'd0' and point = 'value'") == [
            (7.25,)
        ]
        await conserved(hub.metrics, at_rest=False)
        assert await hub.stop() == 0
    assert await gone(family)
    assert "Traceback" not in hub.process.said


async def stored(hub: RunningHub) -> bool:
    return len(await transitions(hub, PANEL_FIRE)) >= 4


async def transitions(hub: RunningHub, alarm: str) -> list[dict[str, Any]]:
    async with hub.web.get(f"{hub.url}/api/v1/journal", params={"kind": "transition", "alarm": alarm}) as answer:
        if answer.status == 503:  # the database is still on its way
            return []
        items = (await answer.json())["items"]
    return [row.get("body", row) for row in reversed(items)]


async def history(hub: RunningHub, point: str) -> list[dict[str, Any]]:
    return list((await hub.get(f"/points/{point}/history"))["items"])


async def rows(dsn: str, state: Path, query: str) -> list[tuple[Any, ...]]:
    where = running_dsn(state) if dsn == "embedded" else dsn
    async with await psycopg.AsyncConnection.connect(str(where), autocommit=True) as connection:
        return await (await connection.execute(query)).fetchall()  # type: ignore[arg-type]


async def test_a_device_that_says_farewell_or_falls_silent_is_said_to_be_lost(
    broker: Mosquitto, panel: int, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    site = write_site(tmp_path / "site", dsn=NOWHERE, mqtt=broker.port, modbus=panel)
    async with running_hub(site, tmp_path / "state") as hub:
        await hub.until_listening(broker)
        await asyncio.to_thread(broker.publish, "real/d0", '{"value": 1}')
        await hub.until_reading("d0", "value", 1.0)
        await asyncio.to_thread(broker.publish, "real/d0/availability", "offline", retain=True)
        await hub.until_alarm("lost:d0/$health", state="unacknowledged")
        await hub.until_reading("d0", "value", 1.0, quality="bad", reason="no_communication")
        await asyncio.to_thread(broker.publish, "real/d0/availability", "online", retain=True)
        await hub.until_alarm("lost:d0/$health", state="returned")


async def test_bad_input_from_a_real_broker_ends_in_quality_and_quarantine_and_all_else_goes_on(
    broker: Mosquitto, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    state = tmp_path / "state"
    site = write_site(tmp_path / "site", dsn="embedded", mqtt=broker.port)
    async with running_hub(site, state) as hub:
        await hub.until_listening(broker)
        await asyncio.to_thread(broker.publish, "real/d0", '{"value": 1}')
        await hub.until_reading("d0", "value", 1.0)
        # of the last the broker is told at sign-in that it is too large for this hub (MQTT 5, 3.1.2.11.4)
        for payload in (b"\xff\xfe text", b"{broken", b'{"value": {"a": 1}}', b"x" * 200_000, b"x" * 10_000_000):
            await asyncio.to_thread(broker.publish, "real/d0", payload)
            await asyncio.to_thread(broker.publish, "real/d1", '{"value": 2}')
        await hub.until_reading("d0", "value", 1.0, quality="bad", reason="undecodable")
        await asyncio.to_thread(broker.publish, "real/d2", b'{"value": NaN, "alarm": true}')
        await hub.until_alarm("fire:d2/alarm", state="unacknowledged")
        await asyncio.to_thread(broker.publish, "real/d1", '{"value": 3, "time": 946684800000}')
        row = await hub.until_reading("d1", "value", 3.0, quality="good", reason="clock")
        assert row.get("source_time") is None

        async def quarantined() -> bool:
            found = await rows("embedded", state, "select reason, length(body) from quarantine order by time")
            return len(found) >= 5

        await until(quarantined, "the quarantine")
        found = await rows("embedded", state, "select reason, length(body) from quarantine order by time")
        assert {"not UTF-8", "not JSON"} <= {reason for reason, _ in found}
        assert max(size for _, size in found) == 4096, "of a large payload the beginning is kept"
        said = await hub.metrics()
        assert said["citywatch_strays_quarantined_total"] == len(found)
        assert said['citywatch_readings_marked_total{reason="clock"}'] == 1
        await conserved(hub.metrics, at_rest=False)
        assert await hub.stop() == 0
    assert "Traceback" not in hub.process.said
