"""How long a connection, or one model on it, is left alone after a failure, and in which order to try what is left.

A wait that the provider names wins. Without one the wait doubles at each failure in a row, up to a cap. A success
forgets everything. Nothing here knows a clock: `now` is handed in, in seconds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

MAX_LEVEL = 15

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """Left alone until `until` (seconds on the clock handed in), because of `reason`; `level` failures in a row.

    `binding`: the provider itself named the time, so that a try before it would only be refused again.
    """

    until: float
    reason: str
    message: str
    level: int
    binding: bool


def after_failure(
    before: Cooldown | None,
    *,
    now: float,
    first_s: float,
    cap_s: float,
    named_s: float | None,
    reason: str,
    message: str,
) -> Cooldown:
    """Return the cooldown that follows a failure. `named_s` is the provider's own Retry-After.

    A time that the provider named stands: a failure of a request that was under way already does not shorten it.
    """
    level = min((before.level if before else 0) + 1, MAX_LEVEL)
    wait = named_s if named_s is not None else min(first_s * 2 ** (level - 1), cap_s)
    if before is not None and before.binding and before.until > now + wait:
        return replace(before, level=level)
    return Cooldown(until=now + wait, reason=reason, message=message, level=level, binding=named_s is not None)


def order(targets: Iterable[T], cooldown_of: Callable[[T], Cooldown | None], now: float) -> list[T]:
    """Put what is not cooling first, in the order given; then what is, soonest free first. Bound ones are left out."""
    free: list[T] = []
    cooling: list[tuple[float, int, T]] = []
    for number, target in enumerate(targets):
        cooldown = cooldown_of(target)
        if cooldown is None or cooldown.until <= now:
            free.append(target)
        elif not cooldown.binding:
            cooling.append((cooldown.until, number, target))
    return free + [target for _, _, target in sorted(cooling, key=lambda one: one[:2])]
