"""Prices: figures worked out by hand, the arithmetic's laws, and the whole table against the package it came from."""

import json
import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices.data import providers
from genai_prices.types import Provider
from hypothesis import given
from hypothesis import strategies as st

from omniroute.formats.hub import Usage
from omniroute.upstream.prices import PriceBook, cost_nano, cost_of, most_nano
from omniroute.upstream.rates import Prices, Rate, Tier
from scripts.compile_prices import SOURCES

ROOT = Path(__file__).parents[2]
TABLE = json.loads((ROOT / "omniroute/upstream/prices.json").read_bytes())
COMPILED = date.fromisoformat(TABLE["version"].split()[-1])
NOON = datetime(COMPILED.year, COMPILED.month, COMPILED.day, 12, tzinfo=UTC)
SAME_PACKAGE = TABLE["version"].split()[1] == version("genai-prices")
needs_the_source = pytest.mark.skipif(not SAME_PACKAGE, reason="the table is of another genai-prices than is installed")


class FixedClock:
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now_ms(self) -> int:
        return int(self.moment.timestamp() * 1000)

    def monotonic(self) -> float:
        return 0.0


def book(moment: datetime = NOON) -> PriceBook:
    return PriceBook(TABLE, FixedClock(moment))


def rate_of(provider: str, model: str, moment: datetime = NOON) -> Rate:
    rate = book(moment).rate(provider, model)
    assert rate is not None
    return rate


@pytest.mark.parametrize(
    ("provider", "model", "usage", "nano"),
    [
        # 1,500 plain at $3 + 8,000 read at $0.30 + 500 written at $3.75 = $0.008775, and 300 out at $15 = $0.0045
        (
            "anthropic",
            "claude-sonnet-4-5-20250929",
            Usage(input=10_000, cache_read=8_000, cache_write=500, output=300),
            13_275_000,
        ),
        # 600 plain at $3 + 300 kept 5 minutes at $3.75 + 100 kept an hour at $6
        (
            "anthropic",
            "claude-sonnet-4-5",
            Usage(input=1_000, cache_write=400, cache_write_1h=100),
            3_525_000,
        ),
        # 800 at $2.50 + 200 at $1.25 + 500 at $10
        ("openai", "gpt-4o", Usage(input=1_000, cache_read=200, output=500), 7_250_000),
        # reasoning has no price of its own: output's. 1,000 at $1.25 + 2,000 at $10
        ("openai", "gpt-5", Usage(input=1_000, output=2_000, reasoning=1_500), 21_250_000),
        # at most 200,000 in: 200,000 at $1.25 + 1,000 at $10
        ("gemini", "gemini-2.5-pro", Usage(input=200_000, output=1_000), 260_000_000),
        # one token more, and all of it costs the higher price: 200,001 at $2.50 + 1,000 at $15
        ("gemini", "gemini-2.5-pro", Usage(input=200_001, output=1_000), 515_002_500),
        # 900 at $2.50 + 100 at $32 + 50 at $10 + 150 at $64
        ("openai", "gpt-audio", Usage(input=1_000, audio_input=100, output=200, audio_output=150), 15_550_000),
        # $0.012 for the request + 1,000 at $1 + 1,000 at $1
        ("perplexity", "sonar", Usage(input=1_000, output=1_000), 14_000_000),
        # reasoning with a price of its own: 100 at $2 + 200 at $8 + 800 at $3
        ("perplexity", "sonar-deep-research", Usage(input=100, output=1_000, reasoning=800), 4_200_000),
        ("openrouter", "anthropic/claude-sonnet-4.5", Usage(input=1_000, output=100), 4_500_000),
        ("openai", "text-embedding-3-small", Usage(input=1_000_000), 20_000_000),
    ],
)
def test_a_cost_is_what_the_price_list_says(provider: str, model: str, usage: Usage, nano: int) -> None:
    assert cost_nano(rate_of(provider, model), usage) == nano


def test_a_cache_without_a_price_of_its_own_costs_as_input() -> None:
    rate = Rate(model="m", prices=Prices(input=2_000_000_000, output=0))
    assert cost_nano(rate, Usage(input=1_000, cache_read=400, cache_write=100)) == 2_000_000


def test_fractions_are_rounded_once_half_up() -> None:
    rate = Rate(model="m", prices=Prices(input=250_000, output=250_000))
    assert cost_nano(rate, Usage(input=1)) == 0  # a quarter of a nano
    assert cost_nano(rate, Usage(input=1, output=1)) == 1  # two quarters make a half


@pytest.mark.parametrize(
    ("provider", "model", "service", "nano"),
    [
        ("openai", "gpt-5", None, 11_250_000),  # 1,000 at $1.25 + 1,000 at $10
        ("openai", "gpt-5", "default", 11_250_000),
        ("openai", "gpt-5", "flex", 5_625_000),
        ("openai", "gpt-5", "priority", 22_500_000),
        ("openai", "gpt-5", "batch", 5_625_000),
        ("anthropic", "claude-sonnet-4-5", "batch", 9_000_000),  # half of 1,000 at $3 + 1,000 at $15
    ],
)
def test_a_service_tier_has_its_own_price(provider: str, model: str, service: str | None, nano: int) -> None:
    cost, version = cost_of(rate_of(provider, model), Usage(input=1_000, output=1_000), service)
    assert (cost, version) == (nano, TABLE["version"])


def test_a_service_tier_whose_price_is_not_known_costs_nobody_knows_what() -> None:
    assert cost_of(rate_of("anthropic", "claude-sonnet-4-5"), Usage(input=1), "priority") == (None, None)
    assert cost_of(None, Usage(input=1)) == (None, None)
    assert cost_of(rate_of("openai", "gpt-5"), None) == (None, None)


def test_ones_own_price_holds_over_the_table_until_it_is_taken_back() -> None:
    prices = book()
    own = Rate(model="gpt-5", prices=Prices(input=1, output=2), version="override 3")
    prices.override({("openai", "GPT-5"): own, ("mine", "large"): own})
    assert prices.rate("openai", "gpt-5") is own
    assert prices.rate("mine", "large") is own
    prices.override({})
    assert prices.rate("openai", "gpt-5") == rate_of("openai", "gpt-5")
    assert prices.rate("mine", "large") is None


@given(read=st.integers(0, 9), write=st.integers(0, 9), plain=st.integers(0, 9), out=st.integers(0, 99))
def test_no_usage_costs_more_than_the_most_it_was_thought_to(read: int, write: int, plain: int, out: int) -> None:
    for model in ("claude-sonnet-4-5", "claude-opus-4-1"):
        rate = rate_of("anthropic", model)
        usage = Usage(input=read + write + plain, cache_read=read, cache_write=write, cache_write_1h=write, output=out)
        assert cost_nano(rate, usage) <= most_nano(rate, read + write + plain, out)


def test_what_a_vendor_leaves_out_counts_as_none() -> None:
    rate = Rate(model="m", prices=Prices(input=1_000_000_000, output=1_000_000_000))
    assert cost_nano(rate, Usage()) == 0
    assert cost_nano(rate, Usage(output=5)) == 5_000


def test_buckets_never_count_more_tokens_than_there_are() -> None:
    rate = Rate(model="m", prices=Prices(input=1_000_000_000, cache_read=1_000_000_000, cache_write=1_000_000_000))
    assert cost_nano(rate, Usage(input=10, cache_read=10, cache_write=10)) == 10_000


counts = st.integers(min_value=0, max_value=2_000_000)


@given(cache=counts, plain=counts, write=counts, text=counts, thought=counts)
def test_the_cost_is_the_exact_sum_over_disjoint_buckets(
    cache: int, plain: int, write: int, text: int, thought: int
) -> None:
    prices = Prices(
        input=3_000_000_000, output=15_000_000_000, cache_read=300_000_000, cache_write=3_750_000_000, reasoning=1
    )
    usage = Usage(
        input=cache + plain + write, cache_read=cache, cache_write=write, output=text + thought, reasoning=thought
    )
    exact = plain * 3_000_000_000 + cache * 300_000_000 + write * 3_750_000_000 + text * 15_000_000_000 + thought
    assert cost_nano(Rate(model="m", prices=prices), usage) == (exact + 500_000) // 1_000_000


def test_the_highest_tier_that_is_passed_counts() -> None:
    tiers = tuple(Tier(above=above, prices=Prices(input=price)) for above, price in ((10, 2_000_000), (20, 3_000_000)))
    rate = Rate(model="m", prices=Prices(input=1_000_000), tiers=tiers)
    assert [cost_nano(rate, Usage(input=count)) for count in (10, 11, 20, 21)] == [10, 22, 40, 63]


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-99-imaginary"),
        ("anthropic", "gpt-4o"),  # never the price of another provider
        ("openai-compatible-chat-1", "gpt-4o"),
        ("nvidia", "meta/llama-3.3-70b-instruct"),
        ("nobody", "gpt-4o"),
        ("openai", "whisper-1"),  # paid by the minute
        ("openai", ""),
    ],
)
def test_what_is_not_known_is_not_made_up(provider: str, model: str) -> None:
    assert book().rate(provider, model) is None


@pytest.mark.parametrize("provider", ["ollama", "lmstudio", "llamacpp", "vllm", "demo"])
def test_servers_on_this_machine_cost_nothing(provider: str) -> None:
    rate = book().rate(provider, "any-model")
    assert rate is not None
    assert cost_nano(rate, Usage(input=1_000_000, output=1_000_000)) == 0


def test_free_models_are_known_to_be_free() -> None:
    assert cost_nano(rate_of("openrouter", "moonshotai/kimi-k2.6:free"), Usage(input=1_000, output=1_000)) == 0


def test_names_are_matched_without_regard_to_case_and_with_either_spelling_of_a_date() -> None:
    assert rate_of("openai", "GPT-4o").model == "gpt-4o"
    assert rate_of("openai", "gpt-5.2-20251211") == rate_of("openai", "gpt-5.2-2025-12-11")


def test_a_price_that_depends_on_the_hour_follows_the_clock() -> None:
    plain, peak = NOON, NOON.replace(hour=2)
    assert rate_of("deepseek", "deepseek-v4-flash", plain).prices.input == 150_000_000
    assert rate_of("deepseek", "deepseek-v4-flash", peak).prices.input == 300_000_000
    assert rate_of("deepseek", "deepseek-v4-flash", NOON.replace(hour=4)).prices.input == 150_000_000


def test_an_announced_price_comes_into_force_on_its_day() -> None:
    before = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert rate_of("gemini", "gemini-3.6-flash", before).prices.input == 750_000_000
    assert rate_of("gemini", "gemini-3.6-flash", before + timedelta(minutes=1)).prices.input == 1_500_000_000


def test_one_book_changes_its_answer_when_the_day_comes() -> None:
    clock = FixedClock(datetime(2026, 12, 31, tzinfo=UTC))
    prices = PriceBook(TABLE, clock)
    before = prices.rate("gemini", "gemini-3.6-flash")
    clock.moment += timedelta(days=1)
    assert prices.rate("gemini", "gemini-3.6-flash") != before


def test_many_different_names_do_not_fill_the_memory() -> None:
    prices = book()
    for number in range(10_000):
        assert prices.rate("cohere", f"made-up-{number}") is None
    assert len(prices._found) <= 4096


def test_the_packaged_book_loads_fast_and_says_its_version() -> None:
    best = min(_load_time() for _ in range(5))
    assert best < 0.015
    assert PriceBook.load().version == TABLE["version"]
    assert len(TABLE["version"]) <= 32


def _load_time() -> float:
    started = time.perf_counter()
    PriceBook.load().rate("openai", "gpt-4o")
    return time.perf_counter() - started


@needs_the_source
def test_the_table_is_what_the_compiler_writes() -> None:
    command = [sys.executable, "scripts/compile_prices.py", "--check", "--date", COMPILED.isoformat()]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 0, "run: python scripts/compile_prices.py"


def theirs(provider: str) -> Provider:
    return next(one for one in providers if one.id == SOURCES[provider])


def draw(dice: random.Random) -> tuple[Usage, dict[str, int]]:
    """Draw a usage in both spellings."""
    read, written, plain = (dice.choice((0, dice.randrange(1, 90_000), 130_000)) for _ in range(3))
    output = dice.randrange(0, 20_000)
    mine = Usage(input=read + written + plain, cache_read=read, cache_write=written, output=output)
    spelled = {
        "input_tokens": read + written + plain,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "output_tokens": output,
    }
    return mine, spelled


@needs_the_source
@pytest.mark.parametrize("provider", SOURCES)
@pytest.mark.parametrize("moment", [NOON, NOON + timedelta(hours=14), NOON + timedelta(days=60)], ids=str)
def test_every_model_costs_what_its_source_calculates(provider: str, moment: datetime) -> None:
    dice, source, prices, compared = random.Random(7), theirs(provider), book(moment), 0
    for name in names(provider):
        model, rate = source.find_model(name), prices.rate(provider, name)
        assert model is not None
        if rate is None:
            continue  # paid by the minute or the page
        assert rate.model == model.id
        for _ in range(3):
            mine, spelled = draw(dice)
            expected = model.calc_price(TheirUsage(**spelled), source, genai_request_timestamp=moment).total_price
            assert abs(cost_nano(rate, mine) - expected * 10**9) <= Decimal("0.51"), name
        compared += 1
    assert compared >= 5


def names(provider: str) -> list[str]:
    """Return the names by which the table's models can be asked for."""
    return list(dict.fromkeys(name for row in TABLE["providers"][provider] for name in _texts(row[1])))


def _texts(rule: Any) -> list[str]:
    """Return the texts of a rule that can stand as a model's name."""
    if isinstance(rule, list):
        return [text for part in rule[1:] for text in _texts(part)] if rule[0] == "any" else []
    return [rule[1:]] if rule[:1] in {"=", "^"} else []


@needs_the_source
def test_every_context_window_of_the_package_is_in_the_table() -> None:
    ours = book()
    known = {provider.id: provider for provider in providers}
    found = 0
    for provider, theirs in SOURCES.items():
        by_id = {row[0]: row for row in TABLE["providers"][provider]}
        for model in known[theirs].models:
            row = by_id[model.id]
            assert (row[3] if len(row) > 3 else None) == model.context_window
            found += model.context_window is not None
    assert found > 500
    assert ours.window("openai", "gpt-4o-mini") == 128_000
    assert ours.window("openai", "nobody-knows-it") is None
