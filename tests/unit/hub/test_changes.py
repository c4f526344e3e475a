"""What tells one configuration of a site from another."""

from msgspec.structs import replace

from hub import changes
from hub.model import Text
from tests.support.sites import a_device, a_point, a_rule, a_site

LEVEL = a_point("d", "level", "env.water_level")
SITE = a_site([a_device("d", [LEVEL])], [a_rule("high", "env.water_level", "above", 3.0)])


def with_point(**fields: object):
    return a_site([a_device("d", [replace(LEVEL, **fields)])], SITE.rules)  # type: ignore[arg-type]


def test_a_site_does_not_differ_from_itself_wherever_it_is_written() -> None:
    moved = replace(SITE, rules=(replace(SITE.rules[0], origin="elsewhere.yaml:9"),))
    assert not changes.devices(SITE, moved)
    assert not changes.rules(SITE, moved)
    assert changes.others(SITE, moved) == []


def test_what_differs_is_named_by_its_fields() -> None:
    other = a_site([a_device("e", [])], [a_rule("high", "env.water_level", "above", 4.0)])
    assert changes.devices(SITE, other) == changes.Difference(["e"], {}, ["d"])
    assert changes.rules(SITE, other).changed == {"high": ["when"]}
    assert changes.others(SITE, replace(SITE, language="vi")) == ["language"]


def test_settings_that_wait_for_a_restart_are_named_and_kept() -> None:
    other = replace(SITE, web=replace(SITE.web, port=9), store=replace(SITE.store, url="postgresql://x", keep={"a": 1}))
    assert changes.waits(SITE, other) == ["web", "store.url"]
    taken = changes.without_waits(SITE, other)
    assert (taken.web, taken.store.url, taken.store.keep) == (SITE.web, SITE.store.url, {"a": 1})


def test_a_value_is_a_stranger_when_its_number_means_something_else_now() -> None:
    assert changes.strangers(SITE, with_point(title=Text.same("Bridge"), zone="other")) == frozenset()
    assert changes.strangers(SITE, with_point(scale=0.01)) == {"d/level"}
    assert changes.strangers(SITE, with_point(unit="cm")) == {"d/level"}
    assert changes.strangers(SITE, a_site([])) == frozenset()
