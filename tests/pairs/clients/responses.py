"""OpenAI's SDK on Responses, without state at the server, as agents use it."""

import json
from typing import Any

import openai

from omniroute.formats.hub import Format
from tests.pairs.clients.chat import data_url
from tests.pairs.clients.rim import Rim, given
from tests.pairs.talk import Ask, Heard, Instruction, Json, Refused, Result, Results, ToolCall, Turn, Usage, User


class ResponsesClient:
    """See the module."""

    format = Format.OPENAI_RESPONSES
    name = "openai-responses"

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
            answer = await (self._streamed(ask) if ask.stream else self._sdk.responses.create(**_fields(ask)))
        except openai.APIError as error:
            return self._rim.refused(error, getattr(error, "status_code", None))
        return self._heard(answer)

    async def _streamed(self, ask: Ask) -> Any:
        """The SDK's helper builds the answer from the events, and fails on events that do not fit together."""
        answer: Any = None
        numbers = []
        async with self._sdk.responses.stream(**_fields(ask)) as stream:
            async for event in stream:
                numbers.append(event.sequence_number)
                if event.type in ("response.completed", "response.incomplete"):
                    answer = event.response
            assert numbers == list(range(len(numbers)))
            assert answer is not None, "the stream ended without its answer and without an error"
            if answer.status == "completed":
                built = await stream.get_final_response()
                assert built.output_text == answer.output_text
        return answer

    def _heard(self, answer: Any) -> Heard:
        calls = tuple(
            ToolCall(id=item.call_id, name=item.name, arguments=json.loads(item.arguments))
            for item in answer.output
            if item.type == "function_call"
        )
        usage = answer.usage
        thoughts = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
        thoughts += [
            part.text
            for item in answer.output
            if item.type == "reasoning"
            for part in getattr(item, "content", ()) or ()
        ]
        return Heard(
            text=answer.output_text,
            thinking="".join(thoughts),
            calls=calls,
            stop=_stop(answer, calls),
            usage=usage
            and Usage(
                input=usage.input_tokens,
                output=usage.output_tokens,
                cached=usage.input_tokens_details.cached_tokens,
                reasoning=usage.output_tokens_details.reasoning_tokens,
            ),
            native=[_replayed(item) for item in answer.output],
            headers=self._rim.heard,
        )


def _replayed(item: Any) -> Json:
    """The output item as input; what only the helper adds goes."""
    raw: Json = item.model_dump(exclude_none=True)
    raw.pop("parsed_arguments", None)
    for part in raw.get("content") or ():
        part.pop("parsed", None)
    return raw


def _stop(answer: Any, calls: tuple[ToolCall, ...]) -> str:
    if answer.status == "incomplete":
        return "length" if answer.incomplete_details.reason == "max_output_tokens" else "other"
    return "tools" if calls else "end"


def _fields(ask: Ask) -> Json:
    items: list[Json] = []
    for turn in ask.turns:
        items += _items(turn)
    choice: Any = ask.choice
    if choice not in (None, "auto", "none", "required"):
        choice = {"type": "function", "name": choice}
    wanted = {"type": "json_schema", "name": "weather", "schema": ask.schema, "strict": True}
    return given(
        model=ask.model,
        input=items,
        instructions=ask.system,
        tools=[
            {"type": "function", "name": t.name, "description": t.description, "parameters": t.schema, "strict": False}
            for t in ask.tools
        ],
        tool_choice=choice,
        text={"format": wanted} if ask.schema else None,
        reasoning={"effort": ask.effort, "summary": "auto"} if ask.effort else None,
        include=["reasoning.encrypted_content"] if ask.effort else None,
        max_output_tokens=ask.max_tokens,
    ) | {"store": False}


def _items(turn: Turn) -> list[Json]:
    match turn:
        case User():
            content: list[Json] = [{"type": "input_text", "text": turn.text}]
            content += [{"type": "input_image", "image_url": data_url(picture)} for picture in turn.pictures]
            return [{"type": "message", "role": "user", "content": content}]
        case Instruction():
            return [{"type": "message", "role": "developer", "content": turn.text}]
        case Heard():
            return list(turn.native)
        case Results():
            return [
                {"type": "function_call_output", "call_id": result.call.id, "output": _output(result)}
                for result in turn.results
            ]


def _output(result: Result) -> Any:
    if result.picture is None:
        return result.text
    picture = {"type": "input_image", "image_url": data_url(result.picture)}
    return [{"type": "input_text", "text": result.text}, picture]
