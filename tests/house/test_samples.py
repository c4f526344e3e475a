"""A driver's folder shows what it can do: a sample that loads, a card that is honest, a page to read."""

import shutil
from pathlib import Path

import pytest
import yaml

from drivers import REGISTRY
from hub.config import load
from tests.house.tree import ROOT

FOLDERS = sorted(path.parent.name for path in (ROOT / "drivers").glob("*/driver.py"))
LEVELS = ["bronze", "silver", "gold", "platinum"]
SITE = """
version: 1
site: {id: sample, name: Sample, timezone: Asia/Ho_Chi_Minh, language: en}
zones: [{id: here}]
devices: [{id: thing, profile: sample/thing, zone: here, connection: {host: 10.1.2.3}}]
"""
CONNECTIONS = {"files": "{folder: drop}", "opcua": "{url: 'opc.tcp://10.1.2.3'}"}


def test_every_driver_of_ours_has_a_folder_of_its_name() -> None:
    """A driver may have a companion in its folder, named after it: `snmp-trap` lives with `snmp`."""
    assert set(FOLDERS) == {name.partition("-")[0] for name in REGISTRY}


def site_of(driver: str, profile: str) -> str:
    site = SITE.replace("sample/thing", profile)
    return site.replace("{host: 10.1.2.3}", CONNECTIONS.get(driver, "{host: 10.1.2.3}"))


@pytest.mark.parametrize("driver", FOLDERS)
def test_the_sample_is_a_profile_that_loads(driver: str, tmp_path: Path) -> None:
    """Loading runs the examples too."""
    text = (ROOT / "drivers" / driver / "sample.yaml").read_text(encoding="utf-8")
    name = yaml.safe_load(text)["profile"]
    (tmp_path / "profiles" / name).parent.mkdir(parents=True)
    shutil.copy(ROOT / "drivers" / driver / "sample.yaml", tmp_path / "profiles" / f"{name}.yaml")
    (tmp_path / "site.yaml").write_text(site_of(driver, name), encoding="utf-8")
    assert load(tmp_path, REGISTRY).devices["thing"].driver == driver


@pytest.mark.parametrize("driver", FOLDERS)
def test_the_card_says_for_everything_done_todo_or_why_not(driver: str) -> None:
    card = yaml.safe_load((ROOT / "drivers" / driver / "card.yaml").read_text(encoding="utf-8"))
    assert card.pop("driver") == driver
    assert list(card) == LEVELS
    for level, rows in card.items():
        for row, word in rows.items():
            assert word in {"done", "todo"} or str(word).startswith("exempt: because "), f"{level}.{row}: {word}"
    assert "todo" not in card["bronze"].values(), "a driver that is shipped has at least bronze"


@pytest.mark.parametrize("driver", FOLDERS)
def test_the_driver_itself_stays_small(driver: str) -> None:
    assert (ROOT / "drivers" / driver / "driver.py").read_text(encoding="utf-8").count("\n") <= 250
    assert (ROOT / "drivers" / driver / "README.md").stat().st_size > 500
