"""What each routing strategy looks like: a small picture of a request on the left and three targets on the right.

A target that is taken stands out; bars inside a target show how full, slow or large it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One target: `line` is how strong its path is (0: none), `fill` how much of its box is full."""

    taken: bool = False
    line: float = 1.2
    fill: float = 0.0
    words: str = ""
    width: int = 34


def _said(*words: str, taken: int) -> tuple[_Row, ...]:
    return tuple(
        _Row(words=one, taken=place == taken, line=2.2 if place == taken else 1) for place, one in enumerate(words)
    )


_PICTURES: Mapping[str, Sequence[_Row]] = {
    "PRIORITY": _said("1", "2", "3", taken=0),
    "WEIGHTED": (
        _Row(taken=True, line=4, words="70"),
        _Row(taken=True, line=2.2, words="20"),
        _Row(taken=True, line=1.1, words="10"),
    ),
    "ROUND_ROBIN": tuple(_Row(taken=True, line=1.6, words=one) for one in ("1 · 4", "2 · 5", "3 · 6")),
    "RANDOM": (_Row(words="?"), _Row(taken=True, line=2.2, words="?"), _Row(words="?")),
    "LEAST_USED": (_Row(fill=0.9), _Row(taken=True, line=2.2, fill=0.2), _Row(fill=0.6)),
    "COST_OPTIMIZED": _said("$$$", "$", "$$", taken=1),
    "LATENCY_OPTIMIZED": _said("0.9 s", "0.4 s", "0.1 s", taken=2),
    "TWO_CHOICES": (_Row(fill=0.8), _Row(line=0, fill=0.5), _Row(taken=True, line=2.2, fill=0.3)),
    "FILL_FIRST": (_Row(fill=1), _Row(taken=True, line=2.2, fill=0.4), _Row()),
    "LAST_KNOWN_GOOD": _said("✕", "✓", "", taken=1),
    "CONTEXT_OPTIMIZED": (_Row(line=0, width=14), _Row(taken=True, line=2.2, width=26, fill=0.8), _Row(width=40)),
    "CASCADE": (_Row(line=1.6, words="✕"), _Row(line=1.6, words="✕"), _Row(taken=True, line=2.2, words="✓")),
}
# In the order in which they are offered: the usual ones first.
STRATEGIES = tuple(_PICTURES)
WEIGHING = "WEIGHTED"
TURNS = "ROUND_ROBIN"
BY_CONTEXT = "CONTEXT_OPTIMIZED"
CASCADE = "CASCADE"


def picture(strategy: str) -> str:
    """Return a strategy's picture as SVG, in the colours of the style sheet."""
    parts = ['<svg class="pic" viewBox="0 0 104 60" aria-hidden="true"><circle class="on" cx="8" cy="30" r="5"/>']
    for place, row in enumerate(_PICTURES[strategy]):
        middle, look = 10 + 20 * place, "on" if row.taken else "off"
        if row.line:
            parts.append(f'<path class="{look}" d="M13 30C32 30 34 {middle} 58 {middle}" stroke-width="{row.line}"/>')
        parts.append(f'<rect class="{look}" x="60" y="{middle - 7}" width="{row.width}" height="14" rx="3.5"/>')
        if row.fill:
            width = (row.width - 4) * row.fill
            parts.append(f'<rect class="{look} full" x="62" y="{middle - 5}" width="{width:.1f}" height="10" rx="2"/>')
        if row.words:
            parts.append(f'<text class="{look}" x="{60 + row.width / 2}" y="{middle + 3.4}">{row.words}</text>')
    return "".join(parts) + "</svg>"
