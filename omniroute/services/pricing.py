"""What models cost: the price list that comes with the package, an operator's own prices over it, and new reckoning.

Prices are US dollars for a million tokens. A price that is not known is unknown, never 0.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from omniroute.formats.hub import Usage
from omniroute.kit.clock import Clock
from omniroute.kit.errors import NotFound
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.json import JsonObject
from omniroute.services.changes import Changed
from omniroute.services.moments import milliseconds
from omniroute.services.rules import fault, line
from omniroute.storage.prices import Prices as PriceRows
from omniroute.storage.rerating import Rerated, Rerating
from omniroute.storage.rows import PriceRow
from omniroute.storage.settings import SettingGroups
from omniroute.upstream.price_rows import rate_of
from omniroute.upstream.prices import PriceBook, cost_of
from omniroute.upstream.rates import Prices, Rate

NANO = 1_000_000_000
MOST_USD = 1_000_000.0
MOST_MODELS = 1_000
LONGEST_PROVIDER = 64
LONGEST_MODEL = 256
_GROUP = "pricing"
_OVERRIDE = "override "  # how the version of an operator's own prices begins


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """Dollars for a million tokens of each kind; None = no price of its own, so that input's or output's counts.

    `cache_creation` is for what is kept five minutes, `cache_creation_hour` for what is kept an hour. The last are
    dollars for each request, each picture, each minute of sound, a million letters, each search.
    """

    input: float
    output: float
    cached: float | None = None
    reasoning: float | None = None
    cache_creation: float | None = None
    cache_creation_hour: float | None = None
    audio_input: float | None = None
    audio_output: float | None = None
    image_input: float | None = None
    image_output: float | None = None
    request: float | None = None
    image: float | None = None
    audio_minute: float | None = None
    characters: float | None = None
    search: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice(ModelPrice):
    """A price as it holds now. `source` is catalog or override; `version` is what usage rows name as theirs.

    `above` are prices that hold for the whole request once its input is longer than so many tokens, `services` those
    of service tiers (flex, priority, fast, batch).
    """

    source: str
    version: str
    above: Mapping[str, ModelPrice]
    services: Mapping[str, ModelPrice]


@dataclass(frozen=True, slots=True, kw_only=True)
class RerateDraft:
    """Which requests to reckon anew: those that began from `since` on and before `until`, of one model or of all."""

    since: datetime
    until: datetime
    model: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RerateResult:
    """What came of it. `before` and `after` are dollars: what the requests looked at cost in all, then and now.

    `skipped` had no usage, or a model whose price is not known: they keep what they cost.
    """

    requests: int
    changed: int
    skipped: int
    before: float
    after: float


# Tells the books that requests of a key ("" without one) that began in a minute (UTC ms) cost so much more.
Adjust = Callable[[str, int, int], object]
# Writes the records that wait, so that they are reckoned anew too.
Flush = Callable[[], Awaitable[None]]

PriceTable = Mapping[str, Mapping[str, ModelPrice]]
_NAMES: Mapping[str, str] = {
    "input": "input",
    "output": "output",
    "cached": "cache_read",
    "reasoning": "reasoning",
    "cache_creation": "cache_write",
    "cache_creation_hour": "cache_write_1h",
    "audio_input": "audio_input",
    "audio_output": "audio_output",
    "image_input": "image_input",
    "image_output": "image_output",
}
_UNITS = ("image", "audio_minute", "characters", "search")


class Pricing:
    """Lists and sets prices, and reckons requests anew."""

    def __init__(
        self,
        *,
        rows: PriceRows,
        rerating: Rerating,
        book: PriceBook,
        groups: SettingGroups,
        adjust: Adjust,
        flush: Flush,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._rerating = rerating
        self._book = book
        self._groups = groups
        self._adjust = adjust
        self._flush = flush
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()
        self._rerating_now = asyncio.Lock()

    @property
    def version(self) -> str:
        """Which price list the package came with."""
        return self._book.version

    async def list(self, provider: str | None = None) -> Mapping[str, Mapping[str, ListedPrice]]:
        """Return the prices that hold now, by provider and model."""
        listed = self._book.listed(provider)
        return {name: {model: _listed(rate) for model, rate in rates.items()} for name, rates in listed.items()}

    async def overrides(self) -> Mapping[str, Mapping[str, ListedPrice]]:
        """Return an operator's own prices."""
        found: dict[str, dict[str, ListedPrice]] = {}
        for (provider, model), rate in rates_of(await self._rows.list()).items():
            found.setdefault(provider, {})[model] = _listed(rate)
        return found

    async def set(self, table: PriceTable) -> Mapping[str, Mapping[str, ListedPrice]]:
        """Set prices of one's own, over those that are there; raise Unprocessable on a bad one."""
        given = [(provider, model, price) for provider, models in table.items() for model, price in models.items()]
        if not given or len(given) > MOST_MODELS:
            raise fault("body", f"give the prices of 1 to {MOST_MODELS} models")
        async with self._changing:
            version = await self._next_version()
            rows = [
                PriceRow(
                    provider=line(provider, "provider", most=LONGEST_PROVIDER),
                    model=line(model, "model", most=LONGEST_MODEL),
                    prices=_stored(price, f"{provider}.{model}"),
                    version=version,
                    updated_at=self._clock.now_ms(),
                )
                for provider, model, price in given
            ]
            await self._rows.put(rows)
        await self._tell()
        return await self.overrides()

    async def delete(self, provider: str | None = None, model: str | None = None) -> int:
        """Remove prices of one's own, so that the package's hold again; return how many. Raise NotFound for none."""
        async with self._changing:
            removed = await self._rows.delete(provider, model)
        if not removed and (provider is not None or model is not None):
            raise NotFound("There is no price of your own for that; GET /api/pricing?overrides=true lists them.")
        await self._tell()
        return removed

    async def _next_version(self) -> int:
        """Count up: a version is never used twice, also when its prices are gone."""
        stored = await self._groups.get(_GROUP)
        version = int((stored or {}).get("version", 0)) + 1
        await self._groups.put(_GROUP, {"version": version})
        return version

    async def _tell(self) -> None:
        await self._changed(ConfigurationChanged(noun="pricing"))

    def _cost(
        self, provider: str, model: str, at_ms: int, usage: Usage, service: str | None
    ) -> tuple[int | None, str | None]:
        return cost_of(self._book.rate(provider, model, at_ms), usage, service)

    async def rerate(self, draft: RerateDraft) -> RerateResult:
        """Reckon requests anew by the prices that hold now; doing it again changes nothing more.

        It goes in pieces, so that the gateway works on; the sums a minute and the budgets follow each piece.
        """
        for name, at in (("since", draft.since), ("until", draft.until)):
            if at.tzinfo is None:
                raise fault(name, f"{name} needs a time zone, such as 2030-01-31T12:00:00Z")
        since, until = milliseconds(draft.since), milliseconds(draft.until)
        if since >= until:
            raise fault("until", "until must be after since")
        await self._flush()
        total = Rerated()
        position: tuple[int, str] | None = (since, "")
        async with self._rerating_now:
            while position is not None:
                piece = await self._rerating.piece(position, until, draft.provider, draft.model, self._cost)
                for key_id, minute_ms, delta in piece.deltas:
                    self._adjust(key_id, minute_ms, delta)
                total = total.plus(piece)
                position = piece.next
        return RerateResult(
            requests=total.requests,
            changed=total.changed,
            skipped=total.skipped,
            before=total.before / NANO,
            after=total.after / NANO,
        )


def rates_of(rows: Iterable[PriceRow]) -> dict[tuple[str, str], Rate]:
    """Return the rates that an operator's own prices make."""
    return {(row.provider, row.model): rate_of(row.model, row.prices, f"{_OVERRIDE}{row.version}") for row in rows}


def _stored(price: ModelPrice, field: str) -> JsonObject:
    """Return a price as it is stored: by the names of the price list."""
    stored: dict[str, Any] = {}
    for one in fields(ModelPrice):
        value = getattr(price, one.name)
        if value is None:
            continue
        if not 0 <= value <= MOST_USD:
            raise fault(field, f"{field}: {one.name} must be from 0 to {MOST_USD:.0f}")
        stored[_NAMES.get(one.name, one.name)] = value
    return stored


def _listed(rate: Rate) -> ListedPrice:
    return ListedPrice(
        **_dollars(rate.prices, rate.request),
        source="override" if rate.version.startswith(_OVERRIDE) else "catalog",
        version=rate.version,
        above={str(tier.above): ModelPrice(**_dollars(tier.prices, rate.request)) for tier in rate.tiers},
        services={name: ModelPrice(**_dollars(one.prices, one.request)) for name, one in rate.services.items()},
    )


def _dollars(prices: Prices, request: int) -> dict[str, Any]:
    found = {name: _dollar(getattr(prices, theirs)) for name, theirs in _NAMES.items()}
    units = {name: _dollar(getattr(prices, name) or None) for name in _UNITS}
    return {**found, **units, "request": _dollar(request) if request else None}


def _dollar(nano: int | None) -> float | None:
    return None if nano is None else nano / NANO
