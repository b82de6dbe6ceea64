"""Quantiles of a stream of figures in little memory, within one per cent of the true ones, and mergeable.

A figure is counted in the bin of its logarithm (Masson, Rim, Lee: DDSketch, VLDB 2019): every figure in a bin lies
within the relative error of the bin's middle, and two sketches merge by adding up their bins. `Windows` keeps one
sketch a minute, so that the last five minutes are five of them merged.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence

RELATIVE_ERROR = 0.01
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_PER_LOG = 1 / math.log(_GAMMA)
# What is smaller counts as nothing: a millionth of whatever is measured.
_LEAST = 1e-6
_MIDDLE = 2 / (1 + _GAMMA)

_log = math.log
_ceil = math.ceil


class Sketch:
    """Counts figures that are not negative."""

    __slots__ = ("_bins", "_nothing", "count", "total")

    def __init__(self) -> None:
        self._bins: dict[int, int] = {}
        self._nothing = 0
        self.count = 0
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one figure."""
        self.count += 1
        self.total += value
        if value < _LEAST:
            self._nothing += 1
            return
        place = _ceil(_log(value) * _PER_LOG)
        bins = self._bins
        bins[place] = bins.get(place, 0) + 1

    def merge(self, other: "Sketch") -> None:
        """Count all that the other one has counted."""
        self.count += other.count
        self.total += other.total
        self._nothing += other._nothing  # noqa: SLF001 - of the same class
        for place, count in other._bins.items():  # noqa: SLF001 - of the same class
            self._bins[place] = self._bins.get(place, 0) + count

    def quantile(self, share: float) -> float | None:
        """Return the figure below which this share of all lies (0 to 1), None when nothing was counted."""
        return self.quantiles((share,))[0]

    def quantiles(self, shares: Sequence[float]) -> list[float | None]:
        """Return several quantiles."""
        if not self.count:
            return [None] * len(shares)
        places = sorted(self._bins)
        return [self._at(places, share * (self.count - 1)) for share in shares]

    def _at(self, places: Sequence[int], rank: float) -> float:
        seen = self._nothing
        if seen > rank:
            return 0.0
        for place in places:
            seen += self._bins[place]
            if seen > rank:
                return _MIDDLE * float(_GAMMA**place)
        return _MIDDLE * float(_GAMMA ** places[-1])


class Windows:
    """A sketch a minute, for `most` minutes. Times are handed in, in seconds."""

    __slots__ = ("_current", "_minute", "_most", "_older")

    def __init__(self, most: int = 60) -> None:
        self._most = most
        self._minute = -1
        self._current = Sketch()
        self._older: deque[tuple[int, Sketch]] = deque(maxlen=most)

    def add(self, value: float, now: float) -> None:
        """Count one figure."""
        minute = int(now // 60)
        if minute != self._minute:
            if self._current.count:
                self._older.append((self._minute, self._current))
            self._minute, self._current = minute, Sketch()
        self._current.add(value)

    def last(self, minutes: int, now: float) -> Sketch:
        """Return what was counted in the last `minutes` whole ones and in the one under way: never less than asked."""
        first = int(now // 60) - minutes
        return merged(sketch for minute, sketch in (*self._older, (self._minute, self._current)) if minute >= first)

    def is_old(self, now: float) -> bool:
        """Whether nothing was counted for as long as is kept."""
        return int(now // 60) - self._minute >= self._most


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """Return one sketch of all."""
    whole = Sketch()
    for sketch in sketches:
        whole.merge(sketch)
    return whole
