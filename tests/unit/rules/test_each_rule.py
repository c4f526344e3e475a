"""Every shipped rule, in the story of its pack in which it rings: the unknown rings nothing, a crash changes nothing.

That it rings there is what the story itself tests. Rules about silence ring because nothing is known; they are left out
where everything is made unknown.
"""

import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from drivers import REGISTRY
from hub.config import load
from hub.config.ruletests import Suite, load_tests
from hub.model import QUALITY_OF, Condition, DeviceEvent, Group, Reading, Reason, Rule, Transition
from hub.model import Test as Comparison
from hub.model.ruletest import Expected, RuleTest
from rules import Engine
from rules.testing import begin
from tests.unit.rules.test_packs import SITE


@cache
def suites() -> tuple[Suite, ...]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(SITE, encoding="utf-8")
        found, problems = load_tests(load(Path(folder), REGISTRY), REGISTRY)
    assert problems == []
    return tuple(found)


def stories() -> Iterator[tuple[str, tuple[Suite, Rule, RuleTest]]]:
    """Give each rule with the first story in which it is expected to be active."""
    for suite in suites():
        for rule in suite.site.rules:
            rings = (t for t in suite.tests if any(_rings(rule, e.alarm, e.state) for e in _expected(t)))
            if (story := next(rings, None)) is not None:
                yield rule.id, (suite, rule, story)


def _expected(story: RuleTest) -> Iterator[Expected]:
    return (e for step in story.steps for e in step.expected or ())


def _rings(rule: Rule, alarm: str, state: str) -> bool:
    return state == "active" and alarm.startswith(f"{rule.id}:")


STORIES = dict(stories())


def played(suite: Suite, story: RuleTest, *, unknown: bool = False) -> tuple[Engine, int, set[str]]:
    """Play a story, all its values unknown if asked; return the engine, the time, and the rules that rang."""
    engine, start = Engine(suite.site), begin(story, ZoneInfo(suite.site.timezone))
    rang: set[str] = set()
    now = start
    for step in story.steps:
        now = start + step.at
        while (due := engine.due()) is not None and due <= now:
            rang |= raised(engine.wake(max(due, start)))
        readings = []
        for point, value in step.values:
            reason = Reason.NO_COMMUNICATION if unknown else Reason.NONE
            readings.append(Reading(point, None if unknown else value, QUALITY_OF[reason], reason, now, now, 0))
        events = [] if unknown else [DeviceEvent(d, kind, told, now, now) for d, kind, told in step.events]
        rang |= raised(engine.step(readings, now, events))
    return engine, now, rang


def raised(said: Iterable[object]) -> set[str]:
    return {t.rule for t in said if isinstance(t, Transition) and t.input == "raise"}


def about_silence(condition: Condition) -> bool:
    if isinstance(condition, Comparison):
        return condition.verb == "stale_for"
    return isinstance(condition, Group) and any(map(about_silence, condition.parts))


@pytest.mark.parametrize("name", STORIES)
def test_a_story_in_which_everything_is_unknown_does_not_ring_it(name: str) -> None:
    suite, rule, story = STORIES[name]
    if rule.on_bad_quality == "alarm" or about_silence(rule.when):
        pytest.skip("that nothing is known is what it is about")
    assert name not in played(suite, story, unknown=True)[2]


@pytest.mark.parametrize("name", STORIES)
def test_a_crash_after_the_story_changes_nothing(name: str) -> None:
    suite, _, story = STORIES[name]
    engine, now, rang = played(suite, story)
    assert name in rang
    again = Engine(suite.site)
    again.load(msgspec.json.decode(msgspec.json.encode(engine.dump())))
    assert again.orphans(now) == []
    assert again.wake(now) == []
    assert again.alarms() == engine.alarms()


def test_every_shipped_rule_rings_in_some_story() -> None:
    assert {rule.id for suite in suites() for rule in suite.site.rules} == set(STORIES)
