"""Set-up, sign-in and sign-out over HTTP."""

import re

import pytest

from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.api.serving import Served, serve, with_keys
from tests.services.parts import PASSWORD, Parts, assemble


async def test_the_link_of_the_console_leads_to_a_signed_in_operator(fresh: Served) -> None:
    assert (await fresh.anonymous("GET", "/api/init")).json() == {"initialized": True, "setupComplete": False}
    assert (await fresh.anonymous("GET", "/api/providers")).status_code == 401
    token = fresh.parts.login.setup_token().reveal()
    page = await fresh.anonymous("GET", f"/setup?token={token}")
    assert page.status_code == 200
    assert token not in page.text
    answer = await fresh.anonymous("POST", "/api/setup", {"token": token, "password": PASSWORD.reveal()})
    assert answer.status_code == 200
    cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert (await fresh.anonymous("GET", "/api/providers", headers=cookie)).json() == {"connections": []}
    again = await fresh.anonymous("POST", "/api/setup", {"token": token, "password": "another password"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_set_up")
    assert "is set up" in (await fresh.anonymous("GET", "/setup")).text


async def test_a_bad_set_up_answers_in_words_that_the_page_can_show(fresh: Served) -> None:
    token = fresh.parts.login.setup_token().reveal()
    bad_token = await fresh.anonymous("POST", "/api/setup", {"token": "guess", "password": PASSWORD.reveal()})
    assert (bad_token.status_code, bad_token.json()["error"]["code"]) == (403, "bad_token")
    short = await fresh.anonymous("POST", "/api/setup", {"token": token, "password": "short"})
    assert short.status_code == 422
    assert short.json()["error"]["details"] == [{"field": "password", "message": "should have at least 8 characters"}]


async def test_the_set_up_page_admits_no_script_or_style_but_its_own(fresh: Served) -> None:
    page = await fresh.anonymous("GET", "/setup?token=x")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
    assert not re.search(r"\son[a-z]+=", page.text)
    assert page.text.count("<script>") == page.text.count("<style>") == 1


async def test_signing_in_gives_a_cookie_that_pages_cannot_read(api: Served) -> None:
    answer = await api.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()})
    assert answer.json()["success"] is True
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"auth_token=[A-Za-z0-9_-]{43}; Max-Age=\d+; Path=/; HttpOnly; SameSite=Lax", cookie)


@pytest.mark.parametrize("headers", [{"x-forwarded-proto": "https"}, {"x-forwarded-proto": "https, http"}])
async def test_the_cookie_is_secure_where_the_request_came_by_tls(api: Served, headers: dict[str, str]) -> None:
    answer = await api.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()}, headers)
    assert answer.headers["set-cookie"].endswith("; Secure")


async def test_the_cookie_is_secure_where_it_is_set_so(parts: Parts) -> None:
    async with serve(parts, cookie_secure=True) as served:
        await with_keys(served)
        answer = await served.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()})
        assert answer.headers["set-cookie"].endswith("; Secure")


async def test_signing_out_revokes_the_session_and_clears_the_cookie(api: Served) -> None:
    cookie = await api.sign_in()
    assert (await api.anonymous("GET", "/api/auth/status", headers=cookie)).json() == {"authenticated": True}
    answer = await api.anonymous("POST", "/api/auth/logout", headers=cookie)
    assert answer.json()["success"] is True
    assert answer.headers["set-cookie"].startswith("auth_token=; Max-Age=0; Path=/")
    assert (await api.anonymous("GET", "/api/auth/status", headers=cookie)).json() == {"authenticated": False}
    assert (await api.anonymous("GET", "/api/keys", headers=cookie)).status_code == 401


async def test_status_knows_keys_by_their_scope(api: Served) -> None:
    for key, known in ((api.admin_key, True), (api.inference_key, False), ("sk-omni-unknown", False)):
        answer = await api.anonymous("GET", "/api/auth/status", headers={"x-api-key": key})
        assert answer.json() == {"authenticated": known}
    assert (await api.anonymous("GET", "/api/auth/status")).json() == {"authenticated": False}


async def test_wrong_passwords_lock_one_address_out_and_say_for_how_long(api: Served) -> None:
    guesser = {"x-forwarded-for": "198.51.100.9"}
    for _ in range(5):
        answer = await api.anonymous("POST", "/api/auth/login", {"password": "wrong"}, guesser)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_password")
    answer = await api.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()}, guesser)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    # What the client itself writes further left does not give it a new address.
    forged = {"x-forwarded-for": "203.0.113.77, 198.51.100.9"}
    answer = await api.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()}, forged)
    assert answer.status_code == 429
    await api.sign_in({"x-forwarded-for": "198.51.100.10"})
    api.parts.clock.advance(900)
    await api.sign_in(guesser)


async def test_signing_in_before_set_up_says_so(fresh: Served) -> None:
    answer = await fresh.anonymous("POST", "/api/auth/login", {"password": PASSWORD.reveal()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "needs_setup")


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_new_password_needs_the_current_one_from_a_key(api: Served, method: str) -> None:
    path = "/api/settings/require-login"
    answer = await api.call(method, path, {"password": "a brand new one"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "current_password_required")
    answer = await api.call(method, path, {"password": "a brand new one", "currentPassword": PASSWORD.reveal()})
    assert answer.json() == {"requireLogin": True, "hasPassword": True, "success": True}


async def test_a_fresh_session_sets_a_new_password_and_ends_the_others(api: Served) -> None:
    old, mine = await api.sign_in(), await api.sign_in()
    answer = await api.anonymous("PUT", "/api/settings/require-login", {"password": "a brand new one"}, mine)
    assert answer.status_code == 200
    assert (await api.anonymous("GET", "/api/keys", headers=mine)).status_code == 200
    assert (await api.anonymous("GET", "/api/keys", headers=old)).status_code == 401


async def test_with_the_login_off_this_machine_needs_no_credential_but_other_names_do(api: Served) -> None:
    cookie = await api.sign_in()
    await api.anonymous("PUT", "/api/settings/require-login", {"requireLogin": False}, cookie)
    assert (await api.anonymous("GET", "/api/keys")).status_code == 200
    # A name that a hostile page's owner points at 127.0.0.1, and a page of another site.
    rebound = await api.anonymous("GET", "/api/keys", headers={"host": "evil.example.com"})
    assert (rebound.status_code, rebound.json()["error"]["code"]) == (401, "foreign_host")
    assert (await api.anonymous("GET", "/api/keys", headers={"host": "[bad"})).status_code == 401
    foreign = await api.anonymous("POST", "/api/keys", {"name": "x"}, {"origin": "https://evil.example.com"})
    assert foreign.status_code == 403
    assert (await api.anonymous("GET", "/api/settings/require-login")).json()["requireLogin"] is False
    # Nobody can slip in a password of their own.
    answer = await api.anonymous("PUT", "/api/settings/require-login", {"password": "taken over by me"})
    assert answer.status_code == 403
    await api.anonymous("PUT", "/api/settings/require-login", {"requireLogin": True})
    assert (await api.anonymous("GET", "/api/keys")).status_code == 401


async def test_the_login_stays_on_where_others_can_reach_the_gateway(database: Database, sealer: Sealer) -> None:
    async with serve(assemble(database, sealer, loopback=False)) as served:
        await with_keys(served)
        answer = await served.call("PUT", "/api/settings/require-login", {"requireLogin": False})
        assert answer.status_code == 409
        assert "HOST" in answer.json()["error"]["message"]
