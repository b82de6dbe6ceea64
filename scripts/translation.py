"""What each format keeps of what another says, found out by asking the codecs: the tables of docs/translation.md.

A row is something a request or an answer can hold. A request's cell says what the encoder of that upstream format
reported for it; an answer's cell compares what was written for a client of that format with what it reads back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from omniroute.formats.hub import (
    CacheMark,
    Choice,
    Citation,
    CustomTool,
    Format,
    FunctionTool,
    Media,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Request,
    Response,
    Role,
    Sampling,
    Seed,
    ServerTool,
    State,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from omniroute.formats.table import CODECS
from omniroute.kit.errors import OmniError

KEPT, MAPPED, DROPPED, UNSAID = "kept", "mapped", "dropped", "none"

_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_TOOL = FunctionTool(
    name="weather",
    description="Tells the weather",
    schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
_CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Oslo"}')
_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_OUTPUT = OutputFormat(kind="schema", schema=_SCHEMA)


def _said(*parts: Part, role: Role = Role.USER) -> Request:
    return Request(model="m", messages=(Message(role=role, parts=parts),))


_HELLO = _said(Text(text="Hello"))


def _talk(*messages: Message) -> Request:
    return Request(model="m", messages=messages, tools=(_TOOL,))


def _sampled(**settings: object) -> Request:
    return replace(_HELLO, sampling=Sampling(**settings))  # type: ignore[arg-type]  # one field at a time, by name


def _after_call(result: ToolResult, *, call: ToolCall = _CALL) -> Request:
    return _talk(
        _HELLO.messages[0],
        Message(role=Role.ASSISTANT, parts=(call,)),
        Message(role=Role.TOOL, parts=(result,)),
    )


_RESULT = ToolResult(call_id="call_1", name="weather", parts=(Text(text="sunny"),))
_IMAGE = Media(kind="image", media_type="image/png", data=_PIXEL)


def _thought(origin: str) -> Request:
    thinking = Thinking(text="Hm.", state=State(origin=origin, value="c2lnbmF0dXJl"))
    answered = Message(role=Role.ASSISTANT, parts=(thinking, Text(text="Hi")))
    return Request(model="m", messages=(_HELLO.messages[0], answered, _HELLO.messages[0]))


REQUESTS: Mapping[str, Request] = {
    "text": _HELLO,
    "system first": Request(
        model="m", messages=(Message(role=Role.SYSTEM, parts=(Text(text="Be"),)), *_HELLO.messages)
    ),
    "developer first": Request(
        model="m", messages=(Message(role=Role.DEVELOPER, parts=(Text(text="Be"),)), *_HELLO.messages)
    ),
    "system in the middle": Request(
        model="m",
        messages=(
            _HELLO.messages[0],
            Message(role=Role.ASSISTANT, parts=(Text(text="Hi"),)),
            Message(role=Role.SYSTEM, parts=(Text(text="Be"),)),
            _HELLO.messages[0],
        ),
    ),
    "participant's name": Request(model="m", messages=(replace(_HELLO.messages[0], name="ann"),)),
    "image, inline": _said(Text(text="See"), _IMAGE),
    "image, by URL": _said(Text(text="See"), Media(kind="image", url="https://example.com/a.png")),
    "image detail": _said(Text(text="See"), replace(_IMAGE, detail="high")),
    "document, inline": _said(Text(text="Read"), Media(kind="document", media_type="application/pdf", data="JVBERi0=")),
    "document's name": _said(
        Text(text="Read"), Media(kind="document", media_type="application/pdf", data="JVBERi0=", name="a.pdf")
    ),
    "audio, inline": _said(Text(text="Hear"), Media(kind="audio", media_type="audio/wav", data="UklGRg==")),
    "prompt-cache mark": _said(Text(text="Hello", cache=CacheMark())),
    "prompt-cache key": replace(_HELLO, cache_key="k"),
    "function tool": replace(_HELLO, tools=(_TOOL,)),
    "function tool, strict": replace(_HELLO, tools=(replace(_TOOL, strict=True),)),
    "function tool in a namespace": replace(_HELLO, tools=(replace(_TOOL, namespace="files"),)),
    "custom tool (free text)": replace(_HELLO, tools=(CustomTool(name="patch", description="Patches"),)),
    "the vendor's own tool (web search …)": replace(
        _HELLO, tools=(ServerTool(origin="elsewhere", kind="web_search", raw={"type": "web_search"}),)
    ),
    "tool choice: none": replace(_HELLO, tools=(_TOOL,), tool_choice=ToolChoice(mode="none")),
    "tool choice: required": replace(_HELLO, tools=(_TOOL,), tool_choice=ToolChoice(mode="required")),
    "tool choice: one tool": replace(
        _HELLO, tools=(_TOOL,), tool_choice=ToolChoice(mode="required", names=("weather",))
    ),
    "no parallel tool calls": replace(_HELLO, tools=(_TOOL,), parallel_tool_calls=False),
    "tool call and result": _after_call(_RESULT),
    "tool result: an error": _after_call(replace(_RESULT, is_error=True)),
    "tool result: an image": _after_call(replace(_RESULT, parts=(Text(text="see"), _IMAGE))),
    "reasoning effort": replace(_HELLO, reasoning=Reasoning(effort="high")),
    "reasoning budget": replace(_HELLO, reasoning=Reasoning(budget=4096), sampling=Sampling(max_tokens=8192)),
    "reasoning, adaptive": replace(_HELLO, reasoning=Reasoning(enabled=True, adaptive=True)),
    "reasoning off": replace(_HELLO, reasoning=Reasoning(enabled=False)),
    **{f"thought signed by {origin.value}": _thought(origin.value) for origin in Format},
    "output: JSON": replace(_HELLO, output=OutputFormat(kind="json")),
    "output: a JSON Schema": replace(_HELLO, output=_OUTPUT),
    "output: the schema's name": replace(_HELLO, output=replace(_OUTPUT, name="answer")),
    "output: the schema strictly": replace(_HELLO, output=replace(_OUTPUT, strict=True)),
    "max_tokens": _sampled(max_tokens=100),
    "temperature": _sampled(temperature=0.5),
    "temperature above 1": _sampled(temperature=1.5),
    "top_p": _sampled(top_p=0.9),
    "top_k": _sampled(top_k=40),
    "min_p": _sampled(min_p=0.1),
    "frequency penalty": _sampled(frequency_penalty=0.5),
    "presence penalty": _sampled(presence_penalty=0.5),
    "seed": _sampled(seed=7),
    "stop sequences": _sampled(stop=("END",)),
    "n answers": _sampled(n=2),
    "logprobs": _sampled(logprobs=True, top_logprobs=3),
    "logit bias": _sampled(logit_bias={"50256": -100}),
    "service tier": replace(_HELLO, service_tier="flex"),
    "verbosity": replace(_HELLO, verbosity="low"),
    "end user's id": replace(_HELLO, user="u1"),
    "metadata": replace(_HELLO, metadata={"a": "b"}),
    "store": replace(_HELLO, store=False),
    "unknown top-level field of another format": replace(_HELLO, origin="elsewhere", extras={"new_field": 1}),
}


def _answer(*parts: Part, stop: Stop = Stop.END, **more: object) -> Response:
    choice = Choice(parts=parts, stop=stop, **more)  # type: ignore[arg-type]  # one field at a time, by name
    return Response(id="id1", model="m", created=1_700_000_000, choices=(choice,), usage=Usage(input=10, output=5))


_HI = _answer(Text(text="Hi"))
_CITED = Citation(origin="elsewhere", raw={}, url="https://example.com", title="An example", start=0, end=2)

ANSWERS: Mapping[str, Response] = {
    "text": _HI,
    "refusal": _answer(Refusal(text="No.")),
    "thought": _answer(Thinking(text="Hm."), Text(text="Hi")),
    "thought, signed": _answer(
        Thinking(text="Hm.", state=State(origin="elsewhere", value="c2lnbmF0dXJl")), Text(text="Hi")
    ),
    "tool call": _answer(_CALL, stop=Stop.TOOL_CALLS),
    "parallel tool calls": _answer(
        _CALL, replace(_CALL, id="call_2", arguments='{"city":"Rome"}'), stop=Stop.TOOL_CALLS
    ),
    "tool call, signed": _answer(replace(_CALL, state=State(origin="gemini", value="c2ln")), stop=Stop.TOOL_CALLS),
    "citation": _answer(Text(text="Hi", citations=(_CITED,))),
    "image": _answer(Text(text="Here"), _IMAGE),
    "several answers": replace(_HI, choices=_HI.choices * 2),
    "stop: length": _answer(Text(text="Hi"), stop=Stop.LENGTH),
    "stop: stop sequence": _answer(Text(text="Hi"), stop=Stop.STOP_SEQUENCE, stop_sequence="END"),
    "stop: content filter": _answer(Text(text="Hi"), stop=Stop.CONTENT_FILTER),
    "usage: cache read": replace(_HI, usage=Usage(input=10, output=5, cache_read=4)),
    "usage: cache write": replace(_HI, usage=Usage(input=10, output=5, cache_write=4)),
    "usage: reasoning": replace(_HI, usage=Usage(input=10, output=5, reasoning=3)),
}


_HEAD = """\
# Translation: what survives between the formats

A client of any of the five formats can use an upstream of any. Where both speak the same format, the request goes up as
it is (only the model's name changes) and the answer comes down as the bytes it came in: nothing is translated, and
fields that OmniRoute has never heard of survive. Everywhere else a request is read into one neutral form and written in
the upstream's words. What the upstream's format has no words for is **dropped**, what it says in another way is
**mapped**; both are noted:

- the response header `X-OmniRoute-Dropped` names what this request lost,
- the request log has every loss with its reason,
- with the request header `X-OmniRoute-Strict: true` nothing is sent that would lose anything; if no target can take the
  request whole, it is **refused** with a 400 that lists the losses.

A vendor's private state (signatures of thoughts, encrypted reasoning) travels through clients of other formats with a
mark of where it comes from, goes back there, and is left out everywhere else. It is never made up.

For a pair of client and upstream, read the row's second column for whether the client can say it at all, then the
upstream's column. The tables are made from the codecs by `./dev docs`; a test holds this page against them.

"""


def page() -> str:
    """Return docs/translation.md."""
    return _HEAD + tables() + "\n"


def request_cell(request: Request, form: Format) -> str:
    """Say what becomes of a request's row at an upstream of this format."""
    losses = CODECS[form].encode_request(request).losses
    if any(loss.action == "dropped" for loss in losses):
        return DROPPED
    return MAPPED if losses else KEPT


def client_can_say(request: Request, form: Format) -> bool:
    """Whether a client of this format has words for the row: writing and reading it again loses nothing."""
    codec = CODECS[form]
    encoded = codec.encode_request(request)
    if encoded.losses:
        return False
    try:
        codec.decode_request({"model": "m", **encoded.body})
    except OmniError:
        return False
    return True


def answer_cell(response: Response, form: Format) -> str:
    """Say what a client of this format gets of an answer's row."""
    codec = CODECS[form]
    seed = Seed(id="0" * 27, created=response.created, model="m")
    told = codec.decode_response(codec.encode_response(response, Request(model="m")), seed)
    if _essence(told) == _essence(response):
        return KEPT
    lost = len(told.choices) < len(response.choices) or _missing(response, told)
    return DROPPED if lost else MAPPED


def _essence(response: Response) -> object:
    """What counts of an answer: parts without ids that every format draws anew, the stop, the usage."""
    return [
        (
            [replace(part, id="", item_id=None) if isinstance(part, ToolCall) else _plain(part) for part in one.parts],
            one.stop,
            one.stop_sequence,
        )
        for one in response.choices
    ], _counted(response.usage)


def _counted(usage: Usage | None) -> Usage | None:
    """A bucket of nothing says as much as none: some formats always spell theirs."""
    if usage is None:
        return None
    buckets = {name: getattr(usage, name) or None for name in ("cache_read", "cache_write", "reasoning")}
    return Usage(input=usage.input, output=usage.output, **buckets)


def _plain(part: Part) -> Part:
    if isinstance(part, Thinking):
        return replace(part, id=None, summary=False)
    if isinstance(part, Text):
        cited = tuple(replace(one, origin="", raw={}) for one in part.citations)
        return replace(part, citations=cited)
    return part


def _missing(before: Response, after: Response) -> bool:
    """Whether a part, a bucket of usage or a signature is gone, rather than spelled otherwise."""
    kinds = {type(part) for one in before.choices for part in one.parts}
    left = {type(part) for one in after.choices for part in one.parts}
    texts = kinds - left - {Refusal}  # a refusal may be told as text
    signed = [part for one in before.choices for part in one.parts if getattr(part, "state", None)]
    still = [part for one in after.choices for part in one.parts if getattr(part, "state", None)]
    cited = [part for one in before.choices for part in one.parts if isinstance(part, Text) and part.citations]
    told = [part for one in after.choices for part in one.parts if isinstance(part, Text) and part.citations]
    return (
        bool(texts)
        or len(still) < len(signed)
        or len(told) < len(cited)
        or _counted(before.usage) != _counted(after.usage)
    )


def tables() -> str:
    """Return the generated part of docs/translation.md."""
    requests = [
        [name, _clients(request), *(request_cell(request, form) for form in Format)]
        for name, request in REQUESTS.items()
    ]
    answers = [[name, *(answer_cell(answer, form) for form in Format)] for name, answer in ANSWERS.items()]
    names = [form.value for form in Format]
    return "\n".join(
        [
            "## Requests: what an upstream of each format gets",
            "",
            *_table(["a request holds", "clients that can say it", *names], requests),
            "",
            "## Answers: what a client of each format gets",
            "",
            *_table(["an answer holds", *names], answers),
            "",
            "## Why something is dropped or mapped",
            "",
            *_reasons(),
        ]
    )


def _clients(request: Request) -> str:
    said = [form.value for form in Format if client_can_say(request, form)]
    return "all" if len(said) == len(Format) else ", ".join(said) or UNSAID


def _reasons() -> Iterable[str]:
    """List each loss once, with the words that the request log has for it."""
    for name, request in REQUESTS.items():
        told: dict[str, list[str]] = {}
        for form in Format:
            for loss in CODECS[form].encode_request(request).losses:
                told.setdefault(f"{loss.action}: {loss.reason}", []).append(form.value)
        if told:
            yield f"- **{name}**: " + "; ".join(f"{', '.join(forms)} {words}" for words, forms in told.items())


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
