"""What a simulated point can be set to, and how a simulated device can be broken."""

from collections.abc import Mapping

from hub.model import Point, Value
from simulators import REGISTRY
from simulators.faults import checked
from simulators.raw import fits, raw_of


def check_value(point: Point, value: Value) -> None:
    """Raise ValueError, naming the type, when a point cannot hold `value`."""
    if point.address is None:
        raise ValueError(f"{point.id} is the hub's own observation; break the device to change it")
    if not fits(point, value):
        raise ValueError(f"{point.id} is of type {point.type}; it cannot be {value!r}")
    raw_of(point, value)


def check_fault(driver: str, kind: str, args: Mapping[str, float]) -> None:
    """Raise ValueError, naming what is possible, when the protocol of `driver` cannot show a fault."""
    checked(kind, args)
    known = REGISTRY[driver].faults_known if driver in REGISTRY else frozenset()
    if kind not in known:
        possible = f"it can show {', '.join(sorted(known))}" if known else "it has no simulator"
        raise ValueError(f"a {driver} device cannot show {kind!r}; {possible}")
