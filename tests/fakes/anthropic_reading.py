"""Reads a Messages request as Anthropic does, and refuses what it refuses: turns, tool pairs, signatures, marks."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from omniroute.upstream.demo.ask import Ask, Medium, Offer, fingerprint
from omniroute.upstream.demo.words import tokens
from tests.fakes.openai_rim import dumps
from tests.fakes.reply import Json, Rejected
from tests.fakes.sealing import opened

VENDOR_NAME = "anthropic"
_FIELDS = """
    cache_control container context_management diagnostics inference_geo max_tokens mcp_servers messages metadata model
    output_config output_format service_tier speed stop_sequences stream system temperature thinking tool_choice tools
    top_k top_p
"""
_KNOWN = frozenset(_FIELDS.split())
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_MOST_MARKS = 4


@dataclass(slots=True)
class Talk:
    """What the messages came to so far."""

    text: str = ""
    media: list[Medium] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)  # those of the previous message, waiting for results
    tokens: int = 0


def invalid(message: str) -> Rejected:
    """Anthropic's refusal of a request: the path stands in the message."""
    return Rejected(400, message, kind="invalid_request_error")


def read(body: Any, *, counting: bool = False) -> Ask:
    """Read a request; `counting` is for count_tokens, which needs no max_tokens."""
    if not isinstance(body, dict):
        raise invalid("The request body is not valid JSON")
    _check_fields(body, counting=counting)
    talk = Talk(tokens=tokens(_system_text(body.get("system"))))
    messages = body["messages"]
    for index, message in enumerate(messages):
        _read_message(talk, message, index)
    if talk.calls:
        raise _unanswered(len(messages), talk.calls)
    _check_marks(body)
    thinks = _read_thinking(body)
    offers = _read_tools(body.get("tools"))
    choice, offers = _read_choice(body.get("tool_choice"), offers, thinks=thinks)
    if body.get("tools"):
        talk.tokens += tokens(dumps(body["tools"]).decode())
    return Ask(
        model=body["model"],
        text=talk.text,
        stream=body.get("stream") is True,
        max_tokens=body.get("max_tokens"),
        stop=tuple(body.get("stop_sequences") or ()),
        offers=offers,
        choice=choice,
        parallel=(body.get("tool_choice") or {}).get("disable_parallel_tool_use") is not True,
        results=tuple(talk.results),
        media=tuple(talk.media),
        json_schema=_read_format(body),
        thinking=thinks,
        prompt_tokens=talk.tokens,
    )


def cache_prefix(body: Json) -> str | None:
    """Everything up to the last cache mark, or None without one; tools come first, then system, then messages."""
    kept: list[Any] = []
    prefix: str | None = None
    for block in (*(body.get("tools") or ()), *_blocks(body)):
        kept.append({key: value for key, value in block.items() if key != "cache_control"})
        if block.get("cache_control"):
            prefix = dumps(kept).decode()
    return prefix


def _check_fields(body: Json, *, counting: bool) -> None:
    for name in body:
        if name not in _KNOWN:
            raise invalid(f"{name}: Extra inputs are not permitted")
    required = ("model", "messages") if counting else ("model", "max_tokens", "messages")
    for name in required:
        if name not in body:
            raise invalid(f"{name}: Field required")
    most = body.get("max_tokens")
    if not counting and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise invalid("max_tokens: Input should be greater than or equal to 1")
    if not isinstance(body["messages"], list) or not body["messages"]:
        raise invalid("messages: at least one message is required")
    if body["messages"][0].get("role") != "user":
        raise invalid('messages: first message must use the "user" role')
    heat = body.get("temperature")
    if heat is not None and not 0 <= heat <= 1:
        raise invalid("temperature: range: 0..1")


def _blocks(body: Json) -> Iterator[Json]:
    """All content blocks of system and messages, tool results' own included."""
    for content in (body.get("system"), *(message.get("content") for message in body["messages"])):
        for block in content if isinstance(content, list) else ():
            yield block
            if isinstance(block.get("content"), list):
                yield from block["content"]


def _check_marks(body: Json) -> None:
    marks = [
        block["cache_control"] for block in (*(body.get("tools") or ()), *_blocks(body)) if block.get("cache_control")
    ]
    if len(marks) > _MOST_MARKS:
        raise invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    for mark in marks:
        if mark.get("type") != "ephemeral" or mark.get("ttl", "5m") not in ("5m", "1h"):
            raise invalid("cache_control: Input tag found using 'type' does not match any of the expected tags")


def _system_text(system: Any) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    for index, block in enumerate(system):
        if block.get("type") != "text" or not block.get("text"):
            raise invalid(f"system.{index}: text content blocks must be non-empty")
    return "\n".join(block["text"] for block in system)


# ── messages ────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_message(talk: Talk, message: Any, index: int) -> None:
    path = f"messages.{index}"
    role = message.get("role")
    if role not in ("user", "assistant", "system"):
        raise invalid(f"{path}.role: Input should be 'user', 'assistant' or 'system'")
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list) or not blocks:
        raise invalid(
            f"{path}: all messages must have non-empty content except for the optional final assistant message"
        )
    if role == "system":
        talk.tokens += 3 + tokens(_system_text(blocks))
        return
    calls, talk.calls = talk.calls, set()
    turn = _Turn(waiting=calls, assistant=role == "assistant")
    for place, block in enumerate(blocks):
        kind = block.get("type")
        reader = (_SAID if turn.assistant else _ASKED).get(kind)
        if reader is None:
            raise invalid(
                f"{path}.content.{place}: Input tag '{kind}' found using 'type' does not match the expected tags"
            )
        reader(turn, block, f"{path}.content.{place}")
    if turn.waiting:
        raise _unanswered(index, turn.waiting)
    talk.calls, talk.results = turn.calls, turn.results
    talk.tokens += 3 + tokens("\n".join((*turn.texts, *turn.results))) + turn.tokens
    if not turn.assistant and not turn.results:
        talk.text, talk.media = "\n".join(turn.texts), turn.media


@dataclass(slots=True)
class _Turn:
    """One message being read. `waiting` are the previous message's calls, `calls` its own."""

    waiting: set[str]
    assistant: bool
    texts: list[str] = field(default_factory=list)
    media: list[Medium] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    tokens: int = 0


def _unanswered(index: int, calls: set[str]) -> Rejected:
    names = ", ".join(sorted(calls))
    return invalid(
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {names}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _text(turn: _Turn, block: Json, path: str) -> None:
    if not isinstance(block.get("text"), str) or not block["text"]:
        raise invalid(f"{path}.text: text content blocks must be non-empty")
    turn.texts.append(block["text"])


def _media(turn: _Turn, block: Json, path: str) -> None:
    source = block.get("source") or {}
    kind = source.get("type")
    turn.tokens += 85
    if kind == "base64":
        media_type = source.get("media_type")
        if block["type"] == "image" and media_type not in _IMAGES:
            raise invalid(f"{path}.image.source.base64.media_type: Input should be one of {_IMAGES}")
        try:
            data = base64.b64decode(source.get("data", ""), validate=True)
        except ValueError as error:
            raise invalid(f"{path}.image.source.base64.data: invalid base64 data") from error
        turn.media.append(Medium(kind=block["type"], media_type=str(media_type), label=fingerprint(data)))
    elif kind in ("url", "file", "text", "content"):
        label = str(source.get("url") or source.get("file_id") or source.get("data") or "content")
        turn.media.append(Medium(kind=block["type"], media_type=kind, label=label))
    else:
        raise invalid(f"{path}.{block['type']}.source: Input tag '{kind}' does not match any of the expected tags")


def _tool_use(turn: _Turn, block: Json, path: str) -> None:
    if not _ID.fullmatch(str(block.get("id", ""))):
        raise invalid(f"{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not _NAME.fullmatch(str(block.get("name", ""))):
        raise invalid(f"{path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(block.get("input"), dict):
        raise invalid(f"{path}.tool_use.input: Input should be a valid dictionary")
    turn.calls.add(block["id"])
    turn.tokens += 1 + tokens(dumps(block["input"]).decode())


def _tool_result(turn: _Turn, block: Json, path: str) -> None:
    call_id = block.get("tool_use_id")
    if call_id not in turn.waiting:
        raise invalid(
            f"{path}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. "
            "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
        )
    turn.waiting.discard(call_id)
    content = block.get("content")
    if isinstance(content, list):
        inner = _Turn(waiting=set(), assistant=False)
        for index, part in enumerate(content):
            reader = {"text": _text, "image": _media, "document": _media}.get(part.get("type"))
            if reader is None:
                raise invalid(f"{path}.tool_result.content.{index}: Input tag '{part.get('type')}' is not expected")
            reader(inner, part, f"{path}.tool_result.content.{index}")
        content = "\n".join((*inner.texts, *(medium.label for medium in inner.media)))
        turn.tokens += inner.tokens
    turn.results.append(f"error: {content}" if block.get("is_error") else content or "")


def _thinking(_turn: _Turn, block: Json, path: str) -> None:
    if opened(VENDOR_NAME, block.get("signature")) != digest(block.get("thinking", "")):
        raise invalid(f"{path}: Invalid `signature` in `thinking` block")


def _redacted(_turn: _Turn, block: Json, path: str) -> None:
    if opened(VENDOR_NAME, block.get("data")) is None:
        raise invalid(f"{path}: Invalid `data` in `redacted_thinking` block")


def digest(thinking: str) -> str:
    """What the signature of a thought seals."""
    return hashlib.sha256(thinking.encode()).hexdigest()


_Reader = Callable[[_Turn, Json, str], None]
_ASKED: dict[Any, _Reader] = {"text": _text, "image": _media, "document": _media, "tool_result": _tool_result}
_SAID: dict[Any, _Reader] = {
    "text": _text,
    "tool_use": _tool_use,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
}


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_thinking(body: Json) -> bool:
    wanted = body.get("thinking") or {"type": "disabled"}
    kind = wanted.get("type")
    if kind not in ("enabled", "disabled", "adaptive", "between_tools"):
        raise invalid(f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags")
    if kind != "enabled":
        return bool(kind != "disabled")
    budget = wanted.get("budget_tokens")
    if not isinstance(budget, int) or budget < 1024:
        raise invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if "max_tokens" in body and budget >= body["max_tokens"]:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
    if body.get("temperature") not in (None, 1):
        raise invalid("`temperature` may only be set to 1 when thinking is enabled.")
    _demand_thought(body["messages"])
    return True


def _demand_thought(messages: list[Json]) -> None:
    """With thinking on, the assistant turn of the running tool loop must begin with its thought."""
    for index in range(len(messages) - 1, -1, -1):
        content = messages[index].get("content")
        if messages[index].get("role") != "assistant":
            continue
        kinds = [block.get("type") for block in content] if isinstance(content, list) else []
        last = messages[-1].get("content")
        loops = isinstance(last, list) and any(block.get("type") == "tool_result" for block in last)
        if loops and "tool_use" in kinds and kinds[0] not in ("thinking", "redacted_thinking"):
            raise invalid(
                f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kinds[0]}`. "
                "When `thinking` is enabled, a final `assistant` message must start with a thinking block."
            )
        return


def _read_tools(tools: Any) -> tuple[Offer, ...]:
    offers: list[Offer] = []
    for index, tool in enumerate(tools or ()):
        if tool.get("type", "custom") != "custom":
            continue  # a server tool such as web_search_20250305
        if not _NAME.fullmatch(str(tool.get("name", ""))):
            raise invalid(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        schema = tool.get("input_schema")
        if not isinstance(schema, dict):
            raise invalid(f"tools.{index}.custom.input_schema: Field required")
        if schema.get("type") != "object":
            raise invalid(f"tools.{index}.custom.input_schema.type: Input should be 'object'")
        offers.append(Offer(name=tool["name"], schema=schema))
    return tuple(offers)


def _read_choice(
    choice: Any, offers: tuple[Offer, ...], *, thinks: bool
) -> tuple[Literal["auto", "none", "required"], tuple[Offer, ...]]:
    if choice is None:
        return "auto", offers
    kind = choice.get("type")
    if kind not in ("auto", "any", "tool", "none"):
        raise invalid(f"tool_choice: Input tag '{kind}' found using 'type' does not match the expected tags")
    if kind in ("any", "tool") and thinks:
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")
    if kind in ("auto", "none"):
        return kind, offers
    if not offers:
        raise invalid("tool_choice may only be specified while providing tools")
    if kind == "any":
        return "required", offers
    named = tuple(offer for offer in offers if offer.name == choice.get("name"))
    if not named:
        raise invalid(f"Tool '{choice.get('name')}' not found in provided tools")
    return "required", named


def _read_format(body: Json) -> Json | None:
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format")
    if wanted is None:
        return None
    if wanted.get("type") != "json_schema" or not isinstance(wanted.get("schema"), dict):
        raise invalid("output_config.format: type must be 'json_schema' and schema is required")
    schema: Json = wanted["schema"]
    return schema
