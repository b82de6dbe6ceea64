"""The fakes of OpenAI's two chat APIs against OpenAI's own client library."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.material import CHAT_TOOLS, HASH, IMAGE, SCHEMA
from tests.fakes.upstream import FakeUpstream

# ── chat completions ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def chat(fakes: MakeFake) -> AsyncIterator[tuple[FakeUpstream, openai.AsyncOpenAI]]:
    fake = await fakes(Format.OPENAI_CHAT)
    async with openai.AsyncOpenAI(base_url=fake.api_url, api_key=fake.key, max_retries=0) as client:
        yield fake, client


Chat = tuple[FakeUpstream, openai.AsyncOpenAI]


async def test_chat_answers_text_whole_and_streamed_alike(chat: Chat) -> None:
    _, client = chat
    said: Any = [{"role": "user", "content": "hello there world"}]
    whole = await client.chat.completions.create(model="m", messages=said)
    assert whole.choices[0].message.content == "hello there world"
    stream = await client.chat.completions.create(
        model="m", messages=said, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "hello there world"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert whole.usage
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens == 9


async def test_chat_streams_parallel_calls_in_fragments_and_takes_their_results(chat: Chat) -> None:
    _, client = chat
    said: Any = [{"role": "user", "content": "weather?"}]
    async with client.chat.completions.stream(model="m", messages=said, tools=CHAT_TOOLS) as stream:
        fragments = [event async for event in stream if event.type == "tool_calls.function.arguments.delta"]
        final = await stream.get_final_completion()
    calls = final.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == ["sun", "rain"]
    assert len(fragments) > len(calls)
    said += [
        {"role": "assistant", "tool_calls": [call.model_dump(include={"id", "type", "function"}) for call in calls]},
        *({"role": "tool", "tool_call_id": call.id, "content": f"{call.function.name}: yes"} for call in calls),
    ]
    for call in said[1]["tool_calls"]:
        call["function"].pop("parsed_arguments", None)
    after = await client.chat.completions.create(model="m", messages=said, tools=CHAT_TOOLS)
    assert after.choices[0].message.content == "The tools answered: sun: yes; rain: yes"


async def test_chat_refuses_what_openai_refuses(chat: Chat) -> None:
    _, client = chat
    orphan: Any = [{"role": "user", "content": "x"}, {"role": "tool", "tool_call_id": "call_1", "content": "y"}]
    with pytest.raises(openai.BadRequestError, match="preceding message with 'tool_calls'"):
        await client.chat.completions.create(model="m", messages=orphan)
    unknown: Any = [{"role": "robot", "content": "x"}]
    with pytest.raises(openai.BadRequestError, match="Invalid value: 'robot'"):
        await client.chat.completions.create(model="m", messages=unknown)
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'thinking'"):
        await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}], extra_body={"thinking": {}}
        )
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="wrong").models.list()
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(model="missing", messages=[{"role": "user", "content": "x"}])


async def test_chat_sees_the_bytes_of_an_image_and_counts_cached_and_reasoning_tokens(chat: Chat) -> None:
    _, client = chat
    url = {"url": f"data:image/png;base64,{IMAGE}"}
    said: Any = [{"role": "user", "content": [{"type": "image_url", "image_url": url}]}]
    first = await client.chat.completions.create(model="m", messages=said, reasoning_effort="low")
    again = await client.chat.completions.create(model="m", messages=said, reasoning_effort="low")
    assert HASH in (first.choices[0].message.content or "")
    assert _usage(first)["completion_tokens_details"]["reasoning_tokens"] > 0
    assert _usage(first)["prompt_tokens_details"]["cached_tokens"] == 0
    assert _usage(again)["prompt_tokens_details"]["cached_tokens"] > 0


def _usage(answer: openai.types.chat.ChatCompletion) -> dict[str, Any]:
    assert answer.usage
    return answer.usage.to_dict()


# ── responses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def responses(fakes: MakeFake) -> AsyncIterator[tuple[FakeUpstream, openai.AsyncOpenAI]]:
    fake = await fakes(Format.OPENAI_RESPONSES)
    async with openai.AsyncOpenAI(base_url=fake.api_url, api_key=fake.key, max_retries=0) as client:
        yield fake, client


RESPONSE_TOOLS: Any = [
    {"type": "function", "name": name, "parameters": SCHEMA, "strict": True} for name in ("sun", "rain")
]


async def test_responses_streams_events_that_the_library_knows_down_to_the_last_field(responses: Chat) -> None:
    fake, client = responses
    events: Any = await client.responses.create(
        model="m",
        input="weather?",
        tools=RESPONSE_TOOLS,
        reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"],
        stream=True,
    )
    kept = [event async for event in events]
    known: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in kept:
        known.validate_python(event.to_dict(mode="json"))
    assert [event.sequence_number for event in kept] == list(range(len(kept)))
    assert [item.type for item in kept[-1].response.output] == ["reasoning", "function_call", "function_call"]
    assert sum(event.type == "response.function_call_arguments.delta" for event in kept) > 2
    assert fake.requests[0].headers["authorization"] == f"Bearer {fake.key}"


async def test_responses_takes_back_its_own_reasoning_and_no_other(responses: Chat) -> None:
    _, client = responses
    said: Any = [{"role": "user", "content": "weather?"}]
    common: Any = {
        "model": "m",
        "tools": RESPONSE_TOOLS,
        "store": False,
        "reasoning": {"effort": "low"},
        "include": ["reasoning.encrypted_content"],
    }
    first = await client.responses.create(input=said, **common)
    said += [item.to_dict(mode="json") for item in first.output]
    said += [
        {"type": "function_call_output", "call_id": item.call_id, "output": "yes"}
        for item in first.output
        if item.type == "function_call"
    ]
    after = await client.responses.create(input=said, **common)
    assert after.output_text == "The tools answered: yes; yes"
    said[1]["encrypted_content"] = "gAAAAforeign"
    with pytest.raises(openai.BadRequestError, match="could not be verified"):
        await client.responses.create(input=said, **common)


async def test_responses_refuses_what_openai_refuses_and_remembers_stored_turns(responses: Chat) -> None:
    _, client = responses
    first = await client.responses.create(model="m", input="one")
    second = await client.responses.create(model="m", input="two", previous_response_id=first.id)
    assert second.output_text == "two"
    assert first.usage
    assert second.usage
    assert second.usage.input_tokens > first.usage.input_tokens
    with pytest.raises(openai.BadRequestError, match="not found"):
        await client.responses.create(model="m", input="x", previous_response_id="resp_other")
    orphan: Any = [{"type": "function_call_output", "call_id": "call_9", "output": "x"}]
    with pytest.raises(openai.BadRequestError, match="No tool call found"):
        await client.responses.create(model="m", input=orphan)
    chat_tool: Any = CHAT_TOOLS
    with pytest.raises(openai.BadRequestError, match=r"Missing required parameter: 'tools\[0\].name'"):
        await client.responses.create(model="m", input="x", tools=chat_tool)
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'max_tokens'"):
        await client.responses.create(model="m", input="x", extra_body={"max_tokens": 5})
    wrong_part: Any = [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]
    with pytest.raises(openai.BadRequestError, match="'output_text', 'refusal'"):
        await client.responses.create(model="m", input=wrong_part)


async def test_responses_says_when_it_is_cut_by_the_limit_and_sees_images(responses: Chat) -> None:
    fake, client = responses
    fake.say("story")
    short = await client.responses.create(model="m", input="go on", max_output_tokens=16)
    assert short.status == "incomplete"
    assert short.incomplete_details
    assert short.incomplete_details.reason == "max_output_tokens"
    part = {"type": "input_image", "image_url": f"data:image/png;base64,{IMAGE}", "detail": "auto"}
    said: Any = [{"role": "user", "content": [part]}]
    assert HASH in (await client.responses.create(model="m", input=said)).output_text
