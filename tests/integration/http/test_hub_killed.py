"""What a system was told 202 for outlives `kill -9`, and is not taken a second time by the next run.

Starting a hub with its database twice takes its time; nothing less shows that keys and rows are one commit.
"""

import json
from pathlib import Path
from typing import Any

from hub.model import SECOND, SystemClock
from tests.support.running_hub import RunningHub, running_hub
from tests.unit.http.test_ingest import SECRET, signed

SITE = """\
version: 1
site: {id: s, name: S, timezone: Asia/Ho_Chi_Minh}
zones: [{id: z, name: Z}]
devices:
  - {id: desk, profile: own/pushed, zone: z, connection: {secret: {secret: push}}, silent_after: 1h}
"""
PROFILE = """\
profile: own/pushed
title: {vi: Hệ thống đẩy, en: Pushing system}
driver: http-ingest
source: this test
points:
  open: {kind: report.open, address: {path: open}}
events:
  opened: {kind: report.citizen, address: {list: reports, key: id}, attributes: {area: area}}
examples:
  - {point: open, raw: '{"open": 1}', value: 1}
  - {point: open, raw: '{"open": 2}', value: 2}
  - {point: open, raw: '{"open": null}', reason: not_programmed}
  - {point: open, raw: '{"open": []}', reason: undecodable}
  - {point: open, raw: '{"open": 40}', value: 40}
"""


def written(folder: Path) -> Path:
    (folder / "profiles" / "own").mkdir(parents=True)
    (folder / "profiles" / "own" / "pushed.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "site.yaml").write_text(SITE, encoding="utf-8")
    secrets = folder / "secrets.yaml"
    secrets.write_text(f"push: {SECRET}\n", encoding="utf-8")
    secrets.chmod(0o600)
    return folder


async def push(hub: RunningHub, n: int) -> tuple[int, Any]:
    body = json.dumps({"open": n, "reports": [{"id": f"R{n}", "area": "a"}]}).encode()
    at = SystemClock().now() // SECOND
    headers = {
        "Content-Type": "application/json", "Idempotency-Key": f"key-{n}", "Webhook-Timestamp": str(at),
        "Webhook-Signature": signed(body, f"key-{n}", at),
    }  # fmt: skip
    async with hub.web.post(f"{hub.url}/api/v1/ingest/desk", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_what_was_answered_is_known_to_the_run_after_a_killed_one(tmp_path: Path) -> None:
    site, state = written(tmp_path / "site"), tmp_path / "state"
    async with running_hub(site, state) as hub:
        assert [await push(hub, n) for n in range(5)] == [(202, {"accepted": True, "repeated": False})] * 5
        await hub.until_reading("desk", "open", 4)
        await hub.kill()
    async with running_hub(site, state) as hub:
        assert [await push(hub, n) for n in range(5)] == [(202, {"accepted": True, "repeated": True})] * 5
        assert (await push(hub, 5))[1] == {"accepted": True, "repeated": False}
        await hub.until_reading("desk", "open", 5)
        assert (await hub.metrics())['citywatch_ingest_repeated_total{device="desk"}'] == 5
