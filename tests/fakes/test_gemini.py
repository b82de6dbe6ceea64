"""The fake of Google's Gemini API against Google's own client library."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from google import genai
from google.genai import errors as google_errors
from google.genai import types as google

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.material import GOOGLE_SCHEMA, HASH, PNG, SCHEMA, google_options
from tests.fakes.upstream import FakeUpstream


@pytest.fixture
async def gemini(fakes: MakeFake) -> AsyncIterator[tuple[FakeUpstream, genai.client.AsyncClient]]:
    fake = await fakes(Format.GEMINI)
    client = genai.Client(api_key=fake.key, http_options=google_options(fake))
    async with client.aio as aio:
        yield fake, aio
    client.close()


Gemini = tuple[FakeUpstream, genai.client.AsyncClient]
THOUGHTS = google.ThinkingConfig(include_thoughts=True, thinking_budget=1024)


def google_tools() -> Any:
    ways = ({"parameters": GOOGLE_SCHEMA}, {"parameters_json_schema": SCHEMA})
    made = [{"name": name, **way} for name, way in zip(("sun", "rain"), ways, strict=True)]
    return [google.Tool(function_declarations=[google.FunctionDeclaration.model_validate(one) for one in made])]


async def test_gemini_answers_text_whole_and_streamed_alike(gemini: Gemini) -> None:
    _, client = gemini
    whole = await client.models.generate_content(model="g", contents="hello there")
    assert whole.text == "hello there"
    chunks = [chunk async for chunk in await client.models.generate_content_stream(model="g", contents="hello there")]
    assert "".join(chunk.text or "" for chunk in chunks) == "hello there"
    assert whole.usage_metadata
    assert chunks[-1].usage_metadata
    assert chunks[-1].usage_metadata.total_token_count == whole.usage_metadata.total_token_count
    counted = await client.models.count_tokens(model="g", contents="hello there")
    assert counted.total_tokens == whole.usage_metadata.prompt_token_count
    assert [model.name async for model in await client.models.list()] == ["models/fake-large", "models/fake-small"]


async def test_gemini_signs_its_first_call_and_wants_the_signature_back(gemini: Gemini) -> None:
    _, client = gemini
    no_auto = google.AutomaticFunctionCallingConfig(disable=True)
    config = google.GenerateContentConfig(
        tools=google_tools(), thinking_config=THOUGHTS, automatic_function_calling=no_auto
    )
    said: list[Any] = [google.Content(role="user", parts=[google.Part(text="weather?")])]
    stream = await client.models.generate_content_stream(model="gemini-3-fake", contents=said, config=config)
    parts = [
        part
        async for chunk in stream
        for part in (chunk.candidates or [])[0].content.parts or []  # type: ignore[union-attr]
    ]
    calls = [part for part in parts if part.function_call]
    assert [bool(part.thought_signature) for part in calls] == [True, False]
    results = [
        google.Part(function_response=google.FunctionResponse(name=name, response={"result": "yes"}))
        for name in ("sun", "rain")
    ]

    def turns(kept: list[google.Part]) -> list[Any]:
        return [*said, google.Content(role="model", parts=kept), google.Content(role="user", parts=results)]

    after = await client.models.generate_content(model="gemini-3-fake", contents=turns(calls), config=config)
    assert "yes" in (after.text or "")
    foreign = [calls[0].model_copy(update={"thought_signature": b"foreign"}), calls[1]]
    with pytest.raises(google_errors.ClientError, match="signature is not valid"):
        await client.models.generate_content(model="gemini-3-fake", contents=turns(foreign), config=config)
    bare = [calls[0].model_copy(update={"thought_signature": None}), calls[1]]
    with pytest.raises(google_errors.ClientError, match="missing a thought_signature"):
        await client.models.generate_content(model="gemini-3-fake", contents=turns(bare), config=config)
    with pytest.raises(google_errors.ClientError, match="number of function response parts"):
        await client.models.generate_content(model="g", contents=turns(calls + calls), config=config)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"messages": []}, 'Unknown name "messages"'),
        ({"contents": []}, "contents is not specified"),
        ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "valid role"),
        (
            {"contents": [{"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}]},
            "immediately after a function call turn",
        ),
        ({"tools": [{"functionDeclarations": [{"name": "f", "parameters": SCHEMA}]}]}, "additionalProperties"),
        (
            {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": ["string", "null"]}}]}]},
            "not repeating",
        ),
        ({"generationConfig": {"max_tokens": 5}}, 'Unknown name "max_tokens"'),
    ],
)
async def test_gemini_refuses_what_google_refuses(gemini: Gemini, body: dict[str, Any], message: str) -> None:
    fake, client = gemini
    full = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]} | body
    with pytest.raises(google_errors.ClientError, match=message):
        await client._api_client.async_request("post", "models/g:generateContent", full)
    assert fake.requests[-1].body == full


async def test_gemini_refuses_foreign_keys_and_sees_images_in_either_alphabet(gemini: Gemini) -> None:
    fake, client = gemini
    answer = await client.models.generate_content(
        model="g", contents=google.Part.from_bytes(data=PNG, mime_type="image/png")
    )
    assert HASH in (answer.text or "")
    wrong = genai.Client(api_key="wrong", http_options=google_options(fake))
    async with wrong.aio as other:
        with pytest.raises(google_errors.ClientError, match="API key not valid"):
            await other.models.generate_content(model="g", contents="x")
    wrong.close()
