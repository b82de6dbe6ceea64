"""A real browser on a real gateway process; an error on the browser's console fails the test."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.commands.programs import Installation, Serving

PASSWORD = "correct horse battery"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests share one loop, as the browser that they share lives in it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A browser, where this machine has one."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium here: install the package chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        await opened.close()


@dataclass(kw_only=True)
class Dashboard:
    """A gateway process, and a browser window on its dashboard. `faults`: what the console and pages complained of."""

    url: str
    serving: Serving
    page: Page
    faults: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        """Go to a page of the dashboard."""
        await self.page.goto(f"{self.url}/dashboard{path}")
        await self.page.wait_for_selector(".page h1")

    async def sign_in(self) -> None:
        """Sign in at the page that is shown."""
        await self.page.fill("#password", PASSWORD)
        await self.page.click("#go")
        await self.page.wait_for_selector(".page h1")

    async def confirm(self, words: str) -> None:
        """Say yes in the question that comes up."""
        await self.page.get_by_role("dialog").get_by_role("button", name=words, exact=True).click()


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(browser: Browser, tmp_path: Path) -> AsyncIterator[Dashboard]:
    """A dashboard at its sign-in page."""
    installation = Installation(home=tmp_path)
    async with installation.serving("serve", INITIAL_PASSWORD=PASSWORD) as serving:
        url = await serving.ready()
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        # Whoever was welcomed once begins at home.
        await page.context.add_cookies([{"name": "omniroute_welcomed", "value": "yes", "url": url}])
        shown = Dashboard(url=url, serving=serving, page=page)
        page.on("console", lambda one: shown.faults.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: shown.faults.append(str(one)))
        await page.goto(f"{url}/dashboard/")
        yield shown
        await page.close()
        assert shown.faults == []
