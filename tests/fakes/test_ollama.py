"""The fake of Ollama against Ollama's own client library."""

from collections.abc import AsyncIterator
from typing import Any

import ollama
import pytest

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.material import CHAT_TOOLS, HASH, PNG
from tests.fakes.upstream import FakeUpstream


@pytest.fixture
async def llama(fakes: MakeFake) -> AsyncIterator[tuple[FakeUpstream, ollama.AsyncClient]]:
    fake = await fakes(Format.OLLAMA)
    async with ollama.AsyncClient(host=fake.api_url) as client:
        yield fake, client


Llama = tuple[FakeUpstream, ollama.AsyncClient]


async def test_ollama_answers_text_whole_and_streamed_alike(llama: Llama) -> None:
    _, client = llama
    said = [{"role": "user", "content": "hello there"}]
    whole = await client.chat(model="m", messages=said)
    assert whole.message.content == "hello there"
    lines = [line async for line in await client.chat(model="m", messages=said, stream=True, think=True)]
    assert "".join(line.message.content or "" for line in lines) == "hello there"
    assert any(line.message.thinking for line in lines)
    assert lines[-1].done
    assert lines[-1].prompt_eval_count == whole.prompt_eval_count
    assert [model.model for model in (await client.list()).models] == ["fake-large", "fake-small"]
    assert "tools" in ((await client.show("fake-large")).capabilities or [])


async def test_ollama_calls_tools_and_takes_their_results(llama: Llama) -> None:
    _, client = llama
    said: list[Any] = [{"role": "user", "content": "weather?"}]
    first = await client.chat(model="m", messages=said, tools=CHAT_TOOLS)
    calls = first.message.tool_calls or []
    assert [call.function.name for call in calls] == ["sun", "rain"]
    said += [first.message, *({"role": "tool", "tool_name": call.function.name, "content": "yes"} for call in calls)]
    after = await client.chat(model="m", messages=said, tools=CHAT_TOOLS)
    assert after.message.content == "The tools answered: yes; yes"


async def test_ollama_refuses_what_ollama_refuses_and_sees_images(llama: Llama) -> None:
    _, client = llama
    with pytest.raises(ollama.ResponseError, match="model 'missing' not found"):
        await client.chat(model="missing", messages=[{"role": "user", "content": "x"}])
    answer = await client.chat(model="m", messages=[{"role": "user", "content": "x", "images": [PNG]}])
    assert HASH in (answer.message.content or "")
    strings: Any = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}
    refused = await client._client.post("/api/chat", json=strings)
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("json: cannot unmarshal array")
