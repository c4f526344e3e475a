"""`citywatch drill SITE [SCENARIO…]`: plays scenarios and checks that exactly the expected alarms come, in time."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from drivers import REGISTRY
from hub.cli import logs
from hub.cli.drilling.cast import on_stage
from hub.cli.drilling.drill import LEFT_OUT, Drill
from hub.cli.drilling.junit import junit as junit_xml
from hub.cli.drilling.page import page
from hub.cli.drilling.verdict import judge, seconds
from hub.cli.drilling.virtual import Unplayable, Virtual
from hub.cli.drilling.wire import Wire
from hub.cli.language import language
from hub.cli.progress import Progress
from hub.cli.stopping import run
from hub.config import load
from hub.model import SECOND, CitywatchError, Site, SystemClock, Text, Timestamp
from simulators.scenario import load as load_scenario
from simulators.scenario import names
from simulators.timeline import Scenario

STOPPED = 130


def drill(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.", file_okay=False)],
    scenarios: Annotated[list[str] | None, typer.Argument(help="Scenarios of the site.", metavar="[SCENARIO]…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every scenario of the site.")] = False,
    clock: Annotated[str, typer.Option(help="virtual: hours in seconds, no wire; real: on the wire.")] = "virtual",
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report for people to this file.")] = None,
    speed: Annotated[float, typer.Option(help="Virtual clock: so many times as fast as life; 0: at once.", min=0)] = 0,
    whole: Annotated[bool, typer.Option("--whole", help="Every device of the site takes part.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same values.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Rehearse an emergency against simulators. / Diễn tập một tình huống với thiết bị mô phỏng."""
    logs.configure(logging.CRITICAL)
    how = _clock(clock, speed)
    loaded = load(site, REGISTRY)
    chosen = _chosen(loaded, scenarios or [], everything)
    plays = _Plays(loaded, how, speed, whole, seed)
    with Progress(quiet=as_json) as progress:
        drills, stopped = plays.all([load_scenario(loaded, name) for name in chosen], progress)
    _report(loaded, drills, junit, html)
    typer.echo(_json(drills) if as_json else _text(loaded, drills))
    if stopped:
        typer.echo("citywatch drill: stopped; the last scenario came to no verdict", err=True)
        raise typer.Exit(STOPPED)
    if not any(d.verdict for d in drills) or not all(d.passed for d in drills if d.verdict):
        raise typer.Exit(1)


def _clock(word: str, speed: float) -> Literal["virtual", "real"]:
    if word not in ("virtual", "real"):
        raise typer.BadParameter(f"'{word}' is not virtual or real", param_hint="--clock")
    if word == "real" and speed:
        raise typer.BadParameter(
            "the wire has one speed; leave --speed out, or use --clock virtual", param_hint="--speed"
        )
    return "virtual" if word == "virtual" else "real"


def _chosen(site: Site, wanted: Sequence[str], everything: bool) -> list[str]:
    known = names(site)
    if everything and wanted:
        raise typer.BadParameter("name scenarios, or give --all", param_hint="--all")
    if not everything and not wanted:
        listed = ", ".join(known) or "none; see docs/how-to/drill.md"
        raise typer.BadParameter(f"name a scenario, or give --all; {site.id} has {listed}", param_hint="SCENARIO")
    if not known:
        raise typer.BadParameter(f"{site.id} has no scenarios; see docs/how-to/drill.md", param_hint="SITE")
    return known if everything else list(wanted)


class _Plays:
    """Plays scenarios one after the other, until one is stopped."""

    def __init__(self, site: Site, clock: str, speed: float, whole: bool, seed: int) -> None:
        self._site, self._clock, self._speed = site, clock, speed
        self._whole, self._seed = whole, seed
        self._time = SystemClock()

    def all(self, scenarios: Sequence[Scenario], progress: Progress) -> tuple[list[Drill], bool]:
        """Return what was played, and whether Ctrl-C ended it."""
        drills: list[Drill] = []
        for scenario in scenarios:
            progress(scenario.title.say(language(self._site.language)))
            try:
                found = self._virtual(scenario) if self._clock == "virtual" else self._wire(scenario)
            except KeyboardInterrupt:
                found = None
            if found is None:
                return drills, True
            drills.append(found)
        return drills, False

    def _virtual(self, scenario: Scenario) -> Drill:
        began, stage = self._time.monotonic(), on_stage(self._site, scenario, whole=self._whole)
        try:
            played = Virtual(stage, scenario, seed=self._seed)
        except Unplayable as why:
            return Drill(scenario, "virtual", None, why_not=why.why)
        played.run(self._pace(played.begins) if self._speed else lambda _at: None)
        return self._drill(scenario, stage, played, began)

    def _wire(self, scenario: Scenario) -> Drill | None:
        began, stage = self._time.monotonic(), on_stage(self._site, scenario, whole=self._whole)
        played = Wire(stage, scenario, seed=self._seed)

        async def play(stop: asyncio.Event) -> int:
            return STOPPED if await played.run(stop) is None else 0

        try:
            return None if run(play) == STOPPED else self._drill(scenario, stage, played, began)
        except (CitywatchError, OSError) as why:
            return Drill(scenario, "real", None, why_not=Text.same(str(why)))

    def _drill(self, scenario: Scenario, stage: Site, played: Virtual | Wire, began: int) -> Drill:
        return Drill(
            scenario, self._clock, judge(scenario, played.heard), played.heard, played.said, played.begins,
            self._time.monotonic() - began, len(stage.devices),
        )  # fmt: skip

    def _pace(self, begins: Timestamp) -> "Pace":
        return Pace(begins, self._speed, self._time)


class Pace:
    """Holds a virtual clock back, so that people can watch."""

    def __init__(self, begins: Timestamp, speed: float, clock: SystemClock) -> None:
        self._begins, self._speed, self._clock = begins, speed, clock
        self._started = clock.monotonic()
        self._waiting = threading.Event()

    def __call__(self, at: Timestamp) -> None:
        """Wait until the virtual time `at` has come; what is before the start takes no time."""
        due = (at - self._begins) / self._speed
        ahead = due - (self._clock.monotonic() - self._started)
        if at > self._begins and ahead > 0:
            self._waiting.wait(ahead / SECOND)


def _report(site: Site, drills: Sequence[Drill], junit: Path | None, html: Path | None) -> None:
    try:
        if junit is not None:
            junit.write_bytes(junit_xml(drills))
        if html is not None:
            html.write_text(page(site, drills, language(site.language)), encoding="utf-8")
    except OSError as why:
        typer.echo(f"citywatch drill: the report cannot be written: {why}", err=True)
        raise typer.Exit(1) from None


def _text(site: Site, drills: Sequence[Drill]) -> str:
    speaks = language(site.language)
    lines = [line for drill in drills for line in _lines(drill, speaks)]
    clocks = dict.fromkeys(drill.clock for drill in drills if drill.verdict)
    lines += [LEFT_OUT[clock].say(speaks) for clock in clocks]
    return "\n".join([*lines, f"{sum(d.passed for d in drills)} / {len(drills)} DRILL"])


def _lines(drill: Drill, speaks: str) -> list[str]:
    slowest = "" if drill.slowest is None else f", ≤ {seconds(drill.slowest)}"
    met = drill.why_not.say(speaks) if drill.verdict is None else f"{drill.met} / {len(drill.scenario.expect)}{slowest}"
    lines = [f"{drill.scenario.id:<22} {drill.word.say(speaks):<11} {met}"]
    if drill.verdict is not None:
        wrong = [(o.expected.alarm, o.failure) for o in drill.verdict.outcomes if o.failure is not None]
        lines += [f"    {alarm}: {failure.say(speaks)}" for alarm, failure in wrong]
        lines += [f"    + {u.alarm} ({seconds(u.at)}): {u.text.say(speaks)}" for u in drill.verdict.strangers]
        lines += [f"    {fault.say(speaks)}" for fault in drill.verdict.faults]
    return lines


def _json(drills: Sequence[Drill]) -> str:
    rows = [
        {
            "scenario": d.scenario.id, "clock": d.clock, "played": d.verdict is not None, "passed": d.passed,
            "why_not": d.why_not.en, "seconds": d.took / SECOND, "devices": d.devices,
            "expected": [
                {"alarm": o.expected.alarm, "met": o.failure is None, "failure": o.failure and o.failure.en,
                 "raised_s": None if o.raised is None else o.raised / SECOND,
                 "latency_s": None if o.latency is None else o.latency / SECOND,
                 "allowed_s": o.expected.within / SECOND}
                for o in (d.verdict.outcomes if d.verdict else ())
            ],
            "unexpected": [
                {"alarm": u.alarm, "at_s": u.at / SECOND} for u in (d.verdict.strangers if d.verdict else ())
            ],
            "faults": [fault.en for fault in (d.verdict.faults if d.verdict else ())],
        }
        for d in drills
    ]  # fmt: skip
    played = [d for d in drills if d.verdict]
    return msgspec.json.encode({"passed": bool(played) and all(d.passed for d in played), "drills": rows}).decode()
