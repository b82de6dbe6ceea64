"""Uncertainty is told as textbooks have it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.services.evals.statistics import difference, share


@pytest.mark.parametrize(
    ("passed", "total", "low", "high"),
    # Wilson's intervals, from Newcombe, Statistics in Medicine 17 (1998), table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_wilsons_interval(passed: int, total: int, low: float, high: float) -> None:
    found = share(passed, total)
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)


def test_pairs_are_compared_exactly() -> None:
    assert difference(1, 9, 20).p == pytest.approx(22 / 1024)
    assert difference(1, 9, 20).is_clear
    assert not difference(3, 5, 20).is_clear
    assert difference(0, 0, 20).p == 1


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_a_value_lies_in_its_interval(first: int, second: int, rest: int) -> None:
    found = difference(first, second, first + second + rest)
    assert -1 <= found.share.low <= found.share.value <= found.share.high <= 1
    assert 0 <= found.p <= 1
    assert found.p == difference(second, first, first + second + rest).p
    of_all = share(first, first + rest)
    assert 0 <= of_all.low <= of_all.value <= of_all.high <= 1
