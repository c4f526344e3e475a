"""A drill on the real wire: simulators on their ports, a whole hub beside them, and the clock on the wall.

The hub keeps its journal in a folder that goes with the drill, and has no database: history is not what is rehearsed.
When the scenario names a time, the wall clocks of hub and simulators are set to it together.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from hub.app import Hub
from hub.cli.drilling.verdict import Heard
from hub.model import (
    SECOND,
    CitywatchError,
    Clock,
    DeviceState,
    Site,
    StoreSettings,
    SystemClock,
    Text,
    Timestamp,
    WebSettings,
)
from hub.state import State
from simulators.fleet import Fleet
from simulators.player import Player
from simulators.timeline import Scenario

READY = 120.0
"""Seconds that the devices on stage have to come online."""
THERE = frozenset({DeviceState.ONLINE, DeviceState.DEGRADED})
LOOK = 0.2
SETTLE = 3 * SECOND
"""How long all is well before the scenario begins."""
STOP_WITHIN = 15.0
HEARD_AT_MOST = 100_000


class NotPlayed(CitywatchError):
    """The drill came to no verdict, and the message says why."""


class ShiftedClock:
    """The machine's clocks, the wall clock set to another time."""

    def __init__(self, by: int = 0) -> None:
        self._by, self._clock = by, SystemClock()

    def now(self) -> Timestamp:
        """Return the shifted wall-clock time, nanoseconds UTC."""
        return self._clock.now() + self._by

    def monotonic(self) -> int:
        """Return the monotonic clock, nanoseconds."""
        return self._clock.monotonic()


class Wire:
    """One scenario, played once on the wire."""

    def __init__(self, site: Site, scenario: Scenario, *, seed: int = 0) -> None:
        """`site`: the stage."""
        self._scenario = scenario
        self.clock: Clock = ShiftedClock(0 if scenario.begins is None else scenario.begins - SystemClock().now())
        self._site = site
        self.fleet = Fleet(site, seed=seed, clock=self.clock)
        self.begins = 0
        """What the clock showed when the scenario began."""
        self.heard: list[Heard] = []
        self.said: list[tuple[int, Text]] = []
        self._records: list[tuple[Timestamp, object]] = []
        self._missing = ""
        self._lost = False

    async def run(self, stop: asyncio.Event) -> list[Heard] | None:
        """Play it to its end; None when it was stopped before.

        Raises NotPlayed, OSError, CitywatchError.
        """
        with tempfile.TemporaryDirectory(prefix="citywatch-drill-") as folder:
            await self.fleet.start()
            hub = Hub(self._house(Path(folder)), Path(folder), clock=self.clock, port=0, drill=True)
            try:
                await hub.start()
                return await self._play(hub, stop)
            finally:
                await _within(hub.stop, self.fleet.stop)

    def _house(self, folder: Path) -> Site:
        nowhere = StoreSettings(f"postgresql://drill@/drill?host={folder}/no-database")
        return replace(self.fleet.redirected(self._site), web=WebSettings(port=0), store=nowhere)

    async def _play(self, hub: Hub, stop: asyncio.Event) -> list[Heard] | None:
        state, ear = hub.hear("drill")
        ear.size = HEARD_AT_MOST
        listening = asyncio.create_task(self._listen(ear.take), name="drill")
        try:
            if not await self._until(stop, lambda: self._on_stage(state), READY):
                return None
            settled = self.clock.now() + SETTLE
            if not await self._until(stop, lambda: self.clock.now() >= settled):
                return None
            self.begins = self.clock.now()
            player = Player(self._scenario, self.fleet, self.clock, self._say)
            if not await self._until(stop, lambda: self._over(player)):
                return None
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if self._lost:
            raise NotPlayed("the drill could not follow what was published; play it with fewer devices")
        return self._since_start()

    async def _until(self, stop: asyncio.Event, over: Callable[[], bool], patience: float | None = None) -> bool:
        """Wait until it is over; False when it was stopped. Raises NotPlayed when patience ends."""
        began = self.clock.monotonic()
        while not over():
            if stop.is_set():
                return False
            if patience is not None and self.clock.monotonic() - began > patience * SECOND:
                raise NotPlayed(f"not every device on stage came online within {patience:.0f} s: {self._missing}")
            await asyncio.sleep(LOOK)
        return True

    def _on_stage(self, state: State) -> bool:
        waiting = [d for d in self._site.devices if state.device(d).state not in THERE]
        self._missing = ", ".join(waiting[:5])
        return not waiting

    def _over(self, player: Player) -> bool:
        player.step()
        return self.clock.now() - self.begins > self._scenario.length

    async def _listen(self, take: Callable[[], Awaitable[tuple[object, object]]]) -> None:
        while True:
            items, lost = await take()
            self._lost = self._lost or lost is not None
            self._records += [(item.at, record) for item in items for record in item.records]  # type: ignore[attr-defined]

    def _since_start(self) -> list[Heard]:
        found = [(at - self.begins, record) for at, record in self._records]
        self.heard = [(at, record) for at, record in found if at <= self._scenario.length]  # type: ignore[misc]
        return self.heard

    def _say(self, text: Text) -> None:
        self.said.append((self.clock.now() - self.begins, text))


async def _within(*parts: Callable[[], Awaitable[None]]) -> None:
    """Stop the parts one after the other, all within the time there is."""
    try:
        async with asyncio.timeout(STOP_WITHIN):
            for part in parts:
                await part()
    except TimeoutError:
        raise NotPlayed(f"not everything stopped within {STOP_WITHIN:.0f} s") from None
