"""What an operator does at the dashboard, in a real browser."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO


async def test_signing_in_leads_to_the_page_that_was_asked_for(dashboard: Dashboard) -> None:
    page = dashboard.page
    assert "/dashboard/sign-in" in page.url
    await page.goto(f"{dashboard.url}/dashboard/endpoint")
    await dashboard.sign_in()
    assert page.url.endswith("/dashboard/endpoint")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Endpoint")


async def test_a_request_shows_up_while_one_watches(own_dashboard: Dashboard) -> None:
    dashboard = own_dashboard
    await dashboard.sign_in()
    await dashboard.open("/live")
    await expect(dashboard.page.get_by_text("No request yet")).to_be_visible()
    answer = await dashboard.serving.http.post(dashboard.url + CHAT, json=HELLO)
    assert answer.status_code == 200
    await expect(dashboard.page.locator("tbody tr", has_text="demo/echo")).to_contain_text("OK")


async def test_a_provider_is_connected_changed_and_deleted(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/providers")
    await page.locator("button.tile", has_text="Mistral").click()
    form = page.locator("form.form")
    await expect(form.get_by_label("Name")).to_have_value("Mistral")
    await form.get_by_label("Name").fill("")
    await form.get_by_role("button", name="Connect").click()
    await expect(form).to_contain_text(re.compile("name", re.IGNORECASE))
    await form.get_by_label("Name").fill("Team account")
    await form.get_by_label("API key").fill("mistral-key-0123456789")
    await form.get_by_role("button", name="Connect").click()
    line = page.locator(".connection", has_text="Team account")
    await expect(line).to_contain_text("Ready")
    assert "mistral-key-0123456789" not in await page.content()
    await line.get_by_label("Delete").click()
    await dashboard.confirm("Delete")
    await expect(line).to_have_count(0)


async def test_dark_and_language_are_remembered(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await page.get_by_label("Light, dark or as the system").click()
    await page.get_by_label("Light, dark or as the system").click()
    await expect(page.locator("body")).to_have_class(re.compile("body--dark"))
    await page.reload()
    await expect(page.locator("body")).to_have_class(re.compile("body--dark"))
    await page.get_by_label("Language").click()
    await page.get_by_text("Deutsch").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Übersicht")


async def test_a_narrow_screen_shows_every_page_without_scrolling_sideways(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/live", "/providers", "/combos", "/combos/new", "/keys", "/endpoint", "/playground", "/welcome"):
        await dashboard.open(path)
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


async def test_nobody_gets_in_without_the_cookie(dashboard: Dashboard) -> None:
    http = dashboard.serving.http
    for path in ("/dashboard/", "/dashboard/live", "/dashboard/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
        answer = await http.get(dashboard.url + path)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/dashboard/sign-in")
    await dashboard.page.get_by_label("Password").fill("wrong password")
    async with dashboard.page.expect_response("**/api/auth/login") as refused:
        await dashboard.page.click("#go")
    assert (await refused.value).status == 401
    await expect(dashboard.page.get_by_role("alert")).not_to_be_empty()
    dashboard.faults.clear()  # the browser itself tells of the 401
