"""What importers share: reading somebody else's file, checking the proposal as the hub would, writing it for review."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer

from drivers import REGISTRY
from hub.config import Problem, render, shipped
from hub.config.marks import Source
from hub.config.problems import Report
from hub.config.source import split
from hub.importing import Proposal, mistakes
from hub.importing.naming import family_word
from hub.model import Text

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is imported."""

Out = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; absent: standard output.", dir_okay=False)
]
Name = Annotated[
    str, typer.Option("--name", help="Name of the profile, family/model; absent: from -o, else from the input.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")]


def refuse(message: str) -> NoReturn:
    """End the command with a sentence."""
    typer.echo(f"citywatch: {message}", err=True)
    raise typer.Exit(1)


def source(path: Path) -> Source:
    """Return the lines of a file, or of standard input for `-`."""
    try:
        if str(path) == "-":
            body = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with path.open("rb") as file:
                body = file.read(LARGEST + 1)
    except OSError as error:
        refuse(f"cannot read {path}: {(error.strerror or str(error)).lower()}")
    if len(body) > LARGEST:
        refuse(f"{path} is larger than {LARGEST // 1024 // 1024} MiB; import a part of it")
    return Source("standard input" if str(path) == "-" else str(path), split(_decoded(body)))


def _decoded(body: bytes) -> str:
    wide = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    return body.decode("utf-16", "replace") if wide else body.decode("utf-8-sig", "replace")


def stop_if_wrong(report: Report) -> None:
    """Show what was noticed; end the command when any of it is a mistake."""
    if report.problems:
        typer.echo(render(report.problems, color=sys.stderr.isatty()), err=True, nl=False)
    if report.failed:
        raise typer.Exit(1)


def named(name: str, out: Path | None, origin: str, family: str) -> str:
    """Return the profile's name: as given, as the file to write says, or as the input is called."""
    if name:
        return name
    parts = out.with_suffix("").parts if out is not None else ()
    if "profiles" in parts[:-2]:
        return "/".join(parts[len(parts) - parts[::-1].index("profiles") :])
    return f"{family}/{family_word(Path(origin).stem)}"


def titled(profile: str) -> Text:
    """Return a title for people, to be bettered by them: the model's name."""
    return Text.same(profile.rpartition("/")[2])


def shipped_profiles() -> Mapping[str, str]:
    """Return the texts of the shipped profiles by name."""
    folder = shipped() / "profiles"
    files = sorted(folder.rglob("*.yaml"))
    return {path.relative_to(folder).with_suffix("").as_posix(): path.read_text("utf-8") for path in files}


def offer(proposal: Proposal, out: Path | None, replace: bool, as_json: bool) -> None:
    """Check a proposal as the hub would, then write or print it."""
    found = mistakes(proposal, REGISTRY)
    if any(p.level == "error" for p in found):
        _not_offered(found)
    if out is not None:
        write(out, proposal.text(), replace)
    if as_json:
        typer.echo(msgspec.json.encode(_facts(proposal, out)).decode())
    elif out is None:
        typer.echo(proposal.text(), nl=False)
    else:
        many = f"{proposal.many_points} points and {len(proposal.examples)} examples"
        typer.echo(f"{out}: {many}; read the comments at its head before a device uses it", err=True)


def write(out: Path, text: str, replace: bool) -> None:
    """Write a file whole. Ends the command where there is one already."""
    if out.exists() and not replace:
        refuse(f"{out} is there already; choose another name, or --replace")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"cannot write {out}: {(error.strerror or str(error)).lower()}")


def _facts(proposal: Proposal, out: Path | None) -> dict[str, object]:
    return {
        "profile": proposal.profile,
        "driver": proposal.driver,
        "points": proposal.many_points,
        "examples": len(proposal.examples),
        "check": proposal.check,
        "file": None if out is None else str(out),
        "text": proposal.text(),
    }


def _not_offered(found: list[Problem]) -> None:
    typer.echo(render(found[:20], color=sys.stderr.isatty()), err=True, nl=False)
    typer.echo("nothing was written: the profile would not load; choose another --name or less of the input", err=True)
    raise typer.Exit(1)
