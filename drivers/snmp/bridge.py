"""Watches the tables of a switch for addresses that were never there: each is an event, told once it is durable.

What was learnt is in the state folder, so that a restart learns nothing anew and tells nobody twice. A hub that is
killed between commit and file tells the same again, under the same key.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import structlog

from drivers.base import BoundDevice, Kept
from drivers.snmp.bridge_event import Strangers
from drivers.snmp.client import SnmpClient
from drivers.snmp.connection import Limits
from drivers.snmp.exchange import BadAnswer
from drivers.snmp.strangers import Memory, Place, places
from drivers.snmp.value import Raw, text_of
from hub.model import SECOND, Clock, DeviceEvent, DeviceId, EventMap, Intake, Misconfigured, Refused, Timestamp, Value

log = structlog.get_logger(__name__)

FOLDER = "snmp-addresses"
AT_ONCE = 100
"""Strangers of one look that are told together; the others come with the next."""
WORDS = ("mac", "port", "vlan")


class Bridge:
    """The address tables of one device."""

    def __init__(self, device: BoundDevice, event: EventMap, limits: Limits, client: SnmpClient, clock: Clock) -> None:
        strange = sorted(set(event.attributes.values()) - set(WORDS))
        if strange:
            told = f"{device.id}: the event {event.name} has no {strange[0]!r}; its attributes are {', '.join(WORDS)}"
            raise Misconfigured(told)
        self._device = device
        self._event = event
        self._limits = limits
        self._client = client
        self._clock = clock
        self._path = Path(device.state, FOLDER, f"{device.id}.json") if device.state else None
        self._memory: Memory | None = None
        self._due = 0

    async def kept(self) -> Kept | None:
        """Return the strangers of a look, if one is due and finds any. Raises Refused, NoAnswer, Unreachable."""
        address: Strangers = self._event.address
        if self._clock.monotonic() < self._due:
            return None
        seen = await self._seen(address)
        self._due = self._clock.monotonic() + round(address.every * SECOND)
        now = self._clock.now()
        memory = self._memory
        if memory is None:
            memory = self._memory = await asyncio.to_thread(_read, self._path, now)
        strangers, changed = memory.take(seen, now, address.learn, address.most)
        if changed:
            await self._keep(memory)
        if not strangers:
            return None
        told = strangers[:AT_ONCE]
        names = await self._names(address, told)
        events = [self._told(place, names, now) for place in told]
        return Kept(Intake(events=events), lambda: self._settle(memory, told, now), len(strangers) - len(told))

    async def _settle(self, memory: Memory, told: Sequence[Place], now: Timestamp) -> None:
        memory.know([place.mac for place in told], now, self._event.address.most)
        await self._keep(memory)

    async def _seen(self, address: Strangers) -> dict[str, Place]:
        for column in address.tables:
            limits = self._limits
            try:
                rows = await self._client.column(
                    column, limits.repetitions, limits.largest_table, self._device.timeout
                )  # fmt: skip
            except BadAnswer as why:
                raise Refused(why.reason or "protocol_error", f"addresses that were learnt: {why}") from why
            if found := places(rows):
                return found
        return {}

    async def _names(self, address: Strangers, told: Sequence[Place]) -> dict[int, str]:
        """Return the names of ports, as far as the agent tells them."""
        if address.interfaces is None or address.names is None:
            return {}
        ports = list(dict.fromkeys(place.port for place in told))
        indexes = await self._cells(address.interfaces, ports)
        wanted = [index for index in indexes.values() if isinstance(index, int)]
        names = await self._cells(address.names, wanted)
        found = ((port, names.get(index)) for port, index in indexes.items() if isinstance(index, int))
        return {port: text_of(name) for port, name in found if name is not None and text_of(name).strip()}

    async def _cells(self, column: str, rows: Sequence[int]) -> dict[int, Raw]:
        made: dict[int, Raw] = {}
        for first in range(0, len(rows), self._limits.largest):
            asked = {f"{column}.{row}": row for row in rows[first : first + self._limits.largest]}
            try:
                answer: Mapping[str, Raw] = await self._client.get(list(asked), self._device.timeout)
            except BadAnswer:
                continue
            made |= {asked[name]: value for name, value in answer.items() if name in asked}
        return made

    def _told(self, place: Place, names: Mapping[int, str], now: Timestamp) -> DeviceEvent:
        said: dict[str, Value | None] = {
            "mac": place.mac, "port": names.get(place.port, str(place.port)), "vlan": place.vlan,
        }  # fmt: skip
        event = self._event
        attributes = {name: said.get(where) for name, where in event.attributes.items()} if event.attributes else said
        return DeviceEvent(self._device.id, event.kind, attributes, None, now, f"mac/{place.mac}", event.lane)

    async def _keep(self, memory: Memory) -> None:
        try:
            await asyncio.to_thread(_write, self._path, memory)
        except OSError as why:
            log.error(
                "addresses cannot be kept; after a restart they are strangers", device=self._device.id, why=str(why)
            )


def bridges(
    devices: Sequence[BoundDevice], limits: Mapping[DeviceId, Limits], client: SnmpClient, clock: Clock
) -> dict[DeviceId, Bridge]:
    """Return what watches the devices that have such an event and want it."""
    return {
        device.id: Bridge(device, event, limits[device.id], client, clock)
        for device in devices
        for event in device.events
        if event.address.learn
    }


def _read(path: Path | None, now: Timestamp) -> Memory:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory) if path else Memory(now)
    except FileNotFoundError:
        return Memory(now)
    except (OSError, ValueError) as why:
        log.error("what was learnt of addresses cannot be read; it is learnt anew", file=str(path), why=str(why))
        return Memory(now)


def _write(path: Path | None, memory: Memory) -> None:
    if path is None:
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(memory))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
