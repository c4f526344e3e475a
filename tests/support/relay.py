"""A way to a database that can be cut: a Unix socket before the server's own, which passes, swallows or refuses."""

import asyncio
import contextlib
from pathlib import Path
from typing import Literal

NAME = ".s.PGSQL.5432"
"""How PostgreSQL names its socket in a folder (manual, `unix_socket_directories`)."""
Mode = Literal["pass", "swallow"]


class Relay:
    """`swallow` takes every byte and gives none back: connections stand, and nobody is there."""

    def __init__(self, folder: Path, server: str) -> None:
        """`server`: the folder of the real socket."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.mode: Mode = "pass"
        self._server = f"{server}/{NAME}"
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The database through the relay, as a site writes it."""
        return f"postgresql://citywatch@/citywatch?host={self.folder}"

    async def start(self) -> "Relay":
        """Listen."""
        self._listener = await asyncio.start_unix_server(self._accept, self.folder / NAME)
        return self

    async def stop(self) -> None:
        """Refuse: let nobody in, and cut what stands."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        (self.folder / NAME).unlink(missing_ok=True)
        self.cut()

    def cut(self) -> None:
        """End every connection that stands."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._server)
        self._open |= {writer, back}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, back))
                group.create_task(self._carry(there, writer))
        finally:
            self._open -= {writer, back}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                if self.mode == "pass":
                    writer.write(data)
                    await writer.drain()
        writer.close()
