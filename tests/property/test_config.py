"""Whatever stands in the files, the answer is a site or a list of problems; never an exception."""

import copy
import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers import REGISTRY
from hub.config import inspect, render, shipped
from hub.config.marks import Source
from hub.config.problems import Report
from hub.config.source import split
from hub.config.table import cells
from hub.config.tree import parse

PROFILE = (shipped() / "profiles" / "mqtt" / "smoke.yaml").read_text(encoding="utf-8")
SITE = """
version: 1
site: {id: demo, name: {vi: A, en: B}, timezone: Asia/Ho_Chi_Minh, language: vi}
web: {host: 127.0.0.1, port: 8080}
store: {url: embedded, keep: {readings: 90d}}
zones: [{id: tn, name: A, at: [21.5, 105.8], zones: [{id: m}]}]
devices:
  - {id: p, profile: fire/en54-modbus, zone: tn/m, connection: {host: h, port: 502}, with: {zones: 2},
     points: {z01.alarm: {name: x, address: {bit: 3}}}, tags: [a], behind: s, interval: 1s, limits: {largest_read: 9}}
  - {id: s, profile: lab/smoke, zone: tn, connection: {host: h, tls: {ca: x}, password: {env: HOME}}, at: [1, 2]}
  - table: |
      id;zone
      t1;tn
    profile: lab/smoke
    columns: {id: id}
    set: {connection: {host: h}}
rules:
  - {id: r, category: fire, priority: high, for_each: {kind: fire.alarm, zone: tn}, when: {is: true}, text: {vi: a}}
  - id: r2
    category: fault
    priority: low
    for_each: {device: s}
    when:
      all: [{point: smoke, is: true}, {not: {kind: $health, one_of: [offline]}}, {point: battery, outside: [1, 2]}]
    text: x
    cameras: {of: zone}
"""
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=6), st.just("{n + 1}"),
    st.sampled_from([[], {}, [[]], {"a": {}}, {"secret": 1}, {"env": "NOPE"}, ["x", 1], "tn", "2026-11-22", "5s", "*"]),
)  # fmt: skip


def plain(text: str) -> Any:
    return json.loads(json.dumps(parse(Source("x", split(text)), text, Report())))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in pairs for place in places(value, (*path, key)))]


def replaced(tree: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    made = copy.deepcopy(tree)
    node = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    return made


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_any_place_of_a_site_or_profile_is_answered(data: st.DataObject) -> None:
    site, profile = plain(SITE), plain(PROFILE.replace("mqtt/smoke", "lab/smoke"))
    for tree in data.draw(st.sampled_from([[site], [profile], [site, profile]])):
        spoilt = replaced(tree, data.draw(st.sampled_from(places(tree))), data.draw(JUNK))
        site, profile = (spoilt, profile) if tree is site else (site, spoilt)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "profiles" / "lab").mkdir(parents=True)
        (folder / "profiles" / "lab" / "smoke.yaml").write_text(json.dumps(profile))
        (folder / "site.yaml").write_text(json.dumps(site))
        made, problems = inspect(folder, REGISTRY)
    assert made is not None or any(p.level == "error" for p in problems)
    assert all(p.line >= 1 and p.column >= 1 for p in problems)
    render(problems)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}&*#?|>'\"%@,! \n\t$~0x.<é"), max_size=60))
def test_any_text_is_parsed_or_complained_about(text: str) -> None:
    report = Report()
    parse(Source("x.yaml", split(text)), text, report)
    assert all(p.line >= 1 and p.column >= 1 for p in report.problems)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.lists(st.text(alphabet='a;,"\n\té ', max_size=6), min_size=2, max_size=4), min_size=1, max_size=5),
    separator=st.sampled_from(",;\t"),
)
def test_tables_are_read_as_the_standard_library_reads_them(rows: list[list[str]], separator: str) -> None:
    rows = [["id", "name", *row] for row in rows]
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([["h1", "h2"], *rows])
    got = [[cell.text for cell in row] for row in cells(out.getvalue())]
    assert got == [["h1", "h2"], *([value.strip() for value in row] for row in rows)]
