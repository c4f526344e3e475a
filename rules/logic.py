"""Three-valued logic (Kleene): true, false, and unknown (None)."""

from collections.abc import Sequence

Truth = bool | None
"""True, False or unknown."""


def every(truths: Sequence[Truth]) -> Truth:
    """Kleene's and."""
    if False in truths:
        return False
    return None if None in truths else True


def some(truths: Sequence[Truth]) -> Truth:
    """Kleene's or."""
    if True in truths:
        return True
    return None if None in truths else False


def opposite(truth: Truth) -> Truth:
    """Kleene's not."""
    return None if truth is None else not truth


def at_least(n: int, truths: Sequence[Truth]) -> Truth:
    """Tell whether at least `n` are true: known as soon as enough are, or too few can be."""
    true = truths.count(True)
    if true >= n:
        return True
    return None if true + truths.count(None) >= n else False
