"""What is going on right now: requests under way, conversations seen lately, and how quick each provider is.

The gateway tells of each request as it begins, goes on and ends. All of it is in memory and bounded; it costs a
dictionary entry and a few additions a request. Who listens on the bus hears each step as an event.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from omniroute.kit.clock import Clock
from omniroute.kit.events import RequestStarted, StreamProgress
from omniroute.state.bus import Bus
from omniroute.state.sketch import Sketch, Windows, merged

SESSION_S = 1_800.0
MOST_SESSIONS = 5_000
_64_BITS = 2**64 - 1
MOST_MODELS = 200  # of which the latencies are kept apart


class Running(Protocol):
    """What is known of a request so far, by whoever serves it."""

    @property
    def at(self) -> tuple[str, str, str] | None:
        """Provider, connection and model that it is at now, or was at last."""
        ...

    @property
    def tries(self) -> int:
        """Which try is under way, from 1."""
        ...


class ActiveRequest(Struct, kw_only=True, eq=False):
    """A request under way. Not frozen: what is known of it grows."""

    id: str
    started_ms: int
    key_id: str | None
    client: str | None
    model: str
    stream: bool
    session: int
    named: str | None = None  # what its client calls the conversation
    running: Running
    bus: Bus
    first_token_ms: float | None = None
    pieces: int = 0

    def progressed(self, now_ms: int) -> None:
        """Tell who listens how far the stream is."""
        if self.bus.wanted:
            elapsed = float(now_ms - self.started_ms)
            self.bus.publish(StreamProgress(request_id=self.id, at_ms=now_ms, pieces=self.pieces, elapsed_ms=elapsed))


@dataclass(slots=True, kw_only=True, eq=False)
class Conversation:
    """A conversation seen lately; figures add up over its requests."""

    id: str
    key_id: str | None
    client: str | None
    model: str
    created_ms: int
    last_ms: int
    requests: int = 0
    active: int = 0
    provider: str | None = None
    connection_id: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano: int = 0


class Ended(Struct, frozen=True, kw_only=True):
    """How a request ended. A struct, as one is made for each request."""

    provider: str | None
    connection_id: str | None
    model: str | None
    answered: bool
    latency_ms: float
    first_token_ms: float | None
    input_tokens: int
    output_tokens: int
    cost_nano: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Latencies in ms: of whole requests, and until the first token of streams."""

    whole: Sketch
    first_token: Sketch


class _Series:
    __slots__ = ("first_token", "whole")

    def __init__(self) -> None:
        self.whole = Windows()
        self.first_token = Windows()

    def pace(self, minutes: int, now: float) -> Pace:
        return Pace(whole=self.whole.last(minutes, now), first_token=self.first_token.last(minutes, now))


class Live:
    """One a process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: dict[str, ActiveRequest] = {}
        self._conversations: OrderedDict[int, Conversation] = OrderedDict()
        self._providers: dict[str, _Series] = {}
        self._models: dict[tuple[str, str], _Series] = {}

    # ── what the gateway tells ──────────────────────────────────────────────────────────────────────────────────

    def began(self, request: ActiveRequest) -> ActiveRequest:
        """A request was taken on."""
        # A client's own request id may come twice at once: the later one is shown.
        self._active[request.id] = request
        talk = self._conversations.get(request.session)
        if talk is None:
            self._forget()
            talk = self._conversations[request.session] = Conversation(
                id=f"{request.session:016x}",
                key_id=request.key_id,
                client=request.client,
                model=request.model,
                created_ms=request.started_ms,
                last_ms=request.started_ms,
            )
        else:
            self._conversations.move_to_end(request.session)
        talk.last_ms = request.started_ms
        talk.requests += 1
        talk.active += 1
        if request.bus.wanted:
            request.bus.publish(
                RequestStarted(
                    request_id=request.id,
                    at_ms=request.started_ms,
                    key_id=request.key_id,
                    model=request.model,
                    stream=request.stream,
                    session=request.named,
                    client=request.client,
                )
            )
        return request

    def _forget(self) -> None:
        """Let go of what was not seen for long, and of the oldest when there are too many."""
        oldest = self._clock.now_ms() - int(SESSION_S * 1000)
        while self._conversations:
            first = next(iter(self._conversations.values()))
            if first.last_ms >= oldest and len(self._conversations) < MOST_SESSIONS:
                return
            self._conversations.popitem(last=False)

    def ended(self, request: ActiveRequest, how: Ended) -> None:
        """A request ended, however that was."""
        if self._active.get(request.id) is request:
            del self._active[request.id]
        talk = self._conversations.get(request.session)
        if talk is not None:
            talk.active -= 1
            talk.last_ms = request.started_ms + int(how.latency_ms)
            talk.input_tokens += how.input_tokens
            talk.output_tokens += how.output_tokens
            talk.cost_nano += how.cost_nano
            talk.provider = how.provider or talk.provider
            talk.connection_id = how.connection_id or talk.connection_id
        if how.answered and how.provider is not None:
            self._timed(how.provider, how.model or "", how)

    def _timed(self, provider: str, model: str, how: Ended) -> None:
        now = self._clock.monotonic()
        series = self._providers.get(provider)
        if series is None:
            series = self._providers[provider] = _Series()
        by_model = self._models.get((provider, model))
        if by_model is None:
            by_model = self._kept_model((provider, model), now)
        for one in (series, by_model):
            one.whole.add(how.latency_ms, now)
            if how.first_token_ms is not None:
                one.first_token.add(how.first_token_ms, now)

    def _kept_model(self, key: tuple[str, str], now: float) -> _Series:
        """Return a new model's series; when there are too many, one that is kept nowhere."""
        made = _Series()
        if len(self._models) >= MOST_MODELS:
            self._models = {one: found for one, found in self._models.items() if not found.whole.is_old(now)}
        if len(self._models) < MOST_MODELS:
            self._models[key] = made
        return made

    # ── what is asked ───────────────────────────────────────────────────────────────────────────────────────────

    def active(self) -> tuple[ActiveRequest, ...]:
        """Return the requests under way, the oldest first."""
        return tuple(self._active.values())

    def conversations(self) -> tuple[Conversation, ...]:
        """Return the conversations of the last half hour, the newest first."""
        oldest = self._clock.now_ms() - int(SESSION_S * 1000)
        return tuple(one for one in reversed(self._conversations.values()) if one.last_ms >= oldest or one.active)

    def paces(self, minutes: int) -> Mapping[str, Pace]:
        """Return how quick each provider was in the last minutes."""
        now = self._clock.monotonic()
        return {name: series.pace(minutes, now) for name, series in self._providers.items()}

    def model_paces(self, minutes: int) -> Mapping[tuple[str, str], Pace]:
        """Return how quick each provider's models were in the last minutes."""
        now = self._clock.monotonic()
        return {key: series.pace(minutes, now) for key, series in self._models.items()}


def whole_pace(paces: Mapping[str, Pace]) -> Pace:
    """Return the pace of all together."""
    return Pace(
        whole=merged(one.whole for one in paces.values()), first_token=merged(one.first_token for one in paces.values())
    )


def session_mark(*parts: str | None) -> int:
    """Return a number for what makes a conversation, that tells nothing of it and holds while the process runs."""
    return hash(parts) & _64_BITS
