"""Questions that look alike and want different answers, and those that only look different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.likeness import difference, likeness, unit


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("How do I reset my password?", "How do I not reset my password?", "negation"),
        ("Can I eat this?", "Can't I eat this?", "negation"),
        ("Is it safe with alcohol?", "Is it safe without alcohol?", "negation"),
        ("Wie setze ich es zurück?", "Wie setze ich es nicht zurück?", "negation"),
        ("Saanko syödä tätä?", "En saanko syödä tätä?", "negation"),
        ("Convert 5 miles to km", "Convert 6 miles to km", "numbers"),
        ("What is 10 minus 3?", "What is 3 minus 10?", "numbers"),
        ("List three fruits", "List four fruits", "numbers"),
        ("Convert $5 to euros", "Convert €5 to dollars", "numbers"),
        ("What happened in 1914?", "What happened in 1918?", "numbers"),
        ("What is the capital of France?", "What is the capital of Germany?", "names"),
        ("Flights from Paris to London", "Flights from London to Paris", "names"),
        ("Who is Ann?", "Who is Anna?", "names"),
        ("Berlin is where?", "Madrid is where?", "names"),
        ("What does US mean?", "What does us mean?", "names"),
        ('Translate "cat" into French', 'Translate "dog" into French', "quotes"),
        ("Open config.yaml for me", "Open config.json for me", "identifiers"),
        ("What is http/2?", "What is http/3?", "numbers"),
        ("How do I enable it?", "How do I disable it?", "opposites"),
        ("What is the highest mountain?", "What is the lowest mountain?", "opposites"),
        ("when was it built", "where was it built", "opposites"),
        ("dog bites man", "man bites dog", "order"),
        ("Explain x = {1};", "Explain this", "code"),
        ("法国的首都是什么", "德国的首都是什么", "script"),
    ],
)
def test_what_changes_the_answer_is_seen_from_both_sides(first: str, second: str, what: str) -> None:
    assert difference(first, second) == what
    assert difference(second, first) == what


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("How do I reset my password?", "I forgot my password, how can I change it?"),
        ("What is the capital of France?", "What's the capital of France?"),
        ("Please explain photosynthesis", "Explain photosynthesis, please"),
        ("Tell me the boiling point of water", "What is the boiling point of water?"),
        ("It isn't working, why?", "Why is it not working?"),
    ],
)
def test_another_wording_is_no_difference(first: str, second: str) -> None:
    assert difference(first, second) in {None, "order"}


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="{}<>;|`"), max_size=80))
def test_a_text_is_like_itself(text: str) -> None:
    assert difference(text, text) in {None, "code", "script"}


@given(first=st.text(max_size=60), second=st.text(max_size=60))
def test_it_is_the_same_from_both_sides(first: str, second: str) -> None:
    assert difference(first, second) == difference(second, first)


def test_vectors_are_brought_to_length_one() -> None:
    made = unit([3.0, 4.0])
    assert made == pytest.approx([0.6, 0.8])
    assert likeness(made, made) == pytest.approx(1)
    assert likeness(made, unit([-4.0, 3.0])) == pytest.approx(0)
    with pytest.raises(ValueError, match="direction"):
        unit([0.0, 0.0])
