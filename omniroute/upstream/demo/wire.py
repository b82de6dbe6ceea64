"""Spells an answer in the OpenAI chat format: as one body, or as the chunks of a stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from omniroute.formats.framing import sse
from omniroute.kit import json
from omniroute.upstream.demo.answers import Answer, Piece
from omniroute.upstream.demo.ask import Ask, Offer

Json = dict[str, Any]

DONE = sse(b"[DONE]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What an answer is signed with: an id (hex, no prefix), a time in Unix seconds, and who says it."""

    id: str
    created: int
    fingerprint: str


def whole(answer: Answer, ask: Ask, stamp: Stamp) -> bytes:
    """Spell all choices as one `chat.completion`."""
    choices = [
        {
            "index": index,
            "message": _message(answer, stamp, index),
            "logprobs": None,
            "finish_reason": answer.finish,
        }
        for index in range(ask.count)
    ]
    return json.dumps(_head(ask, stamp, "chat.completion") | {"choices": choices, "usage": usage(answer, ask)})


def chunks(answer: Answer, ask: Ask, stamp: Stamp) -> Iterator[bytes]:
    """Spell all choices as the events of a stream, without the end mark: the choices take turns, token by token."""
    head = _head(ask, stamp, "chat.completion.chunk")
    extra: Json = {"usage": None} if ask.include_usage else {}

    def chunk(index: int, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse(json.dumps(head | {"choices": [choice]} | extra))

    for index in range(ask.count):
        yield chunk(index, {"role": "assistant", "content": "" if answer.text else None, "refusal": None})
    begun = 0
    for piece in answer.pieces:
        opens = piece.kind == "call" and piece.call >= begun
        begun += opens
        for index in range(ask.count):
            if opens:
                yield chunk(index, {"tool_calls": [_opening(answer.calls[piece.call], piece.call, stamp, index)]})
            yield chunk(index, _delta(piece, answer.calls))
    for index in range(ask.count):
        yield chunk(index, {}, answer.finish)
    if ask.include_usage:
        yield sse(json.dumps(head | {"choices": [], "usage": usage(answer, ask)}))


def usage(answer: Answer, ask: Ask) -> Json:
    """Count: every choice costs its tokens, the prompt only once."""
    written = answer.tokens * ask.count
    return {
        "prompt_tokens": ask.prompt_tokens,
        "completion_tokens": written,
        "total_tokens": ask.prompt_tokens + written,
        "prompt_tokens_details": {"cached_tokens": ask.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": answer.thinking_tokens * ask.count,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def error(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> bytes:
    """Spell an error as OpenAI does: all four keys, always."""
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def _head(ask: Ask, stamp: Stamp, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{stamp.id}",
        "object": kind,
        "created": stamp.created,
        "model": ask.model,
        "service_tier": "default",
        "system_fingerprint": stamp.fingerprint,
    }


def _message(answer: Answer, stamp: Stamp, choice: int) -> Json:
    message: Json = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
    if answer.thinking:
        message["reasoning_content"] = answer.thinking
    if answer.calls:
        calls = []
        for index, offer in enumerate(answer.calls):
            call = _opening(offer, index, stamp, choice)
            del call["index"]
            call[call["type"]][_written(offer)] = answer.arguments(index)
            calls.append(call)
        message["tool_calls"] = calls
    return message


def _opening(offer: Offer, index: int, stamp: Stamp, choice: int) -> Json:
    """The first chunk of a call: its id and name, no arguments yet."""
    kind = "custom" if offer.custom else "function"
    call_id = f"call_{stamp.id}_{choice}_{index}"
    return {"index": index, "id": call_id, "type": kind, kind: {"name": offer.name, _written(offer): ""}}


def _delta(piece: Piece, calls: tuple[Offer, ...]) -> Json:
    if piece.kind == "thinking":
        return {"reasoning_content": piece.text}
    if piece.kind == "text":
        return {"content": piece.text}
    offer = calls[piece.call]
    return {
        "tool_calls": [{"index": piece.call, "custom" if offer.custom else "function": {_written(offer): piece.text}}]
    }


def _written(offer: Offer) -> str:
    return "input" if offer.custom else "arguments"
