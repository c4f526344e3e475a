"""Publishing to a real Mosquitto, in both protocol versions: confirmed, refused, or known to be lost."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from hub.model import Misconfigured, Release, Unreachable
from hub.wire.mqtt import Damaged, Message, Session, Settings, session
from tests.support import mosquitto
from tests.support.mosquitto import Mosquitto

pytestmark = pytest.mark.broker


def nothing(_m: Sequence[Message], _d: Sequence[Damaged], release: Release) -> None:
    release()


async def opened(broker: Mosquitto, version, name: str = "publisher", **more) -> Session:
    made = session(Settings("127.0.0.1", broker.port, name, version, session_expiry=0, timeout=3.0, **more))
    await made.open()
    await made.listen((), nothing)
    return made


async def test_what_is_published_is_with_the_broker_when_it_returns(broker, version):
    publisher = await opened(broker, version)
    await publisher.publish("a/b", "cháy".encode(), retain=True)
    await publisher.close()
    heard: list[tuple[str, bytes]] = []

    def take(messages, _damaged, release):
        heard.extend((m.topic, m.payload) for m in messages)
        release()

    reader = session(Settings("127.0.0.1", broker.port, "reader", version, session_expiry=0))
    await reader.open()
    await reader.listen(("a/#",), take)
    await publisher.open()
    await publisher.listen((), nothing)
    for n in range(50):
        await publisher.publish("a/c", str(n).encode())
    await reader.close()
    await publisher.close()
    assert heard[0] == ("a/b", "cháy".encode())
    assert len(heard) <= 51


async def test_a_broker_that_is_gone_is_said_to_be_lost(broker, version):
    publisher = await opened(broker, version)
    broker.stop()
    with pytest.raises(Unreachable):
        await publisher.publish("a/b", b"x")
    await publisher.close()


async def test_a_topic_that_may_not_be_used_is_a_mistake_of_configuration(tmp_path: Path):
    """MQTT 5 says so; with 3.1.1 a broker takes the message and forgets it."""
    if reason := mosquitto.available():
        pytest.skip(reason)
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite open/#\n")
    acl.chmod(0o600)
    with mosquitto.running(tmp_path / "broker", lines=(f"acl_file {acl}",)) as broker:
        publisher = await opened(broker, 5)
        await publisher.publish("open/x", b"x")
        with pytest.raises(Misconfigured, match="takes nothing on 'closed/x'"):
            await publisher.publish("closed/x", b"x")
        await publisher.close()
