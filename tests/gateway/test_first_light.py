"""The main job, seen by a client: whole and streamed answers through the demo and through a custom node."""

from openai import AsyncOpenAI

from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway


def client(gateway: RunningGateway) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0)


async def test_the_demo_echoes_whole_and_streamed(gateway: RunningGateway) -> None:
    async with client(gateway) as openai:
        whole = await openai.chat.completions.create(
            model="demo/echo", messages=[{"role": "user", "content": "Hello there"}]
        )
        assert "Hello there" in (whole.choices[0].message.content or "")
        stream = await openai.chat.completions.create(
            model="demo/echo", messages=[{"role": "user", "content": "Hello there"}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
    assert text == whole.choices[0].message.content


async def test_a_custom_node_answers_whole_and_streamed(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    async with client(gateway) as openai:
        whole = await openai.chat.completions.create(
            model="mine/fake-large", messages=[{"role": "user", "content": "Hello there"}]
        )
        assert whole.choices[0].message.content
        stream = await openai.chat.completions.create(
            model="mine/fake-large", messages=[{"role": "user", "content": "Hello there"}], stream=True
        )
        chunks = [chunk async for chunk in stream]
    assert all(chunk.choices for chunk in chunks), "the usage event that the client did not ask for is taken out"
    assert [request.body["model"] for request in fake_openai.generations] == ["fake-large", "fake-large"]
    rows = await gateway.rows(2)
    assert [row.outcome for row in rows] == ["ok", "ok"]
    assert all(row.input_tokens and row.output_tokens and row.usage_source == "final" for row in rows)
