"""Same format in and out: nothing that the gateway does not know is lost or changed, in requests and answers."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from omniroute.formats.framing import sse
from omniroute.formats.hub import Format
from tests.fakes.reply import Reply
from tests.pairs.bench import Bench, prefix
from tests.pairs.talk import Json

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEW: Json = {"z_new": {"b": 1, "a": [1.0, 1e-7, None, "ü", "\u2028"]}, "a_new": True}
EVERY = pytest.mark.parametrize("form", Format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request with fields and blocks of the future, an answer with such, and a stream with such."""

    path: str
    request: Json
    answer: Json
    events: list[tuple[str | None, Json]]


def _chat() -> Case:
    message: Json = {"role": "assistant", "content": [{"type": "hologram", **NEW}], "refusal": None, **NEW}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, **NEW}
    head: Json = {"id": "chatcmpl-1", "created": 1, "model": "fake-large", **NEW}
    chunk = {**head, "object": "chat.completion.chunk"}
    said = {"index": 0, "delta": {"role": "assistant", "content": "Hi", **NEW}, "finish_reason": None, **NEW}
    over = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return Case(
        path="/v1/chat/completions",
        request={
            "messages": [{"role": "user", "content": [{"type": "hologram", **NEW}]}, {**message, "name": "x"}],
            "tools": [{"type": "telepathy", **NEW}],
            **NEW,
        },
        answer={
            **head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "pondering", **NEW}],
            "usage": usage,
        },
        events=[
            (None, {**chunk, "choices": [said]}),
            (None, {**chunk, "choices": [over]}),
            (None, {**chunk, "choices": [], "usage": usage}),
        ],
    )


def _responses() -> Case:
    item: Json = {"type": "hologram", "id": "h_1", **NEW}
    text = {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": [], **NEW}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text], **NEW}
    usage = {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 5,
    }
    whole: Json = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "fake-large",
        "output": [item, message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
        **NEW,
    }
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    where = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    told: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.hologram.begun", "output_index": 0, **NEW},
        {"type": "response.output_item.added", "output_index": 1, "item": {**message, "content": []}},
        {"type": "response.content_part.added", **where, "part": {**text, "text": ""}},
        {"type": "response.output_text.delta", **where, "delta": "Hi", "logprobs": [], **NEW},
        {"type": "response.output_text.done", **where, "text": "Hi", "logprobs": []},
        {"type": "response.content_part.done", **where, "part": text},
        {"type": "response.output_item.done", "output_index": 1, "item": message},
        {"type": "response.completed", "response": whole},
    ]
    return Case(
        path="/v1/responses",
        request={
            "input": [{"type": "hologram", **NEW}, {"type": "message", "role": "user", "content": "Hi", **NEW}],
            "tools": [{"type": "telepathy", **NEW}],
            "store": False,
            **NEW,
        },
        answer=whole,
        events=[(event["type"], {**event, "sequence_number": n}) for n, event in enumerate(told)],
    )


def _messages() -> Case:
    block: Json = {"type": "hologram", **NEW}
    usage = {"input_tokens": 3, "output_tokens": 2, **NEW}
    head: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "fake-large"}
    whole = {**head, "content": [block, {"type": "text", "text": "Hi", **NEW}], "stop_reason": "pondering"}
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    told: list[Json] = [
        {"type": "message_start", "message": {**head, "content": [], "stop_reason": None, "usage": usage, **NEW}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "hologram_delta", **NEW}},
        {"type": "content_block_stop", "index": 0},
        {"type": "hologram_event", **NEW},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": ending, "usage": usage, **NEW},
        {"type": "message_stop"},
    ]
    return Case(
        path="/v1/messages",
        request={
            "max_tokens": 100,
            "messages": [{"role": "user", "content": [block, {"type": "text", "text": "Hi", **NEW}], **NEW}],
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", **NEW}}],
            "tools": [{"type": "telepathy_20270101", "name": "t", **NEW}],
            **NEW,
        },
        answer={**whole, "stop_sequence": None, "usage": usage, **NEW},
        events=[(event["type"], event) for event in told],
    )


def _gemini() -> Case:
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5, **NEW}
    content = {"role": "model", "parts": [{"hologram": NEW}, {"text": "Hi", **NEW}], **NEW}
    whole: Json = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0, **NEW}],
        "usageMetadata": usage,
        "modelVersion": "fake-large",
        **NEW,
    }
    part = {"candidates": [{"content": content, "index": 0}], "modelVersion": "fake-large", **NEW}
    return Case(
        path=f"/v1beta/models/{prefix(Format.GEMINI)}/fake-large:",
        request={
            "contents": [{"role": "user", "parts": [{"hologram": NEW}, {"text": "Hi", **NEW}], **NEW}],
            "tools": [{"telepathy": NEW}],
            "generation_config": {"temperature": 0.5, **NEW},
            **NEW,
        },
        answer=whole,
        events=[(None, part), (None, whole)],
    )


def _ollama() -> Case:
    message: Json = {"role": "assistant", "content": "Hi", **NEW}
    line: Json = {"model": "fake-large", "created_at": "2026-01-01T00:00:00Z", "message": message, **NEW}
    whole = {**line, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2}
    return Case(
        path="/api/chat",
        request={
            "messages": [{"role": "user", "content": "Hi", **NEW}],
            "options": {"num_ctx": 4096, "mirostat": 1, **NEW},
            "keep_alive": "5m",
            **NEW,
        },
        answer=whole,
        events=[(None, {**line, "done": False}), (None, whole)],
    )


CASES = {
    Format.OPENAI_CHAT: _chat(),
    Format.OPENAI_RESPONSES: _responses(),
    Format.ANTHROPIC: _messages(),
    Format.GEMINI: _gemini(),
    Format.OLLAMA: _ollama(),
}


async def sent(bench: Bench, form: Format, *, stream: bool, **more: Any) -> bytes:
    """Send the case's request; return the answer's bytes."""
    case, gateway = CASES[form], bench.gateway
    body = {**case.request, **more}
    path = case.path
    if form is Format.GEMINI:
        path += "streamGenerateContent?alt=sse" if stream else "generateContent"
    else:
        body = {"model": f"{prefix(form)}/fake-large", **body, "stream": stream}
    answer = await gateway.http.post(gateway.url + path, content=_dumps(body), headers=gateway.auth)
    assert answer.status_code == 200, answer.text
    assert "x-omniroute-dropped" not in answer.headers
    received = json.loads(bench.upstreams[form].generations[-1].raw, object_pairs_hook=list)
    expected = dict(body) if form is Format.GEMINI else {**body, "model": "fake-large"}
    if stream and form is Format.OPENAI_CHAT:
        expected["stream_options"] = {"include_usage": True}
    assert received == json.loads(_dumps(expected), object_pairs_hook=list), "names, values and their order"
    return answer.content


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@EVERY
async def test_a_whole_answer_is_the_upstreams_own(bench: Bench, form: Format) -> None:
    upstream = bench.upstreams[form]
    body = json.dumps(CASES[form].answer, indent=1).encode()
    upstream.canned = Reply(body=body, generated=True)
    assert await sent(bench, form, stream=False) == body


@EVERY
async def test_a_stream_is_the_upstreams_own(bench: Bench, form: Format) -> None:
    upstream = bench.upstreams[form]
    case = CASES[form]
    if form is Format.OLLAMA:
        media, frames = "application/x-ndjson", [_dumps(event) + b"\n" for _, event in case.events]
    else:
        media, frames = "text/event-stream", [sse(_dumps(event), name or "") for name, event in case.events]
    more: Json = {}
    if form is Format.OPENAI_CHAT:
        frames.append(b"data: [DONE]\n\n")
        more = {"stream_options": {"include_usage": True}}
    frames.insert(1, b": a comment\n\n" if form is not Format.OLLAMA else b"\n")
    upstream.canned = Reply(media_type=media, frames=tuple(frames), generated=True)
    assert await sent(bench, form, stream=True, **more) == b"".join(frames)
