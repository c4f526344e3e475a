"""A client of the hub's own WebSocket: the readings of some points as they come, for `citywatch tap`."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, WSServerHandshakeError

from adapters.web.frames import PROTOCOL, SIGN_IN
from hub.model import CitywatchError, PointId

MOST = 500
"""Points of one subscription (docs/reference/websocket.md)."""
PATIENCE = 5.0
"""Seconds for the connection."""
SILENCE = 15.0
"""Seconds after which a hub that sends no heartbeat is gone; it beats every five."""


class NotTapped(CitywatchError):
    """The hub cannot be listened to, so the caller may show why."""


async def readings(url: str, token: str, points: Sequence[PointId]) -> AsyncIterator[dict[str, Any]]:
    """Yield the present readings of points and then every change, as `PointRow`. Raises NotTapped when it ends."""
    given = {"t": "sub", "id": 1, "topic": "points", "filter": {"points": list(points)}}
    headers = {"Authorization": f"Bearer {token}"}
    timeout = ClientTimeout(total=None, connect=PATIENCE)
    try:
        async with (
            ClientSession(headers=headers, timeout=timeout) as session,
            session.ws_connect(f"{url.rstrip('/')}/api/v1/stream", protocols=(PROTOCOL,)) as socket,
        ):
            await socket.send_str(json.dumps(given))
            while True:
                message = await socket.receive(timeout=SILENCE)
                if message.type is not WSMsgType.TEXT:
                    raise NotTapped(_farewell(url, socket.close_code))
                for row in _rows(url, json.loads(message.data)):
                    yield row
    except WSServerHandshakeError as error:
        raise NotTapped(f"{url} has no stream (HTTP {error.status}): is it the address of a hub?") from error
    except TimeoutError as error:
        raise NotTapped(f"{url} says nothing any more") from error
    except (ClientError, OSError, ValueError) as error:
        raise NotTapped(f"cannot listen to {url}: {str(error).lower() or 'no connection'}") from error


def _rows(url: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    match said:
        case {"t": "snap" | "ev", "rows": [*rows]}:
            return list(rows)
        case {"t": "err", "why": why}:
            raise NotTapped(f"{url} does not give these points ({why}): does it run this very site?")
        case {"t": "lost"}:
            raise NotTapped("this terminal was too slow, and the hub dropped what waited; begin again")
    return []


def _farewell(url: str, code: int | None) -> str:
    if code == SIGN_IN:
        return f"{url} does not accept the token; make one with: citywatch token create NAME --role viewer --state DIR"
    return f"{url} ended the connection ({code or 'no reason given'})"
