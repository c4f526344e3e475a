"""`citywatch trace` beside a hub: a session of its own that takes nothing from the hub and leaves nothing behind."""

import asyncio

from drivers.mqtt import SPEC
from drivers.mqtt.address import Address, Connection
from hub.cli.trace import follow
from tests.integration.mqtt.conftest import Told, listening, sensors
from tests.unit.mqtt.bound import device


async def test_messages_are_told_with_the_values_they_gave_while_the_hub_goes_on(broker, version):
    common = Connection(host="127.0.0.1", port=broker.port, version=version, topic="site/{device}")
    traced = device("a", connection=common, points={"v": Address(path="value")})
    told, heard, hub = [], asyncio.Event(), Told()

    def show(seen):
        told.append((seen.way, seen.says, seen.raw))
        if seen.way == "value":
            heard.set()

    await asyncio.to_thread(broker.publish, "site/a", '{"value": 20, "token": "t0p"}', retain=True)
    async with listening(sensors(broker.port, version, "a"), hub):
        following = asyncio.create_task(follow(traced, SPEC, 60, show))
        await asyncio.wait_for(heard.wait(), 10)
        heard.clear()
        body = b'{"value": 21.5}'
        await asyncio.to_thread(broker.publish, "site/a", body)
        await asyncio.wait_for(heard.wait(), 10)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await hub.until(lambda: 21.5 in [s.value for s in hub.samples])
    assert told == [
        ("sent", "subscribe site/a", b""),
        ("received", 'site/a (retained) {"value": 20, "token": ***}', b""),
        ("value", "a/v 20", b""),
        ("received", 'site/a {"value": 21.5}', body),
        ("value", "a/v 21.5", b""),
    ]


async def test_a_broker_that_is_away_ends_the_trace_with_a_sentence(version):
    gone = Connection(host="127.0.0.1", port=1, version=version, topic="site/{device}")
    told = []
    assert not await follow(device("a", connection=gone, points={"v": Address()}), SPEC, 20, told.append)
    assert [s.way for s in told] == ["fault"]
    assert "127.0.0.1:1" in told[0].says
