"""Every curl of docs/backups.md and docs/sync.md runs as printed, in its order, on one gateway."""

import asyncio
import os
import re
from pathlib import Path

from tests.fakes.object_server import TOKEN, object_server
from tests.gateways import RunningGateway

DOCS = Path(__file__).parents[2] / "docs"
# Where the page tells a reader to set these, the test has its own.
_OWN = re.compile(r"^(OMNI|ADMIN)=.*$", re.MULTILINE)


def script(page: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    blocks = [one for one in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "curl" in one]
    return _OWN.sub("", "\n".join(blocks))


async def run(text: str, folder: Path, **more: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-o", "pipefail", "-c", text,
        cwd=folder, env={**os.environ, "NO_PROXY": "*", **more},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_the_page_on_backups_and_the_one_on_sync_run_as_printed(gateway: RunningGateway, tmp_path: Path) -> None:
    told = await run(script("backups.md"), tmp_path, OMNI=gateway.url, ADMIN=gateway.admin_key)
    for word in ('"intervalHours":6', '"imported":true', '"created":true', '"restored":true', '"faults":[]'):
        assert word in told
    async with object_server("https") as server:
        more = {
            "OMNI": gateway.url,
            "ADMIN": gateway.admin_key,
            "REMOTE": f"{server.url}/configuration",
            "TOKEN": TOKEN,
        }
        told = await run(script("sync.md"), tmp_path, **more)
        assert server.objects == {}
    for word in ('"initialized":true', '"message":"sync is enabled"', '"connected":true', '"conflicts":[]'):
        assert word in told
