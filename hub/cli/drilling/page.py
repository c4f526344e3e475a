"""Drills as one HTML page, in Vietnamese and English, without script and without anything from elsewhere."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from hub.cli.drilling.drill import LEFT_OUT, Drill
from hub.cli.drilling.picture import picture
from hub.cli.drilling.verdict import Outcome, Verdict, seconds
from hub.model import SECOND, Site, Text

STYLE = """
:root { color-scheme: light dark; --bg: #fff; --fg: #16202b; --soft: #5b6876; --line: #d7dde3;
  --good: #15803d; --bad: #c81e1e; --due: #f3d27a }
@media (prefers-color-scheme: dark) {
  :root { --bg: #10161d; --fg: #e6ebf0; --soft: #9aa7b4; --line: #2b3641;
    --good: #4ade80; --bad: #f87171; --due: #6b5518 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1160px; padding: 0 1rem;
  background: var(--bg); color: var(--fg) }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid var(--line) }
table { border-collapse: collapse; width: 100%; margin: .7rem 0 }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; white-space: nowrap }
code { font-size: .85em; color: var(--soft) } .soft { color: var(--soft) }
.good { color: var(--good); fill: var(--good) } .bad { color: var(--bad); fill: var(--bad) }
svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px }
svg text { font: 12px system-ui, sans-serif } svg .axis { fill: var(--soft) } svg .grid { stroke: var(--line) }
svg line.step { stroke: var(--soft); stroke-dasharray: 2 3; opacity: .6 } svg circle.step { fill: var(--soft) }
svg .due { fill: var(--due); opacity: .55 }
body:has(#vi:checked) .en, body:has(#en:checked) .vi { display: none }
.mark { background: var(--due); border-radius: 4px; padding: 0 .4em }
"""


def page(site: Site, drills: Sequence[Drill], language: str) -> str:
    """Return the page; the reader changes between the languages, `language` is shown first."""
    title = Text(f"Báo cáo diễn tập – {site.title.vi}", f"Drill report – {site.title.en}")
    passed = sum(drill.passed for drill in drills)
    sum_ = Text(f"{passed} trên {len(drills)} kịch bản đạt.", f"{passed} of {len(drills)} scenarios passed.")
    parts = [f"<h1>{_both(title)} <span class=mark>DRILL</span></h1>", f"<p>{_both(sum_)}</p>", *_contents(drills)]
    parts += [part for drill in drills for part in _drill(site, drill)]
    return _frame(title.say(language), language, "\n".join(parts))


def _frame(title: str, language: str, body: str) -> str:
    switch = "".join(
        f"<label><input type=radio name=language id={code}{' checked' if code == language else ''}> {name}</label> "
        for code, name in (("vi", "Tiếng Việt"), ("en", "English"))
    )
    sheet = f"<title>{escape(title)}</title><style>{STYLE}</style>"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{sheet}</head>'
        f"<body><nav>{switch}</nav>{body}</body></html>\n"
    )


def _contents(drills: Sequence[Drill]) -> Iterator[str]:
    head = [Text("Kịch bản", "Scenario"), Text("Kết quả", "Result"), Text("Đạt", "Met"), Text("Chậm nhất", "Slowest")]
    rows = [
        [
            f'<a href="#{drill.scenario.id}">{_both(drill.scenario.title)}</a>',
            f"<b class={_look(drill)}>{_both(drill.word)}</b>",
            f"{drill.met} / {len(drill.scenario.expect)}",
            "–" if drill.slowest is None else seconds(drill.slowest),
        ]
        for drill in drills
    ]
    yield _table(head, rows)


def _drill(site: Site, drill: Drill) -> Iterator[str]:
    result = f"<b class={_look(drill)}>{_both(drill.word)}</b>"
    yield f'<h2 id="{drill.scenario.id}">{_both(drill.scenario.title)} {result}</h2>'
    if drill.verdict is None:
        yield f"<p>{_both(drill.why_not)}</p>"
        return
    yield f"<p class=soft>{_both(_about(site, drill))} {_both(LEFT_OUT[drill.clock])}</p>"
    yield picture(drill)
    yield from _wrong(drill.verdict)
    yield _table(
        [
            Text("Báo động mong đợi", "Alarm expected"), Text("Nguyên nhân", "Cause"), Text("Báo lúc", "Raised"),
            Text("Độ trễ", "Latency"), Text("Cho phép", "Allowed"), Text("Kết quả", "Result"),
        ],
        [_outcome(outcome) for outcome in drill.verdict.outcomes],
    )  # fmt: skip
    allowed = [one for one in drill.verdict.unexpected if one.allowed is not None]
    if allowed:
        head = [Text("Được phép", "Allowed"), Text("Lúc", "At"), Text("Vì sao", "Why")]
        yield _table(head, [[_alarm(o.alarm, o.text), seconds(o.at), _both(o.allowed or o.text)] for o in allowed])
    head = [Text("Lúc", "At"), Text("Diễn biến", "What happened")]
    yield _table(head, [[seconds(at), _both(text)] for at, text in drill.said])


def _about(site: Site, drill: Drill) -> Text:
    when = datetime.fromtimestamp(drill.begins // SECOND, ZoneInfo(site.timezone)).strftime("%Y-%m-%d %H:%M")
    vi, en = ("đồng hồ ảo", "virtual clock") if drill.clock == "virtual" else ("đường truyền thật", "real wire")
    took = seconds(drill.took)
    return Text(
        f"Trên {vi}, từ {when}, {drill.devices} thiết bị trên sân khấu, mất {took}.",
        f"On the {en}, from {when}, {drill.devices} devices on stage, took {took}.",
    )


def _wrong(verdict: Verdict) -> Iterator[str]:
    found = [_both(fault) for fault in verdict.faults]
    for one in verdict.strangers:
        text = Text(f"Bất ngờ sau {seconds(one.at)}: ", f"Unexpected after {seconds(one.at)}: ")
        found.append(_both(text) + _alarm(one.alarm, one.text))
    if found:
        yield "<ul class=bad>" + "".join(f"<li>{line}</li>" for line in found) + "</ul>"


def _outcome(outcome: Outcome) -> list[str]:
    expected, failure = outcome.expected, outcome.failure
    under = Text(f"gộp dưới {expected.folded}", f"folded under {expected.folded}") if expected.folded else None
    return [
        _alarm(expected.alarm, outcome.text) + (f" <span class=soft>{_both(under)}</span>" if under else ""),
        seconds(expected.after),
        "–" if outcome.raised is None else seconds(outcome.raised),
        "–" if outcome.latency is None else seconds(outcome.latency),
        seconds(expected.within),
        "<b class=good>✓</b>" if failure is None else f"<b class=bad>✕</b> {_both(failure)}",
    ]


def _alarm(alarm: str, text: Text | None) -> str:
    return (f"{_both(text)}<br>" if text else "") + f"<code>{escape(alarm)}</code>"


def _table(head: Sequence[Text], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{_both(text)}</th>" for text in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _both(text: Text) -> str:
    return f"<span class=vi lang=vi>{escape(text.vi)}</span><span class=en lang=en>{escape(text.en)}</span>"


def _look(drill: Drill) -> str:
    return "soft" if drill.verdict is None else "good" if drill.passed else "bad"
