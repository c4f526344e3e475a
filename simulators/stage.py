"""The scenario that is being played on a fleet, and the change to another while it runs."""

import asyncio
from collections.abc import Callable

import structlog

from hub.model import Clock, Text
from simulators.fleet import Fleet
from simulators.player import Player
from simulators.scenario import load
from simulators.timeline import Scenario

log = structlog.get_logger(__name__)


class Stage:
    """Plays one scenario at a time; `say` hears what its steps tell to who watches."""

    def __init__(self, fleet: Fleet, clock: Clock, say: Callable[[Text], None]) -> None:
        self.playing: str | None = None
        """Name of the scenario on stage, over or not."""
        self._fleet, self._clock, self._say = fleet, clock, say
        self._task: asyncio.Task[None] | None = None

    def play(self, scenario: Scenario) -> None:
        """Begin a scenario; one that is being played must have been ended before."""
        self.playing = scenario.id
        player = Player(scenario, self._fleet, self._clock, self._say)
        self._task = asyncio.create_task(player.run(), name="scenario")
        self._task.add_done_callback(_tell)

    async def change(self, name: str | None) -> None:
        """End what is played, make everything well, and play another (None: nothing). Raises ConfigError, unchanged."""
        scenario = load(self._fleet.site, name) if name is not None else None
        await self.end()
        self._fleet.reset()
        if scenario is not None:
            self.play(scenario)

    async def end(self) -> None:
        """Stop playing; safe to call twice."""
        task, self._task = self._task, None
        self.playing = None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _tell(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the scenario broke off", error=str(error))
