"""`citywatch replay SITE --since 24h`: which alarms the rules would have raised on the history that is stored."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from msgspec.structs import replace

from adapters.timescale.connections import opened
from adapters.timescale.past import Past
from drivers import REGISTRY
from hub.cli.since import since as how_far
from hub.cli.store import database
from hub.config import load
from hub.config.candidates import candidate_rules
from hub.model import SECOND, Site, SystemClock, Timestamp
from rules.backtest import Backtest, Change, Count, compared


def replay(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.", file_okay=False)],
    state: Annotated[Path, typer.Option("--state", help="The hub's state folder, where an embedded database lies.")],
    since: Annotated[str, typer.Option("--since", help="How far back, such as 24h.")] = "24h",
    rules: Annotated[Path | None, typer.Option("--rules", help="A rule file to try instead of the site's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try rules on stored history. / Chạy lại quy tắc trên dữ liệu đã lưu."""
    span = how_far(since)
    loaded = load(site, REGISTRY)
    tried = loaded if rules is None else replace(loaded, rules=candidate_rules(site, REGISTRY, rules))
    tests = [Backtest(tried)]
    if rules is not None:
        names = {rule.id for rule in tried.rules}
        tests.append(Backtest(replace(loaded, rules=tuple(rule for rule in loaded.rules if rule.id in names))))
    now = SystemClock().now()
    heard = asyncio.run(_run(site, state, loaded, tests, (now - span, now)))
    changes = compared(tests[1] if len(tests) > 1 else None, tests[0])
    typer.echo(_json(tests[0], changes, heard) if as_json else _text(loaded, tests, changes, heard))


async def _run(
    folder: Path, state: Path, site: Site, tests: Sequence[Backtest], span: tuple[Timestamp, Timestamp]
) -> int:
    """Lead every test through the past; return how many readings and events there were."""
    start, end = span
    heard, said, clock = 0, 0, SystemClock()
    points = frozenset().union(*(test.watched for test in tests))
    told_of = frozenset().union(*(test.told_of for test in tests))
    async with database(folder, state) as dsn, opened(dsn) as connection:
        async for until, slice_ in Past(connection, site, points, told_of).heard(start, end):
            for one in slice_:
                heard += len(one.readings) + len(one.events)
                for test in tests:
                    test.take(one.at, one.readings, one.events)
            for test in tests:
                test.pass_time(until)
            if clock.monotonic() - said > SECOND:
                said = clock.monotonic()
                done = 100 * (until - start) // max(1, end - start)
                typer.echo(f"{done:3} %, {heard:,} readings and events", err=True)
    return heard


def _json(test: Backtest, changes: Sequence[Change], heard: int) -> str:
    return msgspec.json.encode({"heard": heard, "rules": changes, "alarms": test.alarms}).decode()


def _text(site: Site, tests: Sequence[Backtest], changes: Sequence[Change], heard: int) -> str:
    zone = ZoneInfo(site.timezone)
    lines = [f"{heard:,} readings and events; {len(changes)} rules"]
    for change in changes:
        if change.after is not None and (change.after.raised or len(tests) > 1):
            lines.append(f"{_verdict(change, len(tests) > 1):<12}{change.rule:<28}{_said(change.after, zone)}")
    worst = sorted(tests[0].alarms.items(), key=lambda item: -item[1].raised)[:20]
    if worst:
        lines += ["", "most often:"]
    lines += [f"  {count.raised:>6} ×  {alarm}  {_said(count, zone)}" for alarm, count in worst]
    return "\n".join(lines)


def _verdict(change: Change, compare: bool) -> str:
    """Say how often a rule spoke, and how often the running one did."""
    after = 0 if change.after is None else change.after.raised
    if not compare:
        return f"{after}"
    return f"new: {after}" if change.before is None else f"{change.before.raised} → {after}"


def _said(count: Count, zone: ZoneInfo) -> str:
    if count.first is None or count.last is None:
        return "never"
    first, last = (datetime.fromtimestamp(t // SECOND, zone) for t in (count.first, count.last))
    return f"first {first:%d.%m. %H:%M:%S}, last {last:%d.%m. %H:%M:%S}"
