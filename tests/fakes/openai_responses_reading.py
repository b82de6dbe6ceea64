"""Reads a Responses request as OpenAI does, item by item, and refuses what it refuses."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from omniroute.upstream.demo.ask import Ask, Medium, Offer, fingerprint
from omniroute.upstream.demo.words import tokens
from tests.fakes.openai_rim import dumps
from tests.fakes.reply import Json, Memory, Rejected
from tests.fakes.sealing import opened

VENDOR_NAME = "openai-responses"
_FIELDS = """
    background client_metadata context_management conversation include input instructions max_output_tokens
    max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options
    temperature text tool_choice tools top_logprobs top_p truncation user
"""
KNOWN = frozenset(_FIELDS.split())
_ROLES = ("user", "assistant", "system", "developer")
_HOSTED = ("web_search", "web_search_preview", "file_search", "code_interpreter", "image_generation", "mcp", "shell")
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_OUTPUTS = {"function_call_output": "function_call", "custom_tool_call_output": "custom_tool_call"}


@dataclass(slots=True)
class Talk:
    """What the items came to so far."""

    text: str = ""
    media: list[Medium] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)  # call id → the kind of call
    tokens: int = 0


def read(body: Json, items: list[Json], memory: Memory) -> Ask:
    """Read the body, with `items` being all of the input (earlier turns included)."""
    if not isinstance(body.get("model"), str):
        raise _missing("model")
    talk = Talk()
    if body.get("instructions"):
        talk.tokens += tokens(body["instructions"]) + 3
    for index, item in enumerate(items):
        _read_item(talk, item, f"input[{index}]", index + 1 == len(items))
    _demand_outputs(talk)
    offers = _read_tools(body.get("tools"), "tools")
    choice, offers = _read_choice(body.get("tool_choice"), offers)
    most = body.get("max_output_tokens")
    if most is not None and most < 16:
        message = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most}."
        raise Rejected(400, message, param="max_output_tokens", code="integer_below_min_value")
    tool_text = dumps(body.get("tools") or []).decode()
    cached = memory.cached(dumps([body.get("instructions"), body.get("tools"), items[0]]).decode())
    total = talk.tokens + (tokens(tool_text) if body.get("tools") else 0)
    return Ask(
        model=body["model"],
        text=talk.text,
        stream=body.get("stream") is True,
        max_tokens=most,
        offers=offers,
        choice=choice,
        parallel=body.get("parallel_tool_calls") is not False,
        results=tuple(talk.results),
        media=tuple(talk.media),
        json_schema=_read_format(body.get("text")),
        thinking=(body.get("reasoning") or {}).get("effort", "medium" if body.get("reasoning") else "none") != "none",
        prompt_tokens=total,
        cached_tokens=min(cached, total),
    )


def _missing(path: str) -> Rejected:
    return Rejected(400, f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def _invalid(path: str, value: Any, supported: tuple[str, ...]) -> Rejected:
    listed = ", ".join(repr(name) for name in supported)
    message = f"Invalid value: {value!r}. Supported values are: {listed}."
    return Rejected(400, message, param=path, code="invalid_value")


# ── items ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_item(talk: Talk, item: Any, path: str, last: bool) -> None:
    if not isinstance(item, dict):
        raise Rejected(400, f"Invalid type for '{path}': expected an object.", param=path, code="invalid_type")
    kind = item.get("type", "message" if "role" in item else None)
    if kind == "message":
        _read_message(talk, item, path)
    elif kind in _CALLS:
        _read_call(talk, item, kind, path)
    elif kind in _OUTPUTS:
        _read_output(talk, item, kind, path)
    elif kind == "reasoning":
        _read_reasoning(item, path, last)
    elif kind != "web_search_call":
        raise _invalid(f"{path}.type", kind, ("message", "reasoning", *_CALLS, *_OUTPUTS))


def _read_message(talk: Talk, item: Json, path: str) -> None:
    role = item.get("role")
    if role not in _ROLES:
        raise _invalid(f"{path}.role", role, _ROLES)
    text, media = read_content(item.get("content"), role, f"{path}.content")
    talk.tokens += 3 + tokens(text) + 85 * len(media)
    if role == "user":
        _demand_outputs(talk)
        talk.text, talk.media, talk.results = text, media, []
    elif role == "assistant":
        talk.results = []


def read_content(content: Any, role: str, path: str) -> tuple[str, list[Medium]]:
    """Read a message's or a result's content; assistants have other part types than everyone else."""
    if isinstance(content, str):
        return content, []
    if not isinstance(content, list):
        raise Rejected(400, f"Invalid type for '{path}': expected a string or an array.", param=path)
    texts: list[str] = []
    media: list[Medium] = []
    said = ("output_text", "refusal") if role == "assistant" else ("input_text",)
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in said:
            value = part.get("refusal" if kind == "refusal" else "text")
            if not isinstance(value, str):
                raise _missing(f"{path}[{index}].text")
            texts.append(value)
        elif kind in _MEDIA and role != "assistant":
            media.append(_MEDIA[kind](part, f"{path}[{index}]"))
        else:
            raise _invalid(f"{path}[{index}].type", kind, said if role == "assistant" else (*said, *_MEDIA))
    return "\n".join(texts), media


def _image(part: Json, path: str) -> Medium:
    url = part.get("image_url")
    if isinstance(url, str) and url.startswith("data:"):
        head, _, data = url.partition(",")
        return Medium(kind="image", media_type=head[5:].split(";")[0], label=_decoded(data, f"{path}.image_url"))
    if isinstance(url, str) and url.startswith(("http://", "https://")):
        return Medium(kind="image", media_type="url", label=url)
    if isinstance(part.get("file_id"), str):
        return Medium(kind="image", media_type="file", label=part["file_id"])
    raise Rejected(400, f"Invalid '{path}.image_url'. Expected a valid URL.", param=f"{path}.image_url")


def _file(part: Json, path: str) -> Medium:
    data = part.get("file_data")
    if not isinstance(data, str):
        name = part.get("file_id") or part.get("file_url")
        if not name:
            raise _missing(f"{path}.file_data")
        return Medium(kind="file", media_type="file", label=str(name))
    head, _, rest = data.partition(",")
    label = f"{part.get('filename') or ''} {_decoded(rest, f'{path}.file_data')}".strip()
    return Medium(kind="file", media_type=head[5:].split(";")[0], label=label)


def _decoded(data: str, path: str) -> str:
    try:
        return fingerprint(base64.b64decode(data, validate=True))
    except ValueError as error:
        raise Rejected(400, f"Invalid '{path}'. Expected base64-encoded data.", param=path) from error


_MEDIA: dict[str, Callable[[Json, str], Medium]] = {"input_image": _image, "input_file": _file}


def _read_call(talk: Talk, item: Json, kind: str, path: str) -> None:
    for name in ("call_id", "name", _CALLS[kind]):
        if not isinstance(item.get(name), str):
            raise _missing(f"{path}.{name}")
    identifier = item.get("id")
    if identifier is not None and not str(identifier).startswith(("fc_", "ctc_")):
        message = f"Invalid '{path}.id': '{identifier}'. Expected an ID that begins with 'fc'."
        raise Rejected(400, message, param=f"{path}.id", code="invalid_value")
    if talk.results:
        talk.results = []
    talk.waiting[item["call_id"]] = kind
    talk.tokens += 1 + tokens(item[_CALLS[kind]])


def _read_output(talk: Talk, item: Json, kind: str, path: str) -> None:
    call_id = item.get("call_id")
    if talk.waiting.get(str(call_id)) != _OUTPUTS[kind]:
        raise Rejected(400, f"No tool call found for function call output with call_id {call_id}.", param="input")
    if "output" not in item:
        raise _missing(f"{path}.output")
    text, media = read_content(item["output"], "tool", f"{path}.output")
    del talk.waiting[str(call_id)]
    talk.results.append(text)
    talk.tokens += 3 + tokens(text) + 85 * len(media)


def _demand_outputs(talk: Talk) -> None:
    if talk.waiting:
        raise Rejected(400, f"No tool output found for function call {next(iter(talk.waiting))}.", param="input")


def _read_reasoning(item: Json, path: str, last: bool) -> None:
    if not isinstance(item.get("summary"), list):
        raise _missing(f"{path}.summary")
    sealed = item.get("encrypted_content")
    if sealed is not None and opened(VENDOR_NAME, sealed) is None:
        message = f"The encrypted content {str(sealed)[:8]}... could not be verified."
        raise Rejected(400, message, code="invalid_encrypted_content")
    if last:
        name = item.get("id") or "rs_unnamed"
        message = f"Item '{name}' of type 'reasoning' was provided without its required following item."
        raise Rejected(400, message, param="input")


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_tools(tools: Any, path: str, namespace: str | None = None) -> tuple[Offer, ...]:
    offers: list[Offer] = []
    for index, tool in enumerate(tools or ()):
        where = f"{path}[{index}]"
        kind = tool.get("type")
        if kind in ("function", "custom"):
            if not isinstance(tool.get("name"), str):
                raise _missing(f"{where}.name")
            schema = tool.get("parameters") or {}
            offers.append(Offer(name=tool["name"], schema=schema, custom=kind == "custom", namespace=namespace))
        elif kind == "namespace":
            offers += _read_tools(tool.get("tools"), f"{where}.tools", tool.get("name"))
        elif kind not in _HOSTED:
            raise _invalid(f"{where}.type", kind, ("function", "custom", "namespace", *_HOSTED))
    return tuple(offers)


def _read_choice(
    choice: Any, offers: tuple[Offer, ...]
) -> tuple[Literal["auto", "none", "required"], tuple[Offer, ...]]:
    if choice is None or choice in ("auto", "none", "required"):
        return choice or "auto", offers
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind in ("function", "custom"):
        names = {choice.get("name")}
    elif kind == "allowed_tools":
        names = {tool.get("name") for tool in choice.get("tools") or ()}
    else:
        raise _invalid("tool_choice", choice, ("none", "auto", "required"))
    allowed = tuple(offer for offer in offers if offer.name in names)
    if not allowed:
        raise Rejected(400, f"Tool choice {names} not found in 'tools' parameter.", param="tool_choice")
    return ("auto" if kind == "allowed_tools" and choice.get("mode") == "auto" else "required"), allowed


def _read_format(text: Any) -> Json | None:
    wanted = (text or {}).get("format") or {"type": "text"}
    if wanted["type"] == "text":
        return None
    if wanted["type"] == "json_object":
        return {}
    if wanted["type"] != "json_schema":
        raise _invalid("text.format.type", wanted["type"], ("text", "json_object", "json_schema"))
    for name in ("name", "schema"):
        if name not in wanted:
            raise _missing(f"text.format.{name}")
    schema: Json = wanted["schema"]
    return schema
