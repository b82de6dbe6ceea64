"""The services' drafts and changes as GraphQL inputs, in place. What a client leaves out is left out here too.

A change's field may be missing (the value stays) or null (the value goes), and only where the service allows that;
GraphQL spells both as an optional field, so null is refused here by name where it means nothing.
"""

import types
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic_core import MISSING as LEFT_OUT
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from omniroute.graphql.types import define
from omniroute.kit.errors import FieldFault, Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How a field is taken where its own type will not do: another type, and how its value becomes the field's."""

    words: str
    kind: Any
    read: Callable[[Any], Any] | None = None


def accept(
    cls: type[T], name: str, words: str | None = None, /, *, without: Collection[str] = (), **told: str | Taken
) -> type[T]:
    """Make a dataclass a GraphQL input; raise TypeError when a field has no words, or words have no field."""
    own = {one.name: one for one in fields(cls) if one.name not in without}  # type: ignore[arg-type]  # any dataclass
    if set(own) != set(told):
        raise TypeError(f"{cls.__qualname__}: fields and words differ in {sorted(set(own) ^ set(told))}")
    define(
        cls,
        name,
        words or (cls.__doc__ or "").partition("\n")[0],
        [_field(cls, own[one], words_of) for one, words_of in told.items()],
        is_input=True,
    )
    readers = {to_camel_case(one): _Reader(own[one], told[one]) for one in told}
    cls.__strawberry_definition__.from_input = _maker(readers)  # type: ignore[attr-defined]
    return cls


class _Reader:
    """Turns one given value into what the dataclass takes."""

    def __init__(self, field: "Field[Any]", told: str | Taken) -> None:
        self.name = field.name
        kinds = _kinds(field.type)
        self._nullable = type(None) in kinds
        # What may be null and has no default may be left out by GraphQL's rules, and is null then.
        self.fills = self._nullable and field.default is MISSING and field.default_factory is MISSING
        self._read = told.read if isinstance(told, Taken) else None
        self._collect = next((frozenset for one in kinds if _is_set(one)), None) or next(
            (tuple for one in kinds if get_origin(one) in {tuple, Sequence}), None
        )

    def __call__(self, value: Any, where: str) -> Any:
        if value is None:
            if self._nullable:
                return None
            message = "must not be null: leave it out to keep what is there"
            raise Invalid(f"{where} {message}", param=where, details=[FieldFault(field=where, message=message)])
        if self._read is not None:
            return self._read(value)
        return value if self._collect is None else self._collect(value)


def _maker(readers: Mapping[str, _Reader]) -> Callable[[type, Mapping[str, Any], InputContext], Any]:
    def make(cls: type, given: Mapping[str, Any], context: InputContext) -> Any:
        kinds = {to_camel_case(one.python_name): one for one in cls.__strawberry_definition__.fields}  # type: ignore[attr-defined]
        made: dict[str, Any] = {one.name: None for one in readers.values() if one.fills}
        for name, value in given.items():
            where = ".".join(str(part) for part in (*context.path[1:], name))
            converted = None if value is None else context.convert(value, kinds[name].resolve_type(), name)
            made[readers[name].name] = readers[name](converted, where)
        return cls(**made)

    return make


def _field(cls: type[Any], field: "Field[Any]", told: str | Taken) -> StrawberryField:
    kind = told.kind if isinstance(told, Taken) else _kind(field.type)
    default: Any = MISSING
    if field.default is not MISSING or field.default_factory is not MISSING:
        default = _default(field)
        if default is UNSET and not isinstance(StrawberryAnnotation(kind).resolve(), StrawberryOptional):
            kind = kind | None
    return StrawberryField(
        python_name=field.name,
        type_annotation=StrawberryAnnotation(kind),
        description=told if isinstance(told, str) else told.words,
        origin=cls,
        default=default,
    )


def _default(field: "Field[Any]") -> Any:
    """Return the default that the schema can tell of; UNSET when a field may be left out without one."""
    return field.default if isinstance(field.default, (str, int, float, bool)) else UNSET


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)


def _is_set(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, AbstractSet)


def _kind(annotation: Any) -> Any:
    """Return the annotation as strawberry reads it: without the sentinel for "left out", sets as lists."""
    kinds = [_listed(one) for one in _kinds(annotation) if one is not LEFT_OUT]
    made = kinds[0]
    for one in kinds[1:]:
        made = made | one
    return made


def _listed(kind: Any) -> Any:
    return list[get_args(kind)[0]] if _is_set(kind) else kind  # type: ignore[misc]  # made at run time
