"""The client's side of a request, as the gateway sees it; the surfaces say what it is over their own server."""

from collections.abc import Sequence
from typing import Protocol

Headers = Sequence[tuple[bytes, bytes]]


class Downstream(Protocol):
    """Sends an answer to the client, at once or in pieces."""

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        ...

    async def start(self, status: int, headers: Headers) -> None:
        """Send the head of a stream."""
        ...

    async def write(self, data: bytes) -> None:
        """Send a piece of a stream; waits while the client does not read."""
        ...

    async def finish(self) -> None:
        """End a stream."""
        ...

    async def gone(self) -> None:
        """Return when the client has hung up."""
        ...
