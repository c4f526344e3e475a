"""What is logged: to people who may not see plates, so no line holds a whole one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub.cli import logs

PLATE = "20A-123.45"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def _lines(capsys: pytest.CaptureFixture[str], **said: Any) -> str:
    logs.configure()
    structlog.get_logger().warning(f"cannot read {PLATE}", **said)
    return capsys.readouterr().err


def test_a_line_is_written_with_its_plates_masked(capsys: pytest.CaptureFixture[str]) -> None:
    line = _lines(capsys, plate="AB9876XYZ", why=f"lane 2: {PLATE}", attributes={"plate": PLATE, "speed": 51})
    assert "20A-***.45" in line
    assert "A***" in line
    assert "51" in line
    assert PLATE not in line
    assert "AB9876XYZ" not in line


def test_a_traceback_shows_no_plate_either(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"what is {PLATE}?")
    except ValueError:
        line = _lines(capsys, exc_info=True)
    assert "ValueError" in line
    assert PLATE not in line


def test_what_goes_well_is_not_logged_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    structlog.get_logger().info("all is well")
    assert capsys.readouterr().err == ""


def test_every_command_that_logs_does_so_by_this_room() -> None:
    files = [path for path in Path("hub").rglob("*.py") if "structlog.configure(" in path.read_text(encoding="utf-8")]
    assert files == [Path("hub/cli/logs.py")]
