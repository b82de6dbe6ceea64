"""Signed-in accounts on a whole gateway, with a real authorization server and a provider that takes its tokens."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from omniroute.kit.events import AccountExpired
from tests.fakes.authorization import Authority, authority
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway


@dataclass(kw_only=True)
class Office:
    """A gateway, the node `office` with a sign-in, and both servers behind it."""

    gateway: RunningGateway
    authority: Authority
    fake: FakeUpstream
    node: str

    async def oauth(self, method: str, action: str, **more: Any) -> httpx.Response:
        """Call an action as the administrator."""
        headers = {"authorization": f"Bearer {self.gateway.admin_key}"}
        url = f"{self.gateway.url}/api/oauth/office/{action}"
        return await self.gateway.http.request(method, url, headers=headers, **more)

    async def begin(self, **asked: str) -> dict[str, Any]:
        """Begin a sign-in, and give consent in the browser; return the parameters that come back."""
        begun = (await self.oauth("GET", "authorize", params=asked)).json()
        answer = await self.gateway.http.get(begun["authUrl"])
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        assert back.path == "/api/oauth/office/callback"
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    async def sign_in(self, **asked: str) -> dict[str, Any]:
        """Sign in; return the connection."""
        answer = await self.oauth("GET", "callback", params=await self.begin(**asked))
        assert answer.status_code == 200, answer.text
        connection: dict[str, Any] = answer.json()["connection"]
        return connection

    async def connection(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = (await self.gateway.admin("GET", "/api/providers"))["connections"]
        return next(one for one in found if one["authType"] == "oauth")

    async def chat(self) -> httpx.Response:
        return await self.gateway.chat("office/fake-large")

    def forget_token(self) -> None:
        """Let the provider take no token that was granted so far."""
        self.fake.memory.key = "nothing that was granted"


@pytest.fixture
def server() -> Iterator[Authority]:
    with authority() as made:
        yield made


@pytest.fixture
async def office(gateway: RunningGateway, server: Authority, fake_openai: FakeUpstream) -> Office:
    return await set_up(gateway, server, fake_openai)


async def set_up(gateway: RunningGateway, server: Authority, fake: FakeUpstream) -> Office:
    def take(token: str) -> None:
        fake.memory.key = token

    server.granted = take
    node = await gateway.node(fake, "office")
    await gateway.admin("PUT", "/api/settings/oauth/office", server.client)
    return Office(gateway=gateway, authority=server, fake=fake, node=node)


async def test_a_person_signs_in_and_the_connection_answers_and_no_token_comes_out(office: Office) -> None:
    made = await office.sign_in(name="Team")
    assert (made["authType"], made["name"], made["status"]) == ("oauth", "Team", "ready")
    answer = await office.chat()
    assert answer.status_code == 200, answer.text
    shown = (await office.oauth("GET", "status")).text + str(await office.connection())
    for token in office.authority.tokens:
        assert token.access not in shown
        assert token.refresh is not None
        assert token.refresh not in shown
    assert (await office.gateway.admin("GET", "/api/settings/oauth/office"))["ready"] is True


async def test_fifty_requests_on_an_expired_token_refresh_it_once(office: Office) -> None:
    await office.sign_in()
    office.forget_token()
    office.authority.delay_s = 0.2
    answers = await asyncio.gather(*(office.chat() for _ in range(50)))
    assert {one.status_code for one in answers} == {200}
    assert office.authority.asked("refresh_token") == 1


async def test_a_token_is_renewed_before_it_ends(office: Office) -> None:
    office.authority.lasts_s = 60
    await office.sign_in()
    tokens = office.gateway.gateway.plane.accounts.tokens
    assert await tokens.refresh_due() == 1
    office.authority.lasts_s = 3600
    await tokens.refresh_due()
    assert await tokens.refresh_due() == 0
    assert (await office.chat()).status_code == 200


async def test_renewals_by_hand_and_by_the_sweep_at_once_are_one(office: Office) -> None:
    connection = await office.sign_in()
    office.authority.delay_s = 0.1
    body = {"connectionId": connection["id"]}
    answers = await asyncio.gather(*(office.oauth("POST", "refresh", json=body) for _ in range(5)))
    assert [one.status_code for one in answers] == [200] * 5
    assert office.authority.asked("refresh_token") <= 5
    assert (await office.chat()).status_code == 200


async def test_a_refusal_for_good_expires_the_account_and_says_so_everywhere(office: Office) -> None:
    connection = await office.sign_in()
    office.authority.revoke_all()
    office.forget_token()
    with office.gateway.gateway.plane.bus.subscribe() as feed:
        answer = await office.chat()
        assert answer.status_code != 200
        told = [one for one in feed.drain() if isinstance(one, AccountExpired)]
    assert [one.connection_id for one in told] == [connection["id"]]
    shown = await office.connection()
    assert shown["status"] == "expired"
    assert "invalid_grant" in shown["lastError"]
    (account,) = (await office.oauth("GET", "status")).json()["accounts"]
    assert (account["status"], "sign in again" in account["reason"]) == ("expired", True)
    again = await office.oauth("POST", "refresh", json={"connectionId": connection["id"]})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "account_expired")
    signed = await office.sign_in(connectionId=connection["id"])
    assert (signed["id"], signed["status"]) == (connection["id"], "ready")
    assert (await office.chat()).status_code == 200


@pytest.mark.parametrize("trouble", [(503, {}), (429, {}), (400, {"error": "invalid_client"})])
async def test_a_failure_that_may_pass_keeps_the_account(office: Office, trouble: tuple[int, dict[str, str]]) -> None:
    connection = await office.sign_in()
    office.authority.trouble = trouble
    office.forget_token()
    assert (await office.chat()).status_code != 200
    refused = await office.oauth("POST", "refresh", json={"connectionId": connection["id"]})
    assert refused.status_code == 502
    (account,) = (await office.oauth("GET", "status")).json()["accounts"]
    assert (account["status"], account["renewable"]) == ("active", True)
    assert account["problem"]
    office.authority.trouble = None
    renewed = await office.oauth("POST", "refresh", json={"connectionId": connection["id"]})
    assert (renewed.status_code, renewed.json()["problem"]) == (200, None)
    assert (await office.chat()).status_code == 200


async def test_a_state_works_once_in_its_own_session_at_its_own_provider(office: Office) -> None:
    back = await office.begin()
    made = await office.gateway.admin("POST", "/api/keys", {"name": "another", "scopes": ["admin"]})
    stranger = {"authorization": f"Bearer {made['key']}"}
    url = f"{office.gateway.url}/api/oauth/office/callback"
    foreign = await office.gateway.http.get(url, params=back, headers=stranger)
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "bad_state")
    forged = await office.oauth("GET", "callback", params={**back, "state": "forged"})
    assert forged.status_code == 403
    assert (await office.gateway.http.get(url, params=back)).status_code == 401
    both = await asyncio.gather(*(office.oauth("GET", "callback", params=back) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 403]
    assert office.authority.asked("authorization_code") == 1
    assert (await office.oauth("GET", "callback", params=back)).status_code == 403


async def test_consent_that_is_refused_ends_the_sign_in(office: Office) -> None:
    state = (await office.oauth("GET", "authorize")).json()["state"]
    sent = {"state": state, "error": "access_denied", "error_description": "no thanks"}
    answer = await office.oauth("GET", "callback", params=sent)
    assert (answer.status_code, "no thanks" in answer.text) == (409, True)
    assert (await office.oauth("POST", "exchange", json={"state": state, "code": "x"})).status_code == 403


async def test_a_sign_in_outlives_a_restart(
    gateways: GatewayMaker, server: Authority, fake_openai: FakeUpstream
) -> None:
    first = await gateways()
    office = await set_up(first, server, fake_openai)
    back = await office.begin()
    data = first.gateway.settings.data_dir
    office.gateway = await gateways(data)
    office.gateway.admin_key = first.admin_key
    answer = await office.oauth("POST", "exchange", json={"code": back["code"], "state": back["state"]})
    assert answer.status_code == 200, answer.text
    office.forget_token()
    assert (await office.chat()).status_code == 200
    assert office.authority.asked("refresh_token") == 1


async def device(office: Office) -> dict[str, Any]:
    """Begin a device flow whose interval is over."""
    await office.gateway.admin("PUT", "/api/settings/oauth/office", {"flow": "device_code"})
    begun: dict[str, Any] = (await office.oauth("GET", "device-code")).json()
    assert begun["verificationUri"] == f"{office.authority.url}/activate"
    assert begun["deviceCode"] not in office.authority.devices, "the provider's own code stays inside"
    return begun


async def poll(office: Office, begun: dict[str, Any]) -> dict[str, Any]:
    answer = await office.oauth("POST", "poll", json={"deviceCode": begun["deviceCode"]})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_device_flow_waits_slows_down_and_connects(office: Office) -> None:
    begun = await device(office)
    early = await poll(office, begun)
    assert (early["pending"], office.authority.grants) == (True, [])
    await asyncio.sleep(1.05)  # the least interval there is
    pending = await poll(office, begun)
    assert (pending["pending"], pending["error"]) == (True, "authorization_pending")
    office.authority.slow_down = True
    await asyncio.sleep(1.05)
    assert (await poll(office, begun))["interval"] == 6
    assert len(office.authority.grants) == 2
    await poll(office, begun)
    assert len(office.authority.grants) == 2, "who asks too soon is not passed on"


async def test_a_device_flow_ends_with_consent_or_without(office: Office) -> None:
    for consent, over, error in ((False, False, "access_denied"), (None, True, "expired_token"), (True, False, None)):
        begun = await device(office)
        office.authority.consent, office.authority.device_over = consent, over
        await asyncio.sleep(1.05)
        told = await poll(office, begun)
        assert (told["success"], told["pending"], told["error"]) == (error is None, False, error)
        gone = await office.oauth("POST", "poll", json={"deviceCode": begun["deviceCode"]})
        assert gone.status_code == 403
    assert (await office.chat()).status_code == 200


async def test_a_revoked_account_is_taken_back_and_stays_to_be_signed_in_anew(office: Office) -> None:
    connection = await office.sign_in()
    told = (await office.oauth("POST", "revoke", json={"connectionId": connection["id"]})).json()
    assert told["told"] is True
    assert all(token.revoked for token in office.authority.tokens)
    assert (await office.connection())["status"] == "expired"
    assert (await office.chat()).status_code != 200
    assert (await office.sign_in(connectionId=connection["id"]))["status"] == "ready"


async def test_the_provider_tells_the_quota_of_an_account(office: Office) -> None:
    connection = await office.sign_in()
    usage = await office.gateway.admin("GET", f"/api/usage/{connection['id']}")
    assert usage["plan"] == "team"
    assert usage["quotas"]["requests"] == {
        "used": 40.0,
        "total": 100.0,
        "remaining": 60.0,
        "unlimited": False,
        "resetAt": "2030-01-31T12:00:00Z",
    }


async def test_what_cannot_be_is_told(office: Office) -> None:
    gateway = office.gateway
    for path, status, words in (
        ("/api/oauth/office/dance", 404, "authorize, device-code, callback, status"),
        ("/api/oauth/nobody/authorize", 404, "nobody"),
        ("/api/oauth/claude/authorize", 422, "set a client id first"),
        ("/api/oauth/gemini-cli/authorize", 422, "Code Assist"),
        ("/api/oauth/openai/authorize", 404, "connect it with a key"),
        ("/api/oauth/office/device-code", 422, "use authorize"),
        ("/api/oauth/office/callback", 422, "state"),
        ("/api/oauth/office/authorize?redirectUri=http://evil.example/callback", 422, "https"),
    ):
        answer = await gateway.http.get(gateway.url + path, headers={"authorization": f"Bearer {gateway.admin_key}"})
        assert (answer.status_code, words in answer.text) == (status, True), answer.text


async def test_the_outbound_guard_holds_for_sign_ins(office: Office) -> None:
    client = {**office.authority.client, "local": False}
    answer = await office.gateway.http.put(
        f"{office.gateway.url}/api/settings/oauth/office",
        json=client,
        headers={"authorization": f"Bearer {office.gateway.admin_key}"},
    )
    assert answer.status_code == 422
    metadata = {**office.authority.client, "tokenUrl": "http://169.254.169.254/token"}
    refused = await office.gateway.http.put(
        f"{office.gateway.url}/api/settings/oauth/office",
        json=metadata,
        headers={"authorization": f"Bearer {office.gateway.admin_key}"},
    )
    assert (refused.status_code, "never allowed" in refused.text) == (422, True)
