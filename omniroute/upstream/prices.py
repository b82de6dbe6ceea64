"""What requests cost and how many tokens a model takes: tables of public price lists, an operator's own over them.

A price that is not known stays unknown: it is never guessed from a similar model or another provider. Servers on this
machine cost nothing. Money is in billionths of a dollar (nano), so that sums stay whole numbers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from omniroute.formats.hub import Usage
from omniroute.kit import json
from omniroute.kit.clock import Clock, SystemClock
from omniroute.upstream.catalogue import find
from omniroute.upstream.price_rows import FREE, Row, spellings
from omniroute.upstream.rates import Prices, Rate

_TABLE = Path(__file__).with_name("prices.json")
_UNITS = Path(__file__).with_name("unit_prices.json")
_PER: Final = 1_000_000  # prices are for a million tokens
_MINUTE_MS: Final = 60_000
_MAX_CACHED: Final = 4096  # model names come from clients


def cost_nano(rate: Rate, usage: Usage) -> int:
    """Return the cost in nano-dollars, rounded half up once. A figure the vendor left out counts as none."""
    input_tokens, output_tokens = usage.input or 0, usage.output or 0
    prices = rate.at(input_tokens)
    long_writes = min(usage.cache_write_1h or 0, usage.cache_write or 0)
    total = _side(
        input_tokens,
        prices.input,
        (usage.cache_read, prices.cache_read),
        (long_writes, prices.long_write),
        ((usage.cache_write or 0) - long_writes, prices.cache_write),
        (usage.audio_input, prices.audio_input),
        (usage.image_input, prices.image_input),
    ) + _side(
        output_tokens,
        prices.output,
        (usage.reasoning, prices.reasoning),
        (usage.audio_output, prices.audio_output),
        (usage.image_output, prices.image_output),
    )
    return (total + _PER // 2) // _PER + rate.request + (_units(prices, usage) if prices.is_by_unit else 0)


def _units(prices: Prices, usage: Usage) -> int:
    """Price what is no token."""
    sound = ((usage.audio_ms or 0) * prices.audio_minute + _MINUTE_MS // 2) // _MINUTE_MS
    letters = ((usage.characters or 0) * prices.characters + _PER // 2) // _PER
    return (usage.images or 0) * prices.image + (usage.searches or 0) * prices.search + sound + letters


def dearest_nano(rate: Rate, usage: Usage) -> int:
    """Return the most that a usage can cost: in the dearest of a model's services."""
    return max(cost_nano(one, usage) for one in (rate, *rate.services.values()))


def _side(tokens: int, price: int, *buckets: tuple[int | None, int | None]) -> int:
    """Price one side: the buckets at their own price, the rest of the inclusive figure at the plain one.

    The buckets together never count more tokens than the inclusive figure holds, whatever a vendor reports.
    """
    total, rest = 0, tokens
    for count, own in buckets:
        if count:
            taken = min(count, rest)
            total += taken * (price if own is None else own)
            rest -= taken
    return total + rest * price


def most_nano(rate: Rate, input_tokens: int, output_tokens: int) -> int:
    """Return the most that so many tokens can cost: all of them as the dearest kind of text tokens that there is."""
    prices = rate.at(input_tokens)
    total = input_tokens * prices.dearest_input + output_tokens * prices.dearest_output
    return (total + _PER - 1) // _PER + rate.request


class PriceBook:
    """Finds the rate of a model at a provider. A provider's rows are read when it is first asked for."""

    def __init__(self, table: Mapping[str, Any], clock: Clock, units: Mapping[str, Any] | None = None) -> None:
        """`table` is prices.json as parsed, `units` a list of the same form that goes before it."""
        self.version: str = table["version"]
        self._table = table["providers"]
        self._units: Mapping[str, Any] = {"version": "", "providers": {}} if units is None else units
        self._clock = clock
        self._rows: dict[str, tuple[Row, ...]] = {}
        self._found: dict[tuple[str, str], Row | None] = {}
        self._own: Mapping[tuple[str, str], Rate] = {}

    @classmethod
    def load(cls, clock: Clock | None = None) -> "PriceBook":
        """Read the table that comes with the package."""
        return cls(json.loads(_TABLE.read_bytes()), clock or SystemClock(), json.loads(_UNITS.read_bytes()))

    def reload(self) -> bool:
        """Read the installed table anew, as an upgrade may have brought another; return whether it is another."""
        table = json.loads(_TABLE.read_bytes())
        if table["version"] == self.version:
            return False
        self.version, self._table = table["version"], table["providers"]
        self._rows.clear()
        self._found.clear()
        return True

    def override(self, own: Mapping[tuple[str, str], Rate]) -> None:
        """Put an operator's own prices, by provider and model, over the table, instead of those put before."""
        self._own = {(provider, model.lower()): rate for (provider, model), rate in own.items()}

    def rate(self, provider_id: str, model_id: str, at_ms: int | None = None) -> Rate | None:
        """Return what the model costs at this provider, now or at a time, or None if that is not known."""
        if self._own and (own := self._own.get((provider_id, model_id.lower()))) is not None:
            return own
        row = self._row(provider_id, model_id)
        if row is None:
            return None
        return row.only if row.is_plain else row.rate(self._clock.now_ms() if at_ms is None else at_ms)

    def window(self, provider_id: str, model_id: str) -> int | None:
        """Return how many tokens the model takes at this provider, or None if that is not known."""
        row = self._row(provider_id, model_id)
        return None if row is None else row.window

    def is_deprecated(self, provider_id: str, model_id: str) -> bool | None:
        """Whether the provider has announced the model's end, None if that is not known."""
        row = self._row(provider_id, model_id)
        return None if row is None else row.deprecated

    def _row(self, provider_id: str, model_id: str) -> Row | None:
        key = (provider_id, model_id)
        if key not in self._found:
            if len(self._found) >= _MAX_CACHED:
                self._found.clear()
            self._found[key] = self._search(provider_id, model_id)
        return self._found[key]

    def _search(self, provider_id: str, model_id: str) -> Row | None:
        record = find(provider_id)
        if record is not None and record.is_local:
            return FREE
        rows = self._of(provider_id)
        for spelling in spellings(model_id):
            for row in rows:
                if row.matches(spelling):
                    return row
        return None

    def _of(self, provider_id: str) -> tuple[Row, ...]:
        if provider_id not in self._rows:
            own = [Row(self._units["version"], *row) for row in self._units["providers"].get(provider_id, ())]
            taken = [Row(self.version, *row) for row in self._table.get(provider_id, ())]
            self._rows[provider_id] = (*own, *taken)
        return self._rows[provider_id]

    def listed(self, provider_id: str | None = None) -> dict[str, dict[str, Rate]]:
        """Return the table's rates as they hold now and an operator's own over them, by provider and model."""
        now_ms = self._clock.now_ms()
        names = {**self._table, **self._units["providers"]} if provider_id is None else [provider_id]
        found: dict[str, dict[str, Rate]] = {}
        for name in names:
            rates: dict[str, Rate] = {}
            for row in self._of(name):
                if (rate := row.rate(now_ms)) is not None:
                    rates.setdefault(row.model, rate)
            if rates:
                found[name] = rates
        for (name, model), rate in self._own.items():
            if provider_id in {None, name}:
                found.setdefault(name, {})[model] = rate
        return found


def cost_of(rate: Rate | None, usage: Usage | None, service: str | None = None) -> tuple[int | None, str | None]:
    """Return what a call cost and the version of the prices that say so; None twice when that is not known."""
    if rate is None or usage is None:
        return None, None
    served = rate.under(service)
    if served is None or _is_unsaid(served.prices, usage):
        return None, None
    return cost_nano(served, usage), rate.version


def _is_unsaid(prices: Prices, usage: Usage) -> bool:
    """Whether a model is paid by the token, and nobody knows how many there were."""
    is_by_token = bool(prices.input or prices.output) and not prices.is_by_unit
    return is_by_token and usage.input is None and usage.output is None
