"""The AsyncAPI 3.0 document of the WebSocket, made from the models that check its messages."""

from typing import Any

from adapters.web.frames import PROTOCOL
from adapters.web.typescript import CLIENT_MESSAGES, SERVER_MESSAGES, definitions
from hub import __version__


def asyncapi() -> dict[str, Any]:
    """Return the document."""
    schemas = definitions()
    messages = {name: _message(name, schemas) for name in (*CLIENT_MESSAGES, *SERVER_MESSAGES)}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Citywatch {PROTOCOL}", "version": __version__, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {
            "stream": {
                "address": "/api/v1/stream",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "hear": _operation("receive", CLIENT_MESSAGES, "The hub hears a client"),
            "tell": _operation("send", SERVER_MESSAGES, "The hub tells a client"),
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def _message(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "summary": schemas[name]["description"].strip(),
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }


def _operation(action: str, names: tuple[str, ...], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/stream"},
        "messages": [{"$ref": f"#/channels/stream/messages/{name}"} for name in names],
    }
