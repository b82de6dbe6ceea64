"""Compiles omniroute/upstream/prices.json from the package genai-prices, which keeps public price lists.

Run it after an update of that package: `python scripts/compile_prices.py`. The file it writes has one model a line, so
that a diff shows which prices moved. Prices of tokens and requests are taken, those of batches and service tiers too;
those of searches, pages, video and hours are not.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data import providers

TARGET = Path(__file__).parent.parent / "omniroute" / "upstream" / "prices.json"

# Our providers → whose rows. Hugging Face's router passes on what the named provider asks, with nothing added.
SOURCES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "openrouter": "openrouter",
    "glm": "zai",
    "kimi": "moonshotai",
    "minimax": "minimax",
    "minimax-cn": "minimax",
    "deepseek": "deepseek",
    "groq": "groq",
    "xai": "x-ai",
    "mistral": "mistral",
    "perplexity": "perplexity",
    "together": "together",
    "fireworks": "fireworks",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "nebius": "huggingface_nebius",
    "hyperbolic": "huggingface_hyperbolic",
}

FIELDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "audio_input": "input_audio_mtok",
    "image_input": "input_image_mtok",
    "reasoning": "output_reasoning_mtok",
    "audio_output": "output_audio_mtok",
    "image_output": "output_image_mtok",
}
# What the package calls a request that is served otherwise, and its values that cost what all others do.
CONTEXTS = ("service_tier", "processing", "speed")
ORDINARY = frozenset({"default", "standard"})
DECIMALS = 9  # a billionth of a dollar for a million tokens is the smallest unit

# Model, rule, prices, the context window in tokens and whether it is deprecated, where these are known.
Row = (
    tuple[str, Any, list[dict[str, Any]]]
    | tuple[str, Any, list[dict[str, Any]], int]
    | tuple[str, Any, list[dict[str, Any]], int | None, bool]
)


def main() -> int:
    """Write the table, or with --check say whether it is the one that would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file would change")
    options = parser.parse_args()
    text = compiled(options.date)
    if options.check:
        return 0 if TARGET.read_text("utf-8") == text else 1
    TARGET.write_text(text, "utf-8")
    return 0


def compiled(day: date) -> str:
    """Return the table as text, with the prices that hold on `day` and those announced for later."""
    known = {provider.id: provider for provider in providers}
    blocks = [
        f"{json.dumps(ours)}: [\n" + ",\n".join(_line(row) for row in rows(known[theirs], day)) + "\n]"
        for ours, theirs in SOURCES.items()
    ]
    head = json.dumps(f"genai-prices {version('genai-prices')} {day}")
    return '{"version": ' + head + ',\n"providers": {\n' + ",\n".join(blocks) + "\n}}\n"


def rows(provider: types.Provider, day: date) -> Iterator[Row]:
    """Give the provider's models that have a price for tokens or requests, in the order they must be matched."""
    for model in provider.models:
        conditions = model.prices if isinstance(model.prices, list) else [types.ConditionalPrice(prices=model.prices)]
        variants = list(_variants(model))
        phases = [_phase(condition, variants) for condition in _reachable(conditions, day)]
        # A model without such prices stays in the table: left out, a later and wider rule would catch its name.
        row = model.id, _rule(model.match), phases if all(_is_priced(phase) for phase in phases) else []
        if model.deprecated is not None:
            yield (*row, model.context_window, model.deprecated)
        else:
            yield row if model.context_window is None else (*row, model.context_window)


def _reachable(conditions: list[types.ConditionalPrice], day: date) -> Iterable[types.ConditionalPrice]:
    """Leave out prices that a later one has replaced for good by `day`."""
    settled = 0
    for index, condition in enumerate(conditions):
        limit = condition.constraint
        if limit is None or (isinstance(limit, types.StartDateConstraint) and limit.start_date <= day):
            settled = index
    first = types.ConditionalPrice(prices=conditions[settled].prices)
    return [first, *conditions[settled + 1 :]]


def _variants(model: types.ModelInfo) -> Iterator[tuple[str, types.PriceVariant]]:
    """Give the prices of service tiers and batches, by the name that requests call them."""
    for variant in model.price_variants or ():
        if len(variant.when) != 1:
            continue
        ((context, value),) = variant.when.items()
        is_dated = variant.constraint is None or isinstance(variant.constraint, types.StartDateConstraint)
        if context in CONTEXTS and value not in ORDINARY and is_dated:
            yield value, variant


def _priced(prices: types.ModelPrice) -> dict[str, Any]:
    return {key: price for key, price in prices.__dict__.items() if price is not None}


def _phase(condition: types.ConditionalPrice, variants: list[tuple[str, types.PriceVariant]]) -> dict[str, Any]:
    priced = _priced(condition.prices)
    phase: dict[str, Any] = {}
    if isinstance(condition.constraint, types.StartDateConstraint):
        phase["since"] = condition.constraint.start_date.isoformat()
    elif condition.constraint is not None:
        phase["hours"] = [
            condition.constraint.start_time.strftime("%H:%M"),
            condition.constraint.end_time.strftime("%H:%M"),
        ]
    if not priced:  # how the package writes a model that is free
        return phase | {"input": 0, "output": 0}
    phase |= _spelled(priced)
    services = [
        [name, _start(variant.constraint), _spelled(priced | own)]
        for name, variant in variants
        if (own := _priced(variant.prices))
    ]
    return phase | {"services": services} if services else phase


def _start(constraint: object) -> str | None:
    return constraint.start_date.isoformat() if isinstance(constraint, types.StartDateConstraint) else None


def _spelled(priced: dict[str, Any]) -> dict[str, Any]:
    """Write prices in our words: those for any length of the input, and those that hold above a length."""
    spelled: dict[str, Any] = _above(priced, 0)
    if "requests_kcount" in priced:
        spelled["request"] = _number(priced["requests_kcount"] / 1000)
    starts = {tier.start for price in priced.values() if isinstance(price, types.TieredPrices) for tier in price.tiers}
    if starts:
        spelled["tiers"] = [[above, _above(priced, above + 1)] for above in sorted(starts)]
    return spelled


def _above(priced: dict[str, Any], input_tokens: int) -> dict[str, float]:
    """Return the prices that hold at this much input."""
    return {ours: _number(_price(priced[theirs], input_tokens)) for ours, theirs in FIELDS.items() if theirs in priced}


def _price(price: Decimal | types.TieredPrices, input_tokens: int) -> Decimal:
    """Return the price that holds at this much input."""
    if isinstance(price, Decimal):
        return price
    holding = [tier.price for tier in price.tiers if input_tokens > tier.start]
    return holding[-1] if holding else price.base


def _is_priced(phase: dict[str, Any]) -> bool:
    return "input" in phase or "output" in phase or "request" in phase


def _number(price: Decimal) -> float:
    price = round(price, DECIMALS)
    return int(price) if price == int(price) else float(price)


def _rule(match: Any) -> Any:  # noqa: PLR0911 - one line a kind of rule
    """Write a match rule in our spelling; names are compared in lower case."""
    match match:
        case types.ClauseEquals(equals=text):
            return "=" + text.lower()
        case types.ClauseStartsWith(starts_with=text):
            return "^" + text.lower()
        case types.ClauseEndsWith(ends_with=text):
            return "$" + text.lower()
        case types.ClauseContains(contains=text):
            return "~" + text.lower()
        case types.ClauseRegex(regex=text):
            return "/" + text
        case types.ClauseOr(or_=parts):
            return _joined("any", parts)
        case types.ClauseAnd(and_=parts):
            return _joined("all", parts)
    raise SystemExit(f"unknown rule {match!r}")


def _joined(word: str, parts: Iterable[Any]) -> Any:
    rules = [_rule(part) for part in parts]
    unique = [rule for index, rule in enumerate(rules) if rule not in rules[:index]]
    return unique[0] if len(unique) == 1 else [word, *unique]


def _line(row: Row) -> str:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
