"""Every decoder under spoilt input: only its own errors come out. `python -m bench.fuzz` runs the same for longer."""

import os

import pytest

from bench.fuzz import hammer, share
from bench.fuzz_targets import TARGETS

CASES = int(os.environ.get("CITYWATCH_FUZZ", "50000"))
"""Cases in all; each target has its share."""


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_arrives_only_the_decoders_own_error_comes_out(name: str) -> None:
    hammer(name, TARGETS[name][0](), share(name, CASES))


def test_the_shares_make_a_whole() -> None:
    assert sum(part for _, part in TARGETS.values()) == pytest.approx(1)


def test_an_error_that_is_not_the_decoders_own_is_a_finding_that_can_be_repeated() -> None:
    def case(dice: object) -> None:
        raise KeyError("x")

    with pytest.raises(Exception, match="--only 'yaml' --seed 20261124 --first 0 --cases 1"):
        hammer("yaml", case, 1)
