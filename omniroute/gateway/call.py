"""One AI request under way: what came in, what was tried, what is known so far. Becomes a record when it ends."""

import time
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from omniroute.formats.codec import Codec
from omniroute.formats.events import Fault
from omniroute.formats.hub import Loss, Request, Usage
from omniroute.formats.table import CODECS
from omniroute.gateway.decision import Ask, headline, told
from omniroute.gateway.operations import Operation
from omniroute.gateway.places import Most, Place
from omniroute.gateway.shape import Shape
from omniroute.gateway.snapshot import Plan, Target
from omniroute.gateway.ticket import CacheControl, RepeatKey, Ticket
from omniroute.kit.events import FirstToken, TryFailed
from omniroute.kit.json import JsonObject
from omniroute.services.limits import Limits
from omniroute.state.live import ActiveRequest
from omniroute.storage.rows import AttemptRow, KeyRow

MAX_MESSAGE = 500


class Origin(Struct, frozen=True, kw_only=True):
    """Where a request comes from and by which door."""

    path: str
    address: str | None
    user_agent: str | None
    key: KeyRow | None


_NO_LIMITS = Limits()


class Call:
    """The state of one request; only its own task changes it. Times are `time.perf_counter` seconds."""

    __slots__ = (
        "admitted",
        "answer_by",
        "ask",
        "attempts",
        "began",
        "body",
        "cache_control",
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
        "live",
        "losses",
        "model",
        "most",
        "operation",
        "origin",
        "outcome",
        "place",
        "plan",
        "policies",
        "previous",
        "priced",
        "progress",
        "repeat",
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
        "trying",
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
        self.progress = False  # the client wants to hear how far its stream is
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
        self.cache_control = CacheControl.USE
        self.repeat: RepeatKey | None = None  # by which the client knows the request again
        self.ticket: Ticket | None = None  # what it has to do with kept answers
        self.operation: Operation | None = None  # what it asks for when it is no chat
        self._begin()

    def _begin(self) -> None:
        """Set what becomes known on the way."""
        self.answer_by: float | None = None  # until then an answer must be complete, or its stream begun
        self.first_byte_s: float | None = None
        self.request: Request | None = None
        self.plan: Plan | None = None
        self.ask: Ask | None = None  # how the plan's targets were chosen from
        self.target: Target | None = None
        self.trying: Target | None = None  # what is under way, or was last
        self.live: ActiveRequest | None = None  # how others see the request
        self.attempts: list[AttemptRow] = []
        self.losses: tuple[Loss, ...] = ()
        self.usage: Usage | None = None
        self.service: str | None = None  # the service tier: as asked for, then as the provider says
        self.priced: tuple[Usage, int | None, str | None] | None = None  # what it cost, and by whose prices
        self.letters = 0  # how much text of the answer has come
        self.most: Most | None = None  # what it may use at most, where anybody asks
        self.admitted: Place | None = None  # under the limits of the caller
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
    def is_given(self) -> bool:
        """Whether the answer is a kept one: nobody was asked, nothing was spent."""
        return self.ticket is not None and self.ticket.row is not None

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

    def has_time_for(self, seconds: float) -> bool:
        """Whether the time for an answer lasts longer than that."""
        return self.answer_by is None or time.perf_counter() + seconds < self.answer_by

    def limited(self, limit_s: float) -> float:
        """Return a wait's limit, or what is left of the time for an answer if that is less."""
        if self.answer_by is None:
            return limit_s
        return max(min(limit_s, self.answer_by - time.perf_counter()), 0.0)

    def saw_first_token(self) -> None:
        """Note when the first meaningful piece of the answer came."""
        if self.first_token_at is not None:
            return
        self.first_token_at = now = time.perf_counter()
        live = self.live
        if live is not None:
            live.first_token_ms = (now - self.began) * 1000
            if live.bus.wanted and self.at is not None:
                provider, connection_id, model = self.at
                live.bus.publish(
                    FirstToken(
                        request_id=self.id,
                        at_ms=self.started_ms + int(live.first_token_ms),
                        provider=provider,
                        connection_id=connection_id,
                        model=model,
                        first_token_ms=live.first_token_ms,
                    )
                )

    def tried(self, row: AttemptRow) -> None:
        """Note what became of a try."""
        self.attempts.append(row)
        live = self.live
        if live is not None and row.failure is not None and live.bus.wanted:
            live.bus.publish(
                TryFailed(
                    request_id=self.id,
                    at_ms=self.started_ms + int((time.perf_counter() - self.began) * 1000),
                    number=row.number,
                    provider=row.provider,
                    connection_id=row.connection_id,
                    model=row.model,
                    failure=row.failure,
                    message=row.message or "",
                    latency_ms=row.latency_us / 1000,
                )
            )

    @property
    def at(self) -> tuple[str, str, str] | None:
        """Provider, connection and model that the request is at now, or was at last."""
        target = self.trying or self.target
        return None if target is None else (target.provider, target.connection_id, target.model)

    @property
    def tries(self) -> int:
        """Which try is under way, from 1."""
        return len(self.attempts) + (self.target is None or not self.attempts)

    @property
    def headline(self) -> str | None:
        """How the target was chosen, in a few words; None as long as there is no plan."""
        if self.plan is None:
            return None
        return headline(self.plan, self.ask or _UNASKED, self._route_id, len(self.attempts))

    def decision(self) -> JsonObject | None:
        """Return how the target was chosen, in full; None without a plan."""
        if self.plan is None:
            return None
        return told(self.plan, self.ask or _UNASKED, self._route_id, len(self.attempts))

    @property
    def _route_id(self) -> tuple[str, str] | None:
        return None if self.target is None else (self.target.connection_id, self.target.model)

    @property
    def spent_nano(self) -> int:
        """What answers cost that were not taken or were overtaken, in billionths of a dollar."""
        return sum(one.cost_nano or 0 for one in self.attempts) if self.attempts else 0


_UNASKED = Ask()
