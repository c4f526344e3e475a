"""What cameras do differently from the specification, or from each other, and what hubs have come to grief over.

A device with the tag `quirk-NAME` is simulated so. Each is a line of the field reports of ONVIF clients; several makes
have each of them, so they are called by what they do.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import asdict, replace

from hub.model import Misconfigured

TAG = "quirk-"


class Quirks(Struct, frozen=True):
    """How one camera is different; a camera of the book is none of it."""

    one_path: str = ""
    """The only path that it answers on; it knows neither GetServices nor GetCapabilities."""
    wants_end: bool = False
    """Refuses whoever does not say how long a subscription shall stand."""
    absolute: bool = False
    """Takes termination times only as an instant."""
    relative: bool = False
    """Takes termination times only as a duration."""
    names_end: bool = True
    """Says until when a subscription stands."""
    renews: bool = True
    extends: bool = False
    """A pull keeps the subscription alive."""
    hours_off: int = 0
    """CurrentTime and TerminationTime of its answers are in another time zone."""
    address_only: bool = False
    """The subscription is told by its address alone, without a reference parameter."""
    header_only: bool = False
    """The subscription is told by a reference parameter alone; all have one address."""
    hurried: bool = False
    """Does not hold a question: says at once that there is nothing."""
    stray: bool = False
    """Topics end with a stray `//.`."""
    misspelt: bool = False
    """`VideoSoure` for `VideoSource`."""
    source: str = ""
    """Its name for the item of the video source: `vsconf`, `Source`."""
    ones: bool = False
    """`1` and `0` for true and false."""
    bare: bool = False
    """A state that is false comes without a body."""
    zero_date: bool = False
    """Every time of a message is 0000-00-00T00:00:00Z."""
    epoch: bool = False
    """Every time of a message is 1970."""
    basic_first: bool = False
    """Offers Basic before Digest."""
    hook_only: bool = False
    """Says in its capabilities that it has no pull point, though it has."""


KNOWN: Mapping[str, Quirks] = {
    "one-path": Quirks(one_path="/onvif/service", wants_end=True, relative=True),
    "instants": Quirks(absolute=True),
    "endless": Quirks(names_end=False, absolute=True),
    "unrenewed": Quirks(renews=False, extends=True),
    "summertime": Quirks(hours_off=1),
    "address": Quirks(address_only=True),
    "header": Quirks(header_only=True),
    "hurried": Quirks(hurried=True),
    "stray": Quirks(stray=True),
    "misspelt": Quirks(misspelt=True),
    "vsconf": Quirks(source="vsconf", ones=True),
    "bare": Quirks(bare=True),
    "zero-date": Quirks(zero_date=True),
    "epoch": Quirks(epoch=True),
    "basic-first": Quirks(basic_first=True),
    "hook-only": Quirks(hook_only=True),
}


def quirks_of(tags: Iterable[str]) -> Quirks:
    """Return the quirks that a device's tags name, together. Raises Misconfigured for one that nobody has."""
    found, usual = Quirks(), asdict(Quirks())
    for name in sorted(tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)):
        if name not in KNOWN:
            raise Misconfigured(f"no camera is known to be {TAG}{name}; known: {', '.join(KNOWN)}")
        found = replace(found, **{k: v for k, v in asdict(KNOWN[name]).items() if v != usual[k]})
    return found
