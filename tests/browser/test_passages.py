"""The page of passages: masked for everybody, whole for who may look and says why, and gone with the page."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Route, expect

from tests.browser.fake import Fake, iso
from tests.browser.test_console import PICTURES
from tests.browser.test_lost import opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WHY = "Công văn 12/CSGT"


def passage(number: int, device: str, zone: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{number:016x}", "time": iso(60 * number), "device": device, "zone": zone, "site": device, "lane": "1",
        "direction": None, "class": "car", "colour": None, "make": None, "speed": 71.4, "limit": 60.0,
        "violation": "speeding", "plate": "20A-***.45", "plate_kind": "civil", "region": "20", "country": None,
        "confidence": 0.93, "reads": 2,
    } | more  # fmt: skip


class Road:
    """What the hub says of passages."""

    def __init__(self, device: dict[str, Any]) -> None:
        bike: dict[str, Any] = {"class": "motorcycle", "violation": None, "speed": 38.0, "plate": "20B1-***.67"}
        unread: dict[str, Any] = {"plate": None, "confidence": None, "class": "unknown", "violation": None, "lane": ""}
        said = enumerate(({}, bike, unread, {}, bike), 1)
        self.rows = [passage(n, device["device"], device["zone"], **more) for n, more in said]
        self.asked: list[dict[str, list[str]]] = []
        self.looks: list[dict[str, Any]] = []
        self.refusal: dict[str, Any] | None = None

    async def answer(self, route: Route) -> None:
        """Answer the console."""
        url = urlsplit(route.request.url)
        if not url.path.endswith("/look"):
            self.asked.append(parse_qs(url.query))
            await route.fulfill(json={"items": self.rows, "next": None})
            return
        look = json.loads(route.request.post_data or "")
        self.looks.append(look)
        if self.refusal is not None:
            await route.fulfill(status=self.refusal["status"], json=self.refusal)
            return
        more = {"plate_read": None, "listed": None, "picture": None}
        found = [row for row in self.rows if not look["ids"] or row["id"] in look["ids"]]
        whole = [row | more | {"plate": f"20A1234{n}"} for n, row in enumerate(found)]
        await route.fulfill(json={"items": [r for r in whole if look.get("plate") in (None, r["plate"])], "next": None})


@pytest_asyncio.fixture(loop_scope="session")
async def road(desk: BrowserContext, hub: Fake) -> Road:
    made = Road(next(iter(hub.rows[2].values())))
    await desk.route("**/api/v1/passages**", made.answer)
    return made


async def test_passages_are_seen_masked_and_filtered_and_without_the_right_there_is_no_look(
    desk: BrowserContext, hub: Fake, road: Road
) -> None:
    page = await opened(desk, hub)
    await page.click("nav >> text=Lượt xe")
    rows = page.locator("tr[data-passage]")
    await expect(rows).to_have_count(5)
    await expect(rows.nth(0)).to_contain_text("20A-***.45")
    await expect(rows.nth(0)).to_contain_text("Chạy quá tốc độ")
    await expect(rows.nth(1)).to_contain_text("Xe máy")
    await expect(page.locator("#look")).to_have_count(0)
    await expect(page.locator("tr[data-passage] input")).to_have_count(0)
    await page.select_option("select[name=violation]", "any")
    await page.select_option("select[name=class]", "car")
    await page.fill("input[name=lane]", "2")
    await page.press("input[name=lane]", "Enter")
    await expect(rows).to_have_count(5)
    asked = {name: said for name, [said] in road.asked[-1].items()}
    assert (asked["violation"], asked["class"], asked["lane"], asked["limit"]) == ("any", "car", "2", "100")


async def test_who_may_looks_with_a_purpose_and_what_was_seen_is_gone_with_the_page(
    desk: BrowserContext, hub: Fake, road: Road
) -> None:
    hub.may = [*hub.may, "plates"]
    page = await opened(desk, hub)
    await page.set_viewport_size({"width": 1366, "height": 768})
    await page.click("nav >> text=Lượt xe")
    rows = page.locator("tr[data-passage]")
    await rows.nth(0).locator("input").check()
    await rows.nth(1).locator("input").check()
    await page.click("#look")
    dialog = page.locator("dialog.look")
    await expect(dialog).to_contain_text("Lượt xe đã chọn: 2")
    await dialog.locator("button.main").click()
    assert road.looks == [], "the form does not go without a purpose"
    await dialog.locator("[name=purpose]").fill(WHY)
    await page.screenshot(path=PICTURES / "passages-look.png", animations="disabled")
    await dialog.locator("button.main").click()
    await expect(dialog).to_be_hidden()
    await expect(rows.nth(0)).to_contain_text("20A12340")
    await expect(rows.nth(1)).to_contain_text("20A12341")
    await expect(rows.nth(3)).to_contain_text("20A-***.45")
    [look] = road.looks
    assert (look["purpose"], look["ids"], look["limit"]) == (WHY, ["0000000000000001", "0000000000000002"], 200)
    await page.screenshot(path=PICTURES / "passages.png", animations="disabled")
    await page.click("nav >> text=Thiết bị")
    await page.click("nav >> text=Lượt xe")
    await expect(rows.nth(0)).to_contain_text("20A-***.45")
    assert "20A1234" not in await page.content()
    kept = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage}) + location.href + document.cookie")
    assert "20A1234" not in kept


async def test_a_plate_is_searched_for_and_hidden_again(desk: BrowserContext, hub: Fake, road: Road) -> None:
    hub.may = [*hub.may, "plates"]
    page = await opened(desk, hub)
    await page.goto(f"{hub.url}#/passages")
    rows = page.locator("tr[data-passage]")
    await expect(rows).to_have_count(5)
    await page.click("#look")
    await page.fill("dialog.look [name=purpose]", WHY)
    await page.fill("dialog.look [name=plate]", "20A12343")
    await page.click("dialog.look button.main")
    await expect(rows).to_have_count(1)
    await expect(rows.nth(0)).to_contain_text("20A12343")
    await page.click("#hide-plates")
    await expect(rows).to_have_count(5)
    assert "20A12343" not in await page.locator("table").inner_text()


async def test_a_refusal_is_said_in_the_dialog_and_shows_nothing(desk: BrowserContext, hub: Fake, road: Road) -> None:
    hub.may = [*hub.may, "plates"]
    road.refusal = {"title": "Forbidden", "status": 403, "code": "not_allowed", "detail": "only in tn/ct07"}
    page = await opened(desk, hub)
    await page.goto(f"{hub.url}#/passages")
    await page.click("#look")
    await page.fill("dialog.look [name=purpose]", WHY)
    await page.click("dialog.look button.main")
    await expect(page.locator("dialog.look [role=alert]")).to_have_text("only in tn/ct07")
    await expect(page.locator("td.plate.whole")).to_have_count(0)
