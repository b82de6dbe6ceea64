"""What an operation is: one row of the table from which both the routes and the OpenAPI document are made."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from omniroute.edge.admission import Credentials, Policy
from omniroute.edge.rim import JSON
from omniroute.kit.errors import OmniError
from omniroute.services.collection import Services
from omniroute.services.login import Visitor

B = TypeVar("B")
Q = TypeVar("Q")

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[B, Q]):
    """One request, read and admitted."""

    body: B
    query: Q
    params: Mapping[str, str]
    visitor: Visitor
    credentials: Credentials
    is_secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that is more than its value: another status, or headers of its own."""

    value: object
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Services, Call[Any, Any]], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A JSON value that is documented here and read elsewhere: the wire formats of AI clients."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. Without a `handler` it is documented here and served by the data plane.

    `also` names further methods with the same meaning; without `needs_body` an empty body means an empty object;
    `variants`, further statuses with the same answer; `errors`,
    those beyond what every operation may answer.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    policy: Policy
    handler: Handler | None = None
    body: type | Described | None = None
    query: type | None = None
    answer: Any = None
    status: int = 200
    variants: tuple[int, ...] = ()
    errors: tuple[type[OmniError], ...] = ()
    example: Any = None
    media: str = JSON
    also: tuple[str, ...] = ()
    needs_body: bool = True


def expanded(operations: Iterable[Operation]) -> list[Operation]:
    """Return one operation a method."""
    return [
        one
        for operation in operations
        for one in (operation, *(_under(operation, method) for method in operation.also))
    ]


def _under(operation: Operation, method: str) -> Operation:
    return replace(operation, method=method, id=f"{operation.id}By{method.capitalize()}", also=())
