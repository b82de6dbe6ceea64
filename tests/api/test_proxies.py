"""Outbound proxies over HTTP: all of them, one of them, and the one that a connection uses."""

import pytest

from tests.api.serving import PROVIDER_KEY, Served

PATH = "/api/settings/proxy"
PROXY = {"type": "http", "host": "127.0.0.1", "port": 3128}
SHOWN = {**PROXY, "username": None, "passwordSet": False}


async def test_the_proxy_of_a_level_is_shown(api: Served) -> None:
    assert (await api.call("PUT", PATH, {"level": "provider", "id": "openai", "proxy": PROXY})).status_code == 200
    shown = (await api.call("GET", f"{PATH}?level=provider&id=openai")).json()
    assert shown == {"level": "provider", "id": "openai", "proxy": SHOWN}
    assert (await api.call("GET", f"{PATH}?level=global")).json() == {"level": "global", "id": None, "proxy": None}
    assert (await api.call("GET", PATH)).json()["providers"] == {"openai": SHOWN}


async def test_the_proxy_that_a_connection_uses_is_the_nearest(api: Served) -> None:
    body = {"provider": "openai", "name": "Main", "apiKey": PROVIDER_KEY}
    connection = (await api.call("POST", "/api/providers", body)).json()["connection"]["id"]
    used = f"{PATH}?resolve={connection}"
    assert (await api.call("GET", used)).json() == {"proxy": None, "level": None, "levelId": None}
    steps: list[tuple[dict[str, object], str, str | None]] = [
        ({"global": PROXY}, "global", None),
        ({"providers": {"openai": PROXY}}, "provider", "openai"),
        ({"keys": {connection: PROXY}}, "connection", connection),
    ]
    for change, level, owner in steps:
        assert (await api.call("PATCH", PATH, change)).status_code == 200
        assert (await api.call("GET", used)).json() == {"proxy": SHOWN, "level": level, "levelId": owner}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("resolve=conn_none", 404),
        ("resolve=conn_none&level=global", 422),
        ("id=openai", 422),
        ("level=provider", 422),
        ("level=global&id=openai", 422),
        ("level=everything", 422),
        ("provider=openai", 400),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(api: Served, query: str, status: int) -> None:
    assert (await api.call("GET", f"{PATH}?{query}")).status_code == status


async def test_a_version_read_of_one_proxy_guards_its_removal(api: Served) -> None:
    await api.call("PUT", PATH, {"global": PROXY})
    tag = (await api.call("GET", f"{PATH}?level=global")).headers["etag"]
    await api.call("PUT", PATH, {"global": {**PROXY, "port": 3129}})
    removal = f"{PATH}?level=global"
    assert (await api.call("DELETE", removal, headers={"if-match": tag})).status_code == 412
    tag = (await api.call("GET", removal)).headers["etag"]
    assert (await api.call("DELETE", removal, headers={"if-match": tag})).status_code == 200
