"""What an operator lays down: policies and dry runs, the IP filter, locks, prompts, thinking, and the end."""

from typing import Any

from tests.gateways import RunningGateway
from tests.graphql.asking import FAILURE, ask

POLICY = """id name priority state matched acted conditions { keys models costTodayUsd addresses
    time { start weekdays zone } headers { name value } } effects { deny message maxTokens limits { timeoutMs } }"""
CREATE = (
    f"mutation ($input: PolicyInput!) {{ createPolicy(input: $input) {{ ... on Policy {{ {POLICY} }} {FAILURE} }} }}"
)
VERDICT = "verdict refusalCode refusalMessage model providers maxTokens matches { id name state effects }"
CHANGE_FILTER = f"""mutation ($input: IpFilterChange!) {{ updateIpFilter(input: $input) {{
    ... on IpFilter {{ enabled mode blacklist whitelist tempBans {{ ip reason remainingMs }} }} {FAILURE} }} }}"""
DENY: dict[str, Any] = {
    "name": "not at night",
    "conditions": {
        "models": ["openai/*"],
        "costTodayUsd": "2.5",
        "time": {"start": "22:00", "end": "06:00", "weekdays": ["MON", "FRI"], "zone": "Europe/Berlin"},
        "headers": [{"name": "x-team", "value": "blue*"}],
    },
    "effects": {"deny": True, "message": "Sleep well."},
}


async def test_a_policy_lives_from_making_to_removing(gateway: RunningGateway) -> None:
    made = (await ask(gateway, CREATE, input=DENY))["createPolicy"]
    assert (made["state"], made["priority"], made["matched"]) == ("ACTIVE", 100, 0)
    assert made["conditions"] == {
        "keys": [], "models": ["openai/*"], "costTodayUsd": "2.5", "addresses": [],
        "time": {"start": "22:00", "weekdays": ["MON", "FRI"], "zone": "Europe/Berlin"},
        "headers": [{"name": "x-team", "value": "blue*"}],
    }  # fmt: skip
    assert made["effects"] == {"deny": True, "message": "Sleep well.", "maxTokens": None, "limits": None}
    assert (await ask(gateway, CREATE, input=DENY))["createPolicy"]["__typename"] == "Conflicting"
    change = f"""mutation ($id: ID!, $input: PolicyChange!) {{ updatePolicy(id: $id, input: $input) {{
        ... on Policy {{ {POLICY} }} {FAILURE} }} }}"""
    effects = {"effects": {"maxTokens": 64, "limits": {"timeoutMs": 9_000}}, "state": "SHADOW"}
    changed = (await ask(gateway, change, id=made["id"], input=effects))["updatePolicy"]
    assert changed["conditions"] == made["conditions"]
    assert changed["effects"] == {"deny": False, "message": None, "maxTokens": 64, "limits": {"timeoutMs": 9_000}}
    query = "query ($id: ID!) { policy(id: $id) { state } policies { name } }"
    assert await ask(gateway, query, id=made["id"]) == {
        "policy": {"state": "SHADOW"},
        "policies": [{"name": "not at night"}],
    }
    delete = f"mutation ($id: ID!) {{ deletePolicy(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}"
    assert (await ask(gateway, delete, id=made["id"]))["deletePolicy"] == {"id": made["id"]}
    assert (await ask(gateway, delete, id=made["id"]))["deletePolicy"]["__typename"] == "Missing"
    assert await ask(gateway, query, id=made["id"]) == {"policy": None, "policies": []}


async def test_a_policy_that_cannot_be_is_refused_by_field(gateway: RunningGateway) -> None:
    twice = {"headers": [{"name": "a", "value": "b"}, {"name": "a", "value": "c"}]}
    for more, field in (
        ({"effects": {}}, "effects"),
        ({"conditions": {"keys": ["key_none"]}}, "conditions.keys"),
        ({"conditions": twice}, "headers"),
    ):
        refused = (await ask(gateway, CREATE, input={**DENY, **more}))["createPolicy"]
        assert refused["__typename"] == "InvalidInput"
        assert refused["fields"][0]["field"].startswith(field), refused


async def test_policies_are_tried_before_they_are_saved(gateway: RunningGateway) -> None:
    await gateway.chat("demo/echo")
    await gateway.rows(1)
    draft = {"name": "no echo", "conditions": {"models": ["demo/*"]}, "effects": {"deny": True}}
    query = f"""query ($request: SampleRequestInput!, $draft: PolicyInput) {{
        policyDryRun(request: $request, draft: $draft) {{ ... on PolicyVerdict {{ {VERDICT} }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, request={"model": "demo/echo"}))["policyDryRun"]
    assert (told["verdict"], told["model"], told["matches"]) == ("ALLOW", "demo/echo", [])
    told = (await ask(gateway, query, request={"model": "demo/echo"}, draft=draft))["policyDryRun"]
    assert (told["verdict"], [one["id"] for one in told["matches"]]) == ("DENY", ["unsaved"])
    query = f"""query ($last: Int!, $draft: PolicyInput) {{ policyRehearsal(last: $last, draft: $draft) {{
        ... on PolicyRehearsal {{ lookedAt denied counts {{ name matched }}
            requests {{ requestedModel verdict {{ verdict }} }} }} {FAILURE} }} }}"""
    told = (await ask(gateway, query, last=10, draft=draft))["policyRehearsal"]
    assert (told["lookedAt"], told["denied"], told["counts"]) == (1, 1, [{"name": "no echo", "matched": 1}])
    assert told["requests"] == [{"requestedModel": "demo/echo", "verdict": {"verdict": "DENY"}}]
    assert (await ask(gateway, query, last=0))["policyRehearsal"]["fields"][0]["field"] == "last"
    assert await ask(gateway, "{ policies { name } }") == {"policies": []}


async def test_the_ip_filter_keeps_its_author_in(gateway: RunningGateway) -> None:
    given = {
        "enabled": True,
        "blacklist": ["203.0.113.0/24"],
        "tempBan": {"ip": "198.51.100.7", "durationMs": 60_000, "reason": "noise"},
    }
    told = (await ask(gateway, CHANGE_FILTER, input=given))["updateIpFilter"]
    assert (told["enabled"], told["mode"], told["blacklist"]) == (True, "BLACKLIST", ["203.0.113.0/24"])
    assert [(one["ip"], one["reason"]) for one in told["tempBans"]] == [("198.51.100.7", "noise")]
    refused = (await ask(gateway, CHANGE_FILTER, input={"mode": "WHITELIST"}))["updateIpFilter"]
    assert (refused["__typename"], refused["code"]) == ("Conflicting", "would_lock_out")
    wrong = (await ask(gateway, CHANGE_FILTER, input={"addWhitelist": "nowhere"}))["updateIpFilter"]
    assert wrong["fields"][0]["field"] == "addWhitelist"
    assert await ask(gateway, "{ ipFilter { mode blacklist } }") == {
        "ipFilter": {"mode": "BLACKLIST", "blacklist": ["203.0.113.0/24"]}
    }


async def test_locks_are_shown_and_opened(gateway: RunningGateway) -> None:
    assert await ask(gateway, "{ lockedIdentifiers { identifier lockedUntil } }") == {"lockedIdentifiers": []}
    query = f'mutation {{ unlock(identifier: "192.0.2.1") {{ ... on Done {{ message }} {FAILURE} }} }}'
    assert (await ask(gateway, query))["unlock"]["__typename"] == "Missing"


async def test_the_system_prompt_and_the_thinking_budget(gateway: RunningGateway) -> None:
    query = f"""mutation ($input: SystemPromptChange!) {{ updateSystemPrompt(input: $input) {{
        ... on SystemPrompt {{ enabled prompt position formats }} {FAILURE} }} }}"""
    given = {"enabled": True, "prompt": "Be brief.", "position": "PREPEND", "formats": ["ANTHROPIC"]}
    assert (await ask(gateway, query, input=given))["updateSystemPrompt"] == given
    refused = (await ask(gateway, query, input={"prompt": " "}))["updateSystemPrompt"]
    assert refused["fields"][0]["field"] == "prompt"
    query = f"""mutation ($input: ThinkingBudgetChange!) {{ updateThinkingBudget(input: $input) {{
        ... on ThinkingBudget {{ mode customBudget effortLevel }} {FAILURE} }} }}"""
    budget = {"mode": "CUSTOM", "customBudget": 512, "effortLevel": "LOW"}
    assert (await ask(gateway, query, input=budget))["updateThinkingBudget"] == budget
    refused = (await ask(gateway, query, input={"customBudget": -1}))["updateThinkingBudget"]
    assert refused["fields"][0]["field"] == "customBudget"
    shown = await ask(gateway, "{ systemPrompt { prompt } thinkingBudget { mode } }")
    assert shown == {"systemPrompt": {"prompt": "Be brief."}, "thinkingBudget": {"mode": "CUSTOM"}}


async def test_the_gateway_is_ended_only_where_the_settings_allow_it(gateway: RunningGateway) -> None:
    for name in ("restart", "shutdown"):
        told = (await ask(gateway, f"mutation {{ {name} {{ ... on Done {{ message }} {FAILURE} }} }}"))[name]
        assert (told["__typename"], told["code"]) == ("Refused", "restart_off")
    assert (await ask(gateway, "{ health { status } }")) == {"health": {"status": "HEALTHY"}}
