"""Restarting and stopping over the API: only where it is allowed, only with the password, and nothing is lost."""

import re

import httpx
import pytest

from tests.commands.programs import CHAT, Installation, Serving

pytestmark = pytest.mark.slow

PASSWORD = "a password of the tests"
STORY = {"model": "demo/story", "messages": [{"role": "user", "content": "Hello"}], "stream": True}


async def call(server: Serving, url: str, key: str, path: str, password: str = PASSWORD) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return await server.http.post(url + path, json={"password": password}, headers=headers)


def admin_key(place: Installation) -> str:
    key: str = place.json("admin", "create-key", "--name", "ops", "--scope", "admin")["key"]
    return key


async def test_a_shutdown_lets_a_stream_finish_and_ends_the_process(place: Installation) -> None:
    key = admin_key(place)
    async with place.serving("serve", ALLOW_RESTART="true", INITIAL_PASSWORD=PASSWORD) as server:
        url = await server.ready()
        async with server.http.stream("POST", url + CHAT, json=STORY) as answer:
            pieces = answer.aiter_text()
            text = await anext(pieces)
            async with httpx.AsyncClient(trust_env=False) as http:
                headers = {"authorization": f"Bearer {key}"}
                told = await http.post(url + "/api/shutdown", json={"password": PASSWORD}, headers=headers)
            assert (told.status_code, told.json()["success"]) == (200, True)
            async for piece in pieces:
                text += piece
        assert text.endswith("data: [DONE]\n\n")
        assert await server.ended() == 0
    assert place.recorded() == {answer.headers["x-request-id"]}


async def test_a_restart_begins_again_in_the_same_process(place: Installation) -> None:
    key = admin_key(place)
    async with place.serving("serve", ALLOW_RESTART="true", INITIAL_PASSWORD=PASSWORD) as server:
        url = await server.ready()
        process = server.process.pid
        assert (await call(server, url, key, "/api/restart")).json() == {"status": "restarting"}
        await server.prints(r"(?s)OmniRoute is listening.*OmniRoute is listening")
        again = re.findall(r'"url": ?"(http://[^"]+)"', server.printed)[-1]
        assert (await server.http.get(again + "/healthz")).status_code == 200
        assert server.process.pid == process
        server.stop()
        assert await server.ended() == 0


async def test_without_the_password_or_the_setting_nothing_ends(place: Installation) -> None:
    key = admin_key(place)
    async with place.serving("serve", ALLOW_RESTART="true", INITIAL_PASSWORD=PASSWORD) as server:
        url = await server.ready()
        assert (await call(server, url, key, "/api/shutdown", "wrong")).status_code == 401
        bare = await server.http.post(url + "/api/restart", json={}, headers={"authorization": f"Bearer {key}"})
        assert (bare.status_code, bare.json()["error"]["code"]) == (403, "current_password_required")
        assert (await server.http.get(url + "/readyz")).status_code == 200
    async with place.serving("serve") as server:
        url = await server.ready()
        off = await call(server, url, key, "/api/shutdown")
        assert (off.status_code, off.json()["error"]["code"]) == (403, "restart_off")
