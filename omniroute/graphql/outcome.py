"""What a mutation answers: the thing, or a failure that says which field is wrong, so that a form can show it."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import isawaitable
from typing import Any, TypeVar, cast

import strawberry

from omniroute.edge.recorded import identify, recorded
from omniroute.graphql.context import Asked
from omniroute.graphql.types import expose
from omniroute.kit.acting import Act
from omniroute.kit.errors import (
    Conflict,
    FieldFault,
    Forbidden,
    Invalid,
    NotFound,
    OmniError,
    TooMany,
    Unauthenticated,
    Unprocessable,
)

F = TypeVar("F", bound=Callable[..., Any])

expose(
    FieldFault,
    "FieldFault",
    "One field that is wrong.",
    field="The field's path in the input, such as `targets.0.model`.",
    message="What is wrong with it and what to do, for people.",
)


@strawberry.interface(description="Why a mutation did not do what was asked. Nothing was changed.")
class Failure:
    """What all failures tell."""

    code: str = strawberry.field(description="A stable word for programs, such as `conflict`.")
    message: str = strawberry.field(description="What is wrong and what to do, for people.")
    fields: list[FieldFault] = strawberry.field(description="The input's fields that are wrong, if it is about fields.")


@strawberry.type(description="The input is wrong: a value is out of range, misspelt or does not fit.")
class InvalidInput(Failure):
    """400 and 422."""


@strawberry.type(description="There is nothing with this id or name.")
class Missing(Failure):
    """404."""


@strawberry.type(description="Something else is in the way: a name that is taken, or a thing that is still used.")
class Conflicting(Failure):
    """409."""


@strawberry.type(description="The caller may not do this, or has to prove first that it may.")
class Refused(Failure):
    """401, 403 and 429."""


Failed = InvalidInput | Missing | Conflicting | Refused


class InvalidHandler(strawberry.ExceptionHandler[Invalid | Unprocessable, InvalidInput]):
    """Turns what is wrong with an input into a failure."""

    def handle(self, exception: Invalid | Unprocessable, *, field: object, info: object) -> InvalidInput:  # noqa: ARG002 - strawberry's interface
        """Return the failure."""
        return InvalidInput(code=exception.error_code, message=exception.message, fields=_faults(exception))


class MissingHandler(strawberry.ExceptionHandler[NotFound, Missing]):
    """Turns what is not there into a failure."""

    def handle(self, exception: NotFound, *, field: object, info: object) -> Missing:  # noqa: ARG002 - as above
        """Return the failure."""
        return Missing(code=exception.error_code, message=exception.message, fields=_faults(exception))


class ConflictHandler(strawberry.ExceptionHandler[Conflict, Conflicting]):
    """Turns what is in the way into a failure."""

    def handle(self, exception: Conflict, *, field: object, info: object) -> Conflicting:  # noqa: ARG002 - as above
        """Return the failure."""
        return Conflicting(code=exception.error_code, message=exception.message, fields=_faults(exception))


class RefusedHandler(strawberry.ExceptionHandler[Forbidden | Unauthenticated | TooMany, Refused]):
    """Turns what the caller may not do into a failure."""

    def handle(self, exception: Forbidden | Unauthenticated | TooMany, *, field: object, info: object) -> Refused:  # noqa: ARG002 - as above
        """Return the failure."""
        return Refused(code=exception.error_code, message=exception.message, fields=_faults(exception))


# What becomes a failure where a field's type has room for it; all else is the gateway's own fault and stays an error.
HANDLERS = (InvalidHandler(), MissingHandler(), ConflictHandler(), RefusedHandler())


def _faults(error: OmniError) -> list[FieldFault]:
    if error.details:
        return list(error.details)
    return [] if error.param is None else [FieldFault(field=error.param, message=error.message)]


def mutation(words: str) -> Callable[[F], F]:
    """Declare a mutation whose result is a union with the failures. What it does is told in the audit log."""
    declare: Callable[[F], F] = strawberry.mutation(description=words)
    return lambda resolver: declare(_recorded(resolver))


def _recorded(resolver: F) -> F:
    @wraps(resolver)
    async def act(self: object, info: Asked, **given: Any) -> Any:
        context = info.context
        doing = Act(
            kind="nobody",
            surface=context.surface,
            address=context.visitor.address,
            request_id=context.request_id,
            operation=info.field_name,
            target=_target(given),
        )
        identify(doing, context.caller)
        async with recorded(context.services.audit, doing, changes=True):
            result = resolver(self, info, **given)
            return await result if isawaitable(result) else result

    return cast(F, act)


def _target(given: Mapping[str, Any]) -> str | None:
    """Return what names the thing that is changed, where it is named by itself."""
    named = (given.get(name) for name in ("id", "name", "provider", "key_id"))
    return next((str(one) for one in named if isinstance(one, str)), None)


@strawberry.type(description="It is gone.")
class Deleted:
    """What was deleted."""

    id: strawberry.ID = strawberry.field(description="The id or name of what was deleted.")


@strawberry.type(description="It was done.")
class Done:
    """Nothing more to tell."""

    message: str = strawberry.field(description="What was done, for people.")
