"""A message as people and programs read it, in the language of its channel."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct

from hub.model import SECOND, Site, Timestamp
from hub.model.clock import iso
from hub.model.notify import Channel, Contact, Delivery, Told

_WORDS: dict[str, tuple[str, str]] = {
    "critical": ("KHẨN CẤP", "CRITICAL"),
    "high": ("CAO", "HIGH"),
    "medium": ("TRUNG BÌNH", "MEDIUM"),
    "low": ("THẤP", "LOW"),
    "raised": ("", ""),
    "raised_again": ("LẠI XẢY RA: ", "AGAIN: "),
    "acknowledged": ("ĐÃ XÁC NHẬN: ", "ACKNOWLEDGED: "),
    "returned": ("ĐÃ HẾT: ", "RETURNED TO NORMAL: "),
    "closed": ("ĐÃ KẾT THÚC: ", "CLOSED: "),
    "test": ("TIN THỬ: ", "TEST MESSAGE: "),
    "alarms": ("báo động", "alarms"),
    "and_more": ("và {n} báo động khác", "and {n} more alarms"),
    "folded": ("kéo theo {n} báo động", "with {n} consequences"),
    "raises": ("đã xảy ra {n} lần", "raised {n} times"),
    "by": ("bởi", "by"),
    "state_unacknowledged": ("chưa xác nhận", "not acknowledged"),
    "state_acknowledged": ("đã xác nhận", "acknowledged"),
    "state_returned": ("đã hết, chưa xác nhận", "returned, not acknowledged"),
    "state_latched_unacknowledged": ("chốt, chưa xác nhận", "latched, not acknowledged"),
    "state_latched_acknowledged": ("chốt, đã xác nhận", "latched, acknowledged"),
    "state_normal": ("bình thường", "normal"),
}
_PLACE = re.compile(r"\{(\w+)\}")


class Message(Struct, frozen=True):
    """One delivery with everything a channel needs to say it."""

    delivery: Delivery
    channel: Channel
    site: Site
    zone: tzinfo
    contacts: tuple[Contact, ...] = ()
    sent_at: Timestamp = 0
    """When this attempt to deliver is made."""

    @property
    def language(self) -> str:
        """The channel's language."""
        return self.channel.language

    @property
    def first(self) -> Told:
        """The alarm that leads the message."""
        return self.delivery.told[0]

    @property
    def subject(self) -> str:
        """One line that says what happened."""
        d = self.delivery
        head = f"[{word(d.priority.word, self.language)}] {word(d.event, self.language)}"
        text = self.first.text.say(self.language)
        if len(d.covers) > 1:
            text = f"{len(d.covers)} {word('alarms', self.language)}: {text} …"
        return " ".join(f"{head}{text}".split())

    @property
    def text(self) -> str:
        """The whole message."""
        d = self.delivery
        if len(d.covers) <= 1:
            return f"{self.subject}\n{self._about(self.first)}"
        lines = [f"{n}. {t.text.say(self.language)} – {self._about(t)}" for n, t in enumerate(d.told, 1)]
        rest = len(d.covers) - len(d.told)
        more = [word("and_more", self.language).format(n=rest)] if rest > 0 else []
        return "\n".join([self.subject, *lines, *more])

    def moment(self, at: Timestamp) -> datetime:
        """Return a time in the site's time zone."""
        return datetime.fromtimestamp(at / SECOND, self.zone)

    def when(self, at: Timestamp) -> str:
        """Write a time as people of the site read it."""
        return f"{self.moment(at):%H:%M:%S %d/%m/%Y}"

    def _about(self, t: Told) -> str:
        known = self.site.zones.get(t.zone)
        parts = [self.when(t.at), known.title.say(self.language) if known else t.zone]
        parts.append(word(f"state_{t.state}", self.language))
        if t.who:
            parts[-1] += f" {word('by', self.language)} {t.who}"
        parts += [word("raises", self.language).format(n=t.raises)] if t.raises > 1 else []
        parts += [word("folded", self.language).format(n=t.folded)] if t.folded else []
        if t.note:
            parts.append(t.note)
        return " · ".join(parts)

    def fields(self, contact: Contact | None = None) -> dict[str, str]:
        """Return what placeholders of a template stand for."""
        d, t = self.delivery, self.first
        about = {
            "text": self.text, "subject": self.subject, "event": d.event, "priority": d.priority.word,
            "category": t.category, "rule": t.rule, "zone": t.zone, "device": t.device, "alarm": t.alarm,
            "state": t.state, "count": str(len(d.covers)), "key": d.key, "time": iso(t.at), "site": self.site.id,
        }  # fmt: skip
        if contact is None:
            return about
        empty = {"phone": "", "email": "", "address": ""}
        return about | empty | contact.addresses | {"name": contact.name}

    def cloud_event(self) -> dict[str, Any]:
        """Return the message as a CloudEvent (CNCF CloudEvents 1.0.2, JSON format)."""
        d = self.delivery
        return {
            "specversion": "1.0",
            "id": d.key,
            "source": f"/citywatch/{self.site.id}",
            "type": f"citywatch.alarm.{d.event}",
            "subject": self.first.alarm,
            "time": iso(self.first.at),
            "datacontenttype": "application/json",
            "data": {
                "event": d.event, "priority": d.priority.word, "count": len(d.covers),
                "alarms": [alarm(t) for t in d.told], "to": list(d.to),
            },
        }  # fmt: skip


def alarm(t: Told) -> dict[str, Any]:
    """Return an alarm in the words of the REST interface."""
    return {
        "alarm": t.alarm, "occurrence": t.occurrence, "rev": t.n, "rule": t.rule, "device": t.device, "point": t.point,
        "zone": t.zone, "category": t.category, "priority": t.priority.word, "state": t.state, "since": iso(t.since),
        "at": iso(t.at), "text": {"vi": t.text.vi, "en": t.text.en}, "cause": t.cause, "by": t.who, "note": t.note,
        "raises": t.raises, "folded": t.folded,
    }  # fmt: skip


def word(name: str, language: str) -> str:
    """Return a word of messages in a language."""
    return _WORDS[name][language == "en"]


def filled_text(template: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders replaced; values are never read as templates themselves."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def filled(template: Any, values: Mapping[str, str]) -> Any:
    """Return a tree of texts with their placeholders replaced."""
    if isinstance(template, str):
        return filled_text(template, values)
    if isinstance(template, dict):
        return {key: filled(value, values) for key, value in template.items()}
    return [filled(value, values) for value in template] if isinstance(template, list) else template


def cut(text: str, longest: int) -> str:
    """Return at most `longest` characters of a text."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def contacts_of(delivery: Delivery, known: Mapping[str, Contact]) -> tuple[Contact, ...]:
    """Return the contacts of a delivery who still exist."""
    return tuple(known[name] for name in delivery.to if name in known)


def reachable(contacts: Sequence[Contact], kind: str) -> list[str]:
    """Return the addresses of one kind."""
    return [contact.addresses[kind] for contact in contacts if contact.addresses.get(kind)]
