"""Devices that a search found, as a file for review: a site may include it once a person has looked at it. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from hub.importing.known import Fields
from hub.importing.naming import unique, word
from hub.importing.writing import comment, flow

CHOOSE = "choose/one"
"""Stands for the profile that a person has to choose; no such profile exists, so `check` asks for it."""
PLACE = "choose"
"""Stands for the zone, in the same way."""


class Device(Struct):
    """One device that was found."""

    id: str
    connection: Fields
    profile: str = CHOOSE
    says: str = ""
    """What it said about itself."""
    parameters: Fields = {}


def text(found: Sequence[Device], what: str, notes: Sequence[str] = ()) -> str:
    """Return the file."""
    lines = [
        "# yaml-language-server: $schema=../../../schema/part.schema.json",
        "#",
        f"# A proposal, made by `citywatch discover`: {what}. No site uses it before it is included.",
        "#",
        "# Check before you do:",
        f"# - Give each device its zone (in place of '{PLACE}') and, where it says '{CHOOSE}', its profile.",
        "# - What a device says about itself proves nothing: look whether it is yours, and the one that you mean.",
        "# - Secrets are named, not written: put them into secrets.yaml.",
        *(f"# - {note}" for note in notes),
        "devices:" if found else "devices: []",
    ]
    taken: list[str] = []
    for device in found:
        taken.append(unique(word(device.id, "device").replace("_", "-"), taken))
        lines += [f"  {line}" for line in comment(device.says)] if device.says else []
        entry: Fields = {"id": taken[-1], "profile": device.profile, "zone": PLACE}
        entry |= {"with": device.parameters} if device.parameters else {}
        lines.append(f"  - {flow({**entry, 'connection': device.connection})}")
    return "\n".join([*lines, ""])
