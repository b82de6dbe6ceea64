"""What an operator looks up and sets at the dashboard: logs, costs, settings; in a real browser."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO


async def _call(dashboard: Dashboard, model: str = "demo/echo") -> int:
    answer = await dashboard.serving.http.post(dashboard.url + CHAT, json={**HELLO, "model": model})
    return answer.status_code


async def test_requests_are_filtered_announced_and_explained(own_dashboard: Dashboard) -> None:
    dashboard = own_dashboard
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/logs")
    await expect(page.get_by_text("No request yet")).to_be_visible()
    assert await _call(dashboard) == 200
    assert await _call(dashboard, "nobody/knows") == 404
    news = page.get_by_role("button", name="new request")
    await expect(news).to_be_visible()
    await expect(page.locator("tbody tr")).to_have_count(0)
    await news.click()
    row = page.locator("tbody tr", has_text="demo/echo")
    await expect(row).to_contain_text("OK")
    await page.get_by_label("State").click()
    await page.get_by_role("option", name="OK").click()
    await expect(page).to_have_url(re.compile("outcome=ok"))
    await page.reload()
    await expect(page.locator("tbody tr")).to_have_count(1)
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Export this page").click()
        await page.get_by_text("CSV").click()
    assert "demo/echo" in (await (await saved.value).path()).read_text()
    await row.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("demo/echo")
    await expect(page.locator(".try")).to_contain_text("Answered")
    await expect(page.get_by_text("Why it went there")).to_be_visible()


async def test_budgets_and_prices_are_set(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/costs")
    await page.get_by_role("button", name="Set a budget").first.click()
    form = page.locator("form.form")
    await form.get_by_label("How much may be used").fill("5")
    await form.get_by_label("Warn at, in percent").fill("80, 400")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_contain_text("percentages from 1 to 100")
    await form.get_by_label("Warn at, in percent").fill("50, 90")
    await form.get_by_role("button", name="Save").click()
    await expect(page.locator(".bar-line", has_text="All calls together")).to_contain_text("$0.00 / $5.00")
    await page.get_by_placeholder("Search models").fill("gpt-4o-mini")
    line = page.locator(".line.price").first
    await expect(line).to_contain_text("gpt-4o-mini")
    await line.get_by_label("Edit").click()
    await form.get_by_label("Input", exact=True).fill("7.25")
    await form.get_by_role("button", name="Save").click()
    await expect(line).to_contain_text("$7.25")
    await expect(line).to_contain_text("Your own")
    await page.get_by_role("button", name="Reckon anew").click()
    await form.get_by_role("button", name="Reckon anew").click()
    await expect(page.get_by_text("Reckoned anew")).to_be_visible()


async def test_settings_are_saved_and_errors_stand_at_their_fields(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/settings/limits")
    panel = page.locator("form.panel").first
    await panel.get_by_label("They wait at most (ms)").fill("0")
    await panel.get_by_role("button", name="Save").click()
    await expect(panel.locator(".q-field--error")).to_contain_text("queueTimeoutMs")
    await panel.get_by_label("They wait at most (ms)").fill("2500")
    await panel.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved")).to_be_visible()
    await page.reload()
    await expect(panel.get_by_label("They wait at most (ms)")).to_have_value("2500")
    await _call(dashboard)
    await page.get_by_role("link", name="Policies").click()
    await page.get_by_role("button", name="Add a policy").click()
    form = page.locator("form.form-large")
    await form.get_by_label("Name", exact=True).fill("No echo")
    await form.get_by_label("Models").fill("demo/*")
    await form.get_by_text("Refuse", exact=True).click()
    await form.get_by_role("button", name="Try on the last requests").click()
    await expect(form).to_contain_text("would have been refused")
    await form.get_by_role("button", name="Save").click()
    await expect(page.locator("div.line", has_text="No echo")).to_contain_text("Shadow")
    assert await _call(dashboard) == 200


async def test_narrow_pages_fit_and_the_navigation_closes_after_use(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/logs", "/analytics", "/costs", "/health", "/settings/resilience", "/settings/policies"):
        await dashboard.open(path)
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    await page.get_by_label("Menu").first.click()
    link = page.get_by_role("link", name="Health")
    await expect(link).to_be_in_viewport()
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Health")
    await expect(link).not_to_be_in_viewport()


async def test_a_banner_tells_that_the_gateway_is_gone(own_dashboard: Dashboard) -> None:
    dashboard = own_dashboard
    page = dashboard.page
    await dashboard.sign_in()
    banner = page.get_by_role("alert").filter(has_text="The connection to the gateway is lost")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    await expect(banner).to_be_hidden()
    dashboard.serving.stop()
    await dashboard.serving.ended()
    await expect(banner).to_be_visible()
    dashboard.faults.clear()  # the browser itself tells of the lost socket
