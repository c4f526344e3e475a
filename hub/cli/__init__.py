"""The command line: one module a command, each imported only when it is called."""

import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "demo": ("hub.cli.demo", "demo", "A simulated site in your browser, with everything it needs."),
    "run": ("hub.cli.run", "run", "The hub, on a site's real devices."),
    "check": ("hub.cli.check", "check", "Every mistake of a site's files, with file, line and column."),
    "plan": ("hub.cli.plan", "plan", "What a site's files would change of its running hub."),
    "apply": ("hub.cli.plan", "apply", "A site's files taken over by its running hub, whole or not at all."),
    "reload": ("hub.cli.plan", "reload", "The same without being asked, as SIGHUP does."),
    "test": ("hub.cli.test", "command", "The site's rule tests, on a virtual clock."),
    "walktest": ("hub.cli.walktest", "walk_test", "Which detectors a walk test has seen, and which it has not."),
    "replay": ("hub.cli.replay", "replay", "Which alarms rules would have raised on stored history."),
    "simulate": ("hub.cli.simulate", "simulate", "Only the simulators: every device of a site on the wire."),
    "drill": ("hub.cli.drill", "drill", "Scenarios played against simulators: exactly the expected alarms, in time."),
    "show": ("hub.cli.show", "show", "What a device's configuration comes to, and from which line."),
    "tap": ("hub.cli.tap", "tap", "Live values of a running hub."),
    "trace": ("hub.cli.trace", "trace", "What a device and the hub say to each other, decoded."),
    "inbox": ("hub.cli.inbox", "inbox", "What devices said and nobody understood, with lines for a profile."),
    "doctor": ("hub.cli.doctor", "doctor", "Step by step what is wrong with a device, and what cures it."),
    "import": ("hub.cli.importing", "app", "A walk, a register list or a server's nodes as a profile for review."),
    "discover": ("hub.cli.discover", "app", "Who answers on a network or at a broker, as devices for review."),
    "notify": ("hub.cli.notify", "app", "Notifications: a test message, and what could not be delivered."),
    "schema": ("hub.cli.schema", "schema", "The JSON Schema of every file, for editors."),
    "report": ("hub.cli.report", "app", "Reports: a month's figures, and the load of alarms on people, with coverage."),
    "db": ("hub.cli.db", "app", "The database: status, migrations, moving."),
    "user": ("hub.cli.user", "app", "People who may sign in."),
    "token": ("hub.cli.token", "app", "Tokens for programs that use the interfaces."),
    "certs": ("hub.cli.certs", "app", "Certificates: the hub's own, the trusted, the rejected."),
}


INVALID = 78
"""Exit code of an invalid configuration (sysexits.h EX_CONFIG)."""


class _Lazy(TyperGroup):
    """Knows every command's name and help; imports a command's module when it is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, help_ = COMMANDS[cmd_name]
        found = getattr(importlib.import_module(module), attribute)
        if isinstance(found, typer.Typer):
            found.info.help = help_
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(name=cmd_name)(found)
        command = typer.main.get_command(alone)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in COMMANDS.items()])


app = typer.Typer(
    cls=_Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Citywatch: every device of a city in one picture that never lies and never loses an alarm.",
)  # fmt: skip


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version."),
    lang: str = typer.Option(
        "", "--lang", metavar="vi|en", help="Language of messages; absent: LANG, else the site's."
    ),
) -> None:
    if lang:
        if lang not in ("vi", "en"):
            raise typer.BadParameter(f"'{lang}' is not vi or en", param_hint="--lang")
        os.environ["CITYWATCH_LANG"] = lang
    if version:
        from hub import __version__

        typer.echo(f"citywatch {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main() -> None:
    """Run the command line; a mistake of the user ends in a sentence, never in a traceback."""
    from hub.model import CitywatchError, ConfigError

    try:
        app()
    except ConfigError as error:
        from hub.config import render

        typer.echo(render(error.problems, color=sys.stderr.isatty()), err=True)  # type: ignore[arg-type]
        sys.exit(INVALID)
    except CitywatchError as error:
        typer.secho(f"citywatch: {error}", fg="red", err=True)
        sys.exit(1)
