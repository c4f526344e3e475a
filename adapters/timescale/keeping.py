"""How long each class of records is kept, and the holds that stop deletion: a span of time, of one class or of all."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from adapters.timescale.connections import Connection
from adapters.timescale.timeseries import Flavour, Table

TABLES = {
    "readings": "reading", "minutes": "reading_1m", "hours": "reading_1h", "device_events": "device_event",
    "event_hours": "event_1h", "passages": "passage",
    "quarantine": "quarantine",
}  # fmt: skip
"""Words of `store.keep` → time-series tables."""
CLASSES = (*TABLES, "plates", "journal", "snapshots")
DEFAULTS = {"plates": timedelta(days=30), "journal": timedelta(days=5 * 365)}
FIRST = datetime(1970, 1, 1, tzinfo=UTC)

HELD = """
select t_from, t_to from retention_hold where released_at is null and (class is null or class = %s) order by t_from
"""
NOT_HELD = """
not exists (select from retention_hold h where h.released_at is null and (h.class is null or h.class = %(class)s)
  and {time} >= h.t_from and {time} < h.t_to)
"""
JOURNAL = {"journal": "at", "device_change": "at", "gap": "t_to"}
FORGET = "delete from {table} where {time} < %(before)s and "
ALARMS = "delete from alarm where changed_at < %(before)s and acked and not active and not latched and "
PLATES = {
    "time": (
        "update device_event set attributes = attributes - 'plate'"
        " where time < %(before)s and attributes ? 'plate' and ",
        "update passage set plate = null, plate_read = null, listed = null, picture = null"
        " where time < %(before)s and coalesce(plate_read, listed, picture) is not null and ",
    ),
    "at": ("delete from dead_letter where target = 'passage' and at < %(before)s and ",),
}
"""Column of the time → what empties plates when theirs has come; events and passages themselves stay."""


class Hold(Struct, frozen=True):
    """Something that must not be deleted, why, and by whose order."""

    id: int
    record_class: str | None
    start: datetime
    end: datetime
    reason: str
    who: str
    made_at: datetime
    released_at: datetime | None


def keep_of(word: str, keep: Mapping[str, int]) -> timedelta:
    """Return how long a class is kept that has no table of its own."""
    return timedelta(microseconds=keep[word] // 1000) if word in keep else DEFAULTS[word]


async def held(connection: Connection, word: str) -> list[tuple[datetime, datetime]]:
    """Return the spans that holds of a class, or of all, keep from deletion, in order. Raises psycopg.Error."""
    return await (await connection.execute(HELD, (word,))).fetchall()


async def drop_old(connection: Connection, flavour: Flavour, table: Table, word: str, before: datetime) -> int:
    """Drop partitions that lie wholly before a time and touch no hold; return how many. Raises psycopg.Error."""
    dropped, start = 0, FIRST
    for held_from, held_to in await held(connection, word):
        if start < held_from:
            dropped += await flavour.drop_between(connection, table, start, min(before, held_from))
        start = max(start, held_to)
    return dropped + (await flavour.drop_between(connection, table, start, before) if start < before else 0)


async def forget(connection: Connection, keep: Mapping[str, int], now: datetime) -> None:
    """Delete old rows of the journal and what follows from it, and old licence plates. Raises psycopg.Error."""
    facts = {"class": "journal", "before": now - keep_of("journal", keep)}
    for table, time in JOURNAL.items():
        statement = FORGET.format(table=table, time=time) + NOT_HELD.format(time=time)
        await connection.execute(statement.encode(), facts)
    await connection.execute((ALARMS + NOT_HELD.format(time="changed_at")).encode(), facts)
    plates = {"class": "plates", "before": now - keep_of("plates", keep)}
    for time, statements in PLATES.items():
        for statement in statements:
            await connection.execute((statement + NOT_HELD.format(time=time)).encode(), plates)


async def hold(connection: Connection, word: str | None, start: datetime, end: datetime, reason: str, who: str) -> int:
    """Keep a span from deletion; return the number of the hold. Raises psycopg.Error."""
    statement = "insert into retention_hold (class, t_from, t_to, reason, who) values (%s, %s, %s, %s, %s) returning id"
    row = await (await connection.execute(statement, (word, start, end, reason, who))).fetchone()
    return int(row[0]) if row else 0


async def release(connection: Connection, number: int, who: str) -> bool:
    """End a hold; tell whether there was one. It stays on record. Raises psycopg.Error."""
    statement = "update retention_hold set released_at = now(), released_by = %s where id = %s and released_at is null"
    return (await connection.execute(statement, (who, number))).rowcount == 1


async def holds(connection: Connection) -> list[Hold]:
    """Return every hold that stands, oldest first. Raises psycopg.Error."""
    query = (
        "select id, class, t_from, t_to, reason, who, made_at, released_at from retention_hold"
        " where released_at is null order by id"
    )
    return [Hold(*row) for row in await (await connection.execute(query)).fetchall()]
