"""Token counts, with the vendors' own clients: asked of the provider where it counts, made here otherwise."""

import asyncio
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import AsyncAnthropic
from google import genai
from google.genai import errors, types

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "mine/fake-large"
TEXT = "Tell me about the sea and the sky. " * 10
TALK: Any = [{"role": "user", "content": TEXT}]
CONTENTS: Any = [{"role": "user", "parts": [{"text": TEXT}]}]
EVERY = pytest.mark.parametrize("upstream", list(Format), ids=str)


def claude(gateway: RunningGateway) -> AsyncAnthropic:
    return AsyncAnthropic(base_url=gateway.url, api_key=gateway.key, max_retries=0)


def gemini(gateway: RunningGateway) -> genai.Client:
    options = types.HttpOptions(
        base_url=gateway.url, async_client_args={"transport": httpx.AsyncHTTPTransport()}, api_version="v1beta"
    )
    return genai.Client(api_key=gateway.key, http_options=options)


async def ask(gateway: RunningGateway, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    return await gateway.http.post(gateway.url + path, json=body, headers={**gateway.auth, **(headers or {})})


@EVERY
async def test_anthropics_client_is_told(gateway: RunningGateway, fakes: MakeFake, upstream: Format) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "mine")
    tool: Any = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}
    async with claude(gateway) as sdk:
        raw = await sdk.messages.with_raw_response.count_tokens(model=MODEL, messages=TALK, system="Hi", tools=[tool])
        beta = await sdk.beta.messages.count_tokens(model=MODEL, messages=TALK, betas=["context-1m-2025-08-07"])
    counted = (await raw.parse()).input_tokens
    assert 60 < counted < 200
    assert 60 < beta.input_tokens < 200
    asked = upstream is Format.ANTHROPIC
    assert raw.headers["x-omniroute-count"] == ("upstream" if asked else "local")
    assert [request.path for request in fake.requests] == ["/v1/messages/count_tokens"] * (2 if asked else 0)
    if asked:
        assert fake.requests[0].body["model"] == "fake-large"
        assert fake.requests[1].headers["anthropic-beta"] == "context-1m-2025-08-07,token-counting-2024-11-01"


@EVERY
async def test_googles_client_is_told(gateway: RunningGateway, fakes: MakeFake, upstream: Format) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "mine")
    client = gemini(gateway)
    told = await client.aio.models.count_tokens(model=MODEL, contents=CONTENTS)
    await client.aio.aclose()
    assert told.total_tokens is not None
    assert 60 < told.total_tokens < 200
    assert told.sdk_http_response is not None
    assert told.sdk_http_response.headers is not None
    asked = upstream is Format.GEMINI
    assert told.sdk_http_response.headers["x-omniroute-count"] == ("upstream" if asked else "local")
    assert [request.path for request in fake.requests] == ["/v1beta/models/fake-large:countTokens"] * asked


@pytest.mark.parametrize("start", ["/v1beta", "/v1", "/api/v1beta", "/api/v1"])
@pytest.mark.parametrize("inner", ["generateContentRequest", "generate_content_request"])
async def test_gemini_may_be_asked_about_a_whole_request(
    gateway: RunningGateway, fake_gemini: FakeUpstream, start: str, inner: str
) -> None:
    await gateway.connect(fake_gemini, "mine")
    body = {inner: {"model": f"models/{MODEL}", "contents": CONTENTS, "systemInstruction": {"parts": [{"text": TEXT}]}}}
    told = await ask(gateway, f"{start}/models/{MODEL}:countTokens", body)
    assert told.headers["x-omniroute-count"] == "upstream"
    assert told.json()["totalTokens"] > 150
    assert fake_gemini.requests[-1].body[inner]["model"] == "models/fake-large"
    here = await ask(gateway, f"{start}/models/demo/echo:countTokens", body)
    assert here.headers["x-omniroute-count"] == "local"
    assert here.json()["totalTokens"] > 150


async def test_a_provider_that_does_not_count_is_done_without(
    gateway: RunningGateway, fake_anthropic: FakeUpstream
) -> None:
    await gateway.connect(fake_anthropic, "mine")
    body = {"model": "mine/fake-large", "messages": TALK}
    path = "/v1/messages/count_tokens"
    right = await ask(gateway, path, body)
    assert right.headers["x-omniroute-count"] == "upstream"
    fake_anthropic.memory.key = "another"
    refused = await ask(gateway, path, body)
    assert (refused.status_code, refused.headers["x-omniroute-count"]) == (200, "local")
    assert refused.json()["input_tokens"] == pytest.approx(right.json()["input_tokens"], rel=0.2)
    fake_anthropic.memory.key = "fake-key"
    again = await gateway.http.post(f"{gateway.url}/v1/messages", json={**body, "max_tokens": 50}, headers=gateway.auth)
    assert again.status_code == 200, "a count that failed holds nothing against the connection"


async def test_an_unreachable_provider_is_done_without(gateway: RunningGateway) -> None:
    async with FakeUpstream(Format.ANTHROPIC) as fake:
        await gateway.connect(fake, "mine")
    told = await ask(gateway, "/v1/messages/count_tokens", {"model": MODEL, "messages": TALK})
    assert (told.status_code, told.headers["x-omniroute-count"]) == (200, "local")


async def test_state_of_another_vendor_is_not_shown_to_the_provider(
    gateway: RunningGateway, fake_anthropic: FakeUpstream
) -> None:
    await gateway.connect(fake_anthropic, "mine")
    thought = {"type": "thinking", "thinking": "Hm", "signature": "omniroute.gemini.abc"}
    talk = [*TALK, {"role": "assistant", "content": [thought, {"type": "text", "text": "Blue"}]}, *TALK]
    told = await ask(gateway, "/v1/messages/count_tokens", {"model": MODEL, "messages": talk})
    assert told.headers["x-omniroute-count"] == "local"
    assert fake_anthropic.requests == []


async def test_errors_come_in_the_format_of_the_path(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    async with claude(gateway) as sdk:
        with pytest.raises(anthropic.NotFoundError):
            await sdk.messages.count_tokens(model="nobody", messages=TALK)
        with pytest.raises(anthropic.BadRequestError, match="messages"):
            await sdk.messages.count_tokens(model=MODEL, messages=[])
    client = gemini(gateway)
    with pytest.raises(errors.ClientError) as raised:
        await client.aio.models.count_tokens(model="nobody", contents=CONTENTS)
    await client.aio.aclose()
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")
    for path in ("/v1/messages/count_tokens", f"/v1beta/models/{MODEL}:countTokens"):
        broken = await gateway.http.post(gateway.url + path, content=b"{", headers=gateway.auth)
        assert broken.status_code == 400
        nobody = await gateway.http.post(gateway.url + path, json={})
        assert nobody.status_code == 401
        assert isinstance(nobody.json()["error"]["message"], str)


async def test_a_body_over_the_limit_is_refused(gateways: GatewayMaker) -> None:
    gateway = await gateways(max_body_bytes=2048)
    body = {"model": "demo/echo", "messages": [{"role": "user", "content": "x" * 4096}]}
    assert (await ask(gateway, "/v1/messages/count_tokens", body)).status_code == 413


async def test_others_are_served_while_much_is_counted(gateway: RunningGateway) -> None:
    long = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(300_000))  # takes a processor for seconds
    body = {"model": "demo/echo", "messages": [{"role": "user", "content": long}]}
    counting = asyncio.create_task(ask(gateway, "/v1/messages/count_tokens", body))
    for _ in range(3):
        assert (await gateway.chat("demo/echo")).status_code == 200
    assert not counting.done()
    assert (await counting).json()["input_tokens"] > 300_000
