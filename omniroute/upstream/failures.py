"""What an upstream's failure means: one word for it, whether another target may do better, and how long to wait.

Every failure of a try ends up as one `Failure`; its kind is a row of RULES. A client's own mistake is nobody else's
fault: it goes straight back and cools nothing.
"""

import email.utils
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from omniroute.formats.events import Fault
from omniroute.formats.hub import Loss, Usage


class FailureKind(StrEnum):
    """The taxonomy of failures."""

    CLIENT_ERROR = "client_error"  # the request itself is wrong
    AUTH = "auth"  # the account's credential was refused
    QUOTA = "quota"  # the account has no money or allowance left
    RATE = "rate"  # too many requests or tokens for now
    OVERLOAD = "overload"  # the provider is too busy
    TRANSIENT = "transient"  # a server error, a broken connection, nonsense in the answer
    TIMEOUT = "timeout"  # too slow
    TRUNCATED = "truncated"  # the answer stopped in the middle
    MODEL_MISSING = "model_missing"  # this account does not have the model
    CONTENT_REFUSED = "content_refused"  # the provider's policy refused the content
    ANSWER = "answer"  # the answer did not pass the checks of its combo
    LOSSY = "lossy"  # the target's format can't carry the request whole, and the client wants nothing lost


class Effect(StrEnum):
    """What a kind does to where it happened; the connection's profile says for how long."""

    NONE = "none"
    COOL = "cool"  # the connection cools; enough of these in a row open its breaker, and the provider's
    SLOW = "slow"  # the connection cools until its limit is over; no breaker opens
    LOCK = "lock"  # the connection is closed off at once
    LOCK_MODEL = "lock_model"  # this model on this connection is


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What follows from a kind: may the next target be tried, what the client hears, what is held against whom.

    `again`: the same target may well answer a moment later.
    """

    try_next: bool
    client_status: int
    fault_kind: str
    effect: Effect = Effect.NONE
    again: bool = False


RULES: Mapping[FailureKind, Rule] = {
    FailureKind.CLIENT_ERROR: Rule(try_next=False, client_status=400, fault_kind="invalid_request"),
    FailureKind.CONTENT_REFUSED: Rule(try_next=False, client_status=400, fault_kind="invalid_request"),
    FailureKind.ANSWER: Rule(try_next=True, client_status=502, fault_kind="upstream"),
    FailureKind.LOSSY: Rule(try_next=True, client_status=400, fault_kind="invalid_request"),
    FailureKind.AUTH: Rule(try_next=True, client_status=502, fault_kind="upstream", effect=Effect.LOCK),
    FailureKind.QUOTA: Rule(try_next=True, client_status=429, fault_kind="rate_limit", effect=Effect.LOCK),
    FailureKind.RATE: Rule(try_next=True, client_status=429, fault_kind="rate_limit", effect=Effect.SLOW),
    FailureKind.OVERLOAD: Rule(
        try_next=True, client_status=503, fault_kind="overloaded", effect=Effect.COOL, again=True
    ),
    FailureKind.TRANSIENT: Rule(
        try_next=True, client_status=502, fault_kind="upstream", effect=Effect.COOL, again=True
    ),
    FailureKind.TIMEOUT: Rule(try_next=True, client_status=504, fault_kind="timeout", effect=Effect.COOL, again=True),
    FailureKind.TRUNCATED: Rule(
        try_next=True, client_status=502, fault_kind="truncated", effect=Effect.COOL, again=True
    ),
    FailureKind.MODEL_MISSING: Rule(try_next=True, client_status=404, fault_kind="not_found", effect=Effect.LOCK_MODEL),
}

_BY_STATUS: Mapping[int, FailureKind] = {
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    404: FailureKind.MODEL_MISSING,
    407: FailureKind.TRANSIENT,  # a proxy between us and the provider
    408: FailureKind.TIMEOUT,
    410: FailureKind.MODEL_MISSING,  # retired
    425: FailureKind.TRANSIENT,  # RFC 8470: too early, try again
    429: FailureKind.RATE,
    503: FailureKind.OVERLOAD,
    504: FailureKind.TIMEOUT,
    522: FailureKind.TIMEOUT,  # Cloudflare: the origin could not be reached in time
    524: FailureKind.TIMEOUT,  # Cloudflare: the origin was too slow
    529: FailureKind.OVERLOAD,  # Anthropic's overloaded_error
}
_BY_CODE: Mapping[str, FailureKind] = {
    "insufficient_quota": FailureKind.QUOTA,
    "billing_hard_limit_reached": FailureKind.QUOTA,
    "credit_balance_too_low": FailureKind.QUOTA,
    "content_filter": FailureKind.CONTENT_REFUSED,
    "content_policy_violation": FailureKind.CONTENT_REFUSED,
    "model_not_found": FailureKind.MODEL_MISSING,
    "invalid_api_key": FailureKind.AUTH,
}
# What vendors answer with a bare 400 although the request is fine. Only the beginning of their words counts: further
# on may stand what the client itself wrote, and a client must not be able to talk an account into a cooldown.
_BY_FIRST_WORDS: Mapping[str, FailureKind] = {
    "API key not valid": FailureKind.AUTH,  # Gemini
    "API key expired": FailureKind.AUTH,  # Gemini
    "Your credit balance is too low": FailureKind.QUOTA,  # Anthropic
}
_MAX_WAIT_S = 10**7  # what asks for more than months is a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One try that did not answer. `fault` is what the upstream said, in the hub's words."""

    kind: FailureKind
    fault: Fault
    status: int | None = None  # the upstream's, when it answered at all
    retry_after_s: float | None = None
    usage: Usage | None = None  # of an answer that was paid for and not taken

    @property
    def rule(self) -> Rule:
        """The row of RULES."""
        return RULES[self.kind]


class AttemptFailed(Exception):
    """Raised by a try; carries its Failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.fault.message)
        self.failure = failure


def of_answer(status: int, fault: Fault, headers: Mapping[str, str], now_s: float) -> Failure:
    """Judge an error answer: its status, its body as a Fault, its Retry-After."""
    wait = retry_after(headers, now_s)
    return Failure(
        kind=_kind(status, fault),
        fault=fault,
        status=status,
        retry_after_s=fault.retry_after_s if wait is None else wait,
    )


def of_fault(fault: Fault) -> Failure:
    """Judge an error that came inside a 200, whole or as a stream's first event."""
    if fault.kind == "truncated":
        return Failure(kind=FailureKind.TRUNCATED, fault=fault, status=200, retry_after_s=fault.retry_after_s)
    return Failure(kind=_kind(fault.status, fault), fault=fault, status=200, retry_after_s=fault.retry_after_s)


def _kind(status: int, fault: Fault) -> FailureKind:
    by_code = _BY_CODE.get(fault.code or "")
    if by_code is not None:
        return by_code
    if fault.kind == "authentication":  # Gemini answers 400 to a wrong key
        return FailureKind.AUTH
    by_status = _BY_STATUS.get(status)
    if by_status is not None:
        return by_status
    if not 400 <= status < 500:  # noqa: PLR2004 - the class of client errors
        return FailureKind.TRANSIENT
    by_words = (kind for words, kind in _BY_FIRST_WORDS.items() if fault.message.startswith(words))
    return next(by_words, FailureKind.CLIENT_ERROR)


def of_break(kind: FailureKind, message: str) -> Failure:
    """Judge a try that got no answer: refused, reset, too slow, cut."""
    rule = RULES[kind]
    return Failure(kind=kind, fault=Fault(kind=rule.fault_kind, message=message, status=rule.client_status))


def of_losses(losses: Sequence[Loss]) -> Failure:
    """Judge a try that was not made, as the request would have lost something."""
    told = "; ".join(f"{loss.path} ({loss.reason})" for loss in losses)
    message = f"the request would lose something on the way, and X-OmniRoute-Strict forbids it: {told}"
    return Failure(
        kind=FailureKind.LOSSY,
        fault=Fault(kind="invalid_request", message=message, status=400, code="would_lose", param=losses[0].path),
    )


def retry_after(headers: Mapping[str, str], now_s: float) -> float | None:
    """Read Retry-After (seconds or an HTTP date) or OpenAI's retry-after-ms; seconds from now, None when absent."""
    wait = _number(headers.get("retry-after-ms", ""), scale=0.001)
    if wait is not None:
        return wait
    value = headers.get("retry-after", "")
    wait = _number(value, scale=1.0)
    return _until(value, now_s) if wait is None else wait


def _number(text: str, *, scale: float) -> float | None:
    try:
        return _sensible(float(text) * scale)
    except ValueError:
        return None


def _until(date: str, now_s: float) -> float | None:
    try:
        return _sensible(max(email.utils.parsedate_to_datetime(date).timestamp() - now_s, 0.0))
    except (ValueError, OverflowError):
        return None


def _sensible(wait: float) -> float | None:
    return wait if 0 <= wait < _MAX_WAIT_S else None
