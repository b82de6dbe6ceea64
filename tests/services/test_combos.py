"""The rules of combos, aliases and balancing, on both kinds of database."""

from typing import Any

import pytest

from omniroute.kit.errors import Conflict, NotFound, OmniError, Unprocessable
from omniroute.routing.conditions import Condition
from omniroute.routing.strategies import Strategy
from omniroute.services.aliases import AliasDraft
from omniroute.services.balancing import Balance, BalanceChange
from omniroute.services.combos import (
    Combo,
    ComboChange,
    ComboConfig,
    ComboDraft,
    ComboTarget,
    Probed,
)
from omniroute.services.nodes import NodeDraft
from tests.services.parts import Parts


def targets(*models: str) -> tuple[ComboTarget, ...]:
    return tuple(ComboTarget(model=model) for model in models)


async def make(parts: Parts, name: str, *models: str, **more: Any) -> Combo:
    return await parts.combos.create(ComboDraft(name=name, targets=targets(*models or ("openai/gpt-5",)), **more))


async def alias(parts: Parts, pattern: str, model: str, position: int | None = None) -> None:
    await parts.aliases.set(AliasDraft(alias=pattern, model=model, position=position))


async def test_a_combo_comes_back_as_it_was_made(parts: Parts) -> None:
    draft = ComboDraft(
        name="team/best-1.0_x",
        strategy=Strategy.WEIGHTED,
        targets=(
            ComboTarget(model="openai/gpt-5", weight=0, priority=3, context_window=400_000),
            ComboTarget(model="fast", condition=Condition(max_input_tokens=5, needs_tools=False, stream=True)),
        ),
        config=ComboConfig(max_attempts=2, timeout_ms=5_000, first_byte_timeout_ms=700, sticky_limit=4),
        is_active=False,
    )
    made = await parts.combos.create(draft)
    assert (made.name, made.strategy, made.targets, made.config, made.is_active) == (
        draft.name, draft.strategy, draft.targets, draft.config, False,
    )  # fmt: skip
    assert made.models == ("openai/gpt-5", "fast")
    assert await parts.combos.get(made.id) == made
    assert await parts.combos.list() == (made,)
    assert [(change.noun, change.id) for change in parts.changes] == [("combos", made.id)]


async def test_a_change_leaves_the_rest(parts: Parts) -> None:
    made = await make(parts, "best", config=ComboConfig(max_attempts=2))
    parts.clock.advance(5)
    changed = await parts.combos.update(made.id, ComboChange(strategy=Strategy.RANDOM, is_active=False))
    assert (changed.strategy, changed.is_active, changed.config) == (Strategy.RANDOM, False, made.config)
    assert changed.updated_at > changed.created_at
    changed = await parts.combos.update(made.id, ComboChange(name="better", targets=targets("own-model")))
    assert (changed.name, changed.models) == ("better", ("own-model",))
    await parts.combos.delete(made.id)
    with pytest.raises(NotFound):
        await parts.combos.get(made.id)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a/../b"}, "name"),
        ({"name": "openai"}, "name"),
        ({"name": "openai/best"}, "name"),
        ({"name": "gpu/best"}, "name"),
        ({"targets": ()}, "targets"),
        ({"targets": targets("m") * 33}, "targets"),
        ({"targets": targets("m", "x\ny")}, "targets.1.model"),
        ({"targets": (ComboTarget(model="m", weight=-1),)}, "targets.0.weight"),
        ({"targets": (ComboTarget(model="m", priority=0),)}, "targets.0.priority"),
        ({"targets": (ComboTarget(model="m", context_window=0),)}, "targets.0.contextWindow"),
        ({"targets": (ComboTarget(model="m", connection="conn_0"),)}, "targets.0.connection"),
        (
            {"targets": (ComboTarget(model="m", condition=Condition(min_input_tokens=2, max_input_tokens=1)),)},
            "targets.0.condition.minInputTokens",
        ),
        ({"config": ComboConfig(max_attempts=0)}, "config.maxAttempts"),
        ({"config": ComboConfig(timeout_ms=0)}, "config.timeoutMs"),
        ({"config": ComboConfig(sticky_limit=0)}, "config.stickyLimit"),
    ],
)
async def test_a_bad_value_is_named(parts: Parts, draft: dict[str, Any], field: str) -> None:
    await parts.nodes.create(NodeDraft(name="box", prefix="gpu", base_url="https://example.com/v1"))
    with pytest.raises(Unprocessable) as caught:
        await parts.combos.create(ComboDraft(**{"name": "best", "targets": targets("m"), **draft}))
    assert caught.value.param == field


async def test_a_name_means_one_thing(parts: Parts) -> None:
    await make(parts, "best")
    other = await make(parts, "other")
    with pytest.raises(Conflict, match="already"):
        await make(parts, "best")
    with pytest.raises(Conflict, match="already"):
        await parts.combos.update(other.id, ComboChange(name="best"))
    with pytest.raises(Unprocessable, match="is a combo"):
        await alias(parts, "best", "openai/gpt-5")
    await alias(parts, "fast", "best")
    with pytest.raises(Conflict, match="is an alias"):
        await make(parts, "fast")


async def test_no_circle_can_be_saved(parts: Parts) -> None:
    one = await make(parts, "one", "two")
    with pytest.raises(Unprocessable, match="one → two → one: that is a circle"):
        await make(parts, "two", "one")
    await make(parts, "two", "x")
    await alias(parts, "x", "openai/gpt-5")
    with pytest.raises(Unprocessable, match="circle") as caught:
        await alias(parts, "x", "one")
    assert caught.value.param == "model"
    with pytest.raises(Unprocessable, match="circle"):
        await alias(parts, "tw*", "tw-3")
    with pytest.raises(Unprocessable, match="circle"):
        await parts.combos.update(one.id, ComboChange(targets=targets("one")))
    assert (await parts.combos.get(one.id)).models == ("two",)
    assert [(rule.alias, rule.model) for rule in await parts.aliases.list()] == [("x", "openai/gpt-5")]


async def test_an_inner_change_cannot_make_the_whole_too_deep(parts: Parts) -> None:
    await make(parts, "c", "m")
    await make(parts, "b", "c")
    await make(parts, "a", "b")
    inner = await make(parts, "d", "m")
    with pytest.raises(Unprocessable, match="3 deep"):
        await parts.combos.update((await parts.combos.list())[0].id, ComboChange(targets=targets("d")))
    assert inner.models == ("m",)


async def test_a_combo_that_another_one_names_stays(parts: Parts) -> None:
    inner = await make(parts, "inner")
    outer = await make(parts, "outer", "inner")
    with pytest.raises(Conflict, match="'outer'"):
        await parts.combos.delete(inner.id)
    with pytest.raises(Conflict, match="'outer'"):
        await parts.combos.update(inner.id, ComboChange(name="renamed"))
    await parts.combos.delete(outer.id)
    await parts.combos.delete(inner.id)


async def test_a_test_tells_of_each_target(parts: Parts) -> None:
    await make(parts, "best", "dead", "openai/gpt-5")
    parts.probed["dead"] = Probed(status_code=502, latency_ms=3.0, error="it broke")
    found = await parts.combos.test("best")
    assert [(one.status, one.status_code, one.error) for one in found.results] == [
        ("error", 502, "it broke"),
        ("ok", 200, None),
    ]
    assert found.resolved_by == "openai/gpt-5"
    with pytest.raises(NotFound):
        await parts.combos.test("no-such")


async def test_aliases_stand_in_their_order(parts: Parts) -> None:
    await alias(parts, "a-*", "openai/a")
    await alias(parts, "b", "openai/b")
    await alias(parts, "*-z", "openai/z", position=0)
    rules = await parts.aliases.list()
    assert [(rule.alias, rule.position, rule.is_wildcard) for rule in rules] == [
        ("*-z", 0, True),
        ("a-*", 1, True),
        ("b", 2, False),
    ]
    await alias(parts, "a-*", "openai/other")
    assert [rule.model for rule in await parts.aliases.list()] == ["openai/z", "openai/other", "openai/b"]
    await parts.aliases.delete("b")
    with pytest.raises(NotFound):
        await parts.aliases.delete("b")
    assert [change.noun for change in parts.changes] == ["aliases"] * 5


@pytest.mark.parametrize(
    ("pattern", "model", "field"),
    [
        ("", "m", "alias"),
        ("a b", "m", "alias"),
        ("openai/*", "m", "alias"),
        ("a", " ", "model"),
        ("a" * 257, "m", "alias"),
    ],
)
async def test_an_alias_that_could_never_apply_is_refused(parts: Parts, pattern: str, model: str, field: str) -> None:
    with pytest.raises(OmniError) as caught:
        await alias(parts, pattern, model)
    assert caught.value.param == field


async def test_balancing_is_fill_first_until_it_is_changed(parts: Parts) -> None:
    assert await parts.balancing.get() == Balance(fallback_strategy=Strategy.FILL_FIRST, sticky_round_robin_limit=3)
    await parts.balancing.update(BalanceChange(fallback_strategy=Strategy.TWO_CHOICES))
    await parts.balancing.update(BalanceChange(sticky_round_robin_limit=7))
    assert await parts.balancing.get() == Balance(fallback_strategy=Strategy.TWO_CHOICES, sticky_round_robin_limit=7)
    with pytest.raises(Unprocessable):
        await parts.balancing.update(BalanceChange(sticky_round_robin_limit=0))
    assert [change.noun for change in parts.changes] == ["settings", "settings"]
