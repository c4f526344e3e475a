"""Consequences under their cause: when a switch is lost, what is behind it is one alarm with so many folded under it.

An alarm of a rule with `folds_under: behind` folds under an alarm of a device that its own is behind: of the same rule,
or of a rule about that device's `$health`. It stays evaluated. It does not matter which of the two is raised first.
When the failure is over, what is folded under it waits a grace time, because things come back one after the other, and
is then judged again: what is still active folds under another failure, or returns unacknowledged.

A fire is never folded: the machine forbids it, and no fire rule has anything above it here.
"""

from collections.abc import Iterable, Iterator, Mapping

from hub.model import AlarmId, Device, DeviceId, Hold, HoldKind, Timestamp
from rules.instance import Instance
from rules.machine import FORBIDDEN, Input

BEHIND = "behind"
HEALTH = "$health"


class Folding:
    """What folds under what, and which failures are in their grace time."""

    def __init__(self, instances: Iterable[Instance], devices: Mapping[DeviceId, Device]) -> None:
        self._above: dict[AlarmId, tuple[Instance, ...]] = {}
        self._below: dict[AlarmId, list[Instance]] = {}
        self.lingering: set[AlarmId] = set()
        """Failures that are over while what is folded under them waits."""
        at: dict[DeviceId, list[Instance]] = {}
        every = list(instances)
        for instance in every:
            at.setdefault(instance.anchor.device.id, []).append(instance)
        for child in every:
            if foldable(child):
                self._bind(child, [p for d in _ancestors(child.anchor.device, devices) for p in at.get(d, ())])

    def _bind(self, child: Instance, candidates: list[Instance]) -> None:
        above = tuple(p for p in candidates if p.rule is child.rule or _is_health(p))
        if above:
            self._above[child.id] = above
        for parent in above:
            self._below.setdefault(parent.id, []).append(child)

    def below(self, parent: AlarmId) -> list[Instance]:
        """Return everything that can fold under an alarm."""
        return self._below.get(parent, [])

    def grace(self, parent: AlarmId) -> int:
        """Return how long, nanoseconds, what is folded under an alarm waits after its end."""
        return max((child.rule.fold_grace for child in self.below(parent)), default=0)

    def parents(self) -> Iterable[AlarmId]:
        """Return every alarm under which something can fold."""
        return self._below

    def may(self, child: AlarmId, parent: AlarmId) -> bool:
        """Tell whether an alarm can fold under another."""
        return any(p.id == parent for p in self._above.get(child, ()))

    def hold(self, child: Instance, at: Timestamp) -> Hold | None:
        """Return how a consequence is held: by the nearest failure above it; None: there is none."""
        for parent in self._above.get(child.id, ()):
            if parent.active or parent.id in self.lingering:
                return Hold(HoldKind.SUPPRESSED, at, by=f"alarm:{parent.id}")
        return None


def foldable(instance: Instance) -> bool:
    """Tell whether a rule's alarms may fold at all."""
    rule = instance.rule
    return rule.folds_under == BEHIND and Input.SUPPRESS not in FORBIDDEN.get(rule.category, ())


def _is_health(instance: Instance) -> bool:
    return instance.anchor.point is not None and instance.anchor.point.kind == HEALTH


def _ancestors(device: Device, devices: Mapping[DeviceId, Device]) -> Iterator[DeviceId]:
    """Give the devices that one is behind, the nearest first."""
    seen = {device.id}
    above = device.behind
    while above is not None and above not in seen:
        seen.add(above)
        yield above
        parent = devices.get(above)
        above = None if parent is None else parent.behind
