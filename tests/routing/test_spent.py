"""What a provider says is left of its limits decides how long its account comes last."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.spent import used_up


@dataclass(frozen=True)
class Limit:
    name: str
    remaining: int | None
    reset_at: int | None


NOW = 1_800_000_000_000
LIMITS = st.lists(
    st.builds(
        Limit,
        st.sampled_from(["requests", "tokens", "input-tokens"]),
        st.none() | st.integers(0, 3),
        st.none() | st.integers(NOW - 10_000, NOW + 10_000),
    )
)


@given(limits=LIMITS)
def test_the_limit_that_is_empty_for_the_longest_counts_and_no_other(limits: list[Limit]) -> None:
    found = used_up(limits, NOW)
    binding = [one for one in limits if one.remaining == 0 and one.reset_at is not None and one.reset_at > NOW]
    if found is None:
        assert not binding
    else:
        assert found.until_ms == max(one.reset_at or 0 for one in binding)
        assert found in [(one.name, one.reset_at) for one in binding]


@given(limits=LIMITS, later=st.integers(0, 20_000))
def test_as_time_goes_by_an_empty_limit_only_comes_to_its_end(limits: list[Limit], later: int) -> None:
    first, second = used_up(limits, NOW), used_up(limits, NOW + later)
    assert second is None or second == first or (first is not None and second.until_ms == first.until_ms)
