"""Policies and locks over HTTP."""

from typing import Any

import pytest

from omniroute.services.lockout import Lockout
from tests.api.serving import Served

BODY: dict[str, Any] = {"name": "no opus", "conditions": {"models": ["*opus*"]}, "effects": {"deny": True}}


async def test_a_policy_lives_from_making_to_deleting(api: Served) -> None:
    answer = await api.call("POST", "/api/policies", BODY)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["priority"], made["state"], made["matched"]) == (100, "active", 0)
    assert made["conditions"]["models"] == ["*opus*"]
    path = f"/api/policies/{made['id']}"
    changed = await api.call("POST", "/api/policies", {"id": made["id"], "state": "shadow", "priority": 5.0})
    assert (changed.status_code, changed.json()["state"], changed.json()["priority"]) == (200, "shadow", 5)
    for method in ("PUT", "PATCH"):
        answer = await api.call(method, path, {"effects": {"maxTokens": 10}})
        assert answer.json()["effects"]["maxTokens"] == 10
    listed = (await api.call("GET", "/api/policies")).json()
    assert [one["id"] for one in listed["policies"]] == [made["id"]]
    assert (listed["circuitBreakers"], listed["lockedIdentifiers"]) == ([], [])
    assert (await api.call("GET", path)).json()["name"] == "no opus"
    assert (await api.call("DELETE", path)).json()["success"] is True
    again = (await api.call("POST", "/api/policies", BODY)).json()
    assert (await api.call("DELETE", f"/api/policies?id={again['id']}")).status_code == 200
    for method, where in (("GET", path), ("DELETE", path), ("DELETE", "/api/policies?id=pol_x")):
        assert (await api.call(method, where)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BODY, "colour": "red"}, "colour"),
        ({**BODY, "conditions": {"model": "x"}}, "conditions.model"),
        ({**BODY, "effects": {"denied": True}}, "effects.denied"),
        ({**BODY, "effects": {"limits": {"rpm": 1}}}, "effects.limits.rpm"),
        ({"name": "x"}, "effects"),
        ({"effects": {"deny": True}}, "name"),
        ({"action": "unlock"}, "identifier"),
    ],
)
async def test_unknown_and_missing_fields_are_named(api: Served, body: dict[str, Any], field: str) -> None:
    answer = await api.call("POST", "/api/policies", body)
    # A field that is unknown is no such request; one that others demand is missed in a request right in form.
    assert answer.status_code == (422 if field in {"effects", "name", "identifier"} else 400), answer.text
    assert answer.json()["error"]["details"][0]["field"] == field


async def test_a_dry_run_is_of_one_request_or_of_the_last_ones(api: Served) -> None:
    for body in ({}, {"last": 5, "request": {"model": "m"}}):
        assert (await api.call("POST", "/api/policies/dry-run", body)).status_code == 422
    sample = {
        "request": {"model": "claude-opus", "at": "2030-01-01T00:00:00Z", "headers": {"X-A": "b"}},
        "policy": BODY,
    }
    told = (await api.call("POST", "/api/policies/dry-run", sample)).json()
    assert told["recorded"] is None
    assert (told["request"]["verdict"], told["request"]["code"]) == ("deny", "policy_denied")
    last = (await api.call("POST", "/api/policies/dry-run", {"last": 5})).json()["recorded"]
    assert last == {"lookedAt": 0, "denied": 0, "rerouted": 0, "counts": [], "requests": []}


@pytest.mark.parametrize(("address", "name"), [("203.0.113.9", "203.0.113.9"), ("2001:db8::5", "2001:db8::/64")])
async def test_whoever_guessed_too_often_is_listed_and_can_be_let_in(api: Served, address: str, name: str) -> None:
    stranger = {"x-forwarded-for": address}
    for _ in range(5):
        await api.anonymous("POST", "/api/auth/login", {"password": "wrong"}, stranger)
    assert (await api.anonymous("POST", "/api/auth/login", {"password": "wrong"}, stranger)).status_code == 429
    (locked,) = (await api.call("GET", "/api/policies")).json()["lockedIdentifiers"]
    assert (locked["identifier"], locked["remainingMs"]) == (name, 900_000)
    unlock = {"action": "unlock", "identifier": name}
    answer = await api.call("POST", "/api/policies", unlock)
    assert answer.json() == {"success": True, "action": "unlocked", "identifier": name}
    assert (await api.call("GET", "/api/policies")).json()["lockedIdentifiers"] == []
    assert (await api.anonymous("POST", "/api/auth/login", {"password": "wrong"}, stranger)).status_code == 401
    assert (await api.call("POST", "/api/policies", unlock)).status_code == 404


def test_a_lock_opens_by_an_address_within_it(api: Served) -> None:
    lockout = Lockout(clock=api.parts.clock)
    for _ in range(5):
        lockout.begin("2001:db8::5")
    assert lockout.unlock("2001:db8::99")
    assert not lockout.unlock("2001:db8::99")
