"""A provider's embeddings in OpenAI's shape: which words a text has, and nothing of what they mean."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_SILENT = frozenset(["how", "what", "is", "the", "do", "i", "my", "can", "please", "a", "to", "not"])
_LENGTH = 256


@dataclass(kw_only=True)
class EmbeddingServer:
    """`texts` are those that were asked for; `status` is what it answers with."""

    url: str = ""
    status: int = 200
    texts: list[str] = field(default_factory=list)
    words: dict[str, int] = field(default_factory=dict)

    async def embed(self, request: Request) -> JSONResponse:
        body: dict[str, Any] = await request.json()
        self.texts.append(body["input"])
        vector = [0.0] * _LENGTH
        for word in re.findall(r"\w+", body["input"].lower()):
            if word not in _SILENT:
                vector[self.words.setdefault(word, len(self.words)) % _LENGTH] += 1.0
        told = {"object": "list", "model": body["model"], "data": [{"index": 0, "embedding": vector}]}
        return JSONResponse(told, status_code=self.status)


@asynccontextmanager
async def embedding_server() -> AsyncIterator[EmbeddingServer]:
    """Serve until the block ends."""
    made = EmbeddingServer()
    app = Starlette(routes=[Route("/v1/embeddings", made.embed, methods=["POST"])])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.get_running_loop().create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.005)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield made
    finally:
        server.should_exit = True
        await task
