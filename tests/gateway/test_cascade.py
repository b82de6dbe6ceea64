"""Cascades through a whole gateway: cheap first, and up when an answer does not pass."""

from typing import Any

import pytest

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

ASKED_FOR_JSON: dict[str, Any] = {"response_format": {"type": "json_object"}}


class Ladder:
    """A gateway with a cheap rung and a dear one, each before a fake whose prices are known."""

    def __init__(self, gateway: RunningGateway, low: FakeUpstream, high: FakeUpstream) -> None:
        self.gateway = gateway
        self.low = low
        self.high = high

    async def build(self, **config: Any) -> None:
        for provider, fake in (("openai", self.low), ("groq", self.high)):
            body = {"provider": provider, "name": provider, "apiKey": fake.key, "baseUrl": fake.api_url, "local": True}
            await self.gateway.admin("POST", "/api/providers", body)
        targets = [{"model": "openai/gpt-4o-mini"}, {"model": "groq/openai/gpt-oss-120b"}]
        combo = {"name": "ladder", "strategy": "cascade", "targets": targets, "config": config}
        await self.gateway.admin("POST", "/api/combos", combo)

    def asked(self) -> tuple[int, int]:
        return len(self.low.generations), len(self.high.generations)


@pytest.fixture
async def ladder(gateway: RunningGateway, fakes: MakeFake) -> Ladder:
    return Ladder(gateway, await fakes(Format.OPENAI_CHAT), await fakes(Format.OPENAI_CHAT))


@pytest.mark.parametrize("stream", [False, True])
async def test_a_good_cheap_answer_is_taken(ladder: Ladder, stream: bool) -> None:
    await ladder.build()
    answered = await ladder.gateway.chat("ladder", stream=stream)
    assert answered.status_code == 200
    assert answered.headers["x-omniroute-provider"] == "openai"
    assert answered.headers["x-omniroute-decision"] == "cascade: the lowest rung of 2"
    assert ladder.asked() == (1, 0)
    if stream:
        assert answered.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_that_does_not_pass_is_tried_higher_up_and_paid_for(ladder: Ladder, stream: bool) -> None:
    await ladder.build()
    ladder.low.say("story")  # no JSON, though asked for
    ladder.high.say("json")
    answered = await ladder.gateway.chat("ladder", stream=stream, **ASKED_FOR_JSON)
    assert answered.headers["x-omniroute-provider"] == "groq"
    assert ladder.asked() == (1, 1)
    await ladder.gateway.rows(1)
    shown = await ladder.gateway.admin("GET", f"/api/usage/request-logs/{answered.headers['x-request-id']}")
    refused, taken = shown["attempts"]
    assert (refused["failure"], refused["provider"], taken["failure"]) == ("answer", "openai", None)
    assert "it is not JSON" in refused["message"]
    assert refused["outputTokens"] > 0
    assert shown["costUsd"] > refused["costUsd"] > 0
    assert shown["decision"]["reason"] == "cascade: number 2 of 2, after 1 failed"
    sums = await ladder.gateway.admin("GET", "/api/usage/history")
    assert sums["byProvider"]["openai"]["requests"] == 0
    assert sums["byProvider"]["openai"]["cost"] == pytest.approx(refused["costUsd"])
    assert sums["totalCost"] == pytest.approx(shown["costUsd"])
    assert set(sums["byCombo"]) == {"ladder"}


async def test_a_replay_of_a_cascade_refuses_as_often_as_was_recorded(ladder: Ladder) -> None:
    await ladder.build(checks={"minCharacters": 40})
    for number in range(20):
        ladder.low.say("story" if number % 2 else "echo")
        await ladder.gateway.chat("ladder")
    await ladder.gateway.rows(20)
    told = await ladder.gateway.admin("POST", "/api/routing/replay", {"combo": "ladder", "seed": 3})
    by_name = {one["target"].partition("@")[0]: one for one in told["targets"]}
    assert by_name["openai/gpt-4o-mini"]["refusalRate"] == 0.5
    assert by_name["groq/openai/gpt-oss-120b"]["refusalRate"] == 0
    shares = {name.partition("@")[0]: share for name, share in told["replayed"]["share"].items()}
    assert 0.2 < shares["openai/gpt-4o-mini"] < 0.8
    assert told["replayed"]["attempts"] > told["requests"]
    assert told["replayed"]["costUsd"] > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_failure_goes_up_too_and_the_last_rung_is_taken_as_it_is(ladder: Ladder, stream: bool) -> None:
    await ladder.build(checks={"minCharacters": 100_000})
    ladder.low.faults.push("503")
    answered = await ladder.gateway.chat("ladder", stream=stream)
    assert (answered.status_code, answered.headers["x-omniroute-provider"]) == (200, "groq")
    assert ladder.asked() == (1, 1)


async def test_a_stream_of_a_lower_rung_is_not_heard_before_it_passed(ladder: Ladder) -> None:
    await ladder.build(checks={"pattern": "^never$"})
    ladder.low.say("echo")
    ladder.high.say("story")
    answered = await ladder.gateway.chat("ladder", text="A secret of the lower rung", stream=True)
    assert "secret" not in answered.text
    assert answered.text.endswith("data: [DONE]\n\n")


async def test_with_the_upper_rung_cooling_the_lower_one_is_taken_as_it_is(ladder: Ladder) -> None:
    await ladder.build(checks={"minCharacters": 100_000})
    ladder.high.faults.push("429", retry_after="60")
    assert (await ladder.gateway.chat("ladder")).status_code == 429
    answered = await ladder.gateway.chat("ladder")
    assert (answered.status_code, answered.headers["x-omniroute-provider"]) == (200, "openai")
    assert ladder.asked() == (2, 1)


async def test_checks_that_make_no_sense_are_refused(ladder: Ladder) -> None:
    for checks in ({"pattern": "("}, {"minCharacters": -1}, {"unknown": 1}):
        body = {"name": "x", "strategy": "cascade", "targets": [{"model": "a/b"}], "config": {"checks": checks}}
        headers = {"authorization": f"Bearer {ladder.gateway.admin_key}"}
        refused = await ladder.gateway.http.post(ladder.gateway.url + "/api/combos", json=body, headers=headers)
        assert refused.status_code in {400, 422}
        assert "config.checks" in refused.text
