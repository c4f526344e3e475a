from xml.etree import ElementTree

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from hub.cli import test as cli
from hub.model import ConfigError

SITE = """
version: 1
site: {id: bench, name: Bench}
include: [shipped/rules/power.yaml, rules.yaml]
zones: [{id: test, name: Test}]
"""
RULES = """
rules:
  - id: hot
    category: process
    priority: high
    for_each: {kind: env.temperature}
    when: {above: 60}
    text: Nóng
"""
TESTS = """
devices: [{id: d, points: {t: env.temperature}}]
tests:
  - name: sixty is not above sixty
    device: d
    steps: [{at: 0s, set: {t: 60}, expect: []}]
  - name: seventy is
    device: d
    steps: [{at: 0s, set: {t: 70}, expect: [{rule: hot, point: t, state: WORD}]}]
"""


@pytest.fixture
def invoke(tmp_path):
    """Run the command on a site whose second test expects `word`."""
    app = typer.Typer()
    app.command()(cli.command)

    def run(*args, word="active"):
        (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
        (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
        (tmp_path / "rules.test.yaml").write_text(TESTS.replace("WORD", word), encoding="utf-8")
        return CliRunner().invoke(app, [str(tmp_path), *args])

    return run


def test_all_tests_of_the_site_and_of_the_packs_it_includes_are_run(invoke):
    result = invoke()
    assert result.exit_code == 0
    assert "rules.test.yaml\n  ok   sixty is not above sixty\n  ok   seventy is\n" in result.output
    assert "shipped/rules/power.test.yaml" in result.output
    assert result.output.endswith(" tests, 0 failed\n")


def test_a_failure_shows_both_sides_and_ends_with_1(invoke):
    result = invoke("-k", "seventy", word="latched")
    assert result.exit_code == 1
    assert "FAIL seventy is" in result.output
    assert "- expected latched" in result.output
    assert "+ but it is active, not acknowledged, high" in result.output
    assert result.output.endswith("1 tests, 1 failed\n")


def test_results_as_json(invoke):
    result = invoke("-k", "rules.test.yaml", "--json", word="latched")
    said = msgspec.json.decode(result.stdout)
    assert said["passed"] is False
    assert [(t["test"], t["passed"]) for t in said["tests"]] == [
        ("sixty is not above sixty", True),
        ("seventy is", False),
    ]
    assert said["tests"][1]["origin"].startswith("rules.test.yaml:")


def test_results_as_junit(invoke, tmp_path):
    invoke("-k", "rules.test.yaml", "--junit", str(tmp_path / "report.xml"), word="latched")
    (suite,) = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("rules.test.yaml", "2", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "expected latched" in (failure.text or "")


def test_nothing_to_run_is_no_success(invoke):
    result = invoke("-k", "no such test")
    assert result.exit_code == 1
    assert "none matches 'no such test'" in result.output


def test_a_mistake_in_a_test_is_a_mistake_of_configuration(invoke):
    result = invoke(word="burning")
    assert isinstance(result.exception, ConfigError)
