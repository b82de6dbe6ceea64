"""Lists that grow, page by page, as Relay's connections: edges with cursors, and what lies beyond the page."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from omniroute.services.rules import fault

T = TypeVar("T")

LARGEST_PAGE = 200
PAGE = 50

First = Annotated[int, strawberry.argument(description=f"How many at most, from 1 to {LARGEST_PAGE}.")]
After = Annotated[str | None, strawberry.argument(description="The cursor after which to go on.")]


@strawberry.type(description="What lies beyond a page.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page was asked for by a cursor.")
    start_cursor: str | None = strawberry.field(description="The first edge's cursor.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor: give it as `after` to go on.")


@strawberry.type(description="One thing on a page.")
class Edge(Generic[T]):
    """A thing and where it stands."""

    cursor: str = strawberry.field(description="Where the thing stands in the list.")
    node: T = strawberry.field(description="The thing.")


@strawberry.type(name="Connection", description="One page of a list.")
class Page(Generic[T]):
    """Relay's connection."""

    edges: list[Edge[T]] = strawberry.field(description="What is on the page.")
    page_info: PageInfo = strawberry.field(description="What lies beyond it.")


def checked(first: int) -> int:
    """Return a page's size; raise Unprocessable when it is out of range."""
    if not 1 <= first <= LARGEST_PAGE:
        raise fault("first", f"first must be from 1 to {LARGEST_PAGE}")
    return first


def page(
    found: Sequence[T], first: int, after: str | None, cursor: Callable[[T], str], following: str | None = None
) -> Page[T]:
    """Make a page of the things found, of which one more than `first` was asked for.

    `following` is where to go on after fewer, when whoever looked has not looked to the end.
    """
    edges = [Edge(cursor=cursor(one), node=one) for one in found[:first]]
    is_full = len(found) > first
    end = edges[-1].cursor if edges else None
    return Page(
        edges=edges,
        page_info=PageInfo(
            has_next_page=is_full or following is not None,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=end if is_full or following is None else following,
        ),
    )
