"""A foreign HTTP server: the standard library's own, scripted, in a thread of its own."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Said = tuple[int, Mapping[str, str], bytes]


class Served(ThreadingHTTPServer):
    """The server, with what it answers and what it was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, answer: Callable[["Asked"], Said | None], context: Any = None) -> None:
        self.answer = answer
        self.quiet = threading.Event()
        self.open_ones: list[Any] = []
        super().__init__(("127.0.0.1", port), Asked)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open_ones.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are expected here."""


class Asked(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Served
    body = b""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        said = self.server.answer(self)
        if said is None:
            return
        status, headers, body = said
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and "Transfer-Encoding" not in headers and status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class HttpServer:
    """A server on one loopback port that can be started, stopped and started again."""

    def __init__(self, answer: Callable[[Asked], Said | None], context: Any = None) -> None:
        self.port = 0
        self._answer = answer
        self._context = context
        self._served: Served | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._served is None:
            self._served = Served(self.port, self._answer, self._context)
            self.port = self._served.server_address[1]
            self._thread = threading.Thread(target=self._served.serve_forever, args=(0.01,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        served, self._served = self._served, None
        if served is not None:
            served.shutdown()
            served.quiet.set()
            served.server_close()
            for one in served.open_ones:
                _hang_up(one)

    @property
    def quiet(self) -> threading.Event:
        """Set when the server is stopped: what a silent answer waits for."""
        assert self._served is not None
        return self._served.quiet


def _hang_up(connection: Any) -> None:
    try:
        connection.shutdown(2)
    except OSError:
        pass
    connection.close()
