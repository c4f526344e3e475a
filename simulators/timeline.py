"""What a scenario says once it is checked: a timeline of what happens, and which alarms must come of it."""

from collections.abc import Mapping

from msgspec import Struct

from hub.model import AlarmId, DeviceId, Text, Timestamp, Value


class Move(Struct, frozen=True):
    """A point set to a value (None: given back to the physics), numbers reached over `over` nanoseconds."""

    point: str
    value: Value | None
    over: int = 0


class Break(Struct, frozen=True):
    """A fault that begins."""

    device: str
    kind: str
    args: dict[str, float] = {}


class Tell(Struct, frozen=True):
    """A notification that a device sends by itself, by the name that the receiver's profile has for it."""

    device: str
    name: str
    about: str | None = None


class Happen(Struct, frozen=True):
    """An event that a device reports once, by the name that its own profile has for it."""

    device: str
    name: str
    data: Mapping[str, str] = {}


class Step(Struct, frozen=True):
    """What happens at one moment after the scenario's start (nanoseconds)."""

    at: int
    moves: tuple[Move, ...] = ()
    breaks: tuple[Break, ...] = ()
    heals: tuple[str, ...] = ()
    say: Text | None = None
    tells: tuple[Tell, ...] = ()
    happens: tuple[Happen, ...] = ()


class Expectation(Struct, frozen=True):
    """An alarm that must be raised, not before `after` and at the latest `within` after that (nanoseconds)."""

    rule: str
    point: str
    """The point, or the device of a rule about devices."""
    within: int
    after: int = 0
    times: int = 1
    """How often it is raised in all."""
    folded: DeviceId | None = None
    """It is a consequence, folded under an alarm of this device or of one behind it."""
    under: frozenset[DeviceId] = frozenset()
    """That device and everything behind it."""
    returns: int | None = None
    """When its condition must be over at the latest (nanoseconds after the start)."""

    @property
    def alarm(self) -> AlarmId:
        """The alarm's id."""
        return f"{self.rule}:{self.point}"

    @property
    def until(self) -> int:
        """When it must have been raised, nanoseconds after the start."""
        return self.after + self.within


class Allowance(Struct, frozen=True):
    """An alarm that may be raised and need not be, and why."""

    alarm: AlarmId
    why: Text


class Window(Struct, frozen=True):
    """A span after the start (nanoseconds) in which something must begin."""

    after: int
    within: int


class Scenario(Struct, frozen=True):
    """One checked scenario; `loop` is after how long it begins anew (None: it plays once)."""

    id: str
    title: Text
    steps: tuple[Step, ...]
    expect: tuple[Expectation, ...] = ()
    loop: int | None = None
    allow: tuple[Allowance, ...] = ()
    flood: Window | None = None
    """When an alarm flood must begin; None: there must be none."""
    begins: Timestamp | None = None
    """What the clocks show at its start; None: any time will do."""
    lasts: int | None = None
    on_stage: tuple[DeviceId, ...] = ()
    """Devices that take part although no step names them."""
    watch: tuple[str, ...] = ()
    """Plates, letters and digits only, that are looked for while it plays; the site's own lists are not."""
    wire: Text | None = None
    """Why it can be played on the wire only; None: on the virtual clock as well."""

    @property
    def length(self) -> int:
        """How long one round takes, in nanoseconds: until nothing happens and nothing is expected any more."""
        ends = [self.steps[-1].at if self.steps else 0, *(e.until for e in self.expect)]
        ends += [e.returns for e in self.expect if e.returns is not None]
        if self.flood is not None:
            ends.append(self.flood.after + self.flood.within)
        return self.loop or self.lasts or max(ends)
