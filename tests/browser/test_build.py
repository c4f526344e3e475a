"""The console as it is built: small, locked, and right in its pure parts before any browser sees it."""

import gzip
import json
import subprocess
from pathlib import Path

import pytest

CONSOLE = Path(__file__).parents[2] / "adapters" / "web" / "console"
STATIC = CONSOLE.parent / "static"
LARGEST = 150_000


def build(*task: str) -> str:
    done = subprocess.run(["sh", str(CONSOLE / "build.sh"), *task], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(180)
def test_the_first_load_stays_within_its_budget() -> None:
    build()
    files = [path for path in STATIC.rglob("*") if path.suffix in (".html", ".js", ".css", ".svg")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= LARGEST


@pytest.mark.timeout(180)
def test_a_second_build_does_nothing() -> None:
    build()
    before = (STATIC / "index.html").stat().st_mtime_ns
    build()
    assert (STATIC / "index.html").stat().st_mtime_ns == before


@pytest.mark.timeout(180)
def test_the_page_holds_no_inline_script_or_style() -> None:
    build()
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count('<script type="module" crossorigin src=')


@pytest.mark.timeout(180)
def test_the_reducers_pass_their_own_tests() -> None:
    assert "# fail 0" in build("test")


def test_packages_are_locked_by_hash_and_not_to_one_registry() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = {name: package for name, package in packages.items() if name}
    assert [name for name, package in locked.items() if "integrity" not in package] == []
    assert [name for name, package in locked.items() if "resolved" in package] == []
    wanted = json.loads((CONSOLE / "package.json").read_text(encoding="utf-8"))
    versions = [*wanted["dependencies"].values(), *wanted["devDependencies"].values()]
    assert all(version[0].isdigit() for version in versions)
