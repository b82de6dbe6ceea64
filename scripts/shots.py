"""Take the pictures of docs/dashboard.md: `python -m scripts.shots`. Needs Chromium; starts a demonstration itself."""

import asyncio
import os
import re
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

TARGET = Path(__file__).parent.parent / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A page to take, and how many seconds it has to fill with life."""

    path: str
    is_dark: bool = False
    wait_s: float = 3.0

    @property
    def file(self) -> str:
        """The picture's name."""
        return f"{self.path.strip('/') or 'home'}-{'dark' if self.is_dark else 'light'}.png"


SHOTS = (
    Shot(path="/", wait_s=12.0),
    Shot(path="/live", is_dark=True),
    Shot(path="/providers"),
    Shot(path="/combos", is_dark=True),
    Shot(path="/analytics"),
    Shot(path="/logs", is_dark=True),
)


def main() -> int:
    """Take them all."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write("There is no Chromium here: install the package chromium.\n")
        return 1
    asyncio.run(_take(browser))
    return 0


async def _take(executable: str) -> None:
    password = secrets.token_urlsafe(12)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "omniroute",
        "demo",
        "--traffic",
        "--port",
        "20179",
        env={"PATH": os.defpath, "INITIAL_PASSWORD": password, "LOG_FORMAT": "json"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        url = await _address(process)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            TARGET.mkdir(parents=True, exist_ok=True)
            for shot in SHOTS:
                await _shoot(browser, url, password, shot)
            await browser.close()
    finally:
        process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Return where the demonstration listens."""
    assert process.stderr is not None  # noqa: S101 - it is a pipe
    while line := await process.stderr.readline():
        if found := re.search(rb"Dashboard:\s+(http://[^/]+)", line):
            return found[1].decode()
    raise SystemExit("the demonstration did not start")


async def _shoot(browser: Browser, url: str, password: str, shot: Shot) -> None:
    context = await browser.new_context(
        viewport={"width": 1200, "height": 760}, color_scheme="dark" if shot.is_dark else "light"
    )
    page: Page = await context.new_page()
    await page.goto(f"{url}/dashboard/sign-in?next=/dashboard{shot.path}")
    await page.fill("#password", password)
    await page.click("#go")
    await page.wait_for_selector(".page h1")
    await asyncio.sleep(shot.wait_s)
    await page.screenshot(path=TARGET / shot.file)
    sys.stdout.write(f"docs/images/{shot.file}\n")
    await context.close()


if __name__ == "__main__":
    sys.exit(main())
