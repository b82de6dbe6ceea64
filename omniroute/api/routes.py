"""The operation table as an ASGI application: find the path, ask the policy, read, call one handler, write."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.requests import HTTPConnection
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from omniroute.api.operation import Call, Described, Operation, Reply, expanded
from omniroute.api.shapes import read, read_query, write
from omniroute.api.table import OPERATIONS
from omniroute.edge.admission import Policy, admit, presented
from omniroute.edge.bodies import received
from omniroute.edge.origin import address_of, is_secure
from omniroute.edge.rim import JSON, Edge, answer, answer_error
from omniroute.kit.errors import Invalid, NotAllowed, NotFound, UnsupportedMedia
from omniroute.kit.json import dumps
from omniroute.services.collection import Services
from omniroute.services.login import Visitor
from omniroute.services.reach import Reach

# Ids in paths are made here or in the catalogue; anything else is not found without asking the database.
_PARAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def build_api(services: Services, operations: Sequence[Operation] = OPERATIONS) -> ASGIApp:
    """Return the management surface; raise TypeError when an operation declares no policy."""
    paths: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in expanded(operations):
        if not isinstance(operation.policy, Policy):
            raise TypeError(f"{operation.method} {operation.path} declares no policy")
        if operation.handler is not None:
            paths[operation.path][operation.method] = operation
    # The first that fits counts: what is spelled out goes before what takes any id.
    routes = [Route(path, _Path(services, paths[path])) for path in sorted(paths, key=lambda path: "{" in path)]
    return Edge(Router(routes, redirect_slashes=False, default=_nothing_here))


async def _nothing_here(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NotFound("there is no such path: see /openapi.json")


class _Path:
    """Everything at one path, by method."""

    def __init__(self, services: Services, by_method: Mapping[str, Operation]) -> None:
        self._services = services
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
        await _serve(self._services, operation, scope, receive, send)


async def _serve(services: Services, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
    connection = HTTPConnection(scope)
    credentials = presented(connection)
    caller = await admit(services, operation.policy, connection, credentials)
    address = address_of(connection, services.reach)
    call: Call[object, object] = Call(
        params=_params(scope["path_params"]),
        query=_query(scope["query_string"], operation.query),
        body=await _body(operation, connection, receive, services.reach),
        visitor=Visitor(address=address, user_agent=connection.headers.get("user-agent", ""), operator=caller.operator),
        credentials=credentials,
        is_secure=is_secure(connection, services.reach),
    )
    if operation.handler is None:
        raise NotFound("the data plane serves this operation")
    result = await operation.handler(services, call)
    reply = result if isinstance(result, Reply) else Reply(value=result)
    status = reply.status or operation.status
    await answer(_written(reply, operation), send, status=status, media=operation.media, headers=reply.headers.items())


def _written(reply: Reply, operation: Operation) -> bytes:
    if operation.media != JSON:
        return str(reply.value).encode()
    return dumps(reply.value) if isinstance(operation.answer, Described) else write(reply.value, operation.answer)


def _params(found: Mapping[str, str]) -> Mapping[str, str]:
    for value in found.values():
        if not _PARAM.fullmatch(value):
            raise NotFound("there is nothing with this id")
    return found


def _query(text: bytes, kind: type | None) -> object:
    return None if kind is None else read_query(parse_qsl(text.decode("latin-1"), keep_blank_values=True), kind)


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
