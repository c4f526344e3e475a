"""What the documents say, for tests that hold them to it: links, anchors, fenced blocks, rows of tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.house.tree import ROOT, belonging

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| *`?([^|`]+?)`? *\|", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, what else stands behind the fence, and its text."""

    language: str
    name: str
    text: str
    page: Path
    line: int


def pages() -> tuple[Path, ...]:
    """Return every Markdown file of the repository."""
    return tuple(path for path in belonging() if path.suffix == ".md")


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """Return a page without its fenced blocks and code spans, where nothing is a link."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", read(path)))


def links(path: Path) -> Iterator[str]:
    for first, second in LINK.findall(prose(path)):
        yield first or second


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    plain = [
        re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(FENCE.sub("", read(path)))
    ]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


def blocks(path: Path) -> list[Block]:
    text = read(path)
    return [
        Block(*(*m["info"].split(maxsplit=1), "", "")[:2], m["body"], path, text.count("\n", 0, m.start()) + 1)
        for m in FENCE.finditer(text)
    ]


def first_cells(path: Path) -> list[str]:
    """Return the first cell of every row of every table."""
    return [cell.strip() for cell in ROW.findall(FENCE.sub("", read(path)))]
