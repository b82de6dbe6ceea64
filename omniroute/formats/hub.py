"""The hub: one neutral picture of a chat request, its answer and its stream, which all five formats map to.

A request holds messages, a message holds parts. An answer holds choices of parts. A stream is a series of
events that folds into the same answer (`fold`), and any answer unfolds into events (`unfold`).

Three rules keep it honest:
1. What a format says and the hub has no word for travels as `Opaque` (a block) or in `extras` (a field), with the
   name of the format it came from; only that format's encoder writes it again, every other one reports a `Loss`.
2. A vendor's private state (thinking signatures, encrypted reasoning) is `State` with its origin. It goes back to
   where it came from, is left out elsewhere, and is never made up.
3. Tool-call arguments stay the JSON text that the model wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Json = dict[str, Any]


class Format(StrEnum):
    """A wire format, as a client speaks it or an upstream does."""

    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OLLAMA = "ollama"


class Role(StrEnum):
    """Who speaks. `tool` messages hold only tool results; `developer` is OpenAI's newer word for system."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Stop(StrEnum):
    """Why an answer ended."""

    END = "end"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    STOP_SEQUENCE = "stop_sequence"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    PAUSE = "pause"  # Anthropic's pause_turn: a long turn to be continued
    OTHER = "other"


# ── parts ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A vendor's private state: opaque text that only `origin` (a format's name) understands."""

    origin: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheMark:
    """A prompt-cache breakpoint after this part (Anthropic's cache_control). `ttl` as the vendor spells it ("5m")."""

    ttl: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a passage of the answer comes from. `raw` is the vendor's object, `origin` the format it is spelled in."""

    origin: str
    raw: Json
    url: str | None = None
    title: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Plain text."""

    text: str
    citations: tuple[Citation, ...] = ()
    cache: CacheMark | None = None
    state: State | None = None  # Gemini may sign a text part


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Text in which the model declines (OpenAI's `refusal`)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """Reasoning: the text shown (may be empty), and the vendor's signature or encrypted form.

    `redacted`: the vendor hid the text and `state` holds all there is. `summary`: the text is a summary.
    `id`: the item's id where the format names reasoning items (Responses).
    """

    text: str = ""
    state: State | None = None
    redacted: bool = False
    summary: bool = False
    id: str | None = None


KINDS = ("image", "audio", "video", "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image, sound, video or document: inline `data` (standard base64), a `url`, or a `file_id` of `origin`."""

    kind: Literal["image", "audio", "video", "document"]  # one of KINDS
    media_type: str | None = None  # MIME type; required with data
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    origin: str | None = None  # the format whose file store knows file_id
    name: str | None = None  # file name or title
    detail: str | None = None  # OpenAI's low, high, auto
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """The model calls a tool. `arguments` is the text the model wrote: JSON, or free text when `custom`."""

    id: str
    name: str
    arguments: str = ""
    custom: bool = False
    namespace: str | None = None  # Codex groups tools; the plain name stays in `name`
    state: State | None = None  # Gemini's thoughtSignature
    item_id: str | None = None  # the item's own id where the format has one beside the call id (Responses)
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool answered: text and media. `name` is the tool's, where the format repeats it."""

    call_id: str
    parts: "tuple[Text | Media | Opaque, ...]" = ()
    name: str | None = None
    is_error: bool = False
    custom: bool = False
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A block of `origin` that the hub has no word for (server-tool calls and results, citations blocks …)."""

    origin: str
    kind: str  # the vendor's own type name
    raw: Json


Part = Text | Refusal | Thinking | Media | ToolCall | ToolResult | Opaque


# ── request ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn. `name` is OpenAI's optional participant name; `phase` and other per-message extras stay raw."""

    role: Role
    parts: tuple[Part, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTool:
    """A function the model may call; `schema` is its JSON Schema, None when it takes nothing."""

    name: str
    description: str | None = None
    schema: Json | None = None
    strict: bool | None = None
    namespace: str | None = None
    namespace_description: str | None = None  # said of the whole group (Codex)
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomTool:
    """A tool with free text as input (OpenAI's custom tools); `grammar` is the vendor's format object."""

    name: str
    description: str | None = None
    grammar: Json | None = None
    namespace: str | None = None
    namespace_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTool:
    """A tool the vendor itself runs (web search, code execution …), as spelled in `origin`."""

    origin: str
    kind: str
    raw: Json


Tool = FunctionTool | CustomTool | ServerTool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """May, must or must not the model call a tool; `names` restricts to these (one name = exactly that tool)."""

    mode: Literal["auto", "none", "required"]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """How much to think. `effort` as OpenAI spells it (none, minimal, low, medium, high, xhigh), `budget` in tokens.

    `enabled=False` switches thinking off; `adaptive` leaves the amount to the model. `summary` asks for a summary of
    the reasoning (auto, concise, detailed); `include` asks for the thoughts in the answer (Gemini, Ollama).
    """

    enabled: bool | None = None
    effort: str | None = None
    budget: int | None = None
    adaptive: bool = False
    summary: str | None = None
    include: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    """Structured output: any JSON, or JSON of one schema."""

    kind: Literal["json", "schema"]
    schema: Json | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn. None everywhere means: not said."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One chat request.

    System instructions are messages of role system or developer: those before the first other message are what a
    format with a separate system field puts there. `user` is an end-user id, `metadata` free string pairs.
    `extras` are top-level fields of `origin` that the hub has no word for. `unread` is what else the client said and
    the decoder has no word for (paths in the client's spelling): lost in every translation.
    """

    model: str
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    sampling: Sampling = field(default_factory=Sampling)
    reasoning: Reasoning | None = None
    output: OutputFormat | None = None
    stream: bool = False
    include_usage: bool = True  # usage wanted in a stream; only OpenAI chat can say no
    service_tier: str | None = None
    verbosity: str | None = None
    user: str | None = None
    metadata: Mapping[str, str] | None = None
    cache_key: str | None = None  # OpenAI's prompt_cache_key
    previous_response_id: str | None = None
    store: bool | None = None
    origin: str = ""  # the Format the request was decoded from
    extras: Json = field(default_factory=dict)
    unread: "tuple[Loss, ...]" = ()


# ── answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens. `input` and `output` are inclusive, the buckets disjoint parts of them. None = the vendor did not say.

    The last four count what is paid otherwise, beside the tokens.
    """

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None  # part of input
    cache_write: int | None = None  # part of input
    cache_write_1h: int | None = None  # part of cache_write: what is kept for an hour
    audio_input: int | None = None  # part of input
    image_input: int | None = None  # part of input
    reasoning: int | None = None  # part of output
    audio_output: int | None = None  # part of output
    image_output: int | None = None  # part of output
    images: int | None = None  # what is not paid by the token: pictures made,
    audio_ms: int | None = None  # how long the sound was,
    characters: int | None = None  # letters that were spoken,
    searches: int | None = None  # searches in so many documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One alternative answer. `logprobs` stays in OpenAI's spelling (a list of token objects)."""

    parts: tuple[Part, ...] = ()
    stop: Stop | None = Stop.END
    stop_sequence: str | None = None
    logprobs: list[Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer. `created` is in Unix seconds."""

    id: str
    model: str
    created: int
    choices: tuple[Choice, ...]
    usage: Usage | None = None
    service_tier: str | None = None


# ── losses and seeds ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Something the target format cannot carry: where it stood (hub path: `tools[2]`, `sampling.seed`) and why.

    The paths of answers begin with `answer`.
    """

    path: str
    reason: str
    action: Literal["dropped", "mapped"] = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A request or an answer in a format's own words, and what it lost on the way."""

    body: Json
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What a codec may not draw itself: an id (hex, no prefix) and a creation time (Unix seconds) for this answer.

    Codecs build their ids from it (`chatcmpl-<id>`, `msg_<id>`, `call_<id>_<n>`): same input, same output.
    `model` is the name the client asked for, to be shown to it.
    """

    id: str
    created: int
    model: str = ""
