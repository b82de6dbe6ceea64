"""The endpoint `/graphql` as an ASGI application, and the door for the dashboard, which needs no network."""

from starlette.types import ASGIApp, Receive, Scope, Send

from omniroute.edge.rim import Edge
from omniroute.graphql.admitted import MOST_SOCKETS, MOST_SUBSCRIPTIONS, Seats
from omniroute.graphql.engine import Engine
from omniroute.graphql.schema import build_schema
from omniroute.graphql.socket import Sockets
from omniroute.graphql.view import View
from omniroute.services.collection import Services

PATH = "/graphql"


def build_graphql(services: Services) -> ASGIApp:
    """Return the endpoint."""
    engine = Engine(build_schema())
    subscriptions = Seats(MOST_SUBSCRIPTIONS, "subscriptions")
    view = View(services, engine, subscriptions)
    sockets = Sockets(services, engine, Seats(MOST_SOCKETS, "sockets"), subscriptions)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        await (sockets if scope["type"] == "websocket" else view)(scope, receive, send)

    return Edge(endpoint)
