"""CloudEvents on MQTT topics, QoS 1, over one session that is kept while messages go out."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from adapters.notify.message import Message, filled_text
from adapters.outbound import Away
from hub.model import SECOND, DriverError, Release, Site, Unreachable
from hub.model.notify import Channel
from hub.wire import mqtt


class MqttSender:
    """A broker."""

    def __init__(self, channel: Channel, site: Site, state: str) -> None:
        del state
        self._settings: Any = channel.settings
        self._session = mqtt.session(_session(channel, site))
        self._open = False

    async def send(self, message: Message) -> str:
        """Deliver. Raises Away."""
        values = {name: _level(value) for name, value in message.fields().items()}
        topic = filled_text(self._settings.topic, values)
        body = msgspec.json.encode(message.cloud_event())
        try:
            if self._open:
                try:
                    await self._session.publish(topic, body, retain=self._settings.retain)
                except Unreachable:
                    await self.close()  # the broker may have been away while there was nothing to say: once more
                else:
                    return topic
            await self._begin()
            await self._session.publish(topic, body, retain=self._settings.retain)
        except DriverError as error:
            await self.close()
            raise Away(str(error)) from error
        return topic

    async def close(self) -> None:
        """Say goodbye to the broker."""
        self._open = False
        await self._session.close()

    async def _begin(self) -> None:
        await self._session.open()
        await self._session.listen((), _nothing)
        self._open = True


def _nothing(_messages: Sequence[mqtt.Message], _damaged: Sequence[mqtt.Damaged], release: Release) -> None:
    release()


def _session(channel: Channel, site: Site) -> mqtt.Settings:
    s: Any = channel.settings
    digest = hashlib.blake2b(f"{site.id} notify {channel.id}".encode(), digest_size=7).hexdigest()
    return mqtt.Settings(
        host=s.host,
        port=s.port,
        client_id=f"citywatch{digest}",
        version=s.version,
        user=s.user,
        password=None if s.password is None else s.password.get_secret_value(),
        tls=_tls(s.tls, site.folder),
        session_expiry=0,
        timeout=s.timeout / SECOND,
    )


def _tls(given: Any, folder: str) -> mqtt.TlsFiles | None:
    if given is None or given is True:
        return None if given is None else mqtt.TlsFiles()
    files = (None if name is None else str(Path(folder) / name) for name in (given.ca, given.cert, given.key))
    return mqtt.TlsFiles(*files)


def _level(value: str) -> str:
    """Return a value without what topics reserve: + # and U+0000 (OASIS MQTT 5.0, 4.7)."""
    return value.replace("+", "_").replace("#", "_").replace("\0", "_")
