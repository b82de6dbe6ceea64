"""The rim of the management surfaces: every answer gets its id and its headers, every failure becomes JSON."""

import math
import re
from collections.abc import Iterable, Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omniroute.kit.errors import FieldFault, OmniError, Unavailable
from omniroute.kit.ids import new_id
from omniroute.kit.json import dumps

log = structlog.get_logger(__name__)

JSON = "application/json"
REQUEST_ID = "omniroute.request_id"

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DATABASE = "database_unavailable"
_SHORT = 64 * 1024
_FIXED = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Edge:
    """Wraps the routes; a pure ASGI application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope[REQUEST_ID] = request_id
        exchange = _Exchange(scope, receive, send, request_id)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            log.debug("client went away", request_id=request_id)
        except Exception as error:
            # The rim: whatever went wrong is answered in one shape, and what should not have, is logged in full.
            if exchange.has_begun:
                raise
            await answer_error(known(error, request_id), scope, exchange.send)


class _Exchange:
    """One request and its answer on their way through."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._has_rest = _may_be_long(Headers(scope=scope))
        self.has_begun = False

    async def receive(self) -> Message:
        """Hand a piece of the request on."""
        message = await self._receive()
        if not message.get("more_body", False):
            self._has_rest = False
        return message

    async def send(self, message: Message) -> None:
        """Hand a piece of the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._request_id
            for name, value in _FIXED.items():
                headers.setdefault(name, value)
            if self._has_rest:
                # What nobody will read must not keep coming.
                headers["connection"] = "close"
        await self._send(message)


def _may_be_long(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdecimal() or int(length) > _SHORT


def known(error: Exception, request_id: str) -> OmniError:
    """Return an error that a caller may hear of."""
    if isinstance(error, Unavailable) and error.error_code == _DATABASE:
        # The driver's words may hold names and addresses, and anyone can hear them.
        log.warning("database unavailable", request_id=request_id, reason=error.message)
        message = "the database does not answer: the gateway's log says why"
        return Unavailable(message, code=_DATABASE, retry_after_s=error.retry_after_s)
    if isinstance(error, OmniError) and type(error).status != OmniError.status:
        return error
    log.error("request failed", request_id=request_id, exc_info=error)
    return OmniError("the gateway failed: its log says why, under this request id")


async def answer_error(error: OmniError, scope: Scope, send: Send, headers: Mapping[str, str] | None = None) -> None:
    """Answer with an error."""
    extra = dict(headers or {})
    if error.retry_after_s is not None:
        extra["retry-after"] = str(math.ceil(error.retry_after_s))
    if error.status == 401:  # noqa: PLR2004 - RFC 9110 asks for the header with this status
        extra["www-authenticate"] = 'Bearer realm="omniroute"'
    await answer(write_error(error, scope[REQUEST_ID]), send, status=error.status, media=JSON, headers=extra.items())


async def answer(body: bytes, send: Send, *, status: int, media: str, headers: Iterable[tuple[str, str]] = ()) -> None:
    """Answer with a whole body."""
    shown = {"content-type": media, "content-length": str(len(body)), **dict(headers)}
    await send({"type": "http.response.start", "status": status, "headers": Headers(shown).raw})
    await send({"type": "http.response.body", "body": body})


def write_error(error: OmniError, request_id: str) -> bytes:
    """Write an error as the management surface words it."""
    details = error.details
    if not details and error.param is not None:
        details = (FieldFault(field=error.param, message=error.message),)
    body: dict[str, object] = {"code": error.error_code, "message": error.message}
    if details:
        body["details"] = [{"field": one.field, "message": one.message} for one in details]
    return dumps({"error": {**body, "requestId": request_id}})


def _request_id(scope: Scope) -> str:
    """Return the client's own id where it is one that can stand in logs and headers, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else new_id("req")
