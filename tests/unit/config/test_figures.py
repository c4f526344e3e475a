"""Figures of a site: what they select, and every mistake at its place."""

import shutil
from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.config import inspect

SITE = Path("config/sites/starter")


def a_site(folder: Path, figures: str) -> Path:
    """Return a copy of the starter site with figures."""
    shutil.copytree(SITE, folder / "site")
    site = folder / "site" / "site.yaml"
    site.write_text(site.read_text(encoding="utf-8").rstrip() + f"\nfigures:\n{figures}\n", encoding="utf-8")
    return folder / "site"


def test_a_figure_of_points_knows_them_and_their_devices(tmp_path: Path) -> None:
    site, problems = inspect(
        a_site(tmp_path, "  - {id: heat, of: {kind: env.temperature}, aggregate: mean, window: day, compare: week}"),
        REGISTRY,
    )
    assert site is not None, problems
    [figure] = site.figures
    assert figure.points
    assert {site.points[p].kind for p in figure.points} == {"env.temperature"}
    assert set(figure.devices) == {site.points[p].device for p in figure.points}
    assert (figure.aggregate, figure.window, figure.compare, figure.tolerance) == ("mean", "day", "week", 0.05)


@pytest.mark.parametrize(
    ("figure", "where", "message"),
    [
        (
            "{id: a, of: {kind: env.temperatur}, aggregate: mean, window: day}",
            "env.temperatur}",
            "unknown kind 'env.temperatur'",
        ),
        (
            "{id: a, of: {kind: env.temperature, zone: nowhere}, aggregate: mean, window: day}",
            "nowhere",
            "unknown zone",
        ),
        ("{id: a, of: {zone: nowhere}, aggregate: mean, window: day}", "nowhere", "unknown zone 'nowhere'"),
        ("{id: a, of: {}, aggregate: mean, window: day}", "{}", "'of' says nothing that could be counted"),
        ("{id: a, of: {kind: env.temperature}, aggregate: median, window: day}", "median", "is not one of"),
        ("{id: a, of: {kind: env.temperature}, agregate: mean, window: day}", "agregate", "unknown key 'agregate'"),
        ("{id: a, of: {event: traffic.passage}, aggregate: mean, window: day}", "mean", "events have no mean"),
        ("{id: a, of: {kind: env.temperature, attribute: x}, aggregate: mean, window: day}", "attribute", "cannot be"),
        ("{id: a, of: {kind: env.temperature}, aggregate: mean, window: month, compare: week}", "week}", "overlap"),
        ("{id: a, of: {kind: env.temperature}, aggregate: mean, window: day, tolerance: 2}", "2}", "2"),
    ],
)
def test_a_mistake_is_named_at_its_place(tmp_path: Path, figure: str, where: str, message: str) -> None:
    folder = a_site(tmp_path, f"  - {figure}")
    site, problems = inspect(folder, REGISTRY)
    assert site is None
    text = (folder / "site.yaml").read_text(encoding="utf-8").splitlines()
    found = [p for p in problems if message in p.message]
    assert found, [p.message for p in problems]
    assert found[0].line == len(text)
    assert text[-1][found[0].column - 1 :].startswith(where)


def test_an_id_is_there_once(tmp_path: Path) -> None:
    line = "  - {id: heat, of: {kind: env.temperature}, aggregate: mean, window: day}"
    site, problems = inspect(a_site(tmp_path, f"{line}\n{line}"), REGISTRY)
    assert site is None
    assert any("the figure 'heat' is there already" in p.message for p in problems)
