"""What the interfaces see of notifications: channels and their health, messages that wait, what happened lately."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from adapters.base import ChannelStatus, Undelivered
from adapters.notify.adapter import NotifyAdapter
from hub.metrics import Figure
from hub.model.notify import Delivery


class Board:
    """Implements Notifier over a running adapter."""

    def __init__(self, adapter: NotifyAdapter, state: Path) -> None:
        self._adapter = adapter
        self._state = state

    def channels(self) -> Sequence[ChannelStatus]:
        """Return every channel of the site."""
        ledger = self._adapter.ledger
        waiting = Counter(parcel.delivery.channel for parcel in ledger.outbox.values())
        dead = Counter(parcel.delivery.channel for parcel in ledger.dead.values())
        found = []
        for channel in self._adapter.site.notifying.channels.values():
            health = ledger.health.get(channel.id)
            counts = (waiting[channel.id], dead[channel.id])
            if health is None:
                found.append(ChannelStatus(channel.id, channel.type, "waiting", "", None, 0, 0, *counts))
                continue
            failing = health.failing_since is not None
            state = "failing" if failing else "online" if health.sent else "waiting"
            since = health.failing_since if failing else health.last_sent
            row = (channel.id, channel.type, state, health.detail, since, health.sent, health.failed)
            found.append(ChannelStatus(*row, *counts))
        return found

    def states(self) -> Mapping[str, str]:
        """Return how each channel fares, in one word."""
        return {status.id: status.state for status in self.channels()}

    def troubles(self) -> Mapping[str, str]:
        """Return each roster whose calendar does not help now, and why."""
        return self._adapter.duty.troubles

    def lately(self) -> Sequence[Delivery]:
        """Return what happened to messages lately, newest first."""
        return list(self._adapter.recent)[::-1]

    def undelivered(self, *, dead: bool) -> Sequence[Undelivered]:
        """Return the messages that wait, or those that were given up, oldest first."""
        ledger = self._adapter.ledger
        parcels = (ledger.dead if dead else ledger.outbox).values()
        return [Undelivered(p.delivery, p.attempts, p.error, None if dead else p.next) for p in parcels]

    async def requeue(self, key: str, who: str) -> bool:
        """Try a message that was given up again; False when there is none of that name."""
        return await self._adapter.requeue(key, who)

    def feed(self, channel: str) -> bytes | None:
        """Return the Atom feed of a CAP channel, None when there is no such channel."""
        from adapters.notify.channels.feed import feed

        site = self._adapter.site
        known = site.notifying.channels.get(channel)
        return None if known is None or known.type != "cap" else feed(known, site, self._state)

    def document(self, channel: str, name: str) -> bytes | None:
        """Return one CAP document of a channel, None when there is no such document."""
        from adapters.notify.channels.feed import document

        known = self._adapter.site.notifying.channels.get(channel)
        return None if known is None or known.type != "cap" else document(known, self._state, name)

    def figures(self) -> Iterable[Figure]:
        """Return the figures of this adapter, for the metrics."""
        for status in self.channels():
            labels = {"channel": status.id}
            yield Figure("citywatch_notify_sent", "Messages delivered", status.sent, labels, total=True)
            yield Figure("citywatch_notify_failed", "Attempts that failed", status.failed, labels, total=True)
            yield Figure("citywatch_notify_waiting", "Messages that wait for their channel", status.waiting, labels)
            yield Figure("citywatch_notify_dead", "Messages in the dead-letter list", status.dead, labels)
            failing = float(status.state == "failing")
            yield Figure("citywatch_notify_failing", "1 while the channel fails", failing, labels)
        forgotten = self._adapter.ledger.forgotten
        yield Figure("citywatch_notify_forgotten", "Dead letters that only the journal keeps", forgotten, total=True)
        yield Figure("citywatch_notify_behind", "Journaled records not read yet", self._adapter.behind)
