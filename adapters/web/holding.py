"""Bodies of REST requests and answers about holds: shelving alarms, taking things out of service."""

from typing import Literal

from pydantic import AwareDatetime, Field

from adapters.web.answers import AckRequest
from adapters.web.wire import Reason, Wire, Written


class ShelveRequest(AckRequest):
    """Hide an alarm for a time; the note says why. Without `until` for as long as its rule allows."""

    note: Reason
    until: AwareDatetime | None = None
    once: bool = Field(default=False, description="Only until the condition is normal again.")


class UnshelveRequest(Wire):
    """Show an alarm again."""

    occurrence: int = Field(default=0, ge=0)
    note: Written | None = None
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class OutOfServiceRequest(Wire):
    """Take the alarm's point, its device or its zone out of service until an end; the note says why."""

    of: Literal["point", "device", "zone"] = "point"
    until: AwareDatetime
    note: Reason
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class InServiceRequest(Wire):
    """Put back into service; without `of` the narrowest that is out."""

    of: Literal["point", "device", "zone"] | None = None
    note: Written | None = None
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class HoldRequest(Wire):
    """Take anything of the site out of service until an end; the note says why."""

    scope: str = Field(max_length=400, examples=["device:panel-market"], description="`point:…`, `device:…`, `zone:…`")
    until: AwareDatetime
    note: Reason
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class HoldEndRequest(Wire):
    """Put something back into service."""

    note: Written | None = None
    request: str | None = Field(default=None, max_length=64, description="The client's own id: a retry is harmless.")


class HeldRow(Wire):
    """Something that people hide: a shelved alarm, or what is out of service; `key` is the alarm or the scope."""

    key: str
    kind: Literal["out_of_service", "shelved"]
    since: str
    until: str | None
    once: bool
    who: str | None
    why: str | None
    alarms: int = Field(description="How many alarms that stand now it hides.")


class HeldPage(Wire):
    """What people hide now; `next` is the `after` of the following page."""

    items: list[HeldRow]
    next: str | None


class HoldAnswer(Wire):
    """What went out of service or came back."""

    scope: str
    out: bool
    who: str | None
    note: str | None
    until: str | None
