"""GraphQL over HTTP: one operation by POST or GET, live ones as an event stream, and the query page for browsers."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qsl

from graphql import OperationType
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from omniroute.edge.admission import Caller, Credentials, Policy, admit, presented
from omniroute.edge.bodies import received
from omniroute.edge.origin import address_of
from omniroute.edge.recorded import recorded
from omniroute.edge.rim import JSON, REQUEST_ID, answer
from omniroute.graphql.admitted import Check, Seats, until_refused
from omniroute.graphql.context import Context
from omniroute.graphql.engine import ONCE, READING, Asking, Engine, Rejected
from omniroute.graphql.errors import masked
from omniroute.graphql.page import PAGE, PAGE_HEADERS
from omniroute.kit.acting import Act
from omniroute.kit.errors import Invalid, NotAllowed, OmniError, UnsupportedMedia
from omniroute.kit.json import BadJson, dumps, loads
from omniroute.kit.tasks import begin, end
from omniroute.services.collection import Services
from omniroute.services.login import Visitor

RESPONSE = "application/graphql-response+json"
EVENTS = "text/event-stream"
_HEARTBEAT_S = 15.0


def context_of(services: Services, connection: HTTPConnection, caller: Caller, request_id: str) -> Context:
    """Return what the resolvers of one operation have at hand."""
    address = address_of(connection, services.reach)
    agent = connection.headers.get("user-agent", "")
    visitor = Visitor(address=address, user_agent=agent, operator=caller.operator)
    return Context(services=services, caller=caller, visitor=visitor, request_id=request_id)


class View:
    """The endpoint for HTTP."""

    def __init__(self, services: Services, engine: Engine, seats: Seats) -> None:
        self._services = services
        self._engine = engine
        self._seats = seats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection = HTTPConnection(scope)
        if scope["method"] == "GET" and not scope["query_string"] and "text/html" in _accept(connection):
            await answer(PAGE, send, status=200, media="text/html; charset=utf-8", headers=PAGE_HEADERS.items())
            return
        try:
            await self._serve(scope, connection, receive, send)
        except OmniError as error:
            headers = {"allow": "GET, POST"} if isinstance(error, NotAllowed) else {}
            if error.status == 401:  # noqa: PLR2004 - RFC 9110 asks for the header with this status
                headers["www-authenticate"] = 'Bearer realm="omniroute"'
            if error.status >= 500:  # noqa: PLR2004 - told as all surfaces tell it, and logged
                raise
            body = dumps({"errors": masked([error], scope[REQUEST_ID])})
            await answer(body, send, status=error.status, media=_media(connection), headers=headers.items())

    async def _serve(self, scope: Scope, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "POST"}:
            raise NotAllowed(f"{scope['method']} is not possible here: use POST")
        credentials = presented(connection)
        caller = await self._admitted(scope, connection, credentials)
        by_post = scope["method"] == "POST"
        asking = await self._posted(connection, receive) if by_post else _queried(scope["query_string"])
        context = context_of(self._services, connection, caller, scope[REQUEST_ID])
        if EVENTS in _accept(connection):

            async def check() -> Caller:
                return await admit(self._services, Policy.ADMIN, connection, credentials)

            allowed = frozenset(OperationType) if by_post else READING
            with self._seats.taken(caller.name):
                await _Stream(self._engine, self._services, receive, send).run(asking, context, check, allowed)
            return
        allowed = ONCE if by_post else frozenset({OperationType.QUERY})
        result = await self._engine.execute(asking, context, allowed)
        media = _media(connection)
        status = 400 if media == RESPONSE and "data" not in result else 200
        await answer(dumps(result), send, status=status, media=media)

    async def _admitted(self, scope: Scope, connection: HTTPConnection, credentials: Credentials) -> Caller:
        act = Act(
            kind="nobody",
            surface="graphql",
            address=address_of(connection, self._services.reach),
            request_id=scope[REQUEST_ID],
            operation="graphql",
        )
        async with recorded(self._services.audit, act, changes=False):
            return await admit(self._services, Policy.ADMIN, connection, credentials)

    async def _posted(self, connection: HTTPConnection, receive: Receive) -> Asking:
        media = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != JSON:
            raise UnsupportedMedia(f"send the operation as {JSON}")
        raw = await received(connection, receive, self._services.reach)
        try:
            return asking_of(loads(raw))
        except BadJson as error:
            raise Invalid(f"the body must be JSON: {error}", code="invalid_json") from None


class _Stream:
    """An operation's responses as server-sent events (graphql-sse, distinct connections)."""

    def __init__(self, engine: Engine, services: Services, receive: Receive, send: Send) -> None:
        self._engine = engine
        self._services = services
        self._receive = receive
        self._send = send

    async def run(self, asking: Asking, context: Context, check: Check, allowed: Collection[OperationType]) -> None:
        """Send events until the operation, the client's patience or its admission ends."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        ends = [begin(self._events(asking, context, check, allowed)), begin(self._gone())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(ends)
        await self._send({"type": "http.response.body", "body": b"event: complete\ndata:\n\n"})

    async def _events(self, asking: Asking, context: Context, check: Check, allowed: Collection[OperationType]) -> None:
        stream = self._engine.stream(asking, context, allowed)
        try:
            async with aclosing(until_refused(stream, self._services, check, silent_s=_HEARTBEAT_S)) as bodies:
                async for body in bodies:
                    await self._write(b":\n\n" if body is None else b"event: next\ndata: " + body + b"\n\n")
        except (Rejected, OmniError) as error:
            errors = error.errors if isinstance(error, Rejected) else masked([error], context.request_id)
            await self._write(b"event: next\ndata: " + dumps({"errors": errors}) + b"\n\n")

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _write(self, piece: bytes) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})


def asking_of(body: object) -> Asking:
    """Read an operation from its JSON; raise Invalid."""
    if isinstance(body, list):
        raise Invalid("send one operation a request: batches are not taken", code="no_batches")
    if not isinstance(body, Mapping):
        raise Invalid("send a JSON object with query, and variables where the operation has some")
    document, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(document, str) or not document.strip():
        raise Invalid("query: the operation's document is missing", param="query")
    if variables is not None and not isinstance(variables, Mapping):
        raise Invalid("variables: a JSON object is expected", param="variables")
    if name is not None and not isinstance(name, str):
        raise Invalid("operationName: a name is expected", param="operationName")
    return Asking(document=document, variables=variables or {}, operation=name or None)


def _queried(query_string: bytes) -> Asking:
    given: dict[str, Any] = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))
    try:
        given["variables"] = loads(given["variables"]) if given.get("variables") else None
    except BadJson as error:
        raise Invalid(f"variables: must be JSON: {error}", param="variables") from None
    return asking_of(given)


def _accept(connection: HTTPConnection) -> str:
    return connection.headers.get("accept", "").lower()


def _media(connection: HTTPConnection) -> str:
    return RESPONSE if RESPONSE in _accept(connection) else JSON
