import pytest

from drivers import REGISTRY
from hub.config import load, shipped
from hub.config.ruletests import load_tests
from rules import Engine
from rules.testing import run

SITE = """
version: 1
site: {id: bench, name: Bench}
include: [shipped/rules/*.yaml]
zones: [{id: test, name: Test}]
"""


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    return load(tmp_path, REGISTRY)


@pytest.fixture
def suites(site):
    found, problems = load_tests(site, REGISTRY)
    assert problems == []
    return found


def test_every_shipped_pack_passes_its_own_tests(suites):
    results = [result for suite in suites for result in run(suite.site, suite.tests)]
    assert [r.failures for r in results if not r.passed] == []


def test_every_shipped_pack_has_at_least_three_tests(suites):
    packs = {p.name.removesuffix(".yaml") for p in (shipped() / "rules").glob("*.yaml") if ".test." not in p.name}
    tested = {s.name.removeprefix("shipped/rules/").removesuffix(".test.yaml"): len(s.tests) for s in suites}
    assert {pack: tested.get(pack, 0) >= 3 for pack in packs} == dict.fromkeys(packs, True)


def test_every_shipped_rule_is_raised_in_some_test(site, suites):
    raised = {
        e.alarm.partition(":")[0]
        for suite in suites
        for test in suite.tests
        for step in test.steps
        for e in step.expected or ()
        if e.state == "active"
    }
    assert {rule.id for rule in site.rules} - raised == set()


def test_every_shipped_rule_speaks_both_languages_and_says_what_to_do(site):
    for rule in site.rules:
        assert rule.text.vi != rule.text.en, rule.id
        assert rule.instructions, rule.id
        assert " / " in rule.instructions, rule.id


def test_every_operand_of_the_packs_finds_its_point(suites):
    assert [Engine(suite.site).unbound for suite in suites] == [[]] * len(suites)
