"""The only place that knows everyone: builds the house for one site, starts it in order, stops it in reverse.

Order of starting (crash-only: the state after `kill -9` is the normal case): state folder and its lock, journal, alarm
state, spool, road, console, then the drivers; the database comes up beside them and nobody waits for it.
"""

import asyncio
import random
import uuid
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog
from msgspec.structs import replace

from adapters import notify
from adapters.timescale import TimescaleAdapter
from adapters.web import WebAdapter
from drivers import REGISTRY
from drivers.runner import Runner
from hub import ownchannels
from hub.alarming import Alarming
from hub.applying import Applying, House, Source
from hub.commands import Acknowledging, Commands
from hub.figures import figures
from hub.folder import StateFolder
from hub.growing import Growing
from hub.health import Health
from hub.intake import Road
from hub.looks import Looks
from hub.losses import Losses
from hub.metrics import Figure, Metrics
from hub.model import (
    Clock,
    CommandSpec,
    Device,
    DeviceState,
    DeviceStatus,
    Record,
    Site,
    SystemClock,
    SystemNote,
)
from hub.model.changes import Plan
from hub.model.clock import iso
from hub.model.notify import Notifying
from hub.ownserver import OwnServer, Progress
from hub.passing import Passing
from hub.passinglog import recall
from hub.photography import Photography
from hub.playbooks import Playbooks
from hub.schedule import Calendar
from hub.state import State
from hub.stream import Stream, Subscription
from hub.supervise import Supervisor
from rules import Engine
from rules.minutes import Minutes
from rules.passes import Passes
from rules.standing import standing
from rules.watchlists import Watchlists

log = structlog.get_logger(__name__)

AGE_SECONDS = 0.5
LOSS_SECONDS = 10.0
DISK_SECONDS = 30.0
STATIC = Path(__file__).resolve().parent.parent / "adapters" / "web" / "static"


class Hub:
    """One running site."""

    def __init__(
        self,
        site: Site,
        state: Path,
        *,
        clock: Clock | None = None,
        port: int | None = None,
        progress: Progress = lambda _what: None,
        drill: bool = False,
        source: Source | None = None,
    ) -> None:
        """`drill`: alarms are marked DRILL, nobody outside is told, no device is commanded or acknowledged. `source`
        reads the site anew; without it a change of the configuration needs a restart.
        """
        self.site = site
        self._source = source
        self._drill = drill
        self.port = site.web.port if port is None else port
        self._folder = StateFolder(state)
        self._clock = clock or SystemClock()
        self._progress = progress
        self._supervisor = Supervisor()
        self._growing = Growing(state, self._clock)

    @property
    def url(self) -> str:
        """Where the console is."""
        scheme = "https" if self.site.web.cert else "http"
        return f"{scheme}://{self.site.web.host}:{self.port}"

    def sign_in(self, role: str = "operator") -> str:
        """Return a link that signs one person in, once, within 15 minutes."""
        return self.url + self._web.enrol(role)

    def token(self, name: str, role: str) -> str:
        """Make an API token and return it; it is kept only as a hash."""
        return self._web.token(name, role)

    async def start(self) -> None:
        """Start everything. Raises StateInUse, StorageError, Refused (the port is taken).

        A database that does not come up is no reason to stop: alarms work without it, and it is tried again for ever.
        """
        self._folder.take()
        self.site = ownchannels.with_channels(self._growing.restored(self.site))
        self._progress("journal and alarm state")
        self._build()
        self._notify.restore()  # before the alarms, which may have something to tell at once
        self._alarming.restore()
        self._playbooks.restore()
        self._playbooks.describe(self.site.rules, self._engine.alarms(), self._clock.now())
        self._restore_view()
        self._commands.restore()
        self._looks.restore()
        self._progress("console")
        self.port = await self._web.start(self.site.web.host, self.port)
        known: dict[str, object] = {"devices": len(self.site.devices), "rules": len(self.site.rules)}
        since = self._folder.last_alive
        self._note("started", known if since is None else known | {"down_since": iso(since)})
        self._progress(f"{len(self.site.devices)} devices")
        self._supervise()
        await self._server.bring(self._progress)

    async def stop(self) -> None:
        """Stop drivers, then what they fed, the database last; safe to call twice and after a failed start."""
        if not self._folder.taken:
            return
        if hasattr(self, "_web"):
            await self._applying.stop()
            await self._commands.stop()
            await self._runner.stop()
            self._note("stopped", {})
            self._alarming.keep()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(self._journal.flushed(), self._spool.flushed()), 5)
                await self._store.drain(2.0)
            await self._supervisor.stop()
            await self._web.stop()
            await self._store.close()
            self._journal.close()
            self._spool.close()
            await self._server.stop()
        self._folder.release()

    def _build(self) -> None:
        site, clock = self.site, self._clock
        self._stream = Stream(uuid.uuid4().hex[:12])
        self._journal = self._folder.journal(clock.now())
        self._spool = self._folder.spool(clock.now())
        self._health = Health(list(site.devices), clock.now())
        self._state = State(site, self._stream, self._health.last_heard)
        self._engine = Engine(site, drill=self._drill)
        self._alarming = Alarming(self._engine, self._journal, self._publish, clock)
        self._road = Road(
            site, alarming=self._alarming, journal=self._journal, spool=self._spool, state=self._state,
            health=self._health, clock=clock,
        )  # fmt: skip
        self._road.passing = Passing(site, Passes(), Minutes({}), recall(self._spool.file.path, clock.now()))
        self._road.passing.watch = Watchlists(lambda: self._state.site).seen
        self._store = TimescaleAdapter(
            site, spool=self._spool, journal=self._journal, changed=self._state.drain_changed, clock=clock
        )
        self._metrics = Metrics()
        self._runner = Runner(
            list(site.devices.values()), REGISTRY, self._road, clock, dice=random.Random(), site=site.id,
            state=str(self._folder.path), found=self._growing.found,
        )  # fmt: skip
        lines, drill = self._runner, self._drill
        self._commands = Commands(self._state, self._journal, lines, clock, judge=self._permits, drill=drill)
        self._acknowledging = Acknowledging(self._state, self._commands.ledger, self._runner, self._alarming.act, clock)
        outside, keeps = replace(site, notifying=Notifying()) if drill else site, self._folder.path
        self._notify = notify.NotifyAdapter(outside, journal=self._journal, clock=clock, state=keeps, note=self._note)
        telling = notify.Board(self._notify, self._folder.path)
        self._looks = Looks(lambda: self._state.site, self._journal, self._store, clock, self._folder.key("plates.key"))
        self._photos = Photography(keeps, self._runner, self._state, self._journal, self._store.held, clock)
        self._channels = ownchannels.Channels(telling.states, self._road.take, self._road.report)
        self._playbooks = Playbooks(site.rules, self._journal, clock)
        self._server = OwnServer(site.store.url, self._folder.path, self._store, self._supervisor, self._note)
        self._applying = Applying(site, self._growing.source(ownchannels.reading(self._source)), self._house(), clock)
        self._web = WebAdapter(
            self._state, self._alarming, self._store, self._stream, state_folder=self._folder.path,
            static=STATIC, clock=clock, metrics=self._metrics.exposition, ready=self._ready,
            commander=self._commands, statistics=self._runner.statistics, notifier=telling,
            checklists=self._playbooks, inlets=self._runner, looker=self._looks,
            configurer=self._applying, pictured=self._photos.showing,
        )  # fmt: skip
        for part in (self._web, self._runner, self._commands, self._acknowledging, telling, self._looks, self._photos):
            self._metrics.add(part.figures)
        self._metrics.add(self._figures)
        self._losses = Losses(self._note)
        self._spool.on_drop, self._spool.on_merge = self._losses.add, self._losses.merge
        self._watch_disks()
        for note in self._folder.notes:
            self._journal.append([note], partial(self._publish, [note]))

    def hear(self, name: str) -> tuple[State, Subscription]:
        """Return what is known, and all that is published from now on: what consoles hear."""
        return self._state, self._stream.subscribe(name)

    def _house(self) -> House:
        return House(
            engine=self._engine, alarming=self._alarming, journal=self._journal, road=self._road, state=self._state,
            health=self._health, runner=self._runner, commands=self._commands, playbooks=self._playbooks,
            notify=self._notify, store=self._store.describe,
        )  # fmt: skip

    async def apply(self, who: str) -> Plan:
        """Take over what the files of the site say now. Raises ConfigError, Refused; then nothing has changed."""
        return await self._applying.apply(who)

    def _permits(self, device: Device, spec: CommandSpec) -> bool | None:
        """Judge a command's interlock on the last readings."""
        if spec.interlock is None:
            return True
        return standing(spec.interlock, device, self._state.site.points[spec.point], self._state.reading)

    def _watch_disks(self) -> None:
        def journal(trouble: str | None) -> None:
            if trouble is not None:
                self._alarming.publish_unrecorded()
                self._road.tell_unrecorded()
            self._trouble("journal", trouble)

        self._journal.file.on_trouble = journal
        self._spool.file.on_trouble = lambda trouble: self._trouble("spool", trouble)

    def _trouble(self, part: str, trouble: str | None) -> None:
        what = f"{part}_writes_again" if trouble is None else f"{part}_not_writable"
        self._publish([SystemNote(what, {"error": trouble or ""}, self._clock.now())])

    def _restore_view(self) -> None:
        now = self._clock.now()
        unheard = [DeviceStatus(d, DeviceState.WAITING, "waiting", "", now, None) for d in self.site.devices]
        self._state.restore(self._engine.alarms(), unheard, self._engine.out_of_service())

    def _supervise(self) -> None:
        start = self._supervisor.start
        jobs = [
            (DISK_SECONDS, self._keep_reserve), (LOSS_SECONDS, self._losses.tell), *self._store.jobs,
            (3600.0, self._trim_journal), (3600.0, self._photos.forget),
        ]  # fmt: skip
        start("calendar", Calendar([*jobs, (ownchannels.LOOK_SECONDS, self._channels.look)]).run)
        start("alarming", self._alarming.run)
        start("aging", self._age)
        if not self._drill:
            start("acknowledging", self._acknowledging.run)
        start("notify", self._notify.run)
        start("playbooks", self._playbooks.run)
        start("pictures", self._photos.run)
        start("rows", partial(self._growing.run, lambda: self._applying.site, self._applying.grow))
        start("drivers", self._runner.run)

    async def _age(self) -> None:
        while True:
            await asyncio.sleep(AGE_SECONDS)
            self._road.age()

    async def _keep_reserve(self) -> None:
        if self._journal.file.trouble is None:
            await asyncio.to_thread(self._journal.keep_reserve)

    async def _trim_journal(self) -> None:
        stored = self._journal.last_seq - self._store.lag["journal"]
        readers = (self._alarming, self._notify, self._playbooks)
        self._journal.trim(min(stored, *(reader.checkpointed for reader in readers)))
        self._alarming.keep()

    def _publish(self, records: Iterable[Record]) -> None:
        self._state.publish(self._clock.now(), (), list(records))

    def _note(self, what: str, detail: dict[str, object]) -> None:
        note = SystemNote(what, detail, self._clock.now())
        self._journal.append([note], lambda: self._publish([note]))

    def _ready(self) -> dict[str, object]:
        return {
            "database": self._store.connected,
            "journal": self._journal.file.trouble is None,
            "spool": self._spool.file.trouble is None,
            "drivers": self._runner.lines,
        }

    def _figures(self) -> Iterable[Figure]:
        files = self._journal, self._spool
        return figures(self._road, self._alarming, *files, self._stream, self._store, self._supervisor)
