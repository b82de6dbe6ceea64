"""How a server ends: asked to, it finishes what it began and loses nothing; killed, it loses the last batch at most."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import httpx
import pytest

from omniroute.gateway.record import BATCH_S
from tests.commands.programs import CHAT, HELLO, Installation, Serving
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

pytestmark = pytest.mark.slow

STORY = {"model": "demo/story", "messages": [{"role": "user", "content": "Hello"}], "stream": True}
# Writing a batch takes its time too, on a machine that is busy with other tests.
WRITING_S = 3.0


async def first_piece(pieces: "httpx.Response") -> tuple[str, asyncio.Task[str]]:
    """Return the first piece of a stream, and a task that reads the rest."""
    texts = pieces.aiter_text()
    first = await anext(texts)

    async def rest() -> str:
        return first + "".join([text async for text in texts])

    return first, asyncio.create_task(rest())


async def test_asked_to_stop_it_lets_streams_finish_and_takes_no_new_work(place: Installation) -> None:
    async with place.serving("serve") as server:
        url = await server.ready()
        async with server.http.stream("POST", url + CHAT, json=STORY) as answer:
            _, reading = await first_piece(answer)
            server.stop()
            assert await not_ready(url) in {503, None}
            assert (await reading).endswith("data: [DONE]\n\n")
        assert await server.ended() == 0
    assert place.recorded() == {answer.headers["x-request-id"]}
    assert "Traceback" not in server.printed


async def not_ready(url: str) -> int | None:
    """Wait until the server is not ready any more; return the status it says so with, None when it does not listen."""
    async with asyncio.timeout(5), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                status = (await http.get(url + "/readyz", headers={"connection": "close"})).status_code
            except httpx.TransportError:
                return None
            if status != 200:
                return status


async def test_once_it_is_about_to_stop_it_is_alive_but_not_ready(gateway: RunningGateway) -> None:
    assert (await gateway.http.get(gateway.url + "/readyz")).status_code == 200
    gateway.gateway.begin_stop()
    assert (await gateway.http.get(gateway.url + "/readyz")).status_code == 503
    assert (await gateway.http.get(gateway.url + "/healthz")).status_code == 200


async def test_a_stream_that_does_not_end_by_itself_ends_with_an_error_event(place: Installation) -> None:
    stalled = {**STORY, "model": "demo/stall"}
    async with place.serving("serve", SHUTDOWN_TIMEOUT_S="0.5") as server:
        url = await server.ready()
        async with server.http.stream("POST", url + CHAT, json=stalled) as answer:
            _, reading = await first_piece(answer)
            server.stop()
            text = await reading
        assert await server.ended() == 0
    assert "the gateway is stopping" in text
    assert "[DONE]" not in text
    assert place.recorded() == {answer.headers["x-request-id"]}


async def test_an_idle_server_ends_at_once_although_clients_keep_their_connections(place: Installation) -> None:
    async with place.serving("serve") as server:
        url = await server.ready()
        assert (await server.http.post(url + CHAT, json=HELLO)).status_code == 200
        server.stop()
        assert await server.ended(within_s=5) == 0


@pytest.mark.parametrize("patience_s", [0.0, 0.3, 0.8])
async def test_a_server_that_still_starts_can_be_stopped(place: Installation, patience_s: float) -> None:
    async with place.serving("serve") as server:
        await asyncio.sleep(patience_s)
        server.stop()
        assert await server.ended(within_s=10) in {0, -15}
    async with place.serving("serve") as server:
        await server.ready()


@dataclass
class Load:
    """Clients that send one request after another, and when each answer came."""

    answers: dict[str, float] = field(default_factory=dict)

    async def client(self, url: str, *, stream: bool) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            while True:
                try:
                    answer = await http.post(url + CHAT, json={**HELLO, "stream": stream})
                except httpx.TransportError:
                    return
                if answer.status_code != 200:
                    return
                self.answers[answer.headers["x-request-id"]] = time.monotonic()

    async def until_the_end_of(self, server: Serving, url: str, work_s: float) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(self.client(url, stream=number % 2 == 0))
            await asyncio.sleep(work_s)
            end = server.process.kill if self._kills else server.stop
            end()

    _kills: bool = False


async def test_killed_in_the_middle_of_load_it_loses_the_last_batch_at_most(place: Installation) -> None:
    load = Load(_kills=True)
    async with place.serving("serve") as server:
        url = await server.ready()
        await load.until_the_end_of(server, url, BATCH_S + WRITING_S + 2)
        killed = time.monotonic()
        await server.ended()
    safe = {one for one, at in load.answers.items() if at < killed - BATCH_S - WRITING_S}
    assert len(safe) > 20
    recorded = place.recorded()
    assert safe <= recorded, f"{len(safe - recorded)} of {len(safe)} were lost"


async def test_asked_to_stop_in_the_middle_of_load_it_loses_nothing(place: Installation) -> None:
    load = Load()
    async with place.serving("serve") as server:
        url = await server.ready()
        await load.until_the_end_of(server, url, 2)
        assert await server.ended() == 0
    assert len(load.answers) > 20
    assert set(load.answers) <= place.recorded()


async def test_after_a_kill_the_next_start_serves_and_keeps_what_was_there(place: Installation) -> None:
    load = Load(_kills=True)
    async with place.serving("serve") as server:
        await load.until_the_end_of(server, await server.ready(), 1)
        await server.ended()
    before = place.recorded()
    async with place.serving("serve") as server:
        answer = await server.http.post(await server.ready() + CHAT, json=HELLO)
        assert answer.status_code == 200
        server.stop()
        assert await server.ended() == 0
    assert place.recorded() == before | {answer.headers["x-request-id"]}


async def test_what_was_spilled_before_a_kill_is_in_the_database_after_the_next_start(place: Installation) -> None:
    place.json("migrate")
    row = {
        "id": "req_spilled", "started_at": 1, "key_id": None, "address": None, "user_agent": None,
        "format": "openai_chat", "path": CHAT, "requested_model": "m", "stream": False, "outcome": "ok",
        "status": 200, "provider": None, "connection_id": None, "model": None, "latency_us": 1,
    }  # fmt: skip
    (place.data / "spill.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row)[:-9])
    async with place.serving("serve") as server:
        await server.ready()
        await server.prints("the spill file's records are in the database")
    assert place.recorded() == {"req_spilled"}
    assert not (place.data / "spill.jsonl").exists()


async def test_a_client_that_reads_slowly_at_the_stop_gets_the_whole_answer(
    place: Installation, fake_openai: FakeUpstream
) -> None:
    admin = place.json("admin", "create-key", "--name", "ops", "--scope", "admin")["key"]
    fake_openai.pace_s = 0.05
    async with place.serving("serve") as server:
        url = await server.ready()
        headers = {"authorization": f"Bearer {admin}"}
        node = {"name": "fake", "prefix": "fake", "apiType": "chat", "baseUrl": fake_openai.api_url, "local": True}
        made = await server.http.post(url + "/api/provider-nodes", json=node, headers=headers)
        connection = {"provider": made.json()["node"]["id"], "name": "main", "apiKey": fake_openai.key}
        assert (await server.http.post(url + "/api/providers", json=connection, headers=headers)).is_success
        body = {**STORY, "model": "fake/fake-large"}
        async with server.http.stream("POST", url + CHAT, json=body) as answer:
            _, reading = await first_piece(answer)
            server.stop()
            assert (await reading).endswith("data: [DONE]\n\n")
        assert await server.ended() == 0
