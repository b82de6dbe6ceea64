"""A whole message, in and out. Anthropic gives one answer, so of several choices only the first can be told."""

from collections.abc import Iterable, Iterator

from omniroute.formats.anthropic.blocks_in import read_citation
from omniroute.formats.anthropic.carrying import Parts, carrier, thought_signature
from omniroute.formats.anthropic.ends import read_stop, read_tier, write_id, write_stop, write_tier
from omniroute.formats.anthropic.usage import read_usage, write_usage
from omniroute.formats.hub import (
    Choice,
    Format,
    Json,
    Media,
    Opaque,
    Part,
    Refusal,
    Request,
    Response,
    Seed,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from omniroute.formats.state import from_field, to_field
from omniroute.formats.wrapping import OfferedTools, object_of, text_of_object, wrap

NATIVE = Format.ANTHROPIC.value


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def decode_response(raw: Json, seed: Seed) -> Response:
    """Read a message, of Anthropic's or of an imitator's making: what is missing or odd is borne."""
    content = raw.get("content")
    stop_sequence = raw.get("stop_sequence")
    return Response(
        id=str(raw.get("id") or write_id(seed.id)),
        model=seed.model or str(raw.get("model") or ""),
        created=seed.created,
        choices=(
            Choice(
                parts=_read_blocks(content if isinstance(content, list) else (), seed),
                stop=read_stop(raw.get("stop_reason")),
                stop_sequence=stop_sequence if isinstance(stop_sequence, str) else None,
            ),
        ),
        usage=read_usage(raw.get("usage")),
        service_tier=read_tier(raw.get("usage")),
    )


def _read_blocks(blocks: Iterable[object], seed: Seed) -> tuple[Part, ...]:
    read = Parts()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        if block.get("type") == "thinking":
            read.think(str(block.get("thinking") or ""), block.get("signature"))
            continue
        part = read_block(block, f"toolu_{seed.id}_{index}")
        if part is not None:
            read.add(part)
    return tuple(read.parts)


def read_block(block: Json, spare_id: str) -> Part | None:
    """One block that is no thought; `spare_id` is for upstreams that give none. An empty text is nothing."""
    match block.get("type"):
        case "text":
            raw = block.get("citations")
            citations = tuple(read_citation(item) for item in raw or () if isinstance(item, dict))
            text = str(block.get("text") or "")
            return Text(text=text, citations=citations) if text or citations else None
        case "redacted_thinking":
            return Thinking(redacted=True, state=from_field(str(block.get("data") or ""), NATIVE))
        case "tool_use":
            arguments = text_of_object(block.get("input"))
            call_id = str(block.get("id") or spare_id)
            return ToolCall(id=call_id, name=str(block.get("name") or ""), arguments=arguments)
        case kind:
            return Opaque(origin=NATIVE, kind=str(kind), raw=block)


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def encode_response(response: Response, request: Request) -> Json:
    """Write a message, with every key that Anthropic's SDKs read."""
    choice = response.choices[0] if response.choices else Choice()
    tools = OfferedTools(request)
    calls = any(isinstance(part, ToolCall) for part in choice.parts)
    return {
        "id": write_id(response.id),
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": [block for part in choice.parts for block in _write_part(part, tools)],
        "stop_reason": write_stop(choice.stop, calls=calls),
        "stop_sequence": choice.stop_sequence,
        "usage": write_usage(response.usage) | write_tier(response.service_tier),
    }


def _write_part(part: Part, tools: OfferedTools) -> Iterator[Json]:
    """A part's block, behind the carrier of its signature where it needs one."""
    match part:
        case Text():
            block = start_text(part) | {"text": part.text}
            yield from [block] if block["text"] or block["citations"] or part.state else []
            yield from carrier(part.state, behind=True)
        case Refusal():
            yield from [{"type": "text", "text": part.text}] if part.text else []
        case Thinking():
            yield from _write_thought(part)
        case ToolCall():
            yield from carrier(part.state, behind=False)
            yield start_call(part, tools) | {"input": call_input(part)}
        case Media() | Opaque():
            shown = write_shown(part)
            yield from [] if shown is None else [shown]
        case ToolResult():
            pass  # no model answers with one


def _write_thought(part: Thinking) -> Iterator[Json]:
    if part.redacted:
        block = redacted(part)
        yield from [] if block is None else [block]
    elif part.text or part.state:
        yield {"type": "thinking", "thinking": part.text, "signature": thought_signature(part.state)}


def start_text(part: Text) -> Json:
    """An empty text block with the citations that Anthropic itself made."""
    citations = [citation.raw for citation in part.citations if citation.origin == NATIVE]
    return {"type": "text", "text": "", "citations": citations or None}


def redacted(part: Thinking) -> Json | None:
    """A thought that only its vendor can read."""
    if part.state is None:
        return None
    return {"type": "redacted_thinking", "data": to_field(part.state, NATIVE)}


def start_call(part: ToolCall, tools: OfferedTools) -> Json:
    """A call without its input, under the name that the client knows."""
    return {"type": "tool_use", "id": part.id, "name": tools.name(part), "input": {}}


def call_input(part: ToolCall) -> Json:
    """A call's input, which must be an object."""
    return wrap(part.arguments) if part.custom else object_of(part.arguments)[0]


def write_shown(part: Media | Opaque) -> Json | None:
    """A block of Anthropic's own, or an image as a text that shows it where the client reads Markdown."""
    if isinstance(part, Opaque):
        return part.raw if part.origin == NATIVE else None
    return {"type": "text", "text": f"![{part.name or part.kind}]({part.url})"} if part.url else None
