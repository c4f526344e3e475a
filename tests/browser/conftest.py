"""A built console, one browser for all tests, and a fake hub for each."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext

from tests.browser.fake import Fake
from tests.browser.town import town
from tests.support.chromium import Wires, chromium, executable, window

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def console() -> Path:
    """Build the console when it is older than its sources; skip before that where no browser is."""
    executable()
    script = ROOT / "adapters" / "web" / "console" / "build.sh"
    built = subprocess.run(["sh", str(script)], capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.fail(f"the console does not build: {built.stdout}{built.stderr}")
    return ROOT / "adapters" / "web" / "static"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(console: Path) -> AsyncIterator[Browser]:
    """A real Chromium, one for all tests: each test has a profile of its own."""
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def hub(console: Path) -> AsyncIterator[Fake]:
    """A fake hub with a small town in it."""
    fake = town()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh browser profile; nothing that it asks for may leave this machine, and its policy must hold."""
    context = await window(browser)
    wires = Wires(context)
    yield context
    assert wires.outside == []
    assert wires.errors == []
    await context.close()
