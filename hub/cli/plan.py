"""`citywatch plan|apply|reload SITE`: what the site's files would change of the running hub, and taking them over."""

import asyncio
import getpass
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from drivers import REGISTRY
from hub.cli.language import language
from hub.cli.ownhub import own_url
from hub.cli.planned import told
from hub.cli.probe import default_state
from hub.cli.tap import TOKEN
from hub.config import load_with_digest
from hub.model import Refused, Site, SystemClock
from hub.roles import Role

SiteFolder = Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)]
Url = Annotated[str, typer.Option("--url", help="Address of the hub; absent: as the site says.")]
State = Annotated[Path | None, typer.Option("--state", help="The hub's state folder, to be let in without a token.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def plan(site: SiteFolder, url: Url = "", state: State = None, as_json: AsJson = False) -> None:
    """Show what the files would change of the running hub; nothing happens. / Xem trước thay đổi cấu hình."""
    loaded, digest = load_with_digest(site, REGISTRY)
    found = _asked(loaded, digest, url, state, lambda ask: ask("GET", "/configuration/plan", None))
    _show(found, as_json, loaded, "would")


def apply(
    site: SiteFolder,
    url: Url = "",
    state: State = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the files over without a restart, whole or not at all. / Áp dụng cấu hình, không khởi động lại."""
    loaded, digest = load_with_digest(site, REGISTRY)
    if not yes:
        found = _asked(loaded, digest, url, state, lambda ask: ask("GET", "/configuration/plan", None))
        _show(found, as_json, loaded, "would")
        if not found["changes"]:
            return
        _agree(loaded)
    body = {"digest": digest}
    found = _asked(loaded, digest, url, state, lambda ask: ask("POST", "/configuration/apply", body))
    _show(found, as_json, loaded, "did")


def reload(site: SiteFolder, url: Url = "", state: State = None, as_json: AsJson = False) -> None:
    """Take the files over without asking, as SIGHUP does. / Nạp lại cấu hình."""
    apply(site, url, state, yes=True, as_json=as_json)


def _agree(site: Site) -> None:
    vi = language(site.language) == "vi"
    if not sys.stdin.isatty():
        raise Refused("yes", "nothing was changed: say --yes to apply this without being asked")
    if not typer.confirm("Áp dụng?" if vi else "Apply this?"):
        raise typer.Exit(1)


Ask = Callable[[str, str, dict[str, Any] | None], Any]


def _asked(site: Site, digest: str, url: str, state: Path | None, what: Callable[[Ask], Any]) -> dict[str, Any]:
    """Ask the hub; a plan is only good for the files that are here. Raises Refused, NotAnswered."""
    from adapters.web.asking import ask

    address, cert = url or own_url(site), site.web.cert and str(Path(site.folder) / site.web.cert)
    with _let_in(state or Path(default_state(site))) as token:
        status, said = asyncio.run(what(lambda m, p, body: ask(address, token, m, p, body, cert=cert)))
    if status != 200:
        raise Refused(said.get("code", "refused"), _why(status, said))
    if said["digest"] != digest:
        raise Refused("folder", f"the hub at {address} reads {said['folder']}, whose files are not those of this site")
    return dict(said)


def _why(status: int, said: Mapping[str, Any]) -> str:
    if status == 401:
        cure = "make one: citywatch token create NAME --role engineer --state DIR"
        return f"the hub does not know the token in {TOKEN}; {cure}"
    lines = [f"{p['file']}:{p['line']}:{p['column']}: {p['message']}" for p in said.get("problems", ())]
    return "\n".join([str(said.get("detail", status)), *lines])


def _show(found: Mapping[str, Any], as_json: bool, site: Site, mood: str) -> None:
    typer.echo(msgspec.json.encode(found).decode() if as_json else told(found, language(site.language), mood))


@contextmanager
def _let_in(state: Path) -> Iterator[str]:
    """Give a token: the one that the environment names, or one for the moment to whoever may write into the folder."""
    if given := os.environ.get(TOKEN, ""):
        yield given
        return
    if not (state / "web.db").is_file():
        raise Refused("token", f"no hub has run in {state}: name its state folder with --state, or set {TOKEN}")
    from adapters.web.accounts import Accounts

    accounts, name = Accounts(state, SystemClock()), f"cli-{_user()}"
    try:
        yield accounts.create_token(name, Role.ENGINEER, 1)
    finally:
        accounts.revoke_token(name)
        accounts.close()


def _user() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return str(os.getuid())
