"""One simulated alarm condition: its states, what a client may do to it, and what each change tells. Pure.

States and their rules are those of OPC 10000-9: 4.2 (retain, branches), 5.7 (acknowledge), 5.8 (active). A condition is
retained while it is active or not acknowledged; an activation that nobody acknowledged before the next one lives on as
a branch.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from hub.model import Timestamp

UNKNOWN_EVENT, ALREADY_ACKED = "BadEventIdUnknown", "BadConditionBranchAlreadyAcked"
_MOST_BRANCHES = 10


class Snapshot(Struct, frozen=True):
    """What one notification tells of a condition or of one of its branches."""

    event_id: bytes
    at: Timestamp
    active: bool = False
    acked: bool = True
    latched: bool = False
    suppressed: bool = False
    branch: bytes = b""
    """Name of the branch; empty: the condition itself."""
    comment: str = ""

    @property
    def retain(self) -> bool:
        """Whether a client that comes later must hear of it."""
        return self.active or not self.acked


class Alarm:
    """A condition. Every method returns the notifications that follow from it, oldest first."""

    def __init__(self, source: str, name: str, severity: int, fresh: Callable[[], bytes]) -> None:
        self.source, self.name, self.severity = source, name, severity
        self._fresh = fresh
        self.now = Snapshot(fresh(), 0)
        self._branches: dict[bytes, Snapshot] = {}

    def retained(self) -> Iterator[Snapshot]:
        """Give everything that a refresh must tell."""
        yield from (s for s in (*self._branches.values(), self.now) if s.retain)

    def turn(self, active: bool, at: Timestamp) -> list[Snapshot]:
        """Let the cause come or go."""
        if active == self.now.active:
            return []
        told = self._branch_off(at) if active and not self.now.acked else []
        if active:
            return [*told, self._told(at, active=True, acked=False, latched=True, comment="")]
        return [*told, self._told(at, active=False, latched=not self.now.acked)]

    def mark(self, at: Timestamp, *, acked: bool | None = None, suppressed: bool | None = None) -> list[Snapshot]:
        """Let somebody at the panel acknowledge or suppress it."""
        wanted = {"acked": acked, "suppressed": suppressed}
        changes = {name: v for name, v in wanted.items() if v is not None and v != getattr(self.now, name)}
        return [self._told(at, **changes)] if changes else []

    def acknowledge(self, event_id: bytes, comment: str, at: Timestamp) -> list[Snapshot] | str:
        """Acknowledge what an event told; returns the name of a status code where that cannot be."""
        for branch, seen in list(self._branches.items()):
            if seen.event_id == event_id:
                del self._branches[branch]
                return [replace(seen, event_id=self._fresh(), at=at, acked=True, comment=comment)]
        if self.now.event_id != event_id:
            return UNKNOWN_EVENT
        if self.now.acked:
            return ALREADY_ACKED
        return [self._told(at, acked=True, latched=self.now.active, comment=comment)]

    def _branch_off(self, at: Timestamp) -> list[Snapshot]:
        name = self._fresh()
        branch = replace(self.now, event_id=self._fresh(), at=at, branch=name, active=False)
        self._branches[name] = branch
        while len(self._branches) > _MOST_BRANCHES:
            del self._branches[next(iter(self._branches))]
        return [branch]

    def _told(self, at: Timestamp, **changes: bool | str) -> Snapshot:
        self.now = replace(self.now, event_id=self._fresh(), at=at, **changes)
        return self.now
