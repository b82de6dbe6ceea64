"""A whole gateway on a random loopback port, in this process, with a database of its own; and how tests set it up."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from omniroute.app import Gateway
from omniroute.formats.hub import Format
from omniroute.kit.settings import Environment, Settings
from omniroute.services.keys import KeyDraft, Scope
from omniroute.storage.migrate import migrate
from omniroute.storage.rows import RequestRow
from omniroute.storage.secrets import load_sealer
from tests.databases import run_apart
from tests.fakes.upstream import FakeUpstream

_DEFAULTS: dict[str, Any] = {"require_api_key": True, "discover_local": False}
API_TYPES = {
    Format.OPENAI_CHAT: "chat",
    Format.OPENAI_RESPONSES: "responses",
    Format.ANTHROPIC: "anthropic",
    Format.GEMINI: "gemini",
    Format.OLLAMA: "ollama",
}


@dataclass(kw_only=True)
class RunningGateway:
    """A gateway that serves. `key` is an inference key, `admin_key` an admin key, `http` a client without a key."""

    gateway: Gateway
    url: str
    key: str
    admin_key: str
    http: httpx.AsyncClient
    server: uvicorn.Server

    async def admin(self, method: str, path: str, body: object = None) -> Any:
        """Call the management API; fail on anything but a success."""
        headers = {"authorization": f"Bearer {self.admin_key}"}
        answer = await self.http.request(method, self.url + path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def node(self, fake: FakeUpstream, prefix: str) -> str:
        """Make a custom node for a fake; return its id."""
        api_type = API_TYPES[fake.format]
        body = {"name": prefix, "prefix": prefix, "apiType": api_type, "baseUrl": fake.api_url, "local": True}
        made = await self.admin("POST", "/api/provider-nodes", body)
        node_id: str = made["node"]["id"]
        return node_id

    async def connect(self, fake: FakeUpstream, prefix: str, *names: str, **more: object) -> list[str]:
        """Make a node for a fake and connections to it, in order of preference; return the connections' ids."""
        node_id = await self.node(fake, prefix)
        ids = []
        for priority, name in enumerate(names or ("main",), 1):
            body = {"provider": node_id, "name": name, "apiKey": fake.key, "priority": priority, **more}
            ids.append((await self.admin("POST", "/api/providers", body))["connection"]["id"])
        return ids

    async def chat(self, model: str, text: str = "Hello there", **more: object) -> httpx.Response:
        """Send an OpenAI chat request."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return await self.http.post(self.url + "/v1/chat/completions", json=body, headers=self.auth)

    @property
    def auth(self) -> dict[str, str]:
        """The headers of an AI client."""
        return {"authorization": f"Bearer {self.key}"}

    async def rows(self, count: int) -> list[RequestRow]:
        """Return the recorded requests, newest first, once there are `count`."""
        async with asyncio.timeout(5):
            while True:
                await self.gateway.plane.flush()
                rows = await self.gateway.stores.usage.recent(max(count, 1000))
                if len(rows) >= count:
                    return list(rows)
                await asyncio.sleep(0.01)

    async def rows_beyond(self, seen: Collection[str]) -> list[RequestRow]:
        """Return the recorded requests that are newer than all of `seen` (ids), once there is one."""
        async with asyncio.timeout(5):
            while True:
                rows = list(takewhile(lambda row: row.id not in seen, await self.rows(0)))
                if rows:
                    return rows
                await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The data folder of a gateway that was started once and stopped, to be copied; and its keys."""

    folder: Path
    keys: Mapping[Scope, str]


class GatewayMaker:
    """Starts gateways with other settings than the defaults; all stop with the test."""

    def __init__(self, template: Installation, folder: Path, stack: AsyncExitStack) -> None:
        self._template = template
        self._folder = folder
        self._stack = stack
        self._count = 0

    async def __call__(self, data_dir: Path | None = None, **settings: Any) -> RunningGateway:
        """Start a gateway; `data_dir` is that of an earlier one, to start it again."""
        if data_dir is None:
            self._count += 1
            data_dir = self._folder / f"gateway-{self._count}"
            shutil.copytree(self._template.folder, data_dir)
        chosen = Settings(data_dir=data_dir, port=0, **{**_DEFAULTS, **settings})
        return await self._stack.enter_async_context(_running(chosen, self._template.keys))


class _running:  # noqa: N801 - reads as the context it is
    """The life of one gateway."""

    def __init__(self, settings: Settings, keys: Mapping[Scope, str]) -> None:
        self._environment = _environment(settings)
        self._keys = keys

    async def __aenter__(self) -> RunningGateway:
        gateway = await Gateway.start(self._environment)
        await gateway.first_start()
        config = uvicorn.Config(
            gateway, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False, proxy_headers=False,
            ws="websockets-sansio", ws_max_size=1024 * 1024, ws_per_message_deflate=False, timeout_graceful_shutdown=2,
            timeout_keep_alive=60,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server._serve())
        async with asyncio.timeout(10):
            while not self._server.started:
                await asyncio.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self._http = httpx.AsyncClient(timeout=30, trust_env=False, verify=False)  # noqa: S501 - no TLS here; loading certificates takes time
        self._gateway = gateway
        return RunningGateway(
            gateway=gateway,
            url=f"http://127.0.0.1:{port}",
            key=self._keys[Scope.INFERENCE],
            admin_key=self._keys[Scope.ADMIN],
            http=self._http,
            server=self._server,
        )

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        self._server.should_exit = True
        await self._task
        await self._gateway.stop()


def _environment(settings: Settings) -> Environment:
    # Client tools' settings are those of this gateway, never those of whoever runs the tests.
    return Environment(settings=replace(settings, cli_config_home=settings.data_dir / "home"), provider_keys={})


async def _install(settings: Settings) -> Mapping[Scope, str]:
    """Start a gateway for the first time, make a key of each scope, and stop it."""
    await migrate(settings, load_sealer(settings))
    gateway = await Gateway.start(_environment(settings))
    await gateway.first_start()
    create = gateway.services.keys.create
    drafts = [KeyDraft(name=scope.value, scopes=frozenset({scope})) for scope in Scope]
    keys = {scope: (await create(draft)).secret.reveal() for scope, draft in zip(Scope, drafts, strict=True)}
    await gateway.stop()
    return keys


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What gateways begin with: the newest schema, what the first start makes, a key of each scope."""
    folder = tmp_path_factory.mktemp("template") / "data"
    folder.mkdir(mode=0o700)
    keys = run_apart(_install(Settings(data_dir=folder, **_DEFAULTS)))
    return Installation(folder=folder, keys=keys)


@pytest.fixture
async def gateways(installation: Installation, tmp_path: Path) -> AsyncIterator[GatewayMaker]:
    """Start gateways at will: `await gateways(heartbeat_s=0.2)`."""
    async with AsyncExitStack() as stack:
        yield GatewayMaker(installation, tmp_path, stack)


@pytest.fixture
async def gateway(gateways: GatewayMaker) -> RunningGateway:
    """A gateway with default settings that asks for keys."""
    return await gateways()
