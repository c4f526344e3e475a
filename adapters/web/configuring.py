"""What the interfaces say of a changed configuration: what it would change, and taking it over."""

from typing import Protocol

from pydantic import Field

from adapters.web.wire import Wire
from hub.model.changes import Plan


class Configurer(Protocol):
    """Where a changed configuration is looked at and taken over."""

    async def plan(self) -> Plan:
        """Return what applying would do now. Raises ConfigError naming every mistake, Refused."""
        ...

    async def apply(self, who: str, digest: str | None = None) -> Plan:
        """Take the files over; `digest` names the plan that was shown. Raises ConfigError, Refused."""
        ...


class DifferenceRow(Wire):
    """What is new, what is gone, and what is there before and after and differs."""

    added: list[str]
    changed: dict[str, list[str]] = Field(description="Id → the names of what differs.")
    removed: list[str]


class EndingRow(Wire):
    """An alarm that stands and whose rule, device or point is no longer configured."""

    alarm: str
    state: str
    priority: str
    since: str
    text: str


class PlanAnswer(Wire):
    """What applying the site's files would change, or has changed."""

    digest: str = Field(description="Names the files that were read; sent with apply, nothing else is applied.")
    folder: str
    changes: bool = Field(description="Whether applying changes anything.")
    devices: DifferenceRow
    rules: DifferenceRow
    others: list[str] = Field(description="Other parts that differ: zones, notifying, figures, …")
    reconnect: list[str] = Field(description="Devices that stay and whose connection, perhaps shared, is made anew.")
    ends: list[EndingRow] = Field(description="Alarms that end because nothing stands behind them any more.")
    waits: list[str] = Field(description="Settings that wait for a restart of the hub.")


class ApplyRequest(Wire):
    """Take the files over."""

    digest: str | None = Field(default=None, max_length=64, description="Of the plan that was looked at.")
