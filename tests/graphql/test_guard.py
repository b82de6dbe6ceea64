"""Who may ask, from where, and how much: what must be refused is refused, in GraphQL's own shape."""

import asyncio
from typing import Any

import httpx
import pytest
from gql import gql
from gql.transport.exceptions import TransportError, TransportQueryError
from graphql import get_introspection_query
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from omniroute.edge.admission import COOKIE
from omniroute.graphql.limits import MOST_ALIASES, MOST_DEPTH, MOST_TOKENS
from omniroute.kit.json import dumps, loads
from omniroute.kit.secret import Secret
from tests.gateways import RunningGateway
from tests.graphql.asking import admin, ask, connected, errors, post

PASSWORD = "a password of the tests"
HEALTH = {"query": "{ health { status } }"}


async def cookie(gateway: RunningGateway) -> dict[str, str]:
    """Set the password, sign in, and return the cookie's header."""
    await gateway.gateway.services.login.start(Secret(PASSWORD))
    answer = await gateway.http.post(gateway.url + "/api/auth/login", json={"password": PASSWORD})
    gateway.http.cookies.clear()
    return {"cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}


async def test_strangers_and_inference_keys_are_refused(gateway: RunningGateway) -> None:
    for headers, status, code in (
        ({}, 401, "unauthenticated"),
        ({"authorization": "Bearer sk-omni-" + "A" * 43}, 401, "invalid_key"),
        (gateway.auth, 403, "missing_scope"),
        ({"cookie": f"{COOKIE}=made-up"}, 401, "unauthenticated"),
    ):
        answer = await post(gateway, HEALTH, headers)
        assert answer.status_code == status
        told = answer.json()["errors"][0]
        assert told["extensions"] == {"code": code, "requestId": answer.headers["x-request-id"]}
        assert "www-authenticate" in answer.headers or status != 401


async def test_a_session_opens_it_but_not_for_pages_of_other_sites(gateway: RunningGateway) -> None:
    session = await cookie(gateway)
    assert (await post(gateway, HEALTH, session)).json() == {"data": {"health": {"status": "HEALTHY"}}}
    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        answer = await post(gateway, HEALTH, {**session, **foreign})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "cross_site")


async def test_only_queries_go_by_get(gateway: RunningGateway) -> None:
    async def get(query: str, **more: str) -> httpx.Response:
        return await gateway.http.get(gateway.url + "/graphql", params={"query": query, **more}, headers=admin(gateway))

    assert (await get("{ health { status } }")).json() == {"data": {"health": {"status": "HEALTHY"}}}
    many = await get("query ($f: Int!) { requestLog(first: $f) { edges { cursor } } }", variables='{"f": 1}')
    assert many.json() == {"data": {"requestLog": {"edges": []}}}
    for query in ('mutation { deleteApiKey(id: "key_1") { __typename } }', "subscription { healthFeed { at } }"):
        assert (await get(query)).json()["errors"][0]["extensions"]["code"] == "method_not_allowed"
    assert (await get("{ health { status } }", variables="{")).status_code == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([HEALTH, HEALTH], "no_batches"),
        ("text", "invalid_request"),
        ({}, "invalid_request"),
        ({"query": " "}, "invalid_request"),
        ({"query": 7}, "invalid_request"),
        ({**HEALTH, "variables": []}, "invalid_request"),
        ({**HEALTH, "operationName": 1}, "invalid_request"),
    ],
)
async def test_what_is_no_single_operation_is_refused(gateway: RunningGateway, body: object, code: str) -> None:
    answer = await post(gateway, body)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, code)


async def test_other_methods_and_media_are_refused(gateway: RunningGateway) -> None:
    put = await gateway.http.put(gateway.url + "/graphql", json=HEALTH, headers=admin(gateway))
    assert (put.status_code, put.headers["allow"]) == (405, "GET, POST")
    for media in ("text/plain", "application/graphql", "multipart/form-data"):
        headers = {**admin(gateway), "content-type": media}
        answer = await gateway.http.post(gateway.url + "/graphql", content=dumps(HEALTH), headers=headers)
        assert answer.status_code == 415
    broken = await gateway.http.post(
        gateway.url + "/graphql", content=b"{", headers={**admin(gateway), "content-type": "application/json"}
    )
    assert (broken.status_code, broken.json()["errors"][0]["extensions"]["code"]) == (400, "invalid_json")


async def test_a_document_that_is_wrong_is_told_where(gateway: RunningGateway) -> None:
    for query in ("{ health { nothing } }", "{", "{ health }", "query ($a: Int) { apiKey(id: $a) { id } }"):
        told = (await errors(gateway, query))[0]
        assert told["extensions"]["code"] == "bad_document"
        assert told["locations"]
    told = (await errors(gateway, "query ($f: Int!) { requestLog(first: $f) { edges { cursor } } }", f="x"))[0]
    assert "$f" in told["message"]
    modern = await post(gateway, {"query": "{"}, {**admin(gateway), "accept": "application/graphql-response+json"})
    assert modern.status_code == 400
    assert modern.headers["content-type"] == "application/graphql-response+json"


def deep(levels: int) -> str:
    inner = "name"
    for number in reversed(range(levels)):
        inner = f"connections {{ {inner} }}" if number % 2 else f"node {{ {inner} }}"
    return f"{{ providerConnections {{ {inner} }} }}"


async def test_depth_aliases_length_and_cost_have_limits(gateway: RunningGateway) -> None:
    await ask(gateway, deep(6))
    aliases = " ".join(f"a{number}: health {{ status }}" for number in range(MOST_ALIASES + 1))
    log = "edges { node { id key { id name } connection { id name node { id } } attempts { number status message } } }"
    costly = f"{{ a: requestLog(first: 200) {{ {log} }} b: requestLog(first: 200) {{ {log} }} }}"
    for query, code in (
        (deep(MOST_DEPTH), "too_deep"),
        ("{" * 5_000, "bad_document"),
        ("{ health { status } } " + "fragment F on Health { status } " * MOST_TOKENS, "bad_document"),
        (f"{{ {aliases} }}", "too_many_aliases"),
        (deep(8), "too_costly"),
    ):
        assert (await errors(gateway, query))[0]["extensions"]["code"] == code, query[:60]
    assert "data" in (await post(gateway, {"query": costly})).json()


async def test_fragments_that_multiply_are_counted_in_no_time(gateway: RunningGateway) -> None:
    bomb = "".join(
        f"fragment F{number} on Query {{ a: health {{ status }} ...F{number + 1} ...F{number + 1} }} "
        for number in range(60)
    )
    document = f"query {{ ...F0 }} {bomb} fragment F60 on Query {{ health {{ status }} }}"
    async with asyncio.timeout(5):
        assert (await errors(gateway, document))[0]["extensions"]["code"] == "too_many_aliases"
        circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A health { status } }"
        assert (await errors(gateway, circle))[0]["extensions"]["code"] == "bad_document"


async def test_introspection_is_for_administrators(gateway: RunningGateway) -> None:
    query = {"query": get_introspection_query()}
    told = (await post(gateway, query)).json()
    assert told["data"]["__schema"]["queryType"]["name"] == "Query"
    for headers in ({}, gateway.auth):
        assert "data" not in (await post(gateway, query, headers)).json()


async def test_what_the_gateway_does_wrong_is_told_by_number_only(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> Any:
        raise RuntimeError("the database's password is hunter2")

    monkeypatch.setattr(gateway.gateway.services.keys._rows, "list", broken)
    gateway_key = await gateway.http.post(gateway.url + "/graphql", json=HEALTH, headers=admin(gateway))
    assert "hunter2" not in gateway_key.text
    monkeypatch.undo()
    monkeypatch.setattr(gateway.gateway.services.aliases._rows, "list", broken)
    answer = await post(gateway, {"query": "{ modelAliases { alias } }"})
    told = answer.json()["errors"][0]
    assert "hunter2" not in answer.text
    assert (told["extensions"]["code"], told["path"]) == ("internal_error", ["modelAliases"])
    assert told["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_an_operation_has_a_time_limit(gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow() -> Any:
        await asyncio.sleep(60)

    await ask(gateway, "{ health { status } }")
    monkeypatch.setattr(gateway.gateway.services.aliases._rows, "list", slow)
    monkeypatch.setattr((await gateway.gateway._surfaces.graphql()).engine, "longest_s", 0.05)
    told = (await errors(gateway, "{ modelAliases { alias } }"))[0]
    assert told["extensions"]["code"] == "timeout"


async def test_a_body_that_is_too_large_is_refused(gateway: RunningGateway) -> None:
    answer = await post(gateway, {"query": "{ health { status } }" + " " * 1_100_000})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (413, "payload_too_large")


# ── websockets ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_socket_opens_by_payload_header_or_cookie(gateway: RunningGateway) -> None:
    session = await cookie(gateway)
    for shown in (
        {"payload": {"Authorization": f"Bearer {gateway.admin_key}"}},
        {"payload": {"apiKey": gateway.admin_key}},
        {"headers": admin(gateway)},
        {"headers": session},
    ):
        async with connected(gateway, **shown) as client:
            assert await client.execute(gql("{ health { status } }")) == {"health": {"status": "HEALTHY"}}


async def test_a_socket_without_a_credential_is_closed(gateway: RunningGateway) -> None:
    for shown in ({}, {"authorization": "Bearer nonsense"}, {"authorization": f"Bearer {gateway.key}"}):
        with pytest.raises((TransportError, ConnectionClosed)):
            async with connected(gateway, payload=shown) as client:
                await client.execute(gql("{ health { status } }"))


async def raw(gateway: RunningGateway, **headers: str) -> Any:
    """Open a socket by hand."""
    return await connect(
        gateway.url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=headers,
    )


async def test_a_socket_of_another_sites_page_is_refused_before_it_opens(gateway: RunningGateway) -> None:
    session = await cookie(gateway)
    for origin in ("https://evil.example", "null", gateway.url.replace("http://", "http://evil.")):
        with pytest.raises(InvalidStatus) as refused:
            await raw(gateway, origin=origin, **session)
        assert refused.value.response.status_code == 403
    async with await raw(gateway, origin=gateway.url, **session) as socket:
        await socket.send('{"type": "connection_init"}')
        assert loads(await socket.recv()) == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "message",
    ["no json", "[]", '{"type": 1}', '{"type": "subscribe"}', '{"type": "subscribe", "id": "1", "payload": 7}', "{}"],
)
async def test_a_message_of_no_known_shape_closes_the_socket(gateway: RunningGateway, message: str) -> None:
    async with await raw(gateway, **admin(gateway)) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        await socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400


async def test_an_operation_before_the_acknowledgement_closes_the_socket(gateway: RunningGateway) -> None:
    async with await raw(gateway, **admin(gateway)) as socket:
        await socket.send(dumps({"type": "subscribe", "id": "1", "payload": HEALTH}).decode())
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_mutations_go_by_post_only(gateway: RunningGateway) -> None:
    async with connected(gateway) as client:
        with pytest.raises(TransportQueryError, match="by POST only"):
            await client.execute(gql('mutation { deleteApiKey(id: "key_1") { __typename } }'))
        with pytest.raises(TransportQueryError, match="nothing"):
            await client.execute(gql("{ health { nothing } }"))
        assert await client.execute(gql("{ health { status } }")) == {"health": {"status": "HEALTHY"}}


async def test_other_paths_have_no_sockets(gateway: RunningGateway) -> None:
    with pytest.raises(InvalidStatus):
        await connect(gateway.url.replace("http", "ws", 1) + "/api/providers")
