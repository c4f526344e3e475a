"""The Atom feed of a CAP channel (RFC 4287): the newest messages, each with a link to its document."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from adapters.notify.channels.cap import entries, folder
from hub.model import Site
from hub.model.notify import Channel

ATOM = "http://www.w3.org/2005/Atom"
MOST = 100
CAP_TYPE = "application/cap+xml"


def feed(channel: Channel, site: Site, state: Path) -> bytes:
    """Return the feed; links are relative to the feed's own address."""
    listed = entries(folder(channel, str(state)))[:MOST]
    root = Xml.Element("feed", {"xmlns": ATOM})
    name = site.title.say(channel.language)
    Xml.SubElement(root, "id").text = f"urn:citywatch:{site.id}:{channel.id}"
    Xml.SubElement(root, "title").text = f"{name}: CAP"
    Xml.SubElement(root, "updated").text = listed[0].at if listed else "1970-01-01T00:00:00+00:00"
    author = Xml.SubElement(root, "author")
    Xml.SubElement(author, "name").text = channel.settings.sender
    for message in listed:
        entry = Xml.SubElement(root, "entry")
        Xml.SubElement(entry, "id").text = f"urn:citywatch:{message.identifier}"
        Xml.SubElement(entry, "title").text = message.title
        Xml.SubElement(entry, "updated").text = message.at
        Xml.SubElement(entry, "link", {"href": f"{channel.id}/{message.identifier}.xml", "type": CAP_TYPE})
    text: bytes = Xml.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text


def document(channel: Channel, state: Path, name: str) -> bytes | None:
    """Return a listed document; what is not listed is not there, whatever its name leads to."""
    where = folder(channel, str(state))
    if not any(f"{entry.identifier}.xml" == name for entry in entries(where)):
        return None
    try:
        return (where / name).read_bytes()
    except OSError:
        return None
