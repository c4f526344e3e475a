"""`citywatch schema`: JSON Schema of every configuration file, so that editors complete and explain."""

from pathlib import Path
from typing import Annotated

import typer

from drivers import REGISTRY
from hub.config.schema import write
from hub.config.shipped import shipped


def schema(
    out: Annotated[Path | None, typer.Option(help="Folder to write into; absent: the shipped one.")] = None,
) -> None:
    """Write the JSON Schemas of the configuration. / Xuất JSON Schema của cấu hình."""
    for path in write(out or shipped() / "schema", REGISTRY):
        typer.echo(str(path))
