"""Google's SDK on the Gemini API."""

from typing import Any

import httpx
from google import genai
from google.genai import errors, types

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

_STOPS = {"STOP": "end", "MAX_TOKENS": "length"}
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


class GoogleClient:
    """See the module."""

    format = Format.GEMINI
    name = "google-genai"

    def __init__(self, url: str, key: str) -> None:
        self._rim = Rim()
        # Over httpx: where aiohttp is installed the SDK would subclass its session, which warns.
        arguments = {
            "transport": httpx.AsyncHTTPTransport(),
            "event_hooks": self._rim.hooks,
            "trust_env": False,
        }
        options = types.HttpOptions(base_url=url, async_client_args=arguments)
        self._sdk = genai.Client(api_key=key, http_options=options)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._sdk.aio.aclose()

    async def ask(self, ask: Ask) -> Heard | Refused:
        """Ask and hear the answer to its end."""
        self._rim.begin(ask)
        contents: Any = [content for turn in ask.turns for content in _contents(turn)]
        config = _config(ask)
        models = self._sdk.aio.models
        try:
            if not ask.stream:
                chunks = [await models.generate_content(model=ask.model, contents=contents, config=config)]
            else:
                stream = await models.generate_content_stream(model=ask.model, contents=contents, config=config)
                chunks = [chunk async for chunk in stream]
        except errors.APIError as error:
            return self._rim.refused(error, error.code)
        return self._heard(chunks)

    def _heard(self, chunks: list[types.GenerateContentResponse]) -> Heard:
        candidates = [candidate for chunk in chunks for candidate in chunk.candidates or ()]
        parts = [part for one in candidates for part in (one.content and one.content.parts) or ()]
        calls = tuple(
            ToolCall(
                id=part.function_call.id or "",
                name=part.function_call.name or "",
                arguments=part.function_call.args or {},
            )
            for part in parts
            if part.function_call
        )
        reasons = [one.finish_reason.value for one in candidates if one.finish_reason]
        stop = _STOPS.get(reasons[-1]) if reasons else None
        return Heard(
            text="".join(part.text for part in parts if part.text and not part.thought),
            thinking="".join(part.text for part in parts if part.text and part.thought),
            calls=calls,
            stop="tools" if stop == "end" and calls else stop,
            usage=_usage([chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]),
            native=types.Content(role="model", parts=[part for part in parts if _says(part)]),
            headers=self._rim.heard,
        )


def _says(part: types.Part) -> bool:
    return bool(part.text or part.function_call or part.thought_signature)


def _usage(told: list[types.GenerateContentResponseUsageMetadata]) -> Usage | None:
    if not told:
        return None
    last = told[-1]
    return Usage(
        input=last.prompt_token_count,
        output=(last.candidates_token_count or 0) + (last.thoughts_token_count or 0),
        cached=last.cached_content_token_count,
        reasoning=last.thoughts_token_count,
    )


def _config(ask: Ask) -> types.GenerateContentConfig:
    thinking: Any = None
    if ask.budget:
        thinking = {"include_thoughts": True, "thinking_budget": ask.budget}
    elif ask.effort:
        thinking = {"include_thoughts": True, "thinking_level": ask.effort.upper()}
    fields = given(
        system_instruction=ask.system,
        tools=[
            {
                "function_declarations": [
                    {"name": t.name, "description": t.description, "parameters_json_schema": t.schema}
                    for t in ask.tools
                ]
            }
        ]
        if ask.tools
        else None,
        tool_config=ask.choice and {"function_calling_config": _calling(ask.choice)},
        response_mime_type="application/json" if ask.schema else None,
        response_json_schema=ask.schema,
        thinking_config=thinking,
        stop_sequences=list(ask.stop),
        max_output_tokens=ask.max_tokens,
    )
    return types.GenerateContentConfig(**fields, automatic_function_calling={"disable": True})  # type: ignore[arg-type]


def _calling(choice: str) -> Json:
    if choice in _MODES:
        return {"mode": _MODES[choice]}
    return {"mode": "ANY", "allowed_function_names": [choice]}


def _contents(turn: Turn) -> list[types.Content]:
    match turn:
        case User():
            parts = [_picture(picture) for picture in turn.pictures]
            return [types.Content(role="user", parts=[*parts, types.Part(text=turn.text)])]
        case Instruction():
            raise AssertionError("Gemini has no system message in the middle")
        case Heard():
            return [turn.native]
        case Results():
            return [types.Content(role="user", parts=[_result(result) for result in turn.results])]


def _result(result: Result) -> types.Part:
    response: Json = {"error" if result.failed else "output": result.text}
    parts: list[types.FunctionResponsePart] = []
    if result.picture is not None:
        blob = types.FunctionResponseBlob(mime_type=result.picture.media_type, data=result.picture.data)
        parts = [types.FunctionResponsePart(inline_data=blob)]
    answer = types.FunctionResponse(
        id=result.call.id or None, name=result.call.name, response=response, parts=parts or None
    )
    return types.Part(function_response=answer)


def _picture(picture: Picture) -> types.Part:
    if picture.url:
        return types.Part(file_data=types.FileData(file_uri=picture.url, mime_type=picture.media_type))
    return types.Part(inline_data=types.Blob(mime_type=picture.media_type, data=picture.data))
