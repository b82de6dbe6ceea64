"""Figures as people read them: short, with their unit, and a dash for what is not known."""

from decimal import Decimal

NOTHING = "-"
_MINUTE_MS = 60_000
_SECOND_MS = 1_000
_CENT = Decimal("0.01")
_LEAST = Decimal("0.0001")


def count(value: float | None) -> str:
    """Spell a number of things: 940, 12.3k, 4.56M."""
    if value is None:
        return NOTHING
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            whole = value / (1e3 if unit == "k" else size)
            return f"{whole:.1f}{unit}" if whole < 100 else f"{whole:.0f}{unit}"  # noqa: PLR2004 - three digits are enough
    return f"{value:,.0f}"


def duration(ms: float | None) -> str:
    """Spell a time: 85 ms, 1.42 s, 3 min 5 s."""
    if ms is None:
        return NOTHING
    if ms < _SECOND_MS:
        return f"{ms:.0f} ms"
    if ms < _MINUTE_MS:
        return f"{ms / _SECOND_MS:.2f} s"
    minutes, rest = divmod(ms / _SECOND_MS, 60)
    return f"{minutes:.0f} min {rest:.0f} s"


def dollars(value: str | float | None) -> str:
    """Spell an amount in US dollars: $12.40, and $0.0023 for less than a cent."""
    if value is None:
        return NOTHING
    amount = Decimal(str(value))
    if amount and abs(amount) < _LEAST:
        return "<$0.0001"
    if amount and abs(amount) < _CENT:
        return f"${amount:.4f}"
    return f"${amount:,.2f}"


def share(value: float | None) -> str:
    """Spell a part of a whole: 0.4 %, 12 %."""
    if value is None:
        return NOTHING
    percent = value * 100
    return f"{percent:.1f} %" if percent < 10 else f"{percent:.0f} %"  # noqa: PLR2004 - one digit is enough


def rate(value: float | None) -> str:
    """Spell how many a second."""
    if value is None:
        return NOTHING
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004 - one digit is enough


def size(value: float) -> str:
    """Spell a length in bytes: 940 B, 12.3 kB, 4.56 MB."""
    for least, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= least:
            return f"{value / least:.1f} {unit}"
    return f"{value:.0f} B"
