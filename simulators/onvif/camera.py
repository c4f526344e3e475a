"""One simulated camera or recorder: properties, services, and an answer to every request."""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping

from hub.model import Timestamp
from simulators.onvif import templates
from simulators.onvif.eyes import Eyes
from simulators.onvif.neck import Neck
from simulators.onvif.quirks import Quirks
from simulators.onvif.signin import Gate
from simulators.onvif.subscriptions import Answer, Subscriptions

OPEN = frozenset({"GetSystemDateAndTime", "GetServices", "GetCapabilities"})
"""What everybody may ask (ONVIF Core 5.9.4.1, PRE_AUTH)."""
Key = tuple[str, tuple[tuple[str, str], ...]]
Service = Callable[[str, str], Answer | Awaitable[Answer]]
"""(body, query) → status and XML."""


class SimulatedCamera:
    """State and services; who listens on a port hands it what was asked."""

    def __init__(self, gate: Gate, base: Callable[[], str], now: Callable[[], Timestamp]) -> None:
        self.gate = gate
        self.about: Mapping[str, str] = {}
        self.properties: dict[Key, dict[str, str]] = {}
        self.false_base = ""
        """Where it says that its services are, when it lies."""
        self.unknown: frozenset[str] = frozenset()
        """Requests that it does not know."""
        self.obey: Callable[[str, bool], bool] = lambda token, active: False
        """Switches a relay output by its token, and says whether there is one."""
        self.asked: list[str] = []
        """Names of the latest requests."""
        self._base = base
        self._now = now
        """The camera's own clock."""
        self.eyes = Eyes(self._named, now)
        self.neck = Neck(self.happen)
        self.subscriptions = Subscriptions(self._named, now, self._standing)
        self._services = self._all()

    def _all(self) -> dict[str, Service]:
        return {
            "GetSystemDateAndTime": lambda *_: (200, templates.date_and_time(self._now())),
            "GetServices": lambda *_: (200, templates.services(self._named())),
            "GetCapabilities": lambda *_: (200, templates.capabilities(self._named(), not self.quirks.hook_only)),
            "GetDeviceInformation": lambda *_: (200, templates.information(self.about)),
            "SetRelayOutputState": lambda body, _: self._switch(body),
            "GetProfiles": self.eyes.profiles,
            "GetSnapshotUri": self.eyes.address,
            "GetPresets": self.neck.presets,
            "GotoPreset": self.neck.go,
            "GotoHomePosition": self.neck.home,
            "CreatePullPointSubscription": self.subscriptions.create,
            "PullMessages": self.subscriptions.pull,
            "Renew": self.subscriptions.renew,
            "Unsubscribe": self.subscriptions.unsubscribe,
            "SetSynchronizationPoint": self.subscriptions.synchronize,
        }

    @property
    def quirks(self) -> Quirks:
        """What it does differently."""
        return self.subscriptions.quirks

    @quirks.setter
    def quirks(self, quirks: Quirks) -> None:
        self.subscriptions.quirks = quirks
        self.gate.basic_first = quirks.basic_first
        if quirks.one_path:
            self.unknown |= {"GetServices", "GetCapabilities"}

    @property
    def listeners(self) -> int:
        """How many pull points there are."""
        return len(self.subscriptions)

    async def answer(self, method: str, header: str, body: str, query: str = "") -> Answer:
        """Return status and XML for a request."""
        found = re.search(r"Body[^>]*>\s*<(?:[\w.]+:)?(\w+)", body)
        name = found[1] if found else ""
        self.asked = [*self.asked[-99:], name]
        if name not in OPEN and not self.gate.lets(method, header, body, self._now()):
            status = 401 if "digest" in self.gate.ways else 400
            return status, templates.fault("ter:NotAuthorized", "Sender not authorized")
        if name not in self._services or name in self.unknown:
            return 500, templates.fault("ter:ActionNotSupported", f"{name} is not supported")
        said = self._services[name](body, query)
        return await said if inspect.isawaitable(said) else said

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
            self.subscriptions.tell(self._message(topic, operation, source, data))

    def withdraw(self, topic: str, source: Mapping[str, str]) -> None:
        """Let a property be no more."""
        data = self.properties.pop((topic, tuple(source.items())))
        self.subscriptions.tell(self._message(topic, "Deleted", source, data))

    def happen(self, topic: str, source: Mapping[str, str], data: Mapping[str, str]) -> None:
        """Let something happen once; `LicensePlateInfo.PlateNumber` is a part of an element."""
        self.subscriptions.tell(self._message(topic, "", source, data))

    def forget(self) -> None:
        """Drop every pull point, as a camera that starts anew does."""
        self.subscriptions.forget()

    def _standing(self) -> list[str]:
        return [
            self._message(topic, "Initialized", dict(source), data) for (topic, source), data in self.properties.items()
        ]

    def _message(self, topic: str, operation: str, source: Mapping[str, str], data: Mapping[str, str]) -> str:
        return templates.message(self.quirks, topic, operation, self._now(), source, data)

    def _named(self) -> str:
        return self.false_base or self._base()

    def _switch(self, body: str) -> Answer:
        token = re.search(r"RelayOutputToken[^>]*>([^<]*)<", body)
        state = re.search(r"LogicalState[^>]*>(active|inactive)<", body)
        if token is None or state is None or not self.obey(token[1], state[1] == "active"):
            return 500, templates.fault("ter:RelayToken", "Unknown relay token reference")
        return 200, templates.empty("tds:SetRelayOutputStateResponse")
