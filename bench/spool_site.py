"""A hub without its edges for bench.spool: a panel that may burn, and sources of each lane that may drop."""

from collections.abc import Callable, Sequence
from pathlib import Path

from hub.alarming import Alarming
from hub.folder import StateFolder
from hub.health import Health
from hub.intake import Road
from hub.model import Intake, Record, Sample, Site, SystemClock, Transition
from hub.state import State
from hub.stream import Stream
from rules import Engine
from tests.support.sites import a_device, a_point, a_rule, a_site

BATCH = 500
LANES = {"bulk": "indicator.value", "live": "env.temperature"}


def site() -> Site:
    """Return a panel with a fire rule, and sources of two lanes and of events."""
    panel = a_device("panel", [a_point("panel", "alarm", "fire.alarm")])
    sources = [a_device(name, [a_point(name, f"p{n}", kind) for n in range(BATCH)]) for name, kind in LANES.items()]
    fire = a_rule("fire", "fire.alarm", "is", True, category="fire", latch=False)
    return a_site([panel, a_device("media", []), *sources], [fire])


class House:
    """Everything between the drivers and the database, over one state folder; tells of each fire that is heard."""

    def __init__(self, folder: Path, heard: Callable[[Transition], None]) -> None:
        """Open the folder. Raises StorageError."""
        clock, made = SystemClock(), site()
        self._heard = heard
        self._state = state = StateFolder(folder)
        state.take()
        self.journal, self.spool = state.journal(clock.now()), state.spool(clock.now())
        health = Health(list(made.devices), clock.now())
        view = State(made, Stream("bench"), health.last_heard)
        alarming = Alarming(Engine(made), self.journal, self._tell, clock)
        alarming.restore()
        self.road = Road(
            made, alarming=alarming, journal=self.journal, spool=self.spool, state=view, health=health, clock=clock
        )

    def _tell(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record, Transition):
                self._heard(record)

    def fire(self, on: bool) -> None:
        """Let the panel say that there is a fire, or none."""
        self.road.take(Intake([Sample("panel/alarm", on, None)]))

    def close(self) -> None:
        """Close the files."""
        self.journal.close()
        self.spool.close()
