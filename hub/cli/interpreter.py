"""How the interpreter is set up for a hub that answers within milliseconds and stays up for months."""

import gc

COLLECT_AFTER = (20_000, 20, 20)
"""Objects made before the garbage collector looks at them (Python: 700), and how often it looks at older ones: a look
at the youngest takes a quarter of a millisecond, and one alarm in three met one."""


def spare_what_stays() -> None:
    """Keep what was built out of every later garbage collection: looking through a site again and again takes 0.1 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
