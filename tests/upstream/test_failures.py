"""What each failure means: its kind, whether another target may do better, and how long to wait."""

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from omniroute.formats.events import Fault
from omniroute.upstream.failures import (
    RULES,
    AttemptFailed,
    Effect,
    FailureKind,
    of_answer,
    of_break,
    of_fault,
    retry_after,
)

NOW = 1_800_000_000.0
STATUSES = {
    400: FailureKind.CLIENT_ERROR,
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    404: FailureKind.MODEL_MISSING,
    405: FailureKind.CLIENT_ERROR,
    407: FailureKind.TRANSIENT,
    408: FailureKind.TIMEOUT,
    409: FailureKind.CLIENT_ERROR,
    410: FailureKind.MODEL_MISSING,
    413: FailureKind.CLIENT_ERROR,
    415: FailureKind.CLIENT_ERROR,
    422: FailureKind.CLIENT_ERROR,
    425: FailureKind.TRANSIENT,
    429: FailureKind.RATE,
    500: FailureKind.TRANSIENT,
    501: FailureKind.TRANSIENT,
    502: FailureKind.TRANSIENT,
    503: FailureKind.OVERLOAD,
    504: FailureKind.TIMEOUT,
    520: FailureKind.TRANSIENT,
    522: FailureKind.TIMEOUT,
    524: FailureKind.TIMEOUT,
    529: FailureKind.OVERLOAD,
    302: FailureKind.TRANSIENT,  # redirects are not followed
    204: FailureKind.TRANSIENT,  # a success without an answer is none
}


def fault(status: int = 500, code: str | None = None, retry_after_s: float | None = None) -> Fault:
    return Fault(kind="upstream", message="words", status=status, code=code, retry_after_s=retry_after_s)


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_has_its_kind(status: int) -> None:
    failure = of_answer(status, fault(status), {}, NOW)
    assert (failure.kind, failure.status, failure.retry_after_s) == (STATUSES[status], status, None)


@given(status=st.integers(100, 599))
def test_every_status_has_a_kind_and_only_a_clients_own_mistakes_end_the_search(status: int) -> None:
    failure = of_answer(status, fault(status), {}, NOW)
    assert failure.rule is RULES[failure.kind]
    its_own = 400 <= status < 500 and status not in {401, 402, 403, 404, 407, 408, 410, 425, 429}
    assert failure.rule.try_next is not its_own
    if its_own:
        assert failure.rule.effect is Effect.NONE, "a client's own mistake is held against nobody"


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached", "credit_balance_too_low"])
@pytest.mark.parametrize("status", [400, 403, 429])
def test_an_empty_account_is_told_from_a_rate_limit_by_its_code(status: int, code: str) -> None:
    assert of_answer(status, fault(status, code), {}, NOW).kind is FailureKind.QUOTA


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
def test_refused_content_is_nobodys_failure(code: str) -> None:
    failure = of_answer(400, fault(400, code), {}, NOW)
    assert failure.kind is FailureKind.CONTENT_REFUSED
    assert not failure.rule.try_next
    assert failure.rule.effect is Effect.NONE


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("API key not valid. Please pass a valid API key.", FailureKind.AUTH),
        ("Your credit balance is too low to access the Anthropic API.", FailureKind.QUOTA),
        ("Invalid value: 'API key not valid'", FailureKind.CLIENT_ERROR),
        ("messages: rate limit exceeded, overloaded, quota", FailureKind.CLIENT_ERROR),
    ],
)
def test_a_bare_400_is_judged_by_its_first_words_only(message: str, kind: FailureKind) -> None:
    said = Fault(kind="invalid_request", message=message, status=400)
    assert of_answer(400, said, {}, NOW).kind is kind


def test_a_missing_model_is_known_by_its_code_under_any_status() -> None:
    for status in (400, 403, 404):
        assert of_answer(status, fault(status, "model_not_found"), {}, NOW).kind is FailureKind.MODEL_MISSING


def test_an_error_inside_a_200_is_judged_by_the_status_it_names() -> None:
    assert of_fault(fault(429, retry_after_s=3)).kind is FailureKind.RATE
    assert of_fault(fault(429, retry_after_s=3)).retry_after_s == 3
    assert of_fault(fault(529)).kind is FailureKind.OVERLOAD
    assert of_fault(Fault(kind="truncated", message="cut", status=502)).kind is FailureKind.TRUNCATED
    assert of_fault(fault(429)).status == 200


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_has_a_rule_that_a_client_can_be_told(kind: FailureKind) -> None:
    rule = RULES[kind]
    assert 400 <= rule.client_status < 600
    assert rule.try_next or rule.effect is Effect.NONE, "what is nobody's failure is held against nobody"
    assert not rule.again or rule.effect is Effect.COOL
    broken = AttemptFailed(of_break(kind, "words"))
    assert str(broken) == "words"
    assert broken.failure.fault.status == rule.client_status
    assert broken.failure.status is None


def waiting(**headers: str) -> float | None:
    return retry_after(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), NOW)


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), ("0", 0.0), ("1.5", 1.5), (" 20 ", 20.0), ("1e2", 100.0)])
def test_retry_after_in_seconds(text: str, seconds: float) -> None:
    assert waiting(Retry_After=text) == seconds


@given(seconds=st.integers(0, 10_000))
def test_retry_after_as_a_date_is_counted_from_now(seconds: int) -> None:
    assert waiting(Retry_After=email.utils.formatdate(NOW + seconds, usegmt=True)) == seconds


def test_a_date_in_the_past_means_at_once() -> None:
    assert waiting(Retry_After="Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_milliseconds_are_read_and_win_over_seconds() -> None:
    assert waiting(retry_after_ms="1500", Retry_After="9") == 1.5


def test_where_the_milliseconds_are_nonsense_the_seconds_count() -> None:
    assert waiting(retry_after_ms="soon", Retry_After="9") == 9.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-1",
        "nan",
        "inf",
        "-inf",
        "99999999999",
        "Mon, 01 Jan 9999 00:00:00 GMT",
        "Mon, 01 Jan 99999999 00:00:00 GMT",
        "Thu, 32 Foo",
    ],
)
def test_nonsense_means_no_named_wait(text: str) -> None:
    assert waiting(Retry_After=text) is None


@given(text=st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,9} (Jan|Feb) \d{1,9} \d\d:\d\d:\d\d [+-]\d{1,6}"))
def test_any_text_gives_a_sensible_wait_or_none(text: str) -> None:
    wait = waiting(Retry_After=text)
    assert wait is None or 0 <= wait < 10**7


def test_the_header_wins_over_the_body() -> None:
    assert of_answer(429, fault(429, retry_after_s=5), {"retry-after": "7"}, NOW).retry_after_s == 7
    assert of_answer(429, fault(429, retry_after_s=5), {}, NOW).retry_after_s == 5
    assert of_answer(429, fault(429, retry_after_s=5), {"retry-after": "0"}, NOW).retry_after_s == 0
