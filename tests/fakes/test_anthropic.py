"""The fake of Anthropic's Messages against Anthropic's own client library."""

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.material import HASH, IMAGE, SCHEMA
from tests.fakes.upstream import FakeUpstream


@pytest.fixture
async def claude(fakes: MakeFake) -> AsyncIterator[tuple[FakeUpstream, anthropic.AsyncAnthropic]]:
    fake = await fakes(Format.ANTHROPIC)
    async with anthropic.AsyncAnthropic(base_url=fake.api_url, api_key=fake.key, max_retries=0) as client:
        yield fake, client


Claude = tuple[FakeUpstream, anthropic.AsyncAnthropic]
CLAUDE_TOOLS: Any = [{"name": name, "input_schema": SCHEMA} for name in ("sun", "rain")]
THINKING: Any = {"type": "enabled", "budget_tokens": 1024}


async def test_anthropic_streams_thought_text_and_usage(claude: Claude) -> None:
    _, client = claude
    said: Any = [{"role": "user", "content": "hello there"}]
    async with client.messages.stream(model="m", max_tokens=2048, messages=said, thinking=THINKING) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert any(event.type == "signature" for event in events)
    whole = await client.messages.create(model="m", max_tokens=2048, messages=said, thinking=THINKING)
    assert [block.to_dict() for block in whole.content] == [
        {key: value for key, value in block.to_dict().items() if key != "parsed_output"} for block in final.content
    ]
    assert final.usage.output_tokens == whole.usage.output_tokens
    counted = await client.messages.count_tokens(model="m", messages=said)
    assert counted.input_tokens == whole.usage.input_tokens


async def test_anthropic_takes_back_its_own_thought_and_no_other(claude: Claude) -> None:
    _, client = claude
    said: Any = [{"role": "user", "content": "weather?"}]
    common: Any = {"model": "m", "max_tokens": 2048, "tools": CLAUDE_TOOLS, "thinking": THINKING}
    async with client.messages.stream(messages=said, **common) as stream:
        first = await stream.get_final_message()
    assert [block.type for block in first.content] == ["thinking", "tool_use", "tool_use"]
    assert first.stop_reason == "tool_use"
    kept: list[Any] = [block.to_dict() for block in first.content]
    results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "yes"} for block in kept[1:]]
    turns: list[Any] = [*said, {"role": "assistant", "content": kept}, {"role": "user", "content": results}]
    after: Any = await client.messages.create(messages=turns, **common)
    assert after.content[1].text == "The tools answered: yes; yes"
    foreign = [{"type": "thinking", "thinking": "mine", "signature": "Zm9yZWlnbg=="}, *kept[1:]]
    for content, complaint in ((foreign, "Invalid `signature`"), (kept[1:], "Expected `thinking`")):
        changed: list[Any] = [turns[0], {"role": "assistant", "content": content}, turns[2]]
        with pytest.raises(anthropic.BadRequestError, match=complaint):
            await client.messages.create(messages=changed, **common)
    with pytest.raises(anthropic.BadRequestError, match="without `tool_result` blocks"):
        await client.messages.create(messages=turns[:2], **common)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": "m", "messages": [{"role": "user", "content": "x"}]}, "max_tokens: Field required"),
        ({"temperature": 2}, "temperature: range"),
        ({"frequency_penalty": 1}, "frequency_penalty: Extra inputs"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "first message must use"),
        ({"messages": [{"role": "user", "content": ""}]}, "must be non-empty"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]},
            "unexpected `tool_use_id`",
        ),
        ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "should match pattern"),
    ],
)
async def test_anthropic_refuses_what_anthropic_refuses(claude: Claude, body: dict[str, Any], message: str) -> None:
    _, client = claude
    full = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "x"}]} | body
    if "Field required" in message:
        del full["max_tokens"]
    with pytest.raises(anthropic.BadRequestError, match=message):
        await client.post("/v1/messages", body=full, cast_to=anthropic.types.Message)


async def test_anthropic_checks_keys_counts_its_cache_and_sees_images(claude: Claude) -> None:
    _, client = claude
    with pytest.raises(anthropic.AuthenticationError):
        await client.with_options(api_key="wrong").models.list()
    assert [model.id async for model in client.models.list()] == ["fake-large", "fake-small"]
    source = {"type": "base64", "media_type": "image/png", "data": IMAGE}
    said: Any = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    system: Any = [{"type": "text", "text": "Be kind to all.", "cache_control": {"type": "ephemeral"}}]
    first: Any = await client.messages.create(model="m", max_tokens=99, messages=said, system=system)
    again = await client.messages.create(model="m", max_tokens=99, messages=said, system=system)
    assert HASH in first.content[0].text
    assert first.usage.cache_creation_input_tokens == again.usage.cache_read_input_tokens
    assert again.usage.cache_read_input_tokens
