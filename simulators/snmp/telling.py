"""What an agent tells by itself: traps and informs, by the names that the receiver's profile has for them."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

from pysnmp.proto import rfc1902
from pysnmp.proto.api import v2c

from drivers.snmp.traps_address import Connection, Event, User
from hub.model import EventMap, PointId
from simulators.base import Receiver, Told
from simulators.snmp import community
from simulators.snmp.agent import Agent
from simulators.snmp.engine import Heard, Person, Where, shared
from simulators.snmp.tree import Name, name_of

TRIES = 5
PATIENCE = 0.5
"""Seconds before an inform that was not confirmed is sent again."""
_REQUESTS = count(1)


class Telling:
    """The notifications of one agent."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, told: Told, receiver: Receiver) -> None:
        """Send a notification. Raises KeyError when the receiver has none of that name."""
        event = next((e for e in receiver.events if e.name == told.name), None)
        if event is None:
            raise KeyError(told.name)
        confirmed = told.confirmed
        connection: Connection = receiver.connection
        where = receiver.host, receiver.port
        pdu, request = self._pdu(event, told)
        if connection.users:
            self._tell_v3(self._speaks_as(connection.users), pdu, where, confirmed=confirmed)
            return
        message = community.notification(connection.communities[0].get_secret_value(), pdu)
        if confirmed:
            self._start(message, request, where)
        else:
            self._agent.send(message, where)

    async def stop(self) -> None:
        """Give up what is not confirmed yet."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _pdu(self, event: EventMap, told: Told) -> tuple[Any, int]:
        pdu = v2c.InformRequestPDU() if told.confirmed else v2c.SNMPv2TrapPDU()
        v2c.apiPDU.set_defaults(pdu)
        request = next(_REQUESTS)
        v2c.apiPDU.set_request_id(pdu, request)
        address: Event = event.address
        oid = f"{address.oid}.1" if address.below else address.oid
        first = [
            (v2c.ObjectIdentifier("1.3.6.1.2.1.1.3.0"), v2c.TimeTicks(self._agent.uptime())),
            (v2c.ObjectIdentifier("1.3.6.1.6.3.1.1.4.1.0"), v2c.ObjectIdentifier(oid)),
        ]
        v2c.apiPDU.set_varbinds(pdu, first + list(self._variables(event, told.about)))
        return pdu, request

    def _variables(self, event: EventMap, about: PointId | None) -> Iterator[tuple[Any, Any]]:
        """Give a variable for each attribute that is one: the agent's object there, else the number of the row."""
        row = self._agent.objects.row_of(about)
        for where in event.attributes.values():
            if not where.startswith("$"):
                yield self._variable(name_of(where), row)

    def _variable(self, name: Name, row: Name | None) -> tuple[Any, Any]:
        """Return the object of a row, or the first one below `name` when no row is meant."""
        tree = self._agent.objects.tree
        cell = tree.after(name) if row is None else tree.get(name + row)
        if cell is not None and cell.name[: len(name)] == name:
            shown = self._agent.shown(cell)
            if shown is not None:
                return v2c.ObjectIdentifier(cell.name), shown
        row = row or (1,)
        return v2c.ObjectIdentifier(name + row), rfc1902.Integer32(row[-1])

    def _speaks_as(self, users: Sequence[User]) -> Person:
        """Return the user to send as: the agent's own where the receiver knows it, else the receiver's first."""
        user = next((u for u in users if u.name == self._agent.person.name), users[0])
        return Person(user.name, user.auth, user.privacy)

    def _tell_v3(self, person: Person, pdu: Any, where: Where, *, confirmed: bool) -> None:
        if confirmed:
            self._run(self._until_confirmed_v3(person, pdu, where))
            return
        self._say(person, pdu, where)

    async def _until_confirmed_v3(self, person: Person, pdu: Any, where: Where) -> None:
        """Send until the receiver confirms; its first reports tell its engine and its time (RFC 3414 4)."""
        self._agent.confirming += 1
        try:
            for _ in range(TRIES):
                told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                self._say(person, pdu, where, partial(_settle, told))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        if await told is None:
                            return
        finally:
            self._agent.confirming -= 1
            peer = shared().peer(where)
            if peer is not None:
                shared().forget(peer, person)

    def _say(self, person: Person, pdu: Any, where: Where, heard: Heard | None = None) -> None:
        engine, identity = shared(), self._agent.as_now()
        engine.know(identity, person)
        peer = engine.peer(where) if heard else None
        if peer is not None:
            engine.know(peer, person)  # an inform is signed for the receiver's engine (RFC 3414 1.5.1)
        try:
            for message, to in engine.say(identity, person, pdu, where, heard):
                self._agent.send(message, to)
        finally:
            engine.forget(identity, person)
            self._agent.sign_on()

    def _start(self, message: bytes, request: int, where: Where) -> None:
        self._run(self._until_confirmed(message, request, where))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="inform")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_confirmed(self, message: bytes, request: int, where: Where) -> None:
        confirmed = self._agent.informs[request] = asyncio.Event()
        try:
            for _ in range(TRIES):
                self._agent.send(message, where)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        await confirmed.wait()
                        return
        finally:
            del self._agent.informs[request]


def _settle(told: "asyncio.Future[Any]", status: Any) -> None:
    if not told.done():
        told.set_result(status)
