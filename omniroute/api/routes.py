"""The operation table as an ASGI application: find the path, ask the policy, read, call one handler, write."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl

from pydantic.alias_generators import to_camel
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from omniroute.api.files import received_file, send_file
from omniroute.api.operation import FILES, ID_PATTERN, Call, Described, Operation, Reply, edited, expanded
from omniroute.api.shapes import NoQuery, read, read_query, write
from omniroute.api.table import OPERATIONS
from omniroute.api.versions import Versions
from omniroute.edge.admission import Policy, admit, presented
from omniroute.edge.bodies import received
from omniroute.edge.origin import address_of, is_secure
from omniroute.edge.recorded import identify, recorded
from omniroute.edge.rim import JSON, REQUEST_ID, Edge, answer, answer_error
from omniroute.kit.acting import Act
from omniroute.kit.errors import Invalid, NotAllowed, NotFound, UnsupportedMedia
from omniroute.kit.json import dumps
from omniroute.services.collection import Services
from omniroute.services.login import Visitor
from omniroute.services.reach import Reach

_PARAM = re.compile(ID_PATTERN)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def build_api(services: Services, operations: Sequence[Operation] = OPERATIONS) -> ASGIApp:
    """Return the management surface; raise TypeError when an operation declares no policy."""
    paths: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in expanded(operations):
        if not isinstance(operation.policy, Policy):
            raise TypeError(f"{operation.method} {operation.path} declares no policy")
        if operation.handler is not None:
            paths[operation.path][operation.method] = operation
    # A path's own name wins over one that only has its shape.
    in_order = sorted(paths.items(), key=lambda item: item[0].count("{"))
    tagged, versions = edited(expanded(operations)), Versions()
    routes = [
        Route(path, _Path(services, by_method, versions if path in tagged else None)) for path, by_method in in_order
    ]
    return Edge(Router(routes, redirect_slashes=False, default=_nothing_here))


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NotFound("there is no such path: see /openapi.json")


class _Path:
    """Everything at one path, by method."""

    def __init__(
        self, services: Services, by_method: Mapping[str, Operation], versions: Versions | None = None
    ) -> None:
        self._services = services
        self._versions = versions
        self._by_method = dict(by_method)
        if "GET" in by_method:
            self._by_method["HEAD"] = by_method["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._by_method.get(scope["method"])
        if operation is None:
            allowed = ", ".join(sorted(self._by_method))
            error = NotAllowed(f"{scope['method']} is not possible here: use {allowed}")
            await answer_error(error, scope, send, {"allow": allowed})
            return
        act = Act(
            kind="nobody",
            surface="rest",
            address=address_of(HTTPConnection(scope), self._services.reach),
            request_id=scope[REQUEST_ID],
            operation=operation.id,
            target=":".join(scope["path_params"].values()) or None,
        )
        async with recorded(self._services.audit, act, changes=operation.method not in _SAFE):
            call = await _read(self._services, operation, scope, receive, act)
            if operation.media in FILES:
                await _downloaded(self._services, operation, call, scope, send)
                return
            reply, body = await self._reply(operation, call, scope, receive)
        await _answer(operation, reply, body, send)

    async def _reply(
        self, operation: Operation, call: Call[object, object], scope: Scope, receive: Receive
    ) -> tuple[Reply, bytes]:
        if operation.uploads:
            async with received_file(HTTPConnection(scope), receive, self._services.reach) as upload:
                return await _done(self._services, operation, replace(call, body=upload))
        if self._versions is None:
            return await _done(self._services, operation, call)
        return await self._versioned(self._versions, operation, call, scope)

    async def _versioned(
        self, versions: Versions, operation: Operation, call: Call[object, object], scope: Scope
    ) -> tuple[Reply, bytes]:
        """Serve what carries an ETag: a change waits for the one before it, and is held against If-Match."""
        shown = self._by_method["GET"]
        if operation.method in {"GET", "HEAD"}:
            reply, body = await _done(self._services, shown, call)
            present = body
        else:
            look = replace(call, body=None, query=_looked_at(scope["query_string"], operation, shown))
            async with versions.changing:
                wanted = Headers(scope=scope).get("if-match")
                if wanted is not None:
                    _, present = await _done(self._services, shown, look)
                    versions.require(wanted, present, shown.volatile)
                reply, body = await _done(self._services, operation, call)
                # A change may answer with something else than reading does; the version is that of what is read.
                is_same = operation.answer is shown.answer and shown.query is None
                present = body
                if operation.method != "DELETE" and not is_same:
                    _, present = await _done(self._services, shown, look)
        if operation.method != "DELETE":
            reply = replace(reply, headers={**reply.headers, "etag": versions.tag(present, shown.volatile)})
        return reply, body


async def _read(
    services: Services, operation: Operation, scope: Scope, receive: Receive, act: Act
) -> Call[object, object]:
    """Admit a request and read it."""
    connection = HTTPConnection(scope)
    credentials = presented(connection)
    caller = await admit(services, operation.policy, connection, credentials)
    if operation.policy is Policy.ADMIN:
        identify(act, caller)
    address = address_of(connection, services.reach)
    scheme = "https" if is_secure(connection, services.reach) else "http"
    return Call(
        params=_params(scope["path_params"]),
        query=_query(scope["query_string"], operation),
        body=await _body(operation, connection, receive, services.reach),
        visitor=Visitor(address=address, user_agent=connection.headers.get("user-agent", ""), operator=caller.operator),
        credentials=credentials,
        is_secure=is_secure(connection, services.reach),
        key_id=None if caller.key is None else caller.key.id,
        base_url=f"{scheme}://{connection.headers.get('host', 'localhost')}",
    )


async def _downloaded(
    services: Services, operation: Operation, call: Call[object, object], scope: Scope, send: Send
) -> None:
    """Send the file that the handler makes."""
    if operation.handler is not None:
        made: Any = await operation.handler(services, call)
        await send_file(made, operation.media, send, whole=scope["method"] != "HEAD")


async def _done(services: Services, operation: Operation, call: Call[object, object]) -> tuple[Reply, bytes]:
    """Call the handler and write what it returns."""
    if operation.handler is None:
        raise NotFound("the data plane serves this operation")
    result = await operation.handler(services, call)
    reply = result if isinstance(result, Reply) else Reply(value=result)
    return reply, _written(reply, operation)


async def _answer(operation: Operation, reply: Reply, body: bytes, send: Send) -> None:
    status = reply.status or operation.status
    await answer(body, send, status=status, media=operation.media, headers=reply.headers.items())


def _written(reply: Reply, operation: Operation) -> bytes:
    if operation.media != JSON:
        return str(reply.value).encode()
    return dumps(reply.value) if isinstance(operation.answer, Described) else write(reply.value, operation.answer)


def _params(found: Mapping[str, str]) -> Mapping[str, str]:
    for value in found.values():
        if not _PARAM.fullmatch(value):
            raise NotFound("there is nothing with this id")
    return found


def _query(text: bytes, operation: Operation) -> object:
    if operation.query is None and operation.policy is not Policy.ADMIN:
        return None  # Probes and links from elsewhere carry parameters of their own.
    pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True)
    found = read_query(pairs, operation.query or NoQuery)
    return None if operation.query is None else found


def _looked_at(text: bytes, operation: Operation, shown: Operation) -> object:
    """Return the query with which reading shows what a change is about: what both of them know of it."""
    if shown.query is None or operation.query is None:
        return None if shown.query is None else shown.query()
    known = {to_camel(one.name) for one in fields(shown.query)}
    return read_query([one for one in parse_qsl(text.decode("latin-1")) if one[0] in known], shown.query)


async def _body(operation: Operation, connection: HTTPConnection, receive: Receive, reach: Reach) -> object:
    kind = operation.body
    if not isinstance(kind, type):
        return None
    media = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media and media != JSON:
        raise UnsupportedMedia(f"send the body as {JSON}, not as {media!r}")
    raw = await received(connection, receive, reach)
    if not raw and not operation.needs_body:
        return kind()
    if not raw:
        raise Invalid("a JSON body is expected", code="invalid_json")
    if not media:
        raise UnsupportedMedia(f"say what the body is: Content-Type: {JSON}")
    return read(raw, kind)
