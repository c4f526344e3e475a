"""The timeline of a drill as SVG: what was done, when each alarm was due, when it came, how long it stood."""

from collections.abc import Iterator, Sequence
from html import escape

from hub.cli.drilling.drill import Drill
from hub.cli.drilling.verdict import Heard, Outcome, seconds
from hub.model import SECOND, AlarmId, Transition

LEFT, RIGHT, TOP, ROW = 330, 24, 46, 20
WIDTH = 1100
MOST_ROWS = 40
"""Alarms that are drawn; the table has them all."""
MOST_LETTERS = 48


def picture(drill: Drill) -> str:
    """Return the SVG of a drill that was played."""
    outcomes = drill.verdict.outcomes[:MOST_ROWS] if drill.verdict else ()
    strangers = drill.verdict.strangers[: max(0, MOST_ROWS - len(outcomes))] if drill.verdict else []
    scale = _Scale(max(drill.scenario.length, SECOND))
    height = TOP + ROW * (len(outcomes) + len(strangers)) + 14
    parts = [*_axis(scale, height), *_steps(drill, scale, height)]
    for n, outcome in enumerate(outcomes):
        parts += _row(outcome, drill.heard, scale, TOP + ROW * n)
    for n, one in enumerate(strangers, len(outcomes)):
        parts += [*_label(one.alarm, TOP + ROW * n, "bad"), *_bars(one.alarm, drill.heard, scale, TOP + ROW * n, "bad")]
    title = f"<title>{escape(drill.scenario.title.vi)} / {escape(drill.scenario.title.en)}</title>"
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{title}{"".join(parts)}</svg>'


class _Scale:
    """From nanoseconds to the picture."""

    def __init__(self, length: int) -> None:
        self.length = length

    def x(self, at: int) -> float:
        """Return where an instant is, kept inside the picture."""
        inside = min(max(at, 0), self.length)
        return round(LEFT + (WIDTH - LEFT - RIGHT) * inside / self.length, 1)


def _axis(scale: _Scale, height: int) -> Iterator[str]:
    for n in range(6):
        at = scale.length * n // 5
        x = scale.x(at)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="24" y2="{height}"/>'
        yield f'<text class="axis" x="{x}" y="14" text-anchor="middle">{seconds(at)}</text>'


def _steps(drill: Drill, scale: _Scale, height: int) -> Iterator[str]:
    for step in drill.scenario.steps:
        x, words = scale.x(step.at), step.say
        said = f"<title>{escape(words.vi)} / {escape(words.en)}</title>" if words else ""
        yield f'<line class="step" x1="{x}" x2="{x}" y1="24" y2="{height}"/>'
        yield f'<circle class="step" cx="{x}" cy="30" r="5">{said}</circle>'


def _row(outcome: Outcome, heard: Sequence[Heard], scale: _Scale, y: int) -> Iterator[str]:
    good = "good" if outcome.failure is None else "bad"
    expected = outcome.expected
    yield from _label(expected.alarm, y, good)
    x, end = scale.x(expected.after), scale.x(expected.until)
    yield f'<rect class="due" x="{x}" y="{y}" width="{max(2, end - x):.1f}" height="{ROW - 4}"/>'
    yield from _bars(expected.alarm, heard, scale, y, good)
    if outcome.raised is None:
        yield f'<text class="bad" x="{end + 4}" y="{y + 12}">✕</text>'


def _label(alarm: AlarmId, y: int, look: str) -> Iterator[str]:
    short = alarm if len(alarm) <= MOST_LETTERS else alarm[: MOST_LETTERS - 1] + "…"
    words = f"<title>{escape(alarm)}</title>{escape(short)}"
    yield f'<text class="{look}" x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{words}</text>'


def _bars(alarm: AlarmId, heard: Sequence[Heard], scale: _Scale, y: int, look: str) -> Iterator[str]:
    """Give a bar for each span in which the alarm's condition stood."""
    since: int | None = None
    for at, t in ((at, t) for at, t in heard if isinstance(t, Transition) and t.alarm == alarm):
        if t.active and since is None:
            since = at
        elif not t.active and since is not None:
            yield _bar(scale, since, at, y, look)
            since = None
    if since is not None:
        yield _bar(scale, since, scale.length, y, look)


def _bar(scale: _Scale, start: int, end: int, y: int, look: str) -> str:
    x = scale.x(start)
    return f'<rect class="{look}" x="{x}" y="{y + 4}" width="{max(3, scale.x(end) - x):.1f}" height="{ROW - 12}"/>'
