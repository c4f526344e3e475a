"""Plays a scenario on a fleet: each step once, in order, when its time has come; round after round when it loops."""

import asyncio
from collections.abc import Callable

from hub.model import Clock, Text
from simulators.fleet import Fleet
from simulators.timeline import Scenario, Step

LOOK = 0.1
"""Seconds between two looks at the clock."""


class Player:
    """One scenario being played. `say` hears what the steps tell to who watches."""

    def __init__(
        self, scenario: Scenario, fleet: Fleet, clock: Clock, say: Callable[[Text], None] = lambda _text: None
    ) -> None:
        self.scenario = scenario
        self.rounds = 0
        self._fleet, self._clock, self._say = fleet, clock, say
        self._began = clock.monotonic()
        self._next = 0

    @property
    def finished(self) -> bool:
        """Whether nothing will happen any more."""
        return self.scenario.loop is None and self._next == len(self.scenario.steps)

    def step(self) -> None:
        """Do whatever is due; at the end of a round make everything well again and begin anew."""
        self._do(self._clock.monotonic() - self._began)
        loop = self.scenario.loop
        while loop is not None and self._clock.monotonic() - self._began >= loop:
            self._fleet.reset()
            self._began += loop
            self._next = 0
            self.rounds += 1
            self._do(self._clock.monotonic() - self._began)

    def _do(self, elapsed: int) -> None:
        steps = self.scenario.steps
        while self._next < len(steps) and steps[self._next].at <= elapsed:
            self._take(steps[self._next])
            self._next += 1

    def _take(self, step: Step) -> None:
        for move in step.moves:
            self._fleet.set(move.point, move.value, move.over)
        for fault in step.breaks:
            self._fleet.fault(fault.device, fault.kind, **fault.args)
        for tell in step.tells:
            self._fleet.notify(tell.device, tell.name, about=tell.about)
        for happen in step.happens:
            self._fleet.happen(happen.device, happen.name, happen.data)
        for device in step.heals:
            self._fleet.heal(device)
        if step.say is not None:
            self._say(step.say)

    async def run(self) -> None:
        """Play until the scenario is over; a looping one never is."""
        while not self.finished:
            self.step()
            await asyncio.sleep(LOOK)
