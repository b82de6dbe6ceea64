"""One AI request under way: what came in, what was tried, what is known so far. Becomes a record when it ends."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from omniroute.formats.codec import Codec
from omniroute.formats.events import Fault
from omniroute.formats.hub import Json, Loss, Request, Usage
from omniroute.formats.table import CODECS
from omniroute.gateway.shape import Shape
from omniroute.gateway.snapshot import Plan, Target
from omniroute.gateway.ticket import Most, Place
from omniroute.services.limits import Limits
from omniroute.storage.rows import AttemptRow, KeyRow, RequestRow

MAX_MESSAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request comes from and by which door."""

    path: str
    address: str | None
    user_agent: str | None
    key: KeyRow | None


_NO_LIMITS = Limits()


class Call:
    """The state of one request; only its own task changes it. Times are `time.perf_counter` seconds."""

    __slots__ = (
        "answer_by",
        "asked",
        "attempts",
        "began",
        "body",
        "codec",
        "fault",
        "first_byte_s",
        "first_token_at",
        "foreign_state",
        "forwarded",
        "headers",
        "id",
        "is_noted",
        "letters",
        "limit_headers",
        "limits",
        "losses",
        "model",
        "most",
        "origin",
        "outcome",
        "place",
        "plan",
        "policies",
        "previous",
        "request",
        "routed",
        "service",
        "session",
        "shape",
        "started_ms",
        "status",
        "stream",
        "strict",
        "tags",
        "target",
        "ticket",
        "tries",
        "usage",
        "usage_source",
    )

    def __init__(self, *, id: str, codec: Codec, origin: Origin, started_ms: int) -> None:  # noqa: A002 - its name
        self.id = id
        self.codec = codec
        self.origin = origin
        self.started_ms = started_ms
        self.began = time.perf_counter()
        self.body: dict[str, Any] = {}
        self.model = ""
        self.stream = self.is_noted = False  # the latter: a budget has set something aside for it
        self.strict = False  # refuse rather than lose anything
        self.foreign_state = False  # the body holds another vendor's state, which must not be passed through
        self.forwarded: dict[str, str] = {}  # the client's headers that an upstream of the same format gets
        self.headers: Mapping[bytes, bytes] = {}  # the client's own, as policies look at them
        self.tags: tuple[str, ...] = ()  # what the client says that the request is for
        self.policies: tuple[str, ...] = ()  # those that acted on it
        self.routed: str | None = None  # the model that a policy put in the place of the one asked for
        self.shape: Shape | None = None  # what the gateway says in it besides
        self.previous: str | None = None  # the kept answer that the request goes on from
        self.session: str | None = None  # the name that the client gave its conversation
        self.answer_by: float | None = None  # until then an answer must be complete, or its stream begun
        self.first_byte_s: float | None = None
        self.request: Request | None = None
        self.plan: Plan | None = None
        self.target: Target | None = None
        self.attempts: list[AttemptRow] = []
        self.losses: tuple[Loss, ...] = ()
        self.asked: Target | None = None  # who was asked last
        self.usage: Usage | None = None
        self.service: str | None = None  # the service tier: as asked for, then as the provider says
        self.letters = self.tries = 0  # how much text of the answer has come, how many targets were tried
        self.most: Most | None = None  # what it may use at most, where anybody asks
        self.ticket: Place | None = None  # under the limits of the caller
        self.place: Place | None = None  # under those of the connection and the model
        self.limits = _NO_LIMITS
        self.limit_headers: list[tuple[bytes, bytes]] = []
        self.usage_source = "none"
        self.first_token_at: float | None = None
        self.outcome = "failed"
        self.status = 0
        self.fault: Fault | None = None

    def passes_through(self, target: Target) -> bool:
        """Whether the target gets the client's own body, and the client the target's own answer."""
        return self.codec is CODECS[target.format] and not self.foreign_state

    @property
    def combo(self) -> str | None:
        """The name of the combo that the model's name led to."""
        return None if self.plan is None or self.plan.combo is None else self.plan.combo.name

    def hurry(self, timeout_ms: int | None, first_byte_ms: int | None) -> None:
        """Take over the limits of a combo or a policy; the shorter ones hold."""
        if timeout_ms is not None:
            by = self.began + timeout_ms / 1000
            self.answer_by = by if self.answer_by is None else min(self.answer_by, by)
        if first_byte_ms is not None:
            first_s = first_byte_ms / 1000
            self.first_byte_s = first_s if self.first_byte_s is None else min(self.first_byte_s, first_s)

    def no_hurry(self) -> None:
        """The stream has begun: from now on it may take its time."""
        self.answer_by = None

    def is_late(self) -> bool:
        """Whether the time for an answer is over."""
        return self.answer_by is not None and time.perf_counter() >= self.answer_by

    def limited(self, limit_s: float) -> float:
        """Return a wait's limit, or what is left of the time for an answer if that is less."""
        if self.answer_by is None:
            return limit_s
        return max(min(limit_s, self.answer_by - time.perf_counter()), 0.0)

    def saw_first_token(self) -> None:
        """Note when the first meaningful piece of the answer came."""
        if self.first_token_at is None:
            self.first_token_at = time.perf_counter()

    def row(self, cost_nano: int | None, price_version: str | None) -> RequestRow:
        """Return the record of the request as it ended."""
        target, usage, fault, origin = self.target, self.usage or _NOTHING, self.fault, self.origin
        first = self.first_token_at
        is_told = origin.key is None or not origin.key.no_log
        return RequestRow(
            id=self.id,
            started_at=self.started_ms,
            key_id=origin.key.id if origin.key else None,
            address=origin.address if is_told else None,
            user_agent=origin.user_agent if is_told else None,
            format=self.codec.format.value,
            path=origin.path,
            requested_model=self.model,
            combo=self.combo,
            stream=self.stream,
            outcome=self.outcome,
            status=self.status,
            provider=target.provider if target else None,
            connection_id=target.connection_id if target else None,
            model=target.model if target else None,
            latency_us=int((time.perf_counter() - self.began) * 1e6),
            first_token_us=None if first is None else int((first - self.began) * 1e6),
            input_tokens=usage.input,
            output_tokens=usage.output,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
            reasoning_tokens=usage.reasoning,
            usage_more=_more(usage),
            service_tier=self.service,
            usage_source=self.usage_source,
            cost_nano=cost_nano,
            price_version=price_version,
            error_kind=fault.kind if fault else None,
            error_message=fault.message[:MAX_MESSAGE] if fault and is_told else None,
            tags=self.tags,
            policies=self.policies,
            losses=tuple(f"{loss.path}: {loss.reason}" for loss in self.losses),
            attempts=tuple(self.attempts) if is_told else tuple(replace(one, message=None) for one in self.attempts),
        )


_NOTHING = Usage()
RARE = ("cache_write_1h", "audio_input", "image_input", "audio_output", "image_output")
_rare = attrgetter(*RARE)


def _more(usage: Usage) -> Json | None:
    """Return the figures that most answers do not have."""
    found = {name: count for name, count in zip(RARE, _rare(usage), strict=True) if count}
    return found or None
