"""Notifications: two requests always wait at the server, each answer is passed on at once, acknowledged when durable.

Rules of OPC 10000-4, 5.13 and 5.14: a subscription numbers its messages, says that it is alive, ends with the session.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from asyncua import ua
from asyncua.ua.uaerrors import UaStructParsingError

from drivers.opcua import refusals
from drivers.opcua.notifications import Message
from drivers.opcua.session import Session
from drivers.opcua.transport import LARGEST_MESSAGE
from hub.model import MILLISECOND, SECOND, Release, Unreachable

WAITING = 2
"""Publish requests at the server; with one, an answer costs a round trip in which nothing can be told."""
KEEP_ALIVE = 5 * SECOND
"""Longest silence of a healthy subscription."""
LIFE = 60 * SECOND
"""Silence of ours after which the server lets a subscription go."""
MOST_NOTIFICATIONS = 10_000
"""Notifications in one message."""
_WRAP = 2**32 - 1

_Codes = ua.StatusCodes
Taker = Callable[[Sequence[Any], Release], None]
"""Takes the notifications of one message, and what to call when they are durable."""


class Subscription:
    """One subscription: what it told last, and when."""

    def __init__(self, made: ua.CreateSubscriptionResult, take: Taker, on_gap: Callable[[], None], now: float) -> None:
        self.number = int(made.SubscriptionId)
        self.take = take
        self.quiet = made.RevisedPublishingInterval * max(made.RevisedMaxKeepAliveCount, 1) / 1000
        """Seconds after which the server says at least that it is alive."""
        self.heard = now
        self.on_gap = on_gap
        self._next = 1

    def note(self, sequence: int, notifications: bool, now: float) -> None:
        """Remember a message; a number that was skipped is a message that was lost."""
        self.heard = now
        if sequence > self._next:
            self.on_gap()
        if sequence >= self._next or sequence == 1:
            self._next = sequence % _WRAP + 1 if notifications else sequence


class Publisher:
    """The requests that wait at one server for all subscriptions of a session."""

    def __init__(self, session: Session) -> None:
        self.subscriptions: dict[int, Subscription] = {}
        self.messages = 0
        self.unreadable = 0
        self._session = session
        self._acknowledged: list[ua.SubscriptionAcknowledgement] = []
        self._workers: set[asyncio.Task[None]] = set()

    async def subscribe(self, interval: int, priority: int, take: Taker, on_gap: Callable[[], None]) -> Subscription:
        """Make a subscription that reports every `interval` ns. Raises Unreachable and the library's status errors."""
        made = await self._session.create_subscription(_wanted(interval, priority))
        subscription = Subscription(made, take, on_gap, asyncio.get_running_loop().time())
        self.subscriptions[subscription.number] = subscription
        while len(self._workers) < WAITING:
            worker = asyncio.create_task(self._work(), name=f"publish {self._session.where}")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return subscription

    def forget(self) -> list[int]:
        """Let every subscription go and return their numbers; the requests go on waiting for the next."""
        numbers = list(self.subscriptions)
        self.subscriptions.clear()
        return numbers

    def drop(self, numbers: Iterable[int]) -> None:
        """Let some subscriptions go."""
        for number in numbers:
            self.subscriptions.pop(number, None)

    def silent(self, now: float, patience: float) -> Subscription | None:
        """Return a subscription that owes us a word, or None."""
        late = (s for s in self.subscriptions.values() if now - s.heard > s.quiet + patience)
        return next(late, None)

    async def close(self) -> None:
        """Stop asking."""
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            acknowledged, self._acknowledged = self._acknowledged, []
            try:
                result = await self._session.publish(acknowledged)
            except UaStructParsingError:
                self._unreadable()
            except refusals.LOST as error:
                if not self._goes_on(error):
                    return
            else:
                self._dispatch(result)

    def _goes_on(self, error: BaseException) -> bool:
        """Tell whether to ask again after this error; what ends the session is told."""
        code = refusals.code_of(error)
        if code == _Codes.BadTimeout:
            return True
        if code == _Codes.BadTooManyPublishRequests and len(self._workers) > 1:
            return False
        if code == _Codes.BadNoSubscription and not self.subscriptions:
            return False
        self._session.lose(refusals.no_connection(error, self._session.where, LARGEST_MESSAGE))
        return False

    def _unreadable(self) -> None:
        self.unreadable += 1
        for subscription in list(self.subscriptions.values()):
            subscription.heard = asyncio.get_running_loop().time()
            subscription.on_gap()

    def _dispatch(self, message: Message) -> None:
        self.messages += 1
        number, sequence, data = message.subscription, message.sequence, message.data
        release = partial(self._acknowledge, number, sequence)
        subscription = self.subscriptions.get(number)
        if subscription is None:
            if data:
                release()
            return
        subscription.note(sequence, bool(data), asyncio.get_running_loop().time())
        if not data:
            return
        for one in data:
            if isinstance(one, ua.StatusChangeNotification):
                why = refusals.name_of(int(one.Status.value))
                self._session.lose(Unreachable(f"{self._session.where} ended the subscription: {why}"))
        subscription.take(data, release)

    def _acknowledge(self, number: int, sequence: int) -> None:
        one = ua.SubscriptionAcknowledgement()
        one.SubscriptionId, one.SequenceNumber = ua.UInt32(number), ua.UInt32(sequence)
        self._acknowledged.append(one)


def _wanted(interval: int, priority: int) -> ua.CreateSubscriptionParameters:
    wanted = ua.CreateSubscriptionParameters()
    wanted.RequestedPublishingInterval = interval / MILLISECOND
    wanted.RequestedMaxKeepAliveCount = max(1, KEEP_ALIVE // interval)
    wanted.RequestedLifetimeCount = max(3 * wanted.RequestedMaxKeepAliveCount, LIFE // interval)
    wanted.MaxNotificationsPerPublish = MOST_NOTIFICATIONS
    wanted.Priority = priority
    return wanted
