"""Who may do what, tried on every operation of the table."""

import logging
from dataclasses import replace

import pytest
import structlog

from omniroute.api.operation import Operation, expanded
from omniroute.api.routes import build_api
from omniroute.api.table import OPERATIONS
from omniroute.edge.admission import COOKIE, Policy
from omniroute.services.keys import Scope
from omniroute.services.reach import Reach
from tests.api.serving import PROVIDER_KEY, Served, serve, services_of, with_keys
from tests.services.parts import PASSWORD, Parts

SERVED = [one for one in expanded(OPERATIONS) if one.handler is not None]
GUARDED = [one for one in SERVED if one.policy is Policy.ADMIN]
UNSAFE = [one for one in SERVED if one.method != "GET"]
SAME = {"sec-fetch-site": "same-origin"}


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def at(operation: Operation) -> str:
    return operation.path.replace("{id}", "conn_1")


def test_the_public_operations_are_these_and_no_others() -> None:
    assert {name(one) for one in SERVED if one.policy is not Policy.ADMIN} == {
        "POST /api/auth/login",
        "POST /api/auth/logout",
        "GET /api/auth/status",
        "GET /api/settings/require-login",
        "POST /api/setup",
        "GET /setup",
        "GET /api/init",
        "GET /api/monitoring/health",
        "GET /docs",
        "GET /openapi.json",
        "GET /metrics",  # has a policy of its own: tests/gateway/test_metrics.py
    }


def test_an_operation_without_policy_stops_the_start(parts: Parts) -> None:
    services = services_of(parts, Reach())
    broken = replace(GUARDED[0], policy=None)  # type: ignore[arg-type]  # the fault under test
    with pytest.raises(TypeError, match="declares no policy"):
        build_api(services, [broken])


async def test_every_guarded_operation_refuses_strangers(api: Served) -> None:
    for operation in GUARDED:
        for headers in (
            {},
            {"authorization": "Bearer sk-omni-" + "A" * 43},
            {"authorization": "Bearer"},
            {"authorization": f"Basic {api.admin_key}"},
            {"x-api-key": "wrong"},
            {"cookie": f"{COOKIE}=made-up"},
            {"cookie": f"{COOKIE}={api.admin_key}"},
            {"x-forwarded-for": "127.0.0.1", "x-original-url": "/api/init", "x-rewrite-url": "/api/init"},
            {"host": "localhost"},
        ):
            answer = await api.anonymous(operation.method, at(operation), operation.example, headers)
            assert answer.status_code == 401, (name(operation), headers, answer.text)
            assert answer.headers["www-authenticate"]
    assert (await api.parts.providers.list(), await api.parts.nodes.list()) == ((), ())
    assert len(await api.parts.keys.list()) == len(Scope)


async def test_every_guarded_operation_refuses_keys_that_may_only_call_models(api: Served) -> None:
    for operation in GUARDED:
        for headers in ({"authorization": f"Bearer {api.inference_key}"}, {"x-api-key": api.inference_key}):
            answer = await api.anonymous(operation.method, at(operation), operation.example, headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope"), name(operation)


async def test_every_guarded_operation_is_closed_before_set_up(fresh: Served) -> None:
    for operation in GUARDED:
        answer = await fresh.anonymous(operation.method, at(operation), operation.example)
        assert answer.status_code == 401, name(operation)


async def test_every_guarded_operation_admits_operators_and_admin_keys(api: Served) -> None:
    cookie = await api.sign_in()
    for operation in GUARDED:
        for headers in (cookie, {"x-api-key": api.admin_key}, {"authorization": f"bearer {api.admin_key}"}):
            answer = await api.anonymous(operation.method, at(operation), {"unknown": 1}, headers)
            # 409: there is nothing yet that it could be done to.
            wanted = {415} if operation.uploads else {200, 400, 404, 409}
            assert answer.status_code in wanted, (name(operation), answer.text)


async def test_a_page_of_another_site_changes_nothing(api: Served) -> None:
    cookie = await api.sign_in()
    host = api.url.removeprefix("http://")
    for operation in UNSAFE:
        for headers in (
            {"origin": "https://evil.example.com"},
            {"origin": "null"},
            {"origin": "http://localhost:1"},
            {"origin": f"http://{host}.evil.example.com"},
            {"origin": "http://["},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site", "origin": f"http://{host}"},
            {"sec-fetch-site": "cross-site", "origin": f"http://{host}"},
        ):
            answer = await api.anonymous(operation.method, at(operation), operation.example, {**cookie, **headers})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site"), (operation, headers)
    assert (await api.anonymous("GET", "/api/auth/status", headers=cookie)).json() == {"authenticated": True}


async def test_the_gateways_own_pages_may_change_things(api: Served) -> None:
    cookie = await api.sign_in()
    host = api.url.removeprefix("http://")
    for headers in ({}, SAME, {"origin": f"http://{host}"}, {**SAME, "origin": "https://public.example.com"}):
        answer = await api.anonymous("POST", "/api/keys", {"name": "x"}, {**cookie, **headers})
        assert answer.status_code == 201, headers


async def test_a_page_at_the_public_url_may_change_things(parts: Parts) -> None:
    async with serve(parts, public_url="https://gateway.example.com/") as served:
        await with_keys(served)
        cookie = await served.sign_in()
        for origin, status in (("https://gateway.example.com", 201), ("http://gateway.example.com", 403)):
            headers = {**cookie, "origin": origin, "sec-fetch-site": "cross-site"}
            assert (await served.anonymous("POST", "/api/keys", {"name": "x"}, headers)).status_code == status


async def test_a_key_is_sent_on_purpose_and_needs_no_origin(api: Served) -> None:
    answer = await api.call("POST", "/api/keys", {"name": "x"}, {"origin": "https://tool.example.com"})
    assert answer.status_code == 201


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/settings/require-login",
        "/api/Settings/Require-Login",
        "/api/settings/require-login/",
        "//api/settings/require-login",
    ],
)
async def test_nobody_takes_the_installation_over(api: Served, method: str, path: str) -> None:
    answer = await api.anonymous(method, path, {"requireLogin": False, "password": "taken over by me"})
    assert answer.status_code in {401, 404, 405}
    found = await api.parts.login.requirement()
    assert found.require_login
    await api.sign_in()


async def test_a_wrong_key_beside_a_good_cookie_is_refused(api: Served) -> None:
    cookie = await api.sign_in()
    answer = await api.anonymous("GET", "/api/keys", headers={**cookie, "x-api-key": "wrong"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_key")


async def test_no_secret_is_ever_answered_or_logged(
    api: Served, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "value-of-the-teams-header"
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        cookie = await api.sign_in()
        session = cookie["cookie"].partition("=")[2]
        api.seen.clear()
        body = {"name": "n", "prefix": "n", "baseUrl": "https://example.com/v1", "headers": {"X-Team": header}}
        node = (await api.call("POST", "/api/provider-nodes", body)).json()["node"]
        connection = {"provider": node["id"], "name": "c", "apiKey": PROVIDER_KEY}
        await api.call("POST", "/api/providers", connection)
        await api.call("POST", "/api/providers", connection)
        await api.call("POST", "/api/providers", {**connection, "unknown": PROVIDER_KEY})
        await api.call("POST", "/api/providers", {**connection, "apiKey": {"nested": PROVIDER_KEY}})
        await api.call("POST", "/api/providers", {**connection, "name": "d", "apiKey": PROVIDER_KEY + "\u0000"})
        await api.call("POST", "/api/provider-nodes", {**body, "prefix": "m", "headers": {"X-Team": header + "\n"}})
        await api.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal() + "!"})
        for one in SERVED:
            if one.method == "GET":
                await api.anonymous("GET", at(one), headers=cookie)
        await api.anonymous("GET", f"/api/provider-nodes/{node['id']}", headers=cookie)
    # Not what the client's own libraries log: they are no part of the gateway.
    messages = [one.getMessage() for one in caplog.records if not one.name.startswith("http")]
    shown = "\n".join([*api.seen, repr(logs), *messages, *capsys.readouterr()])
    for secret in (PROVIDER_KEY, header, PASSWORD.reveal(), session, api.admin_key, api.inference_key):
        assert secret not in shown


async def test_a_masked_key_gives_little_away(api: Served) -> None:
    for key in ("short", "sk-0123456789abcdef"):
        answer = await api.call("POST", "/api/providers", {"provider": "openai", "name": key[:5], "apiKey": key})
        hint = answer.json()["connection"]["apiKeyHint"]
        assert len(hint.replace("*", "")) <= 7
        assert key not in answer.text.replace(f'"name":"{key[:5]}"', "")
