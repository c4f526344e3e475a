"""What is heard of a device is confirmed by asking it."""

from drivers.hints import APART, Hints
from drivers.scan import ScanGroup
from hub.model import SECOND, DeviceEvent, Intake, ManualClock


class Line:
    def __init__(self) -> None:
        self.hastened: list[tuple[str, int]] = []

    def hasten(self, device: str, at: int) -> None:
        self.hastened.append((device, at))


class Nowhere:
    def __init__(self) -> None:
        self.taken = 0

    def take(self, intake: Intake) -> None:
        self.taken += 1


def heard(device: str) -> Intake:
    return Intake(events=[DeviceEvent(device, "net.trap", {}, None, 0)])


def test_an_event_hastens_the_scan_of_its_device_and_a_storm_no_more_than_once_a_second() -> None:
    clock, line, sink = ManualClock(0), Line(), Nowhere()
    hints = Hints(sink, {"switch": line}, clock)  # type: ignore[arg-type, dict-item]
    began = clock.monotonic()
    for _ in range(100):
        hints.take(heard("switch"))
    hints.take(heard("camera"))
    assert sink.taken == 101
    assert line.hastened == [("switch", began)], "the next second's scan is asked for by the first hint in it"


def test_a_hint_soon_after_another_is_confirmed_when_the_second_has_passed() -> None:
    clock, line = ManualClock(0), Line()
    hints = Hints(Nowhere(), {"switch": line}, clock)  # type: ignore[arg-type, dict-item]
    began = clock.monotonic()
    hints.take(heard("switch"))
    clock.advance(SECOND // 10)
    hints.take(heard("switch"))
    hints.take(heard("switch"))
    assert line.hastened == [("switch", began), ("switch", began + APART)]


def test_a_hastened_scan_leaves_the_grid_where_it_is() -> None:
    group = ScanGroup("switch", (), 60 * SECOND)
    group.start(0)
    group.due = 60 * SECOND
    group.hasten(7 * SECOND)
    group.hasten(9 * SECOND)
    assert group.due == 7 * SECOND
    group.advance(8 * SECOND)
    assert (group.due, group.missed) == (60 * SECOND, 0)


def test_a_scan_that_is_due_sooner_is_not_put_off() -> None:
    group = ScanGroup("switch", (), SECOND)
    group.start(0)
    group.hasten(SECOND)
    assert group.due == 0
