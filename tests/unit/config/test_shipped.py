"""What ships with the hub: every profile loads with its examples, the starter site starts."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers import REGISTRY
from hub.config import inspect, load, shipped
from hub.model import SECOND

PROFILES = sorted(
    path.relative_to(shipped() / "profiles").with_suffix("").as_posix()
    for path in (shipped() / "profiles").rglob("*.yaml")
)
STARTER = shipped() / "sites" / "starter"


def test_the_profile_in_the_handbook_is_good(tmp_path: Path) -> None:
    handbook = Path(__file__).parents[3] / "docs" / "how-to" / "write-a-profile.md"
    text = handbook.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    (tmp_path / "profiles" / "water").mkdir(parents=True)
    (tmp_path / "profiles" / "water" / "pump-station.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "site.yaml").write_text("version: 1\nsite: {id: s}\n")
    assert inspect(tmp_path, REGISTRY)[1] == []


SIGN_IN = {
    "http-ingest": "{secret: {secret: s}}",
    "files": "{folder: drop}",
    "snmp": "{host: h, version: 2c, community: {secret: s}}",
    "snmp-trap": "{communities: [{secret: s}]}",
    "opcua": '{url: "opc.tcp://h:4840"}',
}
"""Connections of drivers that are not content with a host."""
CHOICES = {
    "fire/en54-modbus": "zones: 3",
    "fire/notifier-modbus-gw": "detectors: 5, modules: 2, loop: 3",
    "fire/honeywell-clss": "detectors: 300, modules: 300, loop: 10",
    "fire/siemens-nk8237": "zones: 3, detectors: 4, controls: 2, hardware: 1",
}
"""Parameters of profiles for which the smallest is not enough."""


def choice(profile: str, file: dict[str, Any]) -> str:
    """Return `with:` for the parameters that a profile leaves to the site."""
    open_ones = {n: p for n, p in file.get("parameters", {}).items() if "default" not in p}
    return CHOICES.get(profile) or ", ".join(f"{n}: {p.get('min', 2)}" for n, p in open_ones.items())


@pytest.mark.parametrize("profile", PROFILES)
def test_a_shipped_profile_loads_and_its_examples_hold(profile: str, tmp_path: Path) -> None:
    file = yaml.safe_load((shipped() / "profiles" / f"{profile}.yaml").read_text(encoding="utf-8"))
    connection, given = SIGN_IN.get(file["driver"], "{host: h}"), choice(profile, file)
    device = f"{{id: d, profile: {profile}, zone: z, connection: {connection}, with: {{{given}}}}}"
    (tmp_path / "secrets.yaml").write_text("s: secret of twenty-four characters\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    (tmp_path / "site.yaml").write_text(f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices:\n  - {device}\n")
    site, problems = inspect(tmp_path, REGISTRY)
    assert problems == []
    assert site is not None
    assert all(p.title.vi and p.title.en for p in site.points.values())


def test_the_starter_site_is_good_and_has_nothing_to_warn_of() -> None:
    site, problems = inspect(STARTER, REGISTRY)
    assert problems == []
    assert site is not None
    assert len(site.devices) == 10


def test_the_starter_site_is_what_the_tutorial_says() -> None:
    site = load(STARTER, REGISTRY)
    panel, silent = site.devices["panel-market"], site.devices["smoke-silent"]
    assert (panel.interval, panel.parameters) == (SECOND, {"zones": 16, "log": 0})
    assert sum(p.kind == "fire.alarm" for p in panel.points) == 16
    assert site.points["panel-market/z07.alarm"].zone == "tn/market/store"
    assert silent.silent_after == 20 * SECOND
    assert all(d.connection.host == "127.0.0.1" for d in site.devices.values())
    assert all(z.at for z in site.zones.values())
    assert (STARTER / str(site.map)).is_file()


def test_the_notifier_addresses_are_those_of_the_manual(tmp_path: Path) -> None:
    choice = "{detectors: 159, modules: 1, loop: 2}"
    device = f"{{id: d, profile: fire/notifier-modbus-gw, zone: z, connection: {{host: h}}, with: {choice}}}"
    (tmp_path / "site.yaml").write_text(f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices:\n  - {device}\n")
    points = load(tmp_path, REGISTRY).points
    assert points["d/l2d001.fault"].address.number == 40401 - 40001
    assert points["d/l2d159.fault"].address.number == 40401 + 158 - 40001
    assert points["d/l2m001.fault"].address.number == 40601 - 40001


def test_the_clss_addresses_are_those_of_the_manual(tmp_path: Path) -> None:
    choice = "{detectors: 300, modules: 300, loop: 10}"
    device = f"{{id: d, profile: fire/honeywell-clss, zone: z, connection: {{host: h}}, with: {choice}}}"
    (tmp_path / "site.yaml").write_text(f"version: 1\nsite: {{id: s}}\nzones: [{{id: z}}]\ndevices:\n  - {device}\n")
    points = load(tmp_path, REGISTRY).points
    assert points["d/l10d001.fault"].address.number == 405401 - 400001
    assert points["d/l10m001.fault"].address.number == 405701 - 400001
    assert points["d/l10m300.fault"].address.number == 406000 - 400001
    assert points["d/silenced"].address.number == 420001 - 400001


FIRE_STATES = ("fire.alarm", "fire.pre_alarm", "fire.fault", "fire.disabled", "fire.test", "fire.supervisory")
PANELS = [p for p in PROFILES if p.startswith("fire/")]


@pytest.mark.parametrize("profile", PANELS)
def test_a_fire_profile_tells_every_fire_state_or_says_that_it_cannot(profile: str) -> None:
    file = yaml.safe_load((shipped() / "profiles" / f"{profile}.yaml").read_text(encoding="utf-8"))
    groups = [file["points"], *(group["points"] for group in file.get("each", []))]
    told = {point["kind"] for group in groups for point in group.values()}
    assert told | set(file.get("unknown_states", [])) >= set(FIRE_STATES)


def test_the_table_of_profiles_names_every_profile_with_its_source_and_nothing_else() -> None:
    table = (Path(__file__).parents[3] / "docs" / "reference" / "profiles.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip(" `") for line in table.splitlines() if line.startswith("| `")]
    assert sorted(rows) == PROFILES
