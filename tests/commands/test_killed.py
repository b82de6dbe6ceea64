"""A server that is killed under load: nothing that a budget let through is spent unseen."""

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.commands.programs import CHAT, Installation, Serving
from tests.fakes.upstream import FakeUpstream

pytestmark = pytest.mark.slow

NANO = 1_000_000_000
LIMIT_USD = 1.0
PRICE = {"input": 1, "output": 10}
ANSWER_TOKENS = 200


def nano(usage: dict[str, int]) -> int:
    """What an answer costs at PRICE."""
    return usage["prompt_tokens"] * 1_000 + usage["completion_tokens"] * 10_000


@dataclass(kw_only=True)
class Operator:
    """Who manages a running server."""

    server: Serving
    url: str
    key: str

    async def does(self, method: str, path: str, body: object = None) -> Any:
        headers = {"authorization": f"Bearer {self.key}"}
        answer = await self.server.http.request(method, self.url + path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def budget(self) -> dict[str, float]:
        found: dict[str, float] = (await self.does("GET", "/api/usage/budget"))["budgets"][0]
        return found


async def set_up(operator: Operator, fake: FakeUpstream) -> None:
    node = {"name": "fake", "prefix": "fake", "apiType": "chat", "baseUrl": fake.api_url, "local": True}
    made = await operator.does("POST", "/api/provider-nodes", node)
    connection = {"provider": made["node"]["id"], "name": "main", "apiKey": fake.key}
    await operator.does("POST", "/api/providers", connection)
    await operator.does("PUT", "/api/pricing", {"fake": {"fake-large": PRICE}})
    budget = {"keyId": "global", "limit": LIMIT_USD, "period": "monthly"}
    await operator.does("POST", "/api/usage/budget", budget)


def recorded(place: Installation) -> dict[str, tuple[int | None, str, str | None]]:
    """Return cost, source of the figures and kind of error of each recorded request."""
    connection = sqlite3.connect(place.data / "storage.sqlite")
    try:
        found = connection.execute("SELECT id, cost_nano, usage_source, error_kind FROM request_logs").fetchall()
    finally:
        connection.close()
    return {row[0]: row[1:] for row in found}


class Load:
    """Clients that ask and ask, until their gateway is gone: what they got, and what it cost."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.costs: dict[str, int] = {}

    async def client(self, number: int) -> None:
        body = {
            "model": "fake/fake-large",
            "messages": [{"role": "user", "content": f"Tell client {number} something about everything"}],
            "max_tokens": ANSWER_TOKENS,
            "stream": number % 2 == 0,
            "stream_options": {"include_usage": True} if number % 2 == 0 else None,
        }
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            while True:
                try:
                    answer = await http.post(self.url + CHAT, json={k: v for k, v in body.items() if v is not None})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.costs[answer.headers["x-request-id"]] = nano(_usage(answer))


def _usage(answer: httpx.Response) -> dict[str, int]:
    if not answer.headers["content-type"].startswith("text/event-stream"):
        return dict(answer.json()["usage"])
    chunks = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: {")]
    return dict(next(chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")))


async def test_a_kill_under_load_loses_no_spending_and_charges_what_was_under_way(
    place: Installation, fake_openai: FakeUpstream
) -> None:
    key = place.json("admin", "create-key", "--name", "ops", "--scope", "admin")["key"]
    fake_openai.pace_s = 0.004
    async with place.serving("serve") as server:
        url = await server.ready()
        operator = Operator(server=server, url=url, key=key)
        await set_up(operator, fake_openai)
        load = Load(url)
        clients = [asyncio.create_task(load.client(number)) for number in range(40)]
        async with asyncio.timeout(30):
            while len(load.costs) < 150:
                await asyncio.sleep(0.01)
        before = await operator.budget()
        server.process.kill()
        await server.process.wait()
        await asyncio.gather(*clients)
    at_the_end = recorded(place)
    async with place.serving("serve") as server:
        url = await server.ready()
        after = await Operator(server=server, url=url, key=key).budget()
        rows = recorded(place)
        server.stop()
        await server.ended()
    # Every answer that a client got is in the database, at exactly what it cost, also those the kill caught unwritten.
    assert {one: rows[one][0] for one in load.costs} == load.costs
    # What was under way is there at the most that it may have used, marked as such.
    lost = {one: row for one, row in rows.items() if row[2] == "lost"}
    assert lost
    assert len(rows) > len(at_the_end)
    assert all(row[0] is not None and row[0] > 0 and row[1] == "estimated" for row in lost.values())
    # The budget goes on from all of it.
    assert round(after["spent"] * NANO) == sum(row[0] or 0 for row in rows.values())
    assert after["spent"] >= before["spent"]
    assert after["spent"] <= LIMIT_USD
    assert after["reserved"] == 0
    assert not list((place.data / "journal").iterdir())
