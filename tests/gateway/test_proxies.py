"""Outbound proxies as an operator sets them, held against live traffic, tests and validation."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.proxy import FakeProxy
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway

PATH = "/api/settings/proxy"
SECRET = "the-proxys-password"


@pytest.fixture
async def proxy() -> AsyncIterator[FakeProxy]:
    async with FakeProxy(("me", SECRET)) as made:
        yield made


@pytest.fixture
async def other() -> AsyncIterator[FakeProxy]:
    async with FakeProxy() as made:
        yield made


def told(proxy: FakeProxy, kind: str = "http") -> dict[str, Any]:
    """Spell a proxy as the API takes it."""
    login = {} if proxy.credentials is None else {"username": "me", "password": SECRET}
    return {"type": kind, "host": "127.0.0.1", "port": proxy.port, **login}


async def ask(gateway: RunningGateway, model: str = "fake/fake-large") -> None:
    answer = await gateway.chat(model)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_live_traffic_tests_and_validation_all_take_the_proxy(
    kind: str, gateway: RunningGateway, fake_openai: FakeUpstream, proxy: FakeProxy
) -> None:
    (connection,) = await gateway.connect(fake_openai, "fake")
    await gateway.admin("PUT", PATH, {"global": told(proxy, kind)})
    await ask(gateway)
    assert len(proxy.seen) == 1
    assert (await gateway.admin("POST", f"/api/providers/{connection}/test"))["valid"] is True
    node = {"baseUrl": fake_openai.api_url, "apiKey": fake_openai.key, "local": True}
    assert (await gateway.admin("POST", "/api/provider-nodes/validate", node))["valid"] is True
    proxy.refuses = True
    unsaved = {**node, "baseUrl": fake_openai.api_url.replace("127.0.0.1", "localhost")}
    checked = await gateway.admin("POST", "/api/provider-nodes/validate", unsaved)
    assert checked["valid"] is False
    assert len(proxy.seen) > 1


async def test_the_nearest_proxy_wins(
    gateway: RunningGateway, fake_openai: FakeUpstream, proxy: FakeProxy, other: FakeProxy
) -> None:
    (connection,) = await gateway.connect(fake_openai, "fake")
    node = (await gateway.admin("GET", f"/api/providers/{connection}"))["connection"]["provider"]
    combo = {"name": "both", "targets": [{"model": "fake/fake-large"}]}
    combo_id = (await gateway.admin("POST", "/api/combos", combo))["id"]
    await gateway.admin("PUT", PATH, {"global": told(proxy)})
    await gateway.admin("PUT", PATH, {"level": "provider", "id": node, "proxy": told(other)})
    await ask(gateway)
    assert (len(proxy.seen), len(other.seen)) == (0, 1)
    await gateway.admin("PUT", PATH, {"combos": {combo_id: told(proxy)}})
    await ask(gateway, "both")
    await ask(gateway)
    assert (len(proxy.seen), len(other.seen)) == (1, 1), "a combo's proxy is for what goes through the combo"
    async with FakeProxy() as nearest:
        await gateway.admin("PUT", PATH, {"level": "key", "id": connection, "proxy": told(nearest)})
        await ask(gateway, "both")
        assert len(nearest.seen) == 1
        await gateway.admin("DELETE", f"{PATH}?level=connection&id={connection}")
        await ask(gateway, "both")
        assert len(nearest.seen) == 1


async def test_hosts_on_the_list_are_reached_without(
    gateway: RunningGateway, fake_openai: FakeUpstream, proxy: FakeProxy
) -> None:
    await gateway.connect(fake_openai, "fake")
    await gateway.admin("PUT", PATH, {"global": told(proxy), "noProxy": ["127.0.0.0/8"]})
    await ask(gateway)
    assert proxy.seen == []


async def test_a_password_is_sealed_masked_and_kept(
    gateways: GatewayMaker, fake_openai: FakeUpstream, proxy: FakeProxy
) -> None:
    gateway = await gateways()
    await gateway.connect(fake_openai, "fake")
    shown = await gateway.admin("PUT", PATH, {"global": told(proxy)})
    assert shown["global"]["passwordSet"] is True
    assert SECRET not in str(shown)
    held = b"".join(one.read_bytes() for one in gateway.gateway.settings.data_dir.iterdir() if one.is_file())
    assert SECRET.encode() not in held
    without = {name: value for name, value in told(proxy).items() if name != "password"}
    await gateway.admin("PUT", PATH, {"global": without})
    await ask(gateway)
    assert len(proxy.seen) == 1, "without a password the stored one stays"


async def test_a_proxy_is_tried_before_it_is_stored(
    gateway: RunningGateway, fake_openai: FakeUpstream, proxy: FakeProxy
) -> None:
    url = f"{gateway.url}/healthz"
    body = {"proxy": told(proxy), "url": url, "local": True}
    good = await gateway.admin("POST", f"{PATH}/test", body)
    assert good["success"] is True
    assert good["proxyUrl"] == f"http://127.0.0.1:{proxy.port}"
    bad = await gateway.admin("POST", f"{PATH}/test", {**body, "proxy": {**told(proxy), "password": "no"}})
    assert bad["success"] is False
    assert bad["error"]
    assert (await gateway.admin("GET", PATH))["global"] is None
    assert fake_openai.requests == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"global": {"host": "http://proxy", "port": 1}}, "global.host"),
        ({"global": {"host": "169.254.169.254", "port": 1}}, "global.host"),
        ({"global": {"host": "p", "port": 0}}, "global.port"),
        ({"global": {"host": "p", "port": 1, "password": "x"}}, "global.username"),
        ({"providers": {"opnai": {"host": "p", "port": 1}}}, "providers.opnai"),
        ({"global": {"host": "p", "port": 1, "prot": 2}}, "global.prot"),
    ],
)
async def test_a_proxy_that_cannot_be_is_refused_by_field(
    body: dict[str, Any], field: str, gateway: RunningGateway
) -> None:
    auth = {"authorization": f"Bearer {gateway.admin_key}"}
    answer = await gateway.http.put(gateway.url + PATH, json=body, headers=auth)
    assert answer.status_code in {400, 422}
    assert answer.json()["error"]["details"][0]["field"] == field, answer.text


async def test_a_model_that_an_operator_added_is_listed_and_answers(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "fake")
    made = {"provider": "fake", "modelId": "tuned", "modelName": "Fine-tuned"}
    assert (await gateway.admin("POST", "/api/provider-models", made))["model"]["name"] == "Fine-tuned"
    listed = (await gateway.http.get(gateway.url + "/v1/models", headers=gateway.auth)).json()["data"]
    assert "fake/tuned" in [one["id"] for one in listed]
    await ask(gateway, "tuned")
    assert fake_openai.generations[-1].body["model"] == "tuned"
    catalog = (await gateway.admin("GET", "/api/models/catalog"))["catalog"]
    assert [(one["id"], one["custom"]) for one in catalog["fake"]["models"]] == [("tuned", True)]
    assert await gateway.admin("DELETE", "/api/provider-models?provider=fake&model=tuned") == {"removed": True}
    assert (await gateway.chat("tuned")).status_code == 404
