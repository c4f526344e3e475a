"""A demo with systems that nobody asks: one pushes, one lays files; both are heard by the hub as if they were real.

Starting a demo with its database takes its time; nothing less shows that the simulators find the hub.
"""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.demo.process import citywatch
from tests.integration.http.test_hub_killed import PROFILE
from tests.unit.http.test_ingest import SECRET

pytestmark = [pytest.mark.database, pytest.mark.timeout(150)]
SITE = """\
version: 1
site: {id: s, name: S, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: desk, profile: own/pushed, zone: z, connection: {secret: {secret: push}}, silent_after: 30s}
  - {id: figures, profile: feeds/socio-economic-csv, zone: z, connection: {folder: drop}, limits: {settle: 1s}}
"""


async def test_the_hub_hears_who_pushes_and_who_lays_files(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "profiles" / "own").mkdir(parents=True)
    (site / "profiles" / "own" / "pushed.yaml").write_text(PROFILE, encoding="utf-8")
    (site / "site.yaml").write_text(SITE, encoding="utf-8")
    (site / "secrets.yaml").write_text(f"push: {SECRET}\n", encoding="utf-8")
    (site / "secrets.yaml").chmod(0o600)
    async with (
        citywatch("demo", site, "--json", "--port", "0", "--state", tmp_path / "state") as demo,
        aiohttp.ClientSession() as web,
    ):
        ready = await demo.ready()
        async with asyncio.timeout(60):
            while await online(web, ready) != {"desk": "online", "figures": "online"}:
                await asyncio.sleep(0.2)
        values = {p["point"]: p["quality"] for d in ("desk", "figures") for p in await points(web, ready, d)}
        told = {"desk/open", "figures/grdp", "figures/grdp_period", "figures/disbursed"}
        assert {name: values[name] for name in told} == dict.fromkeys(told, "good")


async def get(web: aiohttp.ClientSession, ready: dict[str, Any], path: str) -> Any:
    headers = {"Authorization": f"Bearer {ready['token']}"}
    async with web.get(f"{ready['url']}/api/v1{path}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return (await answer.json())["items"]


async def online(web: aiohttp.ClientSession, ready: dict[str, Any]) -> dict[str, str]:
    return {row["device"]: row["state"] for row in await get(web, ready, "/devices")}


async def points(web: aiohttp.ClientSession, ready: dict[str, Any], device: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await get(web, ready, f"/devices/{device}/points")
    return rows
