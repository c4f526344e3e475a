"""`citywatch certs`: the hub's own certificate, and whom it trusts; read anew at each connection of the running hub."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from cryptography import x509

from hub.model import Refused, SystemClock
from hub.wire.certificates import FOLDER, Certificates, application_uri, days_left, load, name_of, thumbprint

app = typer.Typer(help="Certificates. / Chứng thư số.", no_args_is_help=True)

State = Annotated[Path, typer.Option("--state", help="The hub's state folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def make(
    state: State,
    name: Annotated[str, typer.Option(help="Name of the application in the certificate.")] = "Citywatch",
    replace: Annotated[bool, typer.Option("--replace", help="Make a new one though there is one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the hub's own certificate. / Tạo chứng thư của trung tâm."""
    kept = Certificates(state / FOLDER)
    if kept.own() is not None and not replace:
        raise Refused(
            "exists", f"there is a certificate in {kept.own_path}; servers that trust it would not know a new one: "
            "add --replace if you mean it",
        )  # fmt: skip
    made = kept.make(name, SystemClock().now())
    _say(_row("own", kept.own_path, made), as_json)


@app.command("list")
def list_(state: State, as_json: AsJson = False) -> None:
    """List the own, the trusted and the rejected certificates. / Liệt kê chứng thư."""
    kept = Certificates(state / FOLDER)
    own = kept.own()
    if own is not None:
        _say(_row("own", kept.own_path, own), as_json)
    for word, folder in (("trusted", kept.trusted_folder), ("rejected", kept.rejected_folder)):
        for path in sorted(folder.glob("*")):
            _say(_row(word, path, load(path)), as_json)


@app.command()
def trust(
    file: Annotated[Path, typer.Argument(help="The certificate to trust (DER or PEM), such as a rejected one.")],
    state: State,
    as_json: AsJson = False,
) -> None:
    """Trust a server's certificate, or the authority that signed it. / Tin cậy một chứng thư."""
    path = Certificates(state / FOLDER).trust(file)
    _say(_row("trusted", path, load(path)), as_json)


def _row(word: str, path: Path, certificate: x509.Certificate) -> dict[str, Any]:
    return {
        "what": word,
        "name": name_of(certificate),
        "uri": application_uri(certificate),
        "days": days_left(certificate, SystemClock().now()),
        "sha256": thumbprint(certificate),
        "file": str(path),
    }


def _say(row: dict[str, Any], as_json: bool) -> None:
    spoken = "{what}\t{name}\t{uri}\t{days:.0f} days\tsha256:{sha256}\t{file}".format(**row)
    typer.echo(msgspec.json.encode(row).decode() if as_json else spoken)
