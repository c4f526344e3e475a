"""The sample in the driver's folder loads as a profile, its examples hold, and every point of it is read."""

import shutil
from pathlib import Path

import pytest
import yaml

import drivers.modbus
from drivers import REGISTRY
from drivers.runner import bind, redirected
from hub.config import load
from hub.model import Reason, one_by_one
from tests.support.broken_modbus import broken_modbus

FOLDER = Path(drivers.modbus.__file__).parent
SITE = """
version: 1
site: {id: sample, name: Sample, timezone: Asia/Ho_Chi_Minh, language: en}
include: [zones.yaml, devices.yaml]
"""
DEVICES = """
devices:
  - {id: meter, name: Meter, profile: sample/modbus, zone: here, connection: {host: 10.1.2.3}}
"""
WORDS = {"done", "todo"}


@pytest.fixture
def site(tmp_path):
    (tmp_path / "profiles" / "sample").mkdir(parents=True)
    shutil.copy(FOLDER / "sample.yaml", tmp_path / "profiles" / "sample" / "modbus.yaml")
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "zones.yaml").write_text("zones: [{id: here, name: Here}]\n")
    (tmp_path / "devices.yaml").write_text(DEVICES)
    return load(tmp_path, REGISTRY)


async def test_every_point_of_the_sample_is_read(site):
    async with broken_modbus() as server:
        device = redirected(site.devices["meter"], REGISTRY["modbus"], {"meter": ("127.0.0.1", server.port)})
        bound = bind(device)
        driver = REGISTRY["modbus"].load()([bound])
        await driver.open()
        samples = one_by_one(await driver.read(bound.points))
        await driver.close()
    assert sorted(s.point for s in samples) == sorted(p.id for p in bound.points)
    assert {s.reason for s in samples} <= {Reason.NONE, Reason.UNDECODABLE}
    reads = [int.from_bytes(r.pdu[3:5], "big") for r in server.requests]
    assert len(reads) == 4
    assert max(reads) <= 100


def test_the_card_says_done_todo_or_exempt_and_why():
    card = yaml.safe_load((FOLDER / "card.yaml").read_text())
    assert card.pop("driver") == "modbus"
    for level, lines in card.items():
        for line, word in lines.items():
            assert word in WORDS or word.startswith("exempt: because "), f"{level}.{line}: {word}"


def test_the_readme_names_every_field_of_the_models():
    text = (FOLDER / "README.md").read_text()
    spec = REGISTRY["modbus"]
    for model in (spec.connection, spec.address, spec.limits):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in text or f"{field.alias or name}:" in text
