"""`citywatch tap` on a hub that runs: what holds now, then what comes; refusals in sentences."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.web.tapping import NotTapped, readings
from hub.cli import app
from hub.cli.tap import line, matching
from tests.integration.web.conftest import Running
from tests.unit.web.fakes import site


async def test_the_present_readings_come_first_and_then_every_change(web: Running) -> None:
    web.hub.read("panel-1/level", 1.5)
    rows = readings(web.url, web.adapter.token("tap", "viewer"), ["panel-1/level", "panel-2/level"])
    first = [await anext(rows), await anext(rows)]
    assert [(row["point"], row["value"]) for row in first] == [("panel-1/level", 1.5), ("panel-2/level", None)]
    web.hub.read("panel-2/level", 4.0)
    web.tick()
    assert (await anext(rows))["value"] == 4.0
    await rows.aclose()


@pytest.mark.parametrize(
    ("token", "points", "says"),
    [("cw_made.up", ["panel-1/level"], "does not accept the token"), (None, ["no/such"], "does it run this very site")],
)
async def test_a_hub_that_refuses_is_told_with_the_way_out(web: Running, token, points, says) -> None:
    rows = readings(web.url, token or web.adapter.token("tap", "viewer"), points)
    with pytest.raises(NotTapped, match=says):
        await anext(rows)


async def test_nobody_there_is_a_sentence() -> None:
    with pytest.raises(NotTapped, match="cannot listen to http"):
        await anext(readings("http://127.0.0.1:1", "x", ["a/b"]))


def test_a_pattern_means_points_and_a_device_all_of_its_points() -> None:
    whole = matching(site(), "panel-1")
    assert "panel-1/level" in whole
    assert all(point.startswith("panel-1/") for point in whole)
    assert matching(site(), "*/level")[:2] == ["panel-1/level", "panel-2/level"]
    assert matching(site(), "nothing") == []


def test_a_reading_is_a_line_that_commands_no_terminal() -> None:
    row = {"point": "d/p", "value": "a\x1b[2J", "unit": "m", "quality": "bad", "reason": "stale", "time": None}
    assert line(row).split() == ["d/p", "a·[2J", "m", "bad:", "stale"]


def test_a_missing_token_is_said_before_anything_is_tried(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "version: 1\nsite: {id: s}\nzones: [{id: z}]\n"
        "devices: [{id: d, profile: mqtt/smoke, zone: z, connection: {host: h}}]\n"
    )
    words = ["tap", "d", "--site", str(tmp_path)]
    done = CliRunner().invoke(app, words, env={"CITYWATCH_TOKEN": ""})
    assert (done.exit_code, "CITYWATCH_TOKEN is not set" in done.output) == (1, True)
    wrong = CliRunner().invoke(app, ["tap", "x/*", *words[2:]])
    assert "no point of s is called 'x/*'" in wrong.output
