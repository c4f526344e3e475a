"""Found groups: what a profile may say of rows that a device has, and what points a row brings."""

from pathlib import Path

from drivers import REGISTRY
from hub.config import inspect, load
from hub.model import FoundRow, Site
from hub.model.found import named, simulated, with_rows

IF_NAME, IF_DESCR = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
SITE = """
version: 1
site: {{id: s}}
zones: [{{id: z}}]
devices:
  - id: sw
    profile: net/switch-ifmib
    zone: z
    with: {{{given}}}
    connection: {{host: h, version: 2c, community: {{secret: s}}}}
    points: {{{points}}}
"""


def made(tmp_path: Path, given: str = "", points: str = "") -> Site:
    return load(written(tmp_path, given, points), REGISTRY)


def written(tmp_path: Path, given: str = "", points: str = "") -> Path:
    (tmp_path / "site.yaml").write_text(SITE.format(given=given, points=points))
    (tmp_path / "secrets.yaml").write_text("s: words\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    return tmp_path


def test_a_switch_whose_ports_are_listed_finds_none(tmp_path: Path) -> None:
    assert made(tmp_path, "ports: 4").devices["sw"].found == ()


def test_a_row_brings_its_points_under_a_clean_name(tmp_path: Path) -> None:
    site = made(tmp_path)
    (group,) = site.devices["sw"].found
    status = next(p for p in group.points("Gi1_0_7", FoundRow("Gi1/0/7", 2, IF_DESCR)) if p.name.endswith("status"))
    assert (status.id, status.kind, status.title.vi) == ("sw/port.Gi1_0_7.status", "link.status", "Cổng Gi1/0/7")
    row = status.address.row
    assert (row.column_oid, row.equals, row.nth, row.found) == (IF_DESCR, "Gi1/0/7", 2, True)


def test_rows_with_one_name_get_words_of_their_own_and_accents_go() -> None:
    words = [known.word for known in named([FoundRow("Cổng đồng 1"), FoundRow("Cong dong 1"), FoundRow("///")])]
    assert words == ["Cong_dong_1", "Cong_dong_1_2", "row"]


def test_a_site_with_rows_has_their_points_and_a_second_time_the_same(tmp_path: Path) -> None:
    site = made(tmp_path)
    rows = {"sw": {"port": named([FoundRow("eth0"), FoundRow("eth1")])}}
    grown = with_rows(site, rows)
    assert {"sw/port.eth0.status", "sw/port.eth1.speed"} <= grown.points.keys()
    assert with_rows(grown, rows).points.keys() == grown.points.keys()
    assert site.points.keys() < grown.points.keys()


def test_a_simulated_device_has_the_rows_of_its_profile(tmp_path: Path) -> None:
    assert "sw/port.Gi1_0_1.status" in simulated(made(tmp_path)).points


def test_a_device_may_say_otherwise_of_one_row(tmp_path: Path) -> None:
    site = made(tmp_path, points="port.up.status: {tags: [uplink]}, port.up.admin: {writable: true}")
    (group,) = site.devices["sw"].found
    up, other = ({p.name: p for p in group.points(w, FoundRow(w))} for w in ("up", "down"))
    assert up["port.up.status"].tags == {"uplink"}
    assert up["port.up.admin"].writable
    assert not other["port.down.status"].tags
    assert not other["port.down.admin"].writable


def test_what_the_profile_does_not_let_be_set_is_refused_for_a_row_too(tmp_path: Path) -> None:
    _, problems = inspect(written(tmp_path, points="port.up.status: {writable: true}"), REGISTRY)
    assert "does not let 'status' be set" in problems[0].message


def test_two_loads_of_one_site_are_equal(tmp_path: Path) -> None:
    assert made(tmp_path).devices["sw"] == made(tmp_path).devices["sw"]


PROFILE = """
profile: lab/it
title: It
driver: {driver}
source: Lab notes
parameters: {{n: {{type: int, default: 0}}}}
found:
  row:
    address: {{walk: 1.3.6.1.4.1.1.1.1}}
    {more}
    points: {{v: {{kind: device.value, address: {{table: 1.3.6.1.4.1.1.1, column: 2}}}}}}
"""


def complaint(tmp_path: Path, more: str = "", driver: str = "snmp") -> str:
    (tmp_path / "profiles" / "lab").mkdir(parents=True)
    (tmp_path / "profiles" / "lab" / "it.yaml").write_text(PROFILE.format(driver=driver, more=more))
    (tmp_path / "site.yaml").write_text("version: 1\nsite: {id: s}\n")
    return " ".join(p.message for p in inspect(tmp_path, REGISTRY)[1])


def test_a_group_names_a_parameter_that_there_is(tmp_path: Path) -> None:
    assert "there is no parameter 'm'" in complaint(tmp_path, "when: m")


def test_a_table_is_not_looked_at_without_pause(tmp_path: Path) -> None:
    assert "looked at every second at most" in complaint(tmp_path, "every: 500ms")


def test_a_driver_that_cannot_find_rows_says_so(tmp_path: Path) -> None:
    assert "cannot find rows" in complaint(tmp_path, driver="modbus")
