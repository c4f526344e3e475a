"""The digest by which a console proves that it holds the same rows as the hub.

FNV-1a, 32 bits (draft-eastlake-fnv, sections 2 and 5), of `key:rev` for each row, summed modulo 2³²: a sum needs no
sorting and follows one changed row in constant time, here and in a browser.
"""

from typing import Protocol

_BASIS = 2_166_136_261
_PRIME = 16_777_619
_MASK = 0xFFFF_FFFF


def fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of the text's UTF-8 bytes."""
    value = _BASIS
    for byte in text.encode():
        value = ((value ^ byte) * _PRIME) & _MASK
    return value


class Hashed(Protocol):
    """What a digest is of."""

    @property
    def hash(self) -> int:
        """The hash of the row's `key:rev`."""
        ...


class Digest:
    """The digest of a set of rows, kept current row by row; hashes are made when somebody asks for it."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._late: dict[str, Hashed] = {}
        self._sum = 0

    def put(self, key: str, row: Hashed) -> None:
        """Add a row, or replace its earlier revision."""
        self._rows.setdefault(key, 0)
        self._late[key] = row

    def drop(self, key: str) -> bool:
        """Remove a row; tell whether it was there."""
        self._late.pop(key, None)
        old = self._rows.pop(key, None)
        self._sum -= old or 0
        return old is not None

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def hex(self) -> str:
        """The digest as interfaces write it: eight lower-case hexadecimal digits."""
        for key, row in self._late.items():
            self._sum += row.hash - self._rows[key]
            self._rows[key] = row.hash
        self._late.clear()
        return f"{self._sum & _MASK:08x}"
