"""A drill on a virtual clock: the scenario's devices, the hub's own road and rules, hours in seconds, and no wire.

What happens is a queue of turns: devices speak, rules wake, points age. The clock jumps from one to the next, so a run
is the same on every machine. Left out are sockets, sign-ins, threads and disks.
"""

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime, time
from itertools import count
from zoneinfo import ZoneInfo

from hub.alarming import Alarming
from hub.cli.drilling.offwire import OffWire
from hub.cli.drilling.paper import Paper
from hub.cli.drilling.verdict import Heard
from hub.cli.drilling.voices import (
    KEEP_ALIVE,
    PLAYED,
    Asked,
    Broker,
    Registers,
    Straight,
    Told,
    Voice,
    mates,
)
from hub.health import Health
from hub.intake import Road
from hub.model import (
    HOUR,
    SECOND,
    Device,
    DeviceEvent,
    DeviceId,
    DeviceState,
    Intake,
    ManualClock,
    Record,
    Site,
    Text,
    Timestamp,
)
from hub.passing import Passing
from hub.state import State
from hub.stream import Stream
from rules import Engine
from rules.minutes import Minutes
from rules.passes import Passes
from rules.watchlists import Watchlists
from simulators.mqtt import MqttLine
from simulators.player import Player
from simulators.timeline import Scenario

WARM = 60 * SECOND
"""How long everything is well before the scenario begins."""
BEAT, SLOW_BEAT, SLOWEST_BEAT = SECOND // 2, 5 * SECOND, 30 * SECOND
"""How often points age and sensors are looked at; of a long scenario or a large stage less often."""
LONG, MANY = 2 * HOUR, 10_000
"""A length, and a number of points."""
MOST_WAKES = 100_000
"""Rules that do not come to rest within so many wakes at one instant never do."""
MORNING = time(9, 30)
A_DAY = "2025-10-14"
"""A Tuesday in the dry season, on which a drill begins that names no time."""
Tell = Callable[[Timestamp], None]


class Unplayable(ValueError):
    """The scenario needs the wire; `why` says so to people."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = Text(f"{why.vi}: dùng --clock real", f"{why.en}: play it with --clock real")


class Virtual:
    """One scenario, played once."""

    def __init__(self, site: Site, scenario: Scenario, *, seed: int = 0) -> None:
        """`site`: the stage. Raises Unplayable."""
        _must_be_playable(site, scenario)
        self._site, self._scenario = site, scenario
        self.begins = begins(site, scenario)
        self.clock = ManualClock(self.begins - WARM)
        self.heard: list[Heard] = []
        self.said: list[tuple[int, Text]] = []
        self.fleet = OffWire(site, seed=seed, clock=self.clock)
        self._queue: list[tuple[int, int, Callable[[Timestamp], int | None]]] = []
        self._order = count()
        self._engine = Engine(site, drill=True)
        paper, health = Paper(), Health(list(site.devices), self.clock.now())
        self._state = State(site, Stream("drill"), health.last_heard)
        self._alarming = Alarming(self._engine, paper.journal, self._publish, self.clock)
        self._road = Road(
            site, alarming=self._alarming, journal=paper.journal, spool=paper.spool, state=self._state, health=health,
            clock=self.clock,
        )  # fmt: skip
        passing = self._road.passing = Passing(site, Passes(), Minutes({}))
        passing.watch = Watchlists(lambda: site).seen
        self.fleet.hand_over = self._take_event
        self._hastened: dict[DeviceId, Voice] = {}
        self._beat = SLOWEST_BEAT if scenario.length > LONG else SLOW_BEAT if len(site.points) > MANY else BEAT
        self._enter()

    @property
    def ends(self) -> Timestamp:
        """When the drill is over."""
        return self.begins + self._scenario.length

    def run(self, tell: Tell = lambda _at: None) -> list[Heard]:
        """Play it to its end; return what was heard, by the nanoseconds since its start. `tell` hears the time.

        Raises ValueError for rules that never come to rest.
        """
        while self._queue and self._queue[0][0] <= self.ends:
            due, _, turn = heapq.heappop(self._queue)
            self._wake_until(due)
            self._pass_to(due)
            again = turn(self.clock.now())
            if again is not None:
                self._at(due + max(1, again), turn)
            tell(due)
        self._wake_until(self.ends)
        return self.heard

    # -- time -------------------------------------------------------------------------------------------------------

    def _at(self, when: Timestamp, turn: Callable[[Timestamp], int | None]) -> None:
        heapq.heappush(self._queue, (when, next(self._order), turn))

    def _pass_to(self, when: Timestamp) -> None:
        if when > self.clock.now():
            self.clock.advance(when - self.clock.now())

    def _wake_until(self, when: Timestamp) -> None:
        for _ in range(MOST_WAKES):
            due = self._engine.due()
            if due is None or due > when:
                return
            self._pass_to(due)
            self._alarming.commit(self._engine.wake(self.clock.now()))
        raise ValueError("the rules never come to rest")

    # -- who plays --------------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        """Let everybody speak within the first second, and the scenario begin when all has been well for a while."""
        start = self.clock.now()
        devices = list(self._site.devices.values())
        together = mates(devices)
        voices = [voice for device in devices if (voice := self._voice(device, together[device.id])) is not None]
        for n, voice in enumerate(voices):
            self._hastened[voice.device.id] = voice
            if isinstance(voice, Told):
                voice.period = max(voice.period, self._beat)
            self._at(start + SECOND * n // max(1, len(voices)), voice.turn)
        for device in devices:
            if device.driver == "snmp-trap":
                self._at(start, lambda _now, d=device.id: self._road.report(d, DeviceState.ONLINE))  # type: ignore[misc]
        for line in {id(x): x for d in devices if isinstance(x := self.fleet.line_of(d.id), MqttLine)}.values():
            self._enter_broker(line, start)
        self._at(start + self._beat, self._age)
        self._at(self.begins, self._begin)

    def _enter_broker(self, line: MqttLine, start: Timestamp) -> None:
        broker = Broker(line, self._road, self.clock.now)

        def turn(now: Timestamp) -> int:
            line.tick(now)
            broker.sweep(line.devices, now)
            return self._beat

        self._at(start, turn)

    def _voice(self, device: Device, together: list[DeviceId]) -> Voice | None:
        faults, fleet, road = self.fleet.faults, self.fleet, self._road

        def cut() -> bool:
            return any(faults.any_of(mate, "cut") for mate in together)

        match device.driver:
            case "modbus":
                return Asked(device, fleet, road, cut, Registers(device, fleet))
            case "snmp":
                return Asked(device, fleet, road, lambda: False, Straight(device, fleet))
            case "http":
                return Asked(device, fleet, road, cut, Straight(device, fleet))
            case "opcua":
                return Told(device, fleet, road, cut, KEEP_ALIVE + device.timeout)
            case "onvif":
                return Told(device, fleet, road, cut, device.connection.pull + device.timeout)
        return None

    def _begin(self, now: Timestamp) -> None:
        player = Player(self._scenario, self.fleet, self.clock, self._say)
        for at in sorted({step.at for step in self._scenario.steps}):
            self._at(now + at, lambda _now: player.step())

    def _age(self, _now: Timestamp) -> int:
        self._road.age()
        return self._beat

    # -- what comes of it -------------------------------------------------------------------------------------------

    def _take_event(self, event: DeviceEvent) -> None:
        """File what a device told by itself; who tells something is asked at once, as `drivers.hints` has it."""
        self._road.take(Intake(events=[event]))
        voice = self._hastened.get(event.device)
        if isinstance(voice, Asked) and not voice.broken("silence", "cut"):
            voice.answer(self.clock.now())

    def _publish(self, records: Sequence[Record]) -> None:
        at = self.clock.now() - self.begins
        self.heard += [(at, record) for record in records]
        self._state.publish(self.clock.now(), (), list(records))

    def _say(self, text: Text) -> None:
        self.said.append((self.clock.now() - self.begins, text))


def begins(site: Site, scenario: Scenario) -> Timestamp:
    """Return what the clocks show when the scenario begins: as it says, or an ordinary Tuesday morning."""
    if scenario.begins is not None:
        return scenario.begins
    morning = datetime.combine(datetime.fromisoformat(A_DAY), MORNING, ZoneInfo(site.timezone))
    return int(morning.timestamp()) * SECOND


def _must_be_playable(site: Site, scenario: Scenario) -> None:
    if scenario.wire is not None:
        raise Unplayable(scenario.wire)
    for step in scenario.steps:
        for fault in step.breaks:
            driver = site.devices[fault.device].driver
            if fault.kind not in PLAYED.get(driver, set()):
                vi = f"lỗi {fault.kind} của {fault.device} chỉ có trên đường truyền thật"
                raise Unplayable(Text(vi, f"the fault {fault.kind} of {fault.device} is shown on the wire only"))
