"""What a model does not take is learned from its refusal, once."""

from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

ASKED = {
    "max_tokens": 2000,
    "messages": [{"role": "user", "content": "Hello there"}],
    "output_config": {"effort": "high"},
    "thinking": {"type": "adaptive"},
}


async def ask(gateway: RunningGateway, model: str, **headers: str) -> tuple[int, str]:
    url = f"{gateway.url}/v1/messages"
    answer = await gateway.http.post(url, json={**ASKED, "model": model}, headers={**gateway.auth, **headers})
    return answer.status_code, answer.headers.get("x-omniroute-dropped", "")


async def test_a_refused_optional_field_is_left_out_from_then_on_and_told(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    status, dropped = await ask(gateway, "mine/plain-model")
    assert (status, "reasoning_effort" in dropped) == (200, True)
    assert len(fake_openai.generations) == 2
    status, dropped = await ask(gateway, "mine/plain-model")
    assert (status, "reasoning_effort" in dropped) == (200, True)
    assert len(fake_openai.generations) == 3, "the second request knows already"
    await ask(gateway, "mine/fake-large")
    assert "reasoning_effort" in fake_openai.generations[-1].body, "what one model refuses another may take"


async def test_a_field_that_goes_by_a_newer_name_is_renamed(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    assert (await ask(gateway, "mine/newest-model"))[0] == 200
    assert fake_openai.generations[-1].body["max_completion_tokens"] == 2000


async def test_a_clients_own_words_are_not_repaired(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    answer = await gateway.chat("mine/plain-model", reasoning_effort="high")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "reasoning_effort"
    assert len(fake_openai.generations) == 1


async def test_a_strict_request_is_refused_rather_than_repaired(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    status, _ = await ask(gateway, "mine/plain-model", **{"x-omniroute-strict": "true"})
    assert status == 400
