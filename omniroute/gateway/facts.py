"""What is known of a request before it is sent anywhere: how large it is, and what it needs. Tokens are estimates."""

from typing import Any

from omniroute.formats.counting import measure
from omniroute.formats.hub import Format, Json, Media, Request, ToolResult
from omniroute.gateway.attempt import hub_request
from omniroute.gateway.call import Call
from omniroute.kit.json import dumps
from omniroute.routing.conditions import Facts

# About what English text and code come to with today's vocabularies; counting for real takes too long here.
LETTERS_A_TOKEN = 4
# What a request that names no limit is taken to be answered with.
ANSWER_TOKENS = 500
# What chat templates add, as formats/counting.py has it: for each message, for a call, for the answer's beginning.
_AROUND = 3


def facts_for(call: Call) -> Facts:
    """Return what is known of a call's request, by a glance at its body where that will do."""
    if call.operation is not None:
        likely = call.operation.likely
        return Facts(input_tokens=likely.input or 0, output_tokens=0, tools=False, images=False, stream=call.stream)
    if call.codec.format is Format.OPENAI_CHAT and call.request is None:
        return glanced(call.body, stream=call.stream) or facts_of(hub_request(call))
    return facts_of(hub_request(call))


def facts_of(request: Request) -> Facts:
    """Return what is known of a request."""
    measured = measure(request)
    return Facts(
        input_tokens=-(-measured.characters // LETTERS_A_TOKEN) + measured.tokens,
        output_tokens=request.sampling.max_tokens or ANSWER_TOKENS,
        tools=bool(request.tools),
        images=_has_images(request),
        stream=request.stream,
    )


def _has_images(request: Request) -> bool:
    parts = [part for message in request.messages for part in message.parts]
    inner = [one for part in parts if isinstance(part, ToolResult) for one in part.parts]
    return any(isinstance(one, Media) and one.kind == "image" for one in (*parts, *inner))


def glanced(body: Json, *, stream: bool) -> Facts | None:
    """Return the facts of a chat request of texts and tool calls without decoding it; None when it holds more.

    Tools are measured as the client spells them, so that the estimate is a little above that of the same request in
    another format.
    """
    messages = body["messages"]
    letters, tokens = 0, _AROUND + _AROUND * len(messages)
    for message in messages:
        content = message.get("content")
        length = len(content) if isinstance(content, str) else _length(content)
        if length is None:
            return None
        letters += length
        if len(message) > 2:  # noqa: PLR2004 - more than a role and its content
            calls = message.get("tool_calls")
            if message.keys() - _PLAIN or not isinstance(calls, list | type(None)):
                return None
            letters += 0 if calls is None else len(dumps(calls))
    tools, wanted = body.get("tools"), body.get("response_format")
    if "functions" in body:
        return None
    for extra in (tools, wanted):
        letters += len(dumps(extra)) if extra else 0
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    return Facts(
        input_tokens=-(-letters // LETTERS_A_TOKEN) + tokens,
        output_tokens=most if type(most) is int and most > 0 else ANSWER_TOKENS,
        tools=bool(tools),
        images=False,
        stream=stream,
    )


_PLAIN = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})


def _length(content: Any) -> int | None:
    """Return the length of a content that is no string: a list of texts, or nothing."""
    if content is None:
        return 0
    if not isinstance(content, list):
        return None
    letters = 0
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            return None
        letters += len(part["text"])
    return letters
