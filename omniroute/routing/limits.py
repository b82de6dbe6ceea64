"""How much may go through in a minute, and how much at once: decisions on values, with the time handed in.

A window counts by the second and forgets a second only when all of it is more than a minute old. So in no stretch of
60 seconds does more go through than the limit says; the price is that a full window opens up to a second late.
"""

from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

SPAN_S = 60
# What waits for a place that only another request's end gives back is told to come again this much later.
BUSY_S = 1.0

Kind = Literal["requests", "tokens", "concurrency", "pace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The limits of one scope. None means no limit; `gap_s` is the least time between two requests."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent: int | None = None
    gap_s: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is limited."""
        return self == _NONE


_NONE = Rates()


class Window(NamedTuple):
    """What went through lately: amounts by the second, the oldest first, and their sum."""

    slots: tuple[tuple[int, int], ...] = ()
    total: int = 0


EMPTY = Window()


def current(window: Window, now: float) -> Window:
    """Return the window without what is too old to count."""
    slots, total = window
    if not slots or slots[0][0] + 1 + SPAN_S > now:
        return window
    gone = 0
    for second, amount in slots:
        if second + 1 + SPAN_S > now:
            break
        gone += 1
        total -= amount
    return Window(slots[gone:], total)


def added(window: Window, now: float, amount: int) -> Window:
    """Return the window with `amount` more in the second of `now`, which may be an earlier one, and `amount` negative.

    A second that the window has forgotten stays forgotten.
    """
    slots, total = window
    second = int(now)
    if not slots or slots[-1][0] < second:
        return Window((*slots, (second, amount)), total + amount)
    if slots[-1][0] == second:  # nearly always
        held = slots[-1][1]
        changed = max(0, held + amount)
        return Window((*slots[:-1], (second, changed)), total + changed - held)
    for place in range(len(slots) - 1, -1, -1):
        if slots[place][0] == second:
            changed = max(0, slots[place][1] + amount)
            rest = (*slots[:place], (second, changed), *slots[place + 1 :])
            return Window(rest, total + changed - slots[place][1])
        if slots[place][0] < second:
            return Window((*slots[: place + 1], (second, max(0, amount)), *slots[place + 1 :]), total + max(0, amount))
    return window


def wait_s(window: Window, now: float, amount: int, limit: int) -> float:
    """Return for how many seconds `amount` does not fit under the limit; 0 = it fits now, inf = it never will."""
    if amount > limit:
        return inf
    slots, total = window
    for second, held in slots:
        if total + amount <= limit:
            break
        if second + 1 + SPAN_S > now:
            total -= held
            if total + amount <= limit:
                return max(second + 1 + SPAN_S - now, 0.001)
        else:
            total -= held
    return 0.0


class Meter(NamedTuple):
    """What a scope has used: requests and tokens of the last minute, how many are under way, when the last began."""

    requests: Window = EMPTY
    tokens: Window = EMPTY
    open: int = 0
    last: float = -inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Which limit stands in the way, and for how many seconds at least."""

    kind: Kind
    limit: float
    wait_s: float


def brought(meter: Meter, now: float) -> Meter:
    """Return the meter as it stands at `now`."""
    requests, tokens = current(meter.requests, now), current(meter.tokens, now)
    if requests is meter.requests and tokens is meter.tokens:
        return meter
    return Meter(requests, tokens, meter.open, meter.last)


def judged(meter: Meter, rates: Rates, now: float, tokens: int) -> Refusal | None:
    """Say what stands in the way of one more request with this many tokens. The meter is one `brought` to `now`."""
    most = rates.concurrent
    if most is not None and meter.open >= most:
        return Refusal(kind="concurrency", limit=most, wait_s=BUSY_S)
    gap = rates.gap_s
    if gap is not None and now < meter.last + gap:
        return Refusal(kind="pace", limit=gap, wait_s=meter.last + gap - now)
    most = rates.requests_per_minute
    if most is not None and (wait := wait_s(meter.requests, now, 1, most)):
        return Refusal(kind="requests", limit=most, wait_s=wait)
    most = rates.tokens_per_minute
    if most is not None and (wait := wait_s(meter.tokens, now, tokens, most)):
        return Refusal(kind="tokens", limit=most, wait_s=wait)
    return None


def taken(meter: Meter, now: float, tokens: int) -> Meter:
    """Return the meter with one more request under way."""
    return Meter(
        added(meter.requests, now, 1),
        added(meter.tokens, now, tokens) if tokens else meter.tokens,
        meter.open + 1,
        now,
    )


def ended(meter: Meter, at: float, more_tokens: int) -> Meter:
    """Return the meter with one request less under way, begun at `at`, that used so many more tokens than thought."""
    tokens = added(meter.tokens, at, more_tokens) if more_tokens else meter.tokens
    return meter._replace(open=max(0, meter.open - 1), tokens=tokens)


def undone(meter: Meter, at: float, tokens: int, last: float) -> Meter:
    """Return the meter as if a request that was `taken` at `at` had never come."""
    return Meter(
        added(meter.requests, at, -1),
        added(meter.tokens, at, -tokens) if tokens else meter.tokens,
        max(0, meter.open - 1),
        last,
    )
