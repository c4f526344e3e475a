"""What one cell of a table says: a number, a flag, a time, a text; and what no cell may hold.

A cell that a spreadsheet program would take for a formula (OWASP, CSV injection) is refused wherever it stands: what
the hub stores is exported again and opened by people.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.model import MILLISECOND, SECOND, Timestamp

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LONGEST = 4096
"""Characters of a cell."""
_NUMBER = {"point": re.compile(r"-?\d{1,15}(\.\d{1,15})?"), "comma": re.compile(r"-?\d{1,15}(,\d{1,15})?")}
_FLAGS = {"true": True, "1": True, "có": True, "yes": True, "false": False, "0": False, "không": False, "no": False}
_DMY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_BOTH = re.compile(r"-(\d{1,15}([.,]\d{1,15})?)?")
"""A negative number either way, or the dash that stands for nothing."""


def harmless(cell: str) -> str:
    """Return a cell without the spaces around it. Raises ValueError for a formula, control characters, great length."""
    text = cell.strip()
    if (cell.startswith(FORMULA) or text.startswith(FORMULA)) and not _BOTH.fullmatch(text):
        raise ValueError(
            f"{cell[:20]!r} would be a formula in a spreadsheet; write it so that it does not begin like one"
        )
    if len(text) > LONGEST:
        raise ValueError(f"a cell has at most {LONGEST} characters")
    if any(ord(c) < 32 and c not in "\n\r\t" for c in text):
        raise ValueError(f"{text[:20]!r} holds control characters")
    return text


def number(cell: str, decimal: str) -> float | int:
    """Return the number in a cell. Raises ValueError."""
    if not _NUMBER[decimal].fullmatch(cell):
        sample = "6.5" if decimal == "point" else "6,5"
        raise ValueError(f"{cell[:40]!r} is no number; write it as {sample}, without marks between thousands")
    text = cell.replace(",", ".")
    return float(text) if "." in text else int(text)


def flag(cell: str) -> bool:
    """Return the truth in a cell. Raises ValueError."""
    if cell.lower() not in _FLAGS:
        raise ValueError(f"{cell[:40]!r} is neither true nor false; write true or false, 1 or 0, có or không")
    return _FLAGS[cell.lower()]


def moment(cell: str, form: str, zone: ZoneInfo | None) -> Timestamp:
    """Return the time in a cell. Raises ValueError."""
    if form in ("s", "ms"):
        if not re.fullmatch(r"\d{1,14}", cell):
            raise ValueError(f"{cell[:40]!r} is no time in {form} since 1970")
        return int(cell) * (SECOND if form == "s" else MILLISECOND)
    return _since_1970(_dmy(cell) if form == "dmy" else _iso(cell), cell, zone)


def _dmy(cell: str) -> datetime:
    found = _DMY.fullmatch(cell)
    if found is None:
        raise ValueError(f"{cell[:40]!r} is no time; write day/month/year, then hour:minute where it is known")
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second)


def _iso(cell: str) -> datetime:
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{cell[:40]!r} is no time in ISO 8601, such as 2026-11-24T09:00+07:00") from None


def _since_1970(at: datetime, cell: str, zone: ZoneInfo | None) -> Timestamp:
    if at.tzinfo is None:
        if zone is None:
            raise ValueError(f"{cell[:40]!r} has no time zone; write one, or name it as `zone:` of the connection")
        at = at.replace(tzinfo=zone)
    seconds = round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)
    return seconds * 1000
