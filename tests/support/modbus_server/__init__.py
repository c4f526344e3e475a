"""A Modbus server that is not ours: a C program on libmodbus, built where it is used."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("server.c")


def build(folder: Path) -> Path:
    """Compile the server and return the program; skip, or fail in CI, when gcc or libmodbus is missing."""
    gcc = shutil.which("gcc")
    program = folder / "modbus-server"
    if gcc is None:
        _missing("gcc is not installed")
    else:
        command = [gcc, "-O1", "-Wall", "-o", str(program), str(SOURCE), "-I/usr/include/modbus", "-lmodbus"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            _missing(f"libmodbus-dev is not installed, or the server does not build:\n{done.stderr[-500:]}")
    return program


@contextmanager
def running(program: Path) -> Iterator[int]:
    """Run the server and give its port; closing its standard input ends it."""
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline().split()[1])
        finally:
            server.stdin.close()
            server.wait(5)


def _missing(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"CI must test against a foreign Modbus server: {why}")
    pytest.skip(f"no foreign Modbus server: {why}")
