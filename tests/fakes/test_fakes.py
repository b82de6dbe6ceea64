"""All fakes alike: structured output, asked for through each vendor's own client library."""

from collections.abc import Awaitable, Callable
from typing import Any

import anthropic
import ollama
import openai
import pytest
from google import genai
from google.genai import types as google

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.material import SCHEMA, google_options
from tests.fakes.upstream import FakeUpstream

JsonOf = Callable[[FakeUpstream], Awaitable[str]]


async def _json_chat(fake: FakeUpstream) -> str:
    async with openai.AsyncOpenAI(base_url=fake.api_url, api_key=fake.key) as client:
        shape: Any = {"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA}}
        said: Any = [{"role": "user", "content": "x"}]
        answer = await client.chat.completions.create(model="m", messages=said, response_format=shape)
    return answer.choices[0].message.content or ""


async def _json_responses(fake: FakeUpstream) -> str:
    async with openai.AsyncOpenAI(base_url=fake.api_url, api_key=fake.key) as client:
        text: Any = {"format": {"type": "json_schema", "name": "w", "schema": SCHEMA}}
        return (await client.responses.create(model="m", input="x", text=text)).output_text


async def _json_anthropic(fake: FakeUpstream) -> str:
    async with anthropic.AsyncAnthropic(base_url=fake.api_url, api_key=fake.key) as client:
        config: Any = {"format": {"type": "json_schema", "schema": SCHEMA}}
        answer: Any = await client.messages.create(
            model="m", max_tokens=99, messages=[{"role": "user", "content": "x"}], output_config=config
        )
    return str(answer.content[0].text)


async def _json_gemini(fake: FakeUpstream) -> str:
    client = genai.Client(api_key=fake.key, http_options=google_options(fake))
    config = google.GenerateContentConfig(response_mime_type="application/json", response_json_schema=SCHEMA)
    async with client.aio as aio:
        answer = await aio.models.generate_content(model="g", contents="x", config=config)
    client.close()
    return answer.text or ""


async def _json_ollama(fake: FakeUpstream) -> str:
    async with ollama.AsyncClient(host=fake.api_url) as client:
        answer = await client.chat(model="m", messages=[{"role": "user", "content": "x"}], format=SCHEMA)
    return answer.message.content or ""


@pytest.mark.parametrize(
    ("wire_format", "ask"),
    [
        (Format.OPENAI_CHAT, _json_chat),
        (Format.OPENAI_RESPONSES, _json_responses),
        (Format.ANTHROPIC, _json_anthropic),
        (Format.GEMINI, _json_gemini),
        (Format.OLLAMA, _json_ollama),
    ],
)
async def test_every_fake_answers_in_the_shape_that_was_asked(
    fakes: MakeFake, wire_format: Format, ask: JsonOf
) -> None:
    assert await ask(await fakes(wire_format)) == '{"city":"demo","days":1}'
