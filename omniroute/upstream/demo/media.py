"""The demo provider beside chat: invented vectors, a picture of one point, a short tone, and judgements by length."""

import hashlib
import math
import struct
from collections.abc import Callable
from typing import Any

from omniroute.kit import json
from omniroute.upstream.demo.script import Script

_JSON = (("content-type", "application/json"),)
_WAV = (("content-type", "audio/wav"),)
_LENGTH = 8
_LONGEST = 32
_RATE, _TONE_S, _PITCH = 8000, 0.25, 440
# The smallest PNG: one transparent point.
_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_CREATED = 1_767_225_600


def answered(path: str, body: bytes) -> Script | None:
    """Answer a request at one of the endpoints that are no chat; None for any other."""
    serve = _ENDPOINTS.get(path)
    return None if serve is None else serve(body)


def _said(value: Any) -> Script:
    return Script(headers=_JSON, body=json.dumps(value))


def _embeddings(body: bytes) -> Script:
    asked = json.loads(body)
    given, length = asked["input"], min(asked.get("dimensions", _LENGTH), _LONGEST)
    is_one = isinstance(given, str) or isinstance(given[0], int)
    texts = [given] if is_one else given
    data = [
        {"object": "embedding", "index": number, "embedding": _vector(text, length)}
        for number, text in enumerate(texts)
    ]
    tokens = sum(-(-len(str(text)) // 4) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return _said({"object": "list", "data": data, "model": asked["model"], "usage": usage})


def _vector(text: object, length: int) -> list[float]:
    """Return a vector of length one that is the same for the same text."""
    numbers = [one / 256 - 0.5 for one in hashlib.sha256(repr(text).encode()).digest()[:length]]
    size = math.sqrt(sum(one * one for one in numbers)) or 1.0
    return [one / size for one in numbers]


def _pictures(body: bytes) -> Script:
    return _said({"created": _CREATED, "data": [{"b64_json": _PICTURE}] * json.loads(body).get("n", 1)})


def _edited(_body: bytes) -> Script:
    return _said({"created": _CREATED, "data": [{"b64_json": _PICTURE}]})


def _heard(_body: bytes) -> Script:
    text = "[demo] Nobody listened: this transcript is invented."
    segment = {"id": 0, "start": 0.0, "end": 2.0, "text": text}
    return _said({"text": text, "language": "english", "duration": 2.0, "segments": [segment]})


def _spoken(_body: bytes) -> Script:
    count = int(_RATE * _TONE_S)
    tone = (int(8000 * math.sin(2 * math.pi * _PITCH * place / _RATE)) for place in range(count))
    data = struct.pack(f"<{count}h", *tone)
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, _RATE, _RATE * 2, 2, 16)
    return Script(headers=_WAV, body=head + struct.pack("<4sI", b"data", len(data)) + data)


def _judged(body: bytes) -> Script:
    asked = json.loads(body)
    given = asked["input"]
    parts = isinstance(given, list) and isinstance(given[0], str)
    result = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.0}}
    return _said({"id": "modr-demo", "model": asked["model"], "results": [result] * (len(given) if parts else 1)})


def _ranked(body: bytes) -> Script:
    documents = json.loads(body)["documents"]
    longest = max(map(len, documents))
    results = [{"index": place, "relevance_score": len(one) / longest} for place, one in enumerate(documents)]
    return _said({"id": "rerank-demo", "results": results})


_ENDPOINTS: dict[str, Callable[[bytes], Script]] = {
    "/embeddings": _embeddings,
    "/images/generations": _pictures,
    "/images/edits": _edited,
    "/audio/transcriptions": _heard,
    "/audio/translations": _heard,
    "/audio/speech": _spoken,
    "/moderations": _judged,
    "/rerank": _ranked,
}
