"""A desk for commands on a site with a pump and a fire panel, over lines that a test plays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.commands import Commands
from hub.model import (
    SECOND,
    Command,
    CommandResult,
    CommandSpec,
    DeviceState,
    Group,
    ManualClock,
    PointValue,
    ReadBack,
    Refused,
    Sample,
    Selector,
    Site,
    Test,
    Text,
    Value,
)
from hub.roles import Person, Role
from rules.standing import standing
from tests.support.sites import a_device, a_point, a_site
from tests.unit.hub.house import House, house

ANH = Person("anh", Role.ENGINEER)
BINH = Person("binh", Role.OPERATOR)
CHI = Person("chi", Role.ENGINEER)
REMOTE = Test("is", True, of=Selector(point="remote"))
STILL = Test("is", False, of=Selector(point="running"))


def spec(name: str, point: str, value: Value = True, **more: Any) -> CommandSpec:
    return CommandSpec(name, Text.same(name), point, value, **({"allowed": True} | more))


PUMP = (
    spec("start", "pump/switch", roles=("operator", "engineer"), read_back=ReadBack("pump/running", True)),
    spec("guarded", "pump/switch", interlock=Group("all", (REMOTE, STILL))),
    spec("off", "pump/switch", allowed=False),
    spec("armed", "pump/switch", arm=PointValue("pump/level", 1.5)),
    spec("chosen", "pump/switch", select=True),
    spec("flood", "pump/switch", confirm=True),
    spec("drain", "pump/switch", False, confirm=True, interlock=STILL),
)
PANEL = (
    spec("silence", "panel/silence", select=True, fire=True),
    spec("reset", "panel/silence", False, select=True, fire=True),
    spec("hush", "panel/silence", select=True, fire=True, after_fire=30 * SECOND),
)


def site() -> Site:
    pump = [
        a_point("pump", "switch", "device.flag", writable=True),
        a_point("pump", "running", "device.flag"),
        a_point("pump", "remote", "device.flag"),
        a_point("pump", "level", scale=0.1, range=(0.0, 8.0), writable=True),
        a_point("pump", "mode", "device.state", mapping={"0": "off", "1": "auto"}, writable=True),
        a_point("pump", "speed", "device.count"),
    ]
    panel = [
        a_point("panel", "silence", "fire.sounders", writable=True),
        a_point("panel", "z01", "fire.alarm"),
        a_point("panel", "z02", "fire.alarm"),
    ]
    return a_site([a_device("pump", pump, commands=PUMP), a_device("panel", panel, commands=PANEL)])


class Lines:
    """Lines as a test plays them: what they do with a write, and what they answer when asked."""

    def __init__(self) -> None:
        self.written: list[tuple[str, Value]] = []
        self.fault: BaseException | None = None
        self.wait: asyncio.Event | None = None
        self.asked: dict[str, Value | None] = {}
        """What points hold now; a point that is missing here cannot be asked."""
        self.journal: list[str] = []
        """What was journaled when each write came."""
        self.look: Any = lambda: None

    async def write(self, device: str, point: str, raw: Value) -> None:
        self.look()
        self.written.append((point, raw))
        if self.wait is not None:
            await self.wait.wait()
        if self.fault is not None:
            raise self.fault

    async def ask(self, device: str, point: str) -> Sample | None:
        return Sample(point, self.asked[point]) if point in self.asked else None


class Counter:
    """The desk and everything behind it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.clock = house.clock
        self.lines = Lines()
        self.desk = self.again()

    def again(self, *, drill: bool = False) -> Commands:
        """Return a desk as after a start."""
        state = self.house.state
        return Commands(
            state, self.house.journal, self.lines, self.clock, pause=self.pause, drill=drill,
            judge=lambda device, s: standing(s.interlock, device, state.site.points[s.point], state.reading),
        )  # fmt: skip

    async def pause(self, seconds: float) -> None:
        self.clock.advance(round(seconds * SECOND))
        await asyncio.sleep(0)

    async def say(self, point: str, value: Value | None, **more: Any) -> None:
        self.house.say(point, value, **more)
        await self.house.settled()

    def online(self, device: str = "pump") -> None:
        self.house.road.report(device, DeviceState.ONLINE)

    def journaled(self) -> list[Command | CommandResult]:
        """Return the commands and results on disk, oldest first."""
        return [r for _, r in self.house.journal.read(0) if isinstance(r, Command | CommandResult)]


@asynccontextmanager
async def counter(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[Counter]:
    """Run a desk while inside."""
    async with house(folder, site=site(), clock=clock) as made:
        made.state.restore((), [made.health.status(d) for d in made.site.devices])
        yield Counter(made)


async def refusal(asked: object) -> str:
    """Return the reason of a refusal; nothing may have been sent by it."""
    with pytest.raises(Refused) as caught:
        await asked  # type: ignore[misc]
    assert str(caught.value)
    return caught.value.reason
