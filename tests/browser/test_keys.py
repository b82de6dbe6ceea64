"""Keys at the dashboard: a text that is shown once, limits, a budget, a new text, the end."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO


async def test_a_key_is_made_limited_renewed_and_revoked(dashboard: Dashboard) -> None:
    page, http = dashboard.page, dashboard.serving.http
    await dashboard.sign_in()
    await dashboard.open("/keys")
    await expect(page.get_by_text("No key yet")).to_be_visible()
    form = page.locator("form.form")
    await page.get_by_role("button", name="New key").first.click()
    await form.get_by_role("button", name="Create").click()
    await expect(form).to_contain_text("name must have 1 to 200 characters")
    await form.get_by_label("Name").fill("Laptop")
    await form.get_by_role("button", name="Create").click()

    fresh = page.locator(".fresh")
    await expect(fresh).to_contain_text("The key Laptop is ready")
    text = await fresh.locator(".code span").first.inner_text()
    assert re.fullmatch(r"sk-omni-\S{20,}", text)
    await expect(page.locator(".q-tab-panel .code")).to_contain_text(text)
    answer = await http.post(dashboard.url + CHAT, json=HELLO, headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    await page.get_by_role("button", name="I have kept it").click()
    await expect(fresh).to_have_count(0)
    assert text not in await page.content()

    row = page.locator(".key", has_text="Laptop")
    await row.get_by_label("Edit").click()
    await form.get_by_text("Limits").click()
    await form.get_by_label("Requests a minute").fill("60")
    await form.get_by_label("Models it may use").fill("demo/*")
    await form.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("60 requests/min")
    await expect(row).to_contain_text("demo/*")
    await row.get_by_label("Set a budget").click()
    await form.get_by_label("At most").fill("5")
    await form.get_by_role("button", name="Save").click()
    await expect(row.locator(".budget")).to_contain_text("$0.00 / $5.00")

    await row.get_by_label("New text").click()
    await form.get_by_role("button", name="New text").click()
    renewed = await fresh.locator(".code span").first.inner_text()
    assert renewed != text
    await expect(row).to_contain_text("old text until")

    await row.get_by_label("Revoke").click()
    await dashboard.confirm("Revoke")
    await expect(row).to_have_count(0)
