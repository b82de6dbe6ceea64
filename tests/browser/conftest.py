"""A real browser on a real gateway process; an error on the browser's console fails the test."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.commands.programs import Installation, Serving

PASSWORD = "correct horse battery"
# How long a page may take on a busy machine.
PATIENCE_MS = 45_000
expect.set_options(timeout=PATIENCE_MS)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

_Shared = tuple[Path, str, Serving]
_SETTLED = """() => new Promise((done) => {
  let quiet = setTimeout(finish, 400);
  const seen = new MutationObserver(() => { clearTimeout(quiet); quiet = setTimeout(finish, 400); });
  function finish() { seen.disconnect(); done(); }
  seen.observe(document.querySelector("#content"), {childList: true, subtree: true});
})"""


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
    """A gateway process, and a browser window on its dashboard. `faults`: what the console and pages complained of.

    `home` is the home folder that the process sees.
    """

    url: str
    home: Path
    serving: Serving
    page: Page
    faults: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        """Go to a page of the dashboard."""
        await self.page.goto(f"{self.url}/dashboard{path}")
        await self.page.wait_for_selector(".page h1")

    async def in_page(self, method: str, path: str, body: dict[str, object]) -> None:
        """Send a request to the management API as whoever is signed in."""
        answer = await self.page.context.request.fetch(f"{self.url}{path}", method=method, data=body)
        assert answer.ok, await answer.text()

    async def settled(self) -> None:
        """Wait until the page that is shown has stopped changing."""
        await self.page.evaluate(_SETTLED)

    async def sign_in(self) -> None:
        """Sign in at the page that is shown."""
        await self.page.fill("#password", PASSWORD)
        await self.page.click("#go")
        await self.page.wait_for_selector(".page h1")

    async def confirm(self, words: str) -> None:
        """Say yes in the question that comes up."""
        await self.page.get_by_role("dialog").get_by_role("button", name=words, exact=True).click()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[_Shared]:
    """A gateway process for all tests that leave what others look at as it is: its home, address and process."""
    home = tmp_path_factory.mktemp("shared")
    async with Installation(home=home).serving("serve", INITIAL_PASSWORD=PASSWORD) as serving:
        yield home, await serving.ready(), serving


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(browser: Browser, shared: _Shared) -> AsyncIterator[Dashboard]:
    """The shared gateway's dashboard at its sign-in page, in a window that remembers nothing."""
    async with _window(browser, *shared) as shown:
        yield shown


@pytest_asyncio.fixture(loop_scope="session")
async def own_dashboard(browser: Browser, tmp_path: Path) -> AsyncIterator[Dashboard]:
    """The same of a gateway that nobody used before, and that may be ended."""
    async with (
        Installation(home=tmp_path).serving("serve", INITIAL_PASSWORD=PASSWORD) as serving,
        _window(browser, tmp_path, await serving.ready(), serving) as shown,
    ):
        yield shown


@asynccontextmanager
async def _window(browser: Browser, home: Path, url: str, serving: Serving) -> AsyncIterator[Dashboard]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    # Whoever was welcomed once begins at home.
    await context.add_cookies([{"name": "omniroute_welcomed", "value": "yes", "url": url}])
    shown = Dashboard(home=home, url=url, serving=serving, page=page)
    page.on("console", lambda one: shown.faults.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: shown.faults.append(str(one)))
    await page.goto(f"{url}/dashboard/")
    yield shown
    await context.close()
    assert shown.faults == []
