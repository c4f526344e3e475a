"""CAP 1.2 messages (OASIS, 2010-07-01): one file for each change of an alarm, and the list a feed is made from."""

import asyncio
import contextlib
import os
import re
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import msgspec
from msgspec import Struct

from adapters.notify.message import Message, word
from adapters.outbound import Away
from hub.model import Priority, Site, Timestamp
from hub.model.notify import Channel, Told

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
INDEX = "index.json"
_CATEGORIES = {"fire": "Fire", "security": "Security", "traffic": "Transport", "environment": "Env", "system": "Infra",
               "supervisory": "Infra", "fault": "Infra", "process": "Infra"}  # fmt: skip
_SEVERITIES = {Priority.CRITICAL: "Severe", Priority.HIGH: "Moderate", Priority.MEDIUM: "Minor", Priority.LOW: "Minor"}
_LANGUAGES = (("vi", "vi-VN"), ("en", "en-US"))


class Entry(Struct, frozen=True):
    """A message as the feed lists it."""

    identifier: str
    title: str
    at: str


class CapSender:
    """A folder of CAP files."""

    def __init__(self, channel: Channel, site: Site, state: str) -> None:
        self._settings: Any = channel.settings
        self._folder = folder(channel, state)
        self._site = site

    async def send(self, message: Message) -> str:
        """Write the file and list it; the same message twice is the same file. Raises Away."""
        identifier = _identifier(self._site.id, message.first, message.first.n, message.delivery.event)
        body = render(message, self._settings)
        entry = Entry(identifier, message.subject, message.moment(message.first.at).isoformat())
        try:
            await asyncio.to_thread(self._write, entry, body)
        except OSError as error:
            raise Away(f"cannot write into {self._folder}: {error.strerror}") from error
        return f"{identifier}.xml"

    async def close(self) -> None:
        """Nothing is held."""

    def _write(self, entry: Entry, body: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder / f"{entry.identifier}.xml", body)
        listed = [known for known in entries(self._folder) if known.identifier != entry.identifier]
        kept = [entry, *listed][: self._settings.keep]
        _replace(self._folder / INDEX, msgspec.json.encode(kept))
        for old in listed[self._settings.keep - 1 :]:
            (self._folder / f"{old.identifier}.xml").unlink(missing_ok=True)


def folder(channel: Channel, state: str) -> Path:
    """Return where a channel's files lie."""
    given = channel.settings.folder
    return Path(state) / "cap" / channel.id if given is None else Path(state) / given


def entries(where: Path) -> list[Entry]:
    """Return the listed messages of a folder, newest first."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((where / INDEX).read_bytes(), type=list[Entry])
    return []


def render(message: Message, settings: Any) -> bytes:
    """Return the message as a CAP document; elements stand in the order of the schema (CAP 1.2, 3.4)."""
    d, t = message.delivery, message.first
    status = "Test" if d.event == "test" else settings.status
    earlier = () if d.event == "test" else t.earlier
    references = [_reference(message, settings, n, at) for n, at in earlier if n != t.n]
    kind = "Alert" if not references else "Cancel" if d.event == "closed" else "Update"
    root = Xml.Element("alert", {"xmlns": NAMESPACE})
    _put(root, "identifier", _identifier(message.site.id, t, t.n, d.event))
    _put(root, "sender", settings.sender)
    _put(root, "sent", stamp(message, t.at))
    _put(root, "status", status)
    _put(root, "msgType", kind)
    _put(root, "source", f"citywatch {message.site.id}")
    _put(root, "scope", settings.scope)
    if settings.scope == "Restricted":
        _put(root, "restriction", settings.restriction)
    if settings.scope == "Private":
        _put(root, "addresses", settings.restriction)
    if status != "Actual":
        _put(root, "note", word("test", message.language).strip(" :"))
    if references:
        _put(root, "references", " ".join(references))
    for language, tag in _LANGUAGES:
        _info(root, message, settings, language, tag)
    text: bytes = Xml.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text


def stamp(message: Message, at: Timestamp) -> str:
    """Write a time as CAP wants it: whole seconds with an offset, never `Z` (CAP 1.2, 3.3.2)."""
    return message.moment(at).replace(microsecond=0).isoformat()


def _info(root: Xml.Element, message: Message, settings: Any, language: str, tag: str) -> None:
    t, over = message.first, message.delivery.event in ("closed", "returned")
    info = Xml.SubElement(root, "info")
    _put(info, "language", tag)
    _put(info, "category", _CATEGORIES.get(t.category, "Other"))
    _put(info, "event", t.text.say(language))
    _put(info, "responseType", "AllClear" if over else "Assess")
    _put(info, "urgency", "Past" if over else "Immediate" if t.priority is Priority.CRITICAL else "Expected")
    _put(info, "severity", _SEVERITIES[t.priority])
    _put(info, "certainty", "Observed")
    _put(info, "effective", stamp(message, t.at))
    _put(info, "onset", stamp(message, t.since))
    _put(info, "expires", (message.moment(t.at) + timedelta(microseconds=settings.expires // 1000)).replace(
        microsecond=0).isoformat())  # fmt: skip
    _put(info, "senderName", message.site.title.say(language))
    _put(info, "headline", f"{word(message.delivery.event, language)}{t.text.say(language)}"[:160])
    _put(info, "description", f"{t.text.say(language)} · {word(f'state_{t.state}', language)}")
    for name, value in (("alarm", t.alarm), ("occurrence", str(t.occurrence)), ("device", t.device), ("rule", t.rule)):
        parameter = Xml.SubElement(info, "parameter")
        _put(parameter, "valueName", f"citywatch:{name}")
        _put(parameter, "value", value)
    _area(info, message, settings, language)


def _area(info: Xml.Element, message: Message, settings: Any, language: str) -> None:
    zones, t = message.site.zones, message.first
    area, place = Xml.SubElement(info, "area"), zones.get(t.zone)
    _put(area, "areaDesc", place.title.say(language) if place else t.zone)
    device = message.site.devices.get(t.device)
    at = device.at if device is not None and device.at is not None else place.at if place is not None else None
    if at is not None:
        _put(area, "circle", f"{at[0]:.6f},{at[1]:.6f} {settings.radius_km:g}")


def _reference(message: Message, settings: Any, n: int, at: Timestamp) -> str:
    return f"{settings.sender},{_identifier(message.site.id, message.first, n, '')},{stamp(message, at)}"


def _identifier(site: str, t: Told, n: int, event: str) -> str:
    """Return a name without spaces, commas, `<` and `&` (CAP 1.2, 3.2.1), the same for the same change for ever."""
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", t.alarm)[:60]
    digest = blake2b(t.alarm.encode(), digest_size=4).hexdigest()
    return f"{site}.{readable}.{digest}.{t.occurrence}.{n}{'.test' if event == 'test' else ''}"


def _put(parent: Xml.Element, name: str, text: str) -> None:
    # characters that XML 1.0 cannot hold become visible replacements
    Xml.SubElement(parent, name).text = re.sub(
        r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text
    )


def _replace(path: Path, body: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, whole."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
