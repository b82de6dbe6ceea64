"""How often each policy matched since the gateway began: a trial in the shadow is read off this."""

from collections.abc import Iterable
from dataclasses import dataclass

from omniroute.routing.policies import Match


@dataclass(slots=True, kw_only=True)
class Count:
    """What became of one policy; `last_at` in UTC ms. Not frozen: it counts."""

    matched: int = 0
    acted: int = 0
    last_at: int | None = None


class PolicyCounts:
    """One a process."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}

    def take(self, matches: Iterable[Match], now_ms: int) -> None:
        """Count what matched a request."""
        for match in matches:
            count = self._counts.setdefault(match.rule.id, Count())
            count.matched += 1
            count.acted += match.acted
            count.last_at = now_ms

    def of(self, policy_id: str) -> Count:
        """Return the count of one policy."""
        return self._counts.get(policy_id) or Count()

    def forget(self, policy_id: str) -> None:
        """Begin anew: the policy was changed or is gone."""
        self._counts.pop(policy_id, None)
