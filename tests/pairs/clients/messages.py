"""Anthropic's SDK on messages."""

import base64
from typing import Any

import anthropic

from omniroute.formats.hub import Format
from tests.pairs.clients.rim import Rim, given
from tests.pairs.talk import (
    Ask,
    Heard,
    Instruction,
    Json,
    Picture,
    Refused,
    Result,
    Results,
    ToolCall,
    Turn,
    Usage,
    User,
)

_STOPS = {"end_turn": "end", "max_tokens": "length", "tool_use": "tools", "stop_sequence": "stop"}
_MAX_TOKENS = 4000
_CHOICES = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}


class MessagesClient:
    """See the module."""

    format = Format.ANTHROPIC
    name = "anthropic"

    def __init__(self, url: str, key: str) -> None:
        self._rim = Rim()
        http = anthropic.DefaultAsyncHttpxClient(event_hooks=self._rim.hooks, trust_env=False)
        self._sdk = anthropic.AsyncAnthropic(base_url=url, api_key=key, max_retries=0, http_client=http)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._sdk.close()

    async def ask(self, ask: Ask) -> Heard | Refused:
        """Ask and hear the answer to its end."""
        self._rim.begin(ask)
        try:
            if not ask.stream:
                answer: Any = await self._sdk.messages.create(**_fields(ask))
            else:
                answer = await self._streamed(ask)
        except anthropic.APIError as error:
            return self._rim.refused(error, getattr(error, "status_code", None))
        return self._heard(answer)

    async def _streamed(self, ask: Ask) -> Any:
        """The SDK does not notice a stream that stops in the middle, so the last event is looked for."""
        last = ""
        async with self._sdk.messages.stream(**_fields(ask)) as stream:
            async for event in stream:
                last = event.type
            assert last == "message_stop"
            return await stream.get_final_message()

    def _heard(self, answer: Any) -> Heard:
        calls = tuple(
            ToolCall(id=block.id, name=block.name, arguments=dict(block.input))
            for block in answer.content
            if block.type == "tool_use"
        )
        usage = answer.usage
        cached = (usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
        details = usage.output_tokens_details
        return Heard(
            text="".join(block.text for block in answer.content if block.type == "text"),
            thinking="".join(block.thinking for block in answer.content if block.type == "thinking"),
            calls=calls,
            stop=_STOPS.get(answer.stop_reason),
            usage=Usage(
                input=usage.input_tokens + sum(count or 0 for count in cached),
                output=usage.output_tokens,
                cached=cached[0],
                reasoning=details.thinking_tokens if details else None,
            ),
            native=[_replayed(block) for block in answer.content],
            headers=self._rim.heard,
        )


def _replayed(block: Any) -> Json:
    raw: Json = block.model_dump(exclude_none=True)
    for name in ("parsed_output", "parsed_input"):
        raw.pop(name, None)
    return raw


def _fields(ask: Ask) -> Json:
    thinking: Json | None = None
    if ask.budget:
        thinking = {"type": "enabled", "budget_tokens": ask.budget}
    elif ask.effort:
        thinking = {"type": "adaptive"}
    wanted = {"format": {"type": "json_schema", "schema": ask.schema}} if ask.schema else {}
    choice = ask.choice and _CHOICES.get(ask.choice, {"type": "tool", "name": ask.choice})
    return given(
        model=ask.model,
        max_tokens=ask.max_tokens or _MAX_TOKENS,
        messages=[_message(turn) for turn in ask.turns],
        system=ask.system,
        tools=[{"name": t.name, "description": t.description, "input_schema": t.schema} for t in ask.tools],
        tool_choice=choice,
        thinking=thinking,
        output_config=wanted | ({"effort": ask.effort} if ask.effort else {}),
        stop_sequences=list(ask.stop),
    )


def _message(turn: Turn) -> Json:
    match turn:
        case User():
            blocks: list[Json] = [_image(picture) for picture in turn.pictures]
            return {"role": "user", "content": [*blocks, {"type": "text", "text": turn.text}] if blocks else turn.text}
        case Instruction():
            return {"role": "system", "content": turn.text}
        case Heard():
            return {"role": "assistant", "content": turn.native}
        case Results():
            return {"role": "user", "content": [_result(result) for result in turn.results]}


def _result(result: Result) -> Json:
    content: Any = result.text
    if result.picture is not None:
        content = [{"type": "text", "text": result.text}, _image(result.picture)]
    block: Json = {"type": "tool_result", "tool_use_id": result.call.id, "content": content}
    return block | ({"is_error": True} if result.failed else {})


def _image(picture: Picture) -> Json:
    if picture.url:
        return {"type": "image", "source": {"type": "url", "url": picture.url}}
    data = base64.b64encode(picture.data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": picture.media_type, "data": data}}
