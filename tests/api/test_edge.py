"""What holds for every request: ids, headers, bodies, methods, paths."""

import asyncio
from typing import Any

import httpx
import pytest
import structlog

from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.api.serving import Served, serve, with_keys
from tests.services.parts import Parts, assemble


async def post_raw(api: Served, content: bytes, media: str | None = "application/json") -> httpx.Response:
    headers = {"authorization": f"Bearer {api.admin_key}"}
    if media is not None:
        headers["content-type"] = media
    return await api.http.post(f"{api.url}/api/keys", content=content, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]["requestId"] == answer.headers["x-request-id"]
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"name": "\\ud800"}',
        b'{"name": NaN}',
        b"[" * 100_000,
        b'{"name":' * 10_000,
    ],
)
async def test_what_is_not_a_json_object_is_a_bad_request(api: Served, content: bytes) -> None:
    assert code(await post_raw(api, content))[0] == 400


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_a_body_of_another_type_is_refused(api: Served, media: str | None) -> None:
    assert code(await post_raw(api, b'{"name": "x"}', media)) == (415, "unsupported_media_type")


async def test_a_charset_beside_the_type_is_fine(api: Served) -> None:
    assert (await post_raw(api, b'{"name": "x"}', "Application/JSON; charset=utf-8")).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "x", "colour": "red"}, 400, "colour"),
        ({"name": "x", "expires_at": None}, 400, "expires_at"),
        ({}, 400, "name"),
        ({"name": 5}, 400, "name"),
        ({"name": None}, 400, "name"),
        ({"name": "x", "scopes": ["root"]}, 422, "scopes.0"),
        ({"name": "x", "scopes": []}, 422, "scopes"),
        ({"name": "x", "expiresAt": "tomorrow"}, 422, "expiresAt"),
        ({"name": "x", "expiresAt": "2099-01-01T00:00:00"}, 422, "expiresAt"),
        ({"name": "x", "expiresAt": "1999-01-01T00:00:00Z"}, 422, "expiresAt"),
        ({"name": ""}, 422, "name"),
        ({"name": "x" * 201}, 422, "name"),
        ({"name": "a\u0000b"}, 422, "name"),
    ],
)
async def test_a_bad_field_is_named(api: Served, body: dict[str, Any], status: int, field: str) -> None:
    answer = await api.call("POST", "/api/keys", body)
    assert answer.status_code == status, answer.text
    assert [one["field"] for one in answer.json()["error"]["details"]] == [field]


@pytest.mark.parametrize(
    ("value", "status"), [(3, 200), (3.0, 200), (3.5, 400), ("3", 400), (True, 400), (0, 422), (10**30, 422)]
)
async def test_an_integer_may_be_written_as_json_writes_numbers(api: Served, value: object, status: int) -> None:
    made = await api.call("POST", "/api/providers", {"provider": "demo", "name": "x"})
    path = f"/api/providers/{made.json()['connection']['id']}"
    assert (await api.call("PATCH", path, {"priority": value})).status_code == status


async def test_a_body_over_the_limit_is_refused(parts: Parts) -> None:
    async with serve(parts, max_body_bytes=100_000) as served:
        await with_keys(served)
        assert code(await post_raw(served, b" " * 100_001)) == (413, "payload_too_large")
        assert code(await post_raw(served, b" " * 100_000)) == (400, "invalid_json")


@pytest.mark.parametrize(("is_admin", "sent", "status"), [(True, 100_001, 413), (False, 10, 401)])
async def test_the_connection_of_an_unread_body_is_closed(parts: Parts, is_admin: bool, sent: int, status: int) -> None:
    async with serve(parts, max_body_bytes=100_000) as served:
        await with_keys(served)
        key = served.admin_key if is_admin else "unknown"
        reader, writer = await opened(served, key, "Transfer-Encoding: chunked")
        # Far more is announced than comes: the answer must not wait for the rest, and nobody may send it.
        writer.write(b"7fffffff\r\n" + b" " * sent)
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"connection: close" in answer.lower()


async def test_a_body_that_does_not_come_is_not_waited_for(parts: Parts) -> None:
    async with serve(parts, body_timeout_s=0.2) as served:
        await with_keys(served)
        reader, writer = await opened(served, served.admin_key, "Content-Length: 50")
        writer.write(b"{")
        async with asyncio.timeout(5):
            line = await reader.readline()
        writer.close()
        await writer.wait_closed()
        assert line == b"HTTP/1.1 400 Bad Request\r\n"


async def opened(served: Served, key: str, length: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a request by hand, so that its body can misbehave."""
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /api/keys HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\n{length}\r\n\r\n".encode())
    return reader, writer


async def test_nobody_without_credentials_gets_a_body_read(api: Served) -> None:
    answer = await api.anonymous("POST", "/api/keys", headers={"content-type": "text/plain"})
    assert answer.status_code == 401


@pytest.mark.parametrize("given", ["abc-123", "trace:4711.x_y", "A" * 64])
async def test_a_sane_request_id_is_kept(api: Served, given: str) -> None:
    answer = await api.call("GET", "/api/keys", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "A" * 65, "<script>", "{{x}}"])
async def test_another_request_id_is_replaced(api: Served, given: str) -> None:
    answer = await api.call("GET", "/api/keys", headers={"x-request-id": given})
    assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/providers", "GET, HEAD, POST"),
        ("POST", "/api/providers/conn_1", "DELETE, GET, HEAD, PATCH, PUT"),
        ("GET", "/api/auth/login", "POST"),
        ("OPTIONS", "/api/keys", "GET, HEAD, POST"),
        ("TRACE", "/api/keys", "GET, HEAD, POST"),
    ],
)
async def test_another_method_is_told_which_ones_there_are(api: Served, method: str, path: str, allowed: str) -> None:
    answer = await api.call(method, path)
    assert answer.headers["allow"] == allowed
    assert code(answer) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/nothing",
        "/api/keys/",
        "/API/keys",
        "/api/Keys",
        "/api//keys",
        "/api/keys/key_1/x",
        "/api/keys/%00",
        "/api/keys/a%2Fb",
        "/api/keys/..%2Fproviders",
        "/api/keys/%ff",
        "/api/keys/" + "x" * 65,
        "/api/providers;x=1",
        "/setup/",
        "/dashboard",
    ],
)
async def test_a_path_that_is_not_there_is_not_found_as_json(api: Served, path: str) -> None:
    answer = await api.call("GET", path)
    assert code(answer) == (404, "not_found")


async def test_an_encoded_path_is_the_same_path_with_the_same_policy(api: Served) -> None:
    assert (await api.anonymous("GET", "/api%2Fkeys")).status_code == 401
    assert (await api.anonymous("GET", "/api/%6Beys")).status_code == 401
    assert (await api.anonymous("GET", "/api/auth/..%2fkeys")).status_code == 404


async def test_head_is_get_without_the_body(api: Served) -> None:
    answer = await api.http.head(f"{api.url}/api/init")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await api.http.head(f"{api.url}/api/keys")).status_code == 401


async def test_a_failure_nobody_foresaw_is_json_without_its_cause(api: Served) -> None:
    node = {"name": "x", "prefix": "x", "baseUrl": "https://example.com/v1"}
    await api.call("POST", "/api/provider-nodes", node)
    async with api.parts.database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE nodes SET format = 'nonsense'")
    with structlog.testing.capture_logs() as logs:
        answer = await api.call("GET", "/api/provider-nodes")
    assert code(answer) == (500, "internal_error")
    assert "nonsense" not in answer.text
    assert [one["request_id"] for one in logs] == [answer.headers["x-request-id"]]
    assert "nonsense" in str(logs[0]["exc_info"])


async def test_a_database_that_is_away_makes_the_gateway_unhealthy(sealer: Sealer) -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    try:
        async with serve(assemble(database, sealer)) as served:
            answer = await served.anonymous("GET", "/api/monitoring/health")
            assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")
            answer = await served.anonymous("GET", "/api/keys")
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")
            assert answer.headers["retry-after"]
            assert "127.0.0.1" not in answer.text
    finally:
        await database.close()


async def test_a_parameter_that_is_not_known_is_refused_by_name_even_where_there_are_none(api: Served) -> None:
    for method, path in (("GET", "/api/providers"), ("POST", "/api/auth/logout"), ("GET", "/api/usage/request-logs")):
        answer = await api.call(method, f"{path}?provder=openai")
        is_public = path == "/api/auth/logout"
        assert answer.status_code == (200 if is_public else 400), answer.text
        if not is_public:
            assert answer.json()["error"]["details"][0]["field"] == "provder"
