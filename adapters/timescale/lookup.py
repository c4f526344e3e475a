"""Passages as they are looked up: newest first, by anything but the plate; or, for `hub.looks` alone, with plates.

Only `whole` gives plates out; everything else that reads passages masks them here, so that no whole plate leaves.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql

from adapters.timescale.connections import Connection
from adapters.timescale.rows import instant, timestamp
from hub.model import Refused, Site, Timestamp, row_id
from hub.model.clock import iso
from hub.model.looking import PassageQuery, PlateLook
from hub.model.masking import mask

MOST = 1000
LARGEST = 2**63 - 1
COLUMNS = (
    "id", "device", "zone", "site", "lane", "direction", "class", "colour", "make", "speed", "limit", "violation",
    "plate", "plate_kind", "region", "country", "confidence", "reads", "plate_read", "listed", "picture",
)  # fmt: skip
GUARDED = ("plate_read", "listed", "picture")
SELECT = """
select p.time, p.seq, citywatch_passage_id(p.id), d.name, d.zone, p.place, p.lane, p.direction, p.class, p.colour,
  p.make, p.speed, p.speed_limit, p.violation, p.plate, p.plate_kind, p.region, p.country, p.confidence, p.reads,
  p.plate_read, p.listed, p.picture
from passage p join device d on d.id = p.device_id where {} order by p.time desc, p.seq desc limit {}
"""

LOOKS = """
select body from journal where site = %s and kind = 'plate_look' and at >= %s and at <= %s order by at, journal_id, seq
"""

Row = dict[str, Any]


async def masked_passages(connection: Connection, site: Site, query: PassageQuery) -> list[Row]:
    """Return passages with their plates masked. Raises psycopg.Error, Refused for a page that is none."""
    return [_masked(row) for row in await whole(connection, site, query)]


async def whole(connection: Connection, site: Site, query: PassageQuery) -> list[Row]:
    """Return passages with whole plates: whoever asks has it journaled. Raises as `masked_passages`."""
    statement = sql.SQL(SELECT).format(
        sql.SQL(" and ").join(_conditions(site, query)), sql.Literal(min(query.limit, MOST))
    )
    return [_row(*row) for row in await (await connection.execute(statement)).fetchall()]


async def looks_between(connection: Connection, site: Site, start: Timestamp, end: Timestamp) -> list[PlateLook]:
    """Return the records of looks at plates in order, as they were journaled. Raises psycopg.Error."""
    rows = await (await connection.execute(LOOKS, (site.id, instant(start), instant(end)))).fetchall()
    return [msgspec.convert(body, PlateLook) for (body,) in rows]


def _row(at: datetime, seq: int, *columns: Any) -> Row:
    time = timestamp(at)
    return {"time": iso(time), "page": f"{time // 1000}-{seq}", **dict(zip(COLUMNS, columns, strict=True))}


def _masked(row: Row) -> Row:
    shown = {name: value for name, value in row.items() if name not in GUARDED}
    return shown if row["plate"] is None else shown | {"plate": mask(row["plate"])}


def _conditions(site: Site, query: PassageQuery) -> list[sql.Composable]:
    exact = {
        "p.lane": query.lane, "p.class": query.vehicle, "p.violation": query.violation, "p.plate": query.plate,
        "p.device_id": None if query.device is None else row_id(site.id, query.device),
    }  # fmt: skip
    start, end = sql.Literal(instant(query.start)), sql.Literal(instant(query.end))
    found: list[sql.Composable] = [
        sql.SQL("d.site = {} and p.reads > 0").format(sql.Literal(site.id)),
        sql.SQL("p.time >= {} and p.time < {}").format(start, end),
    ]
    for column, wanted in exact.items():
        if wanted is not None:
            found.append(sql.SQL("{} = {}").format(sql.SQL(column), sql.Literal(wanted)))
    if query.violations:
        found.append(sql.SQL("p.violation is not null"))
    if query.zones is not None:
        found.append(_within(query.zones))
    if query.ids:
        found.append(sql.SQL("p.id = any({})").format(sql.Literal([_number(id_) for id_ in query.ids])))
    if query.before is not None:
        found.append(sql.SQL("(p.time, p.seq) < ({}, {})").format(*map(sql.Literal, _page(query.before))))
    return found


def _within(zones: Sequence[str]) -> sql.Composable:
    inside: list[sql.Composable] = [
        sql.SQL("starts_with(d.zone || '/', {})").format(sql.Literal(f"{zone}/")) for zone in zones
    ]
    return sql.SQL("({})").format(sql.SQL(" or ").join(inside or [sql.SQL("false")]))


def _number(id_: str) -> int:
    number = int(id_, 16) if len(id_) == 16 and all(c in "0123456789abcdef" for c in id_) else -1
    if not 0 <= number <= LARGEST:
        raise Refused("bad_id", "this is not the id of a passage: 16 hexadecimal digits")
    return number


def _page(before: str) -> tuple[datetime, int]:
    microseconds, _, number = before.partition("-")
    try:
        return instant(int(microseconds) * 1000), int(number)
    except (ValueError, OverflowError):
        raise Refused("bad_page", "this is not the `next` of a page of passages") from None
