import pytest

from drivers import REGISTRY
from hub.config import load, render
from hub.config.ruletests import load_tests
from hub.model import SECOND, Priority, Reason
from hub.model.ruletest import Action, Expected

SITE = """
version: 1
site: {id: bench, name: Bench}
include: [rules/*.yaml]
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
  - id: odd
    category: process
    priority: low
    for_each: {kind: env.temperature}
    when: {below: 0}
    text: Lạ
"""
HEAD = """
devices:
  - {id: d, points: {t: env.temperature, flag: device.flag}}
tests:
  - name: story
    device: d
    steps:
"""


@pytest.fixture
def read(tmp_path):
    """Return what a test file of one story says: suites and rendered problems."""

    def read_one(text, head=HEAD):
        (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules" / "heat.yaml").write_text(RULES, encoding="utf-8")
        (tmp_path / "rules" / "heat.test.yaml").write_text(head + text, encoding="utf-8")
        suites, problems = load_tests(load(tmp_path, REGISTRY), REGISTRY)
        return suites, render(problems)

    return read_one


def test_a_test_file_becomes_steps(read):
    (suite,), problems = read(
        """
      - {at: 0s, set: {t: 70}, quality: {flag: bad}}
      - at: 1m
        ack: {rule: hot, point: t}
        reset: {rule: hot, point: d/t, refused: condition_active}
        expect: [{rule: hot, point: t, state: active, acked: true, priority: high}]
"""
    )
    assert problems == ""
    assert suite.name == "rules/heat.test.yaml"
    assert [r.id for r in suite.site.rules] == ["hot", "odd"]
    (test,) = suite.tests
    first, second = test.steps
    assert (test.name, first.at, second.at) == ("story", 0, 60 * SECOND)
    assert first.values == (("d/t", 70.0),)
    assert first.qualities == (("d/flag", Reason.NO_COMMUNICATION),)
    assert second.actions == (Action("ack", "hot:d/t"), Action("reset", "hot:d/t", "condition_active"))
    assert second.expected == (Expected("hot:d/t", "active", True, Priority.HIGH),)
    assert second.origin.startswith("rules/heat.test.yaml:")


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("{at: 0s, set: {tt: 1}}", "unknown point 'tt'"),
        ("{at: 0s, set: {t: warm}}", "'t' is of type float, and this is the text 'warm'"),
        ("{at: 0s, set: {flag: 1}}", "'flag' is of type bool, and this is the number 1"),
        ("{at: 0s, quality: {t: bed}}", "did you mean 'bad'?"),
        ("{at: 0s, ack: {rule: hott, point: t}}", "did you mean 'hot'?"),
        ("{at: 0s, ack: {rule: hot}}", "the rule 'hot' is about points: name the point"),
        (
            "{at: 0s, expect: [{rule: hot, point: t, state: on}]}",
            "is not one of 'active', 'latched', 'returned' or 'normal'",
        ),
        ("{at: 5, set: {t: 1}}", "expected a duration such as"),
        ("{at: 0s, sett: {t: 1}}", "did you mean 'set'?"),
        ("{at: 0s, set: {x/t: 1}}", "unknown point 'x/t'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_cure(read, step, says):
    _, problems = read(f"      - {step}\n")
    assert "rules/heat.test.yaml:8:" in problems
    assert says in problems


def test_steps_are_in_order_of_time(read):
    _, problems = read("      - {at: 5s}\n      - {at: 4s}\n")
    assert "heat.test.yaml:9:14: error: a step lies before the one above it" in problems


def test_an_unknown_device_is_told(read):
    _, problems = read("tests: [{name: x, device: nobody, steps: [{at: 0s}]}]", head="")
    assert "unknown device 'nobody'" in problems


def test_a_bare_device_needs_known_kinds(read):
    _, problems = read(
        "devices: [{id: d, points: {t: env.temprature}}]\ntests: [{name: x, device: d, steps: [{at: 0s}]}]", head=""
    )
    assert "did you mean 'env.temperature'?" in problems


def test_a_test_file_beside_no_rule_of_the_site_is_told(tmp_path):
    (tmp_path / "site.yaml").write_text(SITE.replace("rules/*.yaml", "rules/a.yaml"), encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "rules" / "b.test.yaml").write_text("tests: []", encoding="utf-8")
    suites, problems = load_tests(load(tmp_path, REGISTRY), REGISTRY)
    assert suites == []
    assert "rules/b.test.yaml:1:1: warning: tests nothing: no rule of 'b.yaml'" in render(problems)
