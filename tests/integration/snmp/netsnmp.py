"""Debian's SNMP programs: senders and readers that share nothing with ours."""

import asyncio
import os
import shutil
from collections.abc import Mapping

import pytest

ENVIRONMENT: Mapping[str, str] = {**os.environ, "MIBS": "", "SNMPCONFPATH": "/nonexistent"}
"""Names in digits, and nobody's configuration."""


def need(program: str) -> None:
    """Skip the test where the program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian: snmp)")


async def run(program: str, *words: str) -> tuple[int, str]:
    """Run one of the programs; return its exit code and everything it said."""
    need(program)
    process = await asyncio.create_subprocess_exec(
        program, *words, env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")


def signs_in(user: str, auth: str, privacy: str, secret: str) -> tuple[str, ...]:
    """Return the words of a version 3 user at level authPriv."""
    return "-v3", "-u", user, "-l", "authPriv", "-a", auth, "-A", secret, "-x", privacy, "-X", secret
