"""The reference page of the alarm states, written from the table so that it cannot say anything else."""

from hub.model import HoldKind
from rules.machine import CYCLE, FORBIDDEN, FREED, HELD, HOLDING, LETTERS, TABLE, Change, Flags, Input, Refusal

_PEOPLE = {
    "A": ("normal", "bình thường"),
    "B": ("active, not acknowledged", "đang báo động, chưa xác nhận"),
    "C": ("active, acknowledged", "đang báo động, đã xác nhận"),
    "D": ("returned to normal, not acknowledged", "đã hết, chưa xác nhận"),
    "E": ("latched, not acknowledged", "chốt, chưa xác nhận"),
    "F": ("latched, acknowledged", "chốt, đã xác nhận"),
    "G": ("shelved", "tạm gác"),
    "H": ("suppressed by design", "khóa theo thiết kế"),
    "I": ("out of service", "ngừng sử dụng"),
}
_HELD = {HoldKind.SHELVED: "G", HoldKind.SUPPRESSED: "H", HoldKind.OUT_OF_SERVICE: "I"}

_HEAD = """# Alarm states

<!-- Written from rules/machine.py by rules/diagram.py. Do not edit: a test compares them. -->

An alarm has six flags, as in OPC UA Part 9: three for its life, three for what holds it back. The letter is that of
ISA-18.2 / IEC 62682. With a hold, life goes on underneath: the alarm is evaluated and may be acknowledged, and does not
annunciate. Of several holds out of service is shown before suppressed before shelved.

A rule with `latch: true` sets *latched* when it raises the alarm. Such an alarm ends only when its condition is normal
**and** a person has acknowledged **and** then reset it.

"""


def page() -> str:
    """Return docs/reference/alarm-states.md."""
    parts = [_HEAD, _states(), "\n## Transitions\n\n```mermaid\n", mermaid(), "```\n\n", _table(), _holds(), _freed()]
    return "".join(parts)


def mermaid() -> str:
    """Return the state diagram; comments, which change nothing, are left out."""
    lines = ["stateDiagram-v2", "    state life {", "    [*] --> A"]
    lines += [f"    {letter} : {letter} – {english}" for letter, (english, _) in _PEOPLE.items() if letter < "G"]
    lines += [f"    {a} --> {b} : {', '.join(labels)}" for (a, b), labels in _arrows().items()]
    lines += ["    }"]
    for happened, (kind, begins) in HOLDING.items():
        if begins:
            lines += [f"    {_HELD[kind]} : {_HELD[kind]} – {_PEOPLE[_HELD[kind]][0]}"]
        ends = (_HELD[kind], "life")
        a, b = reversed(ends) if begins else ends
        lines += [f"    {a} --> {b} : {happened.value}"]
    return "\n".join(lines) + "\n"


def _arrows() -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for (flags, happened), cell in CYCLE.items():
        if not isinstance(cell, Change) or happened is Input.COMMENT:
            continue
        label = happened.value
        if happened is Input.RETURN and flags.latched:
            label = "return (latched)"
        labels = found.setdefault((LETTERS[flags], LETTERS[cell.flags]), [])
        if label not in labels:
            labels.append(label)
    return found


def _states() -> str:
    rows = ["| state | active | acked | latched | for people | tiếng Việt |", "|---|---|---|---|---|---|"]
    for flags, letter in sorted(LETTERS.items(), key=lambda item: (item[1], item[0])):
        words = " | ".join(_PEOPLE[letter])
        rows.append(f"| {letter} | {' | '.join('yes' if flag else 'no' for flag in flags[:3])} | {words} |")
    for kind, letter in _HELD.items():
        rows.append(f"| {letter} | any | any | any, hold `{kind.value}` | {' | '.join(_PEOPLE[letter])} |")
    return "\n".join(rows) + "\n"


def _table() -> str:
    inputs = [i for i in Input if i not in HOLDING]
    rows = [f"| from | {' | '.join(i.value for i in inputs)} |", "|---" * (len(inputs) + 1) + "|"]
    for flags in sorted(LETTERS, key=lambda f: (LETTERS[f], f)):
        rows.append(f"| {_name(flags)} | {' | '.join(_cell(flags, i) for i in inputs)} |")
    return (
        "\n".join(rows)
        + "\n\nA letter with * begins a new occurrence; a word in italics is why the input is refused.\n"
        + "A raise of a latching rule leads to the latching form of its state. The same is so under any hold, but\n"
        + "that a held alarm does not realarm (*held*), and that `remove` ends its holds, too.\n"
    )


def _holds() -> str:
    rows = ["", "## Holds", "", "| input | not so held | so held |", "|---|---|---|"]
    for happened, (kind, begins) in HOLDING.items():
        cells = (_taken(HELD[happened, held], kind, begins=begins) for held in (False, True))
        rows.append(f"| {happened.value} | {' | '.join(cells)} |")
    never = [f"`{c}`: {', '.join(i.value for i in Input if i in inputs)}" for c, inputs in FORBIDDEN.items()]
    return "\n".join(rows) + f"\n\nNever done to alarms of a category (*forbidden*): {'; '.join(never)}.\n"


def _taken(refusal: Refusal | None, kind: HoldKind, *, begins: bool) -> str:
    if refusal is not None:
        return f"*{refusal.reason}*"
    return _HELD[kind] if begins else "judged anew"


def _freed() -> str:
    rows = ["", "When the last hold ends, the alarm is judged by what it has come to meanwhile:", ""]
    rows += ["| underneath | it is then |", "|---|---|"]
    rows += [f"| {_name(a)} | {_name(b)} |" for a, b in sorted(FREED.items(), key=lambda item: LETTERS[item[0]])]
    return "\n".join(rows) + "\n"


def _name(flags: Flags) -> str:
    latching = " (latching)" if flags.active and flags.latched else ""
    return f"{LETTERS[flags]}{latching}"


def _cell(flags: Flags, happened: Input) -> str:
    cell = TABLE[flags, happened]
    if not isinstance(cell, Change):
        return f"*{cell.reason}*"
    return _name(cell.flags) + ("\\*" if cell.new_occurrence else "")
