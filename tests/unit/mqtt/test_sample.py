"""The driver's papers: the sample loads and is heard, the reference names every field, the card is honest."""

import shutil
from pathlib import Path

import pytest
import yaml

import drivers.mqtt
from drivers import REGISTRY
from drivers.mqtt.routes import Routes
from drivers.runner import bind
from hub.config import load
from hub.model import Intake

FOLDER = Path(drivers.mqtt.__file__).parent
REFERENCE = FOLDER.parents[1] / "docs" / "reference" / "mqtt.md"
SITE = """
version: 1
site: {id: sample, name: Sample, timezone: Asia/Ho_Chi_Minh, language: en}
include: [zones.yaml, devices.yaml]
"""
DEVICES = """
devices:
  - {id: s1, name: S1, profile: sample/mqtt, zone: here, connection: {host: 10.1.2.3, topic: "site/{device}"}}
  - {id: s2, name: S2, profile: sample/mqtt, zone: here, connection: {host: 10.1.2.3, topic: "site/{device}"}}
"""
WORDS = {"done", "todo"}


@pytest.fixture
def site(tmp_path):
    (tmp_path / "profiles" / "sample").mkdir(parents=True)
    shutil.copy(FOLDER / "sample.yaml", tmp_path / "profiles" / "sample" / "mqtt.yaml")
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (tmp_path / "devices.yaml").write_text(DEVICES)
    return load(tmp_path, REGISTRY)


def test_the_sample_loads_and_every_point_and_event_of_it_is_heard(site):
    routes = Routes([bind(d, "sample") for d in site.devices.values()])
    assert routes.filters == ["site/+", "site/+/about", "site/+/availability", "site/+/level", "site/+/pump"]
    intake = Intake()
    whole = (
        b'{"temperature": 21.5, "time": "2026-11-24T09:00:00+07:00", "air": {"humidity": 61}, "smoke": true, "id": 7,'
        b' "channels": [{}, {"value": 2.5}], "key with spaces": {"v": 7}, "contact": true, "battery": 80,'
        b' "action": "single"}'
    )
    said = {"": whole, "/level": b"350", "/pump": b"ON", "/about": b'{"fw": "1.4.2"}', "/availability": b"online"}
    for topic, payload in said.items():
        routes.bindings[f"site/s1{topic}"].take(f"site/s1{topic}", payload, False, intake, lambda: 0)
    wanted = {p.id for p in site.devices["s1"].points if p.address is not None}
    assert {s.point for s in intake.samples if s.value is not None} == wanted
    assert [(e.kind, e.attributes, e.dedupe_key) for e in intake.events] == [
        ("device.message", {"action": "single", "battery": 80}, "7")
    ]
    assert not intake.strays


def test_the_card_says_done_todo_or_exempt_and_why():
    card = yaml.safe_load((FOLDER / "card.yaml").read_text())
    assert card.pop("driver") == "mqtt"
    for level, lines in card.items():
        for line, word in lines.items():
            assert word in WORDS or word.startswith("exempt: because "), f"{level}.{line}: {word}"


def test_the_reference_names_every_field_of_the_models():
    text = REFERENCE.read_text()
    spec = REGISTRY["mqtt"]
    for model in (spec.connection, spec.address, spec.event):
        for name in model.model_fields:
            assert f"`{name}`" in text, f"{model.__name__}.{name}"
