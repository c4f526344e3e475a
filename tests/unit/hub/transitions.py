"""Transitions made by hand."""

from typing import Any

from hub.model import Priority, Text, Transition


def a_transition(n: int = 1, **more: Any) -> Transition:
    """Return a transition of the fire alarm of `panel/zone.alarm`."""
    fields: dict[str, Any] = {
        "alarm": "fire:panel/zone.alarm", "occurrence": 1, "n": n, "input": "raise", "active": True, "acked": False,
        "latched": False, "priority": Priority.CRITICAL, "category": "fire", "rule": "fire", "device": "panel",
        "point": "panel/zone.alarm", "zone": "town", "text": Text.same("fire"), "cause": {"value": True}, "at": n,
    } | more  # fmt: skip
    return Transition(**fields)
