"""The services' own dataclasses as GraphQL types, in place: fields are declared once, in the service.

What the schema adds is words. Every field must have some, so a field that a service gains is missed here at once, and
one that must not be shown is left out by name.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
F = TypeVar("F", bound=Callable[..., Any])


def asked(words: str, **more: Any) -> Callable[[F], F]:
    """Declare a field with a resolver; strawberry's own decorator hides the method's type."""
    decorate: Callable[[F], F] = strawberry.field(description=words, **more)
    return decorate


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a field is shown where its own type will not do: another type, and how the value becomes one."""

    words: str
    kind: Any
    read: Callable[[Any], Any] | None = None


def expose(
    cls: type[T],
    name: str,
    words: str | None = None,
    /,
    *,
    also: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
    **told: str | Shown,
) -> type[T]:
    """Make a dataclass a GraphQL type; `also` has fields with resolvers, `without` names what is not shown.

    Raise TypeError when a field has no words, or words have no field.
    """
    names = [one.name for one in fields(cls) if one.name not in without]  # type: ignore[arg-type]  # any dataclass
    if set(names) != set(told):
        raise TypeError(f"{cls.__qualname__}: fields and words differ in {sorted(set(names) ^ set(told))}")
    annotated = {one.name: one.type for one in fields(cls)}  # type: ignore[arg-type]
    own = [_field(cls, one, annotated[one], told[one]) for one in names]
    define(cls, name, words or (cls.__doc__ or "").partition("\n")[0], [*own, *_named(also or {})])
    return cls


def define(cls: type[Any], name: str, words: str, own: list[StrawberryField], *, is_input: bool = False) -> None:
    """Set the definition that the schema is made from; the class itself stays as it is.

    `strawberry.type` would make it a dataclass anew, and one with slots loses its fields' defaults by that.
    """
    cls.__strawberry_definition__ = StrawberryObjectDefinition(
        name=name,
        is_input=is_input,
        is_interface=False,
        origin=cls,
        description=words,
        interfaces=[],
        extend=False,
        directives=(),
        is_type_of=None,
        resolve_type=None,
        fields=own,
    )


def enumerate_(cls: type[E], name: str, words: str, /, **members: str) -> type[E]:
    """Make an enum a GraphQL enum, with words for every member."""
    strawberry.enum(cls, name=name, description=words)
    definition = cls.__strawberry_definition__  # type: ignore[attr-defined]  # strawberry sets it
    if {one.name for one in definition.values} != set(members):
        raise TypeError(f"{cls.__qualname__}: members and words differ")
    for one in definition.values:
        one.description = members[one.name]
    return cls


def _field(cls: type[Any], name: str, annotation: Any, told: str | Shown) -> StrawberryField:
    if isinstance(told, str):
        return StrawberryField(
            python_name=name, type_annotation=StrawberryAnnotation(annotation), description=told, origin=cls
        )
    if told.read is None:
        return StrawberryField(
            python_name=name, type_annotation=StrawberryAnnotation(told.kind), description=told.words, origin=cls
        )
    made: StrawberryField = strawberry.field(
        resolver=_reader(name, told.read), graphql_type=told.kind, description=told.words
    )
    made.python_name = name
    return made


def _reader(name: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def resolve(self: Any) -> Any:
        value = getattr(self, name)
        return None if value is None else read(value)

    return resolve


def _named(also: Mapping[str, StrawberryField]) -> list[StrawberryField]:
    for name, one in also.items():
        one.python_name = name
    return list(also.values())
