"""The reference page of the alarm states, written from the table so that it cannot say anything else."""

from rules.machine import LETTERS, TABLE, Change, Flags, Input

_PEOPLE = {
    "A": ("normal", "bình thường"),
    "B": ("active, not acknowledged", "đang báo động, chưa xác nhận"),
    "C": ("active, acknowledged", "đang báo động, đã xác nhận"),
    "D": ("returned to normal, not acknowledged", "đã hết, chưa xác nhận"),
    "E": ("latched, not acknowledged", "chốt, chưa xác nhận"),
    "F": ("latched, acknowledged", "chốt, đã xác nhận"),
}

_HEAD = """# Alarm states

<!-- Written from rules/machine.py by rules/diagram.py. Do not edit: a test compares them. -->

An alarm has three flags, as in OPC UA Part 9; the letter is that of ISA-18.2 / IEC 62682.
A rule with `latch: true` sets *latched* when it raises the alarm. Such an alarm ends only when its condition is normal
**and** a person has acknowledged **and** then reset it.

"""


def page() -> str:
    """Return docs/reference/alarm-states.md."""
    parts = [_HEAD, _states(), "\n## Transitions\n\n```mermaid\n", mermaid(), "```\n\n", _table()]
    return "".join(parts)


def mermaid() -> str:
    """Return the state diagram; comments, which change nothing, are left out."""
    lines = ["stateDiagram-v2", "    [*] --> A"]
    lines += [f"    {letter} : {letter} – {english}" for letter, (english, _) in _PEOPLE.items()]
    found: dict[tuple[str, str], list[str]] = {}
    for (flags, happened), cell in TABLE.items():
        if not isinstance(cell, Change) or happened is Input.COMMENT:
            continue
        label = happened.value
        if happened is Input.RETURN and flags.latched:
            label = "return (latched)"
        labels = found.setdefault((LETTERS[flags], LETTERS[cell.flags]), [])
        if label not in labels:
            labels.append(label)
    lines += [f"    {a} --> {b} : {', '.join(labels)}" for (a, b), labels in found.items()]
    return "\n".join(lines) + "\n"


def _states() -> str:
    rows = ["| state | active | acked | latched | for people | tiếng Việt |", "|---|---|---|---|---|---|"]
    for flags, letter in sorted(LETTERS.items(), key=lambda item: (item[1], item[0])):
        words = " | ".join(_PEOPLE[letter])
        rows.append(f"| {letter} | {' | '.join('yes' if flag else 'no' for flag in flags)} | {words} |")
    return "\n".join(rows) + "\n"


def _table() -> str:
    inputs = list(Input)
    rows = [f"| from | {' | '.join(i.value for i in inputs)} |", "|---" * (len(inputs) + 1) + "|"]
    for flags in sorted(LETTERS, key=lambda f: (LETTERS[f], f)):
        rows.append(f"| {_name(flags)} | {' | '.join(_cell(flags, i) for i in inputs)} |")
    return (
        "\n".join(rows)
        + "\n\nA letter with * begins a new occurrence; a word in italics is why the input is refused.\n"
        + "A raise of a latching rule leads to the latching form of its state.\n"
    )


def _name(flags: Flags) -> str:
    latching = " (latching)" if flags.active and flags.latched else ""
    return f"{LETTERS[flags]}{latching}"


def _cell(flags: Flags, happened: Input) -> str:
    cell = TABLE[flags, happened]
    if not isinstance(cell, Change):
        return f"*{cell.reason}*"
    return _name(cell.flags) + ("\\*" if cell.new_occurrence else "")
