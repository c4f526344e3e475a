"""One SNMP agent: signing in, values by OID, columns of tables.

An answer that carries an error (too big, no such name in version 1, general error) has no values: that is all the
library tells of it, so sysUpTime is asked along and tells such an answer from one that has nothing of what was asked.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gufo.snmp._fast import GetIter

from drivers.snmp import oid as oids
from drivers.snmp import plan, signin
from drivers.snmp.connection import Connection
from drivers.snmp.exchange import BadAnswer, Distrusted, Exchange
from drivers.snmp.reads import UPTIME
from drivers.snmp.value import Raw
from hub.model import SECOND, Clock, DriverError, Misconfigured, NoAnswer, Unreachable

LONGEST_WALK = 20 * SECOND
QUIET = 100 * SECOND
"""After so long without an answer the agent's time is asked for again: 150 s apart is outside its window (RFC 3414)."""

_T = TypeVar("_T")
Row = tuple[str, Raw] | None
"""An OID and its value; None: the column ends."""


class SnmpClient:
    """What can be asked of one agent."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.exchange = Exchange(connection, clock)
        self._connection = connection
        self._clock = clock
        self._where = self.exchange.where
        self._proven = False
        """Whether the agent ever accepted this sign-in: then a refusal passes, and is no mistake in the files."""
        self._doubt = False
        """Whether the agent may have become another engine: a restarted one may not answer the old one's messages."""

    async def open(self, patience: float) -> None:
        """Find the agent and sign in. Raises Unreachable, Misconfigured."""
        try:
            await self._sign_in(patience)
        except NoAnswer as why:
            raise Unreachable(self._silence_explained(patience), "timeout") from why
        except BadAnswer as why:
            told = f"what answers at {self._where} does not speak SNMP {self._connection.version}"
            raise Unreachable(told, "protocol_error") from why

    async def get(self, names: list[str], patience: float, weight: int = 0) -> dict[str, Raw]:
        """Return the values the agent has of these OIDs; none at all when it answers with an error.

        Raises NoAnswer, Unreachable, Misconfigured, BadAnswer.
        """
        exchange = self.exchange
        before = exchange.requests
        try:
            return await self._ask(lambda s: s.send_get_many(names), _receive_values, patience)
        finally:
            exchange.weigh(exchange.requests - before, weight or plan.weight(names))

    async def column(self, column: str, repetitions: int, most: int, patience: float) -> dict[str, Raw]:
        """Return every row of a column by index.

        Raises NoAnswer, Unreachable, Misconfigured; BadAnswer when it runs in circles, has no end or cannot be decoded.
        """
        walk = _Walk(column, repetitions if self._connection.version != 1 else 0)
        until = self._clock.monotonic() + LONGEST_WALK
        while not walk.ended:
            before = self.exchange.requests
            walk.take(await self._ask(walk.send, walk.receive, patience))
            self.exchange.weigh(self.exchange.requests - before, plan.weight([column]) + 2)
            if len(walk.rows) > most or self._clock.monotonic() > until:
                told = f"the table {column} of {self._where} has no end after {len(walk.rows)} rows"
                raise BadAnswer(told, "misconfigured" if len(walk.rows) > most else "timeout")
        return walk.rows

    def close(self) -> None:
        """Forget the socket; safe to call at any time."""
        self.exchange.close()

    async def _ask(self, send: Callable[[Any], None], receive: Callable[[Any], _T], patience: float) -> _T:
        """Ask; where the agent no longer accepts what it accepted before (it was restarted), sign in and ask again."""
        if not self.exchange.is_open:
            raise Unreachable(f"the line to {self._where} is closed")
        if self._connection.version == 3:
            await self._refresh(patience)
        try:
            return await self.exchange.ask(send, receive, patience)
        except NoAnswer:
            self._doubt = True
            raise
        except Distrusted:
            await self._sign_in(patience)
        try:
            return await self.exchange.ask(send, receive, patience)
        except Distrusted as why:
            raise Unreachable(f"{self._where} does not accept the hub's messages any more", "auth_failed") from why

    async def _refresh(self, patience: float) -> None:
        """Sign in again after a silence; ask for the agent's time again where the last answer is long ago."""
        if self._doubt:
            await self._sign_in(patience)
        elif self._connection.auth and self._clock.monotonic() - self.exchange.heard > QUIET:
            await self.exchange.ask(_send_refresh, _receive_refresh, patience)

    async def _sign_in(self, patience: float) -> None:
        """Try the credentials with a question every agent can answer.

        Raises NoAnswer, Unreachable, Misconfigured, BadAnswer.
        """
        await self.exchange.open(patience)
        try:
            if self._connection.version == 3:
                await self._sign_in_v3(patience)
            else:
                await self._probe(patience)
        except Distrusted as why:
            raise self._blamed(signin.refusal(self.exchange.seen, self._connection)) from why
        finally:
            self.exchange.peeking = False
        self._proven, self._doubt = True, False

    async def _sign_in_v3(self, patience: float) -> None:
        """Discover the engine (RFC 3414, 4), learn its time, and prove the keys."""
        c, exchange = self._connection, self.exchange
        exchange.peeking = True
        await exchange.ask(_send_refresh, _receive_refresh, patience)
        user = signin.user(c)
        signing = user.name, user.get_auth_alg(), user.get_auth_key()
        exchange.use(*signing, user.get_priv_alg(), user.get_priv_key())
        try:
            await self._prove(patience)
        except NoAnswer:
            if c.privacy:
                await self._blame_privacy(signing, patience)
            raise

    async def _prove(self, patience: float) -> None:
        if self._connection.auth:
            await self.exchange.ask(_send_refresh, _receive_refresh, patience)
        await self._probe(patience)

    async def _probe(self, patience: float) -> None:
        await self.exchange.ask(lambda s: s.send_get_many([UPTIME]), _receive_values, patience)

    async def _blame_privacy(self, signing: tuple[str, int, bytes], patience: float) -> None:
        """An agent drops what it cannot decrypt; if it answers the same user unencrypted, the privacy is wrong."""
        self.exchange.seen = b""
        self.exchange.use(*signing, 0, b"")
        try:
            await self._prove(patience)
        except Distrusted:
            if signin.USM_STATS.search(self.exchange.seen):
                raise
        raise self._blamed(signin.wrong_privacy(self._connection))

    def _blamed(self, fault: DriverError) -> DriverError:
        """A sign-in that worked before is no mistake in the files: keep trying."""
        return Unreachable(str(fault), fault.reason) if isinstance(fault, Misconfigured) and self._proven else fault

    def _silence_explained(self, patience: float) -> str:
        secret = "" if self._connection.version == 3 else ", or the community is wrong (agents are silent then)"
        return (
            f"no SNMP answer from {self._where} within {patience:g} s: the agent is off, UDP is blocked on the way, "
            f"the agent does not allow the hub's address{secret}"
        )


class _Walk:
    """One column on its way, row after row, always forward."""

    def __init__(self, column: str, repetitions: int) -> None:
        self.rows: dict[str, Raw] = {}
        self.ended = False
        self._column = column
        self._last: oids.Arcs = ()
        self._place = GetIter(column, repetitions or None)
        self._bulk = repetitions > 0

    def send(self, sock: Any) -> None:
        (sock.send_get_bulk if self._bulk else sock.send_get_next)(self._place)

    def receive(self, sock: Any) -> Sequence[Row]:
        try:
            return sock.recv_get_bulk(self._place) if self._bulk else (sock.recv_get_next(self._place),)
        except StopAsyncIteration:
            return ()

    def take(self, found: Sequence[Row]) -> None:
        """Keep the rows of one answer. Raises BadAnswer when they do not go forward."""
        self.ended = not found
        for item in found:
            index = None if item is None else oids.index_under(self._column, item[0])
            if item is None or index is None:
                self.ended = True
                return
            here = oids.arcs(index)
            if here <= self._last:
                raise BadAnswer(f"the table {self._column} runs in circles at row {index}")
            self.rows[index], self._last = item[1], here


def _receive_values(sock: Any) -> dict[str, Raw]:
    values: dict[str, Raw] = sock.recv_get_many()
    return values


def _send_refresh(sock: Any) -> None:
    sock.send_refresh()


def _receive_refresh(sock: Any) -> None:
    sock.recv_refresh()
