"""Feed every decoder with spoilt input: only its own errors may come out. `python -m bench.fuzz --cases 1000000`.

Each case has its own dice, so that a finding is repeated by `--only TARGET --seed SEED --first CASE --cases 1`.
"""

import argparse
import json
import sys
import time
import traceback
from random import Random

from bench.fuzz_input import Case
from bench.fuzz_targets import TARGETS

SEED = 20_261_124


class Finding(Exception):
    """A case in which something else than the decoder's own error came out; the message says how to repeat it."""


def hammer(name: str, case: Case, cases: int, seed: int = SEED, first: int = 0) -> tuple[float, int]:
    """Run cases `first` to `first + cases - 1`; return the seconds of the slowest and its number. Raises Finding."""
    slowest, which = 0.0, first
    for n in range(first, first + cases):
        start = time.perf_counter()
        try:
            case(Random(seed << 40 | n))
        except Exception as error:  # whatever it is, it is the finding
            again = f"python -m bench.fuzz --only '{name}' --seed {seed} --first {n} --cases 1"
            raise Finding(f"{name}: {type(error).__name__}: {error}; repeat it: {again}") from error
        took = time.perf_counter() - start
        if took > slowest:
            slowest, which = took, n
    return slowest, which


def share(name: str, cases: int) -> int:
    """Return how many of the cases a target gets."""
    return max(1, round(cases * TARGETS[name][1]))


def main() -> None:
    """Fuzz every target, or one; a JSON line each, exit code 1 at a finding."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--only", choices=sorted(TARGETS))
    given = asked.parse_args()
    failed = False
    for name in [given.only] if given.only else TARGETS:
        cases = given.cases if given.only else share(name, given.cases)
        start = time.perf_counter()
        try:
            slowest, which = hammer(name, TARGETS[name][0](), cases, given.seed, given.first)
        except Finding:
            traceback.print_exc(file=sys.stderr)
            failed = True
            continue
        took = time.perf_counter() - start
        line = {
            "bench": "fuzz",
            "case": name,
            "cases": cases,
            "s": round(took, 1),
            "slowest_ms": round(slowest * 1e3, 1),
        }
        print(json.dumps(line | {"slowest_case": which}), flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
