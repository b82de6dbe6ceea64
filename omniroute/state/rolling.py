"""What went by in the last seconds up to an hour, summed by whatever it is sorted by; older things fall out.

Sums are kept for each second of the last two minutes and for each ten seconds of the last hour, so that adding one
thing and summing any window cost little.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from omniroute.state.sketch import Sketch

K = TypeVar("K", bound=Hashable)

SHORT_S = 120
LONG_S = 3_600
_FINE_S, _COARSE_S = 1, 10


class Sums:
    """Sums of some requests."""

    __slots__ = ("cost_nano", "failures", "first", "input_tokens", "latency", "output_tokens", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.failures = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost_nano = 0
        self.latency = Sketch()
        self.first = Sketch()

    def add(self, other: "Sums") -> None:
        """Add another's sums."""
        self.requests += other.requests
        self.failures += other.failures
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost_nano += other.cost_nano
        self.latency.merge(other.latency)
        self.first.merge(other.first)


class Rolling(Generic[K]):
    """Sums of the last hour. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._fine: OrderedDict[int, dict[K, Sums]] = OrderedDict()
        self._coarse: OrderedDict[int, dict[K, Sums]] = OrderedDict()

    def add(self, at: float, key: K, one: Sums) -> None:
        """Add the sums of one thing that happened at `at`."""
        for cells, width, most in ((self._fine, _FINE_S, SHORT_S), (self._coarse, _COARSE_S, LONG_S)):
            number = int(at // width)
            cell = cells.get(number)
            if cell is None:
                cell = cells[number] = {}
                while len(cells) > most // width + 1:
                    cells.popitem(last=False)
            cell.setdefault(key, Sums()).add(one)

    def within(self, window_s: int, now: float) -> Mapping[K, Sums]:
        """Return the sums of the last `window_s` seconds, those under way included; past two minutes to ten seconds."""
        short = window_s <= SHORT_S
        cells, width = (self._fine, _FINE_S) if short else (self._coarse, _COARSE_S)
        since = (now - window_s) // width
        total: dict[K, Sums] = {}
        for number, cell in cells.items():
            if number > since:
                for key, sums in cell.items():
                    total.setdefault(key, Sums()).add(sums)
        return total
