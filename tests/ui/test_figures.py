"""Figures are short, have their unit, and never hide that something is unknown."""

import pytest

from omniroute.ui import figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0, "0"), (940, "940"), (9_999, "9,999"), (12_345, "12.3k"), (123_456, "123k"), (4_560_000, "4.6M")],
)
def test_counts(value: float | None, shown: str) -> None:
    assert figures.count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (0, "0 ms"), (85.4, "85 ms"), (1_420, "1.42 s"), (185_000, "3 min 5 s")]
)
def test_durations(value: float | None, shown: str) -> None:
    assert figures.duration(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("0", "$0.00"),
        ("12.4", "$12.40"),
        ("0.0023", "$0.0023"),
        ("0.00001", "<$0.0001"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_amounts(value: str | None, shown: str) -> None:
    assert figures.dollars(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0.0, "0.0 %"),
        (0.004, "0.4 %"),
        (0.5, "50 %"),
        (1.0, "100 %"),
    ],
)
def test_shares(value: float | None, shown: str) -> None:
    assert figures.share(value) == shown
