"""How many tokens a request is: the upstream is asked where it has an endpoint for that, otherwise we count.

Only an upstream of the client's own format is asked, with the client's own body. Whatever goes wrong there, the count
is made here: nobody's work waits for a number.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from omniroute.formats.counting import count, is_ready, measure
from omniroute.formats.hub import Format, Json
from omniroute.formats.table import CODECS
from omniroute.gateway.access import allowed
from omniroute.gateway.cooling import Cooling
from omniroute.gateway.resolve import Resolver, endpoint_of
from omniroute.gateway.snapshot import Account, Snapshot, Target
from omniroute.kit import json
from omniroute.kit.errors import OmniError, Unavailable
from omniroute.kit.log import redactor
from omniroute.storage.rows import KeyRow
from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.endpoints import Purpose
from omniroute.upstream.failures import AttemptFailed

log = structlog.get_logger(__name__)

# Where each format's answer says the number.
FIELDS = {Format.ANTHROPIC: "input_tokens", Format.GEMINI: "totalTokens"}
_INNER = ("generateContentRequest", "generate_content_request")

_ASK_LIMIT_S = 10.0
_COUNT_LIMIT_S = 60.0
_MOST_BYTES = 64 * 1024
_AT_ONCE = 4000  # characters that are counted faster than a thread is found
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be counted. `forwarded` are headers for an upstream of the same format.

    `foreign_state`: the body holds another vendor's state, which no upstream may see.
    """

    format: Format
    model: str
    body: Json
    forwarded: Mapping[str, str] = field(default_factory=dict)
    foreign_state: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The answer in the client's format, and who counted: upstream or local."""

    answer: Json
    source: str


class Counting:
    """Counts tokens."""

    def __init__(self, client: UpstreamClient, resolver: Resolver, cooling: Cooling) -> None:
        self._client = client
        self._resolver = resolver
        self._cooling = cooling
        self._turn = asyncio.Lock()  # one count at a time: each keeps a processor busy

    async def count(self, question: Question, snapshot: Snapshot, key: KeyRow | None = None) -> Counted:
        """Count; raise Invalid for a body that is no request, NotFound for a model that nobody has.

        A key that may not use the model may not have its tokens counted by it either: Forbidden.
        """
        plan = allowed(snapshot, key, self._resolver.plan(snapshot, question.model))
        for route in self._cooling.order(plan.routes):
            target = route.target
            if target.format is question.format and not question.foreign_state:
                answer = await self._ask(question, target, snapshot)
                if answer is not None:
                    return Counted(answer=answer, source="upstream")
                break
        return Counted(answer={FIELDS[question.format]: await self._local(question)}, source="local")

    # ── upstream ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, question: Question, target: Target, snapshot: Snapshot) -> Json | None:
        """Return the upstream's answer, None when it gives none."""
        endpoint = _endpoint(question, target, snapshot)
        if endpoint is None:
            return None
        try:
            async with asyncio.timeout(_ASK_LIMIT_S):
                return await self._answer(endpoint, _asked(question, target), FIELDS[question.format])
        except (AttemptFailed, TimeoutError, json.BadJson) as error:
            reason = redactor.clean(str(error)) or "too slow"
        log.info("the provider did not count; counted here", provider=target.provider, reason=reason)
        return None

    async def _answer(self, endpoint: Endpoint, body: Json, name: str) -> Json | None:
        answer = await self._client.post(endpoint, json.dumps(body))
        try:
            text = await answer.read(_MOST_BYTES)
        finally:
            answer.close()
        value = json.loads(text) if answer.status == _OK else None
        return value if isinstance(value, dict) and isinstance(value.get(name), int) else None

    # ── here ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _local(self, question: Question) -> int:
        """Count here: in a thread, save what is short."""
        measured = measure(CODECS[question.format].decode_request(_inner(question.body)[1]))
        if is_ready() and measured.characters <= _AT_ONCE:
            return count(measured)
        try:
            async with asyncio.timeout(_COUNT_LIMIT_S), self._turn:
                return await asyncio.to_thread(count, measured)
        except TimeoutError as error:
            raise Unavailable("Too much is being counted; ask again.", retry_after_s=5) from error


def _endpoint(question: Question, target: Target, snapshot: Snapshot) -> Endpoint | None:
    """Say where the target counts, None when it has no such endpoint."""
    account = _account(target, snapshot)
    if account is None:
        return None
    try:
        return endpoint_of(account, Purpose.COUNT_TOKENS, target.model, snapshot.proxies).adding(question.forwarded)
    except OmniError:
        return None


def _account(target: Target, snapshot: Snapshot) -> Account | None:
    accounts = (account for group in snapshot.accounts.values() for account in group)
    return next((account for account in accounts if account.connection_id == target.connection_id), None)


def _asked(question: Question, target: Target) -> Json:
    """Return the client's body with the model's name as the upstream knows it; Gemini's stands in the address."""
    if question.format is not Format.GEMINI:
        return {**question.body, "model": target.model}
    name, inner = _inner(question.body)
    return question.body if name is None else {**question.body, name: {**inner, "model": f"models/{target.model}"}}


def inner_request(body: Json) -> Json:
    """Return the request whose tokens are to be counted."""
    return _inner(body)[1]


def _inner(body: Json) -> tuple[str | None, Json]:
    """Find the request to be counted: Gemini's clients may put a whole one into a field."""
    for name in _INNER:
        inner = body.get(name)
        if isinstance(inner, dict):
            return name, inner
    return None, body
