"""How far back a command looks, as people write it."""

import typer

from hub.config.durations import duration


def since(text: str) -> int:
    """Return how far back a text such as `24h` means (ns). Ends the command where it is none."""
    try:
        return duration(text)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--since") from wrong
