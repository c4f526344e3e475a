"""The tutorial is run as it stands, command by command: it cannot rot."""

from pathlib import Path

import pytest

from tests.house.pages import Block, blocks
from tests.house.walkthrough import Reader, commands, pattern, ports

TUTORIAL = Path("docs/tutorial/first-site.md")
SHOWN = ("8080", "5020", "1883")


def with_free_ports(found: list[Block]) -> list[Block]:
    """Return the blocks with ports that nobody else uses while this test runs."""
    for shown, free in zip(SHOWN, ports(len(SHOWN)), strict=True):
        found = [block._replace(text=block.text.replace(shown, str(free))) for block in found]
    return found


@pytest.mark.database
@pytest.mark.timeout(300)
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block in with_free_ports(blocks(TUTORIAL)):
        reader.follow(block)


def test_the_tutorial_uses_every_command_it_promises() -> None:
    typed = " ".join(c.words for block in blocks(TUTORIAL) if block.language == "console" for c in commands(block))
    for command in ("check", "show", "test", "simulate", "demo", "run"):
        assert f"citywatch {command} " in typed


def test_a_page_that_shows_something_else_is_found_out() -> None:
    assert pattern("good\n… zones\n").fullmatch("good\n2 zones\n")
    assert pattern("first\n…\nlast\n").fullmatch("first\na\nb\nlast\n")
    assert not pattern("good\n").fullmatch("bad\n")
    assert not pattern("first\n…\nlast\n").fullmatch("first\na\n")
