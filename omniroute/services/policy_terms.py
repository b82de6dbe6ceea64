"""What a policy says, in an operator's words, checked and made ready to be asked.

A condition that no request can meet, and effects that contradict one another, are refused with the field's name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import structlog

from omniroute.formats.hub import Format
from omniroute.routing.addresses import AddressSet, network_of
from omniroute.routing.policies import Conditions, Effects, Limits, Rule, State, Window
from omniroute.services.names import LONGEST_MODEL
from omniroute.services.rules import fault, line, within
from omniroute.storage.rows import PolicyRow

log = structlog.get_logger(__name__)

MOST_LISTED = 200
MOST_TOKENS = 100_000_000
MOST_USD = 1_000_000_000
MOST_PER_MINUTE = 100_000
MOST_AT_ONCE = 10_000
LONGEST_MS = 3_600_000
LONGEST_MESSAGE = 500
LONGEST_TAG = 64
TIME_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST_HEADER = 256
_TIME = re.compile(TIME_PATTERN)
_HEADER = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,64}")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-goog-api-key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTime:
    """When: from `start` up to `end` (HH:MM, over midnight when `end` is earlier), on weekdays, in a time zone.

    A night that begins on Friday is Friday's to its end.
    """

    start: str | None = None
    end: str | None = None
    weekdays: tuple[str, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConditions:
    """What a request must be like. What is left out does not matter; all that is said must hold; one of a list will do.

    `models`, `tags` and the values of `headers` may have the wildcards * and ?. Tokens are estimates. Costs are what
    the caller's key has spent so far, in US dollars, today or this month in UTC; they hold from that much on.
    """

    keys: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ()
    min_input_tokens: int | None = None
    max_input_tokens: int | None = None
    min_output_tokens: int | None = None
    cost_today_usd: float | None = None
    cost_month_usd: float | None = None
    time: PolicyTime | None = None
    addresses: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is there to be named: keys by id, and providers by all their names, with the one that they are shown by."""

    keys: frozenset[str]
    providers: Mapping[str, str]


def checked_conditions(given: PolicyConditions, known: Known) -> PolicyConditions:
    """Return the conditions in their plain spelling; raise Unprocessable when no request can meet them."""
    return PolicyConditions(
        keys=_among(given.keys, "conditions.keys", known.keys, "key id"),
        models=_lines(given.models, "conditions.models", most=LONGEST_MODEL),
        providers=_among(given.providers, "conditions.providers", known.providers, "provider"),
        formats=tuple(dict.fromkeys(given.formats)),
        **_sizes(given),
        cost_today_usd=_cost(given.cost_today_usd, "conditions.costTodayUsd"),
        cost_month_usd=_cost(given.cost_month_usd, "conditions.costMonthUsd"),
        time=None if given.time is None else _time(given.time),
        addresses=_addresses(given.addresses),
        headers=_headers(given.headers),
        tags=_lines(given.tags, "conditions.tags", most=LONGEST_TAG),
    )


def checked_effects(given: Effects, conditions: PolicyConditions) -> Effects:
    """Return the effects in their plain spelling; raise Unprocessable when they do nothing or contradict."""
    tags = _lines(given.require_tags, "effects.requireTags", most=LONGEST_TAG)
    message = None if given.message is None else line(given.message, "effects.message", most=LONGEST_MESSAGE)
    others = (given.reroute, given.max_tokens, given.limits, given.stop or None, tags or None)
    if given.deny and any(one is not None for one in others):
        raise fault(
            "effects.deny", "a denial ends the request: leave out the other effects, or make them a rule before"
        )
    if not given.deny and all(one is None for one in others):
        raise fault("effects", "say what happens: deny, reroute, maxTokens, requireTags, limits or stop")
    if message is not None and not given.deny and not tags:
        raise fault("effects.message", "effects.message is for deny and requireTags, of which there is none")
    if tags and set(tags) <= set(conditions.tags) and len(conditions.tags) == 1:
        raise fault("effects.requireTags", "the condition asks for this tag already, so that it is never missing")
    return Effects(
        deny=given.deny,
        message=message,
        reroute=None if given.reroute is None else line(given.reroute, "effects.reroute", most=LONGEST_MODEL),
        max_tokens=_optional(given.max_tokens, "effects.maxTokens", most=MOST_TOKENS),
        require_tags=tags,
        limits=None if given.limits is None else _limits(given.limits),
        stop=given.stop,
    )


def rule_of(row: PolicyRow, providers: Mapping[str, str]) -> Rule:
    """Return a stored policy ready to be asked; `providers` maps their names to the one that is shown."""
    given = msgspec.convert(row.conditions, PolicyConditions)
    return Rule(
        id=row.id,
        name=row.name,
        state=State(row.state),
        conditions=Conditions(
            keys=frozenset(given.keys),
            models=given.models,
            providers=frozenset(providers.get(name, name) for name in given.providers),
            formats=frozenset(form.value for form in given.formats),
            min_input_tokens=given.min_input_tokens,
            max_input_tokens=given.max_input_tokens,
            min_output_tokens=given.min_output_tokens,
            cost_today_usd=given.cost_today_usd,
            cost_month_usd=given.cost_month_usd,
            time=None if given.time is None else _window(given.time),
            addresses=AddressSet(map(network_of, given.addresses)) if given.addresses else None,
            headers=tuple(given.headers.items()),
            tags=given.tags,
        ),
        effects=msgspec.convert(row.effects, Effects),
    )


def _among(values: Sequence[str], name: str, known: Iterable[str], noun: str) -> tuple[str, ...]:
    listed = _lines(values, name, most=LONGEST_MODEL)
    there = set(known)
    for value in listed:
        if value not in there:
            raise fault(name, f"there is no {noun} {value!r}")
    return listed


def _lines(values: Sequence[str], name: str, *, most: int) -> tuple[str, ...]:
    if len(values) > MOST_LISTED:
        raise fault(name, f"{name} may list {MOST_LISTED} at most")
    return tuple(dict.fromkeys(line(value, name, most=most) for value in values))


def _sizes(given: PolicyConditions) -> dict[str, int | None]:
    low = _optional(given.min_input_tokens, "conditions.minInputTokens", most=MOST_TOKENS, least=0)
    high = _optional(given.max_input_tokens, "conditions.maxInputTokens", most=MOST_TOKENS, least=0)
    if low is not None and high is not None and low > high:
        raise fault("conditions.minInputTokens", "no request has at least minInputTokens and at most maxInputTokens")
    answer = _optional(given.min_output_tokens, "conditions.minOutputTokens", most=MOST_TOKENS, least=0)
    return {"min_input_tokens": low, "max_input_tokens": high, "min_output_tokens": answer}


def _cost(value: float | None, name: str) -> float | None:
    if value is not None and not 0 <= value <= MOST_USD:
        raise fault(name, f"{name} must be from 0 to {MOST_USD}")
    return value


def _optional(value: int | None, name: str, *, most: int, least: int = 1) -> int | None:
    return None if value is None else within(value, name, least=least, most=most)


def _time(given: PolicyTime) -> PolicyTime:
    for name, text in (("start", given.start), ("end", given.end)):
        if text is not None and not _TIME.fullmatch(text):
            raise fault(f"conditions.time.{name}", f"{text!r} is no time of day: write it as 22:30")
    if given.start == given.end and given.start is not None:
        raise fault("conditions.time.end", "start and end are the same: leave both out for the whole day")
    for day in given.weekdays:
        if day not in WEEKDAYS:
            raise fault("conditions.time.weekdays", f"{day!r} is no weekday: there are {', '.join(WEEKDAYS)}")
    if given.start is None and given.end is None and not given.weekdays:
        raise fault("conditions.time", "say start and end, weekdays, or both")
    try:
        ZoneInfo(given.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        words = f"{given.zone!r} is no time zone that this machine knows: write it as Europe/Helsinki, or UTC"
        raise fault("conditions.time.zone", words) from error
    return given


def _window(given: PolicyTime) -> Window:
    days = frozenset(WEEKDAYS.index(day) for day in given.weekdays or WEEKDAYS)
    whole = 24 * 60
    return Window(
        start=0 if given.start is None else _minute(given.start),
        end=whole if given.end is None else _minute(given.end),
        weekdays=days,
        zone=_zone(given.zone),
    )


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _zone(name: str) -> tzinfo:
    """Return a zone; one that was known when it was saved, and is not on this machine, is UTC."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        log.warning("a policy's time zone is not known on this machine: UTC is taken", zone=name)
        return UTC


def _addresses(given: Sequence[str]) -> tuple[str, ...]:
    listed = _lines(given, "conditions.addresses", most=LONGEST_TAG)
    for text in listed:
        try:
            network_of(text)
        except ValueError as error:
            raise fault("conditions.addresses", f"{text!r} is neither an address nor a CIDR range") from error
    return listed


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, pattern in given.items():
        lower, where = name.lower(), f"conditions.headers.{name}"
        if not _HEADER.fullmatch(lower):
            raise fault("conditions.headers", f"{name!r} is no name of a header")
        if lower in _SECRET_HEADERS:
            raise fault(
                "conditions.headers", f"{name} holds a secret, which a policy would show: go by conditions.keys"
            )
        found[lower] = line(pattern, where, most=_LONGEST_HEADER)
    if len(found) > MOST_LISTED:
        raise fault("conditions.headers", f"conditions.headers may list {MOST_LISTED} at most")
    return found


def _limits(given: Limits) -> Limits:
    if given.requests_per_minute is None and given.concurrent_requests is None and given.timeout_ms is None:
        raise fault("effects.limits", "say requestsPerMinute, concurrentRequests or timeoutMs")
    where = "effects.limits"
    return Limits(
        requests_per_minute=_optional(given.requests_per_minute, f"{where}.requestsPerMinute", most=MOST_PER_MINUTE),
        concurrent_requests=_optional(given.concurrent_requests, f"{where}.concurrentRequests", most=MOST_AT_ONCE),
        timeout_ms=_optional(given.timeout_ms, f"{where}.timeoutMs", most=LONGEST_MS),
    )
