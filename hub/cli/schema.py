"""`citywatch schema`: JSON Schema of every configuration file, so that editors complete and explain."""

from pathlib import Path
from typing import Annotated

import typer

from drivers import REGISTRY
from hub.config.schema import write
from hub.config.shipped import shipped
from simulators.schema import write as write_scenario


def schema(
    out: Annotated[Path | None, typer.Option(help="Folder to write into; absent: the shipped one.")] = None,
) -> None:
    """Write the JSON Schemas of the configuration. / Xuất JSON Schema của cấu hình."""
    folder = out or shipped() / "schema"
    for path in [*write(folder, REGISTRY), write_scenario(folder)]:
        typer.echo(str(path))
