"""Mappings as lists: GraphQL has no type for "by name"."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")
V = TypeVar("V")


@strawberry.type(name="Named", description="One of several that are told apart by name.")
class Named(Generic[T]):
    """A name and what it stands for."""

    name: str = strawberry.field(description="The name or id, as the list's words say.")
    value: T = strawberry.field(description="What it stands for.")


@strawberry.type(description="How many there are of one kind.")
class NamedCount:
    """A name and a count."""

    name: str = strawberry.field(description="The name or id, as the list's words say.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="A share of a whole.")
class NamedShare:
    """A name and a share."""

    name: str = strawberry.field(description="The name or id, as the list's words say.")
    share: float = strawberry.field(description="The share, from 0 to 1.")


def named(found: Mapping[str, V]) -> list[Named[V]]:
    """Return a mapping as a list, in its order."""
    return [Named(name=name, value=value) for name, value in found.items()]


def counted(found: Mapping[str, int]) -> list[NamedCount]:
    """Return counts as a list, in their order."""
    return [NamedCount(name=name, count=count) for name, count in found.items()]


def shared(found: Mapping[str, float]) -> list[NamedShare]:
    """Return shares as a list, in their order."""
    return [NamedShare(name=name, share=share) for name, share in found.items()]
