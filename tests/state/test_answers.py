"""What lies on a shelf is bounded, in number, weight and time."""

from hypothesis import given
from hypothesis import strategies as st

from omniroute.state.answers import Shelf


def test_a_thing_is_there_until_its_time() -> None:
    shelf: Shelf[str, int] = Shelf(most=10, most_bytes=100)
    shelf.put("a", 1, weight=10, until_ms=50)
    assert shelf.get("a", 49) == 1
    assert shelf.get("a", 50) is None
    assert (len(shelf), shelf.weight) == (0, 0)


def test_a_new_thing_takes_the_place_of_the_old_one() -> None:
    shelf: Shelf[str, int] = Shelf(most=10, most_bytes=100)
    shelf.put("a", 1, weight=90, until_ms=50)
    shelf.put("a", 2, weight=80, until_ms=60)
    assert (shelf.get("a", 55), shelf.weight) == (2, 80)
    shelf.put("a", 3, weight=101, until_ms=60)
    assert shelf.get("a", 55) is None, "one that is too heavy does not leave the old one in its place"


def test_a_smaller_shelf_lets_the_longest_unused_go() -> None:
    shelf: Shelf[int, int] = Shelf(most=3, most_bytes=100)
    for number in range(3):
        shelf.put(number, number, weight=1, until_ms=10 + number)
    shelf.get(0, 0)
    shelf.resize(2)
    assert [shelf.get(number, 0) for number in range(3)] == [0, None, 2]
    shelf.expire(11)
    assert (len(shelf), shelf.clear(), len(shelf)) == (1, 1, 0)


@given(
    puts=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 40), st.integers(1, 20)), max_size=60),
    most=st.integers(1, 6),
)
def test_it_never_holds_more_than_it_may(puts: list[tuple[int, int, int]], most: int) -> None:
    shelf: Shelf[int, int] = Shelf(most=most, most_bytes=50)
    for at, (key, weight, lasts) in enumerate(puts):
        shelf.put(key, at, weight=weight, until_ms=at + lasts)
        assert len(shelf) <= most
        assert 0 <= shelf.weight <= 50
        assert shelf.get(key, at) == at
