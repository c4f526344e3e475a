"""What became of the requests to a device, and what a device said by itself, on the device's page."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Route, expect

from tests.browser.fake import Fake
from tests.browser.test_lost import opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ASKED = {
    "tries": 120, "good": 118, "timeouts": 2, "exceptions": 3, "reconnects": 1, "rtt_p50_ms": 12.5, "rtt_p95_ms": 30.0,
    "bytes_sent": 1440, "bytes_received": 34_000,
}  # fmt: skip
HEARD = {"messages": 77, "undecodable": 4, "reconnects": 0, "bytes_sent": 0, "bytes_received": 5000}


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"statistics": ASKED, "heard": None}, ["120 · trả lời 118", "12.5 / 30 ms", "↑ 1440 B ↓ 34 kB"]),
        ({"statistics": None, "heard": HEARD}, ["Bản tin", "77", "Không hiểu được", "↓ 5000 B"]),
    ],
)
async def test_the_counters_of_a_device_are_on_its_page(
    desk: BrowserContext, hub: Fake, answer: dict[str, Any], shown: list[str]
) -> None:
    async def detail(route: Route) -> None:
        await route.fulfill(json={"device": "psu-market", **answer})

    await desk.route("**/api/v1/devices/psu-market", detail)
    page = await opened(desk, hub)
    await page.goto(f"{hub.url}#/device/psu-market")
    for words in shown:
        await expect(page.locator(".traffic")).to_contain_text(words)
