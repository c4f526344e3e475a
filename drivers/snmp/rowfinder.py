"""Walks the tables of one agent for rows that nobody listed: at first, when it says they changed, and after a while.

An agent that says nothing of changes (no ifTableLastChange, no number of rows) is walked each time it is looked at.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from drivers.base import BoundDevice
from drivers.snmp import rates, walking
from drivers.snmp.client import SnmpClient
from drivers.snmp.connection import Limits
from drivers.snmp.exchange import BadAnswer
from drivers.snmp.reads import UPTIME
from drivers.snmp.table import Table
from drivers.snmp.tables import AGE, Tables, guards_of
from drivers.snmp.value import Raw
from hub.model import Clock, DeviceId, FoundGroup, FoundRow, Refused


class _Look(Struct, frozen=True):
    """How a table stood when it was last walked."""

    says: tuple[Raw | None, ...]
    moment: rates.Moment


class RowFinder:
    """The tables of one agent."""

    def __init__(self, client: SnmpClient, tables: Tables, clock: Clock) -> None:
        self.walks = 0
        self._client = client
        self._tables = tables
        self._clock = clock
        self._looks: dict[tuple[DeviceId, str], _Look] = {}

    async def found(self, device: BoundDevice, limits: Limits, group: FoundGroup) -> Sequence[FoundRow] | None:
        """Return the rows of a table, or None when nothing says that they changed. Raises Refused, DriverError."""
        table: Table = group.address
        look = await self._look(device, table)
        before = self._looks.get((device.id, group.name))
        if before is not None and _unchanged(before, look):
            return None
        try:
            rows = await self._walk(device, limits, table, group.most)
        except BadAnswer as why:
            raise Refused(why.reason or "protocol_error", f"rows of '{group.name}': {why}") from why
        self._looks[device.id, group.name] = look
        return rows

    async def _look(self, device: BoundDevice, table: Table) -> _Look:
        """Ask what tells of changes, before anything is read."""
        guards = guards_of(table.names)
        try:
            answer = await self._client.get([UPTIME, *dict.fromkeys((*table.changed, *guards))], device.timeout)
        except BadAnswer:
            answer = {}
        self._tables.guard(answer, guards)
        uptime = answer.get(UPTIME)
        moment = rates.Moment(uptime if isinstance(uptime, int) else None, self._clock.monotonic())
        return _Look(tuple(answer.get(name) for name in table.changed), moment)

    async def _walk(self, device: BoundDevice, limits: Limits, table: Table, most: int) -> list[FoundRow]:
        indexes = walking.wanted(table, await self._column(device, limits, table.walk))
        if len(indexes) > most:
            told = f"{len(indexes)} rows, more than the {most} that are taken: raise 'most', or list the rows"
            raise Refused("misconfigured", f"the table {table.walk} has {told}")
        names: dict[str, Mapping[str, Raw]] = {}
        for column in table.names:
            names[column] = await self._column(device, limits, column)
            self._tables.learn(column, names[column], self._clock.monotonic())
            if not walking.unnamed(indexes, names[column]):
                break
        return walking.rows(table, indexes, names)

    async def _column(self, device: BoundDevice, limits: Limits, column: str) -> Mapping[str, Raw]:
        self.walks += 1
        return await self._client.column(column, limits.repetitions, limits.largest_table, device.timeout)


def _unchanged(before: _Look, now: _Look) -> bool:
    speaks = any(said is not None for said in now.says)
    young = now.moment.at - before.moment.at < AGE
    return speaks and young and now.says == before.says and not rates.restarted(before.moment, now.moment)
