"""What went by in the last seconds up to an hour, summed by whatever it is sorted by; older things fall out.

Sums are kept for each second of the last two minutes and for each ten seconds of the last hour, so that adding one
thing and summing any window cost little. Times to the answer are kept as counts in buckets that grow by 9 %, so that a
percentile is right to within 5 %.
"""

import math
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

SHORT_S = 120
LONG_S = 3_600
_FINE_S, _COARSE_S = 1, 10
_BUCKETS = 8  # a doubling
_LEAST_MS = 0.1

Counts = dict[int, int]


class Sums:
    """Sums of some requests."""

    __slots__ = ("cost_nano", "failures", "first", "input_tokens", "latency", "output_tokens", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.failures = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost_nano = 0
        self.latency: Counts = {}
        self.first: Counts = {}

    def add(self, other: "Sums") -> None:
        """Add another's sums."""
        self.requests += other.requests
        self.failures += other.failures
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost_nano += other.cost_nano
        for mine, its in ((self.latency, other.latency), (self.first, other.first)):
            for bucket, count in its.items():
                mine[bucket] = mine.get(bucket, 0) + count


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


def bucket_of(ms: float) -> int:
    """Return the number of the bucket that a duration falls into."""
    return math.floor(math.log2(max(ms, _LEAST_MS)) * _BUCKETS)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the duration in milliseconds that `share` (0 to 1) of what was counted stayed below; None for nothing."""
    total = sum(counts.values())
    rank, seen = max(math.ceil(total * share), 1), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return float(2 ** ((bucket + 0.5) / _BUCKETS))
    return None
