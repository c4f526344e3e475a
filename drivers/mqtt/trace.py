"""An MQTT device under the glass: its messages as they come and the values they gave, in a session of its own.

The session has another name than the hub's and ends with the trace, so that the hub loses neither its connection nor a
message.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import NoReturn

from msgspec.structs import replace

from drivers.base import BoundDevice, Seen
from drivers.mqtt.driver import MqttDriver
from drivers.teller import Teller
from hub.model import Release
from hub.wire.mqtt import Damaged, Message, Session, Settings, session

Tell = Callable[[Seen], None]


async def trace(device: BoundDevice, tell: Tell) -> None:
    """Tell each message of a device and what it gave. Raises Unreachable, Misconfigured."""

    def opener(settings: Settings) -> Session:
        name = "citywatchtrace" + secrets.token_hex(4)
        return _Overheard(session(replace(settings, client_id=name, session_expiry=0)), tell)

    driver = MqttDriver([device], opener=opener)
    try:
        await driver.open()
        await driver.subscribe(Teller(tell))
    finally:
        await driver.close()


class _Overheard:
    """A session that tells each message before it is handed over."""

    def __init__(self, inner: Session, tell: Tell) -> None:
        self._inner = inner
        self._tell = tell
        self.open, self.close, self.publish = inner.open, inner.close, inner.publish

    async def listen(self, filters: Sequence[str], take: Callable[..., None]) -> dict[str, str]:
        for one in filters:
            self._tell(Seen("sent", f"subscribe {one}"))

        def overhear(messages: Sequence[Message], damaged: Sequence[Damaged], release: Release) -> None:
            for message in messages:
                kept = " (retained)" if message.retain else ""
                text = message.payload.decode(errors="replace")
                self._tell(Seen("received", f"{message.topic}{kept} {text}", message.payload))
            for packet in damaged:
                self._tell(Seen("fault", f"{packet.source}: {packet.reason}", packet.body))
            take(messages, damaged, release)

        return await self._inner.listen(filters, overhear)

    async def ended(self) -> NoReturn:
        await self._inner.ended()
