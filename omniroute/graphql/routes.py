"""The endpoint `/graphql` as an ASGI application, and the door for what runs in the same process."""

from starlette.types import Receive, Scope, Send

from omniroute.edge.rim import Edge
from omniroute.graphql.admitted import MOST_SOCKETS, MOST_SUBSCRIPTIONS, Seats
from omniroute.graphql.door import Door
from omniroute.graphql.engine import Engine
from omniroute.graphql.schema import build_schema
from omniroute.graphql.socket import Sockets
from omniroute.graphql.view import View
from omniroute.services.collection import Services


class GraphQL:
    """The schema on the services: an ASGI application for HTTP and websockets, with a door beside it."""

    def __init__(self, services: Services) -> None:
        self.engine = engine = Engine(build_schema())
        subscriptions = Seats(MOST_SUBSCRIPTIONS, "subscriptions")
        self.door = Door(services, engine, subscriptions)
        self._http = Edge(View(services, engine, subscriptions))
        self._sockets = Sockets(services, engine, Seats(MOST_SOCKETS, "sockets"), subscriptions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        await (self._sockets if scope["type"] == "websocket" else self._http)(scope, receive, send)
