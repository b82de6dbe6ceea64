"""Traffic as one watches: clients of several formats that ask the gateway over its own port."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import httpx

from omniroute.commands.stage.cast import HABITS, Habit
from omniroute.commands.stage.setting import Stage
from omniroute.kit.ids import new_id

_PAUSE_S = 0.45  # between requests, on the average
_TURNS = 4
_TOPICS = (
    "Summarize the open tickets of this week.",
    "Why does this test fail on Windows only?",
    "Write a friendly answer to a customer whose parcel is late.",
    "Which index would make this query faster?",
    "Translate the release notes into German.",
    "Name three risks of this migration.",
    "Extract every date from this contract.",
)


class Traffic:
    """Sends requests until it is cancelled."""

    def __init__(self, url: str, stage: Stage) -> None:
        self._url = url
        self._stage = stage
        self._chance = random.Random()  # noqa: S311 - nothing secret

    async def run(self) -> None:
        """Let conversations begin, one after the other."""
        async with (
            httpx.AsyncClient(base_url=self._url, timeout=60, trust_env=False) as client,
            asyncio.TaskGroup() as talks,
        ):
            while True:
                habit = self._chance.choices(HABITS, [one.weight for one in HABITS])[0]
                talks.create_task(self._talk(client, habit))
                await asyncio.sleep(self._chance.expovariate(1 / (_PAUSE_S * _TURNS / 2)))

    async def _talk(self, client: httpx.AsyncClient, habit: Habit) -> None:
        """Ask a few things in one conversation."""
        session, model = new_id("chat"), self._chance.choice(habit.models)
        for _ in range(self._chance.randint(1, _TURNS)):
            with suppress(httpx.HTTPError):
                await self._ask(client, habit, session, model)
            await asyncio.sleep(self._chance.uniform(0.5, 3))

    async def _ask(self, client: httpx.AsyncClient, habit: Habit, session: str, model: str) -> None:
        headers = {
            "authorization": f"Bearer {self._stage.keys[habit.key].text.reveal()}",
            "user-agent": habit.agent,
            "x-session-id": session,
        }
        body = _body(habit, model, self._chance.choice(_TOPICS))
        async with client.stream("POST", habit.path, json=body, headers=headers) as answer:
            async for _ in answer.aiter_raw():
                pass


def _body(habit: Habit, model: str, topic: str) -> dict[str, Any]:
    """Spell the request in the habit's format."""
    context = "The context of the question follows. " * (habit.prompt_tokens // 24)
    text = f"{context}\n\n{topic}"
    common = {"model": model, "stream": habit.stream}
    if habit.path == "/v1/responses":
        return {**common, "input": text, "store": False}
    return {**common, "max_tokens": habit.answer_tokens, "messages": [{"role": "user", "content": text}]}
