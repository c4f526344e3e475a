"""What a driver saw (Sample) and what the hub knows (Reading)."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from msgspec import Struct

from hub.model.clock import Timestamp
from hub.model.ids import PointId

Value = bool | int | float | str
"""What a point can hold, in engineering units."""


class Quality(IntEnum):
    """How far a value can be trusted (OPC UA Good, Uncertain, Bad)."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


class Reason(IntEnum):
    """Why a quality is not good, or what marks a good one: a closed list, stored as its number.

    The pairing with OPC UA status codes and IEC 61850 validity is in docs/reference/quality.md.
    """

    NONE = 0
    WAITING = 1
    NO_COMMUNICATION = 2
    STALE = 3
    OUT_OF_RANGE = 4
    REFUSED = 5
    UNDECODABLE = 6
    MISCONFIGURED = 7
    SUBSTITUTED = 8
    SIMULATED = 9
    OUT_OF_SERVICE = 10
    CLOCK = 11
    RETAINED = 12
    NOT_PROGRAMMED = 13

    @property
    def word(self) -> str:
        """The reason as people and interfaces write it: `no_communication`."""
        return self.name.lower()


QUALITY_OF = {
    Reason.NONE: Quality.GOOD,
    Reason.WAITING: Quality.BAD,
    Reason.NO_COMMUNICATION: Quality.BAD,
    Reason.STALE: Quality.UNCERTAIN,
    Reason.OUT_OF_RANGE: Quality.UNCERTAIN,
    Reason.REFUSED: Quality.BAD,
    Reason.UNDECODABLE: Quality.BAD,
    Reason.MISCONFIGURED: Quality.BAD,
    Reason.SUBSTITUTED: Quality.GOOD,
    Reason.SIMULATED: Quality.UNCERTAIN,
    Reason.OUT_OF_SERVICE: Quality.BAD,
    Reason.CLOCK: Quality.GOOD,
    Reason.RETAINED: Quality.UNCERTAIN,
    Reason.NOT_PROGRAMMED: Quality.BAD,
}
"""The quality that each reason means. `CLOCK`: the value is good, its source time was not believed."""


class Sample(Struct, frozen=True, gc=False):
    """What a driver saw of one point: a raw value, or `None` and the reason why there is none.

    `reason` may also accompany a value (`RETAINED`). `source_time` is what the device says, or None.
    """

    point: PointId
    value: Value | None
    source_time: Timestamp | None = None
    reason: Reason = Reason.NONE


class Block(Struct, frozen=True, gc=False):
    """What one read saw of many points at once: a good number of each, without a source time.

    One object for fifty registers instead of fifty: most of what a city sends is this. Blocks of equal `points` are
    cheapest, so a driver makes that tuple once.
    """

    points: tuple[PointId, ...]
    values: Sequence[int | float]

    def samples(self) -> list[Sample]:
        """Return the same, one by one."""
        return [Sample(p, v) for p, v in zip(self.points, self.values, strict=True)]


def one_by_one(seen: "Iterable[Sample | Block]") -> list[Sample]:
    """Return what a driver saw as samples only."""
    return [s for one in seen for s in (one.samples() if isinstance(one, Block) else (one,))]


class Reading(Struct, frozen=True, gc=False):
    """What the hub knows of one point: value in engineering units, quality with reason, two times.

    `value` is None when there never was one. With quality bad the value is the last one known, kept for
    display and never given to rules. `seq` grows by one with each reading of this run of the hub.
    """

    point: PointId
    value: Value | None
    quality: Quality
    reason: Reason
    source_time: Timestamp | None
    hub_time: Timestamp
    seq: int

    @property
    def time(self) -> Timestamp:
        """The time by which the reading is filed: the source's where it gave a believable one, else the hub's."""
        return self.hub_time if self.source_time is None else self.source_time


class Sheet(Struct, frozen=True, gc=False):
    """Readings that came together: all good, all of one instant, none with a source time; numbered from `seq` on."""

    points: tuple[PointId, ...]
    values: Sequence[float]
    hub_time: Timestamp
    seq: int

    def reading(self, at: int) -> Reading:
        """Return the reading at a place."""
        return Reading(self.points[at], self.values[at], Quality.GOOD, Reason.NONE, None, self.hub_time, self.seq + at)

    def readings(self) -> list[Reading]:
        """Return the same, one by one."""
        return [self.reading(at) for at in range(len(self.points))]

    def __len__(self) -> int:
        return len(self.points)
