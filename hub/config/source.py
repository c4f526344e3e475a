"""Files as text: at most 1 MiB, UTF-8, no control characters; every complaint names the line and column."""

import re
from pathlib import Path

from hub.config.marks import Mark, Source
from hub.config.problems import Report

LARGEST = 1024 * 1024
"""Bytes of one configuration file."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read(
    path: Path, name: str, report: Report, at: Mark | None = None, *, veiled: bool = False
) -> tuple[Source, str] | None:
    """Return a file's source and text, or None when it cannot be used (reported, at `at` when it is not there).

    `veiled`: the source shows no lines, so that no message can show what the file holds.
    """
    blank = Source(name, ())
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except OSError as error:
        report.error(at or Mark(blank, 1, 1), f"cannot read {name}: {(error.strerror or str(error)).lower()}")
        return None
    if len(body) > LARGEST:
        report.error(Mark(blank, 1, 1), "the file is larger than 1 MiB", "split it and include the parts")
        return None
    found = _decode(body, name, Report() if veiled else report)
    if veiled and found is None:
        report.error(Mark(blank, 1, 1), "the file cannot be read as UTF-8 text", "save it as UTF-8")
    return (blank, found[1]) if veiled and found is not None else found


def _decode(body: bytes, name: str, report: Report) -> tuple[Source, str] | None:
    if body.startswith(_WIDE_BOMS):
        report.error(Mark(Source(name, ()), 1, 1), "the file is UTF-16, not UTF-8", "save it as UTF-8")
        return None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        source = Source(name, body.decode("utf-8", "replace").removeprefix("\ufeff").splitlines())
        hint = "save the file as UTF-8 (in Excel: CSV UTF-8)"
        report.error(place(source, before, len(before)), f"byte 0x{body[error.start]:02x} is not UTF-8", hint)
        return None
    source = Source(name, split(text))
    control = _CONTROL.search(text)
    if control:
        found = f"U+{ord(control[0]):04X}"
        report.error(place(source, text, control.start()), f"the character {found} is not allowed", "delete it")
        return None
    return source, text


def split(text: str) -> list[str]:
    """Split into lines where YAML and CSV do: at LF, CR LF or CR."""
    return re.split(r"\r\n|\n|\r", text)


def place(source: Source, text: str, offset: int) -> Mark:
    """Return the mark of a character offset."""
    lines = split(text[:offset])
    return Mark(source, len(lines), len(lines[-1]) + 1)
