"""A fake of Google's Gemini API: two spellings of every field, signed function calls, whole objects as chunks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from omniroute.formats.framing import sse
from omniroute.formats.hub import Format
from omniroute.kit import json
from omniroute.upstream.demo.answers import Answer
from omniroute.upstream.demo.ask import Ask
from tests.fakes.gemini_reading import VENDOR_NAME, fields, invalid, read
from tests.fakes.openai_rim import SSE, dumps
from tests.fakes.reply import Json, Memory, Received, Rejected, Reply, Vendor
from tests.fakes.sealing import seal

# The Python client library asks below /v1, every other below /v1beta.
_PATH = re.compile(r"/v1(?:beta)?/models(?:/(?P<model>[^:/]+))?(?::(?P<verb>\w+))?")
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def respond(request: Received, memory: Memory) -> Reply:
    """Answer one request."""
    _admit(request, memory)
    found = _PATH.fullmatch(request.path)
    model, verb = (found["model"], found["verb"]) if found else (None, None)
    if found and request.method == "GET" and not verb:
        return _models(model, memory)
    if not model or request.method != "POST":
        raise Rejected(404, f"Requested entity was not found: {request.path}")
    memory.demand_model(model, Rejected(404, f"models/{model} is not found for API version v1beta."))
    if verb == "countTokens":
        return _count(request.body, model, memory)
    if verb not in ("generateContent", "streamGenerateContent"):
        raise Rejected(404, f"Requested entity was not found: {request.path}")
    ask = read(request.body, model, memory, stream=verb == "streamGenerateContent")
    turn = _Turn(ask=ask, answer=memory.compose(ask), id=memory.next_id())
    if not ask.stream:
        return Reply(body=dumps(turn.whole()), generated=True)
    chunks = [dumps(chunk) for chunk in turn.chunks()]
    if request.query.get("alt") == "sse":
        frames = tuple(sse(chunk) for chunk in chunks)
        return Reply(media_type=SSE, frames=frames, repeat=frames[0], generated=True)
    # Without alt=sse the stream is one JSON array, sent element by element.
    frames = tuple((b",\r\n" if index else b"[") + chunk for index, chunk in enumerate(chunks))
    return Reply(frames=(*frames, b"]"), repeat=b",\r\n" + chunks[0], generated=True)


def _admit(request: Received, memory: Memory) -> None:
    """Let in `x-goog-api-key` or `?key=`; a Bearer token would be OAuth, which this project does not have."""
    key = request.headers.get("x-goog-api-key") or request.query.get("key")
    if not key and request.bearer:
        message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
        raise Rejected(401, message, kind="UNAUTHENTICATED")
    if not key:
        message = "Method doesn't allow unregistered callers (callers without established identity)."
        raise Rejected(403, message, kind="PERMISSION_DENIED")
    if key != memory.key:
        raise Rejected(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")


def _models(model: str | None, memory: Memory) -> Reply:
    models = [
        {
            "name": f"models/{name}",
            "baseModelId": name,
            "version": "001",
            "displayName": name.title(),
            "description": "A fake model.",
            "inputTokenLimit": 1_000_000,
            "outputTokenLimit": 8192,
            "supportedGenerationMethods": ["generateContent", "countTokens", "streamGenerateContent"],
        }
        for name in memory.models
    ]
    if model is None:
        return Reply(body=dumps({"models": models}))
    for entry in models:
        if entry["baseModelId"] == model:
            return Reply(body=dumps(entry))
    raise Rejected(404, f"models/{model} is not found for API version v1beta.")


def _count(body: Any, model: str, memory: Memory) -> Reply:
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received. Expected an object.")
    named = fields(body, "contents generateContentRequest", "")
    request = named.get("generateContentRequest") or {"contents": named.get("contents")}
    return Reply(body=dumps({"totalTokens": read(request, model, memory, stream=False).prompt_tokens}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One answer in the making."""

    ask: Ask
    answer: Answer
    id: str

    def whole(self) -> Json:
        """The response as one body."""
        parts: list[Json] = []
        if self.answer.thinking:
            parts.append({"text": self.answer.thinking, "thought": True})
        if self.answer.text:
            parts.append({"text": self.answer.text} | self._text_signature())
        parts += self._calls()
        candidates = [self._candidate(parts, index, over=True) for index in range(self.ask.count)]
        return {"candidates": candidates, "usageMetadata": self._usage(len(self.answer.pieces)), **self._stamp()}

    def chunks(self) -> Iterator[Json]:
        """The stream: each chunk is a small response, the last one holds the finish and the final usage."""
        for count, piece in enumerate(self.answer.pieces, start=1):
            if piece.kind != "call":
                thought: Json = {"thought": True} if piece.kind == "thinking" else {}
                yield self._chunk([{"text": piece.text} | thought], count)
        calls = self._calls()
        if calls:
            yield self._chunk(calls, len(self.answer.pieces))
        ending = [{"text": ""} | self._text_signature()]
        yield self._chunk(ending, len(self.answer.pieces), over=True)

    def _chunk(self, parts: list[Json], count: int, *, over: bool = False) -> Json:
        candidate = self._candidate(parts, 0, over=over)
        return {"candidates": [candidate], "usageMetadata": self._usage(count), **self._stamp()}

    def _candidate(self, parts: list[Json], index: int, *, over: bool) -> Json:
        reason: Json = {"finishReason": "MAX_TOKENS" if self.answer.finish == "length" else "STOP"} if over else {}
        return {"content": {"parts": parts, "role": "model"}, "index": index, **reason}

    def _calls(self) -> list[Json]:
        """The calls; only the first of parallel ones is signed, as Gemini 3 does."""
        parts: list[Json] = []
        for index, offer in enumerate(self.answer.calls):
            call = {"id": f"fc-{self.id}-{index}", "name": offer.name, "args": _arguments(self.answer.arguments(index))}
            signed = {} if index else {"thoughtSignature": seal(VENDOR_NAME, f"call:{offer.name}")}
            parts.append({"functionCall": call} | signed)
        return parts

    def _text_signature(self) -> Json:
        """Thinking models sign the text too, when they thought before it."""
        signed = self.answer.thinking and not self.answer.calls
        return {"thoughtSignature": seal(VENDOR_NAME, f"text:{self.id}")} if signed else {}

    def _usage(self, written: int) -> Json:
        """Google counts thoughts beside the candidates, and both in the total."""
        over = written == len(self.answer.pieces)
        thoughts = min(self.answer.thinking_tokens, written)
        said = (self.answer.tokens if over else written) - thoughts
        usage: Json = {
            "promptTokenCount": self.ask.prompt_tokens,
            "candidatesTokenCount": said,
            "totalTokenCount": self.ask.prompt_tokens + said + thoughts,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": self.ask.prompt_tokens}],
        }
        if thoughts:
            usage["thoughtsTokenCount"] = thoughts
        if self.ask.cached_tokens:
            usage["cachedContentTokenCount"] = self.ask.cached_tokens
        return usage

    def _stamp(self) -> Json:
        return {"modelVersion": self.ask.model, "responseId": self.id}


def _arguments(written: str) -> Any:
    """Parse a call's arguments; a call cut off by the length limit has none."""
    try:
        return json.loads(written)
    except json.BadJson:
        return {}


def spell_error(refusal: Rejected) -> bytes:
    """Spell a refusal."""
    status = refusal.kind or _STATUSES.get(refusal.status, "UNKNOWN")
    error: Json = {"code": refusal.status, "message": refusal.message, "status": status}
    if refusal.code:
        info = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": info, "reason": refusal.code, "domain": "googleapis.com"}]
    return dumps({"error": error})


def error_frame(refusal: Rejected, request: Received) -> bytes:
    """Spell an error in the middle of a stream: the error object as a chunk."""
    body = spell_error(refusal)
    return sse(body) if request.query.get("alt") == "sse" else b",\r\n" + body


VENDOR = Vendor(format=Format.GEMINI, respond=respond, spell_error=spell_error, error_frame=error_frame)
