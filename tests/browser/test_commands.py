"""Commands in the console: a reason, then select and confirm, then what became of it."""

import json
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.fake import Fake, iso
from tests.browser.test_lost import opened
from tests.browser.test_pages import PICTURES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

COMMANDS = "**/api/v1/devices/*/commands**"
DONE = {"request": "anh/1", "outcome": "done", "ok": True, "reason": "", "detail": "", "point": "psu-market/test",
        "name": "test", "who": "anh", "after": True, "at": iso()}  # fmt: skip


def row(name: str, vi: str, **more: Any) -> dict[str, Any]:
    return {
        "device": "psu-market", "name": name, "title": {"vi": vi, "en": name}, "point": f"psu-market/{name}",
        "value": True, "danger": 2, "roles": ["operator"], "select": True, "fire": False, "allowed": True, "may": True,
        "interlock": False, "read_back": None, **more,
    }  # fmt: skip


class Desk:
    """The hub's side of the commands; remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.result: dict[str, Any] = DONE
        self.status = 200

    async def __call__(self, route: Route) -> None:
        path = route.request.url
        if path.endswith("/commands"):
            rows = [row("test", "Thử ắc quy"), row("reset", "Đặt lại", may=False)]
            await route.fulfill(json={"items": rows, "next": None})
        elif path.endswith("/select"):
            await route.fulfill(json={"token": "t-1", "expires": iso(-10)})
        else:
            self.sent.append(json.loads(route.request.post_data or "{}"))
            problem = {"title": "Conflict", "status": 409, "code": "interlock", "detail": "the interlock forbids it"}
            await route.fulfill(status=self.status, json=problem if self.status >= 400 else {"result": self.result})


async def at_device(context: BrowserContext, hub: Fake, desk: Desk, *, may: bool = True) -> Page:
    if may:
        hub.may = [*hub.may, "command"]
    await context.route(COMMANDS, desk)
    page = await opened(context, hub)
    await page.goto(f"{hub.url}#/device/psu-market")
    await expect(page.locator("tr[data-point]").first).to_be_visible()
    return page


async def test_a_command_needs_a_reason_and_is_confirmed(desk: BrowserContext, hub: Fake) -> None:
    hub_desk = Desk()
    page = await at_device(desk, hub, hub_desk)
    button = page.locator("[data-command]")
    await expect(button).to_have_count(1)  # what the person may not give is not offered
    await expect(button).to_be_disabled()
    await page.fill(".commands input", "kiểm tra tháng")
    await button.click()
    await expect(page.locator(".commands b")).to_contain_text("Thử ắc quy?")
    assert hub_desk.sent == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / "command.png", animations="disabled")
    await page.locator(".commands button.main").click()
    await expect(page.locator(".commands [role=status]")).to_contain_text("Thử ắc quy: đã thực hiện")
    (sent,) = hub_desk.sent
    assert (sent["note"], sent["token"], len(sent["request"])) == ("kiểm tra tháng", "t-1", 36)


async def test_an_unknown_result_is_not_shown_as_done_and_the_reason_stays(desk: BrowserContext, hub: Fake) -> None:
    hub_desk = Desk()
    hub_desk.result = DONE | {"outcome": "unknown", "ok": False, "reason": "timeout", "detail": "no answer within 5 s"}
    page = await at_device(desk, hub, hub_desk)
    await page.fill(".commands input", "kiểm tra")
    await page.locator("[data-command]").click()
    await page.locator(".commands button.main").click()
    await expect(page.locator(".commands [role=status]")).to_contain_text("KHÔNG RÕ KẾT QUẢ – no answer within 5 s")
    await expect(page.locator(".commands input")).to_have_value("kiểm tra")


async def test_a_refusal_is_told_in_the_hubs_words(desk: BrowserContext, hub: Fake) -> None:
    hub_desk = Desk()
    hub_desk.status = 409
    page = await at_device(desk, hub, hub_desk)
    await page.fill(".commands input", "kiểm tra")
    await page.locator("[data-command]").click()
    await page.locator(".commands button.main").click()
    await expect(page.locator(".commands [role=status]")).to_contain_text("the interlock forbids it")


class Second:
    """The hub's side of a command that waits."""

    def __init__(self, *, may: bool) -> None:
        self.rows = [
            {"id": "w-1", "device": "psu-market", "name": "reset", "title": {"vi": "Đặt lại", "en": "Reset"},
             "danger": 5, "who": "binh", "note": "hết cháy", "at": iso(), "expires": iso(-50), "may": may},
        ]  # fmt: skip
        self.sent: list[dict[str, Any]] = []

    async def __call__(self, route: Route) -> None:
        if route.request.url.endswith("/confirm"):
            self.sent.append(json.loads(route.request.post_data or "{}"))
            self.rows = []
            await route.fulfill(json={"result": DONE})
        else:
            await route.fulfill(json={"items": self.rows, "next": None})


async def test_a_dangerous_command_is_confirmed_by_a_second_person_who_says_why(
    desk: BrowserContext, hub: Fake
) -> None:
    second = Second(may=True)
    await desk.route("**/api/v1/commands/awaiting**", second)
    page = await at_device(desk, hub, Desk())
    waiting = page.locator("[data-awaiting=w-1]")
    await expect(waiting).to_contain_text("binh: hết cháy")
    await expect(waiting.locator("button.danger")).to_be_disabled()
    await waiting.locator("input").fill("đã nhìn thấy")
    await waiting.locator("button.danger").click()
    await expect(page.locator(".awaiting [role=status]")).to_contain_text("Đặt lại: đã thực hiện")
    await expect(waiting).to_have_count(0)
    assert second.sent == [{"note": "đã nhìn thấy"}]


async def test_whoever_gave_a_dangerous_command_cannot_confirm_it(desk: BrowserContext, hub: Fake) -> None:
    await desk.route("**/api/v1/commands/awaiting**", Second(may=False))
    page = await at_device(desk, hub, Desk())
    waiting = page.locator("[data-awaiting=w-1]")
    await expect(waiting).to_contain_text("cần một người khác xác nhận")
    await expect(waiting.locator("button")).to_have_count(1)


async def test_whoever_may_give_none_sees_none(desk: BrowserContext, hub: Fake) -> None:
    page = await at_device(desk, hub, Desk(), may=False)
    await expect(page.locator(".commands")).to_have_count(0)
