"""The data plane's paths, on one screen, and the raw ASGI application that serves them.

The path decides the format of everything said on it, errors included.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from omniroute.formats.hub import Fault, Format
from omniroute.formats.table import CODECS
from omniroute.gateway.pipeline import fault_of
from omniroute.gateway.reply import error_answer
from omniroute.gateway.snapshot import Snapshot
from omniroute.kit import json
from omniroute.kit.addresses import Network, client_address
from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotAllowed, NotFound, OmniError
from omniroute.kit.ids import new_id
from omniroute.v1 import models
from omniroute.v1.asgi import AsgiClient, Receive, Scope, Send
from omniroute.v1.callers import identify
from omniroute.v1.chat import Chat, Exchange

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: method, path (text, or a pattern with named groups), the format spoken, what serves it."""

    method: str
    path: str
    format: Format
    serve: str  # a name in DataPlane's handlers


ROUTES = (
    Route(method="POST", path="/v1/chat/completions", format=Format.OPENAI_CHAT, serve="chat"),
    Route(method="GET", path="/v1/models", format=Format.OPENAI_CHAT, serve="models"),
    Route(method="GET", path="/v1/models/(?P<model>.+)", format=Format.OPENAI_CHAT, serve="model"),
)

PREFIXES = ("/v1/", "/v1beta/")
_EXACT: Mapping[str, list[Route]] = {
    route.path: [other for other in ROUTES if other.path == route.path] for route in ROUTES if "(" not in route.path
}
_PATTERNS = tuple((re.compile(route.path), route) for route in ROUTES if "(" in route.path)

Handler = Callable[[Exchange], Awaitable[None]]


class DataPlane:
    """Serves AI clients. `snapshot` gives the configuration as it is now."""

    def __init__(
        self, *, chat: Chat, snapshot: Callable[[], Snapshot], clock: Clock, cors: "Cors", trusted: Sequence[Network]
    ) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._cors = cors
        self._trusted = trusted
        self._handlers: Mapping[str, Handler] = {
            "chat": chat.serve,
            "models": _serve_models,
            "model": _serve_model,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        client = AsgiClient(receive, send, self._cors.headers(headers.get(b"origin")))
        path: str = scope["path"]
        request_id = new_id("req")
        if scope["method"] == "OPTIONS":
            await client.answer(204, self._cors.preflight(), b"")
            return
        form = format_of(path)
        try:
            route, params = find(scope["method"], path)
            snapshot = self._snapshot()
            now_ms = self._clock.now_ms()
            query: bytes = scope["query_string"]
            exchange = Exchange(
                form=route.format,
                path=path,
                query=query,
                headers=headers,
                params=params,
                address=self._address(scope, headers),
                request_id=request_id,
                started_ms=now_ms,
                key=identify(snapshot, headers, query, now_ms),
                snapshot=snapshot,
                receive=receive,
                client=client,
            )
            await self._handlers[route.serve](exchange)
        except OmniError as error:
            await client.answer(*error_answer(CODECS[form], fault_of(error), request_id))
        except Exception:
            # The edge: what nobody foresaw is logged, and told without details.
            log.exception("unforeseen error", path=path, request=request_id)
            if client.began:
                raise
            fault = Fault(kind="internal", message=f"Internal error; the log has it as {request_id}.", status=500)
            await client.answer(*error_answer(CODECS[form], fault, request_id))

    def _address(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """Return the client's own address."""
        peer = scope.get("client")
        if peer is None:
            return None
        forwarded = headers.get(b"x-forwarded-for")
        host: str = peer[0]
        return host if forwarded is None else client_address(host, forwarded.decode("latin-1"), self._trusted)


async def _serve_models(exchange: Exchange) -> None:
    await _answer_json(exchange, models.listed(exchange.snapshot))


async def _serve_model(exchange: Exchange) -> None:
    await _answer_json(exchange, models.one(exchange.snapshot, exchange.params["model"]))


async def _answer_json(exchange: Exchange, value: dict[str, Any]) -> None:
    body = json.dumps(value)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", exchange.request_id.encode()),
    ]
    await exchange.client.answer(200, headers, body)


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
        raise NotAllowed(f"{method} is not served here; allowed: {allowed}.")
    raise NotFound(f"There is nothing at {path}. The AI endpoints are listed in the documentation.", code="not_found")


def format_of(path: str) -> Format:
    """Return the format in which a path's errors are told, also where there is no route."""
    for start, form in _BY_START:
        if path.startswith(start):
            return form
    return Format.OPENAI_CHAT


_BY_START = (
    ("/v1/messages", Format.ANTHROPIC),
    ("/v1/responses", Format.OPENAI_RESPONSES),
    ("/v1/api/", Format.OLLAMA),
    ("/api/", Format.OLLAMA),
    ("/v1beta/", Format.GEMINI),
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
