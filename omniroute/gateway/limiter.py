"""Counts what policies limit: requests a minute and requests at once, for each rule and caller. In memory."""

import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from omniroute.gateway.call import Call
from omniroute.kit.errors import TooMany
from omniroute.routing.policies import Limits, Rule

_MINUTE_S = 60.0
_MAX_CALLERS = 10_000

_Place = tuple[str, str]  # rule and caller


@dataclass(slots=True)
class _Use:
    times: deque[float] = field(default_factory=deque)
    at_once: int = 0


class Limiter:
    """One a process."""

    def __init__(self) -> None:
        self._uses: OrderedDict[_Place, _Use] = OrderedDict()
        self._held: dict[str, list[_Use]] = {}  # by request

    def take(self, call: Call, rule: Rule, limits: Limits) -> None:
        """Count a request; raise TooMany when it is one too many."""
        now = time.monotonic()
        use = self._use((rule.id, _caller(call)))
        self._check_rate(use, rule, limits, now)
        most = limits.concurrent_requests
        if most is not None:
            if use.at_once >= most:
                words = f"the policy {rule.name!r} allows {most} requests at once"
                raise TooMany(words, code="policy_limit", retry_after_s=1.0)
            use.at_once += 1
            self._held.setdefault(call.id, []).append(use)
        if limits.requests_per_minute is not None:
            use.times.append(now)

    def release(self, call: Call) -> None:
        """The request has ended."""
        for use in self._held.pop(call.id, ()) if self._held else ():
            use.at_once -= 1

    def _use(self, place: _Place) -> _Use:
        use = self._uses.setdefault(place, _Use())
        self._uses.move_to_end(place)
        if len(self._uses) > _MAX_CALLERS:
            self._uses.popitem(last=False)
        return use

    @staticmethod
    def _check_rate(use: _Use, rule: Rule, limits: Limits, now: float) -> None:
        most = limits.requests_per_minute
        if most is None:
            return
        while use.times and use.times[0] <= now - _MINUTE_S:
            use.times.popleft()
        if len(use.times) >= most:
            raise TooMany(
                f"the policy {rule.name!r} allows {most} requests a minute",
                code="policy_limit",
                retry_after_s=use.times[0] + _MINUTE_S - now,
            )


def _caller(call: Call) -> str:
    key = call.origin.key
    return key.id if key is not None else f"at {call.origin.address}"
