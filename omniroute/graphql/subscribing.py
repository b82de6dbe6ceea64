"""How a live feed is declared as a subscription."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])

Interval = Annotated[
    int, strawberry.argument(description="The shortest time between messages, in milliseconds: 50 to 60,000.")
]


def feed(words: str, kind: type[Any]) -> Callable[[F], F]:
    """Declare a subscription; the feed's messages come wrapped, which only the engine needs to know."""
    decorate: Callable[[F], F] = strawberry.subscription(description=words, graphql_type=kind)
    return decorate
