"""Every command of docs/resilience.md runs as printed, in its order, and answers as the comments behind it say."""

import asyncio
import re
from pathlib import Path

from tests.gateways import GatewayMaker

PAGE = Path(__file__).parents[2] / "docs" / "resilience.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:\\\.\d+)?")


def steps() -> list[tuple[str, list[str]]]:
    """Return the commands, each with what the comments behind it say of its answer; the first block sets names."""
    found: list[tuple[str, list[str]]] = []
    for block in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))[1:]:
        for text in block.split("\n\n"):
            start = text.index("curl")
            command, *told = re.split(r"^# ", text[start:], flags=re.MULTILINE)
            found.append((command, told))
    return found


def pattern(told: list[str]) -> list[str]:
    """Return patterns of what must stand in the answer: all but what is left out, and what differs each time."""
    parts = [part for line in told for part in line.split("…")]
    return [_NUMBER.sub(r"[0-9.]+", re.escape(re.sub(r"\s+", "", part))) for part in parts if part.strip()]


async def test_the_page_says_what_happens(gateways: GatewayMaker) -> None:
    gateway = await gateways(require_api_key=False)
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "OMNI": gateway.url,
        "ADMIN": gateway.admin_key,
        "JSON": "content-type: application/json",
    }
    for command, told in steps():
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, f"{command}\n{err.decode()}"
        answer = re.sub(r"\s+", "", out.decode())
        for wanted in pattern(told):
            assert re.search(wanted, answer), f"{command}\n{wanted}\n{out.decode()}"
        assert told or '"error"' not in answer, f"{command}\n{answer}"
    assert len(steps()) == 9
