"""The alarm state machine: one table over six flags × every input, and nothing else.

The life cycle is that of ISA-18.2 / IEC 62682, kept as the independent flags of OPC UA Part 9:

- **active**: the condition is true now (after its on-delay); it is false again after its off-delay.
- **acked**: a person has seen the present occurrence.
- **latched**: the alarm stays until a person resets it. A latching rule sets the flag when the alarm is raised; while
  the alarm is active the flag changes nothing, once the condition is normal it keeps the alarm.
- **out of service**, **suppressed** (by design), **shelved**: the holds. A held alarm is evaluated like any other and
  does not annunciate; of several holds the first in this order is shown.

The names of the states are those of ISA-18.2, A to F without a hold (an active alarm has one name whether or not it
will latch) and G, H, I with one: A normal; B unacknowledged; C acknowledged (both active); D returned to normal, not
acknowledged; E latched, not acknowledged; F latched, acknowledged; G shelved; H suppressed; I out of service.

What a person may rely on:

1. Every raise is a new *occurrence*, also from D, E and F: the acknowledgement of what was seen before never covers
   what came after. An acknowledgement names the occurrence and is refused when it has moved.
2. A latched alarm needs both hands of a person: acknowledge (E → F), then reset (F → A). The order is fixed, and a
   reset is refused while the condition is true. Acknowledging an active latching alarm and resetting it once the
   condition is normal is the same two steps with time between them.
3. A comment is always possible and changes no flag.
4. A hold changes nothing but itself. When the last one ends, the alarm is judged by its present condition: active or
   latched, it returns unacknowledged; normal, it is over, and what came and went meanwhile stands in the journal.
5. `realarm` takes an acknowledgement back while the condition is still true: somebody said they would see to it, and
   it is not seen to.
6. `remove` is the rule disappearing from the configuration: the alarm ends, whatever its state, with a record that
   says so.
7. A fire is neither shelved nor suppressed (`FORBIDDEN`). It can be taken out of service, by name, with an end.

Three parts make the table: `CYCLE` for what happens to the condition and what people do about it, `HOLDING` for the
beginnings and ends of holds, `FREED` for the end of the last one. A test counts that every pair is written down, and
nothing about rules, points or time may enter: those live in `rules.instance`. `docs/reference/alarm-states.md` is
generated from here.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from hub.model import NEVER_HIDDEN, HoldKind


class Input(StrEnum):
    """What can happen to an alarm."""

    RAISE = "raise"
    RETURN = "return"
    ACK = "ack"
    RESET = "reset"
    COMMENT = "comment"
    REALARM = "realarm"
    REMOVE = "remove"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"


class Flags(NamedTuple):
    """The six flags; equal flags are one state."""

    active: bool
    acked: bool
    latched: bool
    out_of_service: bool = False
    suppressed: bool = False
    shelved: bool = False

    @property
    def life(self) -> "Flags":
        """The same without holds."""
        return Flags(self.active, self.acked, self.latched)

    @property
    def held(self) -> bool:
        """Whether anything keeps it from annunciating."""
        return self.out_of_service or self.suppressed or self.shelved


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
"""The ISA-18.2 letter of each state without a hold."""

_ALREADY = Refusal("already")
_ACTIVE = Refusal("condition_active")
_CALM = Refusal("not_active")
_UNSEEN = Refusal("not_acknowledged")
_END = Change(NORMAL)

CYCLE: dict[tuple[Flags, Input], Cell] = {
    (NORMAL, Input.RAISE): Change(_B, new_occurrence=True),
    (NORMAL, Input.RETURN): _ALREADY,
    (NORMAL, Input.ACK): _ALREADY,
    (NORMAL, Input.RESET): _ALREADY,
    (NORMAL, Input.COMMENT): Change(NORMAL),
    (NORMAL, Input.REALARM): _CALM,
    (NORMAL, Input.REMOVE): _ALREADY,
    (_B, Input.RAISE): _ALREADY,
    (_B, Input.RETURN): Change(_D),
    (_B, Input.ACK): Change(_C),
    (_B, Input.RESET): _ACTIVE,
    (_B, Input.COMMENT): Change(_B),
    (_B, Input.REALARM): _ALREADY,
    (_B, Input.REMOVE): _END,
    (_BL, Input.RAISE): _ALREADY,
    (_BL, Input.RETURN): Change(_E),
    (_BL, Input.ACK): Change(_CL),
    (_BL, Input.RESET): _ACTIVE,
    (_BL, Input.COMMENT): Change(_BL),
    (_BL, Input.REALARM): _ALREADY,
    (_BL, Input.REMOVE): _END,
    (_C, Input.RAISE): _ALREADY,
    (_C, Input.RETURN): Change(NORMAL),
    (_C, Input.ACK): _ALREADY,
    (_C, Input.RESET): _ACTIVE,
    (_C, Input.COMMENT): Change(_C),
    (_C, Input.REALARM): Change(_B),
    (_C, Input.REMOVE): _END,
    (_CL, Input.RAISE): _ALREADY,
    (_CL, Input.RETURN): Change(_F),
    (_CL, Input.ACK): _ALREADY,
    (_CL, Input.RESET): _ACTIVE,
    (_CL, Input.COMMENT): Change(_CL),
    (_CL, Input.REALARM): Change(_BL),
    (_CL, Input.REMOVE): _END,
    (_D, Input.RAISE): Change(_B, new_occurrence=True),
    (_D, Input.RETURN): _ALREADY,
    (_D, Input.ACK): Change(NORMAL),
    (_D, Input.RESET): _UNSEEN,
    (_D, Input.COMMENT): Change(_D),
    (_D, Input.REALARM): _CALM,
    (_D, Input.REMOVE): _END,
    (_E, Input.RAISE): Change(_BL, new_occurrence=True),
    (_E, Input.RETURN): _ALREADY,
    (_E, Input.ACK): Change(_F),
    (_E, Input.RESET): _UNSEEN,
    (_E, Input.COMMENT): Change(_E),
    (_E, Input.REALARM): _CALM,
    (_E, Input.REMOVE): _END,
    (_F, Input.RAISE): Change(_BL, new_occurrence=True),
    (_F, Input.RETURN): _ALREADY,
    (_F, Input.ACK): _ALREADY,
    (_F, Input.RESET): Change(NORMAL),
    (_F, Input.COMMENT): Change(_F),
    (_F, Input.REALARM): _CALM,
    (_F, Input.REMOVE): _END,
}
"""Every state without a hold × every input that begins or ends none."""

HOLDING: dict[Input, tuple[HoldKind, bool]] = {
    Input.SHELVE: (HoldKind.SHELVED, True),
    Input.UNSHELVE: (HoldKind.SHELVED, False),
    Input.SUPPRESS: (HoldKind.SUPPRESSED, True),
    Input.UNSUPPRESS: (HoldKind.SUPPRESSED, False),
    Input.OUT_OF_SERVICE: (HoldKind.OUT_OF_SERVICE, True),
    Input.IN_SERVICE: (HoldKind.OUT_OF_SERVICE, False),
}
"""Which hold an input begins (True) or ends."""

HELD: dict[tuple[Input, bool], Refusal | None] = {
    (Input.SHELVE, False): None,
    (Input.SHELVE, True): _ALREADY,
    (Input.UNSHELVE, False): Refusal("not_held"),
    (Input.UNSHELVE, True): None,
    (Input.SUPPRESS, False): None,
    (Input.SUPPRESS, True): None,
    (Input.UNSUPPRESS, False): Refusal("not_held"),
    (Input.UNSUPPRESS, True): None,
    (Input.OUT_OF_SERVICE, False): None,
    (Input.OUT_OF_SERVICE, True): None,
    (Input.IN_SERVICE, False): Refusal("not_held"),
    (Input.IN_SERVICE, True): None,
}
"""Input × whether that hold is there already: why it is not taken, None when it is (two things may suppress one alarm,
and what is out of service may be given another end)."""

FREED: dict[Flags, Flags] = {
    NORMAL: NORMAL, _B: _B, _BL: _BL, _C: _B, _CL: _BL, _D: NORMAL, _E: _E, _F: _E,
}  # fmt: skip
"""What the end of the last hold makes of the rest: A or B by the present condition; latched, E."""

FORBIDDEN: dict[str, frozenset[Input]] = {
    category: frozenset({Input.SHELVE, Input.SUPPRESS}) for category in sorted(NEVER_HIDDEN)
}
"""What may not be done to alarms of a category, whoever asks."""


def _cell(flags: Flags, happened: Input) -> Cell:
    if happened in HOLDING:
        return _hold(flags, happened)
    if happened is Input.REMOVE:
        return _END if flags.held else CYCLE[flags, happened]
    if happened is Input.REALARM and flags.held:
        return Refusal("held")
    cell = CYCLE[flags.life, happened]
    return cell if isinstance(cell, Refusal) else Change(_with_holds(cell.flags, flags), cell.new_occurrence)


def _hold(flags: Flags, happened: Input) -> Cell:
    kind, begins = HOLDING[happened]
    refusal = HELD[happened, getattr(flags, kind.value)]
    if refusal is not None:
        return refusal
    after = flags._replace(**{kind.value: begins})
    return Change(after if after.held else FREED[after])


def _with_holds(life: Flags, holds: Flags) -> Flags:
    return life._replace(out_of_service=holds.out_of_service, suppressed=holds.suppressed, shelved=holds.shelved)


def states() -> Iterator[Flags]:
    """Give all sixty-four states."""
    return (Flags(*bits) for bits in product((False, True), repeat=6))


TABLE: dict[tuple[Flags, Input], Cell] = {(flags, i): _cell(flags, i) for flags in states() for i in Input}
"""Every state × every input."""


def letter(flags: Flags) -> str:
    """Return the ISA-18.2 letter of a state."""
    if flags.out_of_service:
        return "I"
    return "H" if flags.suppressed else "G" if flags.shelved else LETTERS[flags]


def advance(flags: Flags, happened: Input, *, latching: bool = False, category: str = "") -> Cell:
    """Return what the table says; a raise of a latching rule sets `latched` besides."""
    if happened in FORBIDDEN.get(category, ()):
        return Refusal("forbidden")
    cell = TABLE[flags, happened]
    if latching and happened is Input.RAISE and isinstance(cell, Change):
        return Change(cell.flags._replace(latched=True), cell.new_occurrence)
    return cell
