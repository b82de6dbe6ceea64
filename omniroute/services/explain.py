"""Questions about routing that send nothing: where would this request go now, and what would another combo have done?

The answers come from the data plane, which is handed in; what is asked is checked here, and the recorded requests of a
replay are read here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omniroute.formats.hub import Format
from omniroute.kit.json import JsonObject
from omniroute.routing.strategies import Strategy
from omniroute.services.combos import MOST_TARGETS
from omniroute.services.moments import milliseconds, moment
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault, line, within
from omniroute.storage.request_logs import LogFilter, Position
from omniroute.storage.rows import RequestRow
from omniroute.storage.usage import UsageRows

MOST_REPLAYED = 20_000
USUALLY_REPLAYED = 5_000
MOST_SEED = 2**31 - 1
_PAGE = 500
# A client's own mistake would have been one anywhere, and who went away did not wait for an answer.
_ENDINGS = frozenset({"ok", "failed", "truncated"})
_NOBODYS_FAULT = frozenset({"client_error", "content_refused", "lossy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunDraft:
    """What would be asked. `body` is a request in `format`, without one only the model's name counts.

    `key` is the id of the key it would come with, `session` the name of its conversation.
    """

    model: str
    format: Format = Format.OPENAI_CHAT
    body: JsonObject | None = None
    stream: bool = False
    key: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One target. `state` is chosen, next, cooling (tried last, if at all) or skipped; `reason` says why.

    `losses` are what the request would lose on its way into the target's format.
    """

    position: int | None
    state: str
    reason: str | None
    provider: str
    connection_id: str
    connection: str
    model: str
    format: Format
    score: float | None
    score_unit: str | None
    estimated_cost_usd: float | None
    context_window: int | None
    losses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """Where a request would go now: `decision` in a few words, `resolved` how the model's name came to mean it."""

    model: str
    combo: str | None
    strategy: Strategy
    resolved: str
    decision: str
    input_tokens: int
    output_tokens: int
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    candidate_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDraft:
    """What to try on recorded requests: a combo, or a strategy over targets; the newest `limit` of a time."""

    combo: str | None = None
    strategy: Strategy | None = None
    targets: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int = USUALLY_REPLAYED
    seed: int = 1


class Ending(StrEnum):
    """How a try ended; refused: its answer did not pass the checks of a cascade."""

    GOOD = "good"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(slots=True, kw_only=True, eq=False)
class Sample:
    """What a replay needs of one recorded request. Not frozen: thousands are made at once.

    `tries` are target, milliseconds and ending, in order; the target is connection and model.
    """

    at_s: float
    stream: bool
    input_tokens: int
    output_tokens: int
    cache_read: int
    cache_write: int
    reasoning: int
    cost_nano: int
    answered: bool
    took_ms: float
    provider: str | None
    tries: tuple[tuple[tuple[str, str], float, Ending], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fared:
    """How requests fared: `availability` is the share that was answered, `share` of those, by target."""

    cost_usd: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    availability: float
    attempts: int
    share: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedTarget:
    """What a target was taken to be like, and on what basis: connection, model, everything or nothing.

    `observed` is how many tries that is about; `refusal_rate` the share of its answers that a cascade did not take;
    `priced` whether its price is known.
    """

    target: str
    observed: int
    basis: str
    failure_rate: float
    refusal_rate: float
    latency_p50_ms: float | None
    priced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What would have been, beside what was, over the same requests."""

    requests: int
    since: datetime | None
    until: datetime | None
    seed: int
    strategy: Strategy | None
    replayed: Fared
    actual: Fared
    targets: tuple[ReplayedTarget, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What the data plane finds when it replays samples."""

    strategy: Strategy
    fared: Fared
    actual: Fared
    targets: tuple[ReplayedTarget, ...]
    notes: tuple[str, ...]


DryRunner = Callable[[DryRunDraft], DryRun]
Simulate = Callable[[ReplayDraft, Sequence[Sample]], Awaitable[Simulated]]


class Explain:
    """Answers them. One replay runs at a time, as it keeps a processor busy."""

    def __init__(self, *, rows: UsageRows, dry_run: DryRunner, simulate: Simulate) -> None:
        self._rows = rows
        self._dry_run = dry_run
        self._simulate = simulate
        self._turn = asyncio.Lock()

    async def dry_run(self, draft: DryRunDraft) -> DryRun:
        """Say where a request would go now; raise what the gateway would answer when it would go nowhere."""
        line(draft.model, "model", most=LONGEST_MODEL)
        return self._dry_run(draft)

    async def replay(self, draft: ReplayDraft) -> Replay:
        """Let a combo or a strategy choose for recorded requests; the same seed gives the same answer."""
        _check(draft)
        async with self._turn:
            samples = await self._samples(draft)
            found = await self._simulate(draft, samples)
        return Replay(
            requests=len(samples),
            since=moment(int(samples[0].at_s * 1000)) if samples else None,
            until=moment(int(samples[-1].at_s * 1000)) if samples else None,
            seed=draft.seed,
            strategy=found.strategy,
            replayed=found.fared,
            actual=found.actual,
            targets=found.targets,
            notes=found.notes,
        )

    async def _samples(self, draft: ReplayDraft) -> list[Sample]:
        """Read the newest requests of the time, and put the oldest first."""
        only = LogFilter(
            since=None if draft.since is None else milliseconds(draft.since),
            until=None if draft.until is None else milliseconds(draft.until),
        )
        samples: list[Sample] = []
        before: Position | None = None
        while len(samples) < draft.limit:
            page = await self._rows.page(_PAGE, before, only)
            samples += (_sample(row) for row in page.rows if _is_usable(row))
            before = page.following
            if before is None:
                break
        return samples[: draft.limit][::-1]


def _check(draft: ReplayDraft) -> None:
    if (draft.combo is None) == (not draft.targets):
        raise fault("combo", "name a combo, or give a strategy and targets")
    if draft.targets and draft.strategy is None:
        raise fault("strategy", "say by which strategy the targets are chosen from")
    if len(draft.targets) > MOST_TARGETS:
        raise fault("targets", f"a replay has {MOST_TARGETS} targets at most")
    for number, target in enumerate(draft.targets):
        line(target, f"targets.{number}", most=LONGEST_MODEL)
    within(draft.limit, "limit", least=1, most=MOST_REPLAYED)
    within(draft.seed, "seed", least=0, most=MOST_SEED)
    if draft.since is not None and draft.until is not None and draft.since >= draft.until:
        raise fault("since", "since must be before until")


def _is_usable(row: RequestRow) -> bool:
    """Whether the request says something about targets."""
    return row.outcome in _ENDINGS and not (row.outcome == "failed" and 400 <= row.status < 500 and row.status != 429)  # noqa: PLR2004 - HTTP


def _sample(row: RequestRow) -> Sample:
    failed = [one for one in row.attempts if one.failure is not None]
    # When the answer's own try began; tries may have run beside each other, so what the others took is less exact.
    answered = next((one for one in row.attempts if one.failure is None), None)
    lost_us = answered.started_us if answered is not None else sum(one.latency_us for one in failed)
    tries = [
        ((one.connection_id, one.model), one.latency_us / 1000, _ending(one.failure))
        for one in failed
        if one.failure not in _NOBODYS_FAULT
    ]
    if row.outcome != "failed" and row.connection_id is not None:
        ending = Ending.GOOD if row.outcome == "ok" else Ending.FAILED
        tries.append(((row.connection_id, row.model or ""), max(row.latency_us - lost_us, 0) / 1000, ending))
    return Sample(
        at_s=row.started_at / 1000,
        stream=row.stream,
        input_tokens=row.input_tokens or 0,
        output_tokens=row.output_tokens or 0,
        cache_read=row.cache_read_tokens or 0,
        cache_write=row.cache_write_tokens or 0,
        reasoning=row.reasoning_tokens or 0,
        cost_nano=row.cost_nano or 0,
        answered=row.outcome == "ok",
        took_ms=row.latency_us / 1000,
        provider=row.provider,
        tries=tuple(tries),
    )


def _ending(failure: str | None) -> Ending:
    return Ending.REFUSED if failure == "answer" else Ending.FAILED
