"""One server for REST, the WebSocket and the console's files."""

from adapters.web.server import WebAdapter

__all__ = ["WebAdapter"]
