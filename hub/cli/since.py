"""`--since`: how far back a command looks, said once for all of them."""

from typing import Annotated

import typer

from hub.config.durations import duration

Since = Annotated[str, typer.Option("--since", help="How far back, such as 24h.")]


def span_of(since: str) -> int:
    """Return nanoseconds. Raises typer.BadParameter naming the form that is expected."""
    try:
        return duration(since)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--since") from wrong
