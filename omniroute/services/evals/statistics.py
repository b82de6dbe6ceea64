"""What a share of passed cases says, and whether two runs differ by more than chance. Pure.

Sources: E. B. Wilson, JASA 22 (1927), for the interval of a share; Q. McNemar, Psychometrika 12 (1947), in its exact
form for pairs; A. Agresti and Y. Min, Statistics in Medicine 24 (2005), for the interval of their difference.
"""

from dataclasses import dataclass
from math import comb, sqrt

_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value, and where it lies with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more of the same cases the second run passed, and how likely chance alone does that (`p`)."""

    share: Interval
    p: float

    @property
    def is_clear(self) -> bool:
        """Whether chance alone hardly does that."""
        return self.p < _HARDLY


_HARDLY = 0.05


def share(passed: int, total: int) -> Interval:
    """Return the share of passed cases with its interval; of nothing at all it may be anything."""
    if total == 0:
        return Interval(value=0.0, low=0.0, high=1.0)
    value, square = passed / total, _Z * _Z
    middle = (value + square / (2 * total)) / (1 + square / total)
    half = _Z / (1 + square / total) * sqrt(value * (1 - value) / total + square / (4 * total * total))
    return Interval(value=value, low=max(0.0, min(value, middle - half)), high=min(1.0, max(value, middle + half)))


def difference(only_first: int, only_second: int, total: int) -> Difference:
    """Compare two runs over the same `total` cases, of which some were passed by one of the two alone."""
    if total == 0:
        return Difference(share=Interval(value=0.0, low=-1.0, high=1.0), p=1.0)
    value = (only_second - only_first) / total
    first, second, count = only_first + 0.5, only_second + 0.5, total + 2
    middle = (second - first) / count
    half = _Z * sqrt(max(0.0, first + second - (second - first) ** 2 / count)) / count
    low, high = max(-1.0, min(value, middle - half)), min(1.0, max(value, middle + half))
    return Difference(share=Interval(value=value, low=low, high=high), p=_mcnemar(only_first, only_second))


def _mcnemar(only_first: int, only_second: int) -> float:
    count = only_first + only_second
    tail = sum(comb(count, k) for k in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**count))
