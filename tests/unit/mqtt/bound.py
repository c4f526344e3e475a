"""Bound devices, points and a sink for MQTT tests."""

from drivers.base import BoundDevice, BoundPoint
from drivers.mqtt.address import Address, Connection, Event
from hub.model import DeviceState, EventMap, Intake

DEFAULT = Connection(host="127.0.0.1", topic="site/{device}")


def device(
    name: str,
    *,
    connection: Connection = DEFAULT,
    points: dict[str, Address] | None = None,
    events: tuple[EventMap, ...] = (),
    site: str = "test",
) -> BoundDevice:
    bound = tuple(BoundPoint(f"{name}/{p}", name, address) for p, address in (points or {}).items())
    return BoundDevice(name, connection, bound, events, site=site)


def event(name: str, kind: str, attributes: dict[str, str], **address: object) -> EventMap:
    return EventMap(name, kind, Event(**address), attributes)


class Notebook:
    """A sink that writes down what it is given; `release=True` releases at once."""

    def __init__(self, *, release: bool = True) -> None:
        self.intakes: list[Intake] = []
        self.reports: list[tuple[str, DeviceState, str, str]] = []
        self._release = release
        self.stored = b""

    def take(self, intake: Intake) -> None:
        self.intakes.append(intake)
        if self._release and intake.release is not None:
            intake.release()

    def report(self, device: str, state: DeviceState, reason: str = "", detail: str = "") -> None:
        self.reports.append((device, state, reason, detail))

    async def receipts(self, source: str) -> bytes:
        return self.stored

    def last_heard(self, device: str) -> int | None:
        return None

    @property
    def samples(self) -> list[object]:
        return [s for i in self.intakes for s in i.samples]

    @property
    def values(self) -> dict[str, object]:
        return {s.point: s.value for i in self.intakes for s in i.samples}

    @property
    def strays(self) -> list[object]:
        return [s for i in self.intakes for s in i.strays]
