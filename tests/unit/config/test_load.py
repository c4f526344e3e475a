"""A folder becomes a site: merging, defaults, parameters, references, the hub's own points."""

from pathlib import Path

import pytest

from hub.config import load, origins, render
from hub.model import DAY, HOUR, MINUTE, SECOND, ConfigError, Lane, Priority, Selector, rule
from tests.unit.config.fakes import DRIVERS, SITE, messages, read, site, write


def test_a_point_is_named_by_its_group_and_placed_by_arithmetic(tmp_path: Path) -> None:
    made = site(tmp_path)
    point = made.points["m1/r02.hot"]
    assert point.address.cell == 120
    assert (point.title.vi, point.title.en) == ("Hàng 2", "Row 2")
    assert point.lane is Lane.LIFE_SAFETY
    assert made.points["m1/level"].address.cell == 100


def test_parameters_choose_how_many_points_there_are(tmp_path: Path) -> None:
    text = SITE.replace("connection: {host: h1}", "connection: {host: h1}, with: {rows: 5, base: 0}")
    made = site(tmp_path, text)
    assert made.points["m1/r05.hot"].address.cell == 50
    assert made.devices["m1"].parameters == {"base": 0, "rows": 5}


def test_what_a_device_does_not_say_comes_from_its_profile(tmp_path: Path) -> None:
    made = site(tmp_path)
    device = made.devices["m1"]
    assert device.interval == 10 * SECOND
    assert device.connection.port == 701
    assert device.limits == {"slots": 2}
    assert made.devices["bell"].silent_after == HOUR
    assert device.origin == "site.yaml:6"


def test_what_a_device_says_wins_and_maps_merge(tmp_path: Path) -> None:
    text = SITE.replace("connection: {host: h1}", "connection: {host: h1, port: 9}, interval: 2s, limits: {slots: 3}")
    device = site(tmp_path, text).devices["m1"]
    assert (device.interval, device.connection.port, device.limits) == (2 * SECOND, 9, {"slots": 3})


def test_one_point_can_differ_and_another_be_added(tmp_path: Path) -> None:
    points = "points: {level: {deadband: 0.5, zone: c}, extra: {kind: x.mood, type: text, address: {cell: 9}}}"
    made = site(tmp_path, SITE.replace("tags: [wet]", f"tags: [wet], {points}"))
    level, extra = made.points["m1/level"], made.points["m1/extra"]
    assert (level.deadband, level.zone, level.scale) == (0.5, "c", 0.001)
    assert (extra.kind, extra.type) == ("x.mood", "text")


def test_every_device_has_health_and_polled_ones_latency(tmp_path: Path) -> None:
    made = site(tmp_path)
    assert "m1/$health" in made.points
    assert "m1/$latency" in made.points
    assert "bell/$health" in made.points
    assert "bell/$latency" not in made.points
    assert made.points["m1/$health"].address is None


def test_zones_become_paths_and_a_missing_language_borrows_the_other(tmp_path: Path) -> None:
    made = site(tmp_path)
    assert set(made.zones) == {"a", "a/b", "c"}
    assert made.zones["a/b"].parent == "a"
    assert made.zones["a/b"].at == (21.5, 105.8)
    assert made.zones["c"].title.en == "c"
    assert made.title.vi == made.title.en == "Lab"


def test_events_carry_the_drivers_own_address(tmp_path: Path) -> None:
    (event,) = site(tmp_path).devices["bell"].events
    assert (event.name, event.kind, event.address.topic) == ("ring", "device.message", "ring")
    assert event.attributes == {"who": "by.whom"}


def test_mapping_keys_are_read_as_numbers_however_they_are_written(tmp_path: Path) -> None:
    assert site(tmp_path).points["m1/lamp"].mapping == {"1": True, "0": False}


def test_secrets_are_filled_in_from_all_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELL_PASSWORD", "from-env")
    (tmp_path / "key").write_text("from-file\n")
    text = SITE.replace("{host: h1}", "{host: h1, password: {secret: meter}}").replace(
        "{host: h2}", "{host: h2, password: {env: BELL_PASSWORD}}"
    )
    text += "  - {id: m2, profile: lab/meter, zone: c, connection: {host: h3, password: {file: key}}}\n"
    made = site(tmp_path, text, secrets="meter: from-secrets\n")
    held = [made.devices[d].connection.password.get_secret_value() for d in ("m1", "bell", "m2")]
    assert held == ["from-secrets", "from-env", "from-file"]


def test_settings_have_defaults_and_durations_become_nanoseconds(tmp_path: Path) -> None:
    made = site(tmp_path, SITE + "store: {keep: {readings: 7d}}\n")
    assert (made.web.host, made.web.port) == ("127.0.0.1", 8080)
    assert made.store.url == "embedded"
    assert made.store.keep["readings"] == 7 * DAY
    assert made.store.keep["device_events"] == 400 * DAY


def test_the_database_url_may_be_a_secret(tmp_path: Path) -> None:
    made = site(tmp_path, SITE + "store: {url: {secret: db}}\n", secrets="db: postgresql://u:p@h/d\n")
    assert made.store.url == "postgresql://u:p@h/d"


RULES = """
rules:
  - id: flood
    category: environment
    priority: high
    for_each: {kind: env.water_level, zone: a}
    when: {all: [{above: 25, deadband: 0.1}, {not: {kind: $health, is: offline}}]}
    on_delay: 2m
    text: {vi: "Lũ {value}", en: "Flood {value}"}
"""


def test_rules_become_values(tmp_path: Path) -> None:
    (flood,) = site(tmp_path, SITE + RULES).rules
    assert (flood.priority, flood.on_delay, flood.for_each) == (
        Priority.HIGH,
        2 * MINUTE,
        Selector(kind="env.water_level", zone="a"),
    )
    above, negated = flood.when.parts
    assert above == rule.Test("above", 25.0, 0.1)
    assert negated.parts == (rule.Test("is", "offline", of=Selector(kind="$health")),)
    assert flood.origin == "site.yaml:10"


def test_a_rule_beside_its_tests_is_included_and_the_tests_are_not(tmp_path: Path) -> None:
    tests = "tests: [{name: anything}]\n"
    write(tmp_path, {"rules/a.yaml": RULES, "rules/a.test.yaml": tests})
    assert len(site(tmp_path, SITE + "include: ['rules/*.yaml']\n").rules) == 1


def test_the_sites_own_profile_wins_over_a_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "profiles" / "mqtt" / "smoke.yaml"
    own.parent.mkdir(parents=True)
    text = (write(tmp_path, {}) / "profiles/lab/bell.yaml").read_text().replace("lab/bell", "mqtt/smoke")
    own.write_text(text, encoding="utf-8")
    made = site(tmp_path, SITE.replace("profile: lab/bell", "profile: mqtt/smoke"))
    assert made.devices["bell"].driver == "told"


def test_every_file_is_read_once_even_when_includes_go_in_a_circle(tmp_path: Path) -> None:
    made = site(tmp_path, SITE + "include: [a.yaml]\n", a="include: [site.yaml, a.yaml]\nzones: [{id: d}]\n")
    assert "d" in made.zones


def test_the_message_about_a_profile_names_the_profiles_file(tmp_path: Path) -> None:
    _, problems = read(tmp_path, SITE, profiles__lab__bell="profile: lab/bell\ntitle: B\ndriver: tolt\nsource: s\n")
    assert [(p.file, p.line, p.hint) for p in problems] == [("profiles/lab/bell.yaml", 3, "did you mean 'told'?")]


def test_events_of_a_driver_that_has_none_are_a_mistake(tmp_path: Path) -> None:
    bell = (write(tmp_path, {}) / "profiles/lab/bell.yaml").read_text().replace("driver: told", "driver: asked")
    assert "the driver 'asked' has no events" in messages(tmp_path, SITE, profiles__lab__bell=bell)


def test_one_column_of_a_table_may_serve_two_keys(tmp_path: Path) -> None:
    write(tmp_path, {"x.csv": "ma;host\nt1;10.0.0.7\n"})
    table = "  - {table: x.csv, profile: lab/meter, zone: c, columns: {id: ma, name: ma, connection.host: host}}\n"
    device = site(tmp_path, SITE + table).devices["t1"]
    assert (device.title.vi, device.connection.host) == ("t1", "10.0.0.7")


def test_one_mistake_in_a_table_of_many_rows_is_told_once(tmp_path: Path) -> None:
    rows = "".join(f"x{n},h\n" for n in range(50))
    (tmp_path / "x.csv").write_text("id,connection.host\n" + rows)
    text = SITE + "  - {table: x.csv, profile: lab/meter, zone: c, set: {connection: {prot: 1}}}\n"
    assert messages(tmp_path, text) == ["unknown key 'prot'"]


def test_every_value_knows_where_it_was_written(tmp_path: Path) -> None:
    text = SITE.replace("{host: h1}", "{host: h1, password: {secret: meter}}")
    write(tmp_path, {"site.yaml": text, "secrets.yaml": "meter: hidden\n"})
    found = {row.path: row for row in origins(tmp_path, DRIVERS, "m1")}
    assert (found["connection.host"].file, found["connection.host"].line) == ("site.yaml", 6)
    assert (found["connection.port"].file, found["connection.port"].value) == ("profiles/lab/meter.yaml", 701)
    assert found["connection.password"].value == "***"
    assert found["points.r01.hot.address.cell"].value == 110


def test_load_raises_with_every_problem_sorted(tmp_path: Path) -> None:
    write(tmp_path, {"site.yaml": SITE.replace("h1}", "h1, prot: 1}").replace("zone: c", "zone: d")})
    with pytest.raises(ConfigError, match="2 errors") as caught:
        load(tmp_path, DRIVERS)
    assert [p.line for p in caught.value.problems] == [6, 7]
    assert "\x1b[1;31merror" in render(caught.value.problems, color=True)
