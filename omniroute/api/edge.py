"""The rim of the management surface: every answer gets its id and its headers, every failure becomes JSON."""

import math
import re
from collections.abc import Iterable, Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omniroute.api.operation import JSON
from omniroute.api.shapes import write_error
from omniroute.kit.errors import OmniError
from omniroute.kit.ids import new_id

log = structlog.get_logger(__name__)

REQUEST_ID = "omniroute.request_id"

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
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
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in _FIXED.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.debug("client went away", request_id=request_id)
        except Exception as error:
            # The rim: whatever went wrong is answered in one shape, and what should not have, is logged in full.
            if has_begun:
                raise
            await answer_error(_known(error, request_id), scope, send_with_headers)


def _known(error: Exception, request_id: str) -> OmniError:
    """Return an error that a caller may hear of."""
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


def _request_id(scope: Scope) -> str:
    """Return the client's own id where it is one that can stand in logs and headers, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else new_id("req")
