"""No shipped rule is silent for want of somebody who says what it listens for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.house.tree import ROOT

RULES = sorted(path for path in (ROOT / "config/rules").glob("*.yaml") if not path.name.endswith(".test.yaml"))
PROFILES = sorted((ROOT / "config/profiles").rglob("*.yaml"))

OF_THE_HUB = frozenset({"$health", "$latency", "$channel"})
"""Points that every device, or the hub, has by itself."""

UNFILLED = {
    "camera.fire": "cameras with analytics, over ONVIF",
    "env.smoke_density": "analogue and aspirating detectors are points of a site's own controllers",
    "fire.call_point": "the maps of panels tell zones; a site whose panel names its call points gives them this kind",
    "traffic.incident": "told by cameras with analytics, over ONVIF",
    "traffic.violation": "told by plate readers",
    "traffic.watch_list": "told by plate readers",
    "traffic.wrong_way_driver": "told by plate readers and cameras; radars count instead (traffic.wrong_way)",
}
"""Kinds of shipped rules that no shipped profile fills, and why not."""


def named(node: Any, keys: frozenset[str]) -> Iterator[str]:
    """Give every word that stands under one of these keys."""
    if isinstance(node, list):
        for item in node:
            yield from named(item, keys)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in keys and isinstance(value, str):
                yield value
            yield from named(value, keys)


def kinds(paths: list[Path], *keys: str) -> set[str]:
    return {k for path in paths for k in named(yaml.safe_load(path.read_text(encoding="utf-8")), frozenset(keys))}


def test_every_kind_of_a_shipped_rule_is_filled_by_a_shipped_profile_or_has_a_reason() -> None:
    silent = kinds(RULES, "kind", "event") - kinds(PROFILES, "kind") - OF_THE_HUB - UNFILLED.keys()
    assert silent == set(), "rules that can never speak: give a profile the kind, or say here why not"


def test_no_reason_is_kept_for_a_kind_that_no_rule_names() -> None:
    assert UNFILLED.keys() - kinds(RULES, "kind", "event") == set()


def test_what_rules_look_for_is_not_called_a_mere_value() -> None:
    """A rule about `device.uptime` hears no point that is a `device.value`, whatever its name."""
    meant = {
        "uptime": "device.uptime",
        "minutes_left": "power.minutes_left",
        "certificate_days": "$cert_days",
        "clock_offset": "$clock_offset",
        "wrong_way": "traffic.wrong_way",
        "stopped": "traffic.stopped",
        "aqi": "env.aqi",
    }
    points = {(path.name, name): point["kind"] for path in PROFILES for name, point in points_of(path).items()}
    assert {at: kind for at, kind in points.items() if kind != meant.get(at[1], kind)} == {}


def points_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")).get("points") or {}
    return found
