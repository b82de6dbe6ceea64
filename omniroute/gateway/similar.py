"""Nearly the same question, the same answer: opt-in, in memory only, and at first in the shadow.

Only a single question counts, with the same system prompt, tools, parameters, targets and key around it. Embeddings
find the likest earlier question; the words themselves may still hold it back (routing/likeness.py). In the shadow
nothing is answered this way: what would have been is noted, for an operator to judge the threshold by.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from omniroute.formats.hub import Message, Request, Role, Text
from omniroute.gateway.attempt import hub_request
from omniroute.gateway.call import Call
from omniroute.gateway.ticket import Question
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.kit.tasks import Background
from omniroute.routing.likeness import difference, likeness
from omniroute.routing.sameness import frame_digest
from omniroute.services.cache import Similarity, SimilarityReport, WouldBe
from omniroute.services.moments import moment
from omniroute.state.recent import Recent
from omniroute.storage.rows import AnswerRow

log = structlog.get_logger(__name__)

Vector = Sequence[float]
# Makes the embedding of a text, of length one, with the model of that name.
Embed = Callable[[str, str], Awaitable[Vector]]

MOST_INDEXED = 2_000
_MOST_LETTERS = 2_000  # longer texts differ in more than an embedding holds
_MOST_SAMPLES = 100
_SAMPLE_LETTERS = 300
_MOST_PENDING = 64
_EMBED_S = 5.0
_AT_ONCE = 32  # comparisons that are done faster than a thread is found
_NANO = 1_000_000_000
_BEFORE = frozenset({Role.SYSTEM, Role.DEVELOPER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An earlier question, and what its answer is known by."""

    text: str
    model: str  # that made the embedding
    vector: Vector
    digest: bytes
    frame: bytes
    expires_at: int
    tokens: int
    cost_nano: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The earlier question whose answer will do."""

    digest: bytes
    likeness: float


class Similar:
    """One a process."""

    def __init__(self, *, embed: Embed, clock: Clock, background: Background) -> None:
        self._embed = embed
        self._clock = clock
        self._background = background
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self._frames: dict[bytes, dict[bytes, Entry]] = {}
        self._vectors: Recent[tuple[str, str], Vector] = Recent(most=256, keep_s=300)
        self._samples: deque[WouldBe] = deque(maxlen=_MOST_SAMPLES)
        self._held_back: Counter[str] = Counter()
        self._pending = 0
        self._looked_up = self._matches = self._failures = 0
        self._saved_nano = self._saved_tokens = 0
        self._last_failure: str | None = None
        self.served = 0

    def question(self, call: Call, scope: Sequence[object]) -> Question | None:
        """Return the single question that a request is, None for a conversation, pictures or a long text."""
        request = hub_request(call)
        text = _single(request)
        if text is None or not text.strip() or len(text) > _MOST_LETTERS:
            return None
        around = replace(
            request,
            messages=request.messages[:-1],
            stream=False,
            include_usage=True,
            user=None,
            metadata=None,
            cache_key=None,
        )
        return Question(text=text, frame=frame_digest(around, scope), model=call.model)

    async def find(self, question: Question, settings: Similarity) -> Match | None:
        """Return the likest earlier question that may answer this one; None in the shadow."""
        if settings.shadow or question.frame not in self._frames:
            return None
        vector = await self._vector(question.text, settings.model)
        return None if vector is None else await self._look(question, vector, settings)

    async def _vector(self, text: str, model: str) -> Vector | None:
        """Return a text's embedding, None when it can't be had."""
        now = self._clock.monotonic()
        known = self._vectors.get((model, text), now)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(_EMBED_S):
                made = await self._embed(model, text)
        except (OmniError, TimeoutError) as error:
            self._failures += 1
            self._last_failure = str(error) or f"no embedding within {_EMBED_S:g} s"
            log.warning("similarity goes without an embedding", model=model, error=self._last_failure)
            return None
        self._vectors.put((model, text), made, now)
        return made

    async def _look(self, question: Question, vector: Vector, settings: Similarity) -> Match | None:
        """Compare with earlier questions, and note what came of it."""
        self._looked_up += 1
        now = self._clock.now_ms()
        entries = [
            one
            for one in self._frames.get(question.frame, {}).values()
            if one.expires_at > now and one.model == settings.model and len(one.vector) == len(vector)
        ]
        least = settings.least(question.model)
        ranked = await _off_loop(entries, vector) if len(entries) > _AT_ONCE else _ranked(entries, vector)
        reason, first = None, None
        for score, entry in ranked:
            if score < least:
                break
            reason = difference(question.text, entry.text)
            first = first or (score, entry, reason)
            if reason is None:
                self._note(question, score, entry, None)
                return Match(digest=entry.digest, likeness=score)
        if first is not None:
            self._note(question, *first)
        return None

    def _note(self, question: Question, score: float, entry: Entry, held_back: str | None) -> None:
        if held_back is None:
            self._matches += 1
            self._saved_nano += entry.cost_nano
            self._saved_tokens += entry.tokens
        else:
            self._held_back[held_back] += 1
        self._samples.append(
            WouldBe(
                at=moment(self._clock.now_ms()),
                model=question.model,
                likeness=round(score, 4),
                held_back=held_back,
                asked=question.text[:_SAMPLE_LETTERS],
                like=entry.text[:_SAMPLE_LETTERS],
                saved_usd=entry.cost_nano / _NANO if held_back is None else None,
                saved_tokens=entry.tokens if held_back is None else 0,
            )
        )

    def learn(self, question: Question, row: AnswerRow, settings: Similarity) -> None:
        """Remember a question whose answer is kept; what is too much at a time is left out."""
        if self._pending < _MOST_PENDING:
            self._pending += 1
            self._background.start(self._learn(question, row, settings), "similarity")

    async def _learn(self, question: Question, row: AnswerRow, settings: Similarity) -> None:
        try:
            vector = await self._vector(question.text, settings.model)
            if vector is None:
                return
            if settings.shadow:
                await self._look(question, vector, settings)
            self._add(
                Entry(
                    text=question.text,
                    model=settings.model,
                    vector=vector,
                    digest=row.digest,
                    frame=question.frame,
                    expires_at=row.expires_at,
                    tokens=(row.input_tokens or 0) + (row.output_tokens or 0),
                    cost_nano=row.cost_nano or 0,
                )
            )
        finally:
            self._pending -= 1

    def _add(self, entry: Entry) -> None:
        self._drop(entry.digest)
        self._entries[entry.digest] = entry
        self._frames.setdefault(entry.frame, {})[entry.digest] = entry
        while len(self._entries) > MOST_INDEXED:
            self._drop(next(iter(self._entries)))

    def _drop(self, digest: bytes) -> None:
        entry = self._entries.pop(digest, None)
        if entry is None:
            return
        frame = self._frames[entry.frame]
        del frame[digest]
        if not frame:
            del self._frames[entry.frame]

    def clear(self) -> int:
        """Forget every question and sample; return how many questions that were."""
        count = len(self._entries)
        self._entries.clear()
        self._frames.clear()
        self._samples.clear()
        return count

    def report(self, settings: Similarity) -> SimilarityReport:
        """Return what similarity does or would do."""
        return SimilarityReport(
            enabled=settings.enabled,
            shadow=settings.shadow,
            model=settings.model,
            threshold=settings.threshold,
            indexed=len(self._entries),
            looked_up=self._looked_up,
            matches=self._matches,
            served=self.served,
            held_back=dict(self._held_back),
            failures=self._failures,
            last_failure=self._last_failure,
            would_have_saved_usd=self._saved_nano / _NANO,
            would_have_saved_tokens=self._saved_tokens,
            samples=tuple(reversed(self._samples)),
        )


def _single(request: Request) -> str | None:
    """Return the text of the one question; what stands before it may only be instructions."""
    if not request.messages or any(message.role not in _BEFORE for message in request.messages[:-1]):
        return None
    return _spoken(request.messages[-1])


def _spoken(message: Message) -> str | None:
    texts = [part.text for part in message.parts if isinstance(part, Text)]
    plain = message.role is Role.USER and message.name is None and len(texts) == len(message.parts)
    return "\n".join(texts) if plain else None


def _ranked(entries: Iterable[Entry], vector: Vector) -> list[tuple[float, Entry]]:
    scored = [(likeness(entry.vector, vector), entry) for entry in entries]
    return sorted(scored, key=lambda one: one[0], reverse=True)


async def _off_loop(entries: Iterable[Entry], vector: Vector) -> list[tuple[float, Entry]]:
    return await asyncio.to_thread(_ranked, entries, vector)
