"""A connection given on the command line: keys as a site's YAML has them, secrets never in clear."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from hub.config.scalars import scalar

M = TypeVar("M", bound=BaseModel)
_SECRET = ("password", "community")
Settings = Annotated[
    list[str],
    typer.Option(
        "--connection",
        metavar="KEY=VALUE",
        help="A key of `connection:`: user=hub, password=env:NAME or file:PATH; repeatable.",
    ),
]


def connection(model: type[M], known: dict[str, Any], given: Sequence[str]) -> M:
    """Return a driver's connection from what is known and what was given. Ends the command where it is wrong."""
    tree = dict(known)
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"'{pair}': write KEY=VALUE", param_hint="--connection")
        *above, last = key.split(".")
        here = tree
        for step in above:
            here = here.setdefault(step, {})
        here[last] = _value(key, value)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise typer.BadParameter(f"{place}: {message}" if place else message, param_hint="--connection") from None


def _value(key: str, text: str) -> Any:
    kind, colon, name = text.partition(":")
    if colon and kind == "env":
        if name not in os.environ:
            raise typer.BadParameter(
                f"{key}: there is no variable {name} in the environment", param_hint="--connection"
            )
        return os.environ[name]
    if colon and kind == "file":
        try:
            return Path(name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise typer.BadParameter(f"{key}: cannot read {name}", param_hint="--connection") from None
    if key.rpartition(".")[2] in _SECRET:
        hint = f"{key}: others can read it on a command line; write {key}=env:NAME or {key}=file:PATH"
        raise typer.BadParameter(hint, param_hint="--connection")
    return text if key == "version" else scalar(text)
