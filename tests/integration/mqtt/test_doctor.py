"""`citywatch doctor` at a real broker: it listens beside the hub and says whether a device is heard."""

import asyncio
from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.cli.doctor import examine
from hub.config import load
from tests.support.mosquitto import Mosquitto

SITE = """
version: 1
site: {{id: sick, name: {{vi: Thử, en: Test}}, timezone: Asia/Ho_Chi_Minh, language: en}}
web: {{host: 127.0.0.1, port: 0}}
zones: [{{id: town, name: {{vi: Phố, en: Town}}}}]
devices:
  - {{id: siren, profile: mqtt/tasmota-relay, zone: town,
     connection: {{host: 127.0.0.1, port: {port}, version: {version}}}}}
"""


@pytest.mark.parametrize(
    ("payload", "step", "ok", "words"),
    [("ON", "decode", True, ""), ('{"POWER": [}', "listen", False, "see trace"), ("", "listen", False, "--listen 1h")],
)
async def test_a_device_is_heard_understood_or_neither(
    broker: Mosquitto, version: object, tmp_path: Path, payload: str, step: str, ok: bool, words: str
) -> None:
    quoted = version if version == 5 else '"3.1.1"'
    (tmp_path / "site.yaml").write_text(SITE.format(port=broker.port, version=quoted), encoding="utf-8")
    loaded = load(tmp_path, REGISTRY)
    if payload:
        topic = "stat/siren/POWER" if payload == "ON" else "tele/siren/STATE"
        await asyncio.to_thread(broker.publish, topic, payload, retain=True)
    (row,) = await examine(loaded, list(loaded.devices.values()), "en", 1.0)
    last = row["steps"][-1]
    assert (last["step"], last["ok"], row["ok"]) == (step, ok, ok)
    assert words in last["fix"]
    assert row["steps"][3]["says"].startswith("subscribe ")
