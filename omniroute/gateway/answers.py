"""Answers that are given again: to a request that comes again under its key, and to one that equals an earlier one.

`begin` says in a few microseconds whether a request has anything to do with this; most have not. `find` looks for an
answer, or waits for the request that is getting it; whoever gets nothing goes upstream, and `land` gives what came
back to all who wait and keeps it. `close` lets the next in line try when nothing came.
"""

import asyncio
from collections.abc import Hashable

import structlog

from omniroute.formats.fold import StreamFault
from omniroute.formats.hub import Usage
from omniroute.gateway.archive import MOST_BYTES, Archive
from omniroute.gateway.call import Call
from omniroute.gateway.repeats import WINDOW_MS, Repeats
from omniroute.gateway.similar import Similar
from omniroute.gateway.snapshot import Plan, Target
from omniroute.gateway.tape import Tape, reads_back, spelled, whole_of
from omniroute.gateway.ticket import CacheControl, Given, Ticket
from omniroute.gateway.watch import Reason, Watch
from omniroute.kit.clock import Clock
from omniroute.kit.errors import OmniError
from omniroute.kit.tasks import Background
from omniroute.routing.sameness import Asked, body_digest, digest_of, is_deterministic, scope_of, stands_alone
from omniroute.services.cache import CacheFigures, CacheSettings, Idempotency, Part, SemanticCache, SimilarityReport
from omniroute.services.cache import Similarity as SimilaritySettings
from omniroute.state.flights import Flights, Turn
from omniroute.storage.rows import AnswerRow

log = structlog.get_logger(__name__)

# How long a request waits for another one's answer before it goes upstream by itself.
WAIT_S = 120.0
_MOST_WAITING = 1_000
_NANO = 1_000_000_000


class Answers:
    """One a process."""

    def __init__(self, *, archive: Archive, similar: Similar, clock: Clock, background: Background) -> None:
        self._archive = archive
        self._similar = similar
        self._clock = clock
        self._background = background
        self._repeats = Repeats(clock)
        self._flights: Flights[Hashable, AnswerRow] = Flights(most_waiting=_MOST_WAITING)
        self._hits = self._misses = self._shared = self._tokens = self._saved_nano = 0

    def begin(self, call: Call, settings: CacheSettings) -> Ticket | None:
        """Return what the request has to do with kept answers; None for nothing."""
        repeat = call.repeat
        if repeat is not None and call.stream and not (repeat.strict and reads_back(call.codec)):
            repeat = None
        cached = settings.enabled and call.cache_control is not CacheControl.BYPASS
        if call.operation is not None:
            cached = cached and call.operation.row.is_kept
        elif cached and settings.only_deterministic:
            cached = is_deterministic(call.codec.format, call.body)
        if not cached and repeat is None:
            return None
        ticket = Ticket(settings)
        if repeat is not None:
            ticket.print = body_digest(call.body)
            scope = (_key_id(call), call.origin.path, repeat.value)
            ticket.repeat = scope if repeat.strict else (*scope, ticket.print)
        if cached and call.previous is None and stands_alone(call.codec.format, call.body) and reads_back(call.codec):
            ticket.digest = digest_of(_asked(call, settings))
            ticket.reads = call.cache_control is CacheControl.USE
        return ticket if ticket.digest is not None or ticket.repeat is not None else None

    async def find(self, call: Call, ticket: Ticket, watch: Watch) -> bytes | None:
        """Return a kept answer as the client is to be sent it, None when the request is to go upstream."""
        row = None if ticket.repeat is None else await self._repeated(ticket, ticket.repeat, watch)
        if row is None and ticket.digest is not None:
            row = await self._cached(call, ticket, ticket.digest, watch)
        if row is None:
            return None
        body = spelled(call, row.body)
        if body is None:
            ticket.given, ticket.likeness = Given.MISS, None
            return None
        ticket.row = row
        self._land_all(ticket, row)
        return body

    async def _repeated(self, ticket: Ticket, key: Hashable, watch: Watch) -> AnswerRow | None:
        """Look whether the request came before under its key; raise Conflict when that was another one."""
        row = self._repeats.begin(key, ticket.print)
        if row is None:
            if self._repeats.lead(key, ticket.print):
                ticket.leads.append(key)
                return None
            row = await self._in_line(ticket, key, watch)
        ticket.given = None if row is None else Given.REPLAY
        return row

    async def _in_line(self, ticket: Ticket, key: Hashable, watch: Watch) -> AnswerRow | None:
        """Wait for somebody else's answer; None when there will be none, and then whose turn it is may be ours."""
        watch.wait(Reason.TOTAL, watch.total_s)
        line = self._repeats if key is ticket.repeat else self._flights
        found = await line.wait(key, WAIT_S)
        if isinstance(found, AnswerRow):
            return found
        if found is Turn.LEAD:
            ticket.leads.append(key)
        return None

    async def _cached(self, call: Call, ticket: Ticket, digest: bytes, watch: Watch) -> AnswerRow | None:
        """Look in memory, in the database, at what is on its way, and at last for a similar question's answer."""
        row = None
        if ticket.reads:
            row = self._archive.at_hand(digest)
            if row is None and self._archive.is_stored(digest):
                row = await self._archive.fetch(digest) or self._archive.at_hand(digest)
            if row is None and not self._flights.lead(digest):
                row = await self._in_line(ticket, digest, watch)
                self._shared += row is not None
            elif row is None:
                ticket.leads.append(digest)
            if row is None and ticket.settings.similarity.enabled and call.operation is None:
                row = await self._like(call, ticket)
        if row is None:
            self._misses += 1
            ticket.given = Given.MISS
            return None
        ticket.given = Given.HIT if ticket.likeness is None else Given.SIMILAR
        self._count(row)
        return row

    def _count(self, row: AnswerRow) -> None:
        """Count a hit, and what it saved."""
        self._hits += 1
        self._tokens += (row.input_tokens or 0) + (row.output_tokens or 0)
        self._saved_nano += row.cost_nano or 0

    async def _like(self, call: Call, ticket: Ticket) -> AnswerRow | None:
        """Look for the answer to a similar question."""
        settings = ticket.settings.similarity
        ticket.question = self._similar.question(call, scope_of(_asked(call, ticket.settings)))
        if ticket.question is None:
            return None
        found = await self._similar.find(ticket.question, settings)
        if found is None:
            return None
        row = self._archive.at_hand(found.digest) or await self._archive.fetch(found.digest)
        if row is None:
            return None
        self._similar.served += 1
        ticket.likeness = found.likeness
        return row

    def tape(self, ticket: Ticket) -> Tape | None:
        """Return what takes a copy of the request's stream, if anybody wants it."""
        wanted = ticket.digest is not None or bool(ticket.leads)
        return Tape(ticket.settings.max_entry_bytes) if wanted else None

    def land(self, call: Call, body: bytes, cost_nano: int | None) -> None:
        """Take a complete whole answer."""
        ticket = call.ticket
        assert ticket is not None  # noqa: S101 - only requests with one come here
        row = self._row(call, ticket, body, cost_nano)
        self._land_all(ticket, row)
        if ticket.digest is None or len(body) > ticket.settings.max_entry_bytes:
            return
        self._archive.keep(row, ticket.settings.max_entries)
        if ticket.question is not None:
            self._similar.learn(ticket.question, row, ticket.settings.similarity)

    def land_stream(self, call: Call, tape: Tape, cost_nano: int | None) -> None:
        """Take a complete stream; it is made whole beside the requests, and until then others wait on."""
        ticket, pieces = call.ticket, tape.pieces
        if ticket is not None and pieces is not None:
            ticket.is_late = True
            self._background.start(self._fold(call, ticket, pieces, cost_nano), "an answer for the cache")

    async def _fold(self, call: Call, ticket: Ticket, pieces: list[bytes], cost_nano: int | None) -> None:
        try:
            body = await asyncio.to_thread(whole_of, call, pieces)
        except (StreamFault, OmniError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("a stream was not kept: it can't be read back", request=call.id, error=str(error))
            self._fail_all(ticket)
            return
        self.land(call, body, cost_nano)

    def close(self, ticket: Ticket) -> None:
        """The request is over: if its answer did not land, the next in line may try."""
        if ticket.leads and not ticket.is_late:
            self._fail_all(ticket)

    def _land_all(self, ticket: Ticket, row: AnswerRow) -> None:
        for key in ticket.leads:
            self._line_of(ticket, key).land(key, row)
        ticket.leads = []

    def _fail_all(self, ticket: Ticket) -> None:
        for key in ticket.leads:
            self._line_of(ticket, key).fail(key)
        ticket.leads = []

    def _line_of(self, ticket: Ticket, key: Hashable) -> "Repeats | Flights[Hashable, AnswerRow]":
        return self._repeats if key is ticket.repeat else self._flights

    def _row(self, call: Call, ticket: Ticket, body: bytes, cost_nano: int | None) -> AnswerRow:
        usage, target, now = call.usage or Usage(), call.target, self._clock.now_ms()
        return AnswerRow(
            digest=ticket.digest or b"",
            format=call.codec.format.value,
            provider=target.provider if target else "",
            model=target.model if target else "",
            created_at=now,
            expires_at=now + ticket.settings.ttl_s * 1000,
            input_tokens=usage.input,
            output_tokens=usage.output,
            cost_nano=cost_nano,
            dropped=tuple(loss.path for loss in call.losses if loss.action == "dropped"),
            body=body,
        )

    async def figures(self, settings: CacheSettings) -> CacheFigures:
        """Return how the cache does."""
        shelf, looked = self._archive.shelf, self._hits + self._misses
        shelf.expire(self._clock.now_ms())
        return CacheFigures(
            semantic_cache=SemanticCache(
                memory_size=len(shelf),
                memory_max_size=settings.max_entries,
                db_size=await self._archive.stored(),
                hit_rate=round(self._hits / looked, 4) if looked else 0.0,
                hits=self._hits,
                misses=self._misses,
                similar_hits=self._similar.served,
                shared_flights=self._shared,
                tokens_saved=self._tokens,
                saved_usd=self._saved_nano / _NANO,
                memory_bytes=shelf.weight,
                memory_max_bytes=MOST_BYTES,
                ttl_s=settings.ttl_s,
            ),
            idempotency=Idempotency(
                active_keys=self._repeats.active,
                window_ms=WINDOW_MS,
                replays=self._repeats.replays,
                waited=self._repeats.waited,
                conflicts=self._repeats.conflicts,
            ),
        )

    async def clear(self, part: Part) -> int:
        """Empty the cache; return how many things went."""
        gone = 0
        if part in {Part.ALL, Part.ANSWERS}:
            gone += await self._archive.clear()
        if part in {Part.ALL, Part.IDEMPOTENCY}:
            gone += self._repeats.clear()
        if part in {Part.ALL, Part.ANSWERS, Part.SIMILARITY}:
            forgotten = self._similar.clear()
            gone += forgotten if part is Part.SIMILARITY else 0
        return gone

    def report(self, settings: SimilaritySettings) -> SimilarityReport:
        """Return what similarity does."""
        return self._similar.report(settings)


def _key_id(call: Call) -> str:
    return call.origin.key.id if call.origin.key else ""


def _asked(call: Call, settings: CacheSettings) -> Asked:
    return Asked(
        format=call.codec.format,
        body=call.body,
        model=call.model,
        scope=_targets(call.plan),
        owner=None if settings.shared else _key_id(call),
        headers=call.forwarded,
        strict=call.strict,
    )


def _targets(plan: Plan | None) -> str:
    """Name the targets that a plan leads to, so that a changed alias, combo or address makes another request."""
    routes = () if plan is None else plan.routes
    if len(routes) == 1:
        return _named(routes[0].target)
    return " ".join(sorted({_named(route.target) for route in routes}))


def _named(target: Target) -> str:
    return f"{target.provider}/{target.model}@{target.whole.url}"
