"""`citywatch simulate` as a stranger runs it: it says where it takes orders, takes them, and leaves nothing behind."""

import asyncio
import json
import signal
import stat
from pathlib import Path
from typing import Any

from tests.integration.demo.process import ROOT, citywatch


async def order(path: Path, order: dict[str, Any]) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(json.dumps(order).encode() + b"\n")
    answer: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 10))
    writer.close()
    return answer


async def test_running_simulators_take_orders_where_they_say() -> None:
    async with citywatch("simulate", str(ROOT / "config" / "sites" / "starter"), "--json") as simulators:
        path = Path((await simulators.ready())["control"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        fire = "panel-market/z07.alarm"
        assert await order(path, {"set": {fire: True}}) == {"ok": True}
        assert await order(path, {"get": fire}) == {"ok": True, "values": {fire: True}}
        assert (await order(path, {"scenario": "tour"}))["ok"] is True
        assert "unknown order" in (await order(path, {"quit": None}))["error"]
        assert await simulators.send(signal.SIGINT) == 0
    assert not path.parent.exists()
    assert "Traceback" not in simulators.said
