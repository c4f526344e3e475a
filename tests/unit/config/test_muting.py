"""`mute_during:` as a rule keeps it."""

from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.config import load
from hub.model import HOUR, Hours, Rule, Selector
from hub.model import Test as Comparison

SITE = """
version: 1
site: {id: demo}
zones: [{id: tn}]
devices: [{id: smoke, profile: mqtt/smoke, zone: tn, connection: {host: 10.1.2.3}}]
rules:
  - id: hot
    category: process
    priority: high
    for_each: {kind: env.temperature}
    when: {above: 50}
    text: Hot
"""


def read(folder: Path, more: str) -> Rule:
    (folder / "site.yaml").write_text(f"{SITE}    {more}\n", encoding="utf-8")
    [rule] = load(folder, REGISTRY).rules
    return rule


def test_hours_mute_every_day_unless_days_are_given(tmp_path: Path) -> None:
    assert read(tmp_path, "mute_during: {from: '22:00', to: '05:30'}").mute_during == Hours(
        frozenset(range(7)), 22 * 60, 5 * 60 + 30
    )
    sunday = read(tmp_path, "mute_during: {days: [sun], from: '00:00', to: '06:00'}").mute_during
    assert sunday == Hours(frozenset({6}), 0, 360)


@pytest.mark.parametrize(("more", "span"), [("", 8 * HOUR), (", mute_at_most: 2h", 2 * HOUR)])
def test_a_state_mutes_for_eight_hours_unless_the_rule_says_otherwise(tmp_path: Path, more: str, span: int) -> None:
    rule = read(tmp_path, f"mute_during: {{point: test, is: true}}{more.replace(', ', chr(10) + '    ')}")
    assert rule.mute_during == Comparison("is", True, of=Selector(point="test"))
    assert rule.mute_at_most == span


def test_a_rule_that_says_nothing_mutes_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "latch: true").mute_during is None
