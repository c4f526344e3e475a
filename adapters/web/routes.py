"""What a route is: method, path, the right it needs, the models of what comes and goes; OpenAPI is made from these."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web
from msgspec import Struct
from pydantic import BaseModel

from adapters.base import Checklists, Commander, Historian, Inlets, Notifier, View
from adapters.looking import Looker
from adapters.pictured import Pictured
from adapters.web.accounts import Accounts, Who
from adapters.web.actions import Counter
from adapters.web.auth import Gate, Tickets
from adapters.web.broadcast import Broadcast
from adapters.web.configuring import Configurer
from adapters.web.passwords import Checker, Throttle
from adapters.web.problem import sign_in
from hub.model import Clock
from hub.roles import Right

Model = TypeVar("Model", bound=BaseModel)


class Parts(Struct):
    """What route handlers work with."""

    view: View
    historian: Historian
    clock: Clock
    accounts: Accounts
    tickets: Tickets
    checker: Checker
    throttle: Throttle
    counter: Counter
    broadcast: Broadcast
    gate: Gate
    commander: Commander | None = None
    """None: this hub takes no commands."""
    statistics: Callable[[str], Mapping[str, float | None] | None] | None = None
    """Device → what became of the requests to it."""
    notifier: Notifier | None = None
    """None: this hub tells nobody outside."""
    checklists: Checklists | None = None
    """None: no rule has one."""
    inlets: Inlets | None = None
    """None: nobody pushes to this hub."""
    configurer: Configurer | None = None
    """None: this hub's configuration is fixed."""
    looker: Looker | None = None
    """None: this hub shows no passages."""
    pictured: Pictured | None = None
    """None: this hub keeps no pictures."""


class Call(Struct):
    """One request, checked: who asks, the path's parts, query and body as their models."""

    parts: Parts
    request: web.Request
    who: Who | None
    query: BaseModel | None
    body: BaseModel | None

    def path(self, name: str) -> str:
        """Return a part of the path, decoded."""
        return self.request.match_info[name]

    def asked(self, model: type[Model]) -> Model:
        """Return the query as its model."""
        assert isinstance(self.query, model)
        return self.query

    def sent(self, model: type[Model]) -> Model:
        """Return the body as its model."""
        assert isinstance(self.body, model)
        return self.body

    def someone(self) -> Who:
        """Return who asks; for routes that need no right but a person. Raises ProblemError 401."""
        if self.who is None:
            raise sign_in()
        return self.who


Answer = dict[str, object] | web.StreamResponse
Handler = Callable[[Call], Awaitable[Answer]]


class Route(Struct, frozen=True):
    """One route under `/api/v1`. `right=None` is open to all; everything else needs a role that has the right."""

    method: str
    path: str
    """With `{name}` for one segment and `{name*}` for a rest with slashes in it."""
    handler: Handler
    right: Right | None
    answer: type[BaseModel] | str | None
    """Its model; the media type of what is not JSON; None: nothing, or a document that describes itself."""
    summary: str
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()
