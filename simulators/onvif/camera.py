"""One simulated camera or recorder: properties, pull points, and an answer to every request."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping

from hub.model import MINUTE, SECOND, Timestamp
from simulators.onvif import templates
from simulators.onvif.eyes import Eyes
from simulators.onvif.signin import Gate

MOST_PULL_POINTS = 4
MOST_WAITING = 1000
"""Messages that wait in a pull point; the oldest give way, as in cameras."""
LONGEST_HOLD = 60 * SECOND
OPEN = frozenset({"GetSystemDateAndTime", "GetServices", "GetCapabilities"})
"""What everybody may ask (ONVIF Core 5.9.4.1, PRE_AUTH)."""
Key = tuple[str, tuple[tuple[str, str], ...]]
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


class SimulatedCamera:
    """State and services; who listens on a port hands it what was asked."""

    def __init__(self, gate: Gate, base: Callable[[], str], now: Callable[[], Timestamp]) -> None:
        self.gate = gate
        self.about: Mapping[str, str] = {}
        self.properties: dict[Key, dict[str, str]] = {}
        self.false_base = ""
        """Where it says that its services are, when it lies."""
        self.renews = True
        self.absolute = False
        """Whether it takes termination times only as an instant, and names none in its answer."""
        self.unknown: frozenset[str] = frozenset()
        """Requests that it does not know."""
        self.obey: Callable[[str, bool], bool] = lambda token, active: False
        """Switches a relay output by its token, and says whether there is one."""
        self.asked: list[str] = []
        """Names of the latest requests."""
        self._base = base
        self._now = now
        """The camera's own clock."""
        self._pull_points: dict[int, _PullPoint] = {}
        self._number = 0
        self.eyes = Eyes(self._named, now)
        self._services: dict[str, Callable[[str], Answer]] = {
            "GetSystemDateAndTime": lambda _: (200, templates.date_and_time(self._now())),
            "GetServices": lambda _: (200, templates.services(self._named())),
            "GetDeviceInformation": lambda _: (200, templates.information(self.about)),
            "GetProfiles": self.eyes.profiles,
            "GetSnapshotUri": self.eyes.address,
            "CreatePullPointSubscription": self._create,
            "Renew": self._renew,
            "Unsubscribe": self._unsubscribe,
            "SetSynchronizationPoint": self._synchronize,
            "SetRelayOutputState": self._switch,
        }

    @property
    def listeners(self) -> int:
        """How many pull points there are."""
        return len(self._pull_points)

    async def answer(self, method: str, header: str, body: str) -> Answer:
        """Return status and XML for a request."""
        found = re.search(r"Body[^>]*>\s*<(?:[\w.]+:)?(\w+)", body)
        name = found[1] if found else ""
        self.asked = [*self.asked[-99:], name]
        if name not in OPEN and not self.gate.lets(method, header, body, self._now()):
            status = 401 if "digest" in self.gate.ways else 400
            return status, templates.fault("ter:NotAuthorized", "Sender not authorized")
        if name == "PullMessages":
            return await self._pull(body)
        if name not in self._services or name in self.unknown:
            return 500, templates.fault("ter:ActionNotSupported", f"{name} is not supported")
        return self._services[name](body)

    def picture(self, channel: str, header: str) -> bytes | int | None:
        """Return a picture, None when there is none, or 401 for who may not see it."""
        self.asked = [*self.asked[-99:], "picture"]
        return self.eyes.picture(channel) if self.gate.lets("GET", header, "", self._now()) else 401

    def show(self, topic: str, source: Mapping[str, str], data: Mapping[str, str]) -> None:
        """Let a property have these data from now on; whoever pulls hears of a change."""
        key = topic, tuple(source.items())
        if self.properties.get(key) != data:
            operation = "Changed" if key in self.properties else "Initialized"
            self.properties[key] = dict(data)
            self._tell(templates.message(topic, operation, self._now(), source, data))

    def withdraw(self, topic: str, source: Mapping[str, str]) -> None:
        """Let a property be no more."""
        data = self.properties.pop((topic, tuple(source.items())))
        self._tell(templates.message(topic, "Deleted", self._now(), source, data))

    def happen(self, topic: str, source: Mapping[str, str], data: Mapping[str, str]) -> None:
        """Let something happen once."""
        self._tell(templates.message(topic, "", self._now(), source, data))

    def forget(self) -> None:
        """Drop every pull point, as a camera that starts anew does."""
        for pull_point in self._pull_points.values():
            pull_point.news.set()
        self._pull_points.clear()

    def _tell(self, message: str) -> None:
        for pull_point in self._pull_points.values():
            pull_point.put(message)

    def _named(self) -> str:
        return self.false_base or self._base()

    def _create(self, body: str) -> Answer:
        for number in [n for n, p in self._pull_points.items() if p.until < self._now()]:
            del self._pull_points[number]
        if len(self._pull_points) >= MOST_PULL_POINTS:
            detail = "<wsnt:SubscribeCreationFailedFault/>"
            return 500, templates.fault("ter:CapabilityViolated", "All pull points are in use", detail)
        if self.absolute and re.search(r"TerminationTime>PT", body):
            return 500, templates.fault("ter:InvalidArgVal", "Only absolute times")
        self._number += 1
        made = self._pull_points[self._number] = _PullPoint(self._until(body))
        self._fill(made)
        address = f"{self._named()}/onvif/subscription?Idx={self._number}"
        text = templates.subscribed(address, self._now(), made.until, self._number)
        return 200, re.sub(r"<wsnt:TerminationTime>.*</wsnt:TerminationTime>", "", text) if self.absolute else text

    def _until(self, body: str) -> Timestamp:
        found = re.search(r"TerminationTime[^>]*>PT(\d+)S<", body)
        return self._now() + (int(found[1]) * SECOND if found else MINUTE)

    def _fill(self, pull_point: _PullPoint) -> None:
        for (topic, source), data in self.properties.items():
            pull_point.put(templates.message(topic, "Initialized", self._now(), dict(source), data))

    def _named_in(self, body: str) -> _PullPoint | None:
        found = re.search(r"SubscriptionId[^>]*>(\d+)<", body)
        pull_point = self._pull_points.get(int(found[1])) if found else None
        return pull_point if pull_point is not None and pull_point.until >= self._now() else None

    async def _pull(self, body: str) -> Answer:
        pull_point = self._named_in(body)
        if pull_point is None:
            return _unknown()
        wait, most = re.search(r"Timeout>PT([\d.]+)S<", body), re.search(r"MessageLimit>(\d+)<", body)
        hold = float(wait[1]) if wait else 1.0
        if hold * SECOND > LONGEST_HOLD:
            detail = (
                f"<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT{LONGEST_HOLD // SECOND}S</tev:MaxTimeout>"
                "<tev:MaxMessageLimit>50</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>"
            )
            return 500, templates.fault("ter:InvalidArgVal", "Timeout too long", detail)
        try:
            async with asyncio.timeout(hold):
                await pull_point.news.wait()
        except TimeoutError:
            pass
        if pull_point not in self._pull_points.values():
            return _unknown()
        messages = pull_point.take(int(most[1]) if most else 10)
        return 200, templates.pulled(messages, self._now(), pull_point.until)

    def _renew(self, body: str) -> Answer:
        pull_point = self._named_in(body)
        if pull_point is None:
            return _unknown()
        if not self.renews:
            return 500, templates.fault("ter:ActionNotSupported", "Renew is not supported")
        pull_point.until = self._until(body)
        return 200, templates.renewed(self._now(), pull_point.until)

    def _unsubscribe(self, body: str) -> Answer:
        pull_point = self._named_in(body)
        self._pull_points = {n: p for n, p in self._pull_points.items() if p is not pull_point}
        return 200, templates.empty("wsnt:UnsubscribeResponse")

    def _switch(self, body: str) -> Answer:
        token = re.search(r"RelayOutputToken[^>]*>([^<]*)<", body)
        state = re.search(r"LogicalState[^>]*>(active|inactive)<", body)
        if token is None or state is None or not self.obey(token[1], state[1] == "active"):
            return 500, templates.fault("ter:RelayToken", "Unknown relay token reference")
        return 200, templates.empty("tds:SetRelayOutputStateResponse")

    def _synchronize(self, body: str) -> Answer:
        pull_point = self._named_in(body)
        if pull_point is None:
            return _unknown()
        self._fill(pull_point)
        return 200, templates.empty("tev:SetSynchronizationPointResponse")


def _unknown() -> Answer:
    detail = "<wsnt:ResourceUnknownFault/>"
    return 500, templates.fault("ter:InvalidArgVal", "The pull point is not known", detail)
