"""A condition holds when each thing that it names is so; what it leaves out does not matter."""

from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.conditions import Condition, Facts, holds

FACTS = st.builds(
    Facts,
    input_tokens=st.integers(0, 100),
    output_tokens=st.just(1),
    tools=st.booleans(),
    images=st.booleans(),
    stream=st.booleans(),
)


@given(facts=FACTS)
def test_an_empty_condition_takes_everything(facts: Facts) -> None:
    assert holds(Condition(), facts)


@given(facts=FACTS, low=st.integers(0, 100), high=st.integers(0, 100))
def test_both_ends_of_a_range_belong_to_it(facts: Facts, low: int, high: int) -> None:
    condition = Condition(min_input_tokens=low, max_input_tokens=high)
    assert holds(condition, facts) == (low <= facts.input_tokens <= high)


@given(facts=FACTS, wanted=st.booleans())
def test_each_need_is_looked_at_by_itself(facts: Facts, wanted: bool) -> None:
    assert holds(Condition(needs_tools=wanted), facts) == (facts.tools is wanted)
    assert holds(Condition(needs_images=wanted), facts) == (facts.images is wanted)
    assert holds(Condition(stream=wanted), facts) == (facts.stream is wanted)
