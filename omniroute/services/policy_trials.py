"""Dry runs: what policies would do to a request that is described, or would have done to the last ones recorded.

Every policy counts as active here, drafts and one that is not saved yet too. Nothing is counted, nothing is sent.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from omniroute.formats.hub import Format
from omniroute.kit.clock import Clock
from omniroute.routing.policies import Decision, Period, Rule, State, Tokens, decide
from omniroute.services.moments import moment
from omniroute.services.policies import Policies, PolicyDraft
from omniroute.services.rules import fault, line, within
from omniroute.storage.rows import RequestRow
from omniroute.storage.usage import UsageRows

MOST_RECORDED = 1_000
_ANSWER_TOKENS = 500

Spent = Callable[[str | None, Period], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A request in words. Without costs, those of the key until now count; without `at`, it comes now."""

    model: str
    key_id: str | None = None
    format: Format = Format.OPENAI_CHAT
    input_tokens: int = 0
    output_tokens: int = _ANSWER_TOKENS
    address: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    at: datetime | None = None
    cost_today_usd: float | None = None
    cost_month_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMatch:
    """A policy that matches, and what it does."""

    id: str
    name: str
    state: State
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a request: `allow` or `deny`, for which model it is resolved, and the policies, in order."""

    verdict: str
    code: str | None
    message: str | None
    model: str
    providers: tuple[str, ...]
    max_tokens: int | None
    matches: tuple[TrialMatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVerdict:
    """The verdict on a request of the log."""

    request_id: str
    started_at: datetime
    requested_model: str
    key_id: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCount:
    """How many of the recorded requests a policy matches."""

    id: str
    name: str
    state: State
    matched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What would have become of the last requests; `requests` lists those that a policy matches, newest first.

    The log has no headers, so that conditions on them do not hold; costs are those of now.
    """

    looked_at: int
    denied: int
    rerouted: int
    counts: tuple[TrialCount, ...]
    requests: tuple[RecordedVerdict, ...]


class PolicyTrials:
    """Runs them. `providers` says where a model's name leads, `spent` what a key has cost so far."""

    def __init__(
        self,
        *,
        policies: Policies,
        requests: UsageRows,
        providers: Callable[[str], Collection[str]],
        spent: Spent,
        clock: Clock,
    ) -> None:
        self._policies = policies
        self._requests = requests
        self._providers = providers
        self._spent = spent
        self._clock = clock

    async def sample(self, request: SampleRequest, draft: PolicyDraft | None = None) -> Verdict:
        """Judge one request; `draft` is a policy that is not saved."""
        rules = await self._policies.rules(draft)
        line(request.model, "request.model", most=256)
        at = request.at or moment(self._clock.now_ms())
        if at.tzinfo is None:
            raise fault("request.at", "request.at needs a time zone, such as 2030-01-31T12:00:00Z")
        facts = _SampleFacts(request=request, at=at, of=self)
        return self._verdict(decide(rules, facts, request.model, rehearsed=True))

    async def last(self, count: int, draft: PolicyDraft | None = None) -> Rehearsal:
        """Judge the last requests of the log."""
        rules = await self._policies.rules(draft)
        rows = await self._requests.recent(within(count, "last", least=1, most=MOST_RECORDED))
        decided = [(row, decide(rules, self._facts_of(row), row.requested_model, rehearsed=True)) for row in rows]
        matched = Counter(match.rule for _, one in decided for match in one.matches)
        return Rehearsal(
            looked_at=len(rows),
            denied=sum(one.refusal is not None for _, one in decided),
            rerouted=sum(one.refusal is None and one.model != row.requested_model for row, one in decided),
            counts=tuple(_count(rule, matched[rule]) for rule in rules),
            requests=tuple(self._recorded(row, one) for row, one in decided if one.matches),
        )

    def providers(self, model: str) -> Collection[str]:
        """Return where a model's name leads."""
        return self._providers(model)

    def spent(self, key_id: str | None, period: Period) -> float:
        """Return what a key has cost so far."""
        return self._spent(key_id, period)

    def _facts_of(self, row: RequestRow) -> "_SampleFacts":
        request = SampleRequest(
            model=row.requested_model,
            key_id=row.key_id,
            format=Format(row.format),
            input_tokens=row.input_tokens or 0,
            output_tokens=row.output_tokens or 0,
            address=row.address,
            tags=row.tags,
        )
        return _SampleFacts(request=request, at=moment(row.started_at), of=self)

    def _recorded(self, row: RequestRow, decision: Decision) -> RecordedVerdict:
        return RecordedVerdict(
            request_id=row.id,
            started_at=moment(row.started_at),
            requested_model=row.requested_model,
            key_id=row.key_id,
            verdict=self._verdict(decision),
        )

    def _verdict(self, decision: Decision) -> Verdict:
        refusal = decision.refusal
        return Verdict(
            verdict="allow" if refusal is None else "deny",
            code=None if refusal is None else refusal.code,
            message=None if refusal is None else refusal.message,
            model=decision.model,
            providers=tuple(sorted(self._providers(decision.model))) if refusal is None else (),
            max_tokens=decision.max_tokens,
            matches=tuple(
                TrialMatch(id=one.rule.id, name=one.rule.name, state=one.rule.state, effects=one.effects)
                for one in decision.matches
            ),
        )


def _count(rule: Rule, matched: int) -> TrialCount:
    return TrialCount(id=rule.id, name=rule.name, state=rule.state, matched=matched)


class _SampleFacts:
    """What the rules may ask of a request that is described."""

    def __init__(self, *, request: SampleRequest, at: datetime, of: PolicyTrials) -> None:
        self._request = request
        self._of = of
        self._headers = {name.lower(): value for name, value in request.headers.items()}
        self.key_id = request.key_id
        self.format: str = request.format.value
        self.address = request.address
        self.tags: Sequence[str] = request.tags
        self.at = at.astimezone(UTC)

    def header(self, name: str) -> str | None:
        return self._headers.get(name)

    def tokens(self) -> Tokens:
        return Tokens(input=self._request.input_tokens, output=self._request.output_tokens)

    def providers(self, model: str) -> Collection[str]:
        return self._of.providers(model)

    def spent_usd(self, period: Period) -> float:
        given = self._request.cost_today_usd if period is Period.DAY else self._request.cost_month_usd
        return self._of.spent(self.key_id, period) if given is None else given
