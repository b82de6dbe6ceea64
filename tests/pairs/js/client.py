"""The JavaScript SDKs as clients: one Node process, asked over its standard input.

Where the packages can't be had the tests that need them are skipped.
"""

import asyncio
import base64
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from omniroute.formats.hub import Format
from tests.node import installed
from tests.pairs.talk import Ask, Heard, Instruction, Json, Picture, Refused, Results, ToolCall, Turn, Usage, User

_HERE = Path(__file__).parent
_ANSWER_S = 20
_LIMIT = 32 * 1024 * 1024


class Node:
    """The running process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, client: str, ask: Ask) -> Any:
        """Send one question and wait for what was heard."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"client": client, "ask": _spelled(ask)}).encode() + b"\n")
        async with asyncio.timeout(_ANSWER_S):
            line = await self._process.stdout.readline()
        assert line, "the Node process ended"
        return json.loads(line)

    async def stop(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()


class NodeClient:
    """One JavaScript SDK."""

    def __init__(self, node: Node, form: Format) -> None:
        self.format = form
        self.name = f"js-{form.value}"
        self._node = node

    async def ask(self, ask: Ask) -> Heard | Refused:
        """Ask and hear the answer to its end."""
        told = await self._node.ask(self.format.value, ask)
        if "refused" in told:
            return Refused(**told["refused"])
        heard = told["heard"]
        usage = heard.pop("usage", None)
        calls = tuple(ToolCall(**call) for call in heard.pop("calls"))
        return Heard(**heard, calls=calls, usage=Usage(**usage) if usage else None)


async def start_node(url: str, key: str) -> Node:
    """Start the process, or skip the test where there is none to start."""
    packages = await asyncio.to_thread(installed, _HERE)
    if isinstance(packages, str):
        pytest.skip(packages)
    environment = {**os.environ, "PAIRS_URL": url, "PAIRS_KEY": key}
    process = await asyncio.create_subprocess_exec(
        "node", "--input-type=module", "-e", (_HERE / "drive.mjs").read_text(),
        cwd=packages, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=_LIMIT,
    )  # fmt: skip
    return Node(process)


# ── spelling ────────────────────────────────────────────────────────────────────────────────────────────────────


def _spelled(ask: Ask) -> Json:
    return {
        "model": ask.model,
        "turns": [_turn(turn) for turn in ask.turns],
        "system": ask.system,
        "tools": [{"name": tool.name, "description": tool.description, "schema": tool.schema} for tool in ask.tools],
        "choice": ask.choice,
        "schema": ask.schema,
        "effort": ask.effort,
        "budget": ask.budget,
        "stop": list(ask.stop),
        "max_tokens": ask.max_tokens,
        "stream": ask.stream,
        "headers": dict(ask.headers),
    }


def _turn(turn: Turn) -> Json:
    match turn:
        case User():
            return {"kind": "user", "text": turn.text, "pictures": [_picture(picture) for picture in turn.pictures]}
        case Instruction():
            return {"kind": "instruction", "text": turn.text}
        case Heard():
            return {"kind": "heard", "native": turn.native}
        case Results():
            return {
                "kind": "results",
                "results": [
                    {
                        "call": {"id": result.call.id, "name": result.call.name},
                        "text": result.text,
                        "failed": result.failed,
                        "picture": result.picture and _picture(result.picture),
                    }
                    for result in turn.results
                ],
            }


def _picture(picture: Picture) -> Mapping[str, str]:
    if picture.url:
        return {"url": picture.url, "media_type": picture.media_type}
    return {"data": base64.b64encode(picture.data).decode(), "media_type": picture.media_type}
