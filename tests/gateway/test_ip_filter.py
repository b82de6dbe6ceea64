"""The IP filter through a whole gateway: both planes, every form of address, and nobody shut out by mistake."""

import asyncio
from typing import Any

import pytest

from omniroute.formats.hub import Format
from tests.gateway.doors import DOORS
from tests.gateways import GatewayMaker, RunningGateway

FILTER = "/api/settings/ip-filter"


@pytest.fixture
async def behind(gateways: GatewayMaker) -> RunningGateway:
    """A gateway that believes what this machine says of a client's address."""
    return await gateways(trusted_proxies="127.0.0.1")


async def called_from(gateway: RunningGateway, address: str | None, path: str = "/v1/models") -> int:
    headers = gateway.auth if path.startswith("/v1") else {"authorization": f"Bearer {gateway.admin_key}"}
    more = {} if address is None else {"x-forwarded-for": address}
    answer = await gateway.http.get(gateway.url + path, headers={**headers, **more})
    return answer.status_code


async def test_the_filter_acts_on_both_planes(behind: RunningGateway) -> None:
    await behind.admin("PUT", FILTER, {"enabled": True, "blacklist": ["203.0.113.0/24", "198.51.100.7"]})
    for path in ("/v1/models", "/api/policies", "/api/auth/status", "/setup", "/graphql", "/nowhere", "/v1/nowhere"):
        assert await called_from(behind, "203.0.113.9", path) == 403, path
        assert await called_from(behind, "198.51.100.7", path) == 403, path
        assert await called_from(behind, "203.0.114.9", path) != 403, path
    assert await called_from(behind, None) == 200
    assert await called_from(behind, "203.0.113.9", "/healthz") == 200, "whoever balances loads may ask"


@pytest.mark.parametrize("form", list(Format))
async def test_a_blocked_client_hears_it_in_its_own_format(behind: RunningGateway, form: Format) -> None:
    await behind.admin("PUT", FILTER, {"enabled": True, "deny": ["203.0.113.9"]})
    door = DOORS[form]
    answer = await behind.http.post(
        behind.url + door.path.format(model="demo/echo"),
        content=b"this body is not even read",
        headers={"x-forwarded-for": "203.0.113.9"},
    )
    assert answer.status_code == 403
    assert door.error(answer.json())[0] == "the address 203.0.113.9 is on the blacklist."


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ("10.1.*.*", "10.1.255.3", "10.2.0.1"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ("2001:db8::7", "2001:0db8:0:0::7", "2001:db8::8"),
        ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("::ffff:192.0.2.0/120", "192.0.2.77", "192.0.3.1"),
    ],
)
async def test_every_spelling_of_an_address_counts(
    behind: RunningGateway, entry: str, inside: str, outside: str
) -> None:
    await behind.admin("PUT", FILTER, {"enabled": True, "blacklist": [entry]})
    assert await called_from(behind, inside) == 403
    assert await called_from(behind, outside) == 200


async def test_a_header_is_not_believed_without_a_trusted_proxy(gateways: GatewayMaker) -> None:
    gateway = await gateways(trusted_proxies="")
    await gateway.admin("PUT", FILTER, {"enabled": True, "blacklist": ["203.0.113.9"]})
    assert await called_from(gateway, "203.0.113.9") == 200, "nobody gets another shut out"
    await gateway.admin(
        "PUT", FILTER, {"enabled": True, "mode": "whitelist", "whitelist": ["203.0.113.9"], "force": True}
    )
    assert await called_from(gateway, "203.0.113.9") == 403, "nobody lets himself in"
    assert await called_from(gateway, "203.0.113.9", "/api/policies") == 403


async def test_a_client_cannot_write_the_left_end_of_the_list(behind: RunningGateway) -> None:
    await behind.admin("PUT", FILTER, {"enabled": True, "mode": "whitelist", "whitelist": ["127.0.0.1", "192.0.2.1"]})
    assert await called_from(behind, "192.0.2.1") == 200
    assert await called_from(behind, "192.0.2.1, 203.0.113.9") == 403


async def refused(gateway: RunningGateway, body: dict[str, Any], address: str | None = None) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {gateway.admin_key}"} | (
        {} if address is None else {"x-forwarded-for": address}
    )
    answer = await gateway.http.put(gateway.url + FILTER, json=body, headers=headers)
    assert answer.status_code == 409, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == "would_lock_out"
    return error


async def test_nobody_is_shut_out_by_his_own_hand(behind: RunningGateway) -> None:
    error = await refused(behind, {"enabled": True, "mode": "allowlist", "allow": ["10.0.0.0/8"]})
    assert "127.0.0.1 is not on the whitelist" in error["message"]
    await refused(behind, {"enabled": True, "blacklist": ["203.0.113.0/24"]}, "203.0.113.50")
    await refused(behind, {"enabled": True, "tempBan": {"ip": "::ffff:127.0.0.1"}})
    shown = await behind.admin("GET", FILTER)
    assert shown == {"enabled": False, "mode": "blacklist", "blacklist": [], "whitelist": [], "tempBans": []}
    await behind.admin(
        "PUT", FILTER, {"enabled": True, "mode": "whitelist", "whitelist": ["10.0.0.0/8"], "force": True}
    )
    assert await called_from(behind, None, FILTER) == 403
    assert await called_from(behind, "10.9.9.9", FILTER) == 200


async def test_the_whitelist_can_come_first(behind: RunningGateway) -> None:
    lists = {"whitelist": ["10.0.0.5"], "blacklist": ["10.0.0.0/8"]}
    await behind.admin("PUT", FILTER, {"enabled": True, "mode": "whitelist-priority", **lists})
    assert await called_from(behind, "10.0.0.5") == 200
    assert await called_from(behind, "10.0.0.6") == 403
    assert await called_from(behind, "192.0.2.1") == 200


async def test_a_ban_ends_by_itself(behind: RunningGateway) -> None:
    ban = {"ip": "203.0.113.9", "durationMs": 1500, "reason": "hammers"}
    shown = await behind.admin("PUT", FILTER, {"enabled": True, "tempBan": ban})
    (told,) = shown["tempBans"]
    assert (told["ip"], told["reason"]) == ("203.0.113.9", "hammers")
    assert 0 < told["remainingMs"] <= 1500
    assert await called_from(behind, "203.0.113.9") == 403
    await asyncio.sleep(1.6)  # until the ban is over
    assert await called_from(behind, "203.0.113.9") == 200
    assert (await behind.admin("GET", FILTER))["tempBans"] == []


async def test_filter_and_bans_survive_a_restart(behind: RunningGateway, gateways: GatewayMaker) -> None:
    await behind.admin("PUT", FILTER, {"enabled": True, "addBlacklist": "192.0.2.1", "tempBan": {"ip": "203.0.113.9"}})
    again = await gateways(data_dir=behind.gateway.settings.data_dir, trusted_proxies="127.0.0.1")
    assert await called_from(again, "192.0.2.1") == 403
    assert await called_from(again, "203.0.113.9") == 403
    await again.admin("PUT", FILTER, {"removeBan": "203.0.113.9", "removeBlacklist": "192.0.2.1"})
    assert await called_from(again, "192.0.2.1") == 200
    assert await called_from(again, "203.0.113.9") == 200


async def test_a_filter_that_is_off_does_nothing(behind: RunningGateway) -> None:
    await behind.admin("PUT", FILTER, {"blacklist": ["203.0.113.9"]})
    assert behind.gateway.plane.snapshots.current().addresses is None
    assert await called_from(behind, "203.0.113.9") == 200
