"""`citywatch run` with a webhook: told from the wire to the receiver, through an absent receiver and a `kill -9`."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.integration.notify.receivers import Receiver, receiver
from tests.integration.notify.test_http import KEY, genuine
from tests.support import mosquitto
from tests.support.conservation import conserved
from tests.support.real_site import NOWHERE, write_site
from tests.support.running_hub import RunningHub, running_hub, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

CHANNELS = """
contacts: {{an: {{name: An, phone: "0912"}}}}
channels:
  hook: {{type: webhook, url: "{hook}", local: true, key: {{secret: hook}}}}
  sms: {{type: http, url: "{sms}", local: true, json: {{to: "{{phone}}", text: "{{text}}"}}, gather: {{wait: 0s}}}}
escalations:
  fire:
    - {{to: hook}}
    - {{after: 1s, to: sms, who: an, unless: acknowledged}}
"""


UNTOLD = """
  - {id: untold, category: fault, priority: high, for_each: {kind: $channel}, when: {is: failing}, text: "{point.name}"}
"""


def events(there: Receiver) -> list[str]:
    return [json.loads(body)["data"]["event"] for _, _, body in there.got]


def a_site(folder: Path, broker: int, hook: Receiver, sms: Receiver) -> Path:
    site = write_site(folder, dsn=NOWHERE, mqtt=broker, detectors=3)
    (site / "channels.yaml").write_text(CHANNELS.format(hook=hook.url, sms=sms.url))
    secrets = site / "secrets.yaml"
    secrets.write_text(f"hook: {KEY}\n")
    secrets.chmod(0o600)
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("rules.yaml]", "rules.yaml, channels.yaml]"))
    rules = (site / "rules.yaml").read_text()
    (site / "rules.yaml").write_text(rules.replace("    latch: true\n", "    latch: true\n    notify: fire\n") + UNTOLD)
    return site


async def channel(hub: RunningHub, name: str) -> Any:
    return next(row for row in (await hub.get("/notifications"))["channels"] if row["channel"] == name)


async def test_a_kill_while_the_receiver_is_away_delays_and_loses_nothing(tmp_path: Path):
    os.chmod(tmp_path, 0o755)
    if reason := mosquitto.available():
        pytest.skip(reason)
    async with receiver() as hook, receiver() as sms:
        with mosquitto.running(tmp_path / "broker") as broker:
            site, state = a_site(tmp_path / "site", broker.port, hook, sms), tmp_path / "state"
            async with running_hub(site, state) as hub:
                await hub.until_listening(broker)
                await asyncio.to_thread(broker.publish, "real/d0", '{"alarm": true}')
                await until(lambda: events(hook) == ["raised"], "the first event")
                await hub.until_alarm("fire:d0/alarm", state="unacknowledged")
                await until(lambda: sms.got, "the message after a second")
                await hook.stop()
                status, _ = await hub.post("/alarms/fire:d0/alarm/ack", {"occurrence": 1})
                assert status == 200
                await asyncio.to_thread(broker.publish, "real/d1", '{"alarm": true}')
                await hub.until_alarm("fire:d1/alarm", state="unacknowledged")

                async def failing() -> bool:
                    return (await channel(hub, "hook"))["state"] == "failing"

                await until(failing, "a failing channel")
                await hub.until_alarm("untold:$notify/hook", active=True)
                assert (await hub.get("/devices/$notify"))["state"] == "degraded"
                await hub.kill()
            await hook.start()
            async with running_hub(site, state) as hub:
                await until(lambda: len(events(hook)) >= 3, "what was decided before the kill")
                await until(lambda: len(sms.got) == 2, "the second fire's message")
                await hub.until_alarm("untold:$notify/hook", active=False)
                assert (await channel(hub, "hook"))["state"] == "online"
                assert (await hub.metrics())['citywatch_notify_waiting{channel="hook"}'] == 0
                await conserved(hub.metrics, at_rest=False)
                assert await hub.stop() == 0
    assert sorted(events(hook)) == ["acknowledged", "raised", "raised"]
    assert all(genuine(headers, body) for _, headers, body in hook.got)
    assert [json.loads(body)["to"] for _, _, body in sms.got] == ["0912", "0912"]
