"""Every command of docs/policies.md runs as printed, in its order, and answers as printed."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.gateways import RunningGateway

PAGE = Path(__file__).parents[2] / "docs" / "policies.md"
_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps() -> list[tuple[str, str | None]]:
    """Return the commands, each with what it answers where that is printed right behind."""
    found: list[tuple[str, str | None]] = []
    for kind, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "sh":
            found.append((text, None))
        else:
            command, told = found.pop()
            assert told is None, text
            found.append((command, text))
    return found


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.slow
async def test_the_page_says_what_happens(gateway: RunningGateway) -> None:
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "OMNI": gateway.url,
        "ADMIN": f"Authorization: Bearer {gateway.admin_key}",
        "KEY": f"Authorization: Bearer {gateway.key}",
        "JSON": "Content-Type: application/json",
    }
    ran = 0
    for command, told in steps():
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        answer = out.decode()
        assert process.returncode == 0, f"{command}\n{err.decode()}"
        if told is None:
            assert '"error"' not in answer, f"{command}\n{answer}"
        else:
            pattern = ".*".join(re.escape(part) for part in squeezed(told).split("…"))
            assert re.fullmatch(pattern, squeezed(answer)), f"{command}\n{answer}"
        ran += 1
    assert ran == 15
