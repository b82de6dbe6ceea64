"""Reads an OpenAI chat request as OpenAI does: what is malformed is refused with the field's path in `param`."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from omniroute.kit import json
from omniroute.kit.errors import Invalid
from omniroute.upstream.demo.ask import Ask, Medium, Offer, fingerprint
from omniroute.upstream.demo.words import tokens

_TOKENS_PER_MESSAGE = 3
_TOKENS_PER_MEDIUM = 85
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_MOST_CHOICES = 128
_MOST_STOPS = 4


def read(body: Any) -> Ask:
    """Read `body` or raise Invalid."""
    if not isinstance(body, dict):
        raise Invalid("We could not parse the JSON body of your request: it is no object.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Invalid("you must provide a model parameter", param="model")
    talk = _read_messages(body.get("messages"))
    offers = _read_tools(body.get("tools"))
    choice, offers = _read_choice(body.get("tool_choice"), offers)
    options = body.get("stream_options")
    stream = _flag(body, "stream")
    if options is not None and not stream:
        raise Invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    return Ask(
        model=model,
        text=talk.text,
        stream=stream,
        include_usage=isinstance(options, Mapping) and options.get("include_usage") is True,
        count=_whole(body, "n", most=_MOST_CHOICES) or 1,
        max_tokens=_whole(body, "max_completion_tokens") or _whole(body, "max_tokens"),
        stop=_read_stop(body.get("stop")),
        offers=offers,
        choice=choice,
        parallel=body.get("parallel_tool_calls") is not False,
        results=tuple(talk.results),
        media=tuple(talk.media),
        json_schema=_read_format(body.get("response_format")),
        thinking=body.get("reasoning_effort") not in (None, "none"),
        prompt_tokens=talk.tokens + (tokens(json.dumps(body["tools"]).decode()) if body.get("tools") else 0),
    )


# ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Talk:
    """What the messages came to so far."""

    text: str = ""
    media: list[Medium] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)  # calls that have no result yet
    tokens: int = 0


def _read_messages(messages: Any) -> _Talk:
    if not isinstance(messages, list) or not messages:
        raise Invalid("'messages' must be a list of at least one message.", param="messages")
    talk = _Talk()
    for index, message in enumerate(messages):
        _read_message(talk, message, f"messages[{index}]")
    _demand_results(talk, "messages")
    return talk


def _read_message(talk: _Talk, message: Any, path: str) -> None:
    if not isinstance(message, dict):
        raise Invalid(f"Invalid type for '{path}': expected an object.", param=path)
    role = message.get("role")
    if role not in _ROLES:
        supported = ", ".join(repr(name) for name in _ROLES)
        raise Invalid(f"Invalid value: {role!r}. Supported values are: {supported}.", param=f"{path}.role")
    text, media = _read_content(message, path)
    talk.tokens += _TOKENS_PER_MESSAGE + tokens(text) + _TOKENS_PER_MEDIUM * len(media)
    if role == "tool":
        _take_result(talk, message, text, path)
        return
    _demand_results(talk, path)
    if role == "user":
        talk.text, talk.media, talk.results = text, media, []
    elif role == "assistant":
        talk.results = []
        _take_calls(talk, message, path)


def _take_result(talk: _Talk, message: dict[str, Any], text: str, path: str) -> None:
    call_id = message.get("tool_call_id")
    if not isinstance(call_id, str):
        raise Invalid(f"Missing required parameter: '{path}.tool_call_id'.", param=f"{path}.tool_call_id")
    if call_id not in talk.waiting:
        raise Invalid(
            "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
            param=f"{path}.role",
        )
    talk.waiting.discard(call_id)
    talk.results.append(text)


def _take_calls(talk: _Talk, message: dict[str, Any], path: str) -> None:
    calls = message.get("tool_calls")
    if calls is None:
        return
    if not isinstance(calls, list) or not calls:
        raise Invalid(f"'{path}.tool_calls' must be a list of at least one call.", param=f"{path}.tool_calls")
    for index, call in enumerate(calls):
        where = f"{path}.tool_calls[{index}]"
        if not isinstance(call, dict) or not isinstance(call.get("id"), str):
            raise Invalid(f"Missing required parameter: '{where}.id'.", param=f"{where}.id")
        kind = call.get("type")
        inner = call.get(kind) if kind in ("function", "custom") else None
        written = "arguments" if kind == "function" else "input"
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            raise Invalid(f"Missing required parameter: '{where}.function'.", param=f"{where}.function")
        if not isinstance(inner.get(written), str):
            raise Invalid(f"Invalid type for '{where}.{kind}.{written}': expected a string.", param=where)
        talk.waiting.add(call["id"])
        talk.tokens += 1 + tokens(inner[written])


def _demand_results(talk: _Talk, path: str) -> None:
    """OpenAI answers 400 when a call is left without its result."""
    if talk.waiting:
        missing = ", ".join(sorted(talk.waiting))
        raise Invalid(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {missing}",
            param=path,
        )


def _read_content(message: dict[str, Any], path: str) -> tuple[str, list[Medium]]:
    content = message.get("content")
    if isinstance(content, str):
        return content, []
    if content is None:
        if message["role"] == "assistant":
            return str(message.get("refusal") or ""), []
        raise Invalid(
            f"Invalid value for 'content': expected a string, got null. In '{path}'.", param=f"{path}.content"
        )
    if not isinstance(content, list) or not content:
        raise Invalid(f"Invalid type for '{path}.content': expected a string or parts.", param=f"{path}.content")
    texts: list[str] = []
    media: list[Medium] = []
    for index, part in enumerate(content):
        where = f"{path}.content[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        value = part.get(kind) if isinstance(kind, str) else None
        if kind in ("text", "refusal") and isinstance(value, str):
            texts.append(value)
        elif isinstance(kind, str) and kind in _MEDIA and isinstance(value, dict):
            media.append(_MEDIA[kind](value, where))
        else:
            raise Invalid(f"Invalid content part at '{where}': type {kind!r}.", param=where)
    return "\n".join(texts), media


def _image(value: dict[str, Any], path: str) -> Medium:
    url = value.get("url")
    if not isinstance(url, str) or not url:
        raise Invalid(f"Missing required parameter: '{path}.image_url.url'.", param=f"{path}.image_url.url")
    head, comma, data = url.partition(",")
    if url.startswith("data:") and comma:
        return Medium(kind="image", media_type=head[5:].split(";")[0], label=_decoded(data, path))
    if url.startswith(("http://", "https://")):
        return Medium(kind="image", media_type="url", label=url)
    raise Invalid(f"Invalid image URL at '{path}': a data URL or http(s) is needed.", param=f"{path}.image_url.url")


def _audio(value: dict[str, Any], path: str) -> Medium:
    if not isinstance(value.get("data"), str) or not isinstance(value.get("format"), str):
        raise Invalid(f"'{path}.input_audio' needs data and format.", param=f"{path}.input_audio")
    return Medium(kind="audio", media_type=f"audio/{value['format']}", label=_decoded(value["data"], path))


def _file(value: dict[str, Any], path: str) -> Medium:
    name = str(value.get("filename") or value.get("file_id") or "")
    data = value.get("file_data")
    if not name and not isinstance(data, str):
        raise Invalid(f"'{path}.file' needs file_data or file_id.", param=f"{path}.file")
    head, _, rest = str(data or "").partition(",")
    media_type = head[5:].split(";")[0] if head.startswith("data:") else "file"
    return Medium(kind="file", media_type=media_type, label=f"{name} {_decoded(rest or head, path)}".strip())


def _decoded(data: str, path: str) -> str:
    """Describe base64 data by what it decodes to; OpenAI refuses what is no standard base64."""
    try:
        return fingerprint(base64.b64decode(data, validate=True))
    except ValueError as error:
        raise Invalid(f"Invalid base64 data at '{path}'.", param=path) from error


_MEDIA: dict[str, Callable[[dict[str, Any], str], Medium]] = {
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
}


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_tools(tools: Any) -> tuple[Offer, ...]:
    if tools is None:
        return ()
    if not isinstance(tools, list):
        raise Invalid("Invalid type for 'tools': expected a list.", param="tools")
    offers: list[Offer] = []
    for index, tool in enumerate(tools):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind not in ("function", "custom"):
            raise Invalid(
                f"Invalid value: {kind!r}. Supported values are: 'function' and 'custom'.", param=f"tools[{index}].type"
            )
        inner = tool.get(kind)
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str) or not inner["name"]:
            path = f"tools[{index}].{kind}.name"
            raise Invalid(f"Missing required parameter: '{path}'.", param=path)
        offers.append(Offer(name=inner["name"], schema=inner.get("parameters") or {}, custom=kind == "custom"))
    return tuple(offers)


def _read_choice(
    choice: Any, offers: tuple[Offer, ...]
) -> tuple[Literal["auto", "none", "required"], tuple[Offer, ...]]:
    """Return how free the model is, and the tools it may use."""
    if choice is None or choice in ("auto", "none", "required"):
        if choice == "required" and not offers:
            raise Invalid("'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice")
        return choice or "auto", offers
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind == "allowed_tools":
        inner = choice.get("allowed_tools") or {}
        names = {_tool_name(tool) for tool in inner.get("tools") or ()}
        mode: Literal["auto", "required"] = "required" if inner.get("mode") == "required" else "auto"
    elif kind in ("function", "custom"):
        names, mode = {_tool_name(choice)}, "required"
    else:
        raise Invalid(f"Invalid value for 'tool_choice': {choice!r}.", param="tool_choice")
    allowed = tuple(offer for offer in offers if offer.name in names)
    if not allowed:
        raise Invalid("Tool choice names a tool that is not in 'tools'.", param="tool_choice")
    return mode, allowed


def _tool_name(tool: Any) -> Any:
    inner = tool.get(tool.get("type")) if isinstance(tool, dict) else None
    return inner.get("name") if isinstance(inner, dict) else None


def _read_format(wanted: Any) -> dict[str, Any] | None:
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if wanted is None or kind == "text":
        return None
    if kind == "json_object":
        return {}
    inner = wanted.get("json_schema") if kind == "json_schema" else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise Invalid("'response_format' needs a type, and a json_schema its name.", param="response_format")
    schema = inner.get("schema")
    return schema if isinstance(schema, dict) else {}


def _read_stop(stop: Any) -> tuple[str, ...]:
    if stop is None:
        return ()
    stops: Sequence[Any] = (stop,) if isinstance(stop, str) else stop
    if not isinstance(stops, list | tuple) or not all(isinstance(item, str) for item in stops):
        raise Invalid("Invalid type for 'stop': expected a string or a list of strings.", param="stop")
    if len(stops) > _MOST_STOPS:
        raise Invalid(f"Invalid 'stop': at most {_MOST_STOPS} sequences are allowed.", param="stop")
    return tuple(stops)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise Invalid(f"Invalid type for '{name}': expected a boolean.", param=name)
    return bool(value)


def _whole(body: dict[str, Any], name: str, most: int | None = None) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"Invalid type for '{name}': expected an integer.", param=name)
    if value < 1 or (most is not None and value > most):
        raise Invalid(f"Invalid '{name}': {value} is out of range.", param=name)
    return value
