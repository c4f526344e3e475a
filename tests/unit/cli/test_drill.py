"""`citywatch drill` on the virtual clock: exactly the expected alarms pass, anything else fails and says what."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from drivers import REGISTRY
from hub.cli import app
from hub.cli.drilling.cast import on_stage
from hub.cli.drilling.virtual import Virtual
from hub.config import load, shipped
from simulators.scenario import load as load_scenario

STARTER = shipped() / "sites" / "starter"
FIRE = """\
scenario: {id: fire, title: {vi: Cháy <b>kho</b>, en: Fire}}
steps:
  - {at: 5s, say: {vi: Khói, en: Smoke}, set: {panel-market/z07.alarm: true}}
  - {at: 10s, set: {smoke-stairs/smoke: true}}
expect:
  - {rule: fire, point: panel-market/z07.alarm, after: 5s, within: 3s}
  - {rule: smoke, point: smoke-stairs/smoke, after: 10s, within: 3s}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "starter"
    shutil.copytree(STARTER, folder)
    return folder


def drill(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["--lang", "en", "drill", *map(str, words)])


def written(site: Path, text: str, name: str = "fire") -> Path:
    (site / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return site


def found(result: Result) -> dict[str, object]:
    said: dict[str, object] = json.loads(result.stdout)["drills"][0]
    return said


def test_a_scenario_whose_alarms_come_in_time_passes_and_says_what_was_not_exercised(site: Path) -> None:
    result = drill(written(site, FIRE), "fire")
    assert result.exit_code == 0, result.output
    assert "PASSED" in result.stdout
    assert "2 / 2" in result.stdout
    assert "Not exercised: the wire" in result.stdout


def test_twice_the_same_drill_is_twice_the_same_to_the_nanosecond(site: Path) -> None:
    one, other = (found(drill(written(site, FIRE), "fire", "--json")) for _ in range(2))
    one.pop("seconds"), other.pop("seconds")
    assert one == other
    assert one["passed"] is True


@pytest.mark.parametrize(
    ("right", "wrong", "failure"),
    [
        ("panel-market/z07.alarm: true", "panel-market/z07.alarm: false", "it was not raised"),
        ("after: 5s, within: 3s", "after: 9s, within: 3s", "before its cause"),
        ("after: 10s, within: 3s", "after: 2s, within: 3s", "too late"),
        ("after: 10s, within: 3s", "after: 10s, within: 3s, times: 2", "raised 1 times, not 2"),
        ("after: 10s, within: 3s", "after: 10s, within: 3s, returns: 15s", "it had not returned"),
        ("after: 10s, within: 3s", "after: 10s, within: 3s, folded: panel-market", "not folded under panel-market"),
    ],
)
def test_an_alarm_that_is_not_as_expected_fails_and_says_why(site: Path, right: str, wrong: str, failure: str) -> None:
    assert right in FIRE
    result = drill(written(site, FIRE.replace(right, wrong)), "fire", "--json")
    failures = [e["failure"] or "" for e in found(result)["expected"]]  # type: ignore[attr-defined]
    assert result.exit_code == 1
    assert any(failure in said for said in failures), failures


def test_an_alarm_that_nobody_expected_fails_the_drill_unless_it_is_allowed(site: Path) -> None:
    surprising = FIRE.replace("at: 10s, set: {", "at: 10s, set: {smoke-kitchen/tamper: true, ")
    result = drill(written(site, surprising), "fire", "--json")
    assert result.exit_code == 1
    assert [u["alarm"] for u in found(result)["unexpected"]] == ["device-tamper:smoke-kitchen/tamper"]  # type: ignore[attr-defined]
    allowed = surprising + "allow: [{rule: device-tamper, point: smoke-kitchen/*, why: {vi: Nóng, en: The heat}}]\n"
    assert drill(written(site, allowed), "fire").exit_code == 0


def test_a_flood_of_alarms_must_be_announced_and_then_must_come(site: Path) -> None:
    storm = """\
scenario: {id: fire, title: Storm, lasts: 60s}
steps: [{at: 5s, set: {"panel-market/z*.fault": true}}]
expect: [{rule: fire-fault, point: "panel-market/z*.fault", count: 16, after: 5s, within: 10s}]
"""
    result = drill(written(site, storm), "fire", "--json")
    assert "unexpected flood" in str(found(result)["faults"])
    assert drill(written(site, storm + "flood: {after: 5s, within: 10s}\n"), "fire").exit_code == 0
    assert "no flood" in drill(written(site, FIRE + "flood: {within: 10s}\n"), "fire").stdout


def test_what_only_the_wire_can_show_is_not_played_and_says_so(site: Path) -> None:
    garbled = FIRE + "allow: []\n"
    garbled = garbled.replace(
        "  - {at: 10s, set", "  - {at: 6s, fault: {device: panel-market, kind: garbage}}\n  - {at: 10s, set"
    )
    result = drill(written(site, garbled), "fire")
    assert result.exit_code == 1
    assert "NOT PLAYED" in result.stdout
    assert "the fault garbage of panel-market is shown on the wire only: play it with --clock real" in result.stdout


def test_the_reports_name_every_expectation_and_escape_what_they_say(site: Path, tmp_path: Path) -> None:
    late = FIRE.replace("after: 10s, within: 3s", "after: 2s, within: 3s")
    html, junit = tmp_path / "drill.html", tmp_path / "drill.xml"
    drill(written(site, late), "fire", "--html", html, "--junit", junit)
    page = html.read_text(encoding="utf-8")
    assert "Cháy &lt;b&gt;kho&lt;/b&gt;" in page
    assert "<svg" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "too late" in page
    assert "trễ" in page
    suite = ElementTree.parse(junit).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a scenario, or give --all; starter has tour"),
        (["tour", "--all"], "name scenarios, or give --all"),
        (["torn"], "did you mean 'tour'"),
        (["tour", "--clock", "sundial"], "'sundial' is not virtual or real"),
        (["tour", "--clock", "real", "--speed", "2"], "the wire has one speed"),
    ],
)
def test_a_wrong_call_is_named_with_its_cure(words: list[str], said: str) -> None:
    result = drill(STARTER, *words)
    assert result.exit_code in (2, 78) or result.exception is not None
    assert said in " ".join((result.output + str(result.exception)).replace("│", " ").split())


def test_every_scenario_of_a_site_is_played_by_all(site: Path) -> None:
    result = drill(written(site, FIRE), "--all", "--json")
    assert [d["scenario"] for d in json.loads(result.stdout)["drills"]] == ["fire", "tour"]
    assert result.exit_code == 0


def test_ctrl_c_ends_a_drill_without_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_self: Virtual, _tell: object = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Virtual, "run", interrupted)
    result = drill(STARTER, "tour")
    assert result.exit_code == 130
    assert "stopped; the last scenario came to no verdict" in result.output


def test_a_device_without_a_simulator_is_never_on_stage(site: Path) -> None:
    loaded = load(written(site, FIRE), REGISTRY)
    strange = replace(loaded.devices["smoke-stairs"], driver="unheard-of")
    everybody = replace(loaded, devices={**loaded.devices, "smoke-stairs": strange})
    stage = on_stage(everybody, load_scenario(loaded, "fire"), whole=True)
    assert "smoke-stairs" not in stage.devices
    assert not [p for p in stage.points.values() if p.device == "smoke-stairs"]
    assert len(stage.devices) == len(loaded.devices) - 1
