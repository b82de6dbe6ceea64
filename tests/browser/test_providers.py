"""Providers at the dashboard: an endpoint of one's own, its models, a test, the order; and backups."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Dashboard
from tests.commands.programs import CHAT, HELLO


async def test_an_endpoint_is_made_tried_ordered_and_deleted(own_dashboard: Dashboard) -> None:
    dashboard = own_dashboard
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/providers")
    demo = page.locator(".connection", has_text="Demo")
    await demo.get_by_label("Test with a real call").click()
    await expect(demo.get_by_role("status")).to_contain_text("Works")

    await page.get_by_role("button", name="Add an endpoint").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=True).fill("Shelf")
    await form.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    await form.get_by_label("Prefix").fill("shelf")
    await form.get_by_role("button", name="Create").click()
    await expect(form.locator(".q-field--error")).to_contain_text("local")
    await form.get_by_text("The address may lie in a private network").click()
    await form.get_by_role("button", name="Try it").click()
    await expect(form.get_by_role("status")).to_contain_text("Nobody answers")
    await form.get_by_role("button", name="Create").click()
    await expect(page.locator(".line", has_text="shelf/…")).to_contain_text("1 connection")

    names = page.locator(".connection .strong")
    await expect(names).to_have_count(2)
    await page.locator(".connection").nth(1).get_by_label("Move up").press("Enter")
    await expect(names.first).to_have_text("Shelf")
    await page.locator(".undo").get_by_role("button", name="Undo").click()
    await expect(names.first).to_have_text("Demo")

    await page.locator(".connection", has_text="Shelf").get_by_label("Models").click()
    models = page.get_by_role("dialog")
    await models.get_by_label("Model, as the provider calls it").fill("books-1")
    await models.get_by_role("button", name="Add", exact=True).click()
    await expect(models.locator(".models")).to_contain_text("books-1")
    await models.get_by_role("button", name="Close").click()

    await page.locator(".line", has_text="shelf/…").get_by_label("Delete").click()
    await dashboard.confirm("Delete")
    await expect(names).to_have_text(["Demo"])


async def test_a_backup_is_made_checked_restored_and_deleted(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/backups")
    await expect(page.get_by_text("No backup yet")).to_be_visible()
    await page.get_by_role("button", name="Back up now").first.click()
    line = page.locator(".backup", has_text="By hand")
    await expect(line).to_contain_text(re.compile(r"[1-9] connections"))
    await line.get_by_label("Check").click()
    await expect(page.get_by_text("can be restored")).to_be_visible()
    assert (await dashboard.serving.http.post(dashboard.url + CHAT, json=HELLO)).status_code == 200
    await line.get_by_label("Restore").click()
    await dashboard.confirm("Restore")
    await expect(page.get_by_text("What was there before is kept as")).to_be_visible()
    await expect(page.locator(".backup", has_text="Before a restore")).to_have_count(1)
    await line.get_by_label("Delete").click()
    await dashboard.confirm("Delete")
    await expect(line).to_have_count(0)
