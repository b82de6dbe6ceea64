"""The model catalogue on a whole gateway: what clients see of it, what providers list, what operators hide."""

from typing import Any

import httpx
import pytest

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.gateways import RunningGateway

KNOWN = {"provider": "gpu", "modelId": "added", "modelName": "Added", "contextWindow": 4096, "type": "rerank"}


async def listed(gateway: RunningGateway, key: str | None = None) -> dict[str, dict[str, Any]]:
    headers = {"authorization": f"Bearer {key or gateway.key}"}
    found = (await gateway.http.get(gateway.url + "/v1/models", headers=headers)).json()["data"]
    return {one["id"]: one for one in found}


async def catalogue(gateway: RunningGateway, prefix: str) -> dict[str, dict[str, Any]]:
    found = (await gateway.admin("GET", "/api/models/catalog"))["catalog"][prefix]["models"]
    return {one["id"]: one for one in found}


async def test_what_a_provider_lists_is_found_stored_and_offered(gateway: RunningGateway, fakes: MakeFake) -> None:
    fake = await fakes(Format.GEMINI)
    (connection,) = await gateway.connect(fake, "gpu")
    assert not [name for name in await listed(gateway) if name.startswith("gpu/")]
    told = await gateway.admin("POST", "/api/models/discoveries", {"connectionId": connection})
    (found,) = told["discoveries"]
    assert found["count"] >= 1
    assert (found["problem"], found["foundAt"] is None) == (None, False)
    await gateway.admin("POST", "/api/provider-models", KNOWN)
    models = await catalogue(gateway, "gpu")
    one = models["fake-large"]
    assert (one["source"], one["type"], one["available"]) == ("discovered", "chat", True)
    assert one["contextWindow"] > 0
    assert one["outputLimit"] > 0
    assert (models["added"]["source"], models["added"]["type"], models["added"]["contextWindow"]) == (
        "custom",
        "rerank",
        4096,
    )
    shown = (await listed(gateway))["gpu/fake-large"]
    assert (shown["context_length"], shown["max_output_tokens"]) == (one["contextWindow"], one["outputLimit"])
    assert (await gateway.chat("fake-large")).status_code == 200


async def test_a_provider_that_does_not_list_keeps_what_was_found(gateway: RunningGateway, fake_openai: Any) -> None:
    (connection,) = await gateway.connect(fake_openai, "gpu")
    await gateway.admin("POST", "/api/models/discoveries")
    before = await catalogue(gateway, "gpu")
    assert before
    fake_openai.memory.key = "another"
    every = (await gateway.admin("POST", "/api/models/discoveries"))["discoveries"]
    (mine,) = [one for one in every if one["connectionId"] == connection]
    assert mine["problem"]
    assert set(await catalogue(gateway, "gpu")) == set(before)


async def test_a_hidden_model_is_neither_listed_nor_named_but_a_combo_may_lead_to_it(gateway: RunningGateway) -> None:
    await gateway.admin("POST", "/api/combos", {"name": "team", "models": ["demo/echo"]})
    await gateway.admin("PUT", "/api/settings/models", {"hidden": ["demo/e*"]})
    names = await listed(gateway)
    assert ("demo/echo" in names, "demo/story" in names, "team" in names) == (False, True, True)
    for name in ("demo/echo", "echo"):
        refused = await gateway.chat(name)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")
    assert (await gateway.chat("team")).status_code == 200
    assert (await catalogue(gateway, "demo"))["echo"]["hidden"] is True
    await gateway.admin("PUT", "/api/settings/models", {"show": "demo/e*"})
    assert (await gateway.chat("demo/echo")).status_code == 200


async def test_a_key_sees_what_it_may_use(gateway: RunningGateway) -> None:
    made = await gateway.admin("POST", "/api/keys", {"name": "few", "allowedModels": ["demo/story"]})
    assert set(await listed(gateway, made["key"])) == {"demo/story"}
    answer = await gateway.http.get(
        gateway.url + "/v1/models/demo/echo", headers={"authorization": f"Bearer {made['key']}"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/v1/models", "/v1beta/models", "/api/tags"])
async def test_the_list_is_one_in_every_spelling(gateway: RunningGateway, path: str) -> None:
    answer: httpx.Response = await gateway.http.get(gateway.url + path, headers=gateway.auth)
    assert answer.status_code == 200
    assert "demo/echo" in answer.text


async def test_the_table_says_what_the_price_lists_know(gateway: RunningGateway) -> None:
    models = await catalogue(gateway, "openai")
    assert models["gpt-4o"]["contextWindow"] == 128_000
    assert models["text-embedding-3-small"]["type"] == "embedding"
    assert models["gpt-4o"]["available"] is None
    assert (await catalogue(gateway, "xai"))["grok-3"]["source"] == "table"
