"""Reasoning in chat messages: fields that OpenAI itself does not have and its imitators agree on by now.

`reasoning_content` (DeepSeek, vLLM, Qwen) or `reasoning` (OpenRouter, Groq) is the text. `reasoning_details`
(OpenRouter) holds entries with signatures and encrypted blocks, which the client hands back with the next turn.
Thoughts without any signature are one thought here; leading line breaks say nothing.
"""

from collections.abc import Iterable
from dataclasses import replace

from omniroute.formats.hub import Format, Json, State, Thinking
from omniroute.formats.state import from_field, to_field

NATIVE = Format.OPENAI_CHAT.value
BETWEEN = "\n\n"

# In a stream: an entry that tells once more what its thought's deltas told, now that it is complete.
WHOLE = "whole"


def read_reasoning(text: object, details: object) -> list[Thinking]:
    """The thoughts of one message: the entries, or the text where they hold none."""
    found = [thought for detail in _entries(details) if (thought := read_detail(detail)) is not None]
    thoughts = [replace(thought, text=trim(thought.text)) for thought in found]
    shown = trim(text) if isinstance(text, str) else ""
    if not shown or any(thought.text for thought in thoughts):
        return thoughts
    signed = [thought for thought in thoughts if not thought.redacted]
    if len(signed) == 1:
        # A client that joined the pieces of a stream may keep text and signature apart.
        return [replace(thought, text=shown) if thought is signed[0] else thought for thought in thoughts]
    return [Thinking(text=shown), *thoughts]


def read_detail(detail: object) -> Thinking | None:
    """One entry of reasoning_details; None when it says nothing."""
    if not isinstance(detail, dict):
        return None
    if detail.get("type") == "reasoning.encrypted":
        data = detail.get("data")
        return Thinking(redacted=True, state=from_field(data, NATIVE)) if isinstance(data, str) and data else None
    text = detail.get("text") or detail.get("summary")
    signature = detail.get("signature")
    state = from_field(signature, NATIVE) if isinstance(signature, str) and signature else None
    shown = text if isinstance(text, str) else ""
    return Thinking(text=shown, state=state) if shown or state else None


def write_reasoning(given: Iterable[Thinking]) -> Json:
    """The message fields for these thoughts; entries only where there is something to hand back."""
    trimmed = [replace(thought, text=trim(thought.text)) for thought in given]
    thoughts = [thought for thought in trimmed if thought.text or thought.state]
    fields: Json = {}
    text = BETWEEN.join(thought.text for thought in thoughts if thought.text)
    if text:
        fields["reasoning_content"] = text
    if any(thought.state for thought in thoughts):
        fields["reasoning_details"] = [write_detail(thought, index) for index, thought in enumerate(thoughts)]
    return fields


def write_detail(thought: Thinking, index: int) -> Json:
    """One entry of reasoning_details."""
    if thought.redacted:
        data = to_field(thought.state, NATIVE) if thought.state else ""
        return {"type": "reasoning.encrypted", "data": data, "index": index}
    entry: Json = {"type": "reasoning.text", "text": thought.text, "index": index}
    if thought.state:
        entry["signature"] = to_field(thought.state, NATIVE)
    return entry


def read_signature(extra: object) -> State | None:
    """The signature in `extra_content`, where Google's OpenAI endpoint puts it, beside a call or a message.

    One without a mark is that endpoint's own and goes back to upstreams of this format alone.
    """
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return from_field(signature, NATIVE) if isinstance(signature, str) and signature else None


def write_signature(state: State) -> Json:
    """`extra_content` with a signature in it, marked when no upstream of this format made it."""
    return {"google": {"thought_signature": to_field(state, NATIVE)}}


def trim(text: str) -> str:
    """A thought's text without leading line breaks."""
    return text.lstrip("\r\n")


def _entries(details: object) -> list[object]:
    return details if isinstance(details, list) else []
