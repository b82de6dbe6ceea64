"""Progress events: there when asked for, never in the way of an official client."""

from typing import Any

import httpx
import pytest
from anthropic import AsyncAnthropic
from google import genai
from google.genai import types
from openai import AsyncOpenAI

from omniroute.formats.hub import Format
from omniroute.gateway import progress
from omniroute.kit import json
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

ASKED = {"X-OmniRoute-Progress": "true"}
SAID: list[Any] = [{"role": "user", "content": "Tell me about the sea and the sky"}]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let events come at every sweep, so that no test waits for seconds."""
    monkeypatch.setattr(progress, "EVERY_S", 0.2)


@pytest.fixture
async def slow(gateway: RunningGateway, fakes: MakeFake) -> FakeUpstream:
    """A provider that thinks a while before it answers, and has a price."""
    fake = await fakes(Format.OPENAI_CHAT)
    body = {"provider": "openai", "name": "main", "apiKey": fake.key, "baseUrl": fake.api_url, "local": True}
    await gateway.admin("POST", "/api/providers", body)
    fake.faults.push("slow_first_byte", delay_s=0.9)
    return fake


def told(text: str) -> list[dict[str, Any]]:
    """The progress events of a stream."""
    lines = text.split("\n")
    return [
        json.loads(line.removeprefix("data: "))
        for before, line in zip(["", *lines], lines, strict=False)
        if line.startswith("data: {") and (before == "event: progress" or '"omniroute.progress"' in line)
    ]


@pytest.mark.usefixtures("slow")
async def test_events_come_while_waiting_and_the_last_before_the_end_mark(gateway: RunningGateway) -> None:
    body = {"model": "openai/gpt-4o-mini", "messages": SAID, "stream": True}
    url = gateway.url + "/v1/chat/completions"
    answer = await gateway.http.post(url, json=body, headers=gateway.auth | ASKED)
    assert answer.headers["x-omniroute-progress"] == "enabled"
    first, *_, last = events = told(answer.text)
    assert (first["phase"], first["provider"], first["attempt"]) == ("waiting", "openai", 1)
    assert first["choices"] == []
    assert len(events) >= 3
    assert (last["phase"], last["done"]) == ("done", True)
    assert last["tokens_generated"] == (await gateway.rows(1))[0].output_tokens
    assert last["cost_usd"] == pytest.approx((await gateway.rows(1))[0].cost_nano / 1e9)  # type: ignore[operator]
    assert last["elapsed_ms"] >= 900
    assert answer.text.endswith("data: [DONE]\n\n")
    assert answer.text.index('"done":true') < answer.text.index("data: [DONE]")


@pytest.mark.parametrize("headers", [{}, {"X-OmniRoute-Progress": "false"}])
@pytest.mark.usefixtures("slow")
async def test_nobody_who_did_not_ask_gets_any(gateway: RunningGateway, headers: dict[str, str]) -> None:
    body = {"model": "openai/gpt-4o-mini", "messages": SAID, "stream": True}
    answer = await gateway.http.post(gateway.url + "/v1/chat/completions", json=body, headers=gateway.auth | headers)
    assert "x-omniroute-progress" not in answer.headers
    assert "omniroute" not in answer.text


@pytest.mark.usefixtures("slow")
async def test_whole_answers_and_lines_have_none(gateway: RunningGateway) -> None:
    for path, stream in (("/v1/chat/completions", False), ("/api/chat", True)):
        body = {"model": "openai/gpt-4o-mini", "messages": SAID, "stream": stream}
        answer = await gateway.http.post(gateway.url + path, json=body, headers=gateway.auth | ASKED)
        assert answer.status_code == 200
        assert "x-omniroute-progress" not in answer.headers
        assert "omniroute.progress" not in answer.text


async def test_openai_s_client_loops_over_them(gateway: RunningGateway, slow: FakeUpstream) -> None:
    async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, default_headers=ASKED) as sdk:
        stream = await sdk.chat.completions.create(model="openai/gpt-4o-mini", messages=SAID, stream=True)
        text = "".join([choice.delta.content or "" async for chunk in stream for choice in chunk.choices])
        assert "sea" in text
        slow.faults.push("slow_first_byte", delay_s=0.6)
        events = await sdk.responses.create(model="openai/gpt-4o-mini", input="The sea", stream=True)
        kinds = [event.type async for event in events]
        assert kinds[-1] == "response.completed"
        assert "omniroute.progress" in kinds


async def test_anthropic_s_client_loops_over_them(gateway: RunningGateway, slow: FakeUpstream) -> None:
    async with AsyncAnthropic(base_url=gateway.url, api_key=gateway.key, default_headers=ASKED) as sdk:
        stream = await sdk.messages.create(model="openai/gpt-4o-mini", messages=SAID, max_tokens=200, stream=True)
        kinds = [event.type async for event in stream]
        assert kinds[-1] == "message_stop"
        slow.faults.push("slow_first_byte", delay_s=0.6)
        async with sdk.messages.stream(model="openai/gpt-4o-mini", messages=SAID, max_tokens=200) as talk:
            message = await talk.get_final_message()
        assert message.stop_reason == "end_turn"


@pytest.mark.usefixtures("slow")
async def test_gemini_s_client_loops_over_them(gateway: RunningGateway) -> None:
    # A transport of one's own keeps the SDK from aiohttp, which it uses in a way that warns.
    transport = {"transport": httpx.AsyncHTTPTransport()}
    options = types.HttpOptions(base_url=gateway.url, headers=ASKED, async_client_args=transport)
    client = genai.Client(api_key=gateway.key, http_options=options)
    stream = await client.aio.models.generate_content_stream(model="openai/gpt-4o-mini", contents="The sea")
    chunks = [chunk async for chunk in stream]
    assert "sea" in "".join(chunk.text or "" for chunk in chunks)
    assert any(not chunk.candidates for chunk in chunks), "progress is there, without candidates"
    await client.aio.aclose()


async def test_a_failed_stream_ends_with_its_error(gateway: RunningGateway, slow: FakeUpstream) -> None:
    slow.faults.clear()
    slow.faults.push("error_mid_stream")
    body = {"model": "openai/gpt-4o-mini", "messages": SAID, "stream": True}
    async with httpx.AsyncClient() as http:
        url = gateway.url + "/v1/chat/completions"
        answer = await http.post(url, json=body, headers=gateway.auth | ASKED)
    assert '"error"' in answer.text
    (row,) = await gateway.rows(1)
    assert row.outcome == "truncated"
