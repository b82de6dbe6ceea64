"""Items that the model made, as answers hold them and clients send them back: messages, reasoning, tool calls.

A reasoning item is one Thinking per kind of text it has (its own words, a summary); without any text it is `redacted`,
save that one empty summary says: the text is empty. Items of the vendor's own tools stay Opaque.
"""

from collections.abc import Callable

from omniroute.formats.hub import Json, Media, Opaque, Part, Thinking, ToolCall
from omniroute.formats.openai_responses.content import ORIGIN, read_content
from omniroute.formats.reading import Fields
from omniroute.formats.state import from_field

PARAGRAPH = "\n\n"
# What an item's own id and status say is said elsewhere, or holds on the server that made it only.
_NOT_KEPT = ("status",)


def read_item(raw: Fields, kind: str) -> tuple[Part, ...]:
    """Read one item of the assistant's."""
    reader = _READERS.get(kind)
    return (read_opaque(raw, kind),) if reader is None else reader(raw)


def read_opaque(raw: Fields, kind: str) -> Opaque:
    """Keep an item as it is."""
    return Opaque(origin=ORIGIN, kind=kind, raw=raw.all())


def _read_message(raw: Fields) -> tuple[Part, ...]:
    parts = read_content(raw, "content")
    raw.skip("id", "role", "type", *_NOT_KEPT)
    raw.close()
    return parts


def _read_function_call(raw: Fields) -> tuple[Part, ...]:
    return (_read_call(raw, "arguments", custom=False),)


def _read_custom_call(raw: Fields) -> tuple[Part, ...]:
    return (_read_call(raw, "input", custom=True),)


def _read_call(raw: Fields, key: str, *, custom: bool) -> ToolCall:
    raw.skip("type", *_NOT_KEPT)
    call = ToolCall(
        id=raw.need("call_id"),
        name=raw.need("name"),
        arguments=raw.need(key),
        custom=custom,
        namespace=raw.text("namespace"),
        item_id=raw.text("id"),
    )
    raw.close()
    return call


def _read_reasoning(raw: Fields) -> tuple[Part, ...]:
    summary, words = _texts(raw, "summary"), _texts(raw, "content")
    sealed, name = raw.text("encrypted_content"), raw.text("id")
    state = from_field(sealed, ORIGIN) if sealed else None
    if not (summary or words or state):
        # Nothing but an id: it points at what that server keeps.
        return (read_opaque(raw, "reasoning"),)
    raw.skip("type", *_NOT_KEPT)
    raw.close()
    return reasoning(summary, words, Thinking(state=state, id=name))


def _texts(raw: Fields, key: str) -> list[str]:
    """Read the texts of a reasoning item's summary or content."""
    return [part.need("text") for part in raw.children(key)]


def reasoning(summary: list[str], words: list[str], bare: Thinking) -> tuple[Thinking, ...]:
    """Make the parts of one reasoning item; `bare` has its id and its state, which the last part gets."""
    texts = [("".join(words), False)] * bool(words) + [(PARAGRAPH.join(summary), True)] * bool(summary)
    if not texts:
        return (Thinking(state=bare.state, id=bare.id, redacted=True, summary=False),)
    last = len(texts) - 1
    return tuple(
        Thinking(text=text, summary=short, id=bare.id, state=bare.state if n == last else None)
        for n, (text, short) in enumerate(texts)
    )


def image_of(item: Json) -> Media | None:
    """Return the picture of an image_generation_call in an answer, None while it has none."""
    result = item.get("result")
    if item.get("type") != "image_generation_call" or not isinstance(result, str) or not result:
        return None
    return Media(kind="image", media_type=f"image/{item.get('output_format') or 'png'}", data=result)


_READERS: dict[str, Callable[[Fields], tuple[Part, ...]]] = {
    "message": _read_message,
    "function_call": _read_function_call,
    "custom_tool_call": _read_custom_call,
    "reasoning": _read_reasoning,
}
