"""OpenAI's SDK on chat completions."""

import base64
import json
from typing import Any

import openai

from omniroute.formats.hub import Format
from tests.pairs.clients.rim import Rim, given
from tests.pairs.talk import Ask, Heard, Instruction, Json, Picture, Refused, Results, ToolCall, Turn, Usage, User

STOPS = {"stop": "end", "length": "length", "tool_calls": "tools"}


class ChatClient:
    """See the module."""

    format = Format.OPENAI_CHAT
    name = "openai-chat"

    def __init__(self, url: str, key: str) -> None:
        self._rim = Rim()
        http = openai.DefaultAsyncHttpxClient(event_hooks=self._rim.hooks, trust_env=False)
        self._sdk = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, http_client=http)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._sdk.close()

    async def ask(self, ask: Ask) -> Heard | Refused:
        """Ask and hear the answer to its end."""
        self._rim.begin(ask)
        try:
            if not ask.stream:
                answer = await self._sdk.chat.completions.create(**_fields(ask))
            else:
                more: Any = {"stream_options": {"include_usage": True}}
                async with self._sdk.chat.completions.stream(**_fields(ask), **more) as stream:
                    async for _ in stream:
                        pass
                    answer = await stream.get_final_completion()
        except openai.LengthFinishReasonError as error:  # its stream helper raises what the plain call tells
            answer = error.completion
        except openai.APIError as error:
            return self._rim.refused(error, getattr(error, "status_code", None))
        return self._heard(answer)

    def _heard(self, answer: Any) -> Heard:
        (choice,) = answer.choices
        calls = tuple(
            ToolCall(id=call.id, name=call.function.name, arguments=json.loads(call.function.arguments or "{}"))
            for call in choice.message.tool_calls or ()
        )
        usage = answer.usage
        into, out = (usage.prompt_tokens_details, usage.completion_tokens_details) if usage else (None, None)
        return Heard(
            text=choice.message.content or "",
            thinking=getattr(choice.message, "reasoning_content", None) or "",
            calls=calls,
            stop=STOPS.get(choice.finish_reason),
            usage=usage
            and Usage(
                input=usage.prompt_tokens,
                output=usage.completion_tokens,
                cached=into.cached_tokens if into else None,
                reasoning=out.reasoning_tokens if out else None,
            ),
            native=choice.message.model_dump(exclude_none=True, exclude={"parsed"}),
            headers=self._rim.heard,
        )


def _fields(ask: Ask) -> Json:
    messages: list[Json] = [{"role": "system", "content": ask.system}] if ask.system else []
    for turn in ask.turns:
        messages += _messages(turn)
    choice: Any = ask.choice
    if choice not in (None, "auto", "none", "required"):
        choice = {"type": "function", "function": {"name": choice}}
    wanted = {"name": "weather", "schema": ask.schema, "strict": True}
    return given(
        model=ask.model,
        messages=messages,
        tools=[
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.schema}}
            for t in ask.tools
        ],
        tool_choice=choice,
        response_format={"type": "json_schema", "json_schema": wanted} if ask.schema else None,
        reasoning_effort=ask.effort,
        stop=list(ask.stop),
        max_completion_tokens=ask.max_tokens,
    )


def _messages(turn: Turn) -> list[Json]:
    match turn:
        case User():
            parts: list[Json] = [{"type": "text", "text": turn.text}]
            parts += [{"type": "image_url", "image_url": {"url": data_url(picture)}} for picture in turn.pictures]
            return [{"role": "user", "content": parts if turn.pictures else turn.text}]
        case Instruction():
            return [{"role": "system", "content": turn.text}]
        case Heard():
            return [turn.native]
        case Results():
            return [{"role": "tool", "tool_call_id": result.call.id, "content": result.text} for result in turn.results]


def data_url(picture: Picture) -> str:
    """Spell a picture as a URL."""
    if picture.url:
        return picture.url
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"
