"""A test message over one channel, from the command line: as an alarm would go out, and plainly a test."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.notify.channels import sender
from adapters.notify.message import Message
from hub.model import Clock, Priority, Refused, Site, Text
from hub.model.notify import Channel, Contact, Covered, Delivery, Told

ALARM = "test:citywatch"
_TEXT = Text("Tin thử từ Citywatch, không có báo động nào", "Test message from Citywatch, there is no alarm")


async def try_out(site: Site, channel: Channel, contacts: Sequence[Contact], state: Path, clock: Clock) -> list[str]:
    """Send a test message; return what each receiver said. Raises Away, Refused, Misconfigured."""
    way = sender(channel, site, str(state))
    try:
        parts = [(contact,) for contact in contacts] if channel.each else [tuple(contacts)]
        return [await way.send(_message(site, channel, some, clock)) for some in parts]
    finally:
        await way.close()


def people(site: Site, channel: Channel, names: Sequence[str]) -> list[Contact]:
    """Return the contacts to try it with: those named, else the channel's own. Raises Refused."""
    known = site.notifying.contacts
    for name in names:
        if name not in known:
            raise Refused(
                "contact", f"there is no contact '{name}'; the contacts are {', '.join(sorted(known)) or 'none'}"
            )
    chosen = [known[name] for name in names or channel.to]
    if not chosen and (channel.each or channel.type == "email"):
        raise Refused("contact", f"'{channel.id}' reaches people: name one with --to ({', '.join(sorted(known))})")
    return chosen


def _message(site: Site, channel: Channel, contacts: tuple[Contact, ...], clock: Clock) -> Message:
    now = clock.now()
    zone = next(iter(site.zones), "")
    told = Told(
        ALARM, 1, 1, "normal", Priority.LOW, "system", "test", "citywatch", None, zone, _TEXT, now, now
    )  # fmt: skip
    to = tuple(contact.id for contact in contacts)
    covers = (Covered(ALARM, 1, str(now)),)
    delivery = Delivery(f"{channel.id}-test-{now}", channel.id, "queued", now, "test", to, covers=covers, told=(told,))
    return Message(delivery, channel, site, ZoneInfo(site.timezone), contacts, now)
