"""The table of promises names tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS / "README.md").read_text()
PROMISES = PAGE.split("## What is promised", 1)[1]


def test_every_test_that_shows_a_promise_exists() -> None:
    missing = []
    for path, _, name in re.findall(r"`([a-z_]+/[\w./-]+?)(::(\w+))?`", PROMISES):
        file = TESTS / path if (TESTS / path).exists() else TESTS.parent / path
        if not file.exists() or (name and not re.search(rf"^ *(async )?def {name}\b", file.read_text(), re.M)):
            missing.append(f"{path}::{name}")
    assert missing == []


def test_every_part_has_a_test() -> None:
    parts = re.split(r"^### ", PROMISES, flags=re.M)[1:]
    assert [part.split(".")[0] for part in parts[:10]] == [str(n) for n in range(1, 11)]
    assert [part.splitlines()[0] for part in parts if ".py" not in part and "bench/" not in part] == []
