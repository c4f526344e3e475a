"""Object identifiers as dotted text: checked once, compared as numbers. Pure.

Limits from RFC 2578 (SMIv2), 3.5: at most 128 sub-identifiers, each at most 2^32 − 1; from X.660: the first is 0, 1 or
2, and below 0 and 1 the second is at most 39.
"""

LONGEST = 128
LARGEST = 2**32 - 1

Arcs = tuple[int, ...]


def checked(given: object) -> str:
    """Return an OID as `1.3.6.1`, without a leading dot. Raises ValueError that says what is wrong with it."""
    text = str(given).strip().removeprefix(".")
    parts = text.split(".")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError(f"{text[:60]!r} is no OID: write numbers and dots, 1.3.6.1.2.1.1.3.0, not a MIB's name")
    arcs = tuple(int(part) for part in parts)
    if not 2 <= len(arcs) <= LONGEST or max(arcs) > LARGEST or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise ValueError(f"{text[:60]!r} is no OID: 2 to {LONGEST} numbers, the first 0, 1 or 2, none above {LARGEST}")
    return ".".join(map(str, arcs))


def checked_index(given: object) -> str:
    """Return the index of a table's row: one number, or several with dots. Raises ValueError."""
    text = str(given).strip().removeprefix(".")
    parts = text.split(".")
    if not all(part.isascii() and part.isdecimal() and int(part) <= LARGEST for part in parts):
        raise ValueError(f"{text[:60]!r} is no index of a row: write 7, or 1.7 where a row has several")
    return ".".join(str(int(part)) for part in parts)


def arcs(oid: str) -> Arcs:
    """Return the numbers of an OID, which compare as SNMP orders them."""
    return tuple(map(int, oid.split(".")))


def index_under(column: str, oid: str) -> str | None:
    """Return the row's index when `oid` is an instance of `column`, else None."""
    return oid[len(column) + 1 :] if oid.startswith(f"{column}.") else None
