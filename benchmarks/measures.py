"""The measures: which figure of which cell, in which unit, against which goal, and the table of them.

The first goal is what a good Python gateway reaches on one core; the second is the ambitious one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.cells import Figures

Results = Mapping[str, Mapping[str, Sequence[Figures]]]
"""System → cell → the figures of each round."""

DIRECT = "direct"
OURS = "omniroute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row of the table. `added` takes off what the mock alone needs, measured in the same round."""

    title: str
    cell: str
    figure: str
    unit: str
    digits: int = 2
    goal: float | None = None
    ambitious: float | None = None
    added: bool = False
    more_is_better: bool = False


MEASURES = (
    Measure(title="CPU, non-stream, c=32", cell="whole32", figure="cpu_ms", unit="ms", goal=0.30, ambitious=0.15),
    Measure(title="CPU, non-stream, c=128", cell="whole128", figure="cpu_ms", unit="ms", goal=0.30, ambitious=0.15),
    Measure(title="CPU, 107 KB request", cell="large32", figure="cpu_ms", unit="ms"),
    Measure(title="CPU, 64-chunk stream", cell="stream32", figure="cpu_ms", unit="ms", goal=0.6, ambitious=0.35),
    Measure(title="CPU, paced stream", cell="paced16", figure="cpu_ms", unit="ms", goal=3.3, ambitious=2.3),
    Measure(title="CPU, Anthropic to OpenAI", cell="anthropic32", figure="cpu_ms", unit="ms"),
    Measure(
        title="CPU, the same, 64-chunk stream",
        cell="anthropic_stream32",
        figure="cpu_ms",
        unit="ms",
        goal=1.0,
        ambitious=0.7,
    ),
    Measure(title="CPU, OpenAI to Anthropic", cell="to_anthropic32", figure="cpu_ms", unit="ms"),
    Measure(
        title="CPU, the same, 64-chunk stream",
        cell="to_anthropic_stream32",
        figure="cpu_ms",
        unit="ms",
        goal=1.0,
        ambitious=0.7,
    ),
    Measure(title="CPU, a translated chunk", cell="codecs", figure="chunk_us", unit="us", goal=25, ambitious=10),
    Measure(title="CPU, 107 KB translated", cell="codecs", figure="request_ms", unit="ms", goal=1.5, ambitious=1.0),
    Measure(title="CPU, one plain model resolved", cell="choices", figure="single", unit="us", goal=5, ambitious=2),
    Measure(
        title="CPU, cheapest of 20 x 10", cell="choices", figure="cost-optimized", unit="us", goal=50, ambitious=25
    ),
    Measure(
        title="CPU, fitting of 20 x 10", cell="choices", figure="context-optimized", unit="us", goal=50, ambitious=25
    ),
    Measure(
        title="CPU, quickest of 20 x 10", cell="choices", figure="latency-optimized", unit="us", goal=50, ambitious=25
    ),
    Measure(
        title="added TTFT p50, paced",
        cell="paced16",
        figure="first_p50_ms",
        unit="ms",
        goal=2,
        ambitious=1,
        added=True,
    ),
    Measure(
        title="added p50, 100 a second", cell="rate100", figure="p50_ms", unit="ms", goal=1.0, ambitious=0.5, added=True
    ),
    Measure(title="p99, 100 a second", cell="rate100", figure="p99_ms", unit="ms"),
    Measure(title="requests, c=32", cell="whole32", figure="rps", unit="/s", digits=0, more_is_better=True),
    Measure(title="requests, c=128", cell="whole128", figure="rps", unit="/s", digits=0, more_is_better=True),
    Measure(title="requests, 107 KB", cell="large32", figure="rps", unit="/s", digits=0, more_is_better=True),
    Measure(title="streams, c=32", cell="stream32", figure="rps", unit="/s", digits=0, more_is_better=True),
    Measure(title="first answer after start", cell="cold", figure="first_answer_s", unit="s", goal=1.5, ambitious=0.6),
    Measure(title="RSS idle", cell="idle", figure="rss_mb", unit="MB", digits=0, goal=80, ambitious=60),
    Measure(title="RSS after the rounds", cell="after", figure="rss_mb", unit="MB", digits=0),
    Measure(
        title="of 1,000 open streams, complete",
        cell="open1000",
        figure="good",
        unit="",
        digits=0,
        goal=1000,
        ambitious=1000,
        more_is_better=True,
    ),
    Measure(
        title="open at once, at the provider",
        cell="open1000",
        figure="most_open",
        unit="",
        digits=0,
        more_is_better=True,
    ),
    Measure(title="RSS, 1,000 open streams", cell="open1000", figure="most_rss_mb", unit="MB", digits=0),
    Measure(title="RSS growth over the long run", cell="flat", figure="growth_mb", unit="MB", digits=1),
)


def value(results: Results, system: str, measure: Measure) -> float | None:
    """Return the median over the rounds, or None where this was not measured."""
    rounds = results.get(system, {}).get(measure.cell, ())
    found = [figures.get(measure.figure) for figures in rounds]
    if measure.added:
        base = results.get(DIRECT, {}).get(measure.cell, ())
        if system == DIRECT or len(base) < len(found):
            return None
        found = [None if one is None else one - floor[measure.figure] for one, floor in zip(found, base, strict=False)]
    known = [one for one in found if one is not None]
    return median(known) if known else None


def mark(measure: Measure, reached: float | None) -> str:
    """Say whether a figure reaches the goals."""
    if measure.goal is None or measure.ambitious is None:
        return ""
    if reached is None:
        return "not measured"
    sign = -1 if measure.more_is_better else 1
    if sign * reached <= sign * measure.ambitious:
        return "pass, ambitious"
    return "pass" if sign * reached <= sign * measure.goal else "MISS"


def ratio(measure: Measure, ours: float | None, theirs: float | None) -> str:
    """Say how many times better we are; below 1, how much worse."""
    if ours is None or theirs is None or measure.figure == "growth_mb" or min(ours, theirs) <= 0:
        return ""
    times = ours / theirs if measure.more_is_better else theirs / ours
    return f"{times:.1f}x"


def rows(results: Results) -> list[list[str]]:
    """Return the table: a heading, then one row for each measure of which anything is known."""
    peers = [name for name in results if name not in {DIRECT, OURS}]
    table = [
        [
            "measure",
            "unit",
            DIRECT,
            OURS,
            "goal",
            "ambitious",
            "result",
            *(word for p in peers for word in (p, "ratio")),
        ]
    ]
    for measure in MEASURES:
        values = {name: value(results, name, measure) for name in results}
        if all(one is None for one in values.values()):
            continue
        ours = values.get(OURS)
        cells = [measure.title, measure.unit, _shown(measure, values.get(DIRECT)), _shown(measure, ours)]
        cells += [_shown(measure, measure.goal), _shown(measure, measure.ambitious), mark(measure, ours)]
        for peer in peers:
            cells += [_shown(measure, values[peer]), ratio(measure, ours, values[peer])]
        table.append(cells)
    return table


def _shown(measure: Measure, number: float | None) -> str:
    return "" if number is None else f"{number:,.{measure.digits}f}"


def printed(table: Sequence[Sequence[str]]) -> str:
    """Lay the table out in columns: words to the left, figures to the right."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    left = {0, 1, 6}
    lines = []
    for row in table:
        cells = [
            text.ljust(width) if i in left else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)


def as_json(results: Results) -> list[dict[str, object]]:
    """Return the measures as data, for `--json`."""
    found: list[dict[str, object]] = []
    for measure in MEASURES:
        values = {name: value(results, name, measure) for name in results}
        known = {name: one for name, one in values.items() if one is not None}
        if known:
            found.append(
                {
                    "title": measure.title,
                    "cell": measure.cell,
                    "figure": measure.figure,
                    "unit": measure.unit,
                    "goal": measure.goal,
                    "ambitious": measure.ambitious,
                    "result": mark(measure, known.get(OURS)),
                    "values": known,
                }
            )
    return found
