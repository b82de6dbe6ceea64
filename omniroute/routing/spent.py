"""What follows from what a provider said is left of its limits: nothing, or that an account comes last for a while."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Left(Protocol):
    """One limit as a provider told it; the time in milliseconds since 1970."""

    @property
    def name(self) -> str:
        """What is limited, such as requests or tokens."""
        ...

    @property
    def remaining(self) -> int | None:
        """How much is left."""
        ...

    @property
    def reset_at(self) -> int | None:
        """When there is more."""
        ...


class UsedUp(NamedTuple):
    """A limit of which nothing is left, and until when."""

    name: str
    until_ms: int


def used_up(limits: Iterable[Left], now_ms: int) -> UsedUp | None:
    """Return the limit with nothing left that is reset last; None when there is something left of each, or is by now.

    A limit whose reset is not told holds nobody back: it may be over already.
    """
    empty = [
        UsedUp(one.name, one.reset_at)
        for one in limits
        if one.remaining == 0 and one.reset_at is not None and one.reset_at > now_ms
    ]
    return max(empty, key=lambda one: one.until_ms, default=None)
