"""Scalars beyond GraphQL's own: exact decimals for money, whole numbers past 32 bits, and text that only goes in."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType, NoReturn

import strawberry
from graphql import GraphQLError

from omniroute.kit.secret import Secret

# A count that may pass the 2,147,483,647 that GraphQL's Int ends at.
Long = NewType("Long", int)

_MOST = 2**53 - 1


def money(usd: float) -> Decimal:
    """Return an amount of dollars as a decimal, to the billionth."""
    return Decimal(str(round(usd, 9)))


def _plain(value: Decimal) -> str:
    """Write a decimal without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: Any) -> Decimal:
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        raise GraphQLError("a decimal is written like 0.25, as text or number") from None
    if not made.is_finite():
        raise GraphQLError("a decimal is a finite number")
    return made


def _long(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_MOST <= value <= _MOST:
        raise GraphQLError("a whole number of up to 53 bits is expected")
    return value


def _secret(value: Any) -> Secret:
    if not isinstance(value, str):
        raise GraphQLError("a secret is text")
    return Secret(value)


def _never(_value: Any) -> NoReturn:
    raise TypeError("secrets are never shown")


def _written_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(value: Any) -> datetime:
    try:
        made = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError("a time is written like 2030-01-31T12:00:00Z") from None
    if made.tzinfo is None:
        raise GraphQLError("a time needs a time zone, such as 2030-01-31T12:00:00Z")
    return made


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time by ISO 8601 with its zone, such as 2030-01-31T12:00:00Z.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_written_time,
        parse_value=_time,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A decimal number, written as text so that no digit is lost. Amounts of money are in US dollars.",
        serialize=_plain,
        parse_value=_decimal,
    ),
    Long: strawberry.scalar(
        name="Long",
        description="A whole number of up to 53 bits, written as a number.",
        serialize=int,
        parse_value=_long,
    ),
    Secret: strawberry.scalar(
        name="Secret",
        description="Text that goes in and never comes out again, such as a provider's key or a password.",
        serialize=_never,
        parse_value=_secret,
    ),
}
