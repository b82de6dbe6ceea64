"""What a request says, taken apart into facts with their hub paths: what must arrive, or be reported as lost."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from omniroute.formats.answer_words import BUCKETS
from omniroute.formats.hub import (
    CacheMark,
    Citation,
    FunctionTool,
    Loss,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Response,
    ServerTool,
    State,
    Stop,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from omniroute.kit.json import BadJson, dumps, loads


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a request says, and where. `value` is compared, the path is not."""

    path: str
    kind: str
    value: str


def facts(request: Request) -> list[Fact]:
    """Everything that a request says, but for the model's name and the stream flag, which URLs may hold."""
    return [*_settings(request), *_tools(request), *_messages(request)]


def answer_facts(response: Response) -> list[Fact]:
    """Everything that an answer says, but for ids, times and the model's name."""
    return list(_answer(response))


def missing(before: Request, after: Request) -> list[Fact]:
    """The facts of one request that the other does not say. Texts may have been joined with others."""
    return gone(facts(before), facts(after))


def gone(before: list[Fact], after: list[Fact]) -> list[Fact]:
    """The facts that are not among the others. Texts may have been joined with others."""
    told = {(fact.kind, fact.value) for fact in after}
    texts = "\n".join(fact.value for fact in after if fact.kind in {"text", "thought"})
    return [
        fact
        for fact in before
        if (fact.kind, fact.value) not in told and not (fact.kind in {"text", "thought"} and fact.value in texts)
    ]


def is_reported(fact: Fact, losses: tuple[Loss, ...]) -> bool:
    """Whether a loss names the fact's place, or one that holds it."""
    places = [fact.path]
    # A choice may be told by offering fewer tools, and without tools there is no choice.
    if fact.path.startswith("tools["):
        places += ["tool_choice", "tool_choice.names"]
    elif fact.path.startswith(("tool_choice", "parallel_tool_calls")):
        places += [loss.path for loss in losses if loss.path.startswith("tools[")]
    return any(_holds(loss.path, place) for loss in losses for place in places)


def story(request: Request) -> list[tuple[str, str, str]]:
    """The conversation as (role, kind, value), texts of one role joined, calls numbered in place of their ids."""
    told: list[tuple[str, str, str]] = []
    numbers: dict[str, int] = {}
    for message in request.messages:
        role = {"developer": "system", "tool": "user"}.get(message.role, str(message.role))
        for part in message.parts:
            for kind, value in _tellings(part, numbers):
                if told and kind == "text" and told[-1][:2] == (role, "text"):
                    told[-1] = (role, "text", told[-1][2] + value)
                else:
                    told.append((role, kind, value))
    return [(role, kind, value.replace("\n", "")) for role, kind, value in told]


def canonical(arguments: str) -> str:
    """Arguments as JSON in one spelling."""
    try:
        return dumps(loads(arguments or "{}")).decode()
    except BadJson:
        return arguments


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _tellings(part: Part, numbers: dict[str, int]) -> Iterator[tuple[str, str]]:
    match part:
        case ToolCall():
            number = numbers.setdefault(part.id, len(numbers))
            yield "call", f"{number} {part.name} {canonical(part.arguments)}"
        case ToolResult():
            yield "result", str(numbers.setdefault(part.call_id, len(numbers)))
            for inner in part.parts:
                yield from ((f"result {kind}", value) for kind, value in _tellings(inner, numbers))
        case _:
            yield from ((fact.kind, fact.value) for fact in _part("", part))


def _answer(response: Response) -> Iterator[Fact]:
    for number, choice in enumerate(response.choices):
        path = f"answer.choices[{number}]"
        yield Fact(path, "choice", str(number))
        for index, part in enumerate(choice.parts):
            where = f"{path}.parts[{index}]"
            yield from _part(where, part)
            if isinstance(part, Text):
                yield from (Fact(f"{where}.citations", "citation", _source(one)) for one in part.citations)
            if isinstance(part, Refusal):
                yield Fact(where, "refusal", "said")
        for token in choice.logprobs or ():
            yield Fact(f"{path}.logprobs", "logprob", f"{token['token']} {token['logprob'] + 0.0}")
        if choice.stop not in (Stop.END, Stop.TOOL_CALLS):  # whether there are calls says which
            yield Fact(f"{path}.stop", f"stop {number}", str(choice.stop))
    for bucket in BUCKETS:
        if count := getattr(response.usage, bucket, None):
            yield Fact(f"answer.usage.{bucket}", bucket, str(count))
    if response.service_tier not in (None, "default"):
        yield Fact("answer.service_tier", "tier", response.service_tier)


def _source(citation: Citation) -> str:
    return citation.url or _plain(citation.raw)


def _settings(request: Request) -> Iterator[Fact]:
    sampling = request.sampling
    for field in fields(sampling):
        value = getattr(sampling, field.name)
        if value not in (None, ()) and (field.name, value) != ("n", 1):
            yield Fact(f"sampling.{field.name}", field.name, repr(value))
    for name in ("verbosity", "user", "metadata", "cache_key", "previous_response_id", "service_tier", "store"):
        value = getattr(request, name)
        if value not in (None, False):
            yield Fact(name, name, repr(value))
    if request.tools and request.parallel_tool_calls is False:
        yield Fact("parallel_tool_calls", "parallel", "no")
    if request.reasoning is not None:
        yield from _reasoning(request.reasoning)
    if request.output is not None:
        yield Fact("output", "output", f"{request.output.kind} {_plain(_telling(request.output.schema))}")
        if request.output.name is not None:
            yield Fact("output.name", "output name", request.output.name)
    for key, value in request.extras.items():
        yield Fact(f"extras.{key}", "extra", f"{key} {_plain(value)}")


def _reasoning(reasoning: Reasoning) -> Iterator[Fact]:
    if reasoning.enabled is False:
        yield Fact("reasoning.enabled", "thinking", "off")
    for name in ("effort", "budget", "summary"):
        value = getattr(reasoning, name)
        if value is not None:
            yield Fact(f"reasoning.{name}", name, str(value))


def _tools(request: Request) -> Iterator[Fact]:
    for index, tool in enumerate(request.tools):
        yield from _tool(f"tools[{index}]", tool)
    choice = request.tool_choice
    if not request.tools or choice is None:
        return
    if choice.mode != "auto":
        yield Fact("tool_choice", "choice", choice.mode)
    if choice.mode != "none" and choice.names:
        yield Fact("tool_choice.names", "choice of names", str(sorted(choice.names)))


def _tool(path: str, tool: Tool) -> Iterator[Fact]:
    if isinstance(tool, ServerTool):
        yield Fact(path, "server tool", _plain(tool.raw))
        return
    yield Fact(path, "tool", f"{type(tool).__name__} {tool.name}")
    if tool.description is not None:
        yield Fact(f"{path}.description", "description", f"{tool.name} {tool.description}")
    if isinstance(tool, FunctionTool):
        schema = _telling(tool.schema)
        if schema != {"type": "object"}:
            yield Fact(f"{path}.schema", "schema", f"{tool.name} {_plain(schema)}")
        if tool.strict:
            yield Fact(f"{path}.strict", "strict", tool.name)
        yield from _cache(f"{path}.cache", tool.cache, tool.name)


def _messages(request: Request) -> Iterator[Fact]:
    for index, message in enumerate(request.messages):
        if message.name is not None:
            yield Fact(f"messages[{index}].name", "name", message.name)
        for place, part in enumerate(message.parts):
            yield from _part(f"messages[{index}].parts[{place}]", part)


def _part(path: str, part: Part) -> Iterator[Fact]:
    match part:
        case Text() | Refusal() | Thinking():
            yield from _prose(path, part)
        case Media():
            yield from _media(path, part)
        case ToolCall():
            yield Fact(path, "call", f"{part.name} {canonical(part.arguments)}")
            yield from _cache(f"{path}.cache", part.cache, part.name)
            yield from _state(f"{path}.state", part.state)
        case ToolResult():
            if part.is_error:
                yield Fact(f"{path}.is_error", "error", "yes")
            for index, inner in enumerate(part.parts):
                yield from _part(f"{path}.parts[{index}]", inner)
            yield from _cache(f"{path}.cache", part.cache, "result")
        case Opaque():
            yield Fact(path, "opaque", _plain(part.raw))


def _prose(path: str, part: Text | Refusal | Thinking) -> Iterator[Fact]:
    if not isinstance(part, Thinking) or not part.redacted:
        yield Fact(path, "thought" if isinstance(part, Thinking) else "text", part.text)
    if isinstance(part, Text):
        yield from _cache(f"{path}.cache", part.cache, part.text)
    if not isinstance(part, Refusal):
        yield from _state(f"{path}.state", part.state)


def _media(path: str, media: Media) -> Iterator[Fact]:
    yield Fact(path, media.kind, media.data or media.url or f"{media.file_id}")
    if media.detail not in (None, "auto"):
        yield Fact(f"{path}.detail", "detail", media.detail)
    if media.name is not None:
        yield Fact(f"{path}.name", "file name", media.name)
    yield from _cache(f"{path}.cache", media.cache, media.kind)


def _cache(path: str, cache: CacheMark | None, what: str) -> Iterator[Fact]:
    if cache is not None:
        yield Fact(path, "cache", f"{what} {cache.ttl}")


def _state(path: str, state: State | None) -> Iterator[Fact]:
    if state is not None:
        yield Fact(path, "state", f"{state.origin} {state.value}")


def _telling(schema: object) -> object:
    """A schema without the empty lists and objects that say nothing; no schema is that of any object."""
    if not isinstance(schema, dict):
        return schema if schema is not None else {"type": "object"}
    kept = {key: _telling(value) for key, value in schema.items()}
    return {key: value for key, value in sorted(kept.items()) if value not in ([], {})}


def _plain(value: object) -> str:
    return dumps(value).decode()
