"""The request bodies: small, large and streaming, in OpenAI's and Anthropic's format.

Each holds a mark that the load generator turns into the request's number, and a temperature: a gateway that joins
or caches equal requests would otherwise be measured at doing nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ANTHROPIC_NODE = "bench-anthropic"
"""Prefix under which this gateway knows the mock as a provider that speaks Anthropic's format."""

_WORDS = "The gateway read the request, chose an account and sent it on. "
_SMALL_BYTES = 1_100
_LARGE_BYTES = 107_000
_TURN_BYTES = 1_500


class Shape(StrEnum):
    """The format a client speaks."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One kind of request: the client's format, the provider's, and a model whose name tells the mock how to stream."""

    model: str = "bench"
    shape: Shape = Shape.OPENAI
    provider: Shape = Shape.OPENAI
    streams: bool = False
    large: bool = False

    @property
    def path(self) -> str:
        """The path that takes this format."""
        match self.shape:
            case Shape.OPENAI:
                return "/v1/chat/completions"
            case Shape.ANTHROPIC:
                return "/v1/messages"

    @property
    def end(self) -> str:
        """What a complete answer holds at its end."""
        match self.shape:
            case Shape.OPENAI:
                return "data: [DONE]" if self.streams else '"finish_reason"'
            case Shape.ANTHROPIC:
                return "message_stop" if self.streams else '"stop_reason"'

    def text(self, prefix: str) -> str:
        """Return the JSON, for a gateway that knows the mock's models under `prefix` (as Anthropic's: see below)."""
        if self.provider is Shape.ANTHROPIC:
            prefix = f"{ANTHROPIC_NODE}/"
        size = _LARGE_BYTES if self.large else _SMALL_BYTES
        body: dict[str, object] = {"model": prefix + self.model, "max_tokens": 256, "temperature": 0.7}
        if self.shape is Shape.OPENAI:
            body["messages"] = [{"role": "system", "content": "You are brief."}]
        else:
            body |= {"system": "You are brief.", "messages": []}
        if self.streams:
            body["stream"] = True
            if self.shape is Shape.OPENAI:
                body["stream_options"] = {"include_usage": True}
        return json.dumps(_filled(body, size))


def _filled(body: Mapping[str, object], size: int) -> dict[str, object]:
    """Add user turns until the body has its size: one for a small one, a long talk for a large one."""
    before = body["messages"]
    turns: list[object] = [*before] if isinstance(before, list) else []
    room = size - len(json.dumps(body))
    turns.append({"role": "user", "content": f"Request ########. {_prose(min(room - 40, _TURN_BYTES))}"})
    room -= _TURN_BYTES + 40
    # In pairs, so that the last word is the user's.
    while room >= 2 * (_TURN_BYTES + 40):
        turns += [{"role": role, "content": _prose(_TURN_BYTES)} for role in ("assistant", "user")]
        room -= 2 * (_TURN_BYTES + 40)
    return {**body, "messages": turns}


def _prose(length: int) -> str:
    return (_WORDS * (length // len(_WORDS) + 1))[: max(length, 0)]
