"""Kept answers, looked at and deleted with OpenAI's own client."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from omniroute.formats.hub import Format
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import RunningGateway

MODEL = "mine/fake-large"
TALK: Any = [
    {"role": "user", "content": "One"},
    {"role": "assistant", "content": "Two"},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Three"}]},
    {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "Snow"},
    {"role": "user", "content": "Four"},
]


@pytest.fixture
async def sdk(gateway: RunningGateway) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("upstream", list(Format), ids=str)
async def test_an_answer_is_retrieved_as_the_client_got_it(
    gateway: RunningGateway, sdk: AsyncOpenAI, fakes: MakeFake, upstream: Format
) -> None:
    await gateway.connect(await fakes(upstream), "mine")
    whole = await sdk.responses.create(model=MODEL, input="Hello there")
    events = [event async for event in await sdk.responses.create(model=MODEL, input="Hello you", stream=True)]
    assert events[-1].type == "response.completed"
    for told in (whole, events[-1].response):
        assert await sdk.responses.retrieve(told.id) == told
    await gateway.gateway.plane.flush()
    assert await sdk.responses.retrieve(whole.id) == whole


@pytest.mark.parametrize("written", [False, True], ids=["waiting", "written"])
async def test_a_deleted_answer_is_gone(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, written: bool
) -> None:
    await gateway.connect(fake_openai, "mine")
    answer = await sdk.responses.create(model=MODEL, input="Hello there")
    if written:
        await gateway.gateway.plane.flush()
    deleted = await gateway.http.delete(f"{gateway.url}/v1/responses/{answer.id}", headers=gateway.auth)
    assert deleted.json() == {"id": answer.id, "object": "response", "deleted": True}
    await gateway.gateway.plane.flush()
    for call in (sdk.responses.retrieve, sdk.responses.delete):
        with pytest.raises(openai.NotFoundError):
            await call(answer.id)
    with pytest.raises(openai.BadRequestError):
        await sdk.responses.create(model=MODEL, input="Go on", previous_response_id=answer.id)


async def test_input_items_come_in_pages(gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    answer = await sdk.responses.create(model=MODEL, input=TALK)
    newest = await sdk.responses.input_items.list(answer.id)
    assert [item.type for item in newest.data] == [
        "message",
        "function_call_output",
        "function_call",
        "message",
        "message",
        "message",
    ]
    texts = [item.content[0].text for item in newest.data if item.type == "message"]  # type: ignore[union-attr]
    assert texts == ["Four", "Three", "Two", "One"]
    assert len({item.id for item in newest.data}) == len(TALK)
    first = await sdk.responses.input_items.list(answer.id, order="asc", limit=4)
    assert (len(first.data), first.has_more) == (4, True)
    rest = await sdk.responses.input_items.list(answer.id, order="asc", limit=4, after=str(first.data[-1].id))
    assert (len(rest.data), rest.has_more) == (2, False)
    walked = [item.id async for item in sdk.responses.input_items.list(answer.id, limit=1)]
    assert walked == [item.id for item in newest.data]


async def test_input_items_hold_earlier_turns_too(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    first = await sdk.responses.create(model=MODEL, input="My name is Ada")
    second = await sdk.responses.create(model=MODEL, input="Who am I", previous_response_id=first.id)
    items = await sdk.responses.input_items.list(second.id, order="asc")
    assert [item.content[0].text for item in items.data if item.type == "message"] == [  # type: ignore[union-attr]
        "My name is Ada",
        first.output_text,
        "Who am I",
    ]
    assert items.data[1].id == first.output[0].id


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=many", "order=up", "after=msg_nowhere", "limit=%C2%B2"]
)
async def test_a_page_that_cannot_be_is_the_clients_mistake(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, query: str
) -> None:
    await gateway.connect(fake_openai, "mine")
    answer = await sdk.responses.create(model=MODEL, input="Hello there")
    url = f"{gateway.url}/v1/responses/{answer.id}/input_items?{query}"
    refused = await gateway.http.get(url, headers=gateway.auth)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == query.partition("=")[0]


async def test_errors_are_openais(gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    answer = await sdk.responses.create(model=MODEL, input="Hello there")
    for path in ("resp_nowhere", "resp_%00", "x" * 2000, "resp_%E2%82%AC", "resp_nowhere/input_items"):
        missing = await gateway.http.get(f"{gateway.url}/v1/responses/{path}", headers=gateway.auth)
        assert missing.status_code == 404, path
        assert set(missing.json()["error"]) == {"message", "type", "param", "code"}
    with pytest.raises(openai.BadRequestError):
        await sdk.responses.retrieve(answer.id, stream=True)
    nobody = await gateway.http.get(f"{gateway.url}/v1/responses/{answer.id}")
    assert nobody.status_code == 401
    wrong = await gateway.http.put(f"{gateway.url}/v1/responses/{answer.id}", headers=gateway.auth)
    assert wrong.status_code == 405
