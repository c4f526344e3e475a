"""Reads binary COPY rows apart again, written from the format's description and not from our encoder."""

import struct


def split_rows(body: bytes) -> list[list[bytes | None]]:
    """Return every row of a COPY body (no header, no trailer) as its raw fields."""
    rows: list[list[bytes | None]] = []
    at = 0
    while at < len(body):
        (count,) = struct.unpack_from(">h", body, at)
        at += 2
        row: list[bytes | None] = []
        for _ in range(count):
            (size,) = struct.unpack_from(">i", body, at)
            at += 4
            if size < 0:
                row.append(None)
            else:
                row.append(body[at : at + size])
                at += size
        rows.append(row)
    assert at == len(body)
    return rows
