"""The REST routes by subject; `ROUTES` is all of them."""

from adapters.web.rest import (
    alarms,
    commands,
    configuration,
    devices,
    figures,
    history,
    holds,
    ingest,
    load,
    notifications,
    passages,
    pictures,
    playbooks,
    session,
    site,
)
from adapters.web.routes import Route

ROUTES: tuple[Route, ...] = (
    *site.ROUTES,
    *devices.ROUTES,
    *commands.ROUTES,
    *history.ROUTES,
    *figures.ROUTES,
    *passages.ROUTES,
    *pictures.ROUTES,
    *playbooks.ROUTES,
    *alarms.ROUTES,
    *holds.ROUTES,
    *load.ROUTES,
    *notifications.ROUTES,
    *ingest.ROUTES,
    *configuration.ROUTES,
    *session.ROUTES,
)
