"""One broker and every device behind it: what arrives in one read of the socket leaves as one intake."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from zlib import crc32

from drivers.base import BoundDevice, BoundPoint, Sink
from drivers.mqtt.address import Connection, Tls
from drivers.mqtt.commands import publication
from drivers.mqtt.routes import Routes
from drivers.statistics import Heard
from hub.metrics import Figure
from hub.model import (
    SECOND,
    Clock,
    DeviceId,
    DeviceState,
    Intake,
    Misconfigured,
    Receipt,
    Release,
    Sample,
    Stray,
    SystemClock,
    Value,
)
from hub.wire.mqtt import BODY, Damaged, Message, Session, Settings, TlsFiles, session

MOST_UNDER_WAY = 10_000


class MqttDriver:
    """A line of MQTT devices; they share one session."""

    def __init__(
        self,
        devices: Sequence[BoundDevice],
        *,
        clock: Clock | None = None,
        opener: Callable[[Settings], Session] = session,
    ) -> None:
        self.settings = settings_of(devices[0])
        self.routes = Routes(devices)
        self.messages = 0
        self.damaged = 0
        self.repeated = 0
        """Messages that came again though they were stored."""
        self.listening = False
        """Whether the broker has answered every subscription of this connection."""
        self._devices = {d.id: d for d in devices}
        self._sent: Counter[DeviceId] = Counter()
        """Bytes of commands, by device."""
        self._first = devices[0].id
        self._clock = clock or SystemClock()
        self._session = opener(self.settings)

    async def open(self) -> None:
        """Connect and sign in. Raises Unreachable, Misconfigured."""
        self.listening = False
        await self._session.open()

    async def read(self, points: Sequence[BoundPoint]) -> list[Sample]:
        """Refuse: MQTT devices speak when they want to. Raises Misconfigured."""
        del points
        raise Misconfigured("MQTT devices cannot be asked; they report by themselves")

    async def subscribe(self, sink: Sink) -> None:
        """Hand over until the connection is lost. Raises Unreachable."""
        keys = array("Q", await sink.receipts(self.settings.client_id))
        refused = await self._session.listen(self.routes.filters, self._taker(sink, frozenset(keys)))
        for pattern, why in refused.items():
            detail = f"{self.settings.where} refuses the subscription {pattern!r} ({why}); allow it to {self._who()}"
            for device in self.routes.devices_of(pattern):
                sink.report(device, DeviceState.OFFLINE, "refused", detail)
        self.listening = True
        await self._session.ended()

    async def write(self, point: BoundPoint, value: Value) -> None:
        """Publish a point's command; return when the broker has it. Raises Refused, Unreachable, Misconfigured."""
        topic, payload, retain = publication(self._devices[point.device], point, value)
        await self._session.publish(topic, payload, retain=retain)
        self._sent[point.device] += len(payload)

    async def close(self) -> None:
        """Disconnect; the broker keeps the session."""
        await self._session.close()

    def statistics(self, device: DeviceId) -> Heard:
        """Return what a device has said, and what it was told."""
        found = self.routes.heard(device)
        found.sent = self._sent[device]
        return found

    def figures(self) -> Iterable[Figure]:
        """Return what this line has counted."""
        labels = {"line": self.settings.where}
        yield Figure("citywatch_mqtt_messages", "Messages received", self.messages, labels, total=True)
        each = dict.fromkeys(self.routes.bindings.values())
        for way, count in (("sent", self._sent.total()), ("received", sum(b.heard.received for b in each))):
            of = labels | {"way": way}
            yield Figure("citywatch_mqtt_bytes", "Bytes of payloads", count, of, total=True)
        bad = sum(b.heard.undecodable for b in each)
        words = "Messages not understood, wholly or in part"
        yield Figure("citywatch_mqtt_undecodable", words, bad, labels, total=True)
        yield Figure("citywatch_mqtt_damaged", "Packets that are no message", self.damaged, labels, total=True)
        yield Figure("citywatch_mqtt_repeated", "Messages sent again, stored before", self.repeated, labels, total=True)
        unknown = self.routes.unknown_total
        yield Figure("citywatch_mqtt_unknown", "Messages on topics of no device", unknown, labels, total=True)

    def _who(self) -> str:
        return f"user {self.settings.user!r}" if self.settings.user else "clients without a user name"

    def _taker(
        self, sink: Sink, stored: frozenset[int]
    ) -> Callable[[Sequence[Message], Sequence[Damaged], Release], None]:
        """Return what takes messages; those that come again and are `stored` are acknowledged and nothing else."""
        bindings, learn, now, hand_over = self.routes.bindings, self.routes.learn, self._clock.now, sink.take
        source, window = self.settings.client_id, window_of(self.settings)

        def take(messages: Sequence[Message], damaged: Sequence[Damaged], release: Release) -> None:
            intake = Intake(release=release)
            self.messages += len(messages)
            keys = array("Q")
            for message in messages:
                topic, payload = message.topic, message.payload
                binding = bindings.get(topic) or learn(topic)
                if binding is None:
                    continue
                if message.packet_id is not None:
                    # what the broker sends again has its number, topic and payload again (MQTT 5.0, 4.4)
                    key = message.packet_id << 32 | crc32(payload, crc32(topic.encode()))
                    if message.duplicate and key in stored:
                        self.repeated += 1
                        continue
                    keys.append(key)
                binding.take(topic, payload, message.retain, intake, now)
            if keys:
                intake.receipt = Receipt(source, keys.tobytes(), window)
            if damaged:
                self._set_aside(damaged, intake)
            if intake.samples or intake.events or intake.strays:
                hand_over(intake)
            else:
                release()

        return take

    def _set_aside(self, damaged: Sequence[Damaged], intake: Intake) -> None:
        self.damaged += len(damaged)
        at = self._clock.now()
        for packet in damaged:
            binding = self.routes.bindings.get(packet.source)
            device = binding.device if binding else self._first
            intake.strays.append(Stray(device, packet.source, packet.reason, packet.body[:BODY], at))


def settings_of(device: BoundDevice) -> Settings:
    """Return the session that a device's connection describes."""
    c: Connection = device.connection
    return Settings(
        host=c.host,
        port=c.port,
        version=c.version,
        client_id=c.client_id or client_id(device.site, c),
        user=c.user,
        password=c.password.get_secret_value() if c.password is not None else None,
        tls=_tls(c.tls),
        keepalive=c.keepalive // SECOND,
        session_expiry=c.session_expiry // SECOND,
        receive_max=c.receive_max,
        timeout=device.timeout,
    )


def window_of(settings: Settings) -> int:
    """Return how many messages the broker may have under way: its Receive Maximum; 3.1.1 has none, brokers few."""
    return settings.receive_max if settings.version == 5 else MOST_UNDER_WAY


def client_id(site: str, connection: Connection) -> str:
    """Return a name that one site gives one broker for ever, and another site does not.

    At most 23 letters and digits, which every broker must take (MQTT 3.1.1, 3.1.3.1).
    """
    address = f"{site} {connection.host} {connection.port} {connection.user or ''}"
    return "citywatch" + hashlib.blake2b(address.encode(), digest_size=7).hexdigest()


def _tls(given: Tls | bool | None) -> TlsFiles | None:
    if isinstance(given, Tls):
        return TlsFiles(given.ca, given.cert, given.key)
    return TlsFiles() if given else None
