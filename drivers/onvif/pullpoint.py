"""A pull point: made, asked, renewed, made anew when the camera forgot it (ONVIF Core 9.1 and 9.2).

What cameras do differently is tried in turn and remembered: the termination time relative or absolute, Renew or not,
smaller questions where the camera says that they are too large.
"""

import contextlib
import re

from drivers.onvif import soap
from drivers.onvif.camera import Camera
from drivers.onvif.markup import Element, written
from drivers.onvif.notification import Notification, moment, notification
from hub.model import MINUTE, SECOND, Clock
from hub.model.clock import iso

MOST = 100
"""Messages of one answer."""
MOST_HEADERS = 8
"""Reference parameters that are said again."""
_ACTION = f"{soap.EVENTS}/PullPointSubscription"
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
_GONE = frozenset(
    {"ResourceUnknown", "ResourceUnknownFault", "InvalidArgVal", "UnknownResource", "DestinationUnreachable"}
)


class PullPoint:
    """One subscription at a camera; `made` counts how often it was made, `renews` is whether the camera can renew."""

    def __init__(self, camera: Camera, clock: Clock, hold: int) -> None:
        self.made = 0
        self.renews = True
        self.lies = False
        """Whether the camera named an address that is not its own."""
        self._camera = camera
        self._clock = clock
        self._hold = hold
        self._most = MOST
        self._absolute = False
        self._path = ""
        self._to = ""
        self._extra = ""
        self._lifetime = 2 * hold + MINUTE
        self._renew_at = 0

    @property
    def alive(self) -> bool:
        """Whether there is one at the camera, as far as we know."""
        return bool(self._path)

    async def create(self, path: str) -> None:
        """Subscribe at the event service. Raises Fault, Unreachable."""
        try:
            answer = await self._create(path)
        except soap.Fault as why:
            if why.about_password:
                raise
            self._absolute = not self._absolute
            try:
                answer = await self._create(path)
            except soap.Fault:
                self._absolute = not self._absolute
                raise why from None
        self._keep(answer, path)

    async def pull(self) -> list[Notification]:
        """Return what has happened, waiting for it. Raises Fault, Unreachable."""
        try:
            answer = await self._pull()
        except soap.Fault as why:
            if not self._shrink(why.body):
                raise
            answer = await self._pull()
        return [notification(e) for e in answer.every("NotificationMessage")][:MOST]

    async def _pull(self) -> Element:
        body = (
            f'<PullMessages xmlns="{soap.EVENTS}"><Timeout>PT{self._hold / SECOND:g}S</Timeout>'
            f"<MessageLimit>{self._most}</MessageLimit></PullMessages>"
        )
        return await self._ask(body, f"{_ACTION}/PullMessagesRequest", self._hold / SECOND)

    async def synchronize(self) -> None:
        """Ask for the state of every property; cameras that cannot have told it on subscribing. Raises Unreachable."""
        with contextlib.suppress(soap.Fault):
            await self._ask(
                f'<SetSynchronizationPoint xmlns="{soap.EVENTS}"/>', f"{_ACTION}/SetSynchronizationPointRequest"
            )

    async def renew(self) -> None:
        """Renew when half of its time is over; a camera that cannot keeps it by being asked.

        Raises Fault, Unreachable.
        """
        if not self.renews or self._clock.monotonic() < self._renew_at:
            return
        body = f'<Renew xmlns="{soap.NOTIFY}"><TerminationTime>{self._termination()}</TerminationTime></Renew>'
        try:
            await self._ask(body, f"{_MANAGER}/RenewRequest")
            self._renew_at = self._clock.monotonic() + self._lifetime // 2
        except soap.Fault as why:
            if why.about_password or gone(why):
                raise
            self.renews = False

    async def cancel(self) -> None:
        """Unsubscribe, so that the camera's few pull points are free again. Raises Unreachable."""
        if self.alive:
            await self._ask(f'<Unsubscribe xmlns="{soap.NOTIFY}"/>', f"{_MANAGER}/UnsubscribeRequest")
        self.forget()

    def forget(self) -> None:
        """Take it that the camera has none of ours."""
        self._path = ""

    async def _create(self, path: str) -> Element:
        body = (
            f'<CreatePullPointSubscription xmlns="{soap.EVENTS}">'
            f"<InitialTerminationTime>{self._termination()}</InitialTerminationTime></CreatePullPointSubscription>"
        )
        action = f"{soap.EVENTS}/EventPortType/CreatePullPointSubscriptionRequest"
        return await self._camera.call(path, body, action=action)

    def _termination(self) -> str:
        if self._absolute:
            end = self._clock.now() + self._camera.offset + self._lifetime
            return iso(end // SECOND * SECOND).replace(".000Z", "Z")
        return f"PT{self._lifetime // SECOND}S"

    def _keep(self, answer: Element, path: str) -> None:
        """Remember where it is, and when to renew it; a camera that names no times has given what was asked for."""
        reference = answer.child("SubscriptionReference")
        self._to = answer.said("SubscriptionReference", "Address")
        self._path = self._camera.path_of(self._to) if self._to else path
        self.lies = bool(self._to) and self._camera.strays(self._to)
        parameters = reference.child("ReferenceParameters") if reference is not None else None
        self._extra = "".join(written(e) for e in parameters.children[:MOST_HEADERS]) if parameters is not None else ""
        now, end = moment(answer.said("CurrentTime")), moment(answer.said("TerminationTime"))
        given = end - now if now is not None and end is not None and end > now else self._lifetime
        self._renew_at = self._clock.monotonic() + min(given, self._lifetime) // 2
        self.made += 1

    async def _ask(self, body: str, action: str, held: float = 0.0) -> Element:
        return await self._camera.call(self._path, body, action=action, to=self._to, extra=self._extra, held=held)

    def _shrink(self, fault: Element) -> bool:
        """Ask for less from now on when the camera names its maxima; tell whether that is less."""
        wait = next((e.text.strip() for e in fault.every("MaxTimeout")), "")
        most = next((e.text.strip() for e in fault.every("MaxMessageLimit")), "")
        before = self._hold, self._most
        self._hold = min(self._hold, max(_length(wait) or self._hold, SECOND))
        if re.fullmatch(r"[0-9]{1,8}", most):
            self._most = min(self._most, max(int(most), 1))
        return (self._hold, self._most) != before


def gone(fault: soap.Fault) -> bool:
    """Tell whether a fault means that the camera knows the subscription no more."""
    return bool(fault.codes & _GONE)


def _length(text: str) -> int | None:
    """Return the nanoseconds of a duration of XML Schema in days, hours, minutes, seconds; None for others."""
    found = re.fullmatch(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})(?:\.\d{1,9})?S)?)?", text)
    if found is None:
        return None
    days, hours, minutes, secs = (int(part or 0) for part in found.groups())
    return (((days * 24 + hours) * 60 + minutes) * 60 + secs) * SECOND or None
