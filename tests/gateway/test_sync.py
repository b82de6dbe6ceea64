"""Two real gateways that sync through a real server of each kind; and everything that may go wrong on the way."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from omniroute.kit.secret import Secret
from tests.fakes import object_server as fake
from tests.fakes.object_server import ObjectServer, object_server
from tests.gateways import GatewayMaker, RunningGateway

PASSPHRASE = "correct horse battery staple"
PROVIDER_KEY = "sk-provider-0123456789abcdef"
OBJECT = "/omni route/configuration"


@dataclass(kw_only=True)
class Pair:
    """Two gateways and what lies between them."""

    one: RunningGateway
    two: RunningGateway
    server: ObjectServer | None
    remote: dict[str, Any]

    async def begin(self) -> None:
        for gateway in (self.one, self.two):
            await gateway.admin("POST", "/api/sync/initialize", self.remote)
            await act(gateway, "enable")

    async def sync(self, *order: RunningGateway) -> list[dict[str, Any]]:
        return [await act(one, "sync") for one in order or (self.one, self.two, self.one)]


async def act(gateway: RunningGateway, action: str, **more: object) -> dict[str, Any]:
    done: dict[str, Any] = await gateway.admin("POST", "/api/sync/cloud", {"action": action, **more})
    return done


async def refused(gateway: RunningGateway, path: str, body: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    answer = await gateway.http.post(gateway.url + path, json=body, headers=headers)
    assert answer.status_code >= 400, answer.text
    return answer


async def combo(gateway: RunningGateway, name: str, *models: str) -> str:
    body = {"name": name, "targets": [{"model": model} for model in models]}
    made: str = (await gateway.admin("POST", "/api/combos", body))["id"]
    return made


async def combos(gateway: RunningGateway) -> dict[str, list[str]]:
    found = (await gateway.admin("GET", "/api/combos"))["combos"]
    return {one["name"]: list(one["models"]) for one in found}


def remote_of(server: ObjectServer) -> dict[str, Any]:
    more: dict[str, dict[str, str]] = {
        "https": {"credential": fake.TOKEN},
        "webdav": {"username": fake.USER, "credential": fake.PASSWORD},
        "s3": {"username": fake.ACCESS_KEY, "credential": fake.SECRET_KEY, "region": fake.REGION},
    }
    url = f"{server.url}{OBJECT}"
    return {"kind": server.kind, "url": url, "local": True, "passphrase": PASSPHRASE, **more[server.kind]}


@pytest.fixture
def kind() -> str:
    return "https"


@pytest.fixture
async def pair(kind: str, gateways: GatewayMaker) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        one, two = await gateways(), await gateways()
        if kind == "omniroute":
            between = await gateways()
            remote = {
                "kind": kind, "url": between.url, "local": True, "credential": between.admin_key,
                "passphrase": PASSPHRASE,
            }  # fmt: skip
            yield Pair(one=one, two=two, server=None, remote=remote)
            return
        server = await stack.enter_async_context(object_server(kind))
        yield Pair(one=one, two=two, server=server, remote=remote_of(server))


@pytest.fixture
def server(pair: Pair) -> ObjectServer:
    assert pair.server is not None
    return pair.server


@pytest.mark.parametrize("kind", ["omniroute", "webdav", "s3", "https"])
async def test_what_one_instance_has_the_other_has_after_a_sync(pair: Pair) -> None:
    node = {"name": "Mine", "prefix": "mine", "apiType": "chat", "baseUrl": "http://127.0.0.1:9/v1", "local": True}
    node_id = (await pair.one.admin("POST", "/api/provider-nodes", node))["node"]["id"]
    body = {"provider": node_id, "name": "Work", "apiKey": PROVIDER_KEY, "defaultModel": "small"}
    connection = (await pair.one.admin("POST", "/api/providers", body))["connection"]["id"]
    target = {"model": "mine/small", "connection": connection}
    await pair.one.admin("POST", "/api/combos", {"name": "fast", "targets": [target]})
    await pair.one.admin("PUT", "/api/models/alias", {"alias": "quick", "model": "fast"})
    await pair.begin()
    assert await combos(pair.two) == {"fast": ["mine/small"]}
    (row,) = [one for one in await pair.two.gateway.stores.connections.list() if one.name == "Work"]
    # The key is open to the other instance, whose own key seals it now; ids are its own.
    assert row.secret is not None
    assert row.secret.reveal() == PROVIDER_KEY
    assert row.id != connection
    found = (await pair.two.admin("GET", "/api/combos"))["combos"][0]
    assert found["targets"][0]["connection"] == row.id
    # A change over there comes back, and a removal goes along.
    await pair.two.admin("PUT", f"/api/combos/{found['id']}", {"strategy": "random"})
    await pair.one.admin("DELETE", "/api/models/alias?alias=quick")
    await pair.sync(pair.two, pair.one, pair.two)
    assert (await pair.one.admin("GET", "/api/combos"))["combos"][0]["strategy"] == "random"
    assert (await pair.two.admin("GET", "/api/models/alias"))["aliases"] == {}
    assert [one["changedHere"] + one["changedThere"] for one in await pair.sync()] == [0, 0, 0]
    if pair.server is not None:
        assert all(PROVIDER_KEY.encode() not in body and b"mine/small" not in body for body in pair.server.bodies)
    status = await pair.one.admin("GET", "/api/sync/cloud")
    assert (status["enabled"], status["connected"], status["conflicts"]) == (True, True, 0)
    assert PASSPHRASE not in str(status)
    assert str(pair.remote["credential"]) not in str(status)


async def test_a_conflict_is_shown_and_stays_until_somebody_chooses(pair: Pair) -> None:
    combo_id = await combo(pair.one, "fast", "demo/echo")
    await pair.begin()
    other_id = (await pair.two.admin("GET", "/api/combos"))["combos"][0]["id"]
    await pair.one.admin("PUT", f"/api/combos/{combo_id}", {"targets": [{"model": "demo/one"}]})
    await pair.two.admin("PUT", f"/api/combos/{other_id}", {"targets": [{"model": "demo/two"}]})
    done = await pair.sync(pair.one, pair.two, pair.one, pair.two)
    assert [one["conflicts"] for one in done] == [0, 1, 0, 1]
    assert (await combos(pair.one), await combos(pair.two)) == ({"fast": ["demo/one"]}, {"fast": ["demo/two"]})
    (shown,) = (await pair.two.admin("GET", "/api/sync/conflicts"))["conflicts"]
    assert (shown["name"], shown["kind"]) == ("combos/fast", "combos")
    assert [shown[side]["targets"][0]["model"] for side in ("base", "ours", "theirs")] == [
        "demo/echo",
        "demo/two",
        "demo/one",
    ]
    unknown = await refused(pair.two, "/api/sync/conflicts", {"name": "combos/other", "side": "ours"})
    assert unknown.status_code == 404
    await pair.two.admin("POST", "/api/sync/conflicts", {"name": "combos/fast", "side": "ours"})
    await pair.sync()
    assert await combos(pair.one) == await combos(pair.two) == {"fast": ["demo/two"]}
    assert (await pair.two.admin("GET", "/api/sync/conflicts"))["conflicts"] == []


async def test_the_other_choice_takes_theirs_and_secrets_in_conflicts_are_masked(pair: Pair) -> None:
    for gateway, key in ((pair.one, PROVIDER_KEY), (pair.two, "sk-another-0123456789abcd")):
        await gateway.admin("POST", "/api/providers", {"provider": "openai", "name": "Work", "apiKey": key})
    await pair.begin()
    (shown,) = (await pair.two.admin("GET", "/api/sync/conflicts"))["conflicts"]
    assert shown["name"] == "connections/openai/Work"
    assert shown["base"] is None
    assert (shown["ours"]["secret"], shown["theirs"]["secret"]) == ("sk-****abcd", "sk-****cdef")
    await pair.two.admin("POST", "/api/sync/conflicts", {"name": shown["name"], "side": "theirs"})
    rows = {one.name: one.secret for one in await pair.two.gateway.stores.connections.list()}
    assert rows["Work"] == Secret(PROVIDER_KEY)


async def test_a_writer_in_between_is_never_written_over(pair: Pair, server: ObjectServer) -> None:
    await pair.begin()
    await combo(pair.one, "from-one", "demo/echo")
    await combo(pair.two, "from-two", "demo/echo")
    held = dict(server.objects)
    await act(pair.two, "sync")
    newer = dict(server.objects)
    server.objects = held
    # The first instance reads the old version; before it writes, the newer one is there.
    server.before_put = lambda: server.objects.update(newer)
    done = await act(pair.one, "sync")
    assert done["conflicts"] == 0
    await act(pair.two, "sync")
    assert set(await combos(pair.one)) == set(await combos(pair.two)) == {"from-one", "from-two"}


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_server_that_dies_in_the_middle_leaves_nothing_half_made(
    pair: Pair, server: ObjectServer, method: str
) -> None:
    await pair.begin()
    await combo(pair.one, "fast", "demo/echo")
    await combo(pair.two, "slow", "demo/echo")
    await act(pair.two, "sync")
    server.dies = method
    answer = await refused(pair.one, "/api/sync/cloud", {"action": "sync"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "remote_failed")
    assert set(await combos(pair.one)) == {"fast"}
    status = await pair.one.admin("GET", "/api/sync/cloud")
    assert (status["enabled"], status["connected"]) == (True, False)
    assert status["lastError"]
    server.dies = None
    await pair.sync()
    assert set(await combos(pair.one)) == set(await combos(pair.two)) == {"fast", "slow"}
    assert (await pair.one.admin("GET", "/api/sync/cloud"))["connected"] is True


async def test_a_wrong_passphrase_opens_nothing_and_stores_nothing(pair: Pair) -> None:
    await pair.one.admin("POST", "/api/sync/initialize", pair.remote)
    await act(pair.one, "enable")
    wrong = await refused(pair.two, "/api/sync/initialize", {**pair.remote, "passphrase": "something else"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "wrong_passphrase")
    assert await pair.two.admin("GET", "/api/sync/initialize") == {
        "success": True,
        "initialized": False,
        "message": "no remote is named yet",
    }
    assert (await refused(pair.two, "/api/sync/cloud", {"action": "enable"})).status_code == 409


async def test_an_old_copy_put_back_and_a_copy_that_is_gone_are_told_and_taken_for_nothing(
    pair: Pair, server: ObjectServer
) -> None:
    await pair.begin()
    old = dict(server.objects)
    await combo(pair.one, "fast", "demo/echo")
    await act(pair.one, "sync")
    server.objects = old
    answer = await refused(pair.one, "/api/sync/cloud", {"action": "sync"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "older_version")
    server.objects = {}
    answer = await refused(pair.one, "/api/sync/cloud", {"action": "sync"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "remote_gone")
    assert set(await combos(pair.one)) == {"fast"}
    await act(pair.one, "disable", forget=True)
    assert (await pair.one.admin("GET", "/api/sync/cloud"))["initialized"] is False
    await pair.one.admin("POST", "/api/sync/initialize", pair.remote)
    assert (await act(pair.one, "enable"))["revision"] == 1


async def test_a_server_that_does_not_keep_versions_apart_is_refused(pair: Pair, server: ObjectServer) -> None:
    server.honours = False
    answer = await refused(pair.one, "/api/sync/initialize", pair.remote)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "no_preconditions")
    server.honours, server.tells_version = True, False
    answer = await refused(pair.one, "/api/sync/initialize", pair.remote)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "no_preconditions")
    answer = await refused(pair.one, "/api/sync/initialize", {**pair.remote, "credential": "another"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "remote_refused")
    assert server.objects == {}
    assert (await pair.one.admin("GET", "/api/sync/cloud"))["initialized"] is False


async def test_the_guard_keeps_private_addresses_out_unless_they_are_marked(pair: Pair) -> None:
    url = str(pair.remote["url"])
    for changed in ({"local": False}, {"url": "http://169.254.169.254/latest", "local": True}, {"url": "ftp://x/y"}):
        answer = await refused(pair.one, "/api/sync/initialize", {**pair.remote, **changed})
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["details"][0]["field"] == "url"
    with_password = url.replace("http://", "http://a:b@")
    assert (await refused(pair.one, "/api/sync/initialize", {**pair.remote, "url": with_password})).status_code == 422


async def test_sync_that_is_off_does_nothing_and_the_timetable_tells_failures(
    pair: Pair, server: ObjectServer, tmp_path: Path
) -> None:
    del tmp_path
    service = pair.one.gateway.services.sync
    assert await service.scheduled() is None
    await pair.one.admin("POST", "/api/sync/initialize", pair.remote)
    assert (await refused(pair.one, "/api/sync/cloud", {"action": "sync"})).json()["error"]["code"] == "sync_disabled"
    assert await service.scheduled() is None
    await act(pair.one, "enable")
    assert await service.scheduled() is not None
    server.dies = "GET"
    assert await service.scheduled() is None
    assert (await service.status()).last_error
    await act(pair.one, "disable")
    server.dies = None
    before = len(server.seen)
    assert await service.scheduled() is None
    assert len(server.seen) == before


async def test_peers_learn_what_they_may(gateway: RunningGateway) -> None:
    body = {"provider": "openai", "name": "Work", "apiKey": PROVIDER_KEY}
    await gateway.admin("POST", "/api/providers", body)
    await gateway.admin("PUT", "/api/cloud/models/alias", {"alias": "quick", "model": "openai/gpt-4o"})
    told = await gateway.admin("POST", "/api/cloud/auth")
    (work,) = [one for one in told["connections"] if one["name"] == "Work"]
    assert (work["hasApiKey"], work["maskedApiKey"]) == (True, "sk-****cdef")
    assert PROVIDER_KEY not in str(told)
    assert told["modelAliases"] == {"quick": "openai/gpt-4o"}
    resolved = await gateway.admin("POST", "/api/cloud/model/resolve", {"alias": "quick"})
    assert resolved == {"alias": "quick", "provider": "openai", "model": "gpt-4o"}
    assert (await refused(gateway, "/api/cloud/model/resolve", {"alias": "slow"})).status_code == 404
    update = {"provider": "openai", "credentials": {"accessToken": "a-new-token-0123456789", "expiresIn": 3600}}
    await gateway.admin("PUT", "/api/cloud/credentials/update", update)
    rows = {one.name: one.secret for one in await gateway.gateway.stores.connections.list()}
    assert rows["Work"] == Secret("a-new-token-0123456789")
    headers = {"authorization": f"Bearer {gateway.key}"}
    assert (await gateway.http.post(f"{gateway.url}/api/cloud/auth", headers=headers)).status_code == 403


async def test_an_object_for_a_peer_is_written_only_over_the_version_that_was_read(gateway: RunningGateway) -> None:
    path = "/api/cloud/objects/configuration"
    headers = {"authorization": f"Bearer {gateway.admin_key}"}
    first = await gateway.admin("PUT", path, {"data": "AAEC", "ifVersion": None})
    again = await gateway.http.put(gateway.url + path, json={"data": "AAED"}, headers=headers)
    assert again.status_code == 412
    second = await gateway.admin("PUT", path, {"data": "AAED", "ifVersion": first["version"]})
    stale = {"data": "AAEE", "ifVersion": first["version"]}
    assert (await gateway.http.put(gateway.url + path, json=stale, headers=headers)).status_code == 412
    found = await gateway.admin("GET", path)
    assert (found["data"], found["version"]) == ("AAED", second["version"])
    await gateway.admin("DELETE", path)
    assert (await gateway.http.get(gateway.url + path, headers=headers)).status_code == 404
