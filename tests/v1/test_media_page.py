"""The examples of docs/media.md, run by a shell as they stand there."""

import asyncio
import os
import re
from pathlib import Path

from tests.gateways import RunningGateway

PAGE = Path(__file__).parents[2] / "docs" / "media.md"
EXAMPLES = re.findall(r"```sh\n(.*?)```\n\n```output\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


async def test_every_example_of_the_page_says_what_the_page_says(gateway: RunningGateway, tmp_path: Path) -> None:
    assert len(EXAMPLES) == PAGE.read_text(encoding="utf-8").count("```sh")
    variables = {
        "OMNI": gateway.url,
        "KEY": f"Authorization: Bearer {gateway.key}",
        "ADMIN": f"Authorization: Bearer {gateway.admin_key}",
    }
    for script, wanted in EXAMPLES:
        process = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", script, cwd=tmp_path, env={**os.environ, **variables},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
        told = output.decode().replace("}{", "}\n{").replace("}1\n", "}\n1\n").strip()
        assert told == wanted.strip(), script
