"""Which messages are given up: undeliverable for too long, for a channel that is gone, or too many of them."""

from collections import Counter

from adapters.notify.ledger import Ledger, Parcel
from hub.model import SECOND, Timestamp
from hub.model.notify import Delivery, Notifying

MOST_WAITING = 20_000
"""Messages that wait for one channel; of more than that the oldest go to the dead-letter list."""


def hopeless(ledger: Ledger, notifying: Notifying, now: Timestamp) -> tuple[list[Delivery], Timestamp | None]:
    """Return the records that give messages up now, and when the next one's time is over."""
    ended: list[Delivery] = []
    ends: list[Timestamp] = []
    held = Counter(parcel.delivery.channel for parcel in ledger.outbox.values())
    for parcel in ledger.outbox.values():
        channel = notifying.channels.get(parcel.delivery.channel)
        if channel is None:
            ended.append(_over(parcel, now, "the site has no such channel any more"))
        elif parcel.since + channel.give_up <= now:
            hours = channel.give_up / SECOND / 3600
            ended.append(_over(parcel, now, f"not delivered within {hours:g} h: {parcel.error}"))
        elif held[channel.id] > MOST_WAITING:
            held[channel.id] -= 1
            ended.append(_over(parcel, now, f"more than {MOST_WAITING} messages wait: {parcel.error}"))
        else:
            ends.append(parcel.since + channel.give_up)
    return ended, min(ends, default=None)


def _over(parcel: Parcel, now: Timestamp, why: str) -> Delivery:
    d = parcel.delivery
    return Delivery(d.key, d.channel, "gave_up", now, d.event, d.to, attempt=parcel.attempts, detail=why)
