"""The words that the fakes share: a request received, a reply to it, a refusal, and what a server remembers."""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from omniroute.formats.hub import Format
from omniroute.upstream.demo.answers import Answer, compose
from omniroute.upstream.demo.ask import Ask
from omniroute.upstream.demo.words import tokens

Json = dict[str, Any]

CREATED = 1_767_225_600  # the first second of 2026: every answer's time
KEY = "fake-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came. Header names are in lower case; `body` is None where the bytes are no JSON.

    `connection` numbers the TCP connections; `reused` says that an earlier request came over the same one.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    body: Any
    connection: int
    reused: bool
    at: float

    @property
    def bearer(self) -> str:
        """The key in the Authorization header, or nothing."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is sent back: a `body`, or the `frames` of a stream, each already spelled in the vendor's framing.

    `content` is the index of the first frame that says something, `repeat` a frame that may come again and again,
    `end_mark` says that the last frame only marks the end. Faults touch replies with `generated` set, no others.
    """

    status: int = 200
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    frames: tuple[bytes, ...] = ()
    content: int = 0
    repeat: bytes = b""
    end_mark: bool = False
    generated: bool = False

    @property
    def streamed(self) -> bool:
        """Whether this is a stream."""
        return bool(self.frames)


class Rejected(Exception):
    """The vendor refuses: `kind` is its own word for the class of error."""

    def __init__(
        self, status: int, message: str, *, kind: str = "", code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param


@dataclass(slots=True, kw_only=True)
class Memory:
    """What one server knows from request to request. `scenario` is one of the demo's STYLES, `queue` goes before it."""

    key: str = KEY
    scenario: str = "fitting"
    queue: deque[str] = field(default_factory=deque)
    models: tuple[str, ...] = ("fake-large", "fake-small")
    stored: dict[str, list[Json]] = field(default_factory=dict)
    _answers: int = 0
    _seen: set[str] = field(default_factory=set)

    def next_id(self) -> str:
        """Draw the next answer's id: a counter, so that tests can foretell it."""
        self._answers += 1
        return f"{self._answers:012x}"

    def compose(self, ask: Ask) -> Answer:
        """Invent the answer in the scenario that is due."""
        return compose(ask, self.queue.popleft() if self.queue else self.scenario)

    def cached(self, prefix: str) -> int:
        """Return how many tokens of `prefix` the vendor has in its cache, and put it there."""
        digest = hashlib.sha256(prefix.encode()).hexdigest()
        known = digest in self._seen
        self._seen.add(digest)
        return tokens(prefix) if known else 0

    def demand_model(self, model: str, refusal: Rejected) -> None:
        """Any model exists, save those whose name begins with `missing`."""
        if model.startswith("missing"):
            raise refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One wire format: how it answers, and how it spells an error as a body and as an event in a stream."""

    format: Format
    respond: Callable[[Received, Memory], Reply]
    spell_error: Callable[[Rejected], bytes]
    error_frame: Callable[[Rejected, Received], bytes]
