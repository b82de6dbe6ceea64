"""Policies: rules that an operator writes down, each a condition on a request and what then happens to it. Pure.

Rules are looked at in order. All that match act: a cap is the lowest of those that apply, a new model is what the
rules after it see, a denial ends it. A rule in the shadow is matched and named, and does nothing.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from omniroute.kit.addresses import parsed
from omniroute.routing.addresses import AddressSet
from omniroute.routing.names import expression, matches

_DAY_MINUTES = 24 * 60
_WEEK = 7


class State(StrEnum):
    """Whether a rule acts, is only matched and counted, or is only looked at in a dry run."""

    ACTIVE = "active"
    SHADOW = "shadow"
    DRAFT = "draft"


class Period(StrEnum):
    """What spending is summed over, in UTC."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """How large a request is, as estimated, and how long an answer it asks for at most."""

    input: int
    output: int


class Facts(Protocol):
    """What a rule can look at. What costs something is a method, and asked only by a rule that needs it."""

    @property
    def key_id(self) -> str | None:
        """Return the caller's key."""
        ...

    @property
    def format(self) -> str:
        """Return the format that the client speaks."""
        ...

    @property
    def address(self) -> str | None:
        """Return where the client calls from."""
        ...

    @property
    def tags(self) -> Collection[str]:
        """Return the tags that the client gave the request."""
        ...

    @property
    def at(self) -> datetime:
        """Return when the request came, as an aware datetime."""
        ...

    def header(self, name: str) -> str | None:
        """Return a header of the request by its name in lower case."""
        ...

    def tokens(self) -> Tokens:
        """Return the size of the request."""
        ...

    def providers(self, model: str) -> Collection[str]:
        """Return the ids and names of the providers that a model's name leads to."""
        ...

    def spent_usd(self, period: Period) -> float:
        """Return what the caller's key has spent so far."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Minutes of the day from `start` up to `end`, over midnight when `end` is not later, on days that it begins on.

    Weekdays count from Monday, which is 0.
    """

    start: int = 0
    end: int = _DAY_MINUTES
    weekdays: frozenset[int] = frozenset(range(_WEEK))
    zone: tzinfo

    def covers(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        local = at.astimezone(self.zone)
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return self.start <= minute < self.end and today in self.weekdays
        if minute >= self.start:
            return today in self.weekdays
        return minute < self.end and (today - 1) % _WEEK in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a request must be like; what is empty or None does not matter. All that is said must hold.

    `models`, header values and `tags` may have wildcards. Costs are in US dollars, and hold from that much on.
    """

    keys: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    providers: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    min_input_tokens: int | None = None
    max_input_tokens: int | None = None
    min_output_tokens: int | None = None
    cost_today_usd: float | None = None
    cost_month_usd: float | None = None
    time: Window | None = None
    addresses: AddressSet | None = None
    headers: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def asks_spending(self) -> bool:
        """Whether it looks at what a key has spent."""
        return self.cost_today_usd is not None or self.cost_month_usd is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits that a rule sets, for each key that it matches. `timeout_ms`: until an answer is there or has begun."""

    requests_per_minute: int | None = None
    concurrent_requests: int | None = None
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What happens. `message` is what a refused client reads; `stop` leaves out the rules that follow."""

    deny: bool = False
    message: str | None = None
    reroute: str | None = None
    max_tokens: int | None = None
    require_tags: tuple[str, ...] = ()
    limits: Limits | None = None
    stop: bool = False


Check = Callable[[Facts, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A policy, ready to be asked. `checks` are its conditions that say anything, what is cheap to know first."""

    id: str
    name: str
    state: State
    conditions: Conditions
    effects: Effects
    checks: tuple[Check, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", _checks(self.conditions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not served."""

    rule: Rule
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule that matched, and whether it acted; `refusal` is what it refused, or would have refused, it with."""

    rule: Rule
    acted: bool
    refusal: Refusal | None

    @property
    def effects(self) -> tuple[str, ...]:
        """What it did, or would have done were it active, in words."""
        return _told(self.rule, self.refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a request: refused, or sent on as `model`, with a cap and limits."""

    matches: tuple[Match, ...] = ()
    refusal: Refusal | None = None
    model: str
    max_tokens: int | None = None
    limits: tuple[tuple[Rule, Limits], ...] = ()


@dataclass(slots=True, kw_only=True)
class _Course:
    """A decision on its way."""

    model: str
    matches: list[Match] = field(default_factory=list)
    refusal: Refusal | None = None
    max_tokens: int | None = None
    limits: list[tuple[Rule, Limits]] = field(default_factory=list)

    def take(self, rule: Rule, refusal: Refusal | None) -> None:
        effects = rule.effects
        self.refusal = refusal
        if effects.reroute is not None:
            self.model = effects.reroute
        if effects.max_tokens is not None:
            self.max_tokens = min(effects.max_tokens, self.max_tokens or effects.max_tokens)
        if effects.limits is not None:
            self.limits.append((rule, effects.limits))


def decide(rules: Sequence[Rule], facts: Facts, model: str, *, rehearsed: bool = False) -> Decision:
    """Return what the rules, in order, make of a request. `rehearsed`: as though all were active."""
    course = _Course(model=model)
    for rule in rules:
        if (not rehearsed and rule.state is State.DRAFT) or not _fits(rule, facts, course.model):
            continue
        refusal = _refusal(rule, facts)
        acts = rehearsed or rule.state is State.ACTIVE
        course.matches.append(Match(rule=rule, acted=acts, refusal=refusal))
        if not acts:
            continue
        course.take(rule, refusal)
        if refusal is not None or rule.effects.stop:
            break
    if not course.matches:
        return Decision(model=model)
    return Decision(
        matches=tuple(course.matches),
        refusal=course.refusal,
        model=course.model,
        max_tokens=course.max_tokens,
        limits=tuple(course.limits),
    )


def _fits(rule: Rule, facts: Facts, model: str) -> bool:
    for check in rule.checks:  # noqa: SIM110 - half the time of all(), and this is asked for each rule and request
        if not check(facts, model):
            return False
    return True


def holds(conditions: Conditions, facts: Facts, model: str) -> bool:
    """Whether a request for `model` is as the conditions say."""
    return all(check(facts, model) for check in _checks(conditions))


def _checks(conditions: Conditions) -> tuple[Check, ...]:
    c, time, addresses = conditions, conditions.time, conditions.addresses
    named, tagged = _any_of(c.models), _any_of(c.tags)
    sizes = (c.min_input_tokens, c.max_input_tokens, c.min_output_tokens)
    table: tuple[tuple[bool, Check], ...] = (
        (bool(c.keys), lambda facts, _model: facts.key_id in c.keys),
        (bool(c.formats), lambda facts, _model: facts.format in c.formats),
        (bool(c.models), lambda _facts, model: named(model)),
        (bool(c.tags), lambda facts, _model: any(map(tagged, facts.tags))),
        (bool(c.headers), lambda facts, _model: _headers_hold(c.headers, facts)),
        (time is not None, lambda facts, _model: time is not None and time.covers(facts.at)),
        (addresses is not None, lambda facts, _model: addresses is not None and _is_from(addresses, facts.address)),
        (c.asks_spending, lambda facts, _model: _cost_holds(c, facts)),
        (bool(c.providers), lambda facts, model: not c.providers.isdisjoint(facts.providers(model))),
        (any(size is not None for size in sizes), lambda facts, _model: _size_holds(c, facts)),
    )
    return tuple(check for says, check in table if says)


def _any_of(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a text fits one of the patterns."""
    tests = tuple(expression(pattern).fullmatch for pattern in patterns)

    def fits(text: str) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(text):
                return True
        return False

    return fits


def _headers_hold(headers: Sequence[tuple[str, str]], facts: Facts) -> bool:
    return all((value := facts.header(name)) is not None and matches(pattern, value) for name, pattern in headers)


def _is_from(addresses: AddressSet, address: str | None) -> bool:
    found = None if address is None else parsed(address)
    return found is not None and addresses.holds(found)


def _cost_holds(conditions: Conditions, facts: Facts) -> bool:
    today, month = conditions.cost_today_usd, conditions.cost_month_usd
    return (today is None or facts.spent_usd(Period.DAY) >= today) and (
        month is None or facts.spent_usd(Period.MONTH) >= month
    )


def _size_holds(conditions: Conditions, facts: Facts) -> bool:
    least, most, answer = conditions.min_input_tokens, conditions.max_input_tokens, conditions.min_output_tokens
    tokens = facts.tokens()
    return (
        (least is None or tokens.input >= least)
        and (most is None or tokens.input <= most)
        and (answer is None or tokens.output >= answer)
    )


def _refusal(rule: Rule, facts: Facts) -> Refusal | None:
    effects = rule.effects
    if not effects.deny and not effects.require_tags:
        return None
    said = f": {effects.message}" if effects.message else ""
    if effects.deny:
        return Refusal(rule=rule, code="policy_denied", message=f"denied by the policy {rule.name!r}{said}")
    lacking = [tag for tag in effects.require_tags if not any(matches(tag, one) for one in facts.tags)]
    if not lacking:
        return None
    words = f"the policy {rule.name!r} asks for the tag {lacking[0]!r} in the header X-OmniRoute-Tags{said}"
    return Refusal(rule=rule, code="policy_tag_required", message=words)


def _told(rule: Rule, refusal: Refusal | None) -> tuple[str, ...]:
    effects, told = rule.effects, []
    if refusal is not None:
        told.append("deny" if refusal.code == "policy_denied" else "deny: a tag is missing")
    if effects.reroute is not None:
        told.append(f"reroute to {effects.reroute}")
    if effects.max_tokens is not None:
        told.append(f"cap the answer at {effects.max_tokens} tokens")
    if effects.limits is not None:
        told.append("set limits")
    if effects.stop:
        told.append("stop")
    return tuple(told)
