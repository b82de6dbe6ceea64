"""One handler for what is no chat: embeddings, pictures, sound, moderation, rerank. All go the way of a chat."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from omniroute.formats.exchange import Content
from omniroute.formats.hub import Format, Json
from omniroute.formats.kinds import Kind
from omniroute.formats.table import CODECS
from omniroute.gateway.access import visible
from omniroute.gateway.call import Call, Origin
from omniroute.gateway.operations import ROWS, Row, read
from omniroute.gateway.pipeline import Pipeline
from omniroute.upstream.endpoints import Purpose
from omniroute.v1.asgi import read_body
from omniroute.v1.chat import Exchange, agent_of, cache_control, parse, repeat_key, session_named, tags_of
from omniroute.v1.doors import PINNED, model_of
from omniroute.v1.forms import Form, read_form
from omniroute.v1.lists import answer, described

_FORMS = frozenset({Purpose.IMAGE_EDITS, Purpose.TRANSCRIPTIONS, Purpose.TRANSLATIONS})
_TRUE = b"true"
# A client must send a long form at this pace at least, in bytes a second.
_SLOWEST = 64 * 1024


class Media:
    """Serves what is no chat, in OpenAI's form."""

    def __init__(self, pipeline: Pipeline, *, most_bytes: int, most_upload_bytes: int) -> None:
        self._pipeline = pipeline
        self._most_bytes = most_bytes
        self._most_upload_bytes = most_upload_bytes

    async def serve(self, exchange: Exchange, purpose: Purpose) -> None:
        """Answer one request."""
        headers = exchange.headers
        origin = Origin(path=exchange.path, address=exchange.address, user_agent=agent_of(headers), key=exchange.key)
        codec = CODECS[Format.OPENAI_CHAT]
        call = Call(id=exchange.request_id, codec=codec, origin=origin, started_ms=exchange.started_ms)
        call.session = session_named(headers)
        call.headers = headers
        call.strict = headers.get(b"x-omniroute-strict", b"").lower() == _TRUE
        call.cache_control = cache_control(headers)
        call.repeat = repeat_key(headers)
        if (tags := headers.get(b"x-omniroute-tags")) is not None:
            call.tags = tags_of(tags)
        forms: list[Form] = []

        async def load(call: Call) -> None:
            if purpose in _FORMS:
                forms.append(await read_form(headers, exchange.receive, self._most_upload_bytes))
                body: Mapping[str, Any] = forms[0].values
                call.body = await _told(body, hashed=call.repeat is not None)
            else:
                body = call.body = parse(await read_body(headers, exchange.receive, self._most_bytes))
            row = ROWS[purpose]
            call.model = _model(exchange, row, body)
            call.operation = read(row, body)
            call.stream = purpose is Purpose.SPEECH or getattr(call.operation.request, "stream", False)

        longest_s = self._most_upload_bytes / _SLOWEST if purpose in _FORMS else None
        try:
            await self._pipeline.serve(call, exchange.snapshot, load, exchange.client, body_s=longest_s)
        finally:
            for form in forms:
                await form.close()


def _model(exchange: Exchange, row: Row, body: Mapping[str, Any]) -> str:
    """Return the model's name, with the provider's prefix where the path names it."""
    name = row.default_model if row.default_model is not None and body.get("model") is None else model_of(body)
    if "provider" not in exchange.params:
        return name
    return PINNED.asked({"model": name}, exchange.params, exchange.snapshot).model


async def _told(values: Mapping[str, Any], *, hashed: bool) -> Json:
    """Return a form as JSON, by which it is known again: each file stands for itself by its size and hash."""
    told: Json = {}
    for name, value in values.items():
        listed = value if isinstance(value, list) else [value]
        told[name] = [one if isinstance(one, str) else await _mark(one, hashed=hashed) for one in listed]
    return told


async def _mark(content: Content, *, hashed: bool) -> Json:
    mark: Json = {"bytes": content.size}
    if hashed:
        mark["sha256"] = await asyncio.to_thread(_digest, content)
    return mark


def _digest(content: Content) -> str:
    made = hashlib.sha256()
    for piece in content.pieces():
        made.update(piece)
    return made.hexdigest()


async def serve_embedding_models(exchange: Exchange) -> None:
    """GET /v1/embeddings."""
    await _listed(exchange, Kind.EMBEDDING)


async def serve_image_models(exchange: Exchange) -> None:
    """GET /v1/images/generations."""
    await _listed(exchange, Kind.IMAGE)


async def _listed(exchange: Exchange, kind: Kind) -> None:
    snapshot, home = exchange.snapshot, None
    if "provider" in exchange.params:
        asked = PINNED.asked({"model": "any"}, exchange.params, snapshot).model
        home = snapshot.prefixes[asked.partition("/")[0]]
    entries = [
        described(entry)
        for entry in visible(snapshot, exchange.key, snapshot.others)
        if entry.kind is kind and (home is None or snapshot.prefixes.get(entry.owned_by) == home)
    ]
    await answer(exchange, {"object": "list", "data": entries})
