"""What runs by the clock and what was done by whom, at the dashboard, as it happens."""

from playwright.async_api import expect

from tests.browser.conftest import Dashboard


async def test_a_job_is_planned_switched_off_and_started_by_hand(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/jobs")
    job = page.locator(".job", has_text="sign-ins")
    await job.get_by_role("button", name="Run sign-ins now").click()
    await expect(job).to_contain_text("started by hand")
    await expect(page.locator(".job-run", has_text="sign-ins").first).to_contain_text("Done")
    await job.get_by_role("button", name="Schedule of sign-ins").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Schedule").fill("whenever")
    await form.get_by_role("button", name="Save").click()
    await expect(form.locator(".q-field--error")).to_contain_text("write a span")
    await form.get_by_label("Schedule").fill("3h")
    await form.get_by_role("button", name="Save").click()
    await expect(job).to_contain_text("3h")
    await job.get_by_role("switch").click()
    await expect(job).to_contain_text("off")


async def test_changes_stand_in_the_audit_log_with_what_differed(dashboard: Dashboard) -> None:
    page = dashboard.page
    await dashboard.sign_in()
    await dashboard.open("/audit")
    await expect(page.locator(".audit").first).to_be_visible()
    await dashboard.settled()
    await dashboard.in_page("PUT", "/api/retention", {"auditDays": 731})
    news = page.get_by_role("button", name="new entries")
    await expect(news).to_be_visible()
    await news.click()
    entry = page.locator(".audit", has_text="retention").first
    await entry.get_by_role("button").first.click()
    await expect(entry.locator(".audit-changes")).to_contain_text("731")
    await expect(entry).to_contain_text("REST")
    await page.get_by_role("button", name="Check the log").click()
    await expect(page.get_by_text("The log is whole")).to_be_visible()
    await page.get_by_label("Action, in full").fill("nothing.like.this")
    await expect(page.get_by_text("Nothing of that kind")).to_be_visible()
