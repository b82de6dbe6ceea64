"""The script in docs/api.md, run as it is printed."""

import asyncio
import os
import re
from pathlib import Path

from tests.gateways import RunningGateway

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


async def test_the_script_runs_as_printed(gateway: RunningGateway, tmp_path: Path) -> None:
    found = re.search(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    script = tmp_path / "script.sh"
    script.write_text(found[1], encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-o", "pipefail", str(script),
        env={**os.environ, "URL": gateway.url, "ADMIN_KEY": gateway.admin_key, "NO_PROXY": "*"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert '"valid":true' in output.decode()
    assert "Hello" in output.decode()
