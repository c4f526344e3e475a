"""One foreign OPC UA server for all tests of a process: starting it anew for each would take most of their time.

It outlives the event loop of a test, so it is spoken to by threads; outages are made by a relay before it.
"""

import asyncio
import atexit
import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.opcua_server import HERE, PASSWORD, USER, installed


class Shared:
    """A running server with user and password that trusts everybody."""

    def __init__(self) -> None:
        packages, node = installed()
        self.folder = Path(tempfile.mkdtemp())
        settings = {"NODE_PACKAGES": str(packages), "FOREIGN_STRICT": "0"}
        settings |= {"FOREIGN_USER": USER, "FOREIGN_PASSWORD": PASSWORD}
        self._process = subprocess.Popen(
            [node, str(HERE / "server.mjs"), str(self.folder), "0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **settings},
        )  # fmt: skip
        atexit.register(self._end)
        said = self._answer()
        self.port, self.namespace, self.certificate = said["port"], said["namespace"], Path(said["certificate"])

    async def order(self, what: str, given: Any) -> Any:
        """Give one order and return its answer, as `Foreign.order` does."""
        return await asyncio.to_thread(self._order, what, given)

    def _order(self, what: str, given: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({what: given}).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["ok"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(b"{"):
                return json.loads(line)
        raise RuntimeError("the foreign OPC UA server ended")

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def shared() -> Shared:
    """Return the one server, started when it is first asked for; skips the test where there can be none."""
    return Shared()
