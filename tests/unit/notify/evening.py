"""An evening in a control room, on a clock that a test moves: transitions in, messages out, everything journaled."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from adapters.notify.deciding import decide, prune
from adapters.notify.folding import Folding
from adapters.notify.ledger import Ledger
from hub.model import MINUTE, SECOND, JournalRecord, Priority, Text, Timestamp, Transition
from hub.model.clock import from_iso
from hub.model.notify import EVENTS, Channel, Delivery, Notifying, Step

EVENING = from_iso("2026-11-24T18:00:00+07:00")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SMS = Channel("sms", "http", None, gather=10 * SECOND, again=5 * MINUTE, each=True)
MAIL = Channel("mail", "email", None, gather=10 * SECOND)
HOOK = Channel("hook", "webhook", None, tells=frozenset(EVENTS))
FIRE = (
    Step(("hook",)),
    Step(("sms",), 30 * SECOND, ("duty",), frozenset({"acknowledged"})),
    Step(("sms",), 180 * SECOND, ("chief",), frozenset({"acknowledged"}), 180 * SECOND, 3),
)
RULES = {"fire": "fire", "lost": "mail", "wet": "sms-now"}
NOTIFYING = Notifying(
    {c.id: c for c in (SMS, MAIL, HOOK)},
    escalations={"fire": FIRE, "mail": (Step(("mail",), who=("duty",)),), "sms-now": (Step(("sms",), who=("duty",)),)},
)
PEOPLE = {"duty": ("an", "binh"), "chief": ("chi",)}


class Evening:
    """The journal of one hub, and what it decides from it."""

    def __init__(self, notifying: Notifying = NOTIFYING, rules: dict[str, str] | None = None) -> None:
        self.notifying = notifying
        self.rules = RULES if rules is None else rules
        self.now: Timestamp = EVENING
        self.journal: list[JournalRecord] = []
        self.last: dict[str, Transition] = {}
        self.ledger = Ledger()
        self.restart()

    def restart(self, checkpoint: bytes | None = None, after: int = 0) -> None:
        """Forget everything but a checkpoint and the journal after it."""
        self.ledger = Ledger() if checkpoint is None else msgspec.json.decode(checkpoint, type=Ledger)
        self.folding = Folding(self.ledger, self.rules, self.notifying.escalations, self.notifying.channels)
        for record in self.journal[after:]:
            self.folding.take(record)

    def checkpoint(self) -> bytes:
        return msgspec.json.encode(self.ledger)

    def write(self, *records: JournalRecord) -> None:
        for record in records:
            self.journal.append(record)
            self.folding.take(record)

    def change(self, alarm: str = "fire:panel/z1", input_: str = "raise", **more: Any) -> Transition:
        """Journal one change of an alarm, made from its last one."""
        rule, _, watched = alarm.partition(":")
        known = self.last.get(alarm)
        normal = known is None or not (known.active or known.latched or not known.acked)
        active = {"raise": True, "return": False}.get(input_, known is not None and known.active)
        fields: dict[str, Any] = {
            "alarm": alarm, "occurrence": (known.occurrence if known else 0) + (input_ == "raise" and normal),
            "n": known.n + 1 if known else 1, "input": input_, "active": active,
            "acked": input_ == "ack" or (input_ != "raise" and known is not None and known.acked), "latched": False,
            "priority": Priority.CRITICAL if rule == "fire" else Priority.MEDIUM,
            "category": "fire" if rule == "fire" else "fault", "rule": rule, "device": watched.partition("/")[0],
            "point": watched, "zone": "town", "text": Text("cháy", "fire"), "cause": {}, "at": self.now,
        } | more  # fmt: skip
        self.last[alarm] = t = Transition(**fields)
        self.write(t)
        return t

    def decide(self) -> list[Delivery]:
        """Decide at this moment and journal the messages."""
        messages = decide(self.ledger, self.notifying, self.on_duty, self.now, ZONE).messages
        self.write(*messages)
        return messages

    def pass_time(self, seconds: float, deliver: bool = True) -> list[Delivery]:
        """Let time pass, waking exactly when something is due; return what was decided."""
        end, told = self.now + round(seconds * SECOND), list[Delivery]()
        while True:
            told += (some := self.decide())
            if deliver:
                self.write(*(Delivery(d.key, d.channel, "sent", self.now) for d in some))
            due = decide(self.ledger, self.notifying, self.on_duty, self.now, ZONE).next
            if due is None or due > end:
                self.now = end
                return told
            assert due > self.now, "it would wake for ever"
            self.now = due

    @staticmethod
    def on_duty(who: Sequence[str], _at: Timestamp) -> tuple[str, ...]:
        return tuple(person for name in who for person in PEOPLE.get(name, (name,)))

    def prune(self) -> None:
        prune(self.ledger, self.notifying, self.now)


def lines(told: Sequence[Delivery]) -> list[str]:
    """Say of each message: after how many seconds, over which channel, what, to whom, about how many alarms."""
    return [
        f"{(d.at - EVENING) / SECOND:g} {d.channel} {d.event}{' ' + ','.join(d.to) if d.to else ''} {len(d.covers)}"
        for d in told
    ]
