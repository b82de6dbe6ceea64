"""A whole chat completion, in and out. Its normal form: thoughts, text, refusal, media, calls, in this order."""

from collections.abc import Sequence
from dataclasses import replace

from omniroute.formats.hub import (
    Choice,
    Citation,
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
)
from omniroute.formats.media import read_data_url
from omniroute.formats.openai_chat.ends import read_stop, write_id, write_stop, write_tier
from omniroute.formats.openai_chat.parts import image_url
from omniroute.formats.openai_chat.reasoning import read_reasoning, read_signature, write_reasoning, write_signature
from omniroute.formats.openai_chat.think import ThinkSplitter
from omniroute.formats.openai_chat.usage import read_usage, write_usage
from omniroute.formats.wrapping import OfferedTools, text_of_object, unwrap

NATIVE = Format.OPENAI_CHAT.value


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def decode_response(raw: Json, seed: Seed) -> Response:
    """Read a chat completion, of OpenAI's or of an imitator's making: what is missing or odd is borne."""
    choices = raw.get("choices")
    given = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    return Response(
        id=str(raw.get("id") or write_id(seed.id)),
        model=seed.model or str(raw.get("model") or ""),
        created=created if isinstance(created := raw.get("created"), int) else seed.created,
        choices=tuple(_read_choice(choice, seed, number) for number, choice in enumerate(given)),
        usage=read_usage(raw.get("usage")),
        service_tier=tier if isinstance(tier := raw.get("service_tier"), str) else None,
    )


def _read_choice(choice: Json, seed: Seed, number: int) -> Choice:
    message = choice.get("message")
    parts = _read_parts(message if isinstance(message, dict) else {}, f"call_{seed.id}_{number}")
    calls = any(isinstance(part, ToolCall) for part in parts)
    logprobs = choice.get("logprobs")
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    return Choice(
        parts=tuple(parts),
        stop=read_stop(choice.get("finish_reason"), calls=calls),
        logprobs=tokens if isinstance(tokens, list) and tokens else None,
    )


def _read_parts(message: Json, call_id: str) -> list[Part]:
    written = message.get("reasoning_content") or message.get("reasoning")
    thoughts, text = split_content(message.get("content"))
    parts: list[Part] = [*read_reasoning(written, message.get("reasoning_details")), *thoughts]
    parts += _read_text(text, message, split=not parts)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Refusal(text=refusal))
    if isinstance(message.get("audio"), dict):
        parts.append(Opaque(origin=NATIVE, kind="audio", raw=message["audio"]))
    parts += read_images(message.get("images"))
    calls = message.get("tool_calls")
    parts += [
        read_call(call, f"{call_id}_{index}")
        for index, call in enumerate(calls if isinstance(calls, list) else ())
        if isinstance(call, dict)
    ]
    old = message.get("function_call")
    if isinstance(old, dict):
        parts.append(read_call({"function": old}, f"{call_id}_0"))
    return parts


def split_content(content: object) -> tuple[list[Thinking], str]:
    """Content as thoughts and text; Mistral's reasoning models answer with a list of both."""
    if isinstance(content, str):
        return [], content
    thoughts: list[Thinking] = []
    text: list[str] = []
    for item in content if isinstance(content, list) else ():
        if not isinstance(item, dict):
            continue
        if item.get("type") == "thinking":
            thoughts.append(Thinking(text=_plain(item.get("thinking"))))
        else:
            text.append(_plain(item.get("text")))
    return [thought for thought in thoughts if thought.text], "".join(text)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "".join(_plain(item.get("text")) for item in value if isinstance(item, dict))
    return value if isinstance(value, str) else ""


def _read_text(text: str, message: Json, *, split: bool) -> list[Part]:
    state = read_signature(message.get("extra_content"))
    citations = read_citations(message.get("annotations"))
    pieces = [(False, text)] if text else []
    if split:
        splitter = ThinkSplitter()
        pieces = [*splitter.feed(text), *splitter.end()]
    thought = "".join(piece for thinking, piece in pieces if thinking)
    said = "".join(piece for thinking, piece in pieces if not thinking)
    parts: list[Part] = [Thinking(text=thought)] if thought else []
    if said or citations or state:
        parts.append(Text(text=said, citations=citations, state=state))
    return parts


def read_citations(annotations: object) -> tuple[Citation, ...]:
    """URL citations; their positions are in characters of the content."""
    found = []
    for raw in annotations if isinstance(annotations, list) else ():
        if not isinstance(raw, dict):
            continue
        inner = raw.get("url_citation")
        cited = inner if isinstance(inner, dict) else {}
        found.append(
            Citation(
                origin=NATIVE,
                raw=raw,
                url=cited.get("url"),
                title=cited.get("title"),
                start=cited.get("start_index"),
                end=cited.get("end_index"),
            )
        )
    return tuple(found)


def read_images(images: object) -> list[Media]:
    """Images that the model made, as OpenRouter and LiteLLM give them."""
    found = []
    for raw in images if isinstance(images, list) else ():
        inner = raw.get("image_url") if isinstance(raw, dict) else None
        url = inner.get("url") if isinstance(inner, dict) else inner
        if not isinstance(url, str):
            continue
        inline = read_data_url(url)
        found.append(
            Media(kind="image", url=url)
            if inline is None
            else Media(kind="image", media_type=inline[0], data=inline[1])
        )
    return found


def read_call(raw: Json, spare_id: str) -> ToolCall:
    """One call; `spare_id` is for upstreams that give none."""
    custom = raw.get("custom")
    given = custom if isinstance(custom, dict) else raw.get("function")
    inner: Json = given if isinstance(given, dict) else {}
    arguments = inner.get("input") if isinstance(custom, dict) else inner.get("arguments")
    return ToolCall(
        id=str(raw.get("id") or spare_id),
        name=str(inner.get("name") or ""),
        arguments=text_of_object(arguments or ""),
        custom=isinstance(custom, dict),
        state=read_signature(raw.get("extra_content")),
    )


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def encode_response(response: Response, request: Request) -> Json:
    """Write a chat completion, with every key that OpenAI's SDKs read."""
    tools = OfferedTools(request)
    raw: Json = {
        "id": write_id(response.id),
        "object": "chat.completion",
        "created": response.created,
        "model": response.model,
        "choices": [_write_choice(choice, index, tools) for index, choice in enumerate(response.choices)],
        "usage": write_usage(response.usage),
        "system_fingerprint": None,
    }
    tier = write_tier(response.service_tier)
    return raw if tier is None else {**raw, "service_tier": tier}


def _write_choice(choice: Choice, index: int, tools: OfferedTools) -> Json:
    calls = any(isinstance(part, ToolCall) for part in choice.parts)
    return {
        "index": index,
        "message": _write_message(choice.parts, tools),
        "logprobs": {"content": choice.logprobs, "refusal": None} if choice.logprobs else None,
        "finish_reason": write_stop(choice.stop, calls=calls),
    }


def _write_message(parts: Sequence[Part], tools: OfferedTools) -> Json:
    texts = [part for part in parts if isinstance(part, Text)]
    content = "".join(part.text for part in texts)
    refusal = "".join(part.text for part in parts if isinstance(part, Refusal))
    message: Json = {"role": "assistant", "content": content or None, "refusal": refusal or None}
    message |= write_reasoning(part for part in parts if isinstance(part, Thinking))
    annotations = _write_annotations(texts)
    if annotations:
        message["annotations"] = annotations
    state = next((part.state for part in reversed(texts) if part.state is not None), None)
    if state is not None:
        message["extra_content"] = write_signature(state)
    message |= _write_media(parts)
    calls = [write_call(part, tools) for part in parts if isinstance(part, ToolCall)]
    return {**message, "tool_calls": calls} if calls else message


def _write_annotations(texts: Sequence[Text]) -> list[Json]:
    found: list[Json] = []
    start = 0
    for part in texts:
        end = start + len(part.text)
        found += write_citations(part.citations, start, end)
        start = end
    return found


def write_citations(citations: Sequence[Citation], start: int, end: int) -> list[Json]:
    """Annotations for the text from `start` to `end`; a citation without a URL has no form here."""
    found: list[Json] = []
    for citation in citations:
        if citation.origin == NATIVE:
            found.append(citation.raw)
        elif citation.url is not None:
            spot = {"start_index": start, "end_index": end}
            cited = {"url": citation.url, "title": citation.title or citation.url, **spot}
            found.append({"type": "url_citation", "url_citation": cited})
    return found


def _write_media(parts: Sequence[Part]) -> Json:
    fields: Json = {}
    for part in parts:
        if isinstance(part, Opaque) and part.origin == NATIVE and part.kind == "audio":
            fields["audio"] = part.raw
        elif isinstance(part, Media):
            image = write_image(part)
            if image is not None:
                fields.setdefault("images", []).append(image)
    return fields


def write_image(media: Media) -> Json | None:
    """An image that the model made."""
    url = image_url(media) if media.kind == "image" else None
    return None if url is None else {"type": "image_url", "image_url": {"url": url}}


def write_call(call: ToolCall, tools: OfferedTools) -> Json:
    """One call, in the shape of the tool that the client offered."""
    if tools.is_wrapped(call):
        call = replace(call, custom=True, arguments=unwrap(call.arguments))
    said = {"name": tools.name(call), ("input" if call.custom else "arguments"): call.arguments}
    kind = "custom" if call.custom else "function"
    raw: Json = {"id": call.id, "type": kind, kind: said}
    if call.state is not None:
        raw["extra_content"] = write_signature(call.state)
    return raw
