"""The only way from the dashboard to the gateway: GraphQL documents in, responses or a live feed out."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, Protocol

Data = Mapping[str, Any]


class Document(str):
    """A GraphQL document. Every one of the dashboard is a constant of this type, which a test validates."""

    __slots__ = ()


class Refused(Exception):
    """The schema answered with errors; the text is for people."""


class Guest(Protocol):
    """Who opened a dashboard, as the schema knows visitors; `check` raises when they may not stay."""

    @property
    def visitor(self) -> Any: ...

    @property
    def check(self) -> Callable[[], Awaitable[object]]: ...


class Door(Protocol):
    """Runs documents for a visitor; a response has `data`, `errors` or both."""

    async def execute(self, document: Document, variables: Data, visitor: Any) -> Data:
        """Return a query's or mutation's response."""
        ...

    def subscribe(
        self, document: Document, variables: Data, visitor: Any, check: Callable[[], Awaitable[object]]
    ) -> AsyncGenerator[Data, None]:
        """Give each response of a feed until it ends."""
        ...


def data_of(response: Data) -> Data:
    """Return a response's data; raise Refused with the words of its first error."""
    errors = response.get("errors")
    if errors:
        raise Refused(str(errors[0]["message"]))
    data: Data = response["data"]
    return data
