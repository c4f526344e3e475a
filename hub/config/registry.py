"""What the loader needs to know of drivers, so that it need not import any."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import BaseModel

from hub.model import FoundRow, Reason, Value


class DriverLike(Protocol):
    """The part of a driver's description that configuration is checked against."""

    @property
    def connection(self) -> type[BaseModel]:
        """Model of `connection:` of a device."""
        ...

    @property
    def address(self) -> type[BaseModel]:
        """Model of `address:` of a point."""
        ...

    @property
    def event(self) -> type[BaseModel] | None:
        """Model of `address:` of an event, if the driver has events."""
        ...

    @property
    def pushes(self) -> bool:
        """Whether devices report by themselves."""
        ...

    @property
    def example(self) -> Callable[[Any, Any], Value | Reason] | None:
        """(address, raw of an example) → raw value, or the reason why there is none."""
        ...

    @property
    def happening(self) -> Callable[[Any, Any], Mapping[str, Value | None] | None] | None:
        """(event map, raw of an example) → attributes of the event, or None when it is not that event."""
        ...

    @property
    def found(self) -> type[BaseModel] | None:
        """Model of `address:` of a found group, if the driver can find rows."""
        ...

    @property
    def cell(self) -> Callable[[Any, FoundRow], Mapping[str, Any]] | None:
        """(address of a found group, row) → the fields of a point's address that its row decides."""
        ...

    @property
    def pictures(self) -> bool:
        """Whether it can fetch pictures of what a device sees."""
        ...

    @property
    def limits(self) -> type[BaseModel] | None:
        """Model of `limits:`, if the driver has any."""
        ...
