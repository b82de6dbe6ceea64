"""Limits as vendors spell them in the headers of their answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.upstream.allowances import Allowance, read_allowances, says_something

AT = 1_800_000_000_000

# As the vendors' documentation shows them.
OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-reset-tokens": "6m0s",
    "content-type": "application/json",
}
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-requests-remaining": "999",
    "anthropic-ratelimit-requests-reset": "2027-01-15T08:01:00Z",
    "anthropic-ratelimit-input-tokens-limit": "80000",
    "anthropic-ratelimit-input-tokens-remaining": "80000",
    "anthropic-ratelimit-input-tokens-reset": "2027-01-15T08:00:00Z",
}


def test_openais_spelling() -> None:
    assert says_something(OPENAI)
    assert read_allowances(OPENAI, AT) == (
        Allowance(name="requests", limit=60, remaining=59, reset_at=AT + 1_000),
        Allowance(name="tokens", limit=150_000, remaining=149_984, reset_at=AT + 360_000),
    )


def test_anthropics_spelling() -> None:
    assert says_something(ANTHROPIC)
    assert read_allowances(ANTHROPIC, AT) == (
        Allowance(name="requests", limit=1_000, remaining=999, reset_at=AT + 60_000),
        Allowance(name="input-tokens", limit=80_000, remaining=80_000, reset_at=AT),
    )


@pytest.mark.parametrize(
    ("reset", "at"),
    [
        ("30", AT + 30_000),
        ("0.5", AT + 500),
        ("1800000060", AT + 60_000),
        ("1800000060000", AT + 60_000),
        ("17ms", AT + 17),
        ("2m59.56s", AT + 179_560),
        ("1d2h", AT + 93_600_000),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("-5", None),
        ("2027-01-15T08:01:00", None),
    ],
)
def test_plain_names_and_every_way_to_say_when(reset: str, at: int | None) -> None:
    said = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    assert read_allowances(said, AT) == (Allowance(name="requests", limit=10, remaining=0, reset_at=at),)


def test_an_answer_that_tells_nothing_is_not_kept() -> None:
    assert not says_something({"content-type": "application/json", "retry-after": "5"})
    assert read_allowances({"content-type": "application/json"}, AT) == ()


@given(
    headers=st.dictionaries(
        st.sampled_from([*OPENAI, *ANTHROPIC, "x-ratelimit-reset", "ratelimit-limit", "anthropic-ratelimit--limit"]),
        st.text(max_size=30) | st.from_regex(r"\d{1,40}[smhd]?"),
    )
)
def test_any_text_is_read_or_left_out(headers: dict[str, str]) -> None:
    for one in read_allowances(headers, AT):
        assert one.limit is None or one.limit >= 0
        assert one.remaining is None or one.remaining >= 0
