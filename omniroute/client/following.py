"""Subscriptions over a websocket by graphql-transport-ws: an async iterator that outlives the connection under it.

After a break it connects again, waiting longer each time, and the first message then says how long it was away; each
feed begins with a snapshot, so the picture is whole again. What a gateway dropped, as it was too slow for, it counts
itself.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeVar

from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from omniroute.client.asking import DOCUMENTS, Wire, raise_first, typed, variables
from omniroute.client.errors import Denied, Faulty, NotReachable
from omniroute.kit.json import BadJson, JsonObject, dumps, loads

T = TypeVar("T")

PROTOCOL = "graphql-transport-ws"
_ACK_S = 10.0
_SILENCE_S = 20.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 30.0
_LARGEST_MESSAGE = 16 * 1024 * 1024
_DENIED = frozenset({4401, 4403})
_STATUS_DENIED = frozenset({401, 403})


class Heard(Struct, Generic[T], frozen=True, kw_only=True):
    """One message. `gap_s`: for how long nothing could be heard before it; `missed`: messages dropped since the last.

    Both are 0 where nothing is missing.
    """

    value: T
    gap_s: float = 0.0
    missed: int = 0


class Feed(Generic[T]):
    """A subscription that begins when it is iterated."""

    def __init__(self, wire: Wire, name: str, kind: Any, given: Mapping[str, Any], *, endless: bool) -> None:
        self._wire = wire
        self._subscribe = {"query": DOCUMENTS[name], "variables": variables(given)}
        self._name = name
        self._kind = kind
        self._endless = endless
        self._heard_at: float | None = None

    def __aiter__(self) -> AsyncIterator[Heard[T]]:
        """Iterate over what is heard; close the generator to end it early."""
        return self.heard()

    async def heard(self) -> AsyncGenerator[Heard[T], None]:
        """Give messages for as long as the feed lasts; raise NotReachable when it cannot even begin."""
        wait_s = _FIRST_WAIT_S
        while True:
            lost_at = self._heard_at
            try:
                async with aclosing(self._messages()) as messages:
                    async for data in messages:
                        wait_s = _FIRST_WAIT_S
                        now = time.monotonic()
                        gap_s = 0.0 if lost_at is None else now - lost_at
                        lost_at, self._heard_at = None, now
                        yield self._told(data, gap_s)
                if not self._endless:
                    return
            except NotReachable:
                if self._heard_at is None or not self._endless:
                    raise
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads clients, hides nothing
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _told(self, data: JsonObject, gap_s: float) -> Heard[T]:
        value: T = typed(data[self._name], self._kind)
        return Heard(value=value, gap_s=gap_s, missed=getattr(value, "missed", 0))

    async def _messages(self) -> AsyncGenerator[JsonObject, None]:
        """Give one connection's messages to its end."""
        url = self._wire.url.replace("http", "ws", 1)
        try:
            async with connect(
                url,
                subprotocols=[PROTOCOL],  # type: ignore[list-item]  # a NewType of str
                additional_headers=self._wire.headers,
                max_size=_LARGEST_MESSAGE,
                open_timeout=_ACK_S,
                ping_interval=_SILENCE_S,
                close_timeout=1,
            ) as socket:
                await _begin(socket, self._subscribe)
                async for text in socket:
                    data = await _next(socket, _message(text))
                    if data is None:
                        return
                    yield data
        except InvalidStatus as error:
            status = error.response.status_code
            if status in _STATUS_DENIED:
                raise Denied(f"{url} answers {status}: the key may not watch") from error
            raise NotReachable(f"{url} answers {status}") from error
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 0
            reason = error.rcvd.reason if error.rcvd and error.rcvd.reason else "the connection broke off"
            raise (Denied if code in _DENIED else NotReachable)(f"{url}: {reason}") from error
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as error:
            raise NotReachable(f"{url} cannot be reached: {str(error) or type(error).__name__}") from error


class Follows:
    """What the generated subscriptions are built on."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def _follow(self, name: str, kind: Any, given: Mapping[str, Any], *, endless: bool) -> Feed[Any]:
        return Feed(self.wire, name, kind, given, endless=endless)


async def _begin(socket: ClientConnection, subscribe: JsonObject) -> None:
    """Be let in, and subscribe."""
    await socket.send(dumps({"type": "connection_init"}).decode())
    async with asyncio.timeout(_ACK_S):
        while _message(await socket.recv())["type"] != "connection_ack":
            pass
    await socket.send(dumps({"id": "1", "type": "subscribe", "payload": subscribe}).decode())


async def _next(socket: ClientConnection, message: JsonObject) -> JsonObject | None:
    """Return the data in a message, None when it says that the feed is over; other messages are dealt with."""
    while True:
        match message["type"]:
            case "next":
                payload: JsonObject = message["payload"]
                if payload.get("errors"):
                    raise_first(payload["errors"])
                data: JsonObject = payload["data"]
                return data
            case "complete":
                return None
            case "error":
                raise_first(message["payload"])
            case "ping":
                await socket.send('{"type":"pong"}')
        message = _message(await socket.recv())


def _message(text: str | bytes) -> JsonObject:
    try:
        message = loads(text)
    except BadJson as error:
        raise Faulty("the gateway sends what is no JSON over the websocket") from error
    if not isinstance(message, dict) or "type" not in message:
        raise Faulty("the gateway sends what is not graphql-transport-ws")
    return message
