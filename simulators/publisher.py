"""The sending side of a simulated MQTT line: one paho client, told from the event loop, never waited for."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from simulators.base import LOOPBACK

AT_LEAST_ONCE = 1
_SIGN_IN_WITHIN = 10.0
_LARGEST_BACKLOG = 10_000
"""Messages kept while the broker is away; more are dropped by paho, oldest kept."""


class Publisher:
    """A connection to the embedded broker that publishes, and hears what its devices are told."""

    def __init__(self, client_id: str, user: str, password: str) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311)
        self._client.username_pw_set(user, password)
        self._client.max_queued_messages_set(_LARGEST_BACKLOG)
        self._started = False

    async def connect(self, port: int) -> None:
        """Sign in. Raises OSError when the broker does not let us in within ten seconds."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        answers: list[str] = []

        def answered(_client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            answers.append(str(reason))
            loop.call_soon_threadsafe(done.set)

        self._client.on_connect = answered
        self._client.connect_async(LOOPBACK, port, keepalive=60)
        self._client.loop_start()
        self._started = True
        try:
            await asyncio.wait_for(done.wait(), _SIGN_IN_WITHIN)
        except TimeoutError:
            raise OSError("the embedded MQTT broker does not answer") from None
        if answers[0] != "Success":
            raise OSError(f"the embedded MQTT broker refused its own publisher: {answers[0]}")
        self._client.on_connect = None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand one message to the client's own thread."""
        self._client.publish(topic, payload, qos=AT_LEAST_ONCE, retain=retain)

    def listen(self, topics: Sequence[str], heard: Callable[[str, bytes], None]) -> None:
        """Let `heard` know, in the event loop, of every message on some topics."""
        loop = asyncio.get_running_loop()

        def arrived(_client: Client, _data: Any, message: MQTTMessage) -> None:
            loop.call_soon_threadsafe(heard, message.topic, bytes(message.payload))

        self._client.on_message = arrived
        self._client.subscribe([(topic, AT_LEAST_ONCE) for topic in topics])

    async def close(self) -> None:
        """Sign off and end the client's thread; safe to call twice."""
        if self._started:
            self._started = False
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)
