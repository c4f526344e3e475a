"""Bytes that nobody meant, made from good ones, and what a decoder's answer must be.

A case takes dice and returns; whatever else it raises is a finding. Frames and messages are good ones that were spoilt,
so that most cases get past the first byte.
"""

from collections.abc import Callable
from random import Random

from hub.model import Reason

Case = Callable[[Random], None]


def spoilt(dice: Random, good: bytes) -> bytes:
    """Return bytes with some of them changed, cut out, doubled or put in; now and then all of them."""
    if dice.random() < 0.05:
        return dice.randbytes(dice.randrange(300))
    made = bytearray(good)
    for _ in range(dice.randrange(5)):
        at, many = dice.randrange(len(made) + 1), dice.randrange(1, 9)
        match dice.randrange(4):
            case 0 if at < len(made):
                made[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            case 1:
                del made[at : at + many]
            case 2:
                made[at:at] = made[at : at + many]
            case _:
                made[at:at] = dice.randbytes(many)
    return bytes(made)


def sound(found: object) -> None:
    """Raise when a value is none that a column and a JSON document can hold."""
    if isinstance(found, str):
        found.encode()
    elif not isinstance(found, bool | int | float | Reason | None):
        raise TypeError(f"{found!r} is no value")
