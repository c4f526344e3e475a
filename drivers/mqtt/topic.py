"""Topic names and filters: placeholders, wildcards, what a filter matches.

The rules are those of OASIS MQTT 5.0, section 4.7 (the same in 3.1.1): levels are cut at `/`, `+` is one whole level,
`#` is every level from there on and stands last; a filter that begins with a wildcard does not match `$…`.
"""

import re

LARGEST = 65_535
"""Bytes of a topic (MQTT 5.0, 1.5.4)."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def checked(pattern: str, allowed: frozenset[str]) -> str:
    """Return `pattern` when it is a topic filter whose placeholders are all in `allowed`. Raises ValueError."""
    if not pattern or len(pattern.encode()) > LARGEST:
        raise ValueError(f"a topic has 1 to {LARGEST} bytes")
    if any(ord(c) < 0x20 or c == "\x7f" for c in pattern):
        raise ValueError("a topic has no control characters")
    for name in _PLACEHOLDER.findall(pattern):
        if name not in allowed:
            raise ValueError(f"unknown placeholder {{{name}}}; known: {', '.join(f'{{{a}}}' for a in sorted(allowed))}")
    levels = pattern.split("/")
    for n, level in enumerate(levels):
        if "#" in level and (level != "#" or n != len(levels) - 1):
            raise ValueError(f"{pattern!r}: # stands alone in the last level")
        if "+" in level and level != "+":
            raise ValueError(f"{pattern!r}: + is a whole level by itself")
    return pattern


def filled(pattern: str, values: dict[str, str]) -> str:
    """Return `pattern` with its placeholders replaced by `values`."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], pattern)


def has_wildcard(pattern: str) -> bool:
    """Tell whether a filter can match more than one topic."""
    return "+" in pattern or "#" in pattern


def matches(pattern: str, topic: str) -> bool:
    """Tell whether the filter `pattern` matches `topic`."""
    if topic.startswith("$") and pattern[:1] in "+#":
        return False
    want, have = pattern.split("/"), topic.split("/")
    for n, level in enumerate(want):
        if level == "#":
            return True
        if n >= len(have) or (level != "+" and level != have[n]):
            return False
    return len(want) == len(have)


def covers(wide: str, narrow: str) -> bool:
    """Tell whether the filter `wide` matches everything that the filter `narrow` does."""
    if wide == narrow:
        return True
    broad, tight = wide.split("/"), narrow.split("/")
    for n, level in enumerate(broad):
        if level == "#":
            return not (n == 0 and narrow.startswith("$"))
        if n >= len(tight) or tight[n] == "#" or (level != "+" and level != tight[n]):
            return False
    return len(broad) == len(tight) and not (broad[0] == "+" and narrow.startswith("$"))
