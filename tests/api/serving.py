"""The management surface on a loopback port, with services whose clock a test moves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from omniroute.api.routes import build_api
from omniroute.api.table import OPERATIONS
from omniroute.edge.rim import JSON
from omniroute.kit.addresses import networks
from omniroute.services.collection import Services
from omniroute.services.keys import KeyDraft, Scope
from omniroute.services.reach import Reach
from tests.services.documents import configuration_of
from tests.services.parts import PASSWORD, Parts

PROVIDER_KEY = "sk-provider-0123456789abcdef"


# The pages, the figures for Prometheus, and files.
_NO_JSON = {"/setup", *(row.path for row in OPERATIONS if row.media != JSON)}


@dataclass(kw_only=True)
class Served:
    """A running surface. `admin_key` and `inference_key` are keys of those scopes; the installation is set up."""

    parts: Parts
    url: str
    http: httpx.AsyncClient
    admin_key: str = ""
    inference_key: str = ""
    seen: list[str] = field(default_factory=list)

    async def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Call as a key with the scope admin."""
        return await self.anonymous(
            method, path, body, {"authorization": f"Bearer {self.admin_key}", **(headers or {})}
        )

    async def anonymous(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Call without credentials; every answer is held against what all answers must have."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        answer = await self.http.request(method, self.url + path, headers=dict(headers or {}), **more)
        # The jar would sign in by itself what should come from a stranger.
        self.http.cookies.clear()
        assert answer.headers["x-request-id"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        if path.partition("?")[0] not in _NO_JSON or answer.is_error:
            assert answer.headers["content-type"] == "application/json"
        self.seen.append(answer.text + repr(answer.headers))
        return answer

    async def sign_in(self, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """Sign in and return the cookie header."""
        answer = await self.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()}, headers)
        assert answer.status_code == 200, answer.text
        return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def services_of(parts: Parts, reach: Reach) -> Services:
    """Return what the surfaces are built on."""
    return Services(
        login=parts.login,
        keys=parts.keys,
        limits=parts.limits,
        budgets=parts.budgets,
        pricing=parts.pricing,
        nodes=parts.nodes,
        providers=parts.providers,
        combos=parts.combos,
        combo_measures=parts.combo_measures,
        configuration=configuration_of(parts),
        aliases=parts.aliases,
        balancing=parts.balancing,
        model_list=parts.model_list,
        rulebook=parts.rulebook,
        policy_trials=parts.policy_trials,
        locks=parts.locks,
        resilience=parts.resilience,
        breakers=parts.breakers,
        availability=parts.availability,
        rate_limits=parts.rate_limits,
        cache=parts.cache,
        checks=parts.checks,
        custom_models=parts.custom_models,
        model_catalogue=parts.model_catalogue,
        model_discovery=parts.model_discovery,
        model_visibility=parts.model_visibility,
        sign_ins=parts.sign_ins,
        oauth_clients=parts.oauth_clients,
        oauth_tokens=parts.oauth_tokens,
        proxies=parts.proxies,
        lifecycle=parts.lifecycle,
        system=parts.system,
        backups=parts.backups,
        cli_tools=parts.cli_tools,
        evals=parts.evals,
        exports=parts.exports,
        imports=parts.imports,
        sync=parts.sync,
        cloud=parts.cloud,
        request_log=parts.request_log,
        feeds=parts.feeds,
        jobs=parts.jobs,
        audit=parts.audit,
        metrics=parts.metrics,
        retention=parts.retention,
        playground=parts.playground,
        translation=parts.translation,
        reach=reach,
        usage_history=parts.usage_history,
        telemetry=parts.telemetry,
        explain=parts.explain,
    )


@asynccontextmanager
async def serve(parts: Parts, **reach: Any) -> AsyncIterator[Served]:
    """Serve until the block ends. This machine counts as a trusted proxy, so that tests can come from anywhere."""
    services = services_of(parts, Reach(trusted_proxies=networks("127.0.0.1"), **reach))
    config = uvicorn.Config(
        build_api(services), host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False, ws="none"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(timeout=30, trust_env=False, verify=False) as http:  # noqa: S501 - no TLS here; loading certificates takes time
        try:
            yield Served(parts=parts, url=f"http://127.0.0.1:{port}", http=http)
        finally:
            server.should_exit = True
            await task


async def with_keys(served: Served) -> Served:
    """Finish set-up and make the two keys."""
    await served.parts.login.start(PASSWORD)
    for scope in Scope:
        made = await served.parts.keys.create(KeyDraft(name=scope.value, scopes=frozenset({scope})))
        setattr(served, f"{scope.value}_key", made.secret.reveal())
    return served
