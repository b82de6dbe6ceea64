"""The events of a stream, in the hub's words: an answer as it comes, and the faults that may end it.

A series of events folds into an answer and any answer unfolds into events (formats/fold.py).
"""

from dataclasses import dataclass

import msgspec

from omniroute.formats.hub import Citation, Json, Part, State, Stop, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The stream begins. `usage` may hold what is known already (Anthropic tells the input here)."""

    id: str
    model: str
    created: int
    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStart:
    """Part `index` of `choice` begins. `part` is its skeleton: kind, ids and names, whatever is known at once."""

    index: int
    part: Part
    choice: int = 0


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """More of part `index`: text (of Text, Refusal, Thinking), arguments (of ToolCall), a signature, a citation.

    A Struct, as one is made for every chunk: making a frozen dataclass of six fields costs six times as much.
    """

    index: int
    text: str = ""
    state: State | None = None
    citation: Citation | None = None
    logprobs: list[Json] | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEnd:
    """Part `index` is complete."""

    index: int
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceEnd:
    """One choice is complete, and why."""

    stop: Stop | None = Stop.END
    stop_sequence: str | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The stream ended as it should. Without it a stream was cut."""

    usage: Usage | None = None
    service_tier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error, whole or in a stream. `status` is the HTTP status it stands for; `kind` one of FAULT_KINDS."""

    kind: str
    message: str
    status: int = 500
    code: str | None = None
    param: str | None = None
    retry_after_s: float | None = None
    attempts: tuple[Json, ...] = ()


Event = Start | PartStart | Delta | PartEnd | ChoiceEnd | Finish | Fault

# The words for failures that every format's encode_error maps to its own.
FAULT_KINDS = (
    "invalid_request",  # 400, 422
    "authentication",  # 401
    "permission",  # 403
    "not_found",  # 404
    "too_large",  # 413
    "rate_limit",  # 429
    "overloaded",  # 503, 529
    "timeout",  # 504
    "upstream",  # 502
    "internal",  # 500
    "truncated",  # a stream cut in the middle
)
