"""The IP filter before a management surface, pages and sockets included: whoever may not call is told so, and no more.

Plain ASGI, so that a process without such a surface loads nothing for it.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from omniroute.kit.addresses import Network, client_address
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Forbidden
from omniroute.kit.ids import new_id
from omniroute.kit.json import dumps
from omniroute.routing.addresses import AddressFilter

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

_POLICY_VIOLATION = 1008


class Guarded:
    """Wraps an application. `addresses` gives the filter as it is now, None while it is off."""

    def __init__(
        self, app: _App, *, addresses: Callable[[], AddressFilter | None], trusted: Sequence[Network], clock: Clock
    ) -> None:
        self._app = app
        self._addresses = addresses
        self._trusted = trusted
        self._clock = clock

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        addresses = self._addresses()
        if addresses is not None and scope["type"] in {"http", "websocket"}:
            try:
                addresses.require(self._address(scope), self._clock.now_ms())
            except Forbidden as error:
                await _refuse(error, scope, send)
                return
        await self._app(scope, receive, send)

    def _address(self, scope: _Scope) -> str:
        peer = scope.get("client")
        told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return client_address(peer[0] if peer else None, ",".join(told), self._trusted)


async def _refuse(error: Forbidden, scope: _Scope, send: _Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    request_id = new_id("req")
    body = dumps({"error": {"code": error.error_code, "message": error.message, "requestId": request_id}})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
