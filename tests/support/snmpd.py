"""Debian's own snmpd for tests and benches: its port, its folder, its users, and objects that a test makes up.

What a test makes up is served by a small program that snmpd starts (`pass_persist`) and that reads a file at each
question, so that a value, a table or a whole numbering can change while the agent runs.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

COMMUNITY = "made-for-tests"
AUTH_PASSWORD = "signing-words"
PRIVACY_PASSWORD = "hiding-words"
USERS = {
    "sha-aes": ("SHA", "AES"),
    "sha256-aes256": ("SHA-256", "AES-256"),
    "sha512-aes192": ("SHA-512", "AES-192"),
}
"""User → its protocols, as net-snmp names them."""
MADE_UP = "1.3.6.1.4.1.32473"
"""The enterprise number that is set aside for documents (RFC 5612)."""

Made = Mapping[str, tuple[str, object]]
"""OID → type as pass_persist names it (integer, counter, counter64, gauge, timeticks, string, objectid) and value."""

SERVANT = """
import json, sys
def key(oid): return [int(x) for x in oid.strip(".").split(".")]
def say(*lines): print(*lines, sep="\\n", flush=True)
while True:
    word = sys.stdin.readline()
    if not word: break
    word = word.strip()
    if word == "PING": say("PONG"); continue
    asked = sys.stdin.readline().strip().strip(".")
    made = json.load(open(sys.argv[1]))
    if word == "getnext":
        later = sorted((o for o in made if key(o) > key(asked)), key=key)
        asked = later[0] if later else ""
    if asked in made: say("." + asked, made[asked][0], made[asked][1])
    else: say("NONE")
"""


def available() -> str | None:
    """Return why there is no snmpd here, or None when there is one."""
    return None if program() else "no snmpd program; install the package snmpd"


def program() -> str | None:
    """Return the path of snmpd; it lies where only root's search path leads."""
    return shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """Return a UDP port of the loopback that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sign_in(version: int | str, user: str = "sha256-aes256") -> dict[str, object]:
    """Return what a connection needs to sign in, as configuration writes it."""
    if version != 3:
        return {"version": version, "community": COMMUNITY}
    auth, privacy = (word.replace("-", "") for word in USERS[user])
    return {
        "user": user,
        "auth": {"protocol": auth, "password": AUTH_PASSWORD},
        "privacy": {"protocol": "AES128" if privacy == "AES" else privacy, "password": PRIVACY_PASSWORD},
    }


class Snmpd:
    """One agent process; `stop` and `start` again keep its port, and its engine unless `forget` is called."""

    def __init__(self, folder: Path, *, lines: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._lines = lines
        self.users = dict(USERS)
        """Who may read, from the next start on."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "servant.py").write_text(SERVANT)
        self.make_up({})

    @property
    def pid(self) -> int:
        """The agent's process id."""
        assert self._process is not None
        return self._process.pid

    def make_up(self, made: Made) -> None:
        """Set the objects below MADE_UP; effective from the next question on."""
        fresh = self.folder / "made.json.new"
        fresh.write_text(json.dumps(made))
        fresh.replace(self.folder / "made.json")

    def start(self) -> "Snmpd":
        """Start, and return when it answers."""
        (self.folder / "snmpd.conf").write_text(self._configuration())
        (self.folder / "snmpd.conf").chmod(0o600)
        found = program()
        assert found, available()
        command = [found, "-C", "-c", str(self.folder / "snmpd.conf"), "-f", "-r", "-Lf", str(self.folder / "log")]
        environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(self.folder / "kept"), "MIBS": ""}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"snmpd ended with {self._process.returncode}: {(self.folder / 'log').read_text()}")
            if self._answers():
                return self
        self.stop()
        raise RuntimeError("snmpd does not answer")

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Stop by a signal and wait; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(10)

    def forget(self) -> None:
        """Let it be another engine at its next start, as an agent is that lost its memory."""
        shutil.rmtree(self.folder / "kept", ignore_errors=True)

    def _configuration(self) -> str:
        servant = f"{sys.executable} {self.folder / 'servant.py'} {self.folder / 'made.json'}"
        users = [
            f'createUser {name} {auth} "{AUTH_PASSWORD}" {privacy} "{PRIVACY_PASSWORD}"\nrouser {name} priv'
            for name, (auth, privacy) in self.users.items()
        ]
        lines = [
            f"agentaddress udp:127.0.0.1:{self.port}",
            f"rocommunity {COMMUNITY} 127.0.0.1",
            "sysname exam",
            "sysservices 72",
            f"pass_persist .{MADE_UP} {servant}",
            *users,
            *self._lines,
        ]
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        """Ask for sysUpTime in version 2c, with bytes of our own making."""
        community = COMMUNITY.encode()
        pdu = bytes.fromhex("a019 0201 01 0201 00 0201 00 300e 300c 0608 2b06010201010300 0500")
        body = bytes.fromhex("020101") + bytes([4, len(community)]) + community + pdu
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("127.0.0.1", self.port))
            probe.settimeout(0.2)
            with contextlib.suppress(OSError):
                probe.send(bytes([0x30, len(body)]) + body)
                return bool(probe.recv(2000))
        time.sleep(0.02)
        return False


@contextlib.contextmanager
def running(folder: Path, **options: tuple[str, ...]) -> Iterator[Snmpd]:
    """Run an agent for the length of a `with`."""
    agent = Snmpd(folder, **options).start()
    try:
        yield agent
    finally:
        agent.stop()
