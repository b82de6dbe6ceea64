"""Ways to ask a running gateway by GraphQL: over HTTP, over a websocket by gql, and as an event stream by httpx."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.websockets import WebsocketsTransport

from omniroute.kit.json import loads
from tests.gateways import RunningGateway

FAILURE = "... on Failure { __typename code message fields { field message } }"


def admin(gateway: RunningGateway) -> dict[str, str]:
    """The headers of an administrator."""
    return {"authorization": f"Bearer {gateway.admin_key}"}


async def post(
    gateway: RunningGateway, body: object, headers: Mapping[str, str] | None = None, **more: Any
) -> httpx.Response:
    """Send anything to the endpoint."""
    sent = admin(gateway) if headers is None else dict(headers)
    return await gateway.http.post(gateway.url + "/graphql", json=body, headers=sent, **more)


async def ask(gateway: RunningGateway, query: str, **variables: Any) -> Any:
    """Run an operation as an administrator and return its data; fail on errors."""
    answer = await post(gateway, {"query": query, "variables": variables})
    told = answer.json()
    assert answer.status_code == 200, told
    assert "errors" not in told, told
    return told["data"]


async def errors(gateway: RunningGateway, query: str, **variables: Any) -> list[dict[str, Any]]:
    """Run an operation that must fail and return its errors."""
    told: list[dict[str, Any]] = (await post(gateway, {"query": query, "variables": variables})).json()["errors"]
    return told


@asynccontextmanager
async def connected(
    gateway: RunningGateway, *, payload: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> AsyncIterator[AsyncClientSession]:
    """Open a websocket with gql; by default the key stands in connection_init."""
    shown = admin(gateway) if payload is None and headers is None else dict(payload or {})
    transport = WebsocketsTransport(
        url=gateway.url.replace("http", "ws", 1) + "/graphql", init_payload=shown, headers=dict(headers or {})
    )
    async with Client(transport=transport) as session:
        yield session


@asynccontextmanager
async def following(session: AsyncClientSession, query: str, **variables: Any) -> AsyncIterator[AsyncIterator[Any]]:
    """Subscribe; gives the messages' one field as they come."""
    document = gql(query)
    document.variable_values = variables
    async with aclosing(session.subscribe(document)) as feed:

        async def values() -> AsyncIterator[Any]:
            async for told in feed:
                yield next(iter(told.values()))

        yield values()


@asynccontextmanager
async def streaming(
    gateway: RunningGateway, query: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[AsyncIterator[Any]]:
    """Subscribe by an event stream; gives each response."""
    sent = {**(admin(gateway) if headers is None else headers), "accept": "text/event-stream"}
    async with gateway.http.stream("POST", gateway.url + "/graphql", json={"query": query}, headers=sent) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        async def responses() -> AsyncIterator[Any]:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield loads(line.removeprefix("data: "))
                elif line == "event: complete":
                    return

        yield responses()
