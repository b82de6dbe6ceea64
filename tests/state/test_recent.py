"""What is remembered is bounded, in number and in time."""

from hypothesis import given
from hypothesis import strategies as st

from omniroute.state.recent import Recent


def test_a_value_is_kept_as_long_as_it_is_used() -> None:
    recent: Recent[str, int] = Recent(most=10, keep_s=60)
    recent.put("a", 1, 0)
    assert [recent.get("a", at) for at in (50, 100, 160)] == [1, 1, 1]
    assert recent.get("a", 221) is None
    assert len(recent) == 0


@given(keys=st.lists(st.integers(0, 20), max_size=60))
def test_the_longest_unused_goes_first(keys: list[int]) -> None:
    recent: Recent[int, int] = Recent(most=5, keep_s=1e9)
    for at, key in enumerate(keys):
        if recent.get(key, at) is None:
            recent.put(key, key, at)
    newest = list(dict.fromkeys(reversed(keys)))
    assert len(recent) == min(len(newest), 5)
    assert all(recent.get(key, 100) == key for key in newest[:5])
    assert all(recent.get(key, 100) is None for key in newest[5:])
