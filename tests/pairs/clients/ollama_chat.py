"""Ollama's SDK on chat."""

from typing import Any

import ollama

from omniroute.formats.hub import Format
from tests.pairs.clients.rim import Rim, given
from tests.pairs.talk import Ask, Heard, Instruction, Json, Refused, Results, ToolCall, Turn, Usage, User

_STOPS = {"stop": "end", "length": "length"}


class OllamaClient:
    """See the module."""

    format = Format.OLLAMA
    name = "ollama"

    def __init__(self, url: str, key: str) -> None:
        self._rim = Rim()
        headers = {"authorization": f"Bearer {key}"}
        self._sdk = ollama.AsyncClient(url, headers=headers, event_hooks=self._rim.hooks, trust_env=False)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._sdk._client.aclose()

    async def ask(self, ask: Ask) -> Heard | Refused:
        """Ask and hear the answer to its end."""
        self._rim.begin(ask)
        try:
            if not ask.stream:
                return self._heard([await self._sdk.chat(**_fields(ask))])
            stream = await self._sdk.chat(**_fields(ask), stream=True)
            return self._heard([line async for line in stream])
        except ollama.ResponseError as error:
            return self._rim.refused(error, error.status_code)

    def _heard(self, lines: list[Any]) -> Heard:
        last = lines[-1]
        assert last.done, "the stream ended without its last line"
        messages = [line.message for line in lines]
        text = "".join(message.content or "" for message in messages)
        thinking = "".join(message.thinking or "" for message in messages)
        called = [call for message in messages for call in message.tool_calls or ()]
        calls = tuple(ToolCall(name=call.function.name, arguments=dict(call.function.arguments)) for call in called)
        stop = _STOPS.get(last.done_reason)
        native = given(role="assistant", thinking=thinking, tool_calls=called) | {"content": text}
        return Heard(
            text=text,
            thinking=thinking,
            calls=calls,
            stop="tools" if stop == "end" and calls else stop,
            usage=Usage(input=last.prompt_eval_count, output=last.eval_count),
            native=native,
            headers=self._rim.heard,
        )


def _fields(ask: Ask) -> Json:
    messages: list[Json] = [{"role": "system", "content": ask.system}] if ask.system else []
    for turn in ask.turns:
        messages += _messages(turn)
    functions = [{"name": t.name, "description": t.description, "parameters": t.schema} for t in ask.tools]
    return given(
        model=ask.model,
        messages=messages,
        tools=[{"type": "function", "function": function} for function in functions],
        format=ask.schema,
        think=ask.effort,
        options=given(stop=list(ask.stop), num_predict=ask.max_tokens),
    )


def _messages(turn: Turn) -> list[Json]:
    match turn:
        case User():
            return [{"role": "user", "content": turn.text} | given(images=[p.data for p in turn.pictures])]
        case Instruction():
            return [{"role": "system", "content": turn.text}]
        case Heard():
            return [turn.native]
        case Results():
            return [
                {"role": "tool", "tool_name": result.call.name, "content": result.text}
                | given(images=[result.picture.data] if result.picture else None)
                for result in turn.results
            ]
