"""The ledger of what is missing, kept from the journal: outages of devices, links, the database and the hub.

Rows are written in the transaction that stores the journal's records, so each outage is there once, whatever dies.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from adapters.timescale.rows import instant
from hub.model import DeviceChange, DeviceState, JournalRecord, SystemNote, row_id

AWAY, BACK = "database_away", "database_back"
"""What the store notes in the journal of its own outages."""
SPEAKS = (DeviceState.ONLINE, DeviceState.DEGRADED)

BEGIN = """
insert into gap (site, cause, device_id, t_from, reason) values (%(site)s, %(cause)s, %(device)s, %(at)s, %(reason)s)
on conflict do nothing
"""
# A device that was not heard yet and now is known to be away: the same outage, with a better reason.
BEGIN_DEVICE = """
with waited as (
  update gap set cause = %(cause)s, reason = %(reason)s, t_from = least(t_from, %(at)s)
  where device_id = %(device)s and t_to is null and (reason = 'waiting' or %(reason)s <> 'waiting') returning 1)
insert into gap (site, cause, device_id, t_from, reason)
select %(site)s, %(cause)s, %(device)s, %(at)s, %(reason)s
where not exists (select from gap where device_id = %(device)s and t_to is null)
"""
END = """
update gap set t_to = greatest(t_from, %(at)s), recovered = %(recovered)s
where site = %(site)s and cause = %(cause)s and t_to is null
"""
# Devices are found again one by one in the first moments of a hub: that is no outage of theirs.
NEVER_WAS = """
delete from gap where device_id = %(device)s and t_to is null
and (t_from >= %(at)s or (reason = 'waiting' and %(at)s - t_from < interval '10 s'))
"""
END_DEVICE = "update gap set t_to = %(at)s where device_id = %(device)s and t_to is null"
KNOWN = "update device set since = %(at)s where id = %(device)s and since > %(at)s"
HUB = """
insert into gap (site, cause, t_from, t_to, reason)
select %(site)s, 'hub', since, %(at)s, case when exists (
    select from journal where site = %(site)s and at between since - interval '1 min' and %(at)s
    and kind = 'system_note' and body ->> 'what' = 'stopped') then 'stopped' else 'crashed' end
from (select %(since)s::timestamptz) as told(since) where since < %(at)s
"""
WAITING = """
insert into gap (site, cause, device_id, t_from, reason)
select site, 'device', id, %(at)s, 'waiting' from device d where site = %(site)s and active
and not exists (select from gap where device_id = d.id and t_to is null)
"""
NEW = """
insert into gap (site, cause, device_id, t_from, reason)
select site, 'device', id, since, 'waiting' from device d where site = %(site)s and active and since > '-infinity'
and not exists (select from gap where device_id = d.id)
and not exists (select from device_change where device_id = d.id)
"""
GONE = """
update gap set t_to = greatest(t_from, d.updated_at) from device d
where d.id = gap.device_id and d.site = %(site)s and not d.active and gap.t_to is null
"""
DROPPED = """
insert into gap (site, cause, lane, t_from, t_to, n, reason) select %(site)s, 'dropped', d ->> 'lane',
  (d ->> 'from')::timestamptz, (d ->> 'to')::timestamptz, (d ->> 'records')::int8, %(reason)s
from (select %(detail)s::jsonb) as said(d)
"""
# Readings that a device delivered afterwards, of the time when it could not be heard.
RECOVERED = """
update gap set recovered = found.n from (
  select g.id, count(*) as n from gap g join point p on p.device_id = g.device_id and not starts_with(p.name, '$')
  join reading r on r.point_id = p.id and r.time >= g.t_from and r.time < g.t_to and r.quality < 256
  where g.t_to > %(since)s group by g.id) as found
where gap.id = found.id and gap.recovered <> found.n
"""

Facts = dict[str, Any]


async def keep_ledger(cursor: AsyncCursor[TupleRow], site: str, record: JournalRecord, detail: object) -> None:
    """Write what a record says of outages; `detail` is a note's own, fit for a jsonb column. Raises psycopg.Error."""
    if isinstance(record, DeviceChange):
        await _device(cursor, site, record)
    elif isinstance(record, SystemNote):
        await _note(cursor, site, record, detail)


async def _device(cursor: AsyncCursor[TupleRow], site: str, change: DeviceChange) -> None:
    facts: Facts = {"site": site, "device": row_id(site, change.device), "at": instant(change.at)}
    if change.state in SPEAKS:
        for statement in (NEVER_WAS, END_DEVICE, KNOWN):
            await cursor.execute(statement, facts)
        return
    cause = "link" if change.reason == "unreachable" else "device"
    await cursor.execute(KNOWN, facts)
    await cursor.execute(BEGIN_DEVICE, facts | {"cause": cause, "reason": change.reason or change.state.value})


async def _note(cursor: AsyncCursor[TupleRow], site: str, note: SystemNote, detail: object) -> None:
    facts: Facts = {"site": site, "at": instant(note.at), "cause": "database", "device": None, "recovered": 0}
    told: Mapping[str, Any] = note.detail
    if note.what == AWAY:
        await cursor.execute(BEGIN, facts | {"reason": str(told.get("reason", ""))})
    elif note.what == BACK:
        await cursor.execute(END, facts | {"recovered": told.get("records", 0)})
    elif note.what in ("dropped", "merged"):
        reason = "spool_full" if note.what == "dropped" else "merged"
        await cursor.execute(DROPPED, facts | {"detail": detail, "reason": reason})
    elif note.what == "started":
        await cursor.execute(END, facts)
        await cursor.execute(HUB, facts | {"since": told.get("down_since")})
        await cursor.execute(WAITING, facts)
