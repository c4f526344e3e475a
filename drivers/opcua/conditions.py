"""Alarms and conditions as a table: what the server told of each, what that makes of the points that watch them. Pure.

OPC 10000-9: 5.5 (ConditionType, branches, ConditionRefresh), 5.7 (acknowledging), 5.8 (AlarmConditionType). A condition
that does not return between RefreshStart and RefreshEnd is closed; until the first RefreshEnd nothing is called quiet.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.model import PointId, Reason, Sample, Timestamp
from hub.wire.opcua import BAD, reason_of, severity_of_status

MOST = 20_000
"""Conditions and branches that one notifier may have open."""

Key = tuple[str, str | None]
"""Condition and branch; None is the condition itself."""


class Told(Struct, frozen=True):
    """One event as the server told it; a flag is None when the event does not have it."""

    event: bytes
    source: str
    severity: int
    message: str
    at: Timestamp | None = None
    type: str = ""
    condition: str = ""
    """Node id of the condition; empty: the event is none."""
    node: Any = None
    """The same as the library needs it for Acknowledge."""
    name: str = ""
    branch: str | None = None
    retain: bool | None = None
    enabled: bool | None = None
    active: bool | None = None
    acked: bool | None = None
    confirmed: bool | None = None
    latched: bool | None = None
    suppressed: bool | None = None
    quality: int = 0
    comment: str = ""
    user: str = ""
    more: Mapping[str, Any] = {}
    """Fields that the profile asks for besides."""
    heard: Timestamp = 0
    """Hub time when this activation was first told: what a person acknowledged earlier was another one."""

    @property
    def key(self) -> Key:
        """Which condition or branch this speaks of."""
        return self.condition, self.branch

    @property
    def on(self) -> bool:
        """Whether the condition holds; one without an ActiveState holds while it is retained."""
        return bool(self.retain) if self.active is None else self.active


class Watch(Struct, frozen=True):
    """A point that watches a state of the conditions of a name."""

    point: PointId
    name: str
    state: str


class Table:
    """Every open condition of one notifier, and the points that watch them."""

    def __init__(self, watches: Iterable[Watch]) -> None:
        self._watches: dict[str, list[Watch]] = {}
        for watch in watches:
            self._watches.setdefault(watch.name, []).append(watch)
        self._open: dict[Key, Told] = {}
        self._suspect: set[Key] = set()
        self._by_name: dict[str, set[Key]] = {}
        self.complete = False
        """Whether a refresh has ended since the connection was made: only then is silence known to be quiet."""
        self.overrun = 0
        """Conditions that found no room."""

    def restart(self) -> None:
        """Begin anew on a new connection: what was not retained is forgotten, the rest waits for the refresh."""
        self.complete = False
        for key in [k for k, told in self._open.items() if not told.retain]:
            self._drop(key)

    def apply(self, told: Told) -> tuple[bool, list[Sample]]:
        """Take one event; return whether it is news, and what the points that watch it are now."""
        if not told.condition:
            return True, []
        before = self._open.get(told.key)
        self._suspect.discard(told.key)
        if before is not None and before.event == told.event:
            return False, []
        if told.branch is not None and not told.retain:
            self._drop(told.key)
        elif before is None and len(self._open) >= MOST:
            self.overrun += 1
        else:
            self._keep(told if before is None or _begins(before, told) else replace(told, heard=before.heard))
        touched = dict.fromkeys((*names(told), *(names(before) if before is not None else ())))
        return True, self._samples(touched, told.at)

    def refresh_started(self) -> None:
        """Suspect everything that is open."""
        self._suspect = {key for key, told in self._open.items() if told.retain}

    def refresh_ended(self) -> tuple[list[Told], list[Sample]]:
        """Close what did not return; return that, and every watching point as it now is known to be."""
        closed = [self._open[key] for key in self._suspect if key in self._open]
        for told in closed:
            self._drop(told.key)
        self._suspect = set()
        first, self.complete = not self.complete, True
        touched = set(self._watches) if first else {name for told in closed for name in names(told)}
        return closed, self._samples(touched, None)

    def unacknowledged(self, name: str) -> list[Told]:
        """Return what of this name waits for an acknowledgement."""
        return [told for told in self._of(name) if told.acked is False]

    def acknowledges(self, told: Told) -> bool:
        """Tell whether this event, not yet applied, says that what waited for an acknowledgement has it."""
        before = self._open.get(told.key)
        return told.acked is True and (told.retain is True if before is None else before.acked is False)

    def unknown(self, reason: Reason) -> list[Sample]:
        """Return every watching point as not known, for this reason."""
        return [Sample(w.point, None, None, reason) for watches in self._watches.values() for w in watches]

    def _keep(self, told: Told) -> None:
        self._drop(told.key)
        self._open[told.key] = told
        for name in names(told):
            self._by_name.setdefault(name, set()).add(told.key)

    def _drop(self, key: Key) -> None:
        told = self._open.pop(key, None)
        for name in names(told) if told is not None else ():
            self._by_name[name].discard(key)
            if not self._by_name[name]:
                del self._by_name[name]

    def _of(self, name: str) -> list[Told]:
        return [self._open[key] for key in self._by_name.get(name, ())]

    def _samples(self, touched: Iterable[str], at: Timestamp | None) -> list[Sample]:
        return [self._sample(watch, at) for name in touched for watch in self._watches.get(name, ())]

    def _sample(self, watch: Watch, at: Timestamp | None) -> Sample:
        held = self._of(watch.name)
        if not held and not self.complete:
            return Sample(watch.point, None, None, Reason.WAITING)
        value, reason = _judged(watch.state, held)
        return Sample(watch.point, value, at, reason)


def _judged(state: str, held: list[Told]) -> tuple[bool | None, Reason]:
    """Return the state of conditions taken together; a condition that cannot tell is never called quiet."""
    trunks = [told for told in held if told.branch is None]
    if state == "acked":
        return all(told.acked is not False for told in held), Reason.NONE
    if state == "latched":
        return any(told.latched for told in trunks), Reason.NONE
    if state == "suppressed":
        return any(told.suppressed for told in trunks), Reason.NONE
    if any(told.on for told in trunks):
        return True, Reason.NONE
    if any(told.enabled is False for told in trunks):
        return None, Reason.OUT_OF_SERVICE
    bad = next((told.quality for told in trunks if severity_of_status(told.quality) == BAD), 0)
    return (None, reason_of(bad)) if bad else (False, Reason.NONE)


def _begins(before: Told, told: Told) -> bool:
    """Tell whether an event is of another activation than the one before it, for whoever acknowledges."""
    return (told.on and not before.on) or (told.acked is False and before.acked is not False)


def names(told: Told) -> tuple[str, ...]:
    """Return by which names a condition is known: its source's, and with its own behind it."""
    return (told.source, f"{told.source}.{told.name}") if told.name else (told.source,)
