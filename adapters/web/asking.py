"""A client of the hub's own REST, for commands that ask a running hub."""

import ssl
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from hub.model import CitywatchError

PATIENCE = 120.0
"""Seconds for an answer: a large site is read and checked before it is compared."""
CONNECT = 5.0


class NotAnswered(CitywatchError):
    """The hub cannot be asked, so the caller may show why."""


async def ask(
    url: str, token: str, method: str, path: str, body: dict[str, Any] | None = None, *, cert: str | None = None
) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of one request under `/api/v1`. `cert` is the hub's own certificate, for TLS.

    Raises NotAnswered.
    """
    timeout = ClientTimeout(total=PATIENCE, connect=CONNECT)
    try:
        async with (
            ClientSession(headers={"Authorization": f"Bearer {token}"}, timeout=timeout) as session,
            session.request(method, f"{url.rstrip('/')}/api/v1{path}", json=body, ssl=_trust(cert)) as answer,
        ):
            said = await answer.json(content_type=None)
            if not isinstance(said, dict):
                raise NotAnswered(f"{url} answers with something else than JSON: is it the address of a hub?")
            return answer.status, said
    except TimeoutError as error:
        raise NotAnswered(f"{url} does not answer within {PATIENCE:g} s") from error
    except (ClientError, OSError, ValueError) as error:
        why = str(error).lower() or "no connection"
        raise NotAnswered(
            f"no hub answers at {url} ({why}): is it running, and is this its address (--url)?"
        ) from error


def _trust(cert: str | None) -> ssl.SSLContext | bool:
    """Trust the hub's own certificate and no other; it need not bear the name of this machine."""
    if cert is None:
        return True
    try:
        context = ssl.create_default_context(cafile=cert)
    except OSError as error:
        raise NotAnswered(f"the certificate {cert} cannot be read: {error.strerror or error}") from error
    context.check_hostname = False
    return context
