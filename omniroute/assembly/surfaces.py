"""The management surfaces: REST, GraphQL and the dashboard, each imported at its first use.

A process that serves AI clients alone goes without them, which saves time at its start and memory for good.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import HTTPConnection

from omniroute import __version__
from omniroute.edge.admission import admit_browser
from omniroute.edge.origin import address_of
from omniroute.kit.errors import OmniError
from omniroute.services.collection import Services
from omniroute.services.login import Visitor
from omniroute.v1.asgi import App, Receive, Scope, Send

_GRAPHQL = "/graphql"
_DASHBOARD = "/dashboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who opened a dashboard; `check` raises when they may not stay."""

    visitor: Visitor
    check: Callable[[], Awaitable[object]]


class Surfaces:
    """Serves what is neither the data plane's nor a probe. `close` ends the dashboards."""

    def __init__(self, services: Services, *, dashboard: bool) -> None:
        self._has_dashboard = dashboard
        self._services = services
        self._loading = asyncio.Lock()
        self._management: App | None = None
        self._graphql: Any = None
        self._dashboard: App | None = None
        self._undo = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        path: str = scope["path"]
        if path == _GRAPHQL:
            await (self._graphql or await self.graphql())(scope, receive, send)
        elif self._has_dashboard and (path == _DASHBOARD or path.startswith(f"{_DASHBOARD}/")):
            await (self._dashboard or await self._load_dashboard())(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await (self._management or await self._load_management())(scope, receive, send)

    async def _load_management(self) -> App:
        routes = await asyncio.to_thread(importlib.import_module, "omniroute.api.routes")
        self._management = management = cast(App, routes.build_api(self._services))
        return management

    async def graphql(self) -> Any:
        """Return GraphQL (`omniroute.graphql.routes.GraphQL`), made once, as it counts who is there."""
        async with self._loading:
            if self._graphql is None:
                routes = await asyncio.to_thread(importlib.import_module, "omniroute.graphql.routes")
                self._graphql = await asyncio.to_thread(routes.GraphQL, self._services)
            return self._graphql

    async def _load_dashboard(self) -> App:
        door = (await self.graphql()).door
        async with self._loading:
            if self._dashboard is None:
                mount = await asyncio.to_thread(importlib.import_module, "omniroute.ui.mount")

                async def admit(connection: HTTPConnection) -> Guest:
                    try:
                        return await self._admit(connection)
                    except OmniError as error:
                        raise mount.NotAdmitted from error

                dashboard = mount.Dashboard(door, admit, version=__version__)
                await dashboard.start()
                self._undo.push_async_callback(dashboard.stop)
                self._dashboard = cast(App, dashboard)
            return self._dashboard

    async def _admit(self, connection: HTTPConnection) -> Guest:
        operator = await admit_browser(self._services, connection)
        visitor = Visitor(
            address=address_of(connection, self._services.reach),
            user_agent=connection.headers.get("user-agent", ""),
            operator=operator,
        )

        async def check() -> object:
            return await admit_browser(self._services, connection)

        return Guest(visitor=visitor, check=check)

    async def close(self) -> None:
        """End all open dashboards."""
        await self._undo.aclose()
