"""Everything that an operator sets about requests is there after a restart, and acts as before."""

from typing import Any

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "up/gpt-5.2"
SETTINGS: dict[str, dict[str, Any]] = {
    "/api/settings": {"fallbackStrategy": "round-robin", "stickyRoundRobinLimit": 1, "blockedProviders": ["groq"]},
    "/api/settings/ip-filter": {"enabled": True, "blacklist": ["203.0.113.9"]},
    "/api/settings/system-prompt": {"enabled": True, "prompt": "Be kind."},
    "/api/settings/thinking-budget": {"mode": "custom", "customBudget": 512},
    "/api/settings/cache": {"enabled": True, "onlyDeterministic": False},
    "/api/resilience": {
        "profiles": {"local": {"maxRetries": 2, "retryDelay": 1, "transientCooldown": 0}},
        "requests": {"maxAttempts": 7},
        "heedLimits": False,
    },
    "/api/rate-limit": {"requestsPerMinute": 20},
}
# What changes by itself is no setting.
STATE = {"circuitBreakers", "rateLimitStatus", "status", "connections", "overview", "lockouts"}


async def shown(gateway: RunningGateway) -> dict[str, Any]:
    found = {path: await gateway.admin("GET", path) for path in (*SETTINGS, "/api/policies", "/api/usage/budget")}
    return {path: {name: told for name, told in one.items() if name not in STATE} for path, one in found.items()}


async def test_every_setting_survives_a_restart_and_acts(gateways: GatewayMaker, fakes: MakeFake) -> None:
    first = await gateways(trusted_proxies="127.0.0.1")
    fake = await fakes(Format.OPENAI_CHAT)
    await first.connect(fake, "up")
    plain = await shown(first)
    for path, change in SETTINGS.items():
        await first.admin("PUT", path, change)
    rule = {"name": "no", "conditions": {"models": ["up/no"]}, "effects": {"deny": True}}
    await first.admin("POST", "/api/policies", rule)
    await first.admin(
        "POST", "/api/usage/budget", {"keyId": "global", "limit": 10_000, "period": "daily", "unit": "tokens"}
    )
    known = await shown(first)
    assert all(known[path] != plain[path] for path in known), "each of them was changed"

    second = await gateways(data_dir=first.gateway.settings.data_dir, trusted_proxies="127.0.0.1")
    assert await shown(second) == known
    asked = await second.chat(MODEL)
    sent = fake.generations[-1].body
    assert (sent["messages"][0]["content"], sent["reasoning_effort"]) == ("Be kind.", "low")
    again = await second.chat(MODEL)
    assert [one.headers["x-omniroute-cache"] for one in (asked, again)] == ["MISS", "HIT"]
    blocked = await second.http.get(
        second.url + "/v1/models", headers={**second.auth, "x-forwarded-for": "203.0.113.9"}
    )
    assert blocked.status_code == 403
    assert (await second.chat("up/no")).json()["error"]["code"] == "policy_denied"
    too_much = await second.chat(MODEL, max_tokens=20_000)
    assert too_much.json()["error"]["code"] == "budget_exceeded"
    fake.faults.always("500")
    assert len((await second.chat("up/other")).json()["error"]["attempts"]) == 3
    fake.faults.clear()
    codes = [(await second.chat(f"up/{number}")).status_code for number in range(20)]
    assert (codes[0], codes[-1]) == (200, 429)
