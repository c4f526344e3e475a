"""`citywatch token`: API tokens of one state folder; works while the hub runs, which knows of it at once."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.web.accounts import Accounts
from hub.model import SystemClock
from hub.model.clock import iso
from hub.roles import Role

app = typer.Typer(help="API tokens. / Mã truy cập API.", no_args_is_help=True)

State = Annotated[Path, typer.Option("--state", help="The hub's state folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the token is for; an earlier one of that name ends.")],
    state: State,
    role: Annotated[Role, typer.Option(help="What its bearer may do.")] = Role.VIEWER,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is good.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, for the only time. / Tạo mã truy cập, chỉ in một lần."""
    token = Accounts(state, SystemClock()).create_token(name, role, days)
    typer.echo(msgspec.json.encode({"name": name, "role": role, "token": token}).decode() if as_json else token)


@app.command("list")
def list_(state: State, as_json: AsJson = False) -> None:
    """List tokens, without their secrets. / Liệt kê các mã truy cập."""
    for token in Accounts(state, SystemClock()).tokens():
        ends = iso(token.expires or 0)
        row = {"name": token.name, "role": token.role, "created": iso(token.created), "expires": ends}
        typer.echo(msgspec.json.encode(row).decode() if as_json else f"{token.name}\t{token.role}\tuntil {ends}")


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name.")], state: State) -> None:
    """End a token; its sockets close within seconds. / Thu hồi mã truy cập."""
    if not Accounts(state, SystemClock()).revoke_token(name):
        typer.echo(f"there is no token {name!r} in {state}; `citywatch token list` shows what there is", err=True)
        raise typer.Exit(1)
