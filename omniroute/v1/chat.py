"""One handler for chat requests of every format: who calls, what is asked, then the gateway."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from omniroute.formats.codec import Codec
from omniroute.formats.hub import Format
from omniroute.formats.state import holds_marked
from omniroute.gateway.call import Call, Origin
from omniroute.gateway.pipeline import Pipeline
from omniroute.gateway.session import MAX_SESSION
from omniroute.gateway.snapshot import Snapshot
from omniroute.gateway.ticket import CacheControl, RepeatKey
from omniroute.kit import json
from omniroute.kit.errors import Invalid
from omniroute.services.policy_terms import LONGEST_TAG
from omniroute.storage.rows import KeyRow
from omniroute.v1.asgi import AsgiClient, Receive, read_body
from omniroute.v1.doors import Door

_MAX_AGENT = 256
_MAX_KEY = 256


class Exchange(Struct, kw_only=True):
    """A request's head, read once, who sent it, and how to answer. `params` are what the route found in the path."""

    path: str
    query: bytes
    headers: dict[bytes, bytes]
    params: Mapping[str, str]
    address: str | None
    request_id: str
    started_ms: int
    key: KeyRow | None
    snapshot: Snapshot
    receive: Receive
    client: AsgiClient


# The headers of an Anthropic client that its upstream of the same format needs too.
_FORWARDED = (b"anthropic-beta", b"anthropic-version")
_TRUE = b"true"
MAX_TAGS = 16


class Chat:
    """Serves chat in the format that the path names."""

    def __init__(self, pipeline: Pipeline, *, max_body_bytes: int) -> None:
        self._pipeline = pipeline
        self._max_body_bytes = max_body_bytes

    async def serve(self, exchange: Exchange, door: Door) -> None:
        """Answer one chat request."""
        headers = exchange.headers
        codec = door.codec(exchange.params, exchange.query)
        call = begun(exchange, codec)
        call.session = session_named(headers)
        call.strict = headers.get(b"x-omniroute-strict", b"").lower() == _TRUE
        call.progress = headers.get(b"x-omniroute-progress", b"").lower() == _TRUE
        call.cache_control = cache_control(headers)
        call.repeat = repeat_key(headers)
        if codec.format is Format.ANTHROPIC:
            call.forwarded = forwarded(headers)

        async def load(call: Call) -> None:
            text = await read_body(headers, exchange.receive, self._max_body_bytes)
            call.body = parse(text)
            call.foreign_state = holds_marked(text)
            call.tags = tags_in(headers)
            asked = door.asked(call.body, exchange.params, exchange.snapshot)
            call.model, call.stream = asked.model, asked.stream

        await self._pipeline.serve(call, exchange.snapshot, load, exchange.client)


def begun(exchange: Exchange, codec: Codec) -> Call:
    """Return the call of a request whose body is not read yet."""
    headers = exchange.headers
    origin = Origin(path=exchange.path, address=exchange.address, user_agent=agent_of(headers), key=exchange.key)
    call = Call(id=exchange.request_id, codec=codec, origin=origin, started_ms=exchange.started_ms)
    call.headers = headers
    return call


def parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object, or say what is wrong with the bytes."""
    if not body:
        raise Invalid("The body is empty: send a JSON object.")
    try:
        value = json.loads(body)
    except json.BadJson as error:
        raise Invalid(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise Invalid(f"The body must be a JSON object, not {type(value).__name__}.")
    return value


def forwarded(headers: dict[bytes, bytes]) -> dict[str, str]:
    """Return the headers of an Anthropic client that its upstream of the same format gets."""
    return {name.decode(): value.decode("latin-1") for name in _FORWARDED if (value := headers.get(name))}


def session_named(headers: dict[bytes, bytes]) -> str | None:
    """Return the name that the client gave its conversation, cut to what is remembered."""
    name = headers.get(b"x-session-id")
    return None if not name else name.decode("latin-1")[:MAX_SESSION]


def tags_in(headers: dict[bytes, bytes]) -> tuple[str, ...]:
    """Return the tags that a request names; raise Invalid on what is none."""
    value = headers.get(b"x-omniroute-tags")
    return () if value is None else tags_of(value)


def tags_of(value: bytes) -> tuple[str, ...]:
    """Return the tags that a request names; raise Invalid on too many, or on one that is no tag."""
    tags = tuple(dict.fromkeys(tag for part in value.decode("latin-1").split(",") if (tag := part.strip())))
    if len(tags) > MAX_TAGS:
        raise Invalid(f"X-OmniRoute-Tags: {MAX_TAGS} tags at most, and here are {len(tags)}.", code="bad_tags")
    for tag in tags:
        if len(tag) > LONGEST_TAG or not (tag.isascii() and tag.isprintable()):
            words = f"X-OmniRoute-Tags: a tag has at most {LONGEST_TAG} printable ASCII characters."
            raise Invalid(words, code="bad_tags")
    return tags


def agent_of(headers: dict[bytes, bytes]) -> str | None:
    """Return the client's name for itself, cut to what the log holds."""
    agent = headers.get(b"user-agent")
    return None if agent is None else agent.decode("latin-1")[:_MAX_AGENT]


def cache_control(headers: dict[bytes, bytes]) -> CacheControl:
    """Read what a request says of the answer cache: HTTP's own words, or ours."""
    if headers.get(b"x-omniroute-no-cache", b"").strip().lower() == _TRUE:
        return CacheControl.BYPASS
    told = headers.get(b"cache-control")
    if told is None:
        return CacheControl.USE
    words = {word.strip() for word in told.lower().split(b",")}
    if b"no-store" in words:
        return CacheControl.BYPASS
    return CacheControl.REFRESH if b"no-cache" in words or b"max-age=0" in words else CacheControl.USE


def repeat_key(headers: dict[bytes, bytes]) -> RepeatKey | None:
    """Return the key by which the client knows its request again; what is too long to be one is none."""
    strict = headers.get(b"idempotency-key")
    value = strict or headers.get(b"x-request-id")
    if not value or len(value) > _MAX_KEY:
        return None
    return RepeatKey(value=value.decode("latin-1"), strict=bool(strict))
