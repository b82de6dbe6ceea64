"""A replay: the real chooser chooses for recorded requests, on an imagined clock, and nothing is sent.

What a target does is drawn from what was seen of it in the same records: how often it failed, how long it took. One
that was never seen is taken for what its model was elsewhere, else for what all targets were. Failures cool an account
down as they would. The draws come from a seed, so that the same question has the same answer.
"""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from omniroute.formats.hub import Usage
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.decision import Ask
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshot import Plan, Route, Snapshot, Target
from omniroute.gateway.traffic import Load, Traffic
from omniroute.kit.errors import NotFound, OmniError
from omniroute.routing.breaker import Failed, Standing, Verdict, after, order, verdict
from omniroute.routing.conditions import Facts
from omniroute.routing.strategies import Strategy
from omniroute.services.combos import Combo, ComboConfig, ComboTarget
from omniroute.services.explain import Ending, Fared, ReplayDraft, ReplayedTarget, Sample, Simulated
from omniroute.services.moments import moment
from omniroute.state.sketch import Sketch
from omniroute.upstream.prices import PriceBook, cost_nano

# How many requests are replayed before others get a turn: about a millisecond's work.
_SLICE = 25
_MOST_TRIES = 5  # as MAX_ATTEMPTS has it, where a combo does not say
_MOST_SEEN = 2_000  # latencies that are kept of a target
_FIRST_COOL_S, _MOST_COOL_S = 3.0, 60.0
_MOST_DOUBLINGS = 15
_NAME = "(replay)"
_Id = tuple[str, str]


class Replays:
    """Replays."""

    def __init__(self, prices: PriceBook, snapshot: Callable[[], Snapshot]) -> None:
        self._prices = prices
        self._snapshot = snapshot

    async def __call__(self, draft: ReplayDraft, samples: Sequence[Sample]) -> Simulated:
        """Replay; raise NotFound or Invalid when the combo or a target means nothing."""
        plan = self._plan(draft)
        seen = _Seen(samples)
        world = _World(plan, seen, random.Random(draft.seed))  # noqa: S311 - repeatable chance, no secret
        for number, sample in enumerate(samples):
            world.serve(sample)
            if number % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        return Simulated(
            strategy=plan.choice.strategy,
            fared=world.tally.fared(len(samples)),
            actual=_actual(samples, plan),
            targets=tuple(seen.told(route) for route in plan.by_id.values()),
            notes=_notes(plan, seen),
        )

    def _plan(self, draft: ReplayDraft) -> Plan:
        """Grow the plan with figures of its own, so that nothing real is touched."""
        snapshot = self._snapshot()
        resolver = Resolver(self._prices, Traffic())
        if draft.combo is not None:
            if draft.combo not in snapshot.combos:
                raise NotFound(f"There is no combo {draft.combo!r}.", param="combo")
            return resolver.plan_over(snapshot, draft.combo, None)
        combo = Combo(
            id=_NAME,
            name=_NAME,
            strategy=draft.strategy or Strategy.PRIORITY,
            models=tuple(draft.targets),
            targets=tuple(ComboTarget(model=model) for model in draft.targets),
            config=ComboConfig(),
            is_active=True,
            created_at=moment(0),
            updated_at=moment(0),
        )
        return resolver.plan_over(replace(snapshot, combos={**snapshot.combos, _NAME: combo}), _NAME, None)


@dataclass(slots=True, kw_only=True, eq=False)
class _Record:
    """What was seen of a target, or of several: milliseconds of answers and of failures."""

    good_ms: list[float] = field(default_factory=list)
    bad_ms: list[float] = field(default_factory=list)
    good: int = 0
    bad: int = 0
    refused: int = 0

    def add(self, took_ms: float, ending: Ending) -> None:
        failed = ending is Ending.FAILED
        self.refused += ending is Ending.REFUSED
        kept = self.bad_ms if failed else self.good_ms
        if len(kept) < _MOST_SEEN:
            kept.append(took_ms)
        self.bad += failed
        self.good += not failed

    @property
    def count(self) -> int:
        return self.good + self.bad

    @property
    def failure_rate(self) -> float:
        return self.bad / self.count if self.count else 0.0

    @property
    def refusal_rate(self) -> float:
        return self.refused / self.good if self.good else 0.0


class _Seen:
    """What the records say of each target."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._by_target: dict[_Id, _Record] = {}
        self._by_model: dict[str, _Record] = {}
        self._all = _Record()
        for sample in samples:
            for target, took_ms, ending in sample.tries:
                for record in (
                    self._by_target.setdefault(target, _Record()),
                    self._by_model.setdefault(target[1], _Record()),
                    self._all,
                ):
                    record.add(took_ms, ending)

    def of(self, route_id: _Id) -> tuple[_Record, str]:
        """Return what a target is taken to be like, and on what basis."""
        found = self._by_target.get(route_id)
        if found is not None:
            return found, "connection"
        found = self._by_model.get(route_id[1])
        if found is not None:
            return found, "model"
        return self._all, "everything" if self._all.count else "nothing"

    def told(self, route: Route) -> ReplayedTarget:
        record, basis = self.of(route.id)
        return ReplayedTarget(
            target=_name(route.target),
            observed=record.count,
            basis=basis,
            failure_rate=round(record.failure_rate, 6),
            refusal_rate=round(record.refusal_rate, 6),
            latency_p50_ms=_sketched(record.good_ms).quantile(0.5),
            priced=route.target.rate is not None,
        )


class _Tally:
    """Adds up how requests fared."""

    def __init__(self) -> None:
        self.cost_nano = 0
        self.attempts = 0
        self._took = Sketch()
        self._answered: Counter[str] = Counter()

    def answered(self, name: str, took_ms: float) -> None:
        self._answered[name] += 1
        self._took.add(took_ms)

    def fared(self, requests: int) -> Fared:
        p50, p95 = self._took.quantiles((0.5, 0.95))
        count = self._took.count
        return Fared(
            cost_usd=self.cost_nano / 1e9,
            latency_p50_ms=p50,
            latency_p95_ms=p95,
            availability=round(count / requests, 6) if requests else 0.0,
            attempts=self.attempts,
            share={name: round(times / count, 6) for name, times in self._answered.most_common()},
        )


class _Rest:
    """What cools down on the imagined clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: dict[_Id, Standing] = {}

    @property
    def has_any(self) -> bool:
        return bool(self._held)

    def is_free(self, route: Route) -> bool:
        return verdict(self._held.get(route.id), self._now()) in {Verdict.FREE, Verdict.PROBE}

    def order(self, routes: Sequence[Route]) -> list[Route]:
        return order(routes, self._verdict)

    def _verdict(self, route: Route) -> tuple[Verdict, float]:
        held = self._held.get(route.id)
        return verdict(held, self._now()), 0.0 if held is None else held.until

    def held(self, target: Target) -> Standing | None:
        return self._held.get((target.connection_id, target.model))

    def failed(self, route: Route) -> None:
        event = Failed(
            reason="replayed",
            message="it failed",
            first_s=_FIRST_COOL_S,
            cap_s=_MOST_COOL_S,
            max_level=_MOST_DOUBLINGS,
            threshold=None,
            open_s=0.0,
            began=self._now(),
        )
        held = after(self._held.get(route.id), event, self._now())
        if held is not None:
            self._held[route.id] = held

    def answered(self, route: Route) -> None:
        self._held.pop(route.id, None)


class _World:
    """Serves recorded requests by a plan, on a clock that stands where the request says."""

    def __init__(self, plan: Plan, seen: _Seen, chance: random.Random) -> None:
        self._plan = plan
        self._seen = seen
        self._chance = chance
        self._now = 0.0
        self._rest = _Rest(lambda: self._now)
        self._chooser = Chooser(self._rest, draw=chance.random, now=lambda: self._now)
        self._ends: list[tuple[float, int, Load]] = []
        self._begun = 0
        config = plan.config
        self._most = (None if config is None else config.max_attempts) or max(_MOST_TRIES, len(plan.choice.options))
        self.tally = _Tally()

    def serve(self, sample: Sample) -> None:
        """Let the plan serve one request."""
        self._now = sample.at_s
        self._let_end()
        took_ms = 0.0
        ask = Ask(facts=_facts(sample))
        try:
            for number, route in enumerate(self._chooser.routes(self._plan, ask)):
                if number >= self._most:
                    return
                try_ms, is_good = self._try(route)
                took_ms += try_ms
                self._now += try_ms / 1000
                if is_good:
                    self._pay(route, sample)
                    if not self._is_refused(route, ask):
                        self._answer(route, took_ms)
                        return
        except OmniError:
            return  # no target takes it

    def _let_end(self) -> None:
        while self._ends and self._ends[0][0] <= self._now:
            heapq.heappop(self._ends)[2].end()

    def _try(self, route: Route) -> tuple[float, bool]:
        """Draw what became of a try."""
        record, _ = self._seen.of(route.id)
        self.tally.attempts += 1
        failed = self._chance.random() < record.failure_rate
        drawn = record.bad_ms if failed else record.good_ms
        took_ms = drawn[int(self._chance.random() * len(drawn))] if drawn else 0.0
        end = self._now + took_ms / 1000
        for _, load in route.steps:
            load.begin(self._now)
            if failed:
                load.failed(end, took_ms / 1000, "replayed")
            else:
                load.answered(end, took_ms / 1000)
            self._begun += 1
            heapq.heappush(self._ends, (end, self._begun, load))
        if failed:
            self._rest.failed(route)
        return took_ms, not failed

    def _is_refused(self, route: Route, ask: Ask) -> bool:
        """Draw whether a cascade goes up from here."""
        cascade = ask.cascade
        if cascade is None or not cascade.judges or self._chance.random() >= self._seen.of(route.id)[0].refusal_rate:
            return False
        cascade.refuse(route)
        return True

    def _pay(self, route: Route, sample: Sample) -> None:
        if route.target.rate is not None:
            self.tally.cost_nano += cost_nano(route.target.rate, _usage(sample))

    def _answer(self, route: Route, took_ms: float) -> None:
        self._rest.answered(route)
        for scope, load in route.steps:
            scope.last_good = load
        self.tally.answered(_name(route.target), took_ms)


def _facts(sample: Sample) -> Facts:
    """Return what is known of a recorded request; what it held is not recorded."""
    return Facts(
        input_tokens=sample.input_tokens,
        output_tokens=sample.output_tokens,
        tools=False,
        images=False,
        stream=sample.stream,
    )


def _usage(sample: Sample) -> Usage:
    return Usage(
        input=sample.input_tokens,
        output=sample.output_tokens,
        cache_read=sample.cache_read,
        cache_write=sample.cache_write,
        reasoning=sample.reasoning,
    )


def _actual(samples: Sequence[Sample], plan: Plan) -> Fared:
    """Return how the same requests really fared."""
    tally = _Tally()
    names = {route.id: _name(route.target) for route in plan.by_id.values()}
    for sample in samples:
        tally.cost_nano += sample.cost_nano
        tally.attempts += len(sample.tries)
        if sample.answered and sample.tries:
            target = sample.tries[-1][0]
            tally.answered(names.get(target, f"{sample.provider}/{target[1]}@{target[0]}"), sample.took_ms)
    return tally.fared(len(samples))


def _name(target: Target) -> str:
    return f"{target.provider}/{target.model}@{target.connection_id}"


def _sketched(figures: Sequence[float]) -> Sketch:
    sketch = Sketch()
    for figure in figures:
        sketch.add(figure)
    return sketch


def _notes(plan: Plan, seen: _Seen) -> tuple[str, ...]:
    """Say what the answer must be taken with care for."""
    routes = list(plan.by_id.values())
    unseen = [_name(route.target) for route in routes if seen.of(route.id)[1] != "connection"]
    unpriced = [_name(route.target) for route in routes if route.target.rate is None]
    notes = ["Every target is taken to answer with as many tokens as were recorded."]
    if unseen:
        notes.append(f"Not seen in this time, so taken for others: {', '.join(unseen[:10])}.")
    if unpriced:
        notes.append(f"Without a known price, so counted as free: {', '.join(unpriced[:10])}.")
    if any(route.conditions for route in routes):
        notes.append("Tools and pictures are not recorded: conditions on them see requests without any.")
    if plan.choice.strategy is Strategy.CASCADE:
        notes.append("Answers are not recorded: a target's are taken to be refused as often as was recorded of it.")
    return tuple(notes)
