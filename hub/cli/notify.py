"""`citywatch notify`: a test message over one channel, and the messages that could not be delivered."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapters.notify.adapter import CHECKPOINT
from adapters.notify.folding import Folding
from adapters.notify.ledger import Ledger, Parcel
from adapters.notify.orders import Orders
from adapters.notify.trying import people, try_out
from drivers import REGISTRY
from hub.cli.language import language
from hub.config import load
from hub.journal import glimpse
from hub.model import Refused, StorageError, SystemClock
from hub.model.clock import iso

app = typer.Typer(help="Notifications. / Thông báo.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("test")
def send_test(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.", file_okay=False)],
    channel: Annotated[str, typer.Argument(help="The channel's name.")],
    to: Annotated[list[str] | None, typer.Option("--to", help="Contact to send it to; may be repeated.")] = None,
    state: Annotated[Path | None, typer.Option("--state", help="The hub's state folder, where CAP files lie.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test message, marked as one, over a channel; the hub need not run. / Gửi tin thử qua một kênh."""
    loaded = load(site, REGISTRY)
    known = loaded.notifying.channels
    if channel not in known:
        raise Refused(
            "channel", f"there is no channel '{channel}'; the channels are {', '.join(sorted(known)) or 'none'}"
        )
    chosen = people(loaded, known[channel], to or [])
    folder = state or Path("var") / "state" / loaded.id
    said = asyncio.run(try_out(loaded, known[channel], chosen, folder, SystemClock()))
    if as_json:
        names = [contact.id for contact in chosen]
        typer.echo(msgspec.json.encode({"channel": channel, "to": names, "answers": said}).decode())
        return
    whom = ", ".join(contact.name for contact in chosen)
    vi = language(loaded.language) == "vi"
    typer.echo(
        f"{'đã gửi qua' if vi else 'sent over'} {channel}{f' → {whom}' if whom else ''}: {', '.join(said) or 'ok'}"
    )


@app.command("dead-letters")
def dead_letters(
    state: Annotated[Path, typer.Option("--state", help="The hub's state folder.")],
    retry: Annotated[
        bool, typer.Option("--retry", help="Try them again: now if the hub runs, else when it starts.")
    ] = False,
    key: Annotated[list[str] | None, typer.Option("--key", help="Only this message; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """List messages that were given up, with the reason. / Liệt kê thông báo không gửi được."""
    found = [parcel for parcel in _dead(state).values() if not key or parcel.delivery.key in key]
    for name in set(key or []) - {parcel.delivery.key for parcel in found}:
        raise Refused("key", f"there is no dead letter '{name}' in {state}")
    rows = [_row(parcel) for parcel in found]
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
    else:
        typer.echo("\n".join("\t".join(str(value) for value in row.values()) for row in rows) or "none")
    if retry and found:
        Orders(state).give([parcel.delivery.key for parcel in found], f"cli-{SystemClock().now()}")
        if not as_json:
            typer.echo(f"{len(found)} will be tried again: now if the hub runs, else when it starts")


def _dead(state: Path) -> dict[str, Parcel]:
    path = state / "journal.db"
    if not path.is_file():
        raise StorageError(f"there is no journal in {state}: name the hub's state folder with --state")
    kept, after = glimpse(path, CHECKPOINT)
    ledger = Ledger() if kept is None else msgspec.json.decode(kept, type=Ledger)
    folding = Folding(ledger, {}, {}, {})
    for record in after:
        folding.take(record)
    return ledger.dead


def _row(parcel: Parcel) -> dict[str, str | int]:
    d = parcel.delivery
    text = d.told[0].text.say(language("en")) if d.told else ""
    return {
        "key": d.key, "channel": d.channel, "at": iso(d.at), "to": ",".join(d.to), "alarms": len(d.covers),
        "text": text, "error": parcel.error,
    }  # fmt: skip
