"""From one engine to the next when the configuration changes: what is unchanged goes on as if nothing had happened.

What is told apart is the test: its place in the rule, its words, its point. A test that is the same keeps what it last
saw, its window, its running delay; one that is new hears the last reading of its point at once, so that a new limit is
judged now and not with the next change. Alarms that no rule stands behind any more end, each with a record.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from hub.model import Alarm, AlarmId, PointId, Reading, Rule, Site, Timestamp
from rules.engine import Engine
from rules.instance import Wire
from rules.upkeep import Said


class Succession(Struct, frozen=True):
    """The next engine, what the change itself says, and what becomes of rules and alarms."""

    engine: Engine
    records: Said
    """To be journaled before anything else: removals, and what the new rules say of the last readings."""
    removed: list[Alarm]
    """Alarms that stood and whose rule, device or point is gone."""
    kept: int
    """Alarms to be whose rule is the same as before."""
    changed: list[str]
    """Rules that are there before and after, and differ."""
    added: list[str]
    gone: list[str]


def succeed(
    old: Engine,
    site: Site | Engine,
    now: Timestamp,
    *,
    strange: frozenset[PointId] = frozenset(),
    who: str | None = None,
) -> Succession:
    """Return what goes on in place of `old` for another configuration; `old` must not be used any more. Pure.

    `site` may have been compiled before, elsewhere. `strange` are points whose last reading means nothing any more; of
    them nothing is known until they are heard again. `who` ends the alarms that no rule stands behind.

    Raises ValueError naming a rule that cannot be compiled; then `old` goes on.
    """
    fresh = Engine(site, drill=old.drill) if isinstance(site, Site) else site
    records: Said = list(old.wake(now))
    fresh.load(old.dump())
    removed = orphaned(old, fresh)
    before = {wire_key(wire): wire for wire in _wires(old) if wire.point is None or wire.point.id not in strange}
    new = [wire for wire in _wires(fresh) if not _carry(before.get(wire_key(wire)), wire)]
    records += fresh.orphans(now, who)
    records += fresh.wake(now)
    records += fresh.look_again(new, _last_readings(before.values()), now)
    return Succession(fresh, records, removed, *_compare(old, fresh))


def orphaned(old: Engine, fresh: Engine) -> list[Alarm]:
    """Return the alarms that stand and that no rule of the next engine stands behind."""
    return [alarm for alarm in old.alarms() if not fresh.can_raise(alarm.last.alarm)]


def _wires(engine: Engine) -> Iterator[Wire]:
    return (wire for instance in engine.instances.values() for wire in instance.wires)


def wire_key(wire: Wire) -> tuple[AlarmId, str]:
    """Return what a test is told apart by."""
    return wire.instance.id, wire.key


def _carry(before: Wire | None, wire: Wire) -> bool:
    """Let a test go on from what it last saw; tell whether there was one to go on from."""
    if before is None:
        return False
    wire.truth = wire.instance.truths[wire.index] = before.truth
    wire.last, wire.heard, wire.reading, wire.event = before.last, before.heard, before.reading, before.event
    if wire.lens is not None and before.lens is not None:
        wire.lens.seen = before.lens.seen
    return True


def _last_readings(wires: Iterable[Wire]) -> dict[PointId, Reading]:
    found: dict[PointId, Reading] = {}
    for wire in wires:
        reading = wire.reading
        if reading is not None and (reading.point not in found or found[reading.point].seq <= reading.seq):
            found[reading.point] = reading
    return found


def _compare(old: Engine, fresh: Engine) -> tuple[int, list[str], list[str], list[str]]:
    before, after = ({i.rule.id: i.rule for i in engine.instances.values()} for engine in (old, fresh))
    same = {id_ for id_, rule in after.items() if id_ in before and _acts_alike(before[id_], rule)}
    kept = sum(1 for alarm in fresh.possible & old.possible if alarm.partition(":")[0] in same)
    changed = sorted(after.keys() & before.keys() - same)
    return kept, changed, sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())


def _acts_alike(one: Rule, other: Rule) -> bool:
    return all(getattr(one, field) == getattr(other, field) for field in Rule.__struct_fields__ if field != "origin")
