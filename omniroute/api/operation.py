"""What an operation is: one row of the table from which both the routes and the OpenAPI document are made."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from omniroute.edge.admission import Credentials, Policy
from omniroute.edge.rim import JSON
from omniroute.formats.hub import Format
from omniroute.kit.errors import OmniError
from omniroute.services.collection import Services
from omniroute.services.login import Visitor

B = TypeVar("B")
Q = TypeVar("Q")

# Ids in paths are made here or in the catalogue; anything else is not found without asking the database.
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"

HTML = "text/html; charset=utf-8"
EVENTS = "text/event-stream"
FORM = "multipart/form-data"
LINES = "application/x-ndjson"
OCTETS = "application/octet-stream"
GZIP = "application/gzip"
# Answers that are files: their handlers return what makes one.
FILES = frozenset({OCTETS, GZIP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[B, Q]):
    """One request, read and admitted."""

    body: B
    query: Q
    params: Mapping[str, str]
    visitor: Visitor
    credentials: Credentials
    is_secure: bool
    base_url: str = ""
    key_id: str | None = None


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
class Link:
    """What may follow an answer: an operation, and where in the answer its path's parameter stands (a JSON pointer)."""

    to: str
    at: str
    parameter: str = "id"


def links(at: str, *to: str, parameter: str = "id") -> tuple[Link, ...]:
    """Return the links to several operations that take the same value."""
    return tuple(Link(to=one, at=at, parameter=parameter) for one in to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. Without a `handler` it is documented here and served by another part of the gateway.

    `also` names further methods and `places` further paths with the same meaning; `variants`, further statuses with the
    same answer; `errors`, those beyond what every operation may answer. `example` is a body, `asked` a query, `named`
    the path's parameters, and together they make a request that succeeds. `format` is the wire format of an operation
    for AI clients; `streams` are the media types in which it may answer piece by piece. `volatile` are the fields that
    change by themselves, which `ETag` leaves out. Without `needs_body` an empty body means an empty object. With
    `files` (by field: a name and the bytes) the body is a form, whose other fields are the example's. `uploads`: the
    body is one file.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    policy: Policy
    description: str = ""
    handler: Handler | None = None
    body: type | Described | None = None
    query: type | None = None
    answer: Any = None
    status: int = 200
    variants: tuple[int, ...] = ()
    errors: tuple[type[OmniError], ...] = ()
    example: Any = None
    asked: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    media: str = JSON
    streams: tuple[str, ...] = ()
    format: Format | None = None
    also: tuple[str, ...] = ()
    needs_body: bool = True
    uploads: bool = False
    places: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)


def edited(operations: Iterable[Operation]) -> frozenset[str]:
    """Return the paths of what operators read and change in one place: these answers carry an ETag."""
    methods: dict[str, set[str]] = {}
    for one in operations:
        if one.policy is Policy.ADMIN and one.media == JSON:
            methods.setdefault(one.path, set()).add(one.method)
    return frozenset(path for path, known in methods.items() if {"GET", "PUT"} <= known)


def expanded(operations: Iterable[Operation]) -> list[Operation]:
    """Return one operation a method and path."""
    return [
        one
        for operation in operations
        for place in _everywhere(operation)
        for one in (place, *(_under(place, method) for method in place.also))
    ]


def _everywhere(operation: Operation) -> Iterable[Operation]:
    yield replace(operation, places=())
    for number, path in enumerate(operation.places, 2):
        yield replace(operation, path=path, id=f"{operation.id}{number}", places=())


def _under(operation: Operation, method: str) -> Operation:
    return replace(operation, method=method, id=f"{operation.id}By{method.capitalize()}", also=())
