"""What the operator shelves and takes out of service, and what is folded (promise 9)."""

import json

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.fake import Fake
from tests.browser.test_lost import opened
from tests.browser.town import ALARMS, FIRE, alarm
from tests.support.chromium import window  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WATER = ALARMS[0]
ROW = f'tr[data-alarm="{WATER["alarm"]}"]'


async def test_an_operator_shelves_an_alarm_with_a_reason_and_an_end_and_finds_it_among_the_held(
    desk: BrowserContext, hub: Fake
) -> None:
    hub.may = [*hub.may, "shelve"]
    page = await opened(desk, hub)
    await page.click(ROW)
    await page.click(".detail [data-hold=shelve]")
    await page.select_option(".hold-form [name=minutes]", "240")
    await page.fill(".hold-form [name=why]", "Cảm biến đang được thay")
    await page.click(".hold-form button.main")
    await expect(page.locator(ROW)).to_have_count(0)
    (act,) = hub.acts
    assert (act["op"], act["note"], act["once"]) == ("shelve", "Cảm biến đang được thay", False)
    await expect(page.locator(".detail .hold")).to_contain_text("Cảm biến đang được thay")
    await page.click('nav a[href="#/holds"]')
    held = page.locator(f'tr[data-held="{WATER["alarm"]}"]')
    await expect(held).to_contain_text("Mực nước sông Cầu")
    await held.locator("button").click()
    await expect(held).to_have_count(0)
    await page.click('nav a[href="#/alarms"]')
    await expect(page.locator(ROW)).to_be_visible()


async def test_a_fire_offers_no_shelving_and_an_engineer_takes_its_device_out_of_service(
    desk: BrowserContext, hub: Fake
) -> None:
    hub.may = [*hub.may, "shelve", "service"]
    page = await opened(desk, hub)
    await hub.put(1, FIRE["alarm"], FIRE)
    await page.click(f'tr[data-alarm="{FIRE["alarm"]}"]')
    await expect(page.locator(".detail [data-hold=take_out]")).to_be_visible()
    await expect(page.locator(".detail [data-hold=shelve]")).to_have_count(0)
    await page.click("#language")
    await page.click(".detail [data-hold=take_out]")
    await page.select_option(".hold-form [name=of]", "device")
    await expect(page.locator(".hold-form [name=of] option").nth(2)).to_have_text("this whole zone")
    await page.fill(".hold-form [name=why]", "detector test")
    await page.click(".hold-form button.main")
    await expect(page.locator(".hold-form")).to_have_count(0)
    (act,) = hub.acts
    assert (act["op"], act["of"], act["note"]) == ("out_of_service", "device", "detector test")


@pytest.mark.parametrize("mark", ["TEST", "DRILL"])
async def test_an_alarm_of_a_test_or_drill_says_so(desk: BrowserContext, hub: Fake, mark: str) -> None:
    page = await opened(desk, hub)
    await hub.put(1, FIRE["alarm"], FIRE | {"mark": mark})
    await expect(page.locator(f'tr[data-alarm="{FIRE["alarm"]}"] .mark')).to_have_text(mark)


async def test_consequences_are_one_line_until_somebody_wants_to_see_them(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    lost = ALARMS[1]
    for n in range(24):
        hold = {"kind": "suppressed", "by": f"alarm:{lost['alarm']}", "since": lost["since"], "until": None,
                "once": False, "who": None, "why": None}  # fmt: skip
        name = f"cam-{n}/$health"
        folded = alarm("device-lost", name, "low", f"Mất camera {n}", f"Camera {n} is lost", category="fault",
                       hold="suppressed", holds=[hold], folded_under=lost["alarm"])  # fmt: skip
        await hub.put(1, folded["alarm"], json.loads(json.dumps(folded)))
    parent = page.locator(f'tr[data-alarm="{lost["alarm"]}"]')
    await expect(parent.locator(".fold")).to_have_text("▸ 24 hệ quả")
    await expect(page.locator("tr.held")).to_have_count(0)
    await expect(page.locator("[data-priority=low]")).to_contain_text("1")
    await parent.locator(".fold").click()
    await expect(page.locator("tr.held")).to_have_count(24)
    await page.click('tr[data-alarm="device-lost:cam-3/$health"]')
    await expect(page.locator(".detail .hold")).to_contain_text("Gộp dưới Mất liên lạc Trạm không khí")
