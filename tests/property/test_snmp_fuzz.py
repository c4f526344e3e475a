"""The decoders of SNMP, which anybody on the network can reach by a single datagram, under more than their share."""

import os

import pytest

from bench.fuzz import hammer
from bench.fuzz_targets import TARGETS

FACTOR = int(os.environ.get("CITYWATCH_FUZZ", "50000")) / 50_000
CASES = {"snmp traps": 50_000, "snmp words": 50_000, "snmp usm": 4_000}
"""BER costs microseconds a case, proof through the library two milliseconds."""


@pytest.mark.parametrize("name", CASES)
def test_no_datagram_brings_out_anything_but_the_decoders_own_error(name: str) -> None:
    hammer(name, TARGETS[name][0](), max(1, round(CASES[name] * FACTOR)), seed=3)
