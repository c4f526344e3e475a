"""The corpus of planted mistakes in tests/cases/config: each is found, at its place, in exactly these words.

`places.txt` of a case was written by hand (file:line:column of every mistake); `expected.txt` is the text people see.
After a change of wording run `CITYWATCH_ACCEPT=1 pytest tests/unit/config/test_corpus.py` and read the difference.
"""

import os
import shutil
from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.config import Problem, inspect, render

CASES = Path(__file__).parents[2] / "cases" / "config"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())
WARNINGS = {
    "include-matching-nothing", "rule-matching-nothing", "rule-mute-by-an-unknown-point", "rule-part-of-an-absent-kind",
}  # fmt: skip
"""Cases that start all the same."""


def problems_of(name: str, folder: Path) -> list[Problem]:
    site = folder / "site"
    shutil.copytree(CASES / name, site)
    if name == "file-larger-than-1-mib":
        (site / "zones.yaml").write_text("zones: []\n" + "# nothing but comment\n" * 50_000)
    secrets = site / "secrets.yaml"
    if secrets.exists():
        secrets.chmod(0o644 if name == "secret-file-readable-by-others" else 0o600)
    made, problems = inspect(site, REGISTRY)
    assert (made is not None) == (name in WARNINGS)
    return problems


def test_the_corpus_is_large_enough() -> None:
    assert len(NAMES) >= 45


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_mistake_is_told_in_these_words(name: str, tmp_path: Path) -> None:
    told = render(problems_of(name, tmp_path))
    expected = CASES / name / "expected.txt"
    if os.environ.get("CITYWATCH_ACCEPT"):
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_mistake_is_found_at_its_line_and_column(name: str, tmp_path: Path) -> None:
    found = sorted((p.file, p.line, p.column) for p in problems_of(name, tmp_path))
    written = [line.rsplit(":", 2) for line in (CASES / name / "places.txt").read_text().splitlines()]
    assert found == sorted((file, int(line), int(column)) for file, line, column in written)
