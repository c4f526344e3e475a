"""A profile proves its events, too, and says a passage in the hub's own attributes."""

from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.config import load
from hub.model import ConfigError

PROFILE = """\
profile: own/reader
title: {vi: Đọc biển số, en: Plate reader}
driver: http-ingest
source: "its manual"
parameters:
  lanes: {type: text, default: "", title: {vi: Làn, en: Lanes}}
events:
  passage:
    kind: traffic.passage
    address: {list: reads, key: id}
    attributes: {plate: plate, speed: kmh, lane: lane}
examples:
"""
RAW = '{"reads": [{"id": 1, "plate": "20A-123.45", "kmh": 40}]}'
GOOD = f"  - {{event: passage, raw: '{RAW}', gives: {{plate: 20A12345, speed: 40}}}}\n"
SITE = """\
version: 1
site: {id: test, name: {vi: Thử, en: Test}}
zones: [{id: z, name: {vi: Vùng, en: Zone}}]
devices:
  - {id: gate, profile: own/reader, zone: z, connection: {secret: {secret: key}}, with: {lanes: "1 2"}}
"""


def a_site(folder: Path, profile: str, site: str = SITE) -> Path:
    (folder / "profiles/own").mkdir(parents=True)
    (folder / "profiles/own/reader.yaml").write_text(profile, encoding="utf-8")
    (folder / "site.yaml").write_text(site, encoding="utf-8")
    secrets = folder / "secrets.yaml"
    secrets.write_text("key: " + "k" * 32, encoding="utf-8")
    secrets.chmod(0o600)
    return folder


def test_a_device_that_tells_passages_has_points_for_its_lanes(tmp_path: Path) -> None:
    site = load(a_site(tmp_path, PROFILE + GOOD * 5), REGISTRY)
    points = {point.name for point in site.devices["gate"].points}
    assert {"$pass.count", "$pass.speed", "$lane.1.truck", "$lane.2.violations", "$violation.red_light"} <= points
    assert "$lane.3.count" not in points


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("speed: 40}", "speed: 41}"), "speed is 40.0, not 41"),
        (("gives: {plate", "gives: {colr: x, plate"), "has no attribute 'colr'"),
        (("{event: passage", "{event: pasage"), "there is no event 'pasage'"),
        (('"id": 1, ', ""), "the event does not happen"),
        (("speed: kmh", "velocity: kmh"), "a passage has no attribute 'velocity'"),
        ((", gives: {plate: 20A12345, speed: 40}", ""), "needs 'gives'"),
        (("{event: passage", "{point: a, event: passage"), "an example is of a 'point'"),
    ],
)
def test_what_an_example_of_an_event_gives_is_compared(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = PROFILE + GOOD * 5
    assert change[0] in text
    with pytest.raises(ConfigError) as wrong:
        load(a_site(tmp_path, text.replace(*change)), REGISTRY)
    assert said in wrong.value.problems[0].message + wrong.value.problems[-1].message


def test_lanes_that_are_no_names_are_a_mistake_of_the_site(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as wrong:
        load(a_site(tmp_path, PROFILE + GOOD * 5, SITE.replace('"1 2"', '"1 1"')), REGISTRY)
    assert "lanes" in wrong.value.problems[0].message
