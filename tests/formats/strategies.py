"""Hypothesis strategies for hub values: what a modern request and its answer may hold, in any combination.

Values are kept to what formats can mean alike: ids of the common alphabet, tool calls that are answered, texts that
are not blank. What single formats do with the odd rest stands in their own tests.
"""

import base64
from collections.abc import Sequence

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
names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_-]{0,20}", fullmatch=True)
ids = st.from_regex(r"[a-z]{1,4}_[a-zA-Z0-9]{4,16}", fullmatch=True)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), words, st.floats(-1e6, 1e6))
objects = st.dictionaries(names, st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3)
arguments = objects.map(lambda value: dumps(value).decode())
caches = st.one_of(st.none(), st.sampled_from([CacheMark(), CacheMark(ttl="5m"), CacheMark(ttl="1h")]))
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


def texts(*, signed: bool = False) -> st.SearchStrategy[Text]:
    return st.builds(Text, text=words, cache=caches, state=maybe_states if signed else st.none())


def thoughts() -> st.SearchStrategy[Thinking]:
    shown = st.builds(Thinking, text=words, state=maybe_states)
    hidden = st.builds(Thinking, text=st.just(""), redacted=st.just(True), state=states)
    return st.one_of(shown, shown, hidden)


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


def calls(call_id: str) -> st.SearchStrategy[ToolCall]:
    return st.builds(ToolCall, id=st.just(call_id), name=names, arguments=arguments, state=maybe_states, cache=caches)


def results(call: ToolCall) -> st.SearchStrategy[ToolResult]:
    parts = st.lists(st.one_of(texts(), texts(), images), max_size=2).map(tuple)
    return st.builds(
        ToolResult,
        call_id=st.just(call.id),
        name=st.just(call.name),
        parts=parts,
        is_error=st.booleans(),
        cache=caches,
    )


@st.composite
def tool_steps(draw: st.DrawFn, number: int) -> list[Message]:
    """An assistant that thinks, speaks and calls, and the answers of its tools."""
    called = [draw(calls(f"call_{number}_{index}")) for index in range(draw(st.integers(1, 3)))]
    before: list[Part] = draw(st.lists(thoughts(), max_size=1))
    said: list[Part] = draw(st.lists(texts(signed=True), max_size=1))
    answers = tuple(draw(results(call)) for call in called)
    return [
        Message(role=Role.ASSISTANT, parts=(*before, *said, *called)),
        Message(role=Role.TOOL, parts=answers),
    ]


@st.composite
def exchanges(draw: st.DrawFn, number: int) -> list[Message]:
    """What a user says, and what comes of it."""
    asked: list[Part] = draw(st.lists(st.one_of(texts(), texts(), media, opaques), min_size=0, max_size=3))
    messages = [Message(role=Role.USER, parts=(draw(texts()), *asked))]
    if draw(st.booleans()):
        messages += draw(tool_steps(number))
    if draw(st.booleans()):
        spoken: list[Part] = [*draw(st.lists(thoughts(), max_size=2)), draw(texts(signed=True))]
        messages.append(Message(role=Role.ASSISTANT, parts=tuple(spoken)))
    if draw(st.booleans()):
        messages.append(Message(role=Role.SYSTEM, parts=(draw(texts()),)))
    return messages


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    messages: list[Message] = []
    for _ in range(draw(st.integers(0, 2))):
        role = draw(st.sampled_from([Role.SYSTEM, Role.DEVELOPER]))
        messages.append(Message(role=role, parts=tuple(draw(st.lists(texts(), min_size=1, max_size=2)))))
    for number in range(draw(st.integers(1, 3))):
        messages += draw(exchanges(number))
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


@st.composite
def toolboxes(draw: st.DrawFn) -> tuple[Tool, ...]:
    drawn = draw(st.lists(st.one_of(functions, functions, custom_tools, server_tools), max_size=4))
    unique: dict[object, Tool] = {}
    for tool in drawn:
        unique.setdefault(tool.kind if isinstance(tool, ServerTool) else tool.name, tool)
    return tuple(unique.values())


@st.composite
def choices_among(draw: st.DrawFn, tools: Sequence[Tool]) -> ToolChoice | None:
    named = [tool.name for tool in tools if isinstance(tool, FunctionTool)]
    options = [None, ToolChoice(mode="auto"), ToolChoice(mode="none"), ToolChoice(mode="required")]
    if named:
        options += [ToolChoice(mode="required", names=(named[0],)), ToolChoice(mode="auto", names=tuple(named))]
    return draw(st.sampled_from(options))


def _maybe(strategy: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), strategy)


plain_functions = st.builds(FunctionTool, name=names, description=words, schema=schemas)
fractions = st.floats(0, 1).map(lambda value: round(value, 3))
_maybe_fraction = st.one_of(st.none(), fractions)
samplings = st.builds(
    Sampling,
    max_tokens=st.one_of(st.none(), st.integers(1, 64000)),
    temperature=st.one_of(st.none(), st.floats(0, 2).map(lambda value: round(value, 3))),
    top_p=st.one_of(st.none(), fractions),
    top_k=st.one_of(st.none(), st.integers(1, 100)),
    min_p=st.one_of(st.none(), fractions),
    frequency_penalty=st.one_of(st.none(), fractions),
    presence_penalty=st.one_of(st.none(), fractions),
    seed=st.one_of(st.none(), st.integers(0, 2**31 - 1)),
    stop=st.lists(words, max_size=3, unique=True).map(tuple),
    n=st.one_of(st.none(), st.integers(1, 4)),
    logprobs=st.one_of(st.none(), st.just(True)),
    top_logprobs=st.one_of(st.none(), st.integers(0, 5)),
    logit_bias=st.one_of(st.none(), st.just({"50256": -100})),
)
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


@st.composite
def requests(draw: st.DrawFn) -> Request:
    tools = draw(toolboxes())
    return Request(
        model=draw(names),
        messages=draw(conversations()),
        tools=tools,
        tool_choice=draw(choices_among(tools)),
        parallel_tool_calls=draw(st.sampled_from([None, True, False])),
        sampling=draw(samplings),
        reasoning=draw(reasonings),
        output=draw(outputs),
        stream=draw(st.booleans()),
        service_tier=draw(st.sampled_from([None, "auto", "default", "flex"])),
        verbosity=draw(st.sampled_from([None, "low"])),
        user=draw(st.sampled_from([None, "user-1", "u" * 100])),
        metadata=draw(st.sampled_from([None, {"team": "red"}])),
        cache_key=draw(st.sampled_from([None, "prefix-1"])),
        previous_response_id=draw(st.sampled_from([None, "resp_1"])),
        store=draw(st.sampled_from([None, True, False])),
        origin=draw(st.sampled_from(FORMATS)),
        extras=draw(st.sampled_from([{}, {"nextyear": {"on": True}}])),
    )


@st.composite
def plain_requests(draw: st.DrawFn) -> Request:
    """What all formats can say: texts, images, calls of functions and their results, the common settings."""
    plain = st.builds(Text, text=words)
    image = st.just(Media(kind="image", media_type="image/png", data=_PNG))
    messages = [Message(role=Role.SYSTEM, parts=(draw(plain),))] if draw(st.booleans()) else []
    tools = tuple(draw(st.lists(plain_functions, min_size=1, max_size=2, unique_by=lambda tool: tool.name)))
    for number in range(draw(st.integers(1, 3))):
        shown = draw(st.lists(image, max_size=1))
        messages.append(Message(role=Role.USER, parts=(draw(plain), *shown)))
        if draw(st.booleans()):
            call = ToolCall(id=f"call_{number}", name=tools[0].name, arguments=draw(arguments))
            messages.append(Message(role=Role.ASSISTANT, parts=(call,)))
            result = ToolResult(call_id=call.id, name=call.name, parts=(draw(plain),))
            messages.append(Message(role=Role.TOOL, parts=(result,)))
        messages.append(Message(role=Role.ASSISTANT, parts=(draw(plain),)))
    messages.append(Message(role=Role.USER, parts=(draw(plain),)))
    sampling = Sampling(
        max_tokens=draw(st.integers(1, 4000)),
        temperature=draw(_maybe_fraction),
        stop=tuple(draw(st.lists(words, max_size=2, unique=True))),
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
answer_parts = st.lists(st.one_of(said, said, thoughts(), answer_calls, refusals, opaques), max_size=6, unique_by=repr)


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


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Figures that agree with one another; each bucket may be untold."""
    read, write, audio, fresh = (draw(_maybe(st.integers(0, 5000))) for _ in range(4))
    reasoning, spoken, written = (draw(_maybe(st.integers(0, 5000))) for _ in range(3))
    return Usage(
        input=sum(count or 0 for count in (read, write, audio, fresh)),
        output=sum(count or 0 for count in (reasoning, spoken, written)),
        cache_read=read,
        cache_write=write,
        audio_input=audio,
        reasoning=reasoning,
        audio_output=spoken,
    )


responses = st.builds(
    Response,
    id=ids,
    model=names,
    created=st.integers(1_600_000_000, 2_000_000_000),
    choices=st.lists(choices, min_size=1, max_size=2).map(tuple),
    usage=st.one_of(st.none(), usages()),
    service_tier=st.sampled_from([None, "default", "priority"]),
)
