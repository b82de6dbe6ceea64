"""Hypothesis strategies for hub values: what a modern request and its answer may hold, in any combination.

Values are kept to what formats can mean alike: ids of the common alphabet, tool calls that are answered, texts that
are not blank. What single formats do with the odd rest stands in their own tests.

A law runs over a thousand of these, so they are cheap to draw: strategies are made once, and what a request may leave
out is drawn as a short list of what it says.
"""

import base64
import string
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from omniroute.formats.hub import (
    CacheMark,
    Choice,
    Citation,
    CustomTool,
    Format,
    FunctionTool,
    Json,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Request,
    Response,
    Role,
    Sampling,
    ServerTool,
    State,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from omniroute.kit.json import dumps

FORMATS = [str(format_) for format_ in Format]

# Any text that says something: all of Unicode but lone surrogates, also NUL, emoji and both kinds of line break.
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).map(lambda text: f"w{text}z")
_ALPHANUMERIC = string.ascii_letters + string.digits
names = st.text(_ALPHANUMERIC + "_-", max_size=20).map(lambda text: f"n{text}")
ids = st.tuples(
    st.sampled_from(["call", "x", "toolu", "fc", "msg", "resp"]), st.text(_ALPHANUMERIC, min_size=4, max_size=16)
).map("_".join)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), words, st.floats(-1e6, 1e6))
objects = st.dictionaries(names, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3)
arguments = objects.map(lambda value: dumps(value).decode())
caches = st.sampled_from([None, None, None, CacheMark(), CacheMark(ttl="5m"), CacheMark(ttl="1h")])
# Base64, for Google's field is bytes.
signatures = st.binary(min_size=3, max_size=24).map(lambda data: base64.b64encode(data).decode())
states = st.builds(State, origin=st.sampled_from(FORMATS), value=signatures)
maybe_states = st.one_of(st.none(), st.none(), states)

_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256))).decode()
_PDF = base64.b64encode(b"%PDF-1.7 \xff\xfe").decode()

images = st.one_of(
    st.just(Media(kind="image", media_type="image/png", data=_PNG)),
    st.builds(Media, kind=st.just("image"), url=names.map(lambda name: f"https://example.com/{name}.png")),
    st.builds(
        Media,
        kind=st.just("image"),
        media_type=st.just("image/jpeg"),
        data=st.binary(min_size=1, max_size=20).map(lambda data: base64.b64encode(data).decode()),
        detail=st.one_of(st.none(), st.sampled_from(["low", "high", "auto"])),
        cache=caches,
    ),
)
documents = st.builds(
    Media,
    kind=st.just("document"),
    media_type=st.just("application/pdf"),
    data=st.just(_PDF),
    name=st.one_of(st.none(), names.map(lambda name: f"{name}.pdf")),
    cache=caches,
)
sounds = st.builds(
    Media,
    kind=st.just("audio"),
    media_type=st.sampled_from(["audio/wav", "audio/mpeg", "audio/ogg"]),
    data=st.just(base64.b64encode(b"RIFF....WAVE").decode()),
)
files = st.builds(Media, kind=st.just("document"), file_id=ids, origin=st.sampled_from(FORMATS))
media = st.one_of(images, images, documents, sounds, files)


texts = st.builds(Text, text=words, cache=caches)
signed_texts = st.builds(Text, text=words, cache=caches, state=maybe_states)
_shown = st.builds(Thinking, text=words, state=maybe_states)
thoughts = st.one_of(_shown, _shown, states.map(lambda state: Thinking(redacted=True, state=state)))


_RESULT: Json = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
_CODE: Json = {"executableCode": {"language": "PYTHON", "code": "1"}}  # Gemini's blocks have a key, not a type

opaques = st.one_of(
    st.builds(
        Opaque,
        origin=st.sampled_from([name for name in FORMATS if name != "gemini"]),
        kind=st.just("web_search_tool_result"),
        raw=st.just(_RESULT),
    ),
    st.just(Opaque(origin="gemini", kind="executableCode", raw=_CODE)),
)
json_values: st.SearchStrategy[object] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=8,
)


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────


calls = st.builds(ToolCall, id=st.just(""), name=names, arguments=arguments, state=maybe_states, cache=caches)
results = st.builds(
    ToolResult,
    call_id=st.just(""),
    parts=st.lists(st.one_of(texts, texts, images), max_size=2).map(tuple),
    is_error=st.booleans(),
    cache=caches,
)
_steps = st.tuples(
    st.lists(thoughts, max_size=1),
    st.lists(signed_texts, max_size=1),
    st.lists(st.tuples(calls, results), min_size=1, max_size=3),
)
_asked = st.tuples(texts, st.lists(st.one_of(texts, texts, media, opaques), max_size=3))
_spoken = st.tuples(st.lists(thoughts, max_size=2), signed_texts)
_system = st.sampled_from([Role.SYSTEM, Role.DEVELOPER])
_heads = st.lists(st.tuples(_system, st.lists(texts, min_size=1, max_size=2)), max_size=2)


@st.composite
def tool_steps(draw: st.DrawFn, number: int) -> list[Message]:
    """An assistant that thinks, speaks and calls, and the answers of its tools."""
    before, said, rounds = draw(_steps)
    called = [replace(call, id=f"call_{number}_{index}") for index, (call, _) in enumerate(rounds)]
    answers = [
        replace(result, call_id=call.id, name=call.name) for call, (_, result) in zip(called, rounds, strict=True)
    ]
    return [
        Message(role=Role.ASSISTANT, parts=(*before, *said, *called)),
        Message(role=Role.TOOL, parts=tuple(answers)),
    ]


@st.composite
def exchanges(draw: st.DrawFn, number: int) -> list[Message]:
    """What a user says, and what comes of it."""
    first, more = draw(_asked)
    messages = [Message(role=Role.USER, parts=(first, *more))]
    if draw(st.booleans()):
        messages += draw(_TOOL_STEPS[number])
    if draw(st.booleans()):
        thinking, spoken = draw(_spoken)
        messages.append(Message(role=Role.ASSISTANT, parts=(*thinking, spoken)))
    if draw(st.booleans()):
        messages.append(Message(role=Role.SYSTEM, parts=(draw(texts),)))
    return messages


_TOOL_STEPS = [tool_steps(number) for number in range(3)]
_EXCHANGES = [exchanges(number) for number in range(3)]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    messages = [Message(role=role, parts=tuple(parts)) for role, parts in draw(_heads)]
    for number in range(draw(st.integers(1, 3))):
        messages += draw(_EXCHANGES[number])
    return tuple(messages)


schemas: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(names, st.sampled_from([{"type": "string"}, {"type": "integer"}]), max_size=3),
    }
).map(lambda schema: {**schema, "required": sorted(schema["properties"])[:1]})

functions = st.builds(
    FunctionTool,
    name=names,
    description=st.one_of(st.none(), words),
    schema=schemas,
    strict=st.sampled_from([None, None, True]),
    cache=caches,
)
custom_tools = st.builds(CustomTool, name=names, description=st.one_of(st.none(), words))
server_tools = st.one_of(
    st.builds(
        ServerTool,
        origin=st.sampled_from([name for name in FORMATS if name != "gemini"]),
        kind=st.just("web_search_20250305"),
        raw=st.just({"type": "web_search_20250305", "name": "web_search"}),
    ),
    st.just(ServerTool(origin="gemini", kind="googleSearch", raw={"googleSearch": {}})),
)


_drawn_tools = st.lists(st.one_of(functions, functions, custom_tools, server_tools), max_size=4)


@st.composite
def toolboxes(draw: st.DrawFn) -> tuple[Tool, ...]:
    unique: dict[object, Tool] = {}
    for tool in draw(_drawn_tools):
        unique.setdefault(tool.kind if isinstance(tool, ServerTool) else tool.name, tool)
    return tuple(unique.values())


def choice_among(tools: Sequence[Tool], number: int) -> ToolChoice | None:
    """One of the choices that these tools leave."""
    named = [tool.name for tool in tools if isinstance(tool, FunctionTool)]
    options = [None, ToolChoice(mode="auto"), ToolChoice(mode="none"), ToolChoice(mode="required")]
    if named:
        options += [ToolChoice(mode="required", names=(named[0],)), ToolChoice(mode="auto", names=tuple(named))]
    return options[number % len(options)]


def _maybe(strategy: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), strategy)


plain_functions = st.builds(FunctionTool, name=names, description=words, schema=schemas)
fractions = st.floats(0, 1).map(lambda value: round(value, 3))
_maybe_fraction = st.one_of(st.none(), fractions)


def _some(most: int, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, each with a value of its own."""
    said = st.one_of([st.tuples(st.just(name), value) for name, value in fields.items()])
    return st.lists(said, max_size=most).map(dict)


samplings = _some(
    6,
    max_tokens=st.integers(1, 64000),
    temperature=st.floats(0, 2).map(lambda value: round(value, 3)),
    top_p=fractions,
    top_k=st.integers(1, 100),
    min_p=fractions,
    frequency_penalty=fractions,
    presence_penalty=fractions,
    seed=st.integers(0, 2**31 - 1),
    stop=st.lists(words, max_size=3, unique=True).map(tuple),
    n=st.integers(1, 4),
    logprobs=st.just(True),
    top_logprobs=st.integers(0, 5),
    logit_bias=st.just({"50256": -100}),
).map(lambda fields: Sampling(**fields))
reasonings = st.one_of(
    st.none(),
    st.just(Reasoning(enabled=False)),
    st.just(Reasoning(enabled=True)),
    st.builds(Reasoning, effort=st.sampled_from(["minimal", "low", "medium", "high"])),
    st.builds(Reasoning, effort=st.sampled_from(["low", "high"]), adaptive=st.booleans()),
    st.builds(Reasoning, enabled=st.just(True), budget=st.integers(1, 40000), include=st.sampled_from([None, True])),
    st.builds(Reasoning, effort=st.just("high"), summary=st.sampled_from(["auto", "detailed"])),
)
outputs = st.one_of(
    st.none(),
    st.just(OutputFormat(kind="json")),
    st.builds(OutputFormat, kind=st.just("schema"), schema=schemas, name=names, strict=st.sampled_from([None, True])),
)


_said_besides = _some(
    6,
    parallel_tool_calls=st.booleans(),
    reasoning=reasonings,
    output=outputs,
    stream=st.booleans(),
    service_tier=st.sampled_from(["auto", "default", "flex"]),
    verbosity=st.just("low"),
    user=st.sampled_from(["user-1", "u" * 100]),
    metadata=st.just({"team": "red"}),
    cache_key=st.just("prefix-1"),
    previous_response_id=st.just("resp_1"),
    store=st.booleans(),
    extras=st.just({"nextyear": {"on": True}}),
)
_conversations, _toolboxes, _origins = conversations(), toolboxes(), st.sampled_from(FORMATS)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    tools = draw(_toolboxes)
    return Request(
        model=draw(names),
        messages=draw(_conversations),
        tools=tools,
        tool_choice=choice_among(tools, draw(st.integers(0, 5))),
        sampling=draw(samplings),
        origin=draw(_origins),
        **draw(_said_besides),
    )


_plain_texts = st.builds(Text, text=words)
_plain_images = st.lists(st.just(Media(kind="image", media_type="image/png", data=_PNG)), max_size=1)
_plain_tools = st.lists(plain_functions, min_size=1, max_size=2, unique_by=lambda tool: tool.name).map(tuple)
_plain_stops = st.lists(words, max_size=2, unique=True).map(tuple)


@st.composite
def plain_requests(draw: st.DrawFn) -> Request:
    """What all formats can say: texts, images, calls of functions and their results, the common settings."""
    messages = [Message(role=Role.SYSTEM, parts=(draw(_plain_texts),))] if draw(st.booleans()) else []
    tools = draw(_plain_tools)
    for number in range(draw(st.integers(1, 3))):
        messages.append(Message(role=Role.USER, parts=(draw(_plain_texts), *draw(_plain_images))))
        if draw(st.booleans()):
            call = ToolCall(id=f"call_{number}", name=tools[0].name, arguments=draw(arguments))
            messages.append(Message(role=Role.ASSISTANT, parts=(call,)))
            result = ToolResult(call_id=call.id, name=call.name, parts=(draw(_plain_texts),))
            messages.append(Message(role=Role.TOOL, parts=(result,)))
        messages.append(Message(role=Role.ASSISTANT, parts=(draw(_plain_texts),)))
    messages.append(Message(role=Role.USER, parts=(draw(_plain_texts),)))
    sampling = Sampling(
        max_tokens=draw(st.integers(1, 4000)), temperature=draw(_maybe_fraction), stop=draw(_plain_stops)
    )
    return Request(model="m", messages=tuple(messages), tools=tools, sampling=sampling, stream=draw(st.booleans()))


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────

citations = st.builds(
    Citation,
    origin=st.just("openai-chat"),
    raw=st.just(
        {
            "type": "url_citation",
            "url_citation": {"url": "https://example.com", "title": "Example", "start_index": 0, "end_index": 4},
        }
    ),
    url=st.just("https://example.com"),
    title=st.just("Example"),
    start=st.just(0),
    end=st.just(4),
)
said = st.builds(Text, text=words, state=maybe_states, citations=st.lists(citations, max_size=1).map(tuple))
refusals = st.builds(Refusal, text=words)
answer_calls = st.builds(
    ToolCall, id=ids, name=names, arguments=st.one_of(st.just("{}"), arguments), state=maybe_states
)
answer_parts = st.lists(st.one_of(said, said, thoughts, answer_calls, refusals, opaques), max_size=6, unique_by=repr)


def _unique_calls(parts: Sequence[Part]) -> tuple[Part, ...]:
    seen: set[str] = set()
    kept: list[Part] = []
    for part in parts:
        if isinstance(part, ToolCall):
            if part.id in seen:
                continue
            seen.add(part.id)
        kept.append(part)
    return tuple(kept)


tokens = st.builds(
    lambda token, logprob: {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": []},
    words,
    st.floats(-20, 0).map(lambda value: round(value, 4)),
)
choices = st.builds(
    Choice,
    parts=answer_parts.map(_unique_calls),
    stop=st.sampled_from([stop for stop in Stop if stop is not Stop.OTHER]),
    stop_sequence=st.none(),
    logprobs=st.one_of(st.none(), st.none(), st.lists(tokens, min_size=1, max_size=2)),
)


_counts = st.lists(_maybe(st.integers(0, 5000)), min_size=7, max_size=7)


def _usage(counts: list[int | None]) -> Usage:
    """Figures that agree with one another; each bucket may be untold."""
    read, write, audio, _, reasoning, spoken, _ = counts
    return Usage(
        input=sum(count or 0 for count in counts[:4]),
        output=sum(count or 0 for count in counts[4:]),
        cache_read=read,
        cache_write=write,
        audio_input=audio,
        reasoning=reasoning,
        audio_output=spoken,
    )


usages = _counts.map(_usage)


responses = st.builds(
    Response,
    id=ids,
    model=names,
    created=st.integers(1_600_000_000, 2_000_000_000),
    choices=st.lists(choices, min_size=1, max_size=2).map(tuple),
    usage=st.one_of(st.none(), usages),
    service_tier=st.sampled_from([None, "default", "priority"]),
)


# ── answers that hold more than any single format can say ───────────────────────────────────────────────────────

_URL = "https://example.com/a"
_foreign_citations = st.sampled_from(
    [
        Citation(origin="gemini", raw={"groundingChunk": {"web": {"uri": _URL}}}, url=_URL, title="A", start=0, end=1),
        Citation(origin="anthropic", raw={"type": "char_location", "cited_text": "x", "document_title": "B"}),
        Citation(origin="openai-responses", raw={"type": "file_citation", "file_id": "f", "index": 0, "filename": "c"}),
        Citation(
            origin="anthropic",
            raw={"type": "web_search_result_location", "url": "https://example.com/w", "title": "W"},
            url="https://example.com/w",
            title="W",
        ),
    ]
)
_media = st.sampled_from(
    [
        Media(kind="image", media_type="image/png", data=_PNG),
        Media(kind="image", url="https://example.com/made.png"),
        Media(kind="audio", media_type="audio/wav", data="UklGRg=="),
    ]
)
_blocks = st.sampled_from(
    [
        Opaque(origin="anthropic", kind="server_tool_use", raw={"type": "server_tool_use", "id": "s", "name": "x"}),
        Opaque(origin="openai-chat", kind="audio", raw={"id": "audio_1", "data": "UklGRg==", "transcript": "hi"}),
        Opaque(origin="gemini", kind="executableCode", raw={"executableCode": {"language": "PYTHON", "code": "1"}}),
        Opaque(origin="openai-responses", kind="web_search_call", raw={"type": "web_search_call", "id": "ws_1"}),
    ]
)
_cited_texts = st.builds(Text, text=words, citations=st.lists(_foreign_citations, max_size=2).map(tuple))
_answer_parts = st.lists(
    st.one_of(_cited_texts, thoughts, answer_calls, refusals, _media, _blocks), max_size=5, unique_by=repr
)


def _spoken_of(choice: Choice) -> Choice:
    """Log probabilities are those of a text."""
    return choice if any(isinstance(part, Text) for part in choice.parts) else replace(choice, logprobs=None)


answers = st.builds(
    Response,
    id=ids,
    model=names,
    created=st.integers(1_600_000_000, 2_000_000_000),
    choices=st.lists(
        st.builds(
            Choice,
            parts=_answer_parts.map(_unique_calls),
            stop=st.sampled_from(list(Stop)),
            logprobs=st.one_of(st.none(), st.none(), st.lists(tokens, min_size=1, max_size=2)),
        ).map(_spoken_of),
        min_size=1,
        max_size=2,
    ).map(tuple),
    usage=st.one_of(st.none(), usages),
    service_tier=st.sampled_from([None, "default", "priority", "flex", "scale"]),
)
