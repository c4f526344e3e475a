"""Lanes: how much a thing matters on the road, and what each may lose."""

from enum import IntEnum


class Lane(IntEnum):
    """In the order in which they are served; shedding goes from the end."""

    LIFE_SAFETY = 0
    ALARM = 1
    LIVE = 2
    BULK = 3
    MEDIA = 4

    @property
    def may_drop(self) -> bool:
        """Whether records of this lane may be dropped from storage under pressure."""
        return self >= Lane.LIVE
