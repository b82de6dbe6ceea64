"""A talk with an upstream that may take several questions, without any input or output.

A dialect is a generator: it gives what is to be asked, one question or several at once, is sent the answers, and
returns the result. Whoever drives it does the asking, judges statuses, keeps the time, and starts anew at the next
target when a dialect raises NoResult.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar
from urllib.parse import quote

from omniroute.formats.events import Fault
from omniroute.formats.failures import failure_of
from omniroute.formats.hub import Json
from omniroute.kit.json import BadJson, dumps, loads

R = TypeVar("R")
_SHOWN = 200


class Content(Protocol):
    """Bytes that lie somewhere, perhaps on disk; they can be read more than once."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Give all of them, in pieces."""
        ...

    def head(self, count: int) -> bytes:
        """Return the first bytes."""
        ...


Body = tuple[bytes | Content, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question. `at` is added to the endpoint's address; `url` is elsewhere and is asked without a credential.

    `wait_s` is how long to wait before asking; `undo` is what to ask if the client leaves in the meantime.
    """

    method: Literal["POST", "GET", "DELETE"] = "POST"
    at: str = ""
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = ()
    wait_s: float = 0.0
    undo: "Ask | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer, whose status was a success."""

    headers: Mapping[str, str]
    body: bytes


Talk = Generator[tuple[Ask, ...], tuple[Told, ...], R]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a request goes: the model, as its provider calls it, and how much the provider takes at once (0: any).

    `seed` is a number of the request's own, for what must not come out the same every time; `mark` parts the fields of
    a form, and nobody can guess it, so that no file can pretend to hold fields of its own.
    """

    model: str
    most_at_once: int = 0
    seed: int = 0
    mark: str = ""


class NoResult(Exception):
    """An upstream's answer is none; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class CannotCarry(Exception):
    """A target has no way to say what the request says in `param`; another one may."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param
        self.message = message


def json_ask(value: object, *, at: str = "", headers: Mapping[str, str] | None = None) -> Ask:
    """Return a question with a JSON body."""
    return Ask(at=at, body=(dumps(value),), headers=headers or {})


def told_object(told: Told) -> Json:
    """Return an answer's JSON object; raise NoResult for anything else, and for an error inside a success."""
    try:
        value = loads(told.body)
    except BadJson as error:
        shown = told.body[:_SHOWN].decode("utf-8", "replace")
        raise nonsense(f"is no JSON: {shown!r}") from error
    if not isinstance(value, dict):
        raise nonsense("is no JSON object")
    if value.get("error"):
        raise NoResult(failure_of(value))
    return value


def nonsense(what: str) -> NoResult:
    """Return the failure of an upstream whose answer makes no sense."""
    return NoResult(Fault(kind="upstream", message=f"The provider's answer {what}.", status=502, code="bad_answer"))


def multipart(fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, str, str, Content]], mark: str) -> Ask:
    """Return a question in the form of multipart/form-data (RFC 7578).

    `files` are names of fields, file names, media types and contents; `mark` must stand in none of them.
    """
    body: list[bytes | Content] = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    for name, file_name, media_type, content in files:
        head = f'form-data; name="{_quoted(name)}"; filename="{_quoted(file_name)}"'
        body += (
            f"--{mark}\r\nContent-Disposition: {head}\r\nContent-Type: {media_type}\r\n\r\n".encode(),
            content,
            b"\r\n",
        )
    body.append(f"--{mark}--\r\n".encode())
    return Ask(body=tuple(body), headers={"content-type": f"multipart/form-data; boundary={mark}"})


def _quoted(name: str) -> str:
    return quote(name, safe=" !#$&'()*+,-./:;<=>?@[]^_`{|}~")


def numbered(value: object) -> int | None:
    """Return a count of a vendor's, None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def seconds(value: object) -> int | None:
    """Return a vendor's seconds in milliseconds, None for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**7:
        return round(value * 1000)
    return None
