"""Changes that know which version they change."""

from omniroute.services.providers import ConnectionHealth
from tests.api.serving import PROVIDER_KEY, Served


async def made(api: Served) -> str:
    body = {"provider": "openai", "name": "Work", "apiKey": PROVIDER_KEY}
    connection_id: str = (await api.call("POST", "/api/providers", body)).json()["connection"]["id"]
    return f"/api/providers/{connection_id}"


async def test_a_change_of_the_present_version_is_done_and_gives_the_next(api: Served) -> None:
    path = await made(api)
    first = (await api.call("GET", path)).headers["etag"]
    changed = await api.call("PATCH", path, {"priority": 7}, {"if-match": first})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first
    assert (await api.call("GET", path)).headers["etag"] == changed.headers["etag"]


async def test_a_change_of_an_older_version_is_refused_and_told_what_is_different(api: Served) -> None:
    path = await made(api)
    old = (await api.call("GET", path)).headers["etag"]
    await api.call("PATCH", path, {"priority": 7})
    for method, body in (("PUT", {"name": "Home"}), ("PATCH", {"name": "Home"}), ("DELETE", None)):
        late = await api.call(method, path, body, {"if-match": old})
        assert (late.status_code, late.json()["error"]["code"]) == (412, "precondition_failed")
        told = {one["field"]: one["message"] for one in late.json()["error"]["details"]}
        assert told["connection.priority"] == "was 1, is 7 now"
    assert (await api.call("GET", path)).json()["connection"]["name"] == "Work"


async def test_how_a_connection_fares_is_no_new_version(api: Served) -> None:
    path = await made(api)
    before = (await api.call("GET", path)).headers["etag"]
    api.parts.health[path.rpartition("/")[2]] = ConnectionHealth(status="cooling", last_error="429")
    assert (await api.call("GET", path)).headers["etag"] == before


async def test_any_version_will_do_with_a_star_or_without_the_header(api: Served) -> None:
    path = await made(api)
    assert (await api.call("PATCH", path, {"priority": 2}, {"if-match": "*"})).status_code == 200
    assert (await api.call("PATCH", path, {"priority": 3})).status_code == 200
    assert (await api.call("PATCH", path, {"priority": 4}, {"if-match": '"unknown"'})).status_code == 412


async def test_a_change_that_answers_otherwise_gives_the_version_of_what_is_read(api: Served) -> None:
    cases: list[tuple[str, dict[str, object]]] = [
        ("/api/resilience", {"requests": {"maxAttempts": 3}}),
        ("/api/usage/budget", {"keyId": "global", "limit": 5}),
        ("/api/rate-limit", {"requestsPerMinute": 60}),
    ]
    for path, body in cases:
        first = (await api.call("GET", path)).headers["etag"]
        changed = await api.call("PUT", path, body, {"if-match": first})
        assert changed.status_code == 200, changed.text
        assert changed.headers["etag"] == (await api.call("GET", path)).headers["etag"] != first
        assert (await api.call("PUT", path, body, {"if-match": first})).status_code == 412


async def test_a_deletion_is_held_against_the_part_that_its_query_names(api: Served) -> None:
    await api.call("PUT", "/api/usage/budget", {"keyId": "global", "limit": 5})
    path = "/api/usage/budget?keyId=global"
    old = (await api.call("GET", path)).headers["etag"]
    await api.call("PUT", "/api/usage/budget", {"keyId": "global", "limit": 6})
    assert (await api.call("DELETE", f"{path}&period=monthly", headers={"if-match": old})).status_code == 412
    new = (await api.call("GET", path)).headers["etag"]
    assert (await api.call("DELETE", f"{path}&period=monthly", headers={"if-match": new})).status_code == 200
