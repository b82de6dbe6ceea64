"""The graphql-ws client of JavaScript against a gateway."""

import asyncio
import os
from pathlib import Path

import pytest

from omniroute.kit.json import loads
from tests.gateways import RunningGateway
from tests.node import installed

_HERE = Path(__file__).parent / "js"


async def test_the_javascript_client_asks_and_follows(gateway: RunningGateway) -> None:
    packages = await asyncio.to_thread(installed, _HERE)
    if isinstance(packages, str):
        pytest.skip(packages)
    environment = {
        **os.environ,
        "GRAPHQL_URL": gateway.url.replace("http", "ws", 1) + "/graphql",
        "GRAPHQL_KEY": gateway.admin_key,
    }
    process = await asyncio.create_subprocess_exec(
        "node", "--input-type=module", "-e", (_HERE / "drive.mjs").read_text(encoding="utf-8"),
        cwd=packages, env=environment, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    async with asyncio.timeout(30):
        told = [loads(await process.stdout.readline()) for _ in range(2)]
        await gateway.chat("demo/echo")
        told += [loads(line) for line in (await process.stdout.read()).splitlines()]
        await process.wait()
    health, snapshot, news, refused = told
    assert health == {"data": {"health": {"status": "HEALTHY"}}}
    assert snapshot["data"]["requestFeed"]["snapshot"]
    assert {one["model"] for one in news["data"]["requestFeed"]["requests"]} == {"demo/echo"}
    assert refused == {"refused": ["bad_document"]}
