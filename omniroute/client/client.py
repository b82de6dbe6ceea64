"""The client: all queries, mutations and subscriptions of a gateway, in types."""

from types import TracebackType
from typing import Self

from omniroute.client.asking import Wire
from omniroute.client.generated.feeds import Feeds
from omniroute.client.generated.mutations import Mutations
from omniroute.client.generated.queries import Queries
from omniroute.kit.secret import Secret

TIMEOUT_S = 65.0  # a gateway itself gives an operation 60


class Client(Queries, Mutations, Feeds):
    """A gateway as scripts see it. Use it as an async context manager, or close it."""

    def __init__(self, url: str, key: str | Secret | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        """`url` is the gateway's address, such as http://127.0.0.1:20128; `key` one with the scope admin."""
        secret = Secret(key) if isinstance(key, str) else key
        super().__init__(Wire(url, secret, timeout_s=timeout_s))

    async def close(self) -> None:
        """Close its connections."""
        await self.wire.http.aclose()

    async def __aenter__(self) -> Self:
        """Use it."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()
