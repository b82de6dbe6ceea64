"""What goes on in the gateway, as the live feeds see it: painted once from the bus for all of them."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from decimal import Decimal

from omniroute.kit.clock import Clock
from omniroute.kit.events import (
    AccountExpired,
    BreakerChanged,
    BudgetWarning,
    ConfigurationChanged,
    ConnectionCooled,
    Happening,
    JobChanged,
    RequestFinished,
    RequestStarted,
)
from omniroute.services.live_values import Change, LiveRequest, LiveSession, RequestStatus
from omniroute.services.moments import moment
from omniroute.state.rolling import Rolling, Sums
from omniroute.storage.rows import RequestRow

SHOWN = 100
_MOST_SESSIONS = 1_000
_SESSION_MS = 30 * 60 * 1000
_MOST_OPEN = 20_000
_STATUSES = {one.value: one for one in RequestStatus}
# A client that goes away is not a failure of ours.
_FINE = frozenset({RequestStatus.OK, RequestStatus.CLIENT_CLOSED})

Sorted = tuple[str, str, str, str]  # key, provider, connection, model
Who = tuple[str | None, str | None, str | None]  # key, session's name, client


class Session:
    """One session's sums."""

    __slots__ = ("cost_nano", "id", "in_flight", "last", "seen_at", "started_at", "sums", "who")

    def __init__(self, who: Who, at_ms: int) -> None:
        self.id = f"sess_{hashlib.blake2b(repr(who).encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"
        self.who = who
        self.in_flight = 0
        self.sums = Sums()
        self.last: tuple[str, str | None, str | None] = ("", None, None)  # model, provider, connection
        self.started_at = self.seen_at = at_ms

    def shown(self) -> LiveSession:
        """Return it as a value."""
        key_id, name, client = self.who
        model, provider, connection_id = self.last
        return LiveSession(
            id=self.id,
            name=name,
            key_id=key_id,
            client=client,
            model=model,
            provider=provider,
            connection_id=connection_id,
            in_flight=self.in_flight,
            requests=self.sums.requests,
            failures=self.sums.failures,
            input_tokens=self.sums.input_tokens,
            output_tokens=self.sums.output_tokens,
            cost_usd=usd(self.sums.cost_nano),
            started_at=moment(self.started_at),
            last_seen_at=moment(self.seen_at),
        )


class Picture:
    """All that feeds are made of. What is new since `seen` was called stands in the `new_` fields."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rolling: Rolling[Sorted] = Rolling()
        self.recent: deque[LiveRequest] = deque(maxlen=SHOWN)
        self.sessions: OrderedDict[Who, Session] = OrderedDict()
        self.open: OrderedDict[str, tuple[LiveRequest, Session]] = OrderedDict()
        self.covered_since = clock.now_ms()
        self.new_requests: list[LiveRequest] = []
        self.new_changes: list[Change] = []
        self.new_warnings: list[BudgetWarning] = []
        self.new_jobs: set[str] = set()
        self.touched: set[Who] = set()
        self.ended: list[str] = []
        self.lost = 0
        self.health_changed = False

    def now_s(self) -> float:
        """Return the time on the records' own clock, in seconds."""
        return self.clock.now_ms() / 1000

    def seed(self, rows: Sequence[RequestRow]) -> None:
        """Take in the newest records of before, the newest first."""
        known = {one.id for one in self.recent}
        for row in reversed(rows):
            if row.id not in known:
                self._finished(_finish_of(row), (row.key_id, None, row.user_agent))
                self.covered_since = min(self.covered_since, row.started_at)
        self.seen()

    def fold(self, events: Iterable[Happening], lost: int) -> None:
        """Take in what happened."""
        self.lost += lost
        for event in events:
            match event:
                case RequestFinished():
                    self._finished(event, None)
                case RequestStarted():
                    self._started(event)
                case ConfigurationChanged():
                    at = moment(self.clock.now_ms())
                    self.new_changes.append(Change(noun=event.noun, id=event.id, at=at))
                    self.health_changed |= event.noun in {"connections", "nodes"}
                case ConnectionCooled() | BreakerChanged() | AccountExpired():
                    self.health_changed = True
                case BudgetWarning():
                    self.new_warnings.append(event)
                case JobChanged():
                    self.new_jobs.add(event.name)
        self._expire()

    def seen(self) -> None:
        """All channels have looked."""
        self.new_requests = []
        self.new_changes = []
        self.new_warnings = []
        self.new_jobs = set()
        self.touched = set()
        self.ended = []
        self.lost = 0
        self.health_changed = False

    def _started(self, event: RequestStarted) -> None:
        session = self._session((event.key_id, event.session, event.client), event.at_ms)
        session.in_flight += 1
        session.last = (event.model, session.last[1], session.last[2])
        told = LiveRequest(
            id=event.request_id,
            at=moment(event.at_ms),
            status=RequestStatus.RUNNING,
            key_id=event.key_id,
            model=event.model,
        )
        self.open[event.request_id] = (told, session)
        if len(self.open) > _MOST_OPEN:
            self.open.popitem(last=False)
        self.new_requests.append(told)

    def _finished(self, event: RequestFinished, who: Who | None) -> None:
        told = _told(event)
        _, session = self.open.pop(event.request_id, (None, None))
        if session is not None:
            session.in_flight -= 1
            self._session(session.who, event.at_ms)
        else:
            session = self._session(who or (event.key_id, None, None), event.at_ms)
        session.last = (event.model, event.provider, event.connection_id)
        sums = _sums(event, failed=told.status not in _FINE)
        session.sums.add(sums)
        self.rolling.add(
            event.at_ms / 1000,
            (event.key_id or "", event.provider or "", event.connection_id or "", event.model),
            sums,
        )
        self.recent.append(told)
        self.new_requests.append(told)

    def _session(self, who: Who, at_ms: int) -> Session:
        session = self.sessions.get(who)
        if session is None:
            session = self.sessions[who] = Session(who, at_ms)
            if len(self.sessions) > _MOST_SESSIONS:
                self._forget(next(iter(self.sessions)))
        self.sessions.move_to_end(who)
        session.seen_at = max(session.seen_at, at_ms)
        self.touched.add(who)
        return session

    def _expire(self) -> None:
        oldest = self.clock.now_ms() - _SESSION_MS
        while self.sessions:
            who, session = next(iter(self.sessions.items()))
            if session.seen_at > oldest or session.in_flight:
                return
            self._forget(who)

    def _forget(self, who: Who) -> None:
        self.ended.append(self.sessions.pop(who).id)
        self.touched.discard(who)


def usd(nano: int) -> Decimal:
    """Return billionths of a dollar as dollars."""
    return Decimal(nano).scaleb(-9)


def _told(event: RequestFinished) -> LiveRequest:
    return LiveRequest(
        id=event.request_id,
        at=moment(event.at_ms),
        status=_STATUSES.get(event.outcome, RequestStatus.OTHER),
        key_id=event.key_id,
        model=event.model,
        provider=event.provider,
        connection_id=event.connection_id,
        http_status=event.status,
        latency_ms=event.latency_ms,
        first_token_ms=event.first_token_ms,
        input_tokens=event.input_tokens,
        output_tokens=event.output_tokens,
        cost_usd=None if event.cost_usd_nano is None else usd(event.cost_usd_nano),
    )


def _sums(event: RequestFinished, *, failed: bool) -> Sums:
    sums = Sums()
    sums.requests = 1
    sums.failures = int(failed)
    sums.input_tokens = event.input_tokens or 0
    sums.output_tokens = event.output_tokens or 0
    sums.cost_nano = event.cost_usd_nano or 0
    sums.latency.add(event.latency_ms)
    if event.first_token_ms is not None:
        sums.first.add(event.first_token_ms)
    return sums


def _finish_of(row: RequestRow) -> RequestFinished:
    return RequestFinished(
        request_id=row.id,
        at_ms=row.started_at + row.latency_us // 1000,
        key_id=row.key_id,
        model=row.requested_model,
        provider=row.provider,
        connection_id=row.connection_id,
        outcome=row.outcome,
        status=row.status,
        latency_ms=row.latency_us / 1000,
        first_token_ms=None if row.first_token_us is None else row.first_token_us / 1000,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd_nano=row.cost_nano,
    )
