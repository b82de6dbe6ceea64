"""What is no chat goes the way of a chat: policies, limits, keys that may not, the gateway's own prices and waits."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from omniroute.upstream import local_embedding
from tests.fakes import media
from tests.fakes.media import SOUND, MediaFake
from tests.gateways import GatewayMaker, RunningGateway

SPEECH = {"model": "mine/tts-1", "input": "Hello", "voice": "alloy"}
EMBED = {"model": "mine/text-embedding-3-small", "input": "x"}


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[MediaFake]:
    async with MediaFake(media.openai) as made:
        yield made


async def post(gateway: RunningGateway, path: str, body: object) -> httpx.Response:
    return await gateway.http.post(gateway.url + path, json=body, headers=gateway.auth)


async def test_sound_that_stalls_ends_without_its_end(gateways: GatewayMaker, fake: MediaFake) -> None:
    gateway = await gateways(idle_timeout_s=0.4)
    await gateway.connect(fake, "mine")
    fake.faults.push("stall")
    with pytest.raises(httpx.RemoteProtocolError):
        await post(gateway, "/v1/audio/speech", SPEECH)
    (row,) = await gateway.rows(1)
    assert (row.outcome, row.error_kind) == ("truncated", "timeout")
    assert (await post(gateway, "/v1/audio/speech", SPEECH)).content == SOUND


async def test_a_request_that_takes_too_long_in_all_ends_without_an_error_inside_the_sound(
    gateways: GatewayMaker, fake: MediaFake
) -> None:
    gateway = await gateways(total_timeout_s=0.5)
    await gateway.connect(fake, "mine")
    fake.faults.push("stall")
    with pytest.raises(httpx.RemoteProtocolError):
        await post(gateway, "/v1/audio/speech", SPEECH)
    (row,) = await gateway.rows(1)
    assert row.outcome == "truncated"


async def test_a_client_that_leaves_ends_the_providers_work(gateway: RunningGateway, fake: MediaFake) -> None:
    await gateway.connect(fake, "mine")
    fake.pace_s = 0.3
    async with gateway.http.stream("POST", gateway.url + "/v1/audio/speech", json=SPEECH, headers=gateway.auth) as one:
        async for _piece in one.aiter_raw():
            break
    await fake.disconnected()
    (row,) = await gateway.rows(1)
    assert (row.outcome, row.kind) == ("client_closed", "speech")


async def test_policies_and_limits_of_keys_hold(gateway: RunningGateway, fake: MediaFake) -> None:
    await gateway.connect(fake, "mine")
    key = await gateway.admin("POST", "/api/keys", {"name": "few", "allowedModels": ["mine/tts-*"]})
    headers = {"authorization": f"Bearer {key['key']}"}
    refused = await gateway.http.post(gateway.url + "/v1/embeddings", json=EMBED, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_allowed")
    policy = {
        "name": "no vectors",
        "conditions": {"models": ["mine/text-*"]},
        "effects": {"deny": True, "message": "No."},
    }
    await gateway.admin("POST", "/api/policies", policy)
    denied = await post(gateway, "/v1/embeddings", EMBED)
    assert (denied.status_code, denied.json()["error"]["message"]) == (403, "denied by the policy 'no vectors': No.")
    assert (await post(gateway, "/v1/audio/speech", SPEECH)).status_code == 200
    assert [request.path for request in fake.requests] == ["/v1/audio/speech"]


async def test_an_alias_means_an_embedding_model_too(gateway: RunningGateway, fake: MediaFake) -> None:
    await gateway.connect(fake, "mine")
    await gateway.admin("PUT", "/api/models/alias", {"alias": "vectors", "model": EMBED["model"]})
    answer = await post(gateway, "/v1/embeddings", {**EMBED, "model": "vectors"})
    assert answer.json()["model"] == EMBED["model"]


async def test_a_custom_model_is_listed_under_its_kind_and_found_by_its_plain_name(
    gateway: RunningGateway, fake: MediaFake
) -> None:
    node = await gateway.node(fake, "mine")
    await gateway.admin("POST", "/api/providers", {"provider": node, "name": "one", "apiKey": fake.key})
    custom = {"provider": node, "modelId": "my-vectors", "type": "embedding"}
    await gateway.admin("POST", "/api/provider-models", custom)
    listed = await gateway.http.get(gateway.url + "/v1/embeddings", headers=gateway.auth)
    assert [one["id"] for one in listed.json()["data"]] == ["mine/my-vectors"]
    answer = await post(gateway, "/v1/embeddings", {"model": "my-vectors", "input": "x"})
    assert answer.status_code == 200


async def test_an_operators_own_price_holds_and_old_requests_are_reckoned_anew(
    gateway: RunningGateway, fake: MediaFake
) -> None:
    await gateway.connect(fake, "mine")
    first = await post(gateway, "/v1/audio/speech", SPEECH)
    assert first.status_code == 200
    (row,) = await gateway.rows(1)
    assert row.cost_nano is None
    price = {"mine": {"tts-1": {"input": 0, "output": 0, "characters": 20}}}
    await gateway.admin("PUT", "/api/pricing", price)
    await post(gateway, "/v1/audio/speech", SPEECH)
    newest, _ = await gateway.rows(2)
    assert (newest.cost_nano, newest.price_version) == (5 * 20_000, "override 1")
    span = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
    told = await gateway.admin("POST", "/api/pricing/rerate", span)
    assert (told["requests"], told["changed"], told["skipped"]) == (2, 1, 0)
    assert all(row.cost_nano == 5 * 20_000 for row in await gateway.rows(2))


async def test_a_token_limit_counts_embeddings(gateway: RunningGateway, fake: MediaFake) -> None:
    await gateway.connect(fake, "mine")
    key = await gateway.admin("POST", "/api/keys", {"name": "slow", "tpm": 20})
    headers = {"authorization": f"Bearer {key['key']}"}

    async def ask(text: str) -> int:
        body = {**EMBED, "input": text}
        answer = await gateway.http.post(gateway.url + "/v1/embeddings", json=body, headers=headers)
        return answer.status_code

    assert [await ask("short"), await ask("much longer than that " * 20)] == [200, 429]


async def test_a_restart_forgets_no_record(gateway: RunningGateway, fake: MediaFake) -> None:
    await gateway.connect(fake, "mine")
    await asyncio.gather(*(post(gateway, "/v1/embeddings", {**EMBED, "input": f"{n}"}) for n in range(5)))
    rows = await gateway.rows(5)
    assert {row.kind for row in rows} == {"embedding"}
    logged = await gateway.admin("GET", "/api/usage/request-logs?limit=1")
    assert logged[0]["kind"] == "embedding"


async def test_a_local_embedding_says_what_to_install_where_it_is_not(gateway: RunningGateway) -> None:
    if local_embedding.is_installed():
        pytest.skip("everything that it takes is installed")
    answer = await post(gateway, "/v1/embeddings", {"model": "local/all-minilm-l6-v2", "input": "x"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "not_installed")
    assert "pip install numpy tokenizers" in error["message"]
    again = await post(gateway, "/v1/embeddings", {"model": "local/all-minilm-l6-v2", "input": "x"})
    assert again.json()["error"]["code"] == "not_installed"
