"""How heavy the alarms weigh: a page of figures beside what is bearable, and a bar while there is a flood."""

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.fake import Fake, iso
from tests.browser.test_lost import opened
from tests.browser.test_pages import PICTURES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def busy(hub: Fake) -> None:
    end = iso()
    hub.load |= {
        "end": end, "coverage": 0.93, "alarms": 412, "held": 24, "per_operator_10_min": 2.9, "per_operator_day": 412.0,
        "peak_10_min": 120.0, "peak_at": iso(3600), "in_flood": 0.08,
        "floods": [{"start": iso(1500), "end": end, "alarms": 120}],
        "top": [{"alarm": "link-down:core-1/port3.link", "number": 88.0}], "top_share": 0.41,
        "chattering": [{"alarm": "door:door-2/open", "number": 6.0}],
        "priorities": {
            "critical": {"alarms": 5, "share": 0.012}, "high": {"alarms": 40, "share": 0.097},
            "medium": {"alarms": 100, "share": 0.243}, "low": {"alarms": 267, "share": 0.648},
        },
        "ack": {"acked": 300, "never": 12, "p50": 41.0, "p90": 200.0, "p95": 340.0, "p99": 900.0, "longest": 1000.0},
    }  # fmt: skip


async def test_figures_stand_beside_what_people_can_bear_and_say_for_how_much_of_the_time(
    desk: BrowserContext, hub: Fake
) -> None:
    busy(hub)
    page = await opened(desk, hub)
    await page.click("a.load-link")
    await expect(page.locator(".card.over")).to_have_count(4)
    await expect(page.locator("main.load")).to_contain_text("93 %")
    await expect(page.locator("main.load")).to_contain_text("link-down:core-1/port3.link")
    await expect(page.locator(".mix tr")).to_have_count(4)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / "load-day.png", animations="disabled")


async def test_a_quiet_day_has_nothing_over_its_limit(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.click("a.load-link")
    await expect(page.locator(".card")).to_have_count(6)
    await expect(page.locator(".card.over")).to_have_count(0)
    await expect(page.locator(".flood-bar")).to_have_count(0)


async def test_a_flood_is_said_on_every_page_since_when_and_how_many(desk: BrowserContext, hub: Fake) -> None:
    busy(hub)
    page = await opened(desk, hub)
    await expect(page.locator(".flood-bar")).to_contain_text("TRÀN BÁO ĐỘNG")
    await expect(page.locator(".flood-bar")).to_contain_text("120 báo động")
    await page.click("nav >> text=Thiết bị")
    await expect(page.locator(".flood-bar")).to_be_visible()


async def test_a_flood_that_is_over_is_said_no_more(desk: BrowserContext, hub: Fake) -> None:
    busy(hub)
    hub.load["floods"][0]["end"] = iso(600)
    page = await opened(desk, hub)
    await page.click("a.load-link")
    await expect(page.locator(".card")).to_have_count(6)
    await expect(page.locator(".flood-bar")).to_have_count(0)
