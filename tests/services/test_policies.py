"""What can be said in a policy and what cannot, on both kinds of database."""

from dataclasses import replace
from typing import Any

import pytest

from omniroute.formats.hub import Format
from omniroute.kit.errors import Conflict, NotFound, Unprocessable
from omniroute.routing.policies import Effects, Limits, State
from omniroute.services.aliases import AliasDraft
from omniroute.services.keys import KeyDraft
from omniroute.services.nodes import NodeDraft
from omniroute.services.policies import Policies, Policy, PolicyChange, PolicyDraft
from omniroute.services.policy_terms import PolicyConditions, PolicyTime
from omniroute.services.policy_trials import SampleRequest
from tests.services.parts import Parts


@pytest.fixture
def policies(parts: Parts) -> Policies:
    return parts.rulebook.policies


async def make(policies: Policies, name: str = "no", conditions: PolicyConditions | None = None, **more: Any) -> Policy:
    order = {name: more.pop(name) for name in ("priority", "state") if name in more}
    effects = Effects(**(more or {"deny": True}))
    draft = PolicyDraft(name=name, conditions=conditions or PolicyConditions(), effects=effects, **order)
    return await policies.create(draft)


async def test_a_policy_comes_back_as_it_was_made(parts: Parts, policies: Policies) -> None:
    key = (await parts.keys.create(KeyDraft(name="k"))).record.id
    conditions = PolicyConditions(
        keys=(key,),
        models=("gpt-*", "claude-?"),
        providers=("openai", "cc"),
        formats=(Format.GEMINI,),
        min_input_tokens=1,
        max_input_tokens=1,
        min_output_tokens=9,
        cost_today_usd=0.5,
        cost_month_usd=5.25,
        time=PolicyTime(start="22:00", end="06:00", weekdays=("fri",), zone="Europe/Helsinki"),
        addresses=("10.0.0.0/8", "2001:db8::1"),
        headers={"X-Team": "red*"},
        tags=("batch",),
    )
    made = await make(
        policies, "all of it", replace(conditions, providers=("openai",)), reroute="gpt-5-mini", max_tokens=5,
        require_tags=("team-*",), message="please", limits=Limits(requests_per_minute=1), stop=True, priority=7,
        state=State.SHADOW,
    )  # fmt: skip
    assert await policies.get(made.id) == made
    assert made.conditions.headers == {"x-team": "red*"}
    assert (made.priority, made.state, made.effects.limits) == (7, State.SHADOW, Limits(requests_per_minute=1))
    assert parts.changes[-1].noun == "policies"
    assert parts.changes[-1].id == made.id


async def test_lower_priorities_come_first_and_equal_ones_by_age(parts: Parts, policies: Policies) -> None:
    for name, priority in (("b", 100), ("c", 100), ("a", 1)):
        await make(policies, name, priority=priority)
        parts.clock.advance(1)
    assert [one.name for one in await policies.list()] == ["a", "b", "c"]


async def test_a_name_is_one_policys(policies: Policies) -> None:
    await make(policies)
    with pytest.raises(Conflict):
        await make(policies)


async def test_a_change_leaves_what_it_does_not_name(policies: Policies) -> None:
    made = await make(policies, "x", PolicyConditions(tags=("a",)), priority=3)
    changed = await policies.update(made.id, PolicyChange(state=State.DRAFT, effects=Effects(max_tokens=4)))
    assert changed.conditions == made.conditions
    assert (changed.priority, changed.state, changed.effects) == (3, State.DRAFT, Effects(max_tokens=4))
    await policies.delete(made.id)
    for gone in (policies.get(made.id), policies.delete(made.id), policies.update(made.id, PolicyChange())):
        with pytest.raises(NotFound):
            await gone


NIGHT = PolicyTime(start="22:00", end="06:00")


@pytest.mark.parametrize(
    ("field", "conditions"),
    [
        ("conditions.keys", PolicyConditions(keys=("key_nobody",))),
        ("conditions.providers", PolicyConditions(providers=("opnai",))),
        ("conditions.models", PolicyConditions(models=(" ",))),
        ("conditions.minInputTokens", PolicyConditions(min_input_tokens=5, max_input_tokens=4)),
        ("conditions.maxInputTokens", PolicyConditions(max_input_tokens=-1)),
        ("conditions.costTodayUsd", PolicyConditions(cost_today_usd=-0.1)),
        ("conditions.costMonthUsd", PolicyConditions(cost_month_usd=float("nan"))),
        ("conditions.time", PolicyConditions(time=PolicyTime())),
        ("conditions.time.start", PolicyConditions(time=replace(NIGHT, start="24:00"))),
        ("conditions.time.end", PolicyConditions(time=replace(NIGHT, end="22:00"))),
        ("conditions.time.weekdays", PolicyConditions(time=replace(NIGHT, weekdays=("monday",)))),
        ("conditions.time.zone", PolicyConditions(time=replace(NIGHT, zone="Helsinki"))),
        ("conditions.time.zone", PolicyConditions(time=replace(NIGHT, zone="../etc/passwd"))),
        ("conditions.addresses", PolicyConditions(addresses=("10.0.0.0/40",))),
        ("conditions.headers", PolicyConditions(headers={"a b": "x"})),
        ("conditions.headers", PolicyConditions(headers={"Authorization": "*"})),
        ("conditions.headers.x-team", PolicyConditions(headers={"x-team": ""})),
        ("conditions.tags", PolicyConditions(tags=("x" * 65,))),
    ],
)
async def test_a_condition_that_nothing_meets_is_refused(
    policies: Policies, field: str, conditions: PolicyConditions
) -> None:
    with pytest.raises(Unprocessable) as caught:
        await make(policies, "x", conditions)
    assert [one.field for one in caught.value.details] == [field]
    assert await policies.list() == ()


@pytest.mark.parametrize(
    ("field", "effects"),
    [
        ("effects", {"stop": False}),
        ("effects.deny", {"deny": True, "reroute": "x"}),
        ("effects.deny", {"deny": True, "stop": True}),
        ("effects.message", {"max_tokens": 5, "message": "why"}),
        ("effects.maxTokens", {"max_tokens": 0}),
        ("effects.reroute", {"reroute": "a\nb"}),
        ("effects.limits", {"limits": Limits()}),
        ("effects.limits.concurrentRequests", {"limits": Limits(concurrent_requests=0)}),
        ("effects.limits.timeoutMs", {"limits": Limits(timeout_ms=-1)}),
    ],
)
async def test_effects_that_do_nothing_or_contradict_are_refused(
    policies: Policies, field: str, effects: dict[str, Any]
) -> None:
    with pytest.raises(Unprocessable) as caught:
        await make(policies, "x", **effects)
    assert [one.field for one in caught.value.details] == [field]


async def test_a_tag_that_is_there_by_condition_cannot_be_missing(policies: Policies) -> None:
    with pytest.raises(Unprocessable, match="never missing"):
        await make(policies, "x", PolicyConditions(tags=("a",)), require_tags=("a",))


async def test_reroutes_in_a_circle_are_refused_with_their_way(policies: Policies) -> None:
    await make(policies, "there", PolicyConditions(models=("gpt-5",)), reroute="claude-x")
    with pytest.raises(Unprocessable, match="'there' to 'claude-x' → 'back' to 'gpt-5': that is a circle"):
        await make(policies, "back", PolicyConditions(models=("claude-*",)), reroute="gpt-5")
    other = await make(policies, "back", PolicyConditions(models=("llama",)), reroute="gpt-5")
    with pytest.raises(Unprocessable, match="circle"):
        await policies.update(other.id, PolicyChange(conditions=PolicyConditions(models=("claude-*",))))


async def test_a_reroute_to_a_tangled_name_is_refused(parts: Parts, policies: Policies) -> None:
    for number in range(5):
        await parts.aliases.set(AliasDraft(alias=f"n{number}", model=f"n{number + 1}"))
    await make(policies, "fine", reroute="n0")
    with pytest.raises(Unprocessable):
        await parts.aliases.set(AliasDraft(alias="n5", model="n0"))


async def test_a_node_is_a_provider_by_its_prefix_and_by_its_id(parts: Parts, policies: Policies) -> None:
    node = await parts.nodes.create(NodeDraft(name="Rack", prefix="rack", base_url="https://rack.example.com/v1"))
    made = await make(policies, "x", PolicyConditions(providers=(node.id,)))
    assert made.conditions.providers == (node.id,)
    (rule,) = await policies.rules()
    assert rule.conditions.providers == {"rack"}


async def test_a_dry_run_takes_drafts_as_active_and_says_why(parts: Parts, policies: Policies) -> None:
    await make(policies, "small", PolicyConditions(models=("openai/*",)), reroute="groq/llama", state=State.DRAFT)
    await make(policies, "capped", PolicyConditions(providers=("groq",)), max_tokens=9, state=State.SHADOW)
    draft = PolicyDraft(
        name="nights",
        priority=500,
        conditions=PolicyConditions(time=NIGHT),
        effects=Effects(deny=True, message="sleep"),
    )
    noon = parts.clock.now_ms()
    verdict = await parts.policy_trials.sample(SampleRequest(model="openai/gpt-5"), draft)
    assert [(one.name, one.state, one.effects) for one in verdict.matches] == [
        ("small", State.DRAFT, ("reroute to groq/llama",)),
        ("capped", State.SHADOW, ("cap the answer at 9 tokens",)),
    ]
    assert (verdict.verdict, verdict.model, verdict.max_tokens, verdict.providers) == (
        "allow",
        "groq/llama",
        9,
        ("groq",),
    )
    parts.clock.advance(16 * 3600)
    later = await parts.policy_trials.sample(SampleRequest(model="openai/gpt-5"), draft)
    assert (later.verdict, later.code) == ("deny", "policy_denied")
    assert later.message == "denied by the policy 'nights': sleep"
    assert noon < parts.clock.now_ms()
    assert {one.matched for one in await policies.list()} == {0}


async def test_a_dry_run_checks_the_policy_as_saving_would(parts: Parts) -> None:
    draft = PolicyDraft(name="x", effects=Effects())
    with pytest.raises(Unprocessable):
        await parts.policy_trials.last(5, draft)
