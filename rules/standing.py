"""A condition judged once, on the last readings as they stand: what interlocks of commands ask. Pure.

Stricter than an alarm: only a reading of good quality counts. What is stale, retained, simulated or missing is unknown.
"""

from collections.abc import Callable

from hub.model import Condition, Device, Point, PointId, Quality, Reading, Test
from rules.binding import Anchor, operand
from rules.condition import judge, verdict
from rules.logic import Truth

Last = Callable[[PointId], Reading | None]
"""The last reading of a point, if it has one."""


def standing(condition: Condition, device: Device, point: Point | None, last: Last) -> Truth:
    """Return whether a condition at `point` of a device holds now. Raises ValueError for one that cannot be judged."""
    tests, judged = verdict(condition)
    anchor, points = Anchor(device, point), {device.id: device.points}
    return judged([_truth(test, operand(test, anchor, points), last) for test in tests])


def _truth(test: Test, point: Point | None, last: Last) -> Truth:
    judged = judge(test)
    reading = None if point is None else last(point.id)
    if reading is None or reading.quality is not Quality.GOOD:
        return None
    return judged(reading.value, None)
