"""One gateway with fakes of all that is no chat, shared by the tests of a module."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest
import pytest_asyncio

from omniroute.storage.rows import RequestRow
from tests.fakes import media
from tests.fakes.media import AssemblyAI, MediaFake, Picturer
from tests.gateways import GatewayMaker, Installation, RunningGateway

MOST_BYTES = 8 * 1024 * 1024  # of a form


@dataclass(kw_only=True)
class MediaBench:
    """The gateway, its upstreams by the names of their providers, and OpenAI's client."""

    gateway: RunningGateway
    sdk: openai.AsyncOpenAI
    fakes: dict[str, MediaFake] = field(default_factory=dict)
    assemblyai: AssemblyAI = field(default_factory=AssemblyAI)
    picturer: Picturer = field(default_factory=Picturer)
    rows: int = 0

    async def connect(self, provider: str, fake: MediaFake, path: str, **more: object) -> str:
        """Connect a provider of the catalogue to a fake that lies below `path`."""
        self.fakes[provider] = fake
        body = {
            "provider": provider,
            "name": provider,
            "apiKey": fake.key,
            "baseUrl": fake.base_url + path,
            "local": True,
            **more,
        }
        made = await self.gateway.admin("POST", "/api/providers", body)
        connection_id: str = made["connection"]["id"]
        return connection_id

    async def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Post to the gateway, with a client's key."""
        headers = {**self.gateway.auth, **more.pop("headers", {})}
        return await self.gateway.http.post(self.gateway.url + path, json=body, headers=headers, **more)

    async def row(self) -> RequestRow:
        """Return the record of the request that ended last."""
        self.rows += 1
        return (await self.gateway.rows(self.rows))[0]

    async def forget(self) -> None:
        """Begin a test as if nothing had been asked."""
        self.gateway.gateway.plane.cooling.reset()
        await self.gateway.gateway.plane.flush()
        self.rows = len(await self.gateway.gateway.stores.usage.recent(1000))
        self.assemblyai.error, self.assemblyai.looks = None, 1
        for fake in self.fakes.values():
            fake.faults.clear()
            fake.requests.clear()


_AT = {
    "openai": ("/v1", media.openai),
    "groq": ("/v1", media.openai),
    "deepgram": ("/v1", media.deepgram),
    "gemini": ("/v1beta", media.gemini),
    "cohere": ("/compatibility/v1", media.ranker),
    "jina": ("/v1", media.ranker),
    "voyage": ("/v1", media.ranker),
}
_PICTURES = {
    "together": "/v1",
    "xai": "/v1",
    "nebius": "/v1",
    "fireworks": "/v1",
    "hyperbolic": "/v1",
    "sdwebui": "",
    "comfyui": "",
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_media(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[MediaBench]:
    """The parts that stay up from test to test."""
    async with AsyncExitStack() as stack:
        make = GatewayMaker(installation, tmp_path_factory.mktemp("media"), stack)
        gateway = await make(max_upload_bytes=MOST_BYTES)
        sdk = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0)
        stack.push_async_callback(sdk.close)
        bench = MediaBench(gateway=gateway, sdk=sdk)
        for provider, (path, respond) in _AT.items():
            await bench.connect(provider, await stack.enter_async_context(MediaFake(respond)), path)
        await bench.connect("assemblyai", await stack.enter_async_context(MediaFake(bench.assemblyai)), "/v2")
        pictures = await stack.enter_async_context(MediaFake(bench.picturer))
        bench.picturer.place = pictures.base_url
        for provider, path in _PICTURES.items():
            await bench.connect(provider, pictures, path)
        node = await bench.gateway.node(bench.fakes["openai"], "mine")
        body = {"provider": node, "name": "mine", "apiKey": bench.fakes["openai"].key}
        await bench.gateway.admin("POST", "/api/providers", body)
        yield bench


@pytest_asyncio.fixture(loop_scope="session")
async def bench(shared_media: MediaBench) -> MediaBench:
    """The shared parts, with nothing asked yet and nothing wrong."""
    await shared_media.forget()
    return shared_media
