"""`citywatch demo` as it comes: the whole province on the wire, with everything online and a fire in the market."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from tests.integration.demo.process import citywatch, gone
from tests.integration.demo.test_demo import FIRE, get, until_alarm

pytestmark = [pytest.mark.database, pytest.mark.timeout(240)]
DEVICES, ONLINE = 671, {"online"}
FAMILY_MB = 1500


async def test_without_a_site_the_demo_wakes_a_province_that_fits_a_small_machine(tmp_path: Path) -> None:
    """One command: 671 devices answer, the fire comes, all of it in less than 1.5 GB, and nothing is left behind."""
    async with aiohttp.ClientSession() as web, citywatch("demo", "--json", "--port", "0", "--state", tmp_path) as demo:
        ready = await demo.ready()
        family = demo.family()
        async with asyncio.timeout(90):
            while (
                states := Counter(d["state"] for d in (await get(web, ready, "/devices"))["items"])
            ).keys() != ONLINE:
                await asyncio.sleep(1)
        assert states.total() >= DEVICES
        row = await until_alarm(web, ready, FIRE)
        assert (row["priority"], row["zone"]) == ("critical", "tn/thai-nguyen/market/store")
        assert sum(resident(pid) for pid in family) < FAMILY_MB
        assert await demo.send(signal.SIGINT) == 0
    assert await gone(family)
    assert "Traceback" not in demo.said


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
