"""Another configuration without a restart: what it would change is shown, then done whole or not at all.

Everything that can go wrong goes wrong before anything is touched: the files are read, checked and compiled beside the
running hub. Then the lines that go are stopped, and within one step of the loop every part takes the new site and what
that says is handed to the journal as one batch; what comes starts after. A hub that is killed on the way reads the same
files when it starts again and says the same: there is no half-applied configuration to come back to.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
from msgspec import Struct

from drivers.renewal import Renewal
from drivers.runner import Runner
from hub import changes
from hub.alarming import Alarming
from hub.commands import Commands
from hub.config.problems import ERROR
from hub.health import Health
from hub.intake import Road
from hub.journal import Journal
from hub.model import (
    Alarm,
    Clock,
    ConfigError,
    Refused,
    Site,
    SystemNote,
    Timestamp,
)
from hub.model.changes import Ending, Plan
from hub.playbooks import Playbooks
from hub.state import State
from rules import Engine
from rules.succession import Succession, orphaned, succeed

log = structlog.get_logger(__name__)

APPLIED, REFUSED = "configuration_applied", "configuration_refused"
RECORD_SECONDS = 5.0
MOST = 200
"""Names of one sort in a journaled note; beyond that it says how many more there are."""

Source = Callable[[], tuple[Site, str]]
"""Read the configuration anew: the site, and a digest of the files that it was made from. Raises ConfigError."""


Notes = Callable[[Succession, Timestamp], Sequence[SystemNote]]
"""What is journaled of a change."""


class Describable(Protocol):
    """A part that needs to know nothing but the new site."""

    def describe(self, site: Site) -> None:
        """Take a changed site."""
        ...


class House(Struct):
    """The parts that must follow."""

    engine: Engine
    alarming: Alarming
    journal: Journal
    road: Road
    state: State
    health: Health
    runner: Runner
    commands: Commands
    playbooks: Playbooks
    notify: Describable
    store: Callable[[Site], Awaitable[None]]
    """Writes the site's names into the database, now or when it is back."""


class _Prepared(Struct):
    site: Site
    engine: Engine
    renewal: Renewal
    plan: Plan


class Applying:
    """Compares the files of the site with what runs, and takes them over."""

    def __init__(self, site: Site, source: Source | None, house: House, clock: Clock) -> None:
        """Without a `source` there is nothing to read anew."""
        self.site = site
        self._source = source
        self._house = house
        self._clock = clock
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def engine(self) -> Engine:
        """The rules that run."""
        return self._house.engine

    async def plan(self) -> Plan:
        """Return what applying would do now. Raises ConfigError naming every mistake, Refused."""
        async with self._turn:
            return (await self._prepare()).plan

    async def apply(self, who: str, digest: str | None = None) -> Plan:
        """Take the files over; return what that did, once it is journaled.

        `digest` names the plan that was shown. Raises ConfigError, Refused: conflict (the files have changed since),
        fixed, other_site, not_recorded; then nothing has changed.
        """
        task = asyncio.create_task(self._apply(who, digest), name="apply")
        self._keep(task)
        return await asyncio.shield(task)  # whoever asked may go away; what was begun is ended

    async def grow(self, widen: Callable[[Site], Site], notes: Sequence[SystemNote]) -> None:
        """Run on with the points that rows of devices brought or took; no line is closed for it."""
        async with self._turn:
            drill = self._house.engine.drill
            site, engine = await asyncio.to_thread(_widened, widen, self.site, drill)
            if engine is None:  # rows that went or came back bring no other points
                for note in notes:
                    self._say(note)
                return
            self._follow(site, engine, lambda _next, _now: notes, None, _nothing)
            self._house.runner.grow(list(site.devices.values()))
        await self._house.store(site)

    async def stop(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, task: "asyncio.Task[object]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _apply(self, who: str, digest: str | None) -> Plan:
        async with self._turn:
            try:
                prepared = await self._prepare()
                self._permit(prepared.plan, digest)
            except (ConfigError, Refused) as why:
                log.warning("another configuration was refused", who=who, why=str(why))
                self._say(SystemNote(REFUSED, {"who": who, "problems": _problems(why)}, self._clock.now()))
                raise
            if prepared.plan.changes:
                await self._take_over(prepared, who)
            return prepared.plan

    def _permit(self, plan: Plan, digest: str | None) -> None:
        if digest is not None and digest != plan.digest:
            raise Refused("conflict", "the files have changed since the plan was made; look at a new plan")
        if self._house.journal.file.trouble is not None:
            raise Refused("not_recorded", "the journal takes no writes just now, so nothing was changed")

    async def _take_over(self, prepared: _Prepared, who: str) -> None:
        durable = asyncio.Event()
        await self._house.runner.renew(prepared.renewal, lambda: self._swap(prepared, who, durable.set))
        log.warning("another configuration was applied", who=who, digest=prepared.plan.digest)
        self._keep(asyncio.create_task(self._describe_store(prepared.site), name="names"))
        try:
            await asyncio.wait_for(durable.wait(), RECORD_SECONDS)
        except TimeoutError:
            log.error("the configuration was applied and could not be journaled yet", who=who)

    async def _describe_store(self, site: Site) -> None:
        await self._house.store(site)

    # -- before -----------------------------------------------------------------------------------------------------

    async def _prepare(self) -> _Prepared:
        source = self._source
        if source is None:
            raise Refused("fixed", "this hub was started with a configuration that it cannot read anew; restart it")
        drill = self._house.engine.drill
        read, digest, engine = await asyncio.to_thread(_compiled, source, drill)
        if read.id != self.site.id:
            raise Refused("other_site", f"the files are now those of '{read.id}', and this hub runs '{self.site.id}'")
        site = changes.without_waits(self.site, read)
        renewal = self._house.runner.renewal(list(site.devices.values()))
        return _Prepared(site, engine, renewal, self._planned(read, site, engine, renewal, digest))

    def _planned(self, read: Site, site: Site, engine: Engine, renewal: Renewal, digest: str) -> Plan:
        now, devices = self.site, changes.devices(self.site, site)
        fresh = {*devices.added, *devices.removed}
        return Plan(
            digest=digest,
            folder=site.folder,
            devices=devices,
            rules=changes.rules(now, site),
            others=changes.others(now, site),
            reconnect=[device for device in renewal.touched if device not in fresh],
            ends=[_ending(alarm, site.language) for alarm in orphaned(self._house.engine, engine)],
            waits=changes.waits(now, read),
        )

    # -- the one step -----------------------------------------------------------------------------------------------

    def _swap(self, prepared: _Prepared, who: str, done: Callable[[], None]) -> None:
        """Let every part take the new site. Nothing in here waits, and nothing else runs meanwhile."""
        plan = prepared.plan
        self._follow(prepared.site, prepared.engine, lambda next_, now: [_note(plan, next_, who, now)], who, done)

    def _follow(self, site: Site, engine: Engine, notes: Notes, who: str | None, done: Callable[[], None]) -> None:
        house, now = self._house, self._clock.now()
        strange = changes.strangers(self.site, site)
        house.alarming.follow_clock(now)
        next_ = succeed(house.engine, engine, now, strange=strange, who=who)
        house.engine, self.site = next_.engine, site
        house.state.describe(site, house.health.describe(site.devices, now), strange)
        house.alarming.succeed(next_.engine, [*notes(next_, now), *next_.records], done)
        house.road.describe(site, strange)
        house.commands.describe()
        house.playbooks.describe(site.rules, next_.engine.alarms(), now)
        house.notify.describe(site)

    def _say(self, note: SystemNote) -> None:
        house = self._house

        def heard() -> None:
            house.state.publish(self._clock.now(), (), [note])

        if house.journal.file.trouble is None:
            house.journal.append([note], heard)


def _compiled(source: Source, drill: bool) -> tuple[Site, str, Engine]:
    site, digest = source()
    try:
        return site, digest, Engine(site, drill=drill)
    except ValueError as wrong:
        raise Refused("rules", str(wrong)) from wrong


def _widened(widen: Callable[[Site], Site], site: Site, drill: bool) -> tuple[Site, Engine | None]:
    wide = widen(site)
    same = all(wide.devices[d.id].points == d.points for d in site.devices.values() if d.found)
    return wide, None if same else Engine(wide, drill=drill)


def _nothing() -> None:
    pass


def _ending(alarm: Alarm, language: str) -> Ending:
    t = alarm.last
    return Ending(t.alarm, t.state, t.priority.word, alarm.since, t.text.say(language))


def _note(plan: Plan, next_: Succession, who: str, now: Timestamp) -> SystemNote:
    detail: dict[str, object] = {
        "who": who, "digest": plan.digest, "ended": _few([alarm.last.alarm for alarm in next_.removed]),
        "others": plan.others, "waits": plan.waits,
    }  # fmt: skip
    for name, found in (("devices", plan.devices), ("rules", plan.rules)):
        told = {"added": _few(found.added), "changed": _few(list(found.changed)), "removed": _few(found.removed)}
        detail[name] = {word: ids for word, ids in told.items() if ids}
    return SystemNote(APPLIED, detail, now)


def _problems(why: ConfigError | Refused) -> list[str]:
    """Return every mistake with its place, or the one reason."""
    found = why.problems if isinstance(why, ConfigError) else None
    if not isinstance(found, list):
        return [str(why)]
    return _few([f"{p.file}:{p.line}:{p.column}: {p.message}" for p in found if p.level == ERROR])


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= MOST else [*names[:MOST], f"… {len(names) - MOST} more"]
