"""The fakes as the pair tests see them: what they were asked, in words of no format, and what they really counted."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from omniroute.formats.hub import Format
from tests.fakes.reply import Received, Reply
from tests.fakes.upstream import FakeUpstream
from tests.pairs.talk import Json, Usage


class Upstream(FakeUpstream):
    """A fake that also keeps what it replied."""

    def __init__(self, wire_format: Format) -> None:
        super().__init__(wire_format)
        self.replies: list[Reply] = []
        self.canned: Reply | None = None  # answered to whatever is asked, unchecked

    def _reply(self, request: Received) -> Reply:
        reply = self.canned or super()._reply(request)
        self.replies.append(reply)
        return reply

    def forget(self) -> None:
        """Begin a test as if nothing had been asked."""
        self.requests.clear()
        self.replies.clear()
        self.canned = None
        self.faults.clear()
        self.memory.queue.clear()

    @property
    def body(self) -> Json:
        """The last request for an answer."""
        body: Json = self.generations[-1].body
        return body

    @property
    def seen(self) -> "Seen":
        """The last request for an answer, in words of no format."""
        return _SEEN[self.format](self.body)

    @property
    def counted(self) -> Usage:
        """The tokens that the last reply tells, read from its own bytes."""
        return _counted(self.replies[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a fake was asked. `thinking` is how it was told to think, in its own words, or None."""

    system: str
    texts: tuple[str, ...]
    images: tuple[bytes | str, ...]
    tools: tuple[str, ...]
    choice: Any
    schema: Any
    stop: tuple[str, ...]
    max_tokens: int | None
    thinking: Any


def walk(value: Any) -> Iterator[Json]:
    """Every object in a JSON value, from the outside in."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or () if isinstance(part.get("text"), str))


def _url(url: str) -> bytes | str:
    """What a data URL holds, or the address itself."""
    return base64.b64decode(url.partition(",")[2], validate=True) if url.startswith("data:") else url


_SYSTEM = ("system", "developer")


def _chat(body: Json) -> Seen:
    messages = body["messages"]
    return Seen(
        system="\n".join(_text(m["content"]) for m in messages if m["role"] in _SYSTEM),
        texts=tuple(_text(m["content"]) for m in messages if m["role"] == "user"),
        images=tuple(_url(v["image_url"]["url"]) for v in walk(messages) if v.get("type") == "image_url"),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools", ())),
        choice=body.get("tool_choice"),
        schema=body.get("response_format", {}).get("json_schema", {}).get("schema"),
        stop=tuple(body.get("stop") or ()),
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        thinking=body.get("reasoning_effort"),
    )


def _responses(body: Json) -> Seen:
    items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    said = [_text(item["content"]) for item in items if item.get("role") in _SYSTEM]
    return Seen(
        system="\n".join(filter(None, [body.get("instructions"), *said])),
        texts=tuple(_text(item["content"]) for item in items if item.get("role") == "user"),
        images=tuple(_url(value["image_url"]) for value in walk(items) if value.get("type") == "input_image"),
        tools=tuple(tool.get("name", tool["type"]) for tool in body.get("tools", ())),
        choice=body.get("tool_choice"),
        schema=body.get("text", {}).get("format", {}).get("schema"),
        stop=(),
        max_tokens=body.get("max_output_tokens"),
        thinking=body.get("reasoning", {}).get("effort"),
    )


def _messages(body: Json) -> Seen:
    messages = body["messages"]
    middle = [_text(m["content"]) for m in messages if m["role"] == "system"]
    sources = [value["source"] for value in walk(messages) if value.get("type") == "image"]
    return Seen(
        system="\n".join(filter(None, [_text(body.get("system") or ""), *middle])),
        texts=tuple(_text(m["content"]) for m in messages if m["role"] == "user"),
        images=tuple(s["url"] if s["type"] == "url" else base64.b64decode(s["data"], validate=True) for s in sources),
        tools=tuple(tool["name"] for tool in body.get("tools", ())),
        choice=body.get("tool_choice"),
        schema=(body.get("output_config") or {}).get("format", {}).get("schema"),
        stop=tuple(body.get("stop_sequences") or ()),
        max_tokens=body.get("max_tokens"),
        thinking={"thinking": body.get("thinking"), "effort": (body.get("output_config") or {}).get("effort")},
    )


def camel(value: Any) -> Any:
    """Spell every name in camelCase: Google takes both, and its Python SDK mixes them."""
    if isinstance(value, list):
        return [camel(inner) for inner in value]
    if isinstance(value, dict):
        return {re.sub("_([a-z])", lambda m: m[1].upper(), name): camel(inner) for name, inner in value.items()}
    return value


def _gemini(body: Json) -> Seen:
    body = camel(body)
    config = body.get("generationConfig") or {}
    users = [content for content in body["contents"] if content.get("role", "user") == "user"]
    blobs = [value["inlineData"] for value in walk(body["contents"]) if "inlineData" in value]
    files = [value["fileData"]["fileUri"] for value in walk(body["contents"]) if "fileData" in value]
    standard = [blob["data"].replace("-", "+").replace("_", "/") for blob in blobs]
    return Seen(
        system=_text((body.get("systemInstruction") or {}).get("parts")),
        texts=tuple(_text(content["parts"]) for content in users),
        images=(*(base64.b64decode(data, validate=True) for data in standard), *files),
        tools=tuple(f["name"] for tool in body.get("tools", ()) for f in tool.get("functionDeclarations", ())),
        choice=(body.get("toolConfig") or {}).get("functionCallingConfig"),
        schema=config.get("responseJsonSchema") or config.get("responseSchema"),
        stop=tuple(config.get("stopSequences") or ()),
        max_tokens=config.get("maxOutputTokens"),
        thinking=config.get("thinkingConfig"),
    )


def _ollama(body: Json) -> Seen:
    messages = body["messages"]
    options = body.get("options") or {}
    return Seen(
        system="\n".join(m["content"] for m in messages if m["role"] == "system"),
        texts=tuple(m["content"] for m in messages if m["role"] == "user"),
        images=tuple(base64.b64decode(data, validate=True) for m in messages for data in m.get("images") or ()),
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        choice=None,
        schema=body.get("format"),
        stop=tuple(options.get("stop") or ()),
        max_tokens=options.get("num_predict"),
        thinking=body.get("think"),
    )


_SEEN: Mapping[Format, Callable[[Json], Seen]] = {
    Format.OPENAI_CHAT: _chat,
    Format.OPENAI_RESPONSES: _responses,
    Format.ANTHROPIC: _messages,
    Format.GEMINI: _gemini,
    Format.OLLAMA: _ollama,
}


# ── what was counted ────────────────────────────────────────────────────────────────────────────────────────────


def _counted(reply: Reply) -> Usage:
    """Read every object of the reply that tells of tokens; a later one replaces an earlier one."""
    told: Json = {}
    for document in _documents(reply):
        for value in walk(document):
            told |= {name: count for name, count in value.items() if name in _FIGURES and isinstance(count, int)}
    if "promptTokenCount" in told:
        thoughts = told.get("thoughtsTokenCount")
        return Usage(
            input=told["promptTokenCount"],
            output=told["candidatesTokenCount"] + (thoughts or 0),
            cached=told.get("cachedContentTokenCount"),
            reasoning=thoughts,
        )
    if "eval_count" in told:
        return Usage(input=told["prompt_eval_count"], output=told["eval_count"])
    buckets = told.get("cache_read_input_tokens", 0) + told.get("cache_creation_input_tokens", 0)
    return Usage(
        input=told.get("prompt_tokens", told.get("input_tokens", 0)) + buckets,
        output=told.get("completion_tokens", told.get("output_tokens")),
        cached=told.get("cached_tokens", told.get("cache_read_input_tokens")),
        reasoning=told.get("reasoning_tokens", told.get("thinking_tokens")),
    )


_FIGURES = frozenset(
    [
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "reasoning_tokens",
        "input_tokens",
        "output_tokens",
        "thinking_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "promptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
        "prompt_eval_count",
        "eval_count",
    ]
)


def _documents(reply: Reply) -> Iterator[Any]:
    if reply.body:
        yield json.loads(reply.body)
    for frame in reply.frames:
        for line in frame.decode().splitlines():
            text = line.removeprefix("data:").strip()
            if text.startswith("{"):
                yield json.loads(text)
