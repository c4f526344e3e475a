"""`citywatch user`: the people of one state folder; works while the hub runs, which knows of it at once."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.web.accounts import Accounts
from adapters.web.passwords import hashed
from hub.model import SystemClock
from hub.model.clock import iso
from hub.roles import Role

app = typer.Typer(help="People who sign in. / Người dùng.", no_args_is_help=True)

State = Annotated[Path, typer.Option("--state", help="The hub's state folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    state: State,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.VIEWER,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a user, or give one a new password and role; their sessions end. / Thêm người dùng."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password / Mật khẩu", hide_input=True, confirmation_prompt=True)
    try:
        secret = hashed(password)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    Accounts(state, SystemClock()).add_user(name, role, secret)
    typer.echo(f"{name} may sign in as {role}")


@app.command("list")
def list_(state: State, as_json: AsJson = False) -> None:
    """List users. / Liệt kê người dùng."""
    for user in Accounts(state, SystemClock()).users():
        row = {"name": user.name, "role": user.role, "since": iso(user.created)}
        typer.echo(msgspec.json.encode(row).decode() if as_json else f"{user.name}\t{user.role}")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="The user's name.")], state: State) -> None:
    """Remove a user; their sessions end and their sockets close within seconds. / Xóa người dùng."""
    if not Accounts(state, SystemClock()).remove_user(name):
        typer.echo(f"there is no user {name!r} in {state}; `citywatch user list` shows who there is", err=True)
        raise typer.Exit(1)
