"""The playground: an operator asks a model, and watches the answer come.

A question is checked and kept first, and sent when somebody watches it; who stops watching ends the request. So nothing
runs that nobody sees, and a link alone, which can only watch, sends nothing.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from omniroute.kit import json
from omniroute.kit.errors import NotFound
from omniroute.kit.ids import new_id
from omniroute.services.feeds import Tick
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault, line, within

LONGEST_TEXT = 400_000
LONGEST_IMAGE = 12_000_000
MOST_TOKENS = 1_000_000
_HOTTEST = 2.0
_MOST_WAITING = 64
_PAUSE_S = 0.04  # more often nobody sees


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundDraft:
    """What to ask. `tools` is the text of a JSON list as in OpenAI's chat; `image` an address or a data URL."""

    model: str
    text: str
    system: str | None = None
    tools: str | None = None
    image: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundRun:
    """A question that waits to be watched."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundCall:
    """A tool that the model wants called; `arguments` is the text it wrote."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundEnd:
    """How it ended. `outcome` as in the request log; `error` has a failure's words; None means not known."""

    request_id: str
    outcome: str
    status: int
    provider: str | None
    model: str | None
    latency_ms: float
    first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: Decimal | None
    attempts: int
    calls: tuple[PlaygroundCall, ...]
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaygroundNews:
    """More of the answer and of the thoughts before it; `end` comes with the last."""

    text: str = ""
    thinking: str = ""
    end: PlaygroundEnd | None = None


# Sends an OpenAI chat request as the operator, and gives the answer as it comes; closing it ends the request.
Ask = Callable[[Mapping[str, Any]], AsyncGenerator[PlaygroundNews, None]]


class Playground:
    """Takes questions, and runs each once."""

    def __init__(self, *, ask: Ask) -> None:
        self._ask = ask
        self._waiting: OrderedDict[str, Mapping[str, Any]] = OrderedDict()

    def prepare(self, draft: PlaygroundDraft) -> PlaygroundRun:
        """Check and keep a question; raise Unprocessable. Of those that nobody watches only the newest are kept."""
        run = PlaygroundRun(id=new_id("run"))
        self._waiting[run.id] = _body(draft)
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)
        return run

    def run(self, run_id: str) -> AsyncGenerator[Tick[PlaygroundNews], None]:
        """Send a question and give what comes of it; raise NotFound for one that was sent already."""
        body = self._waiting.pop(run_id, None)
        if body is None:
            raise NotFound("There is no such question, or it was sent already: ask again.")
        return self._watched(body)

    async def _watched(self, body: Mapping[str, Any]) -> AsyncGenerator[Tick[PlaygroundNews], None]:
        async with aclosing(self._ask(body)) as answer:
            async for news in answer:
                yield Tick(value=news)
                if news.end is None:
                    await asyncio.sleep(_PAUSE_S)


def chat(model: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an OpenAI chat request whose answer streams, with its usage at the end."""
    return {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}


def _body(draft: PlaygroundDraft) -> Mapping[str, Any]:
    """Return the request; raise Unprocessable naming the field that is wrong."""
    model = line(draft.model, "model", most=LONGEST_MODEL)
    body = chat(model, [*_system(draft.system), {"role": "user", "content": _content(draft)}])
    if draft.temperature is not None:
        if not 0 <= draft.temperature <= _HOTTEST:
            raise fault("temperature", f"temperature must be from 0 to {_HOTTEST:g}")
        body["temperature"] = draft.temperature
    if draft.max_tokens is not None:
        body["max_tokens"] = within(draft.max_tokens, "maxTokens", least=1, most=MOST_TOKENS)
    if draft.tools and draft.tools.strip():
        body["tools"] = _tools(draft.tools)
    return body


def _system(text: str | None) -> list[dict[str, Any]]:
    if text is None or not text.strip():
        return []
    return [{"role": "system", "content": _said(text, "system")}]


def _content(draft: PlaygroundDraft) -> Any:
    text = _said(draft.text, "text")
    if not draft.image:
        return text
    if len(draft.image) > LONGEST_IMAGE:
        raise fault("image", f"image is larger than {LONGEST_IMAGE // 1_000_000} MB")
    if not draft.image.startswith(("data:image/", "https://", "http://")):
        raise fault("image", "image must be an address, or a data URL of an image")
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": draft.image}}]


def _said(text: str, field: str) -> str:
    if not text.strip():
        raise fault(field, f"{field} is empty: write something to send")
    if len(text) > LONGEST_TEXT:
        raise fault(field, f"{field} is longer than {LONGEST_TEXT:,} characters")
    return text


def _tools(text: str) -> list[Any]:
    try:
        tools = json.loads(text)
    except json.BadJson as error:
        raise fault("tools", f"tools must be JSON: {error}") from None
    if not isinstance(tools, list) or not all(isinstance(one, dict) for one in tools):
        raise fault("tools", 'tools must be a JSON list of tools, such as [{"type": "function", "function": {…}}]')
    return tools
