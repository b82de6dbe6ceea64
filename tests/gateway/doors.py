"""The doors of all five formats: where a client of each asks, with which body, and how it reads errors and caps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from omniroute.formats.hub import Format
from tests.gateways import RunningGateway

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Door:
    """How a client of one format asks. `cap` is where the limit of the answer's tokens stands in a body."""

    path: str
    body: Callable[[str, str], Json]
    cap: tuple[str, ...]
    error: Callable[[Json], tuple[str, Any]]  # the message and what the format has as a code


def _messages(model: str, text: str) -> Json:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


DOORS: Mapping[Format, Door] = {
    Format.OPENAI_CHAT: Door(
        path="/v1/chat/completions",
        body=_messages,
        cap=("max_tokens",),
        error=lambda body: (body["error"]["message"], body["error"]["code"]),
    ),
    Format.OPENAI_RESPONSES: Door(
        path="/v1/responses",
        body=lambda model, text: {"model": model, "input": text},
        cap=("max_output_tokens",),
        error=lambda body: (body["error"]["message"], body["error"]["code"]),
    ),
    Format.ANTHROPIC: Door(
        path="/v1/messages",
        body=lambda model, text: {**_messages(model, text), "max_tokens": 4000},
        cap=("max_tokens",),
        error=lambda body: (body["error"]["message"], body["error"]["type"]),
    ),
    Format.GEMINI: Door(
        path="/v1beta/models/{model}:generateContent",
        body=lambda _model, text: {"contents": [{"role": "user", "parts": [{"text": text}]}]},
        cap=("generationConfig", "maxOutputTokens"),
        error=lambda body: (body["error"]["message"], body["error"]["status"]),
    ),
    Format.OLLAMA: Door(
        path="/api/chat",
        body=lambda model, text: {**_messages(model, text), "stream": False},
        cap=("options", "num_predict"),
        error=lambda body: (body["error"], None),
    ),
}


async def ask(
    gateway: RunningGateway,
    form: Format,
    model: str,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Ask a question in one format."""
    door = DOORS[form]
    body = {**door.body(model, "Hello there"), **(more or {})}
    url = gateway.url + door.path.format(model=model)
    return await gateway.http.post(url, json=body, headers={**gateway.auth, **(headers or {})})


def at(body: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a place in a body, None when there is nothing."""
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body
