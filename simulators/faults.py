"""What can be broken on purpose: the kinds of faults, their arguments, and which are in force where."""

from collections.abc import Mapping
from difflib import get_close_matches

from msgspec import Struct

from hub.model import DeviceId

KINDS: Mapping[str, Mapping[str, float]] = {
    "silence": {},
    "cut": {},
    "delay": {"seconds": 2.0},
    "half_frames": {},
    "garbage": {},
    "exception": {"code": 4},
    "frozen": {},
    "clock": {"seconds": 3600.0},
    "word_order": {},
    "status": {"code": 0x8031_0000},
    "reboot": {},
    "wrong_type": {},
    "expired_certificate": {},
    "gaps": {"records": 5},
    "unauthorized": {},
    "forgotten": {},
    "false_address": {},
    "entities": {},
    "endless": {},
    "huge": {"megabytes": 100},
    "redirect": {},
}
"""Every kind of fault with its arguments and their defaults.

silence: nothing is said any more, though the line stands. cut: the line breaks, or the device's last will is told.
delay: every answer comes `seconds` late. half_frames: only the first half of each message arrives. garbage: messages
arrive with wrong bytes. exception: requests are refused with a Modbus exception `code` (4: server device failure).
frozen: values no longer move. clock: the device's own clock is `seconds` ahead (negative: behind). word_order: numbers
of several registers come with their words swapped. status: values come as an OPC UA status `code` alone (by default
BadNoCommunication). wrong_type: values come in a type that nobody expects there. reboot: the device starts anew, once:
sessions, subscriptions, engine boots and the numbers of an event buffer are others. gaps: a number goes by of what is
numbered: `records` of an event buffer are dropped unread, once. expired_certificate: the device proves itself with a
certificate that is no longer valid. unauthorized: whoever signs in is refused, rightly or not. forgotten: the device
drops its subscriptions, once. false_address: it names services at an address that is not its own. entities: answers
come with a document type definition full of entities. endless: an answer never comes to its end. huge: it is of so many
`megabytes`. redirect: it says to ask elsewhere.
"""


class Fault(Struct, frozen=True):
    """One fault in force."""

    kind: str
    args: Mapping[str, float]


class Faults:
    """Which faults are in force at which device."""

    def __init__(self) -> None:
        self._active: dict[DeviceId, dict[str, Fault]] = {}

    def start(self, device: DeviceId, kind: str, args: Mapping[str, float]) -> Fault:
        """Put a fault in force. Raises ValueError, naming what is possible, for an unknown kind or argument."""
        fault = Fault(kind, {**defaults_of(kind), **checked(kind, args)})
        self._active.setdefault(device, {})[kind] = fault
        return fault

    def end(self, device: DeviceId, kind: str | None = None) -> None:
        """End one kind of fault at a device, or all of them."""
        if kind is None:
            self._active.pop(device, None)
        else:
            self._active.get(device, {}).pop(kind, None)

    def of(self, device: DeviceId, kind: str) -> Fault | None:
        """Return the fault of that kind in force at the device, or None."""
        here = self._active.get(device)
        return here.get(kind) if here else None

    def any_of(self, device: DeviceId, *kinds: str) -> bool:
        """Tell whether one of these kinds is in force at the device."""
        here = self._active.get(device, {})
        return any(kind in here for kind in kinds)

    def all(self) -> dict[DeviceId, tuple[Fault, ...]]:
        """Return every fault in force, by device."""
        return {device: tuple(kinds.values()) for device, kinds in self._active.items() if kinds}


def defaults_of(kind: str) -> Mapping[str, float]:
    """Return the arguments of a kind with their defaults. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(KINDS)}"
        raise ValueError(f"unknown fault {kind!r}; {hint}")
    return KINDS[kind]


def checked(kind: str, args: Mapping[str, float]) -> Mapping[str, float]:
    """Return `args` when the kind has such arguments. Raises ValueError."""
    known = defaults_of(kind)
    for name in args:
        if name not in known:
            raise ValueError(f"the fault {kind} has no {name!r}; known: {', '.join(known) or 'nothing'}")
    return args
