"""The same client for scripts without asyncio: each call runs to its end.

with Blocking("http://127.0.0.1:20128", key) as gateway:
    combos = gateway.ask(lambda client: client.combos())
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from omniroute.client.client import Client
from omniroute.client.following import Feed, Heard
from omniroute.kit.secret import Secret

T = TypeVar("T")


class Blocking:
    """A client and the event loop it runs on."""

    def __init__(self, url: str, key: str | Secret | None = None) -> None:
        self._runner = asyncio.Runner()
        self._client = Client(url, key)

    def ask(self, question: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Return what the client answers."""
        return self._runner.run(question(self._client))

    def follow(self, subscription: Callable[[Client], Feed[T]]) -> Iterator[Heard[T]]:
        """Give a feed's messages as they come."""
        messages = subscription(self._client).heard()
        try:
            while True:
                try:
                    yield self._runner.run(anext(messages))
                except StopAsyncIteration:
                    return
        finally:
            self._runner.run(messages.aclose())

    def close(self) -> None:
        """Close the client and the loop."""
        self._runner.run(self._client.close())
        self._runner.close()

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
