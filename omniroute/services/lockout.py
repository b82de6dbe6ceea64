"""Slows down the guessing of a password, without letting a stranger shut the operator out.

Two counts of wrong tries run in a window of five minutes: one an address (an IPv6 caller counts by its /64), one
over all addresses. Five wrong tries from one address shut it out for fifteen minutes. A hundred from anywhere make
addresses that never signed in wait until the window has moved on; this machine and addresses that signed in before
are not held up by what strangers do.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from omniroute.kit.addresses import is_loopback, neighbourhood
from omniroute.kit.clock import Clock
from omniroute.kit.errors import TooMany

_WINDOW_S = 300.0
_SHUT_S = 900.0
_TRIES = 5
_TRIES_OF_ALL = 100
_MAX_REMEMBERED = 10_000


@dataclass(slots=True)
class _Record:
    """What one address did: its wrong tries, and until when it is shut out."""

    tries: deque[float] = field(default_factory=deque)
    shut_until: float = 0.0


class Lockout:
    """Counts wrong tries. A try counts from its beginning, so that many at once gain nothing."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._all: deque[float] = deque(maxlen=_TRIES_OF_ALL)
        self._known: OrderedDict[str, None] = OrderedDict()

    def trust(self, address: str) -> None:
        """Remember an address that signed in."""
        place = neighbourhood(address)
        self._known[place] = None
        self._known.move_to_end(place)
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)

    def begin(self, address: str) -> None:
        """Count a try of `address`; raise TooMany when it must wait."""
        now = self._clock.monotonic()
        place = neighbourhood(address)
        record = self._record(place)
        self._refuse_shut(record, now)
        self._refuse_flood(address, place, now)
        _forget(record.tries, now)
        record.tries.append(now)
        self._all.append(now)
        if len(record.tries) >= _TRIES:
            record.shut_until = now + _SHUT_S

    def forgive(self, address: str) -> None:
        """Take back the count of `address`, whose try was right."""
        record = self._records.pop(neighbourhood(address), None)
        if record is not None and record.tries and self._all:
            self._all.pop()
        self.trust(address)

    def locked(self) -> list[tuple[str, float]]:
        """Return the addresses that are shut out, an IPv6 caller by its /64, and for how many seconds more."""
        now = self._clock.monotonic()
        return [(place, one.shut_until - now) for place, one in self._records.items() if one.shut_until > now]

    def unlock(self, address: str) -> bool:
        """Forget the wrong tries of an address, or of the /64 that it is shown by; return whether it was shut out."""
        place = address if address in self._records else neighbourhood(address)
        record = self._records.get(place)
        if record is None or record.shut_until <= self._clock.monotonic():
            return False
        del self._records[place]
        return True

    def _record(self, place: str) -> _Record:
        record = self._records.setdefault(place, _Record())
        self._records.move_to_end(place)
        if len(self._records) > _MAX_REMEMBERED:
            self._records.popitem(last=False)
        return record

    def _refuse_shut(self, record: _Record, now: float) -> None:
        if record.shut_until > now:
            raise _too_many(record.shut_until - now)
        if record.shut_until:
            record.tries.clear()
            record.shut_until = 0.0

    def _refuse_flood(self, address: str, place: str, now: float) -> None:
        _forget(self._all, now)
        if len(self._all) >= _TRIES_OF_ALL and place not in self._known and not is_loopback(address):
            raise _too_many(self._all[0] + _WINDOW_S - now)


def _forget(tries: deque[float], now: float) -> None:
    while tries and tries[0] <= now - _WINDOW_S:
        tries.popleft()


def _too_many(wait_s: float) -> TooMany:
    return TooMany("too many wrong passwords: wait, then try again", code="locked_out", retry_after_s=max(wait_s, 1.0))
