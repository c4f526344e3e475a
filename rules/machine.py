"""The alarm state machine: one table over (active, acked, latched) × input, and nothing else.

The life cycle is that of ISA-18.2 / IEC 62682, kept as the independent flags of OPC UA Part 9:

- **active**: the condition is true now (after its on-delay); it is false again after its off-delay.
- **acked**: a person has seen the present occurrence.
- **latched**: the alarm stays until a person resets it. A latching rule sets the flag when the alarm is raised; while
  the alarm is active the flag changes nothing, once the condition is normal it keeps the alarm.

All eight combinations mean something; their names are those of ISA-18.2, A to F (an active alarm has one name whether
or not it will latch):

- A normal; B unacknowledged; C acknowledged (both active); D returned to normal, not acknowledged;
- E latched, not acknowledged; F latched, acknowledged.

What a person may rely on:

1. Every raise is a new *occurrence*, also from D, E and F: the acknowledgement of what was seen before never covers
   what came after. An acknowledgement names the occurrence and is refused when it has moved.
2. A latched alarm needs both hands of a person: acknowledge (E → F), then reset (F → A). The order is fixed, and a
   reset is refused while the condition is true. Acknowledging an active latching alarm and resetting it once the
   condition is normal is the same two steps with time between them.
3. A comment is always possible and changes no flag.
4. `remove` is the rule disappearing from the configuration: the alarm ends, whatever its state, with a record that
   says so.

Two rules for whoever edits this file: every pair is written down (a test counts them), and nothing about rules, points
or time may enter: those live in `rules.instance`. `docs/reference/alarm-states.md` is generated from `TABLE`.
"""

from enum import StrEnum
from typing import NamedTuple


class Input(StrEnum):
    """What can happen to an alarm."""

    RAISE = "raise"
    RETURN = "return"
    ACK = "ack"
    RESET = "reset"
    COMMENT = "comment"
    REMOVE = "remove"


class Flags(NamedTuple):
    """The three flags; equal flags are one state."""

    active: bool
    acked: bool
    latched: bool


class Change(NamedTuple):
    """The input is taken: the flags after it, and whether a new occurrence begins."""

    flags: Flags
    new_occurrence: bool = False


class Refusal(NamedTuple):
    """The input is not taken, and the word for why (as in `Outcome.refused`)."""

    reason: str


Cell = Change | Refusal

NORMAL = Flags(active=False, acked=True, latched=False)
_B = Flags(active=True, acked=False, latched=False)
_BL = Flags(active=True, acked=False, latched=True)
_C = Flags(active=True, acked=True, latched=False)
_CL = Flags(active=True, acked=True, latched=True)
_D = Flags(active=False, acked=False, latched=False)
_E = Flags(active=False, acked=False, latched=True)
_F = Flags(active=False, acked=True, latched=True)

LETTERS = {NORMAL: "A", _B: "B", _BL: "B", _C: "C", _CL: "C", _D: "D", _E: "E", _F: "F"}
"""The ISA-18.2 letter of each state."""

_ALREADY = Refusal("already")
_ACTIVE = Refusal("condition_active")
_UNSEEN = Refusal("not_acknowledged")
_END = Change(NORMAL)

TABLE: dict[tuple[Flags, Input], Cell] = {
    (NORMAL, Input.RAISE): Change(_B, new_occurrence=True),
    (NORMAL, Input.RETURN): _ALREADY,
    (NORMAL, Input.ACK): _ALREADY,
    (NORMAL, Input.RESET): _ALREADY,
    (NORMAL, Input.COMMENT): Change(NORMAL),
    (NORMAL, Input.REMOVE): _ALREADY,
    (_B, Input.RAISE): _ALREADY,
    (_B, Input.RETURN): Change(_D),
    (_B, Input.ACK): Change(_C),
    (_B, Input.RESET): _ACTIVE,
    (_B, Input.COMMENT): Change(_B),
    (_B, Input.REMOVE): _END,
    (_BL, Input.RAISE): _ALREADY,
    (_BL, Input.RETURN): Change(_E),
    (_BL, Input.ACK): Change(_CL),
    (_BL, Input.RESET): _ACTIVE,
    (_BL, Input.COMMENT): Change(_BL),
    (_BL, Input.REMOVE): _END,
    (_C, Input.RAISE): _ALREADY,
    (_C, Input.RETURN): Change(NORMAL),
    (_C, Input.ACK): _ALREADY,
    (_C, Input.RESET): _ACTIVE,
    (_C, Input.COMMENT): Change(_C),
    (_C, Input.REMOVE): _END,
    (_CL, Input.RAISE): _ALREADY,
    (_CL, Input.RETURN): Change(_F),
    (_CL, Input.ACK): _ALREADY,
    (_CL, Input.RESET): _ACTIVE,
    (_CL, Input.COMMENT): Change(_CL),
    (_CL, Input.REMOVE): _END,
    (_D, Input.RAISE): Change(_B, new_occurrence=True),
    (_D, Input.RETURN): _ALREADY,
    (_D, Input.ACK): Change(NORMAL),
    (_D, Input.RESET): _UNSEEN,
    (_D, Input.COMMENT): Change(_D),
    (_D, Input.REMOVE): _END,
    (_E, Input.RAISE): Change(_BL, new_occurrence=True),
    (_E, Input.RETURN): _ALREADY,
    (_E, Input.ACK): Change(_F),
    (_E, Input.RESET): _UNSEEN,
    (_E, Input.COMMENT): Change(_E),
    (_E, Input.REMOVE): _END,
    (_F, Input.RAISE): Change(_BL, new_occurrence=True),
    (_F, Input.RETURN): _ALREADY,
    (_F, Input.ACK): _ALREADY,
    (_F, Input.RESET): Change(NORMAL),
    (_F, Input.COMMENT): Change(_F),
    (_F, Input.REMOVE): _END,
}
"""Every state × every input."""


def advance(flags: Flags, happened: Input, *, latching: bool = False) -> Cell:
    """Return what the table says; a raise of a latching rule sets `latched` besides."""
    cell = TABLE[flags, happened]
    if latching and happened is Input.RAISE and isinstance(cell, Change):
        return Change(cell.flags._replace(latched=True), cell.new_occurrence)
    return cell
