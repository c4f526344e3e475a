"""The one real browser of the tests: Debian's Chromium, driven by Playwright, that may speak to this machine alone."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Request, async_playwright

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-domain-reliability",
    "--no-first-run", "--no-pings", "--metrics-recording-only",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
SIZE = {"width": 1366, "height": 768}


def executable() -> str:
    """Return the path of a Chromium; without one the test is skipped, and fails where CI promised one."""
    named = os.environ.get("CITYWATCH_CHROMIUM")
    found = named or next((path for name in CANDIDATES if (path := shutil.which(name))), None)
    if found:
        return found
    reason = "no Chromium on this machine: install the package `chromium`, or set CITYWATCH_CHROMIUM to its path"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a browser for the length of a block."""
    path = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Wires:
    """Everything a browser context asked for, to prove that nothing leaves this machine."""

    def __init__(self, context: BrowserContext) -> None:
        self.urls: list[str] = []
        self.errors: list[str] = []
        context.on("request", self._asked)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)

    def _asked(self, request: Request) -> None:
        self.urls.append(request.url)

    @property
    def outside(self) -> list[str]:
        """Requests that went to anywhere but this machine."""
        return [url for url in self.urls if urlsplit(url).hostname not in ("127.0.0.1", None)]


async def window(browser: Browser, *, language: str = "vi-VN", dark: bool = False) -> BrowserContext:
    """Open a fresh profile of the size of an old duty-room monitor."""
    return await browser.new_context(
        viewport=SIZE, locale=language, color_scheme="dark" if dark else "light", timezone_id="Europe/Berlin"
    )
