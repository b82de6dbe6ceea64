"""GraphQL over a websocket by graphql-transport-ws: queries and subscriptions; mutations go by POST.

A browser cannot send headers with a websocket, so the credential may also stand in the payload of connection_init. The
socket ends when the key or session behind it does.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, aclosing
from datetime import timedelta
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.unset import UNSET

from omniroute.edge.admission import Caller, Credentials, Policy, admit, presented, refuse_foreign_page
from omniroute.graphql.admitted import Seats, refusal
from omniroute.graphql.engine import Engine, Rejected
from omniroute.graphql.errors import masked
from omniroute.graphql.view import asking_of, context_of
from omniroute.kit.errors import OmniError, Unauthenticated
from omniroute.kit.ids import new_id
from omniroute.kit.json import BadJson, dumps, loads
from omniroute.kit.secret import Secret
from omniroute.services.collection import Services

log = structlog.get_logger(__name__)

MOST_OPERATIONS = 20
_INIT_WAIT = timedelta(seconds=10)
_UNAUTHORIZED, _BAD_MESSAGE, _TOO_MANY = 4401, 4400, 4429


class Sockets:
    """The endpoint for websockets."""

    def __init__(self, services: Services, engine: Engine, sockets: Seats, subscriptions: Seats) -> None:
        self.services = services
        self.engine = engine
        self.sockets = sockets
        self.subscriptions = subscriptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end."""
        socket = WebSocket(scope, receive, send)
        credentials = presented(socket)
        try:
            if credentials.key is None:
                refuse_foreign_page(socket.headers, self.services.reach.public_url)
        except OmniError:
            await socket.close()
            return
        if GRAPHQL_TRANSPORT_WS_PROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable: use graphql-transport-ws")
            return
        await socket.accept(subprotocol=GRAPHQL_TRANSPORT_WS_PROTOCOL)
        with ExitStack() as held:
            session = _Session(self, socket, credentials, held)
            await session.run()


class _Session:
    """One socket: who is behind it, and what strawberry's protocol handler asks of its surroundings."""

    def __init__(self, of: Sockets, socket: WebSocket, credentials: Credentials, held: ExitStack) -> None:
        self.of = of
        self.socket = socket
        self.caller: Caller | None = None
        self.connection_params: Mapping[str, object] = {}  # where the handler puts the payload of connection_init
        self._credentials = credentials
        self._held = held
        self._admitted = asyncio.Event()

    async def run(self) -> None:
        """Serve until either side ends it."""
        handler = _Handler(
            view=self,  # type: ignore[arg-type]  # all that the handler uses of it is here
            websocket=self,  # type: ignore[arg-type]  # as above
            context=self,
            root_value=None,
            schema=None,  # type: ignore[arg-type]  # run_operation, which would use it, is ours
            connection_init_wait_timeout=_INIT_WAIT,
            max_subscriptions_per_connection=MOST_OPERATIONS,
        )
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch())
            try:
                await handler.handle()
            finally:
                watch.cancel()

    async def on_ws_connect(self, _context: object) -> object:
        """Admit the caller, by the payload's key if it has one."""
        key = _key_in(self.connection_params)
        if key is not None:
            self._credentials = Credentials(session=None, key=key)
        try:
            self.caller = await self.check()
            self._held.enter_context(self.of.sockets.taken(self.caller.name))
        except OmniError as error:
            code = _UNAUTHORIZED if isinstance(error, Unauthenticated) else 4403
            await self.close(_TOO_MANY if error.status == 429 else code, error.message)  # noqa: PLR2004 - TooMany
            raise WebSocketDisconnected from None
        self._admitted.set()
        return UNSET

    async def check(self) -> Caller:
        """Return who is behind the socket; raise when nobody is, any more."""
        return await admit(self.of.services, Policy.ADMIN, self.socket, self._credentials)

    async def _watch(self) -> None:
        """Close the socket when its caller is not admitted any more."""
        await self._admitted.wait()
        error = await refusal(self.of.services, self.check)
        await self.close(_UNAUTHORIZED, error.message)

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002 - the handler's interface
        """Give the client's messages; close on one that is none."""
        while self.socket.application_state is not WebSocketState.DISCONNECTED:
            try:
                message = _message(await self.socket.receive_text())
            except WebSocketDisconnect:
                return
            except (BadJson, KeyError):
                await self.close(_BAD_MESSAGE, "a message must be a JSON object as graphql-transport-ws has them")
                return
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send one of the protocol's own messages."""
        await self.send(dumps(message).decode())

    async def send(self, text: str) -> None:
        """Send a text; raise WebSocketDisconnected when nobody hears it."""
        try:
            await self.socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as gone:
            raise WebSocketDisconnected from gone

    async def close(self, code: int, reason: str) -> None:
        """Close, if it is open."""
        if self.socket.application_state is not WebSocketState.DISCONNECTED:
            await self.socket.close(code, reason.encode()[:120].decode(errors="ignore"))


class _Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """The protocol, with operations run by our own engine."""

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Run one operation to its end."""
        session: _Session = self.context
        assert session.caller is not None  # noqa: S101 - the handler refuses operations before the acknowledgement
        context = context_of(session.of.services, session.socket, session.caller, new_id("req"))
        try:
            asking = asking_of(
                {"query": operation.query, "variables": operation.variables, "operationName": operation.operation_name}
            )
            with session.of.subscriptions.taken(session.caller.name):
                head = '{"id":' + dumps(operation.id).decode() + ',"type":"next","payload":'
                async with aclosing(session.of.engine.stream(asking, context)) as stream:
                    async for body in stream:
                        await session.send(f"{head}{body.decode()}}}")
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except (Rejected, OmniError) as error:
            errors = error.errors if isinstance(error, Rejected) else masked([error], context.request_id)
            refused: Any = {"id": operation.id, "type": "error", "payload": errors}
            await operation.send_operation_message(refused)
        except WebSocketDisconnected:
            self.operations.pop(operation.id, None)


def _message(text: str) -> object:
    """Read a message; raise BadJson or KeyError when it is not of the protocol's shape."""
    message = loads(text)
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise KeyError("type")
    if message["type"] in {"subscribe", "complete"} and not isinstance(message.get("id"), str):
        raise KeyError("id")
    if message["type"] == "subscribe" and not isinstance(message.get("payload"), dict):
        raise KeyError("payload")
    return message


def _key_in(payload: Mapping[str, object]) -> Secret | None:
    """Return the key that connection_init carries, under any of the names that clients use."""
    lowered = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
    for name in ("authorization", "x-api-key", "apikey"):
        text = lowered.get(name, "").strip()
        text = text[len("bearer ") :].strip() if text.lower().startswith("bearer ") else text
        if text:
            return Secret(text)
    return None
