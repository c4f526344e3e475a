"""A real Mosquitto for tests and benches: own port, own folder, started and stopped by whoever asks."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.trees import TreeUnavailable, tree


def free_port() -> int:
    """Return a TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Return the path of `mosquitto`, `mosquitto_pub` or `mosquitto_passwd`. Raises TreeUnavailable."""
    for folder in ("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"):
        if os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    return str(tree("mosquitto") / "bin" / name)


def available() -> str | None:
    """Return why there is no Mosquitto here, or None when there is one."""
    try:
        program("mosquitto")
    except TreeUnavailable as error:
        return str(error)
    return None


class Mosquitto:
    """One broker process with its own configuration; `kill` and `start` again keep its folder and its port."""

    def __init__(
        self,
        folder: Path,
        *,
        users: dict[str, str] | None = None,
        tls: "Authority | None" = None,
        require_cert: bool = False,
        inflight: int = 2000,
        lines: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._write(users, require_cert, inflight, lines)

    def _write(self, users: dict[str, str] | None, require_cert: bool, inflight: int, lines: tuple[str, ...]) -> None:
        config = [
            f"listener {self.port} 127.0.0.1",
            "socket_domain ipv4",
            f"max_inflight_messages {inflight}",
            "max_queued_messages 0",
            "set_tcp_nodelay true",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "log_dest none",
            *lines,
        ]
        if os.geteuid() == 0:
            config.append("user root")
        config.append(f"allow_anonymous {'false' if users else 'true'}")
        if users:
            config.append(f"password_file {self._passwords(users)}")
        if self.tls:
            config += [f"cafile {self.tls.ca}", f"certfile {self.tls.server_cert}", f"keyfile {self.tls.server_key}"]
            config.append(f"require_certificate {'true' if require_cert else 'false'}")
        (self.folder / "mosquitto.conf").write_text("\n".join(config) + "\n")

    def _passwords(self, users: dict[str, str]) -> Path:
        path = self.folder / "passwords"
        path.touch(mode=0o600)
        for user, password in users.items():
            subprocess.run([program("mosquitto_passwd"), "-b", str(path), user, password], check=True)
        return path

    @property
    def pid(self) -> int:
        """The broker's process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> "Mosquitto":
        """Start, and return when the port takes connections."""
        command = [program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"mosquitto ended with {self._process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return self
            time.sleep(0.02)
        raise RuntimeError("mosquitto does not listen")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop by a signal and wait; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(10)

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False, qos: int = 1, **auth: str) -> None:
        """Publish one message with mosquitto_pub."""
        command = [program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(self.port), "-q", str(qos), "-t", topic, "-s"]
        command += ["-r"] * retain
        for option, value in auth.items():
            command += [f"--{option}", value]
        if self.tls and "cafile" not in auth:
            command += ["--cafile", str(self.tls.ca)]
        body = payload.encode() if isinstance(payload, str) else payload
        subprocess.run(command, input=body, check=True, timeout=20, capture_output=True)


class Authority:
    """A certificate authority made for one test with the openssl program: a server for 127.0.0.1 and one client."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        if shutil.which("openssl") is None:
            raise TreeUnavailable("no openssl program")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca, self.ca_key = folder / "ca.pem", folder / "ca.key"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", str(self.ca_key), "-out", str(self.ca),
        )  # fmt: skip
        self.server_cert, self.server_key = self._signed("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.client_cert, self.client_key = self._signed("client", "extendedKeyUsage=clientAuth")

    def _signed(self, name: str, extension: str) -> tuple[Path, Path]:
        cert, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(extension + "\n")
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", str(key), "-out", str(request),
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.ca), "-CAkey", str(self.ca_key), "-CAcreateserial",
            "-days", "2", "-extfile", str(extensions), "-out", str(cert),
        )  # fmt: skip
        return cert, key

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=20)


@contextlib.contextmanager
def running(folder: Path, **options: object) -> Iterator[Mosquitto]:
    """Run a broker for the length of a `with`."""
    broker = Mosquitto(folder, **options).start()  # type: ignore[arg-type]
    try:
        yield broker
    finally:
        broker.stop()
