"""The dashboard as an ASGI application: who may open it, what it is served with, and its start and stop.

NiceGUI has one application a process, so that a process has one dashboard.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from urllib.parse import quote

from nicegui import ui
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omniroute.ui.door import Door, Guest
from omniroute.ui.frame import HOME, show_frame
from omniroute.ui.pages import PLACES
from omniroute.ui.sign_in import PAGE, PAGE_HEADERS
from omniroute.ui.theme import style_sheet
from omniroute.ui.visit import COOKIE_LANGUAGE, COOKIE_THEME, COOKIE_WELCOMED, Visit
from omniroute.ui.words import chosen

SIGN_IN = f"{HOME}/sign-in"
_GUEST = "omniroute.guest"
_RECONNECT_S = 30.0
_HEADERS = {
    # NiceGUI writes its pages' scripts and styles into the page and compiles templates in the browser.
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
}
_FOREVER = "public, max-age=31536000, immutable"

# Returns in whose name a request asks; raises NotAdmitted when it may not.
Admit = Callable[[HTTPConnection], Awaitable[Guest]]


class NotAdmitted(Exception):
    """Nobody is signed in, or a page of another site asks."""


class Dashboard:
    """Serves everything below /dashboard. `start` before it serves, `stop` after."""

    def __init__(self, door: Door, admit: Admit, *, version: str) -> None:
        self._admit = admit
        self._parent = Starlette()
        self._open = AsyncExitStack()

        @ui.page("/{_:path}", title="OmniRoute")
        async def page(request: Request) -> None:
            visit = Visit(
                door,
                request.scope[_GUEST],
                ui.context.client,
                language=chosen(request.cookies.get(COOKIE_LANGUAGE), request.headers.get("accept-language", "")),
                theme=request.cookies.get(COOKIE_THEME, "auto"),
                is_new=COOKIE_WELCOMED not in request.cookies,
                root=f"{request.url.scheme}://{request.headers.get('host', '')}",
            )
            ui.add_css(style_sheet())
            show_frame(visit, PLACES, version=version)
            await ui.context.client.connected(timeout=10)
            with suppress(TimeoutError):
                visit.take_zone(await ui.run_javascript("Intl.DateTimeFormat().resolvedOptions().timeZone", timeout=5))

        ui.run_with(
            self._parent,  # type: ignore[arg-type]  # typed for FastAPI, it uses what Starlette has too
            title="OmniRoute",
            mount_path=HOME,
            dark=None,
            tailwind=False,
            reconnect_timeout=_RECONNECT_S,
            show_welcome_message=False,
        )

    async def start(self) -> None:
        """Begin to serve."""
        await self._open.enter_async_context(self._parent.router.lifespan_context(self._parent))

    async def stop(self) -> None:
        """End all open dashboards."""
        await self._open.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a socket of whoever is signed in."""
        path: str = scope["path"]
        if path == SIGN_IN:
            await HTMLResponse(PAGE, headers=dict(PAGE_HEADERS))(scope, receive, send)
            return
        try:
            scope[_GUEST] = await self._admit(HTTPConnection(scope))
        except NotAdmitted:
            await _refuse(scope, receive, send)
            return
        if path == HOME:
            await RedirectResponse(HOME + "/", 307)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._parent(scope, receive, send)
        else:
            await self._serve(path, scope, receive, send)

    async def _serve(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        is_gone = False

        async def listen() -> Message:
            nonlocal is_gone
            message = await receive()
            is_gone = is_gone or message["type"] == "http.disconnect"
            return message

        try:
            await self._parent(scope, listen, _Rim(path, send))
        except RuntimeError:
            # Starlette's middleware complains when a browser leaves before its page is there.
            if not is_gone:
                raise


class _Rim:
    """Adds the headers that every answer has. Files whose address names their version may be kept for good."""

    def __init__(self, path: str, send: Send) -> None:
        self._send = send
        self._is_kept = path.startswith(f"{HOME}/_nicegui/") and "/dynamic_resources/" not in path

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["cache-control"] = _FOREVER if self._is_kept and message["status"] == 200 else "no-store"  # noqa: PLR2004 - HTTP
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a browser to the sign-in page; close a socket before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    answer: ASGIApp = RedirectResponse(f"{SIGN_IN}?next={quote(scope['path'])}", 303)
    await answer(scope, receive, send)
