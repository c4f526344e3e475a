"""Counters → how much they grow in a second, believed only where nothing can have happened in between. Pure.

A counter tells nothing by itself: it wraps at 2^32 or 2^64, starts anew when the agent does, and may be cleared. So
two answers make an interval only if the agent's own clock (sysUpTime, RFC 3418) went on by about the time that passed
here, and the counter's discontinuity time (RFC 2863, 3.1.5) is the same in both. Whatever else is seen costs one
interval and never gives a number.
"""

from msgspec import Struct

SECOND = 1_000_000_000
TICK = SECOND // 100
"""sysUpTime counts hundredths of a second."""
WRAP = 2**32
"""Ticks after which sysUpTime begins anew: 497.1 days."""
WRAPS_AFTER = 496 * 24 * 3600 * 100
"""An uptime beyond this that is followed by a small one has wrapped; any other fall is a restart."""
SLACK = 2 * SECOND
"""How far the agent's clock may be from ours, beside a fiftieth of the time that passed: answers take their time."""
SHORTEST = SECOND // 20


class Moment(Struct, frozen=True, gc=False):
    """When an answer was true: by the agent's clock (ticks, None if it does not say) and by ours (monotonic ns)."""

    uptime: int | None
    at: int


class Count(Struct, frozen=True):
    """A counter as one answer had it, with its discontinuity time if it has one."""

    value: int
    since: int | str | None
    moment: Moment


def too_soon(before: Moment, now: Moment) -> bool:
    """Tell whether two answers are too close for the hundredths of a second that the agent counts."""
    return now.at - before.at < SHORTEST


def restarted(before: Moment, now: Moment) -> bool:
    """Tell whether the agent started anew in between: its clock fell, or went on by another time than ours.

    A short restart long after the last look would show a larger uptime, and yet one that is too small.
    """
    return _lapse(before, now) is None


def _lapse(before: Moment, now: Moment) -> int | None:
    """Return the nanoseconds between two answers; None if the agent's clock is not the same run of it."""
    passed = now.at - before.at
    if before.uptime is None or now.uptime is None:
        return passed if before.uptime is now.uptime else None
    ticks = now.uptime - before.uptime
    if ticks < 0 and before.uptime > WRAPS_AFTER:
        ticks += WRAP
    if ticks < 0 or abs(ticks * TICK - passed) > SLACK + passed // 50:
        return None
    return ticks * TICK


def rate(before: Count, now: Count, bits: int, most: float | None = None) -> float | None:
    """Return the growth per second between two answers; None when it cannot be known.

    `bits` is where the counter wraps. `most` is the largest rate that is believed: above it a 32-bit counter could wrap
    more often than it is looked at, and what looks like a wrap is a reset.
    """
    lapse = _lapse(before.moment, now.moment)
    if lapse is None or lapse < SHORTEST or before.since != now.since:
        return None
    grown = _grown(before.value, now.value, bits)
    if grown is None or (most is not None and not _believed(grown, lapse, bits, most)):
        return None
    return grown * SECOND / lapse


def _grown(before: int, now: int, bits: int) -> int | None:
    """Return the growth of a counter; one that fell has wrapped if it is of 32 bits and that is the shorter way."""
    if now >= before:
        return now - before
    wrapped = now - before + (1 << bits)
    return wrapped if bits == 32 and wrapped < 1 << (bits - 1) else None


def _believed(grown: int, lapse: int, bits: int, most: float) -> bool:
    at_most = most * 1.05 * lapse / SECOND
    return grown <= at_most and (bits > 32 or at_most < 1 << bits)
