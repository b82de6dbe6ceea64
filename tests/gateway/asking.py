"""The same question in every client's format, and its answer as the client hears it, whole or streamed."""

from dataclasses import dataclass
from typing import Any

import httpx

from omniroute.formats.hub import Format, Json, Text, ToolCall
from omniroute.formats.table import CODECS
from tests.formats.speaking import SEED, folded
from tests.gateways import RunningGateway

MODEL = "mine/fake-large"
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A question at temperature 0, unless `fixed` is off."""

    format: Format
    text: str = "Hello there"
    stream: bool = False
    fixed: bool = True
    tools: bool = False
    more: tuple[tuple[str, Any], ...] = ()

    @property
    def path(self) -> str:
        verb = "streamGenerateContent?alt=sse" if self.stream else "generateContent"
        return {
            Format.OPENAI_CHAT: "/v1/chat/completions",
            Format.OPENAI_RESPONSES: "/v1/responses",
            Format.ANTHROPIC: "/v1/messages",
            Format.GEMINI: f"/v1beta/models/{MODEL}:{verb}",
            Format.OLLAMA: "/api/chat",
        }[self.format]

    @property
    def body(self) -> Json:
        body = _SPELLED[self.format](self)
        if self.format is not Format.GEMINI:
            body |= {"model": MODEL, "stream": self.stream}
        return body | dict(self.more)


def _messages(ask: Ask) -> Json:
    body: Json = {"messages": [{"role": "user", "content": ask.text}]}
    if ask.tools:
        function = {"name": "weather", "parameters": SCHEMA}
        body["tools"] = [{"type": "function", "function": function}]
    return body


def _chat(ask: Ask) -> Json:
    return _messages(ask) | ({"temperature": 0} if ask.fixed else {})


def _responses(ask: Ask) -> Json:
    body: Json = {"input": ask.text} | ({"temperature": 0} if ask.fixed else {})
    if ask.tools:
        body["tools"] = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}]
    return body


def _anthropic(ask: Ask) -> Json:
    body = _messages(ask) | {"max_tokens": 100} | ({"temperature": 0} if ask.fixed else {})
    if ask.tools:
        body["tools"] = [{"name": "weather", "input_schema": SCHEMA}]
    return body


def _gemini(ask: Ask) -> Json:
    body: Json = {"contents": [{"role": "user", "parts": [{"text": ask.text}]}]}
    if ask.fixed:
        body["generationConfig"] = {"temperature": 0}
    if ask.tools:
        body["tools"] = [{"functionDeclarations": [{"name": "weather", "parameters": SCHEMA}]}]
    return body


def _ollama(ask: Ask) -> Json:
    return _messages(ask) | ({"options": {"temperature": 0}} if ask.fixed else {})


_SPELLED = {
    Format.OPENAI_CHAT: _chat,
    Format.OPENAI_RESPONSES: _responses,
    Format.ANTHROPIC: _anthropic,
    Format.GEMINI: _gemini,
    Format.OLLAMA: _ollama,
}


async def send(gateway: RunningGateway, ask: Ask, *, key: str | None = None, **headers: str) -> httpx.Response:
    """Send a question; headers are named with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    auth = {"authorization": f"Bearer {key or gateway.key}"}
    return await gateway.http.post(gateway.url + ask.path, json=ask.body, headers=auth | named)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What an answer says, in words of no format."""

    texts: tuple[str, ...]
    calls: tuple[tuple[str, str], ...]
    tokens: tuple[int | None, int | None]


def said(ask: Ask, answer: httpx.Response) -> Said:
    """Read an answer as the format's own decoder hears it; fail on anything but a whole one."""
    assert answer.status_code == 200, answer.text
    codec = CODECS[ask.format]
    response = folded(codec, answer.content) if ask.stream else codec.decode_response(answer.json(), SEED)
    parts = [part for choice in response.choices for part in choice.parts]
    usage = response.usage
    return Said(
        texts=tuple(part.text for part in parts if isinstance(part, Text)),
        calls=tuple((part.name, part.arguments) for part in parts if isinstance(part, ToolCall)),
        tokens=(None, None) if usage is None else (usage.input, usage.output),
    )


def is_hit(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("x-omniroute-cache") == "HIT")
