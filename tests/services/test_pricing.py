"""Prices of one's own, and requests reckoned anew by them: exactly, once, with the sums and the budgets following."""

from dataclasses import replace
from datetime import timedelta

import pytest

from omniroute.kit.errors import NotFound, Unprocessable
from omniroute.routing.ledger import Unit
from omniroute.routing.periods import Period
from omniroute.services.budgets import BudgetDraft
from omniroute.services.moments import moment
from omniroute.services.pricing import ModelPrice, RerateDraft, rates_of
from omniroute.storage.prices import Prices as PriceRows
from omniroute.storage.rows import RequestRow
from tests.services.parts import Parts

NANO = 1_000_000_000


def request(parts: Parts, number: int, **more: object) -> RequestRow:
    row = RequestRow(
        id=f"req_{number:05}",
        started_at=parts.clock.now_ms() + number * 1000,
        key_id="key_1",
        address=None,
        user_agent=None,
        format="openai_chat",
        path="/v1/chat/completions",
        requested_model="mine/large",
        stream=False,
        outcome="ok",
        status=200,
        provider="mine",
        connection_id="con_1",
        model="large",
        latency_us=1,
        input_tokens=1000,
        output_tokens=100,
        usage_source="final",
    )
    return replace(row, **more)  # type: ignore[arg-type]  # fields of the row


async def minutes_cost(parts: Parts) -> int:
    return sum(row.cost_nano for row in await parts.usage_rows.minutes(0))


async def test_ones_own_price_has_a_version_that_is_never_used_twice(parts: Parts) -> None:
    first = await parts.pricing.set({"mine": {"large": ModelPrice(input=1.5, output=3)}})
    assert first["mine"]["large"].version == "override 1"
    assert first["mine"]["large"].input == 1.5
    assert first["mine"]["large"].cached is None
    assert await parts.pricing.delete("mine", "large") == 1
    again = await parts.pricing.set({"mine": {"large": ModelPrice(input=2, output=3, cached=0.5)}})
    assert again["mine"]["large"].version == "override 2"
    assert again["mine"]["large"].cached == 0.5
    with pytest.raises(NotFound):
        await parts.pricing.delete("mine", "small")
    assert [change.noun for change in parts.changes] == ["pricing"] * 3


async def test_a_price_out_of_range_is_refused_by_name(parts: Parts) -> None:
    with pytest.raises(Unprocessable, match=r"mine\.large: input"):
        await parts.pricing.set({"mine": {"large": ModelPrice(input=-1, output=3)}})


async def test_the_catalog_is_listed_with_its_service_tiers(parts: Parts) -> None:
    listed = await parts.pricing.list("openai")
    assert set(listed) == {"openai"}
    price = listed["openai"]["gpt-5"]
    assert (price.input, price.output, price.cached, price.source) == (1.25, 10, 0.125, "catalog")
    assert price.services["flex"].input == 0.625
    assert price.services["priority"].output == 20
    assert price.version == parts.prices.version


async def test_a_corrected_price_reckons_a_time_anew_exactly_and_only_once(parts: Parts) -> None:
    rows = [request(parts, number, cost_nano=7, price_version="old") for number in range(1203)]
    rows += [
        request(parts, 2000, model="other", cost_nano=5),
        request(parts, 2001, input_tokens=None, output_tokens=None, usage_source="none"),
        request(parts, 2002, cost_nano=None, usage_more={"cache_write_1h": 100}, cache_write_tokens=200),
        request(parts, 900_000, cost_nano=9),
    ]
    for start in range(0, len(rows), 400):
        await parts.usage_rows.write(rows[start : start + 400])
    await parts.budgets.set([BudgetDraft(key_id=None, limit=1000, period=Period.MONTHLY, unit=Unit.USD)])
    await parts.pricing.set(
        {"mine": {"large": ModelPrice(input=2, output=10, cache_creation=2.5, cache_creation_hour=4)}}
    )
    parts.prices.override(rates_of(await PriceRows(parts.database).list()))
    draft = RerateDraft(since=moment(parts.clock.now_ms()), until=moment(parts.clock.now_ms()) + timedelta(hours=10))
    done = await parts.pricing.rerate(draft)
    each = 1000 * 2_000 + 100 * 10_000
    long = 800 * 2_000 + 100 * 2_500 + 100 * 4_000 + 100 * 10_000
    assert (done.requests, done.changed, done.skipped) == (1206, 1204, 2)
    assert round(done.before * NANO) == 1203 * 7 + 5
    assert round(done.after * NANO) == 1203 * each + 5 + long
    assert await minutes_cost(parts) == 1203 * each + 5 + long + 9
    (standing,) = parts.ledger.standings(parts.clock.now_ms())
    assert standing.spent == 1203 * (each - 7) + long
    stored = {row.id: row for row in await parts.usage_rows.recent(2000)}
    assert stored["req_00007"].cost_nano == each
    assert stored["req_00007"].price_version == "override 1"
    assert stored["req_02002"].cost_nano == long
    assert stored["req_02001"].cost_nano is None, "what is not known is never 0"
    again = await parts.pricing.rerate(draft)
    assert (again.changed, again.before, again.after) == (0, done.after, done.after)
    assert await minutes_cost(parts) == 1203 * each + 5 + long + 9
