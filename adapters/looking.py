"""Where passages are asked for: masked for everybody, whole for who may look."""

from typing import Any, Protocol

from hub.model.looking import PassageQuery
from hub.roles import Person


class Looker(Protocol):
    """The one door to passages; nothing else that the web is handed reads plates."""

    async def passages(self, query: PassageQuery) -> list[dict[str, Any]]:
        """Return passages newest first, plates masked, as JSON-ready rows with a `page` to go on from.

        Raises StorageError, Refused for a page that is none.
        """
        ...

    async def look(self, person: Person, query: PassageQuery, purpose: str) -> list[dict[str, Any]]:
        """Return passages with whole plates once the journal has who asks and why. Raises Refused, StorageError."""
        ...
