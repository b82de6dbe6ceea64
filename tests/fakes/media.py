"""Fakes of what providers offer besides chat, each strict about its own form. Faults strike them as any other fake.

async with MediaFake(openai) as fake:
    fake.faults.push("429")
"""

import base64
import email
import hashlib
import json
import struct
from collections.abc import Callable
from email.message import Message
from typing import Any

from omniroute.formats.hub import Format
from tests.fakes import openai_rim
from tests.fakes.reply import CREATED, Json, Memory, Received, Rejected, Reply, Vendor
from tests.fakes.upstream import FakeUpstream

Respond = Callable[[Received, Memory], Reply]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(32)
SOUND = b"ID3\x04" + bytes(range(256)) * 40
TEXT = "Hello there. This is a test."
SECONDS = 3.5
_WORDS = (
    ("Hello", 0.0, 0.4),
    ("there.", 0.5, 0.9),
    ("This", 1.5, 1.7),
    ("is", 1.8, 1.9),
    ("a", 2.0, 2.1),
    ("test.", 2.2, 3.0),
)


class MediaFake(FakeUpstream):
    """A fake that answers by a function of its own."""

    def __init__(self, respond: Respond) -> None:
        super().__init__(Format.OPENAI_CHAT)
        self._vendor = Vendor(
            format=Format.OPENAI_CHAT,
            respond=respond,
            spell_error=openai_rim.spell_error,
            error_frame=lambda refusal, _request: b"event: error\ndata: " + openai_rim.spell_error(refusal) + b"\n\n",
        )


def said(value: Json, **more: Any) -> Reply:
    """A JSON answer that faults may strike."""
    return Reply(body=json.dumps(value).encode(), generated=True, **more)


def body_of(request: Received, *known: str) -> Json:
    """Return the JSON body; a field that is not known is refused, as strict vendors do."""
    return openai_rim.json_object(request, frozenset(known))


def form_of(request: Received) -> dict[str, list[Any]]:
    """Return a form's fields; files are (name, type, bytes)."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    found: dict[str, list[Any]] = {}
    parts: Any = email.message_from_bytes(head + request.raw).get_payload()
    for part in parts:
        assert isinstance(part, Message)
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        file_name = part.get_filename()
        value = data.decode() if file_name is None else (file_name, part.get_content_type(), data)
        found.setdefault(name, []).append(value)
    return found


def vector(text: object, length: int = 8) -> list[float]:
    """Foretell an embedding: the same for the same text, exact in 32 bits."""
    digest = hashlib.sha256(repr(text).encode()).digest()
    return [one / 256 - 0.5 for one in digest[:length]]


# ── OpenAI ──────────────────────────────────────────────────────────────────────────────────────────────────────


def openai(request: Received, memory: Memory) -> Reply:
    """OpenAI: embeddings, pictures, sound, moderation."""
    openai_rim.admit(request, memory)
    if request.path == "/v1/rerank":  # servers of one's own, such as vLLM
        return ranker(request, memory)
    serve = _OPENAI.get((request.method, request.path))
    return openai_rim.rim(request, memory) if serve is None else serve(request)


def _embeddings(request: Received) -> Reply:
    body = body_of(request, "model", "input", "dimensions", "encoding_format", "user")
    if body["model"].startswith("missing"):
        raise openai_rim.no_model(body["model"])
    given = body["input"]
    items = [given] if isinstance(given, str) or isinstance(given[0], int) else given
    if len(items) > 2048:
        raise Rejected(400, "'input' has at most 2048 items.", param="input")
    vectors = [vector(item, body.get("dimensions", 8)) for item in items]
    packed = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack(f"<{len(one)}f", *one)).decode() if packed else one,
        }
        for index, one in enumerate(vectors)
    ]
    # In another order, as nothing says that it is kept.
    usage = {"prompt_tokens": 5 * len(items), "total_tokens": 5 * len(items)}
    return said({"object": "list", "data": data[::-1], "model": body["model"], "usage": usage})


_USAGE = {
    "input_tokens": 20,
    "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
    "output_tokens": 272,
    "total_tokens": 292,
}


def _draw(request: Received) -> Reply:
    body = body_of(
        request, "model", "prompt", "n", "size", "quality", "style", "response_format", "user", "stream",
        "partial_images", "background", "output_format", "moderation", "output_compression",
    )  # fmt: skip
    return _drawn(body, "image_generation", [])


def _edit(request: Received) -> Reply:
    form = form_of(request)
    files = [one for name in ("image", "image[]", "mask") for one in form.get(name, [])]
    body: Json = {name: values[0] for name, values in form.items() if name not in {"image", "image[]", "mask"}}
    body |= {name: int(body[name]) for name in ("n", "partial_images") if name in body}
    return _drawn({**body, "stream": body.get("stream") == "true"}, "image_edit", files)


def _drawn(body: Json, name: str, files: list[Any]) -> Reply:
    model, newer = body["model"], body["model"].startswith("gpt-image")
    if "unsafe" in body["prompt"]:
        raise Rejected(400, "Your request was rejected by the safety system.", code="moderation_blocked")
    if newer and "response_format" in body:
        raise Rejected(400, "Unknown parameter: 'response_format'.", param="response_format")
    assert all(kind == "image/png" and data == PNG for _, kind, data in files)
    b64 = base64.b64encode(PNG).decode()
    if body.get("stream"):
        partial = [
            _event({"type": f"{name}.partial_image", "b64_json": b64, "partial_image_index": number})
            for number in range(body.get("partial_images", 0))
        ]
        last = _event({"type": f"{name}.completed", "b64_json": b64, "created_at": CREATED, "usage": _USAGE})
        return Reply(media_type="text/event-stream", frames=(*partial, last), repeat=partial[0] if partial else b"",
                     generated=True)  # fmt: skip
    count = body.get("n", 1)
    if newer:
        return said({"created": CREATED, "data": [{"b64_json": b64}] * count, "usage": _USAGE, "size": "1024x1024"})
    if body.get("response_format") == "b64_json":
        return said({"created": CREATED, "data": [{"b64_json": b64, "revised_prompt": f"{model} drew"}] * count})
    return said({"created": CREATED, "data": [{"url": f"https://files.example/{n}.png"} for n in range(count)]})


def _event(value: Json) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()


def _transcribe(request: Received) -> Reply:
    form = form_of(request)
    ((name, kind, data),) = form["file"]
    assert kind.startswith("audio/")
    assert name.partition(".")[2] in {"mp3", "wav", "m4a", "flac", "ogg", "webm"}
    if data[:4] == b"fLaC" and b"broken" in data:
        raise Rejected(400, "The audio file could not be decoded or its format is not supported.", param="file")
    model, form_name = form["model"][0], form.get("response_format", ["json"])[0]
    if model.startswith("gpt-"):
        if form_name != "json":
            raise Rejected(400, f"response_format '{form_name}' is not compatible with model '{model}'.")
        usage = {"type": "tokens", "input_tokens": 35, "output_tokens": 10, "total_tokens": 45,
                 "input_token_details": {"text_tokens": 0, "audio_tokens": 35}}  # fmt: skip
        return said({"text": TEXT, "usage": usage})
    made: Json = {"task": "transcribe", "language": form.get("language", ["english"])[0], "duration": SECONDS,
                  "text": TEXT, "usage": {"type": "duration", "seconds": 4}}  # fmt: skip
    granularities = form.get("timestamp_granularities[]", [])
    if "word" in granularities:
        made["words"] = [{"word": word, "start": start, "end": end} for word, start, end in _WORDS]
    made["segments"] = [
        {"id": 0, "start": 0.0, "end": 0.9, "text": " Hello there."},
        {"id": 1, "start": 1.5, "end": 3.0, "text": " This is a test."},
    ]
    return said(made)


def _translate(request: Received) -> Reply:
    assert "language" not in form_of(request)
    return _transcribe(request)


def _speak(request: Received) -> Reply:
    body = body_of(request, "model", "input", "voice", "response_format", "speed", "instructions", "stream_format")
    if "voice" not in body:
        raise Rejected(400, "Missing required parameter: 'voice'.", param="voice")
    pieces = tuple(SOUND[start : start + 2048] for start in range(0, len(SOUND), 2048))
    media = {"mp3": "audio/mpeg", "wav": "audio/wav", "opus": "audio/ogg"}[body.get("response_format", "mp3")]
    return Reply(media_type=media, frames=pieces, repeat=bytes(16), generated=True)


def _moderate(request: Received) -> Reply:
    body = body_of(request, "model", "input")
    items = body["input"] if isinstance(body["input"], list) else [body["input"]]
    results = [
        {"flagged": "kill" in str(one), "categories": {"violence": "kill" in str(one)},
         "category_scores": {"violence": 0.9}, "category_applied_input_types": {"violence": ["text"]}}
        for one in items
    ]  # fmt: skip
    return said({"id": "modr-1", "model": body["model"], "results": results})


_OPENAI: dict[tuple[str, str], Callable[[Received], Reply]] = {
    ("POST", "/v1/embeddings"): _embeddings,
    ("POST", "/v1/images/generations"): _draw,
    ("POST", "/v1/images/edits"): _edit,
    ("POST", "/v1/audio/transcriptions"): _transcribe,
    ("POST", "/v1/audio/translations"): _translate,
    ("POST", "/v1/audio/speech"): _speak,
    ("POST", "/v1/moderations"): _moderate,
}


# ── providers of sound ──────────────────────────────────────────────────────────────────────────────────────────


def _key_must_be(request: Received, wanted: str) -> None:
    if request.headers.get("authorization") != wanted:
        raise Rejected(401, "Invalid credentials.", kind="INVALID_AUTH")


def deepgram(request: Received, memory: Memory) -> Reply:
    """Deepgram: /v1/listen takes bytes, /v1/speak gives some."""
    _key_must_be(request, f"Token {memory.key}")
    if request.path == "/v1/speak":
        assert set(request.body) == {"text"}
        return Reply(media_type="audio/mpeg", frames=(SOUND[:4000], SOUND[4000:]), repeat=b"x", generated=True)
    if request.path != "/v1/listen":
        raise Rejected(404, "Not found.")
    assert request.headers["content-type"].startswith("audio/")
    assert request.raw
    words = [
        {"word": word.strip(".").lower(), "punctuated_word": word, "start": start, "end": end}
        for word, start, end in _WORDS
    ]
    channel: Json = {"alternatives": [{"transcript": TEXT, "confidence": 0.99, "words": words}]}
    if request.query.get("detect_language") == "true":
        channel["detected_language"] = "en"
    return said({"metadata": {"duration": SECONDS, "channels": 1}, "results": {"channels": [channel]}})


class AssemblyAI:
    """AssemblyAI: it puts files aside and writes them down by and by. `looks` is how often it is not ready yet."""

    def __init__(self) -> None:
        self.looks = 1
        self.error: str | None = None
        self.deleted: list[str] = []
        self._files: dict[str, bytes] = {}
        self._orders: dict[str, tuple[Json, int]] = {}

    def __call__(self, request: Received, memory: Memory) -> Reply:
        """Answer one request."""
        _key_must_be(request, memory.key)
        method, path = request.method, request.path
        if (method, path) == ("POST", "/v2/upload"):
            place = f"https://cdn.assemblyai.example/upload/{len(self._files)}"
            self._files[place] = request.raw
            return said({"upload_url": place})
        if (method, path) == ("POST", "/v2/transcript"):
            return self._order(body_of(request, "audio_url", "speech_model", "speech_models", "language_code",
                                       "language_detection", "prompt"))  # fmt: skip
        name = path.removeprefix("/v2/transcript/")
        if name not in self._orders:
            raise Rejected(404, "Transcript not found.")
        if method == "DELETE":
            self.deleted.append(name)
            return said({"id": name, "status": "deleted"})
        return self._look(name)

    def _order(self, order: Json) -> Reply:
        if order["audio_url"] not in self._files:
            raise Rejected(400, "The file is not here.")
        assert ("language_code" in order) is not ("language_detection" in order)
        name = f"order-{len(self._orders)}"
        self._orders[name] = order, self.looks
        return said({"id": name, "status": "queued", "error": None})

    def _look(self, name: str) -> Reply:
        order, left = self._orders[name]
        self._orders[name] = order, left - 1
        if left > 0:
            return said({"id": name, "status": "processing", "error": None})
        if self.error is not None:
            return said({"id": name, "status": "error", "error": self.error})
        words = [{"text": word, "start": int(start * 1000), "end": int(end * 1000)} for word, start, end in _WORDS]
        language = order.get("language_code", "en_us")
        return said({"id": name, "status": "completed", "error": None, "text": TEXT, "words": words,
                     "audio_duration": 4, "language_code": language})  # fmt: skip


# ── providers of pictures ───────────────────────────────────────────────────────────────────────────────────────


class Picturer:
    """Answers in the form of the provider whose name stands in the path; `files` are where its pictures lie."""

    def __init__(self) -> None:
        self.place = ""
        self.looks = 1
        self.ignores_spelling = False
        self._orders: dict[str, int] = {}

    def __call__(self, request: Received, memory: Memory) -> Reply:
        """Answer one request."""
        if request.path.startswith("/files/"):
            assert "authorization" not in request.headers, "a picture's address must not be shown a credential"
            return Reply(media_type="image/png", body=PNG)
        serve = {
            "/v1/images/generations": self._like_openai,
            "/sdapi/v1/txt2img": self._sdwebui,
            "/v1/image/generation": self._hyperbolic,
            "/prompt": self._queue,
            "/view": self._view,
        }.get(request.path)
        if serve is not None:
            return serve(request)
        if request.path.startswith("/history/"):
            return self._history(request)
        if request.path.startswith(("/v1/workflows/", "/v1/image_generation/")):
            assert request.headers["accept"] == "image/jpeg"
            openai_rim.admit(request, memory)
            return Reply(media_type="image/jpeg", body=JPEG, generated=True)
        raise Rejected(404, f"Nothing at {request.path}.")

    def _like_openai(self, request: Received) -> Reply:
        body = request.body
        assert "size" not in body
        b64 = base64.b64encode(PNG).decode()
        if body.get("response_format") in {"base64", "b64_json"} and not self.ignores_spelling:
            return said({"data": [{"b64_json": b64}] * body.get("n", 1)})
        return said({"data": [{"url": f"{self.place}/files/{n}.png"} for n in range(body.get("n", 1))]})

    def _sdwebui(self, request: Received) -> Reply:
        body = request.body
        assert (body["width"], body["height"]) == (512, 512)
        return said({"images": [base64.b64encode(PNG).decode()] * body["batch_size"], "parameters": {}, "info": "{}"})

    def _hyperbolic(self, request: Received) -> Reply:
        body = body_of(request, "model_name", "prompt", "width", "height", "steps", "cfg_scale")
        assert body["model_name"] == "FLUX.1-dev"
        return said({"images": [{"index": 0, "image": base64.b64encode(PNG).decode()}]})

    def _queue(self, request: Received) -> Reply:
        graph = request.body["prompt"]
        assert {node["class_type"] for node in graph.values()} >= {"KSampler", "SaveImage", "CheckpointLoaderSimple"}
        name = f"order-{len(self._orders)}"
        self._orders[name] = self.looks
        return said({"prompt_id": name, "number": 1, "node_errors": {}})

    def _history(self, request: Received) -> Reply:
        name = request.path.removeprefix("/history/")
        self._orders[name] -= 1
        if self._orders[name] >= 0:
            return said({})
        images = [{"filename": "omniroute_1.png", "subfolder": "", "type": "output"}]
        return said(
            {name: {"status": {"status_str": "success", "completed": True}, "outputs": {"7": {"images": images}}}}
        )

    def _view(self, request: Received) -> Reply:
        assert request.query["filename"] == "omniroute_1.png"
        return Reply(media_type="image/png", body=PNG)


def gemini(request: Received, memory: Memory) -> Reply:
    """Gemini: batchEmbedContents, pictures by generateContent, Imagen by predict."""
    if request.headers.get("x-goog-api-key") != memory.key:
        raise Rejected(400, "API key not valid. Please pass a valid API key.")
    model, _, verb = request.path.removeprefix("/v1beta/models/").partition(":")
    b64 = base64.b64encode(PNG).decode()
    if verb == "batchEmbedContents":
        asked = request.body["requests"]
        assert len(asked) <= 100
        assert all(one["model"] == f"models/{model}" for one in asked)
        vectors = [vector(one["content"]["parts"][0]["text"], one.get("outputDimensionality", 8)) for one in asked]
        return said({"embeddings": [{"values": one} for one in vectors]})
    if verb == "predict":
        count = request.body["parameters"]["sampleCount"]
        return said({"predictions": [{"bytesBase64Encoded": b64, "mimeType": "image/png"}] * count})
    assert request.body["generationConfig"]["responseModalities"] == ["IMAGE"]
    text = request.body["contents"][0]["parts"][0]["text"]
    if "unsafe" in text:
        return said({"promptFeedback": {"blockReason": "SAFETY"}})
    parts = [{"inlineData": {"mimeType": "image/png", "data": b64}}]
    usage = {"promptTokenCount": 7, "candidatesTokenCount": 1290, "totalTokenCount": 1297}
    return said({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "usageMetadata": usage})


# ── rerank ──────────────────────────────────────────────────────────────────────────────────────────────────────


def ranker(request: Received, memory: Memory) -> Reply:
    """Cohere's /v2/rerank, Jina's and Voyage's /v1/rerank: the longer a document, the better it answers."""
    openai_rim.admit(request, memory)
    body = request.body
    order = sorted(range(len(body["documents"])), key=lambda index: -len(body["documents"][index]))
    results = [{"index": index, "relevance_score": 1 / (place + 1)} for place, index in enumerate(order)]
    if request.path == "/v2/rerank":
        assert "top_k" not in body
        return said(
            {"id": "r1", "results": results[: body.get("top_n")], "meta": {"billed_units": {"search_units": 1}}}
        )
    if "top_k" in body or body["model"].startswith("rerank-2"):
        return said({"object": "list", "data": results[: body.get("top_k")], "usage": {"total_tokens": 26}})
    return said({"model": body["model"], "results": results[: body.get("top_n")], "usage": {"total_tokens": 15}})
