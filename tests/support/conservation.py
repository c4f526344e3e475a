"""Nothing appears and nothing vanishes: the laws of docs/reference/metrics.md, for the end of every test of faults."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Said = Mapping[str, float]
"""Every figure of a hub by its name with labels."""

TRIES = 400
NEVER = ("life_safety", "alarm")
"""Lanes of which nothing is ever dropped."""


def broken_laws(said: Said) -> list[str]:
    """Return a sentence for every law that the figures break."""
    laws = [
        (
            "samples received + own = spooled + unchanged + unknown",
            one(said, "samples_received_total") + one(said, "readings_own_total"),
            one(said, "readings_spooled_total")
            + one(said, "samples_unchanged_total")
            + one(said, "samples_unknown_total"),
        ),
        (
            "taken = readings + events + passages + strays",
            one(said, "spool_taken_total"),
            one(said, "readings_spooled_total")
            + one(said, "events_received_total")
            + one(said, "passages_spooled_total")
            + one(said, "strays_quarantined_total"),
        ),
        (
            "found + taken = released + in flight + dropped + merged",
            one(said, "spool_found") + one(said, "spool_taken_total"),
            one(said, "spool_released_total")
            + one(said, "in_flight")
            + every(said, "dropped_total")
            + every(said, "merged_total"),
        ),
        *((f"nothing of {lane} is dropped", said[f'citywatch_dropped_total{{lane="{lane}"}}'], 0) for lane in NEVER),
    ]
    if one(said, "in_flight") == said['citywatch_store_lag{chain="readings"}'] == 0:
        laws.append(
            (
                "released = rows + refused + damaged + stored before",
                one(said, "spool_released_total"),
                every(said, "store_rows_total")
                + every(said, "store_refused_total")
                + one(said, "spool_damaged_total")
                + one(said, "spool_stored_before_total"),
            )
        )
    return [f"{law}: {left:g} is not {right:g}" for law, left, right in laws if left != right]


def one(said: Said, name: str) -> float:
    """Return a figure without labels."""
    return said[f"citywatch_{name}"]


def every(said: Said, name: str) -> float:
    """Return the sum of a figure over its labels; 0 for one that counted nothing yet."""
    return sum(value for key, value in said.items() if key.startswith(f"citywatch_{name}{{"))


async def conserved(metrics: Callable[[], Awaitable[Said]], *, at_rest: bool = True) -> Said:
    """Wait until every law holds and, `at_rest`, nothing is on its way any more; return the figures.

    A batch that is just being committed is counted on both sides for a moment; a law that is broken stays broken.
    """
    for _ in range(TRIES):
        said = await metrics()
        wrong = broken_laws(said)
        if at_rest and one(said, "in_flight"):
            wrong.append(f"{one(said, 'in_flight'):g} records are on their way")
        if not wrong:
            return said
        await asyncio.sleep(0.05)
    raise AssertionError("; ".join(wrong))
