"""Promise 9: what the operator sees and does on the alarm page."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.fake import Fake
from tests.browser.test_lost import opened
from tests.browser.town import FIRE
from tests.support.chromium import window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FIRE_ROW = f'tr[data-alarm="{FIRE["alarm"]}"]'


async def burning(desk: BrowserContext, hub: Fake) -> Page:
    """Open the console, then let the fire break out."""
    page = await opened(desk, hub)
    await hub.put(1, FIRE["alarm"], FIRE)
    await expect(page.locator(FIRE_ROW)).to_be_visible()
    return page


async def test_a_fire_appears_first_with_shape_number_and_word_and_its_symbol_alone_blinks(
    desk: BrowserContext, hub: Fake
) -> None:
    page = await burning(desk, hub)
    first = page.locator("tr[data-alarm]").first
    await expect(first).to_have_attribute("data-alarm", FIRE["alarm"])
    await expect(first).to_contain_text("Khẩn cấp")
    await expect(first).to_contain_text("BÁO CHÁY Chợ Thái – Tầng 7")
    await expect(first.locator("svg.symbol.critical.blink text")).to_have_text("1")
    await expect(page.locator(".blink:not(svg)")).to_have_count(0)


async def test_a_fire_is_spoken_and_counted(desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    await expect(page.locator(".for-ears[role=alert]")).to_contain_text("Khẩn cấp: BÁO CHÁY Chợ Thái")
    await expect(page.locator("[data-priority=critical]")).to_contain_text("1 chưa xác nhận")


async def test_the_detail_gives_cause_instructions_timeline_and_the_honest_line(
    desk: BrowserContext, hub: Fake
) -> None:
    page = await burning(desk, hub)
    await page.click(FIRE_ROW)
    detail = page.locator(".detail")
    await expect(detail).to_contain_text("Không thay thế tủ báo cháy và đường dây 114")
    await expect(detail).to_contain_text("Gọi 114 và bảo vệ chợ")
    await expect(detail.locator(".cause")).to_contain_text("Vùng 7 – báo cháy: có")
    await expect(detail.locator(".timeline li")).to_contain_text(["Phát sinh"])
    await expect(detail.locator(".chart canvas")).to_be_visible()


async def test_a_limit_is_told_in_words_with_units_in_both_languages(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await page.click('tr[data-alarm="water-high:water-1/level"]')
    cause = page.locator(".detail .cause")
    await expect(cause).to_contain_text("Mực nước: 6,42 m")
    await expect(cause).to_contain_text("giới hạn trên 6,3 m")
    await page.click("#language")
    await expect(cause).to_contain_text("Water level: 6.42 m")
    await expect(cause).to_contain_text("upper limit 6.3 m")


async def test_the_keyboard_alone_moves_acknowledges_and_comments(desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    await page.keyboard.press("j")
    await expect(page.locator(FIRE_ROW)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("a")
    await expect(page.locator(FIRE_ROW)).to_have_attribute("data-state", "acknowledged")
    await expect(page.locator(f"{FIRE_ROW} svg.blink")).to_have_count(0)
    assert [(act["op"], act["items"]) for act in hub.acts] == [("ack", [{"alarm": FIRE["alarm"], "occurrence": 1}])]


async def test_letters_typed_into_a_field_are_no_commands(desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    await page.click(FIRE_ROW)
    await page.fill(".actions input", "")
    await page.type(".actions input", "đã gọi a j k")
    assert hub.acts == []
    await page.keyboard.press("Enter")
    await expect(page.locator(FIRE_ROW)).to_have_attribute("data-state", "acknowledged")
    assert hub.acts[0]["note"] == "đã gọi a j k"


async def test_a_second_browser_sees_who_acknowledged(browser: Browser, desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    other = await window(browser)
    second = await other.new_page()
    await second.goto(hub.url)
    await page.click(f"{FIRE_ROW} button.ack")
    await expect(second.locator(FIRE_ROW)).to_have_attribute("data-state", "acknowledged")
    await expect(second.locator(FIRE_ROW)).to_contain_text("anh")
    await other.close()


async def test_a_late_acknowledgement_is_told_who_was_first(desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    await page.click(FIRE_ROW)
    hub.rows[1][FIRE["alarm"]] = FIRE | {
        "acked": True,
        "acked_by": "tam",
        "acked_at": FIRE["at"],
        "state": "acknowledged",
    }
    await page.keyboard.press("a")
    await expect(page.locator(".actions .problem")).to_contain_text("Đã được xác nhận bởi tam")


async def test_an_alarm_that_ends_stays_readable_until_the_operator_turns_away(desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    await page.click(FIRE_ROW)
    await hub.drop(1, FIRE["alarm"])
    await expect(page.locator(FIRE_ROW)).to_have_count(0)
    await expect(page.locator(".detail")).to_contain_text("Báo động này đã kết thúc")
    await expect(page.locator(".detail .actions")).to_have_count(0)


async def test_returned_alarms_are_hollow_and_filters_find_words_without_marks(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    await expect(page.locator('tr[data-alarm="door-open:door-1/door"] svg.low.hollow.blink')).to_have_count(1)
    await page.keyboard.press("/")
    await page.keyboard.type("muc nuoc")
    await expect(page.locator("tr[data-alarm]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.fill("input[type=search]", "không có gì như thế")
    await page.click("text=Bỏ lọc")
    await page.click(".filters .chip >> nth=2")
    await expect(page.locator("tr[data-alarm]")).to_have_count(2)


async def test_text_from_outside_is_text_and_never_markup(desk: BrowserContext, hub: Fake) -> None:
    page = await opened(desk, hub)
    evil = "<img src=x onerror=document.title='pwned'><b>x</b>"
    await hub.put(1, FIRE["alarm"], FIRE | {"text": {"vi": evil, "en": evil}})
    await expect(page.locator(FIRE_ROW)).to_contain_text("<img src=x")
    assert await page.title() == "Citywatch"


async def test_sound_is_said_to_be_blocked_until_the_shift_begins(desk: BrowserContext, hub: Fake) -> None:
    page = await burning(desk, hub)
    await expect(page.locator("#start-shift")).to_have_text("Bắt đầu ca")
    await page.click("#start-shift")
    await expect(page.locator("#silence")).to_have_text("Âm thanh: bật")
    await page.click("#silence")
    await expect(page.locator("#silence")).to_contain_text("Tắt tiếng còn")
    await expect(page.locator(FIRE_ROW)).to_have_attribute("data-state", "unacknowledged")


async def test_a_browser_that_keeps_sound_blocked_is_not_believed(desk: BrowserContext, hub: Fake) -> None:
    # Headless Chromium never blocks sound, so the block is put on here.
    await desk.add_init_script("Object.defineProperty(AudioContext.prototype, 'state', {get: () => 'suspended'})")
    page = await opened(desk, hub)
    await page.click("#start-shift")
    await expect(page.locator("#start-shift")).to_be_visible()


async def test_those_who_may_only_look_cannot_act(desk: BrowserContext, hub: Fake) -> None:
    hub.may = ["read"]
    page = await opened(desk, hub)
    await expect(page.locator("tr[data-alarm] button.ack").first).to_be_disabled()
