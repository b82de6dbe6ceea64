"""The data plane's paths, on one screen, and the raw ASGI application that serves them.

The path decides the format of everything said on it, errors included.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from omniroute.formats.events import Fault
from omniroute.formats.hub import Format
from omniroute.formats.table import CODECS
from omniroute.gateway.operations import ROWS
from omniroute.gateway.pipeline import fault_of
from omniroute.gateway.reply import error_answer
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit.addresses import Network, client_address
from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotAllowed, NotFound, OmniError
from omniroute.kit.ids import new_id
from omniroute.upstream.endpoints import Purpose
from omniroute.v1 import doors, lists
from omniroute.v1.asgi import AsgiClient, Receive, Scope, Send
from omniroute.v1.callers import identify
from omniroute.v1.chat import Chat, Exchange
from omniroute.v1.counts import Counts
from omniroute.v1.doors import Door
from omniroute.v1.media import Media, serve_embedding_models, serve_image_models
from omniroute.v1.stored import Stored

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: method, path (text, or a pattern with named groups), the format spoken, what serves it."""

    method: str
    path: str
    format: Format
    serve: str = "chat"  # a name among DataPlane's handlers
    door: Door | None = None  # for chat


_MODEL = "(?P<model>.+)"
_PROVIDER = "/v1/providers/(?P<provider>[^/]+)"
_RESPONSE = "/v1/responses/(?P<id>[^/]+)"
_GEMINI_VERB = f"{_MODEL}:(?P<action>generateContent|streamGenerateContent)"


def _chat(path: str, form: Format, door: Door) -> Route:
    return Route(method="POST", path=path, format=form, door=door)


def _get(path: str, form: Format, serve: str) -> Route:
    return Route(method="GET", path=path, format=form, serve=serve)


def _ask(path: str, purpose: Purpose) -> Route:
    return Route(method="POST", path=path, format=Format.OPENAI_CHAT, serve=purpose.value)


def _post(path: str, form: Format, serve: str) -> Route:
    return Route(method="POST", path=path, format=form, serve=serve)


ROUTES = (
    _chat("/v1/chat/completions", Format.OPENAI_CHAT, doors.CHAT),
    _chat("/v1/responses", Format.OPENAI_RESPONSES, doors.RESPONSES),
    _chat("/v1/messages", Format.ANTHROPIC, doors.MESSAGES),
    _chat("/v1/api/chat", Format.OLLAMA, doors.OLLAMA),
    _chat("/api/chat", Format.OLLAMA, doors.OLLAMA),
    _chat("/v1/api/generate", Format.OLLAMA, doors.GENERATE),
    _chat("/api/generate", Format.OLLAMA, doors.GENERATE),
    _chat(f"{_PROVIDER}/chat/completions", Format.OPENAI_CHAT, doors.PINNED),
    _ask("/v1/embeddings", Purpose.EMBEDDINGS),
    _get("/v1/embeddings", Format.OPENAI_CHAT, "embedding_models"),
    _ask(f"{_PROVIDER}/embeddings", Purpose.EMBEDDINGS),
    _get(f"{_PROVIDER}/embeddings", Format.OPENAI_CHAT, "embedding_models"),
    _ask("/v1/images/generations", Purpose.IMAGES),
    _get("/v1/images/generations", Format.OPENAI_CHAT, "image_models"),
    _ask(f"{_PROVIDER}/images/generations", Purpose.IMAGES),
    _get(f"{_PROVIDER}/images/generations", Format.OPENAI_CHAT, "image_models"),
    _ask("/v1/images/edits", Purpose.IMAGE_EDITS),
    _ask("/v1/audio/transcriptions", Purpose.TRANSCRIPTIONS),
    _ask("/v1/audio/translations", Purpose.TRANSLATIONS),
    _ask("/v1/audio/speech", Purpose.SPEECH),
    _ask("/v1/moderations", Purpose.MODERATIONS),
    _ask("/v1/rerank", Purpose.RERANK),
    # Google's SDK asks below v1beta, its newest one below v1 too.
    _chat(f"/(?:api/)?v1(?:beta)?/models/{_GEMINI_VERB}", Format.GEMINI, doors.GEMINI),
    _get(_RESPONSE, Format.OPENAI_RESPONSES, "response"),
    Route(method="DELETE", path=_RESPONSE, format=Format.OPENAI_RESPONSES, serve="delete_response"),
    _get(f"{_RESPONSE}/input_items", Format.OPENAI_RESPONSES, "input_items"),
    _post("/v1/messages/count_tokens", Format.ANTHROPIC, "count_anthropic"),
    _post(f"/(?:api/)?v1(?:beta)?/models/{_MODEL}:countTokens", Format.GEMINI, "count_gemini"),
    _get("/v1/models", Format.OPENAI_CHAT, "models"),
    _get(f"/v1/models/{_MODEL}", Format.OPENAI_CHAT, "model"),
    _get("/v1beta/models", Format.GEMINI, "gemini_models"),
    _get("/api/v1beta/models", Format.GEMINI, "gemini_models"),
    _get(f"/(?:api/)?v1beta/models/{_MODEL}", Format.GEMINI, "gemini_model"),
    _get("/api/tags", Format.OLLAMA, "tags"),
    _get("/v1/api/tags", Format.OLLAMA, "tags"),
    _get("/api/version", Format.OLLAMA, "ollama_version"),
    _get("/v1/api/version", Format.OLLAMA, "ollama_version"),
    _post("/api/show", Format.OLLAMA, "show"),
    _post("/v1/api/show", Format.OLLAMA, "show"),
)

_PREFIXES = ("/v1/", "/v1beta/", "/api/v1/", "/api/v1beta/")
_EXACT: Mapping[str, list[Route]] = {
    route.path: [other for other in ROUTES if other.path == route.path] for route in ROUTES if "(" not in route.path
}
_PATTERNS = tuple((re.compile(route.path), route) for route in ROUTES if "(" in route.path)


def is_data_plane(path: str) -> bool:
    """Whether a path is one for AI clients; Ollama's stand beside the management API's."""
    return path.startswith(_PREFIXES) or path in _EXACT


def straightened(path: str) -> str:
    """Return the path that is meant: some clients double the version, some put the API's own prefix before it."""
    if path.startswith("/api/v1/"):
        path = path[4:]
    return path[3:] if path.startswith("/v1/v1/") else path


Handler = Callable[[Exchange], Awaitable[None]]


class DataPlane:
    """Serves AI clients. `snapshot` gives the configuration as it is now."""

    def __init__(
        self,
        *,
        chat: Chat,
        media: Media,
        stored: Stored,
        counts: Counts,
        snapshot: Callable[[], Snapshot],
        clock: Clock,
        cors: "Cors",
        trusted: Sequence[Network],
    ) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._cors = cors
        self._trusted = trusted
        self._handlers: Mapping[str, Handler] = {
            **{purpose.value: partial(media.serve, purpose=purpose) for purpose in ROWS},
            "embedding_models": serve_embedding_models,
            "image_models": serve_image_models,
            "models": lists.serve_models,
            "model": lists.serve_model,
            "gemini_models": lists.serve_gemini_models,
            "gemini_model": lists.serve_gemini_model,
            "tags": lists.serve_tags,
            "ollama_version": lists.serve_version,
            "show": lists.serve_show,
            "response": stored.serve_get,
            "delete_response": stored.serve_delete,
            "input_items": stored.serve_items,
            "count_anthropic": counts.serve_anthropic,
            "count_gemini": counts.serve_gemini,
        }
        self._chat = chat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        client = AsgiClient(receive, send, self._cors.headers(headers.get(b"origin")))
        path = straightened(scope["path"])
        request_id = new_id("req")
        if scope["method"] == "OPTIONS":
            await client.answer(204, [*self._cors.preflight(), (b"x-request-id", request_id.encode())], b"")
            return
        form = format_of(path, scope["method"])
        try:
            snapshot, now_ms = self._snapshot(), self._clock.now_ms()
            address = self._admitted(scope, headers, snapshot, now_ms)
            route, params = find(scope["method"], path)
            query: bytes = scope["query_string"]
            exchange = Exchange(
                path=path,
                query=query,
                headers=headers,
                params=params,
                address=address,
                request_id=request_id,
                started_ms=now_ms,
                key=identify(snapshot, headers, query, now_ms, address),
                snapshot=snapshot,
                receive=receive,
                client=client,
            )
            if route.door is not None:
                await self._chat.serve(exchange, route.door)
            else:
                await self._handlers[route.serve](exchange)
        except OmniError as error:
            await client.answer(*_refusal(form, error, request_id))
        except Exception:
            # The edge: what nobody foresaw is logged, and told without details.
            log.exception("unforeseen error", path=path, request=request_id)
            if client.began:
                raise
            await client.answer(*error_answer(CODECS[form], _unforeseen(request_id), request_id))

    def _admitted(self, scope: Scope, headers: Mapping[bytes, bytes], snapshot: Snapshot, now_ms: int) -> str | None:
        """Return the client's own address; raise Forbidden when the IP filter shuts it out."""
        address = self._address(scope, headers)
        if snapshot.addresses is not None:
            snapshot.addresses.require(address, now_ms)
        return address

    def _address(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """Return the client's own address."""
        peer = scope.get("client")
        if peer is None:
            return None
        host: str = peer[0]
        if b"x-forwarded-for" not in headers:
            return host
        # A proxy may have begun a line of its own.
        told = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        return client_address(host, told.decode("latin-1"), self._trusted)


def _refusal(form: Format, error: OmniError, request_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Spell an error in the client's format."""
    status, fields, body = error_answer(CODECS[form], fault_of(error), request_id)
    if isinstance(error, WrongMethod):
        fields.append((b"allow", error.allowed.encode()))
    return status, fields, body


def _unforeseen(request_id: str) -> Fault:
    return Fault(kind="internal", message=f"Internal error; the log has it as {request_id}.", status=500)


class WrongMethod(NotAllowed):
    """Another method is served here; `allowed` lists them as a header does."""

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method} is not served here; allowed: {allowed}.")
        self.allowed = allowed


def find(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Return the route of a request; raise NotFound or NotAllowed."""
    here = _EXACT.get(path)
    found: list[tuple[Route, Mapping[str, str]]] = [(route, {}) for route in here] if here else []
    if not found:
        found = [(route, match.groupdict()) for pattern, route in _PATTERNS if (match := pattern.fullmatch(path))]
    for route, params in found:
        if route.method == method:
            return route, params
    if found:
        allowed = ", ".join(sorted({route.method for route, _ in found}))
        raise WrongMethod(method, allowed)
    raise NotFound(f"There is nothing at {path}. The AI endpoints are listed in the documentation.", code="not_found")


def format_of(path: str, method: str) -> Format:
    """Return the format in which a path's errors are told, also where there is no route."""
    if method == "POST" and path.startswith("/v1/models/"):
        return Format.GEMINI
    return next((form for start, form in _BY_START if path.startswith(start)), Format.OPENAI_CHAT)


_BY_START = (
    ("/v1/messages", Format.ANTHROPIC),
    ("/v1/responses", Format.OPENAI_RESPONSES),
    ("/v1/api/", Format.OLLAMA),
    ("/v1beta/", Format.GEMINI),
    ("/api/v1beta/", Format.GEMINI),
    ("/api/", Format.OLLAMA),
)


class Cors:
    """Which web pages may call the data plane: any (`*`), or those of the listed origins."""

    def __init__(self, origins: str) -> None:
        self._any = origins.strip() == "*"
        self._origins = frozenset(part.strip().encode() for part in origins.split(",") if part.strip())

    def headers(self, origin: bytes | None) -> list[tuple[bytes, bytes]]:
        """Return what an answer to a page of `origin` carries; nothing without an origin."""
        if origin is None or not (self._any or origin in self._origins):
            return []
        return [
            (b"access-control-allow-origin", b"*" if self._any else origin),
            (b"access-control-expose-headers", b"*"),
            (b"vary", b"origin"),
        ]

    def preflight(self) -> list[tuple[bytes, bytes]]:
        """Return what the answer to a preflight carries besides."""
        return [
            (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
            (b"access-control-allow-headers", b"*, authorization"),
            (b"access-control-max-age", b"86400"),
        ]
