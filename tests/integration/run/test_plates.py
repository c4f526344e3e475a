"""A listed plate passes a running hub: an alarm that says no plate, a masked passage, a look that the journal knows."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hub.journal import glimpse
from hub.model.looking import PlateLook, broken
from tests.integration.demo.process import citywatch
from tests.support.mosquitto import Mosquitto
from tests.support.running_hub import RunningHub, running_hub, until

pytestmark = [pytest.mark.broker, pytest.mark.database, pytest.mark.timeout(150)]

PLATE, TEXT = "20A-123.45", "20A12345"
WHY = "Công văn 12/CSGT"
SITE = """
version: 1
site: {id: road, name: {vi: Đường, en: Road}, timezone: Asia/Ho_Chi_Minh, language: en}
web: {host: 127.0.0.1, port: 0}
include: [shipped/rules/traffic.yaml]
zones: [{id: tn, zones: [{id: ct07}]}]
plates: {looks: [{roles: [engineer], zones: [tn/ct07]}]}
watchlists:
  - id: stolen
    name: {vi: Xe mất cắp, en: Stolen vehicles}
    reason: Công văn 12/CSGT
    until: 2099-12-31
    plates: {file: stolen.txt}
devices:
  - id: anpr
    profile: test/anpr
    zone: tn/ct07
    connection: {host: 127.0.0.1, port: PORT, topic: "road/{device}"}
"""
PROFILE = """
profile: test/anpr
title: {vi: Camera biển số, en: Plate camera}
driver: mqtt
source: this test
points:
  level: {kind: device.count, address: {path: level}}
events:
  passage:
    kind: traffic.passage
    address: {topic: "{topic}/passage", key: id}
    attributes: {plate: plate, confidence: confidence, lane: lane, class: class}
examples:
  - {point: level, raw: '{"level": 1}', value: 1}
  - {point: level, raw: '{"level": 2}', value: 2}
  - {point: level, raw: '{"level": 3}', value: 3}
  - {point: level, raw: '{"level": 4}', value: 4}
  - {point: level, raw: '{"level": 5}', value: 5}
"""


def site(folder: Path, port: int) -> Path:
    (folder / "profiles" / "test").mkdir(parents=True)
    (folder / "profiles" / "test" / "anpr.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "site.yaml").write_text(SITE.replace("PORT", str(port)), encoding="utf-8")
    (folder / "stolen.txt").write_text(f"{PLATE}\n", encoding="utf-8")
    (folder / "stolen.txt").chmod(0o600)
    return folder


async def listening(hub: RunningHub, broker: Mosquitto) -> None:
    """Wait until the hub has subscribed."""

    async def heard() -> bool:
        await asyncio.to_thread(broker.publish, "road/anpr", '{"level": 1}')
        rows = (await hub.get("/devices/anpr/points"))["items"]
        return any(row["point"] == "anpr/level" and row["value"] == 1 for row in rows)

    await until(heard, "a subscription")


async def report(folder: Path, state: Path) -> dict[str, Any] | None:
    """Ask the command line who looked; None before it is stored."""
    async with citywatch("report", "looks", folder, "--state", state, "--json") as process:
        out = await process.rest()
        assert await process.ended() == 0, process.said
    told: dict[str, Any] = json.loads(out)
    return told if len(told["looks"]) == 2 else None


async def test_a_listed_plate_is_told_masked_and_seen_whole_only_by_a_look(tmp_path: Path, broker: Mosquitto) -> None:
    state = tmp_path / "state"
    async with running_hub(site(tmp_path / "site", broker.port), state) as hub:
        await listening(hub, broker)
        said = f'{{"id": 7, "plate": "{PLATE}", "confidence": 0.95, "lane": 2, "class": "car"}}'
        await asyncio.to_thread(broker.publish, "road/anpr/passage", said)
        alarm = await hub.until_alarm("plate-watched:anpr", active=True, priority="high")
        assert alarm["text"]["vi"].startswith("Xe mất cắp: xe 20A-***.45 qua anpr")

        async def stored() -> list[dict[str, Any]] | None:
            async with hub.web.get(f"{hub.url}/api/v1/passages") as answer:
                return (await answer.json())["items"] if answer.status == 200 else None

        [row] = await until(stored, "the passage in the store")
        assert (row["plate"], row["device"], row["lane"], row["class"]) == ("20A-***.45", "anpr", "2", "car")
        status, looked = await hub.post("/passages/look", {"purpose": WHY, "plate": PLATE, "zone": "tn"})
        assert status == 200, looked
        assert [r["plate"] for r in looked["items"]] == [TEXT]
        status, refused = await hub.post("/passages/look", {"purpose": WHY, "zone": "nowhere"})
        assert (status, refused["code"]) == (403, "not_allowed")
        shown = [str(await hub.get(path)) for path in ("/alarms", "/events", "/journal", "/passages")]
        assert not [text for text in shown if PLATE in text or TEXT in text]
        reported = await until(lambda: report(tmp_path / "site", state), "both looks in the store")
        assert (reported["whole"], [look["purpose"] for look in reported["looks"]]) == (True, [WHY, WHY])
        metrics = await hub.metrics()
        assert metrics['citywatch_plate_looks_total{outcome="shown"}'] == 1
    looks = [record for record in glimpse(state / "journal.db", "none")[1] if isinstance(record, PlateLook)]
    assert [(look.role, look.purpose, look.rows, look.refused) for look in looks] == [
        ("engineer", WHY, 1, None), ("engineer", WHY, 0, "not_allowed"),
    ]  # fmt: skip
    assert broken(looks) is None
    assert PLATE not in hub.process.said
    assert TEXT not in (state / "journal.db").read_bytes().decode("latin-1")
