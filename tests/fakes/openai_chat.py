"""A fake of OpenAI's Chat Completions. The demo provider speaks the format already; this adds a vendor's strictness."""

from dataclasses import replace
from typing import Any

from omniroute.formats.framing import sse
from omniroute.formats.hub import Format
from omniroute.kit.errors import Invalid
from omniroute.upstream.demo import wire
from omniroute.upstream.demo.reading import read
from tests.fakes import openai_rim
from tests.fakes.reply import CREATED, Memory, Received, Rejected, Reply, Vendor

_FIELDS = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
    metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
    prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
    stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options
"""
_KNOWN = frozenset(_FIELDS.split())


def respond(request: Received, memory: Memory) -> Reply:
    """Answer one request."""
    openai_rim.admit(request, memory)
    if (request.method, request.path) != ("POST", "/v1/chat/completions"):
        return openai_rim.rim(request, memory)
    body = openai_rim.json_object(request, _KNOWN)
    try:
        ask = read(body)
    except Invalid as refusal:
        raise Rejected(400, refusal.message, param=refusal.param) from refusal
    _refuse_by_model(body)
    memory.demand_model(ask.model, openai_rim.no_model(ask.model))
    prefix = openai_rim.dumps([body["messages"][0], body.get("tools")]).decode()
    ask = replace(ask, cached_tokens=min(memory.cached(prefix), ask.prompt_tokens))
    answer = memory.compose(ask)
    stamp = wire.Stamp(id=memory.next_id(), created=CREATED, fingerprint="fp_fake")
    if not ask.stream:
        return Reply(body=wire.whole(answer, ask, stamp), generated=True)
    chunks = tuple(wire.chunks(answer, ask, stamp))
    return Reply(
        media_type=openai_rim.SSE,
        frames=(*chunks, wire.DONE),
        content=ask.count,
        repeat=chunks[ask.count],
        end_mark=True,
        generated=True,
    )


def _refuse_by_model(body: dict[str, Any]) -> None:
    """Models differ in what they take: the plain ones do not reason, the newest ones want a newer field."""
    model = str(body.get("model"))
    if model.startswith("plain-") and "reasoning_effort" in body:
        words = "Unsupported parameter: 'reasoning_effort' is not supported with this model."
        raise Rejected(400, words, param="reasoning_effort", code="unsupported_parameter")
    if model.startswith("newest-") and "max_tokens" in body:
        words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
        raise Rejected(400, words, param="max_tokens", code="unsupported_parameter")


def error_frame(refusal: Rejected, _request: Received) -> bytes:
    """Spell an error in the middle of a stream: the error object as an event's data."""
    return sse(openai_rim.spell_error(refusal))


VENDOR = Vendor(format=Format.OPENAI_CHAT, respond=respond, spell_error=openai_rim.spell_error, error_frame=error_frame)
