"""Dataclasses to and from camelCase JSON. Unknown fields are refused by name; errors become one JSON shape.

A request's shape is a subclass of the service's own dataclass where it has to add what only JSON needs: limits for
the OpenAPI document, and text that turns into a Secret. Answers nest the services' dataclasses as they are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, GetPydanticSchema, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, core_schema

from omniroute.kit.errors import FieldFault, Invalid, OmniError, Unprocessable
from omniroute.kit.json import dumps
from omniroute.kit.secret import Secret
from omniroute.services.rules import MAX_SECRET

T = TypeVar("T")

_CONFIG = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def shape(cls: type[T]) -> type[T]:
    """Make a frozen dataclass whose JSON is camelCase and strict; dataclasses nested in it follow suit."""
    cls.__pydantic_config__ = _CONFIG  # type: ignore[attr-defined]  # where pydantic looks for it
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


def _whole(value: object) -> object:
    # JSON has one kind of number: 764.0 is the integer 764 (JSON Schema, 6.1.1).
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)


def _spelled_out(value: object) -> object:
    # pydantic would take a number in a query for seconds since 1970; RFC 3339 begins with a date.
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("must be a time such as 2030-01-31T12:00:00Z")
    return value


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]")
QueryTime = Annotated[AwareDatetime, BeforeValidator(_spelled_out)]


def secret(*, least: int | None = None, most: int = MAX_SECRET) -> GetPydanticSchema:
    """Annotate a Secret with this: it is read from text of `least` to `most` characters, and only read."""
    text = core_schema.str_schema(min_length=least, max_length=most)
    return GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_after_validator_function(
            Secret, text, metadata={"pydantic_js_extra": {"writeOnly": True}}
        )
    )


SecretText = Annotated[Secret, secret()]


@shape
class Done:
    """It was done."""

    success: bool = True
    message: str


@shape
class NoQuery:
    """The query of an operation that has none: whatever it is given is refused by name."""


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what reads and writes a type; made at its first use, as making it takes longer than using it."""
    has_its_own = is_dataclass(kind) or hasattr(kind, "model_config")
    return TypeAdapter(kind) if has_its_own else TypeAdapter(kind, config=_CONFIG)


def read(body: bytes, kind: type) -> Any:
    """Read a request's body; raise Invalid or Unprocessable that names every bad field."""
    try:
        return adapter(kind).validate_json(body)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_context=False, include_input=False)) from None


def read_query(pairs: Iterable[tuple[str, str]], kind: type) -> Any:
    """Read a query string's parameters; one that is unknown or given twice is refused."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise _faulty([FieldFault(field=name, message="is given twice")], Invalid)
        values[name] = value
    try:
        return adapter(kind).validate_strings(values, strict=False)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_context=False, include_input=False)) from None


def adopt(kind: type[T], value: Any, **more: object) -> T:
    """Return a service's value as a shape that has its fields; `more` wins over them."""
    return kind(**{one.name: getattr(value, one.name) for one in fields(value)} | more)


def write(value: object, kind: Any) -> bytes:
    """Write an answer."""
    return dumps(adapter(kind).dump_python(value, mode="json", by_alias=True))


_NOT_AN_OBJECT = frozenset({"json_invalid", "dataclass_type"})
# pydantic's messages begin with what they are about, which here is the field.
_SUBJECT = re.compile(r"^(Value error, |(Input|String|Value|List|Set|Frozenset|Dictionary|Data) (?=should |must ))")
_MISSHAPEN = frozenset({"missing", "unexpected_keyword_argument"})
_WORDS: Mapping[str, str] = {
    "missing": "is required",
    "unexpected_keyword_argument": "is not a field of this request",
    "timezone_aware": "needs a time zone, such as 2030-01-31T12:00:00Z",
}


def _refusal(faults: Sequence[ErrorDetails]) -> OmniError:
    """Return 400 for what is not the right shape, 422 for a right shape with a value out of range."""
    first = faults[0]
    if not first["loc"] and first["type"] in _NOT_AN_OBJECT:
        return Invalid(f"the body must be a JSON object: {first['msg']}", code="invalid_json")
    is_misshapen = any(one["type"] in _MISSHAPEN or one["type"].endswith("_type") for one in faults)
    return _faulty([_fault(one) for one in faults], Invalid if is_misshapen else Unprocessable)


def _fault(one: ErrorDetails) -> FieldFault:
    field = ".".join(str(part) for part in one["loc"])
    message = _WORDS.get(one["type"]) or _SUBJECT.sub("", one["msg"])
    return FieldFault(field=field, message=message)


def _faulty(faults: Sequence[FieldFault], kind: type[OmniError]) -> OmniError:
    message = "; ".join(f"{one.field} {one.message}" for one in faults)
    return kind(message, param=faults[0].field, details=faults)
