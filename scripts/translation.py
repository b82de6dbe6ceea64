"""What each format keeps of what another says, found out by asking the codecs: the tables of docs/translation.md.

A row is something a request or an answer can hold. A request's cell says what the encoder of that upstream format
reported for it, an answer's cell what is reported on its way to a client of that format.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from omniroute.formats.answer_words import AnswerLosses
from omniroute.formats.hub import (
    CacheMark,
    Choice,
    Citation,
    CustomTool,
    Format,
    FunctionTool,
    Loss,
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
    "citation without a URL": _answer(Text(text="Hi", citations=(replace(_CITED, url=None),))),
    "image": _answer(Text(text="Here"), _IMAGE),
    "image, by URL": _answer(Text(text="Here"), Media(kind="image", url="https://example.com/a.png")),
    "the vendor's own block (web search …)": _answer(
        Text(text="Here"), Opaque(origin="elsewhere", kind="web_search_call", raw={"type": "web_search_call"})
    ),
    "log probabilities": _answer(Text(text="Hi"), logprobs=[{"token": "Hi", "logprob": -0.1, "top_logprobs": []}]),
    "several answers": replace(_HI, choices=_HI.choices * 2),
    "stop: length": _answer(Text(text="Hi"), stop=Stop.LENGTH),
    "stop: stop sequence": _answer(Text(text="Hi"), stop=Stop.STOP_SEQUENCE, stop_sequence="END"),
    "stop: content filter": _answer(Text(text="Hi"), stop=Stop.CONTENT_FILTER),
    "usage: cache read": replace(_HI, usage=Usage(input=10, output=5, cache_read=4)),
    "usage: cache write": replace(_HI, usage=Usage(input=10, output=5, cache_write=4)),
    "usage: reasoning": replace(_HI, usage=Usage(input=10, output=5, reasoning=3)),
    "usage: audio": replace(_HI, usage=Usage(input=10, output=5, audio_output=3)),
    "service tier: priority": replace(_HI, service_tier="priority"),
}


_HEAD = """\
# Translation: what survives between the formats

A client of any of the five formats can use an upstream of any. Where both speak the same format, the request goes up as
it is (only the model's name changes) and the answer comes down as the bytes it came in: nothing is translated, and
fields that OmniRoute has never heard of survive. Everywhere else a request is read into one neutral form and written in
the upstream's words. What the upstream's format has no words for is **dropped**, what it says in another way is
**mapped**; both are noted:

- the response header `X-OmniRoute-Dropped` names what was dropped: of the request, and of the answer too where that
  came whole (its paths begin with `answer`; the head of a stream goes out before its losses are known),
- the request log has every loss of both with its reason, dropped or mapped,
- with the request header `X-OmniRoute-Strict: true` nothing is sent of which something would be dropped; if no target
  can take the request whole, it is **refused** with a 400 that lists the losses. What is only mapped is sent and noted.
  An answer is never refused: it is there, and paid for.

A vendor's private state (signatures of thoughts, encrypted reasoning) travels through clients of other formats with a
mark of where it comes from, goes back there, and is left out everywhere else. It is never made up.

To see it for a request of your own, open *Playground, Translate* in the dashboard, or ask; nothing is sent:

```sh
curl -s http://127.0.0.1:20128/api/translate \\
  -H "Authorization: Bearer $ADMIN_KEY" -H 'Content-Type: application/json' \\
  -d '{"source": "openai-chat", "target": "anthropic",
       "body": {"model": "coding", "seed": 7, "messages": [{"role": "user", "content": "Hello"}]}}'
```

For a pair of client and upstream, read the row's second column for whether the client can say it at all, then the
upstream's column. The tables are made from the codecs by `./dev docs`; a test holds this page against them.

"""


def page() -> str:
    """Return docs/translation.md."""
    return _HEAD + tables() + "\n"


def request_cell(request: Request, form: Format) -> str:
    """Say what becomes of a request's row at an upstream of this format."""
    return _cell(CODECS[form].encode_request(request).losses)


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


def answer_losses(response: Response, form: Format) -> tuple[Loss, ...]:
    """Return what an answer's row loses on its way to a client of this format."""
    return AnswerLosses(CODECS[form].words).whole(response)


def answer_cell(response: Response, form: Format) -> str:
    """Say what a client of this format gets of an answer's row."""
    return _cell(answer_losses(response, form))


def _cell(losses: Iterable[Loss]) -> str:
    actions = {loss.action for loss in losses}
    return DROPPED if DROPPED in actions else MAPPED if actions else KEPT


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
        yield from _reason(name, {form: CODECS[form].encode_request(request).losses for form in Format})
    for name, answer in ANSWERS.items():
        yield from _reason(f"answer: {name}", {form: answer_losses(answer, form) for form in Format})


def _reason(name: str, losses: Mapping[Format, Iterable[Loss]]) -> Iterable[str]:
    told: dict[str, list[str]] = {}
    for form, lost in losses.items():
        for loss in lost:
            forms = told.setdefault(f"{loss.action}: {loss.reason}", [])
            if form.value not in forms:
                forms.append(form.value)
    if told:
        yield f"- **{name}**: " + "; ".join(f"{', '.join(forms)} {words}" for words, forms in told.items())


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
