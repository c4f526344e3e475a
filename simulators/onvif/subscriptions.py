"""The pull points of a simulated camera (ONVIF Core 9.1 and 9.2)."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence

from hub.model import HOUR, MINUTE, SECOND, Timestamp
from simulators.onvif import templates
from simulators.onvif.quirks import Quirks

MOST = 4
"""Pull points at one time."""
MOST_WAITING = 1000
"""Messages that wait in a pull point; the oldest give way, as in cameras."""
LONGEST_HOLD = 60 * SECOND
Answer = tuple[int, str]


class _PullPoint:
    def __init__(self, until: Timestamp) -> None:
        self.until = until
        self.waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self.news = asyncio.Event()

    def put(self, message: str) -> None:
        self.waiting.append(message)
        self.news.set()

    def take(self, most: int) -> list[str]:
        found = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        if not self.waiting:
            self.news.clear()
        return found


class Subscriptions:
    """Every pull point of one camera; `told` gives its properties as they stand."""

    def __init__(
        self, base: Callable[[], str], now: Callable[[], Timestamp], told: Callable[[], Sequence[str]]
    ) -> None:
        self.quirks = Quirks()
        self._base = base
        self._now = now
        self._told = told
        self._made: dict[int, _PullPoint] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._made)

    def tell(self, message: str) -> None:
        """Let everybody who pulls hear a message."""
        for pull_point in self._made.values():
            pull_point.put(message)

    def forget(self) -> None:
        """Drop every pull point, as a camera that starts anew does."""
        for pull_point in self._made.values():
            pull_point.news.set()
        self._made.clear()

    def create(self, body: str, _query: str) -> Answer:
        """Answer CreatePullPointSubscription."""
        for number in [n for n, p in self._made.items() if p.until < self._now()]:
            del self._made[number]
        if len(self._made) >= MOST:
            detail = "<wsnt:SubscribeCreationFailedFault/>"
            return 500, templates.fault("ter:CapabilityViolated", "All pull points are in use", detail)
        if self._refused(body):
            return 500, templates.fault("ter:InvalidArgVal", "InitialTerminationTime is missing, or of another form")
        self._number += 1
        made = self._made[self._number] = _PullPoint(self._until(body))
        self._fill(made)
        return 200, self._written(self._number, made.until)

    def _refused(self, body: str) -> bool:
        end = re.search(r"TerminationTime[^>]*>\s*([^<\s]*)", body)
        if end is None:
            return self.quirks.wants_end
        lasts = end[1].startswith("P")
        return self.quirks.absolute if lasts else self.quirks.relative

    def _written(self, number: int, until: Timestamp) -> str:
        query = "" if self.quirks.header_only else f"?Idx={number}"
        address = f"{self._base()}{self.quirks.one_path or '/onvif/subscription'}{query}"
        named = None if self.quirks.address_only else number
        text = templates.subscribed(address, self._shown(self._now()), self._shown(until), named)
        return text if self.quirks.names_end else re.sub(r"<wsnt:TerminationTime>.*</wsnt:TerminationTime>", "", text)

    def _shown(self, at: Timestamp) -> Timestamp:
        return at + self.quirks.hours_off * HOUR

    def _until(self, body: str) -> Timestamp:
        found = re.search(r"TerminationTime[^>]*>PT(\d+)S<", body)
        return self._now() + (int(found[1]) * SECOND if found else MINUTE)

    def _fill(self, pull_point: _PullPoint) -> None:
        for message in self._told():
            pull_point.put(message)

    def _meant(self, body: str, query: str) -> _PullPoint | None:
        # the reference parameter is what tells pull points apart; clients that know addresses alone are served, too
        found = None if self.quirks.address_only else re.search(r"SubscriptionId[^>]*>(\d+)<", body)
        found = found or (None if self.quirks.header_only else re.search(r"Idx=(\d+)", query))
        pull_point = self._made.get(int(found[1])) if found else None
        return pull_point if pull_point is not None and pull_point.until >= self._now() else None

    async def pull(self, body: str, query: str) -> Answer:
        """Answer PullMessages once there is something, or the time is over."""
        pull_point = self._meant(body, query)
        if pull_point is None:
            return _unknown()
        wait, most = re.search(r"Timeout>PT([\d.]+)S<", body), re.search(r"MessageLimit>(\d+)<", body)
        hold = float(wait[1]) if wait else 1.0
        if hold * SECOND > LONGEST_HOLD:
            return _too_long()
        if self.quirks.extends:
            pull_point.until = max(pull_point.until, self._now() + round(2 * hold) * SECOND)
        await _news(pull_point, 0.0 if self.quirks.hurried else hold)
        if pull_point not in self._made.values():
            return _unknown()
        messages = pull_point.take(int(most[1]) if most else 10)
        return 200, templates.pulled(messages, self._shown(self._now()), self._shown(pull_point.until))

    def renew(self, body: str, query: str) -> Answer:
        """Answer Renew."""
        pull_point = self._meant(body, query)
        if pull_point is None:
            return _unknown()
        if not self.quirks.renews:
            return 500, templates.fault("ter:ActionNotSupported", "Renew is not supported")
        pull_point.until = self._until(body)
        return 200, templates.renewed(self._shown(self._now()), self._shown(pull_point.until))

    def unsubscribe(self, body: str, query: str) -> Answer:
        """Answer Unsubscribe."""
        pull_point = self._meant(body, query)
        self._made = {n: p for n, p in self._made.items() if p is not pull_point}
        return 200, templates.empty("wsnt:UnsubscribeResponse")

    def synchronize(self, body: str, query: str) -> Answer:
        """Answer SetSynchronizationPoint."""
        pull_point = self._meant(body, query)
        if pull_point is None:
            return _unknown()
        self._fill(pull_point)
        return 200, templates.empty("tev:SetSynchronizationPointResponse")


async def _news(pull_point: _PullPoint, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await pull_point.news.wait()
    except TimeoutError:
        pass


def _too_long() -> Answer:
    detail = (
        f"<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT{LONGEST_HOLD // SECOND}S</tev:MaxTimeout>"
        "<tev:MaxMessageLimit>50</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>"
    )
    return 500, templates.fault("ter:InvalidArgVal", "Timeout too long", detail)


def _unknown() -> Answer:
    detail = "<wsnt:ResourceUnknownFault/>"
    return 500, templates.fault("ter:InvalidArgVal", "The pull point is not known", detail)
