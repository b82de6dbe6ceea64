"""How quick providers are, and who is being served right now; from memory, since the process began."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from omniroute.kit.clock import Clock
from omniroute.services.moments import moment
from omniroute.services.request_log import dollars
from omniroute.services.rules import within
from omniroute.state.live import ActiveRequest, Conversation, Pace, whole_pace
from omniroute.state.sketch import Sketch
from omniroute.storage.keys import Keys

SHORTEST_MS, LONGEST_MS, USUAL_MS = 60_000, 3_600_000, 300_000
_MINUTE_MS = 60_000
_SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Milliseconds, each within one per cent; None as long as nothing was counted."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Of complete answers from the request's arrival to its last byte; `first_token` of streams."""

    p50: float | None
    p95: float | None
    p99: float | None
    count: int
    first_token: Quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The latencies of the last `window_ms` by provider, by provider/model, and of all together."""

    window_ms: int
    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    providers: Mapping[str, Latency]
    models: Mapping[str, Latency]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A conversation of the last half hour. `session_id` is made of what its client calls it, or of how it begins."""

    session_id: str
    key_id: str | None
    key: str | None
    client: str | None
    model: str
    provider: str | None
    connection_id: str | None
    created_at: datetime
    last_active: datetime
    age_ms: int
    request_count: int
    active_requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRequest:
    """A request under way: where it is now, and how far. `pieces` counts what was sent of a stream."""

    id: str
    session_id: str
    key_id: str | None
    key: str | None
    client: str | None
    model: str
    stream: bool
    provider: str | None
    connection_id: str | None
    upstream_model: str | None
    attempt: int
    started_at: datetime
    elapsed_ms: int
    first_token_ms: float | None
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveView:
    """Who is being served."""

    count: int
    sessions: tuple[LiveSession, ...]
    active_count: int
    active: tuple[LiveRequest, ...]


class Watched(Protocol):
    """What is watched: state/live.py."""

    def active(self) -> Sequence[ActiveRequest]:
        """Return the requests under way."""
        ...

    def conversations(self) -> Sequence[Conversation]:
        """Return the conversations of late."""
        ...

    def paces(self, minutes: int) -> Mapping[str, Pace]:
        """Return how quick each provider was."""
        ...

    def model_paces(self, minutes: int) -> Mapping[tuple[str, str], Pace]:
        """Return how quick each model was."""
        ...


class Telemetry:
    """Tells it."""

    def __init__(self, *, live: Watched, keys: Keys, clock: Clock) -> None:
        self._live = live
        self._keys = keys
        self._clock = clock

    def summary(self, window_ms: int = USUAL_MS) -> Summary:
        """Return the latencies of late; the window is of whole minutes, the one under way counts as one."""
        within(window_ms, "windowMs", least=SHORTEST_MS, most=LONGEST_MS)
        minutes = -(-window_ms // _MINUTE_MS)
        providers = self._live.paces(minutes)
        models = self._live.model_paces(minutes)
        every = _quantiles(whole_pace(providers).whole)
        return Summary(
            window_ms=minutes * _MINUTE_MS,
            count=every.count,
            p50=every.p50,
            p95=every.p95,
            p99=every.p99,
            providers={name: _latency(pace) for name, pace in providers.items() if pace.whole.count},
            models={f"{one}/{model}": _latency(pace) for (one, model), pace in models.items() if pace.whole.count},
        )

    async def sessions(self) -> LiveView:
        """Return who is being served, and who was in the last half hour."""
        names = {row.id: row.name for row in await self._keys.list()}
        now = self._clock.now_ms()
        sessions = tuple(_session(one, names.get, now) for one in self._live.conversations())
        active = tuple(_request(one, names.get, now) for one in self._live.active())
        return LiveView(count=len(sessions), sessions=sessions, active_count=len(active), active=active)


def _quantiles(sketch: Sketch) -> Quantiles:
    p50, p95, p99 = (None if one is None else round(one, 3) for one in sketch.quantiles(_SHARES))
    return Quantiles(p50=p50, p95=p95, p99=p99, count=sketch.count)


def _latency(pace: Pace) -> Latency:
    whole = _quantiles(pace.whole)
    return Latency(
        p50=whole.p50, p95=whole.p95, p99=whole.p99, count=whole.count, first_token=_quantiles(pace.first_token)
    )


def _session(one: Conversation, name_of: Callable[[str], str | None], now: int) -> LiveSession:
    return LiveSession(
        session_id=one.id,
        key_id=one.key_id,
        key=None if one.key_id is None else name_of(one.key_id),
        client=one.client,
        model=one.model,
        provider=one.provider,
        connection_id=one.connection_id,
        created_at=moment(one.created_ms),
        last_active=moment(one.last_ms),
        age_ms=max(now - one.created_ms, 0),
        request_count=one.requests,
        active_requests=one.active,
        input_tokens=one.input_tokens,
        output_tokens=one.output_tokens,
        cost_usd=dollars(one.cost_nano) or 0.0,
    )


def _request(one: ActiveRequest, name_of: Callable[[str], str | None], now: int) -> LiveRequest:
    provider, connection_id, model = one.running.at or (None, None, None)
    return LiveRequest(
        id=one.id,
        session_id=f"{one.session:016x}",
        key_id=one.key_id,
        key=None if one.key_id is None else name_of(one.key_id),
        client=one.client,
        model=one.model,
        stream=one.stream,
        provider=provider,
        connection_id=connection_id,
        upstream_model=model,
        attempt=one.running.tries,
        started_at=moment(one.started_ms),
        elapsed_ms=max(now - one.started_ms, 0),
        first_token_ms=one.first_token_ms,
        pieces=one.pieces,
    )
