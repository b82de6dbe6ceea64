"""A fake of Ollama: NDJSON, whole tool calls, arguments as objects, streaming unless told otherwise."""

import base64
from collections.abc import Iterator
from typing import Any

from omniroute.formats.hub import Format
from omniroute.kit import json
from omniroute.upstream.demo.answers import Answer
from omniroute.upstream.demo.ask import Ask, Medium, Offer, fingerprint
from omniroute.upstream.demo.words import tokens
from tests.fakes.openai_rim import dumps
from tests.fakes.reply import Json, Memory, Received, Rejected, Reply, Vendor

_TIME = "2026-01-01T00:00:00.123456789Z"
_ROLES = ("system", "user", "assistant", "tool")
_NANOSECONDS = 1_000_000


def respond(request: Received, memory: Memory) -> Reply:
    """Answer one request. No key is needed, but a wrong one is refused, as Ollama's cloud does."""
    if request.headers.get("authorization") and request.bearer != memory.key:
        raise Rejected(401, "unauthorized")
    match request.method, request.path:
        case "GET", "/api/version":
            return Reply(body=dumps({"version": "0.12.6"}))
        case "GET", "/api/tags":
            return Reply(body=dumps({"models": [_model(name) for name in memory.models]}))
        case "POST", "/api/show":
            return _show(request.body, memory)
        case "POST", "/api/chat":
            return _chat(request.body, memory)
        case _:
            raise Rejected(404, "404 page not found")


def _model(name: str) -> Json:
    details = {
        "parent_model": "",
        "format": "gguf",
        "family": "fake",
        "families": ["fake"],
        "parameter_size": "1B",
        "quantization_level": "Q4_K_M",
    }
    return {"name": name, "model": name, "modified_at": _TIME, "size": 1000, "digest": "0" * 64, "details": details}


def _show(body: Any, memory: Memory) -> Reply:
    name = (body or {}).get("model") or (body or {}).get("name")
    if name not in memory.models:
        raise Rejected(404, f"model '{name}' not found")
    shown = {
        "modelfile": f"FROM {name}",
        "parameters": "",
        "template": "{{ .Prompt }}",
        "details": _model(name)["details"],
        "model_info": {"general.architecture": "fake", "fake.context_length": 8192},
        "capabilities": ["completion", "tools", "thinking", "vision"],
        "modified_at": _TIME,
    }
    return Reply(body=dumps(shown))


def _chat(body: Any, memory: Memory) -> Reply:
    ask = _read(body)
    memory.demand_model(ask.model, Rejected(404, f"model '{ask.model}' not found"))
    answer = memory.compose(ask)
    if not ask.stream:
        message = _message(answer.text, answer)
        return Reply(body=dumps(_line(ask, message) | _ending(ask, answer)), generated=True)
    frames = tuple(_lines(ask, answer))
    return Reply(media_type="application/x-ndjson", frames=frames, repeat=frames[0], generated=True)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _unmarshal(got: Any, place: str, wanted: str) -> Rejected:
    """Ollama is written in Go, and answers in its JSON decoder's words."""
    kinds = {str: "string", list: "array", dict: "object", bool: "bool", int: "number", float: "number"}
    name = kinds.get(type(got), "value")
    return Rejected(400, f"json: cannot unmarshal {name} into Go struct field ChatRequest.{place} of type {wanted}")


def _read(body: Any) -> Ask:
    if not isinstance(body, dict):
        raise Rejected(400, "invalid character in request body")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Rejected(400, "model is required")
    options = body.get("options") or {}
    if not isinstance(options, dict):
        raise _unmarshal(options, "options", "map[string]interface {}")
    talk = _read_messages(body.get("messages") or [])
    offers = tuple(_offer(tool) for tool in body.get("tools") or ())
    extra = tokens(dumps(body["tools"]).decode()) if offers else 0
    limit = options.get("num_predict")
    stop = options.get("stop") or ()
    return Ask(
        model=body["model"],
        text=talk["text"],
        stream=body.get("stream") is not False,
        max_tokens=limit if limit and limit > 0 else None,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        offers=offers,
        results=tuple(talk["results"]),
        media=tuple(talk["media"]),
        json_schema=_read_format(body.get("format")),
        thinking=body.get("think") not in (None, False),
        prompt_tokens=talk["tokens"] + extra,
    )


def _read_messages(messages: list[Any]) -> Json:
    talk: Json = {"text": "", "media": [], "results": [], "tokens": 0}
    for message in messages:
        role, content = message.get("role"), message.get("content") or ""
        if role not in _ROLES:
            raise Rejected(400, f"invalid role: {role!r}")
        if not isinstance(content, str):
            raise _unmarshal(content, "messages.content", "string")
        media = [_image(data) for data in message.get("images") or ()]
        for call in message.get("tool_calls") or ():
            arguments = (call.get("function") or {}).get("arguments")
            if not isinstance(arguments, dict):
                raise _unmarshal(arguments, "messages.tool_calls.function.arguments", "api.ToolCallFunctionArguments")
        talk["tokens"] += 3 + tokens(content) + 85 * len(media)
        if role == "tool":
            talk["results"].append(content)
        elif role != "system":
            talk["results"] = []
        if role == "user":
            talk["text"], talk["media"] = content, media
    return talk


def _image(data: Any) -> Medium:
    if not isinstance(data, str):
        raise _unmarshal(data, "messages.images", "api.ImageData")
    try:
        return Medium(kind="image", media_type="image", label=fingerprint(base64.b64decode(data, validate=True)))
    except ValueError as error:
        raise Rejected(400, "illegal base64 data at input byte 0") from error


def _offer(tool: Any) -> Offer:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not function.get("name"):
        raise Rejected(400, "invalid tool: function and its name are required")
    return Offer(name=function["name"], schema=function.get("parameters") or {})


def _read_format(wanted: Any) -> Json | None:
    if wanted in (None, ""):
        return None
    if wanted == "json":
        return {}
    if not isinstance(wanted, dict):
        raise Rejected(400, f'invalid format: {wanted!r}; expected "json" or a valid JSON Schema object')
    return wanted


# ── spelling ────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(ask: Ask, answer: Answer) -> Iterator[bytes]:
    for piece in answer.pieces:
        if piece.kind == "thinking":
            yield _framed(_line(ask, {"role": "assistant", "content": "", "thinking": piece.text}))
        elif piece.kind == "text":
            yield _framed(_line(ask, {"role": "assistant", "content": piece.text}))
    for index in range(len(answer.calls)):
        yield _framed(_line(ask, {"role": "assistant", "content": "", "tool_calls": [_call(answer, index)]}))
    yield _framed(_line(ask, {"role": "assistant", "content": ""}) | _ending(ask, answer))


def _framed(line: Json) -> bytes:
    return dumps(line) + b"\n"


def _line(ask: Ask, message: Json) -> Json:
    return {"model": ask.model, "created_at": _TIME, "message": message, "done": False}


def _message(text: str, answer: Answer) -> Json:
    message: Json = {"role": "assistant", "content": text}
    if answer.thinking:
        message["thinking"] = answer.thinking
    if answer.calls:
        message["tool_calls"] = [_call(answer, index) for index in range(len(answer.calls))]
    return message


def _call(answer: Answer, index: int) -> Json:
    try:
        arguments = json.loads(answer.arguments(index))
    except json.BadJson:
        arguments = {}
    return {"function": {"index": index, "name": answer.calls[index].name, "arguments": arguments}}


def _ending(ask: Ask, answer: Answer) -> Json:
    return {
        "done": True,
        "done_reason": "length" if answer.finish == "length" else "stop",
        "total_duration": 3 * _NANOSECONDS,
        "load_duration": _NANOSECONDS,
        "prompt_eval_count": ask.prompt_tokens,
        "prompt_eval_duration": _NANOSECONDS,
        "eval_count": answer.tokens,
        "eval_duration": _NANOSECONDS,
    }


def spell_error(refusal: Rejected) -> bytes:
    """Spell a refusal: one string."""
    return dumps({"error": refusal.message})


def error_frame(refusal: Rejected, _request: Received) -> bytes:
    """Spell an error in the middle of a stream as a line of its own."""
    return spell_error(refusal) + b"\n"


VENDOR = Vendor(format=Format.OLLAMA, respond=respond, spell_error=spell_error, error_frame=error_frame)
