"""Conversations kept by the gateway, with OpenAI's own client, on upstreams of all five formats."""

from collections.abc import AsyncIterator
from typing import Any, cast

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseFunctionToolCall

from omniroute.formats.hub import Format
from omniroute.services.keys import KeyDraft, Scope
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway

MODEL = "mine/fake-large"
EVERY = pytest.mark.parametrize("upstream", list(Format), ids=str)
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
TOOL: Any = {
    "type": "function",
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


def client(gateway: RunningGateway, key: str | None = None) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=key or gateway.key, max_retries=0)


@pytest.fixture
async def sdk(gateway: RunningGateway) -> AsyncIterator[AsyncOpenAI]:
    async with client(gateway) as made:
        yield made


async def ask(sdk: AsyncOpenAI, text: Any, *, stream: bool = False, model: str = MODEL, **more: Any) -> Response:
    """Ask, and return the response that the client ends up with."""
    if not stream:
        return cast("Response", await sdk.responses.create(model=model, input=text, **more))
    async with sdk.responses.stream(model=model, input=text, **more) as events:
        async for event in events:
            if event.type == "response.created":
                assert event.response.previous_response_id == more.get("previous_response_id")
        return await events.get_final_response()


def stored(response: Response) -> object:
    """Return a field that the client's types do not have."""
    return response.model_dump()["store"]


@EVERY
@BOTH
async def test_a_conversation_goes_on_from_an_earlier_answer(
    gateway: RunningGateway, sdk: AsyncOpenAI, fakes: MakeFake, upstream: Format, stream: bool
) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "mine")
    first = await ask(sdk, "My name is Ada", stream=stream)
    second = await ask(sdk, "I live in Oslo", stream=stream, previous_response_id=first.id)
    third = await ask(sdk, "Who am I", stream=stream, previous_response_id=second.id)
    assert "Who am I" in third.output_text
    assert [one.previous_response_id for one in (first, second, third)] == [None, first.id, second.id]
    assert stored(third) is True
    seen = fake.generations[-1].raw.decode()
    order = [seen.index(text) for text in ("My name is Ada", first.output_text, "I live in Oslo", "Who am I")]
    assert order == sorted(order)
    assert "previous_response_id" not in fake.generations[-1].body


@EVERY
@BOTH
async def test_a_tool_round_trip_needs_the_result_alone(
    gateway: RunningGateway, sdk: AsyncOpenAI, fakes: MakeFake, upstream: Format, stream: bool
) -> None:
    await gateway.connect(await fakes(upstream), "mine")
    asked = await ask(sdk, "How is the weather in Oslo?", stream=stream, tools=[TOOL])
    (call,) = [item for item in asked.output if isinstance(item, ResponseFunctionToolCall)]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "Snow, of course"}
    told = await ask(sdk, [result], stream=stream, tools=[TOOL], previous_response_id=asked.id)
    assert "Snow, of course" in told.output_text


@pytest.mark.parametrize("upstream", [Format.OPENAI_RESPONSES, Format.ANTHROPIC, Format.GEMINI], ids=str)
async def test_the_state_of_reasoning_goes_home_with_the_next_turn(
    gateway: RunningGateway, sdk: AsyncOpenAI, fakes: MakeFake, upstream: Format
) -> None:
    fake = await fakes(upstream)
    await gateway.connect(fake, "mine")
    include = ["reasoning.encrypted_content"]
    more: Any = {"reasoning": {"effort": "low", "summary": "auto"}, "include": include, "max_output_tokens": 9000}
    asked = await ask(sdk, "How is the weather in Oslo?", tools=[TOOL], **more)
    (call,) = [item for item in asked.output if isinstance(item, ResponseFunctionToolCall)]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "Snow, of course"}
    told = await ask(sdk, [result], tools=[TOOL], previous_response_id=asked.id, **more)
    assert "Snow, of course" in told.output_text
    sealed = {"openai-responses": "encrypted_content", "anthropic": "signature", "gemini": "thoughtSignature"}
    sent = fake.generations[-1].raw.decode()
    assert f'"{sealed[upstream.value]}":"' in sent, "what the vendor signed comes back to it"
    assert "omniroute." not in sent


async def test_another_vendors_thoughts_are_left_out_where_they_mean_nothing(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_ollama: FakeUpstream, fake_responses: FakeUpstream
) -> None:
    await gateway.connect(fake_ollama, "mine")
    await gateway.connect(fake_responses, "vendor")
    fake_ollama.say("think")
    first = await ask(sdk, "Think of a number", model="mine/fake-large", reasoning={"effort": "low"})
    assert first.output[0].type == "reasoning"
    await ask(sdk, "And now", model="vendor/fake-large", previous_response_id=first.id)
    kinds = [item.get("type") for item in fake_responses.generations[-1].body["input"]]
    assert kinds == ["message", "message", "message"]
    third = await ask(sdk, "And again", model="mine/fake-large", previous_response_id=first.id)
    assert "thinking" in fake_ollama.generations[-1].raw.decode(), "its own vendor gets them back"
    assert third.output_text


async def test_instructions_are_not_inherited(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    first = await ask(sdk, "Hello", instructions="Talk like a pirate")
    second = await ask(sdk, "Hello again", instructions="Be brief", previous_response_id=first.id)
    messages = fake_openai.generations[-1].body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert second.instructions == "Be brief"
    assert "pirate" not in fake_openai.generations[-1].raw.decode()


async def test_conversations_may_branch(gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    first = await ask(sdk, "The trunk")
    for branch in ("left", "right"):
        await ask(sdk, f"The {branch} branch", previous_response_id=first.id)
    assert "left" not in fake_openai.generations[-1].raw.decode()


@BOTH
async def test_what_is_not_to_be_stored_is_not(
    gateway: RunningGateway, sdk: AsyncOpenAI, fakes: MakeFake, stream: bool
) -> None:
    for upstream in (Format.OPENAI_CHAT, Format.ANTHROPIC):
        await gateway.connect(await fakes(upstream), f"my-{upstream.value}")
        model = f"my-{upstream.value}/fake-large"
        answer = await ask(sdk, "A secret", stream=stream, model=model, store=False)
        assert stored(answer) is False
        with pytest.raises(openai.NotFoundError):
            await sdk.responses.retrieve(answer.id)
        with pytest.raises(openai.BadRequestError) as raised:
            await ask(sdk, "Go on", model=model, previous_response_id=answer.id)
        assert raised.value.code == "previous_response_not_found"
        assert raised.value.param == "previous_response_id"


@BOTH
async def test_an_answer_that_is_not_stored_may_go_on_from_one_that_is(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_responses: FakeUpstream, stream: bool
) -> None:
    await gateway.connect(fake_responses, "mine")
    first = await ask(sdk, "My name is Ada")
    assert "store" not in fake_responses.generations[-1].body
    second = await ask(sdk, "Who am I", stream=stream, previous_response_id=first.id, store=False)
    assert (second.previous_response_id, stored(second)) == (first.id, False)
    body = fake_responses.generations[-1].body
    assert body["store"] is False
    assert len(body["input"]) == 3
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(second.id)


async def test_an_incomplete_answer_is_kept_and_a_failed_one_is_not(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_anthropic: FakeUpstream
) -> None:
    await gateway.connect(fake_anthropic, "mine")
    fake_anthropic.say("story")
    stream = await sdk.responses.create(model=MODEL, input="Tell me a story", stream=True, max_output_tokens=16)
    *_, last = [event async for event in stream]
    assert last.type == "response.incomplete"
    assert await sdk.responses.retrieve(last.response.id) == last.response
    fake_anthropic.faults.push("cut_mid_chunk")
    stream = await sdk.responses.create(model=MODEL, input="Hello there", stream=True)
    begun = await anext(stream)
    assert begun.type == "response.created"
    with pytest.raises(openai.APIError):
        _ = [event async for event in stream]
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(begun.response.id)


async def test_a_vendors_own_id_goes_to_the_vendor_as_it_is(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_responses: FakeUpstream, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_responses, "vendor")
    await gateway.connect(fake_openai, "chat")
    async with AsyncOpenAI(base_url=fake_responses.api_url, api_key=fake_responses.key) as direct:
        first = await direct.responses.create(model="fake-large", input="My name is Ada")
    second = await ask(sdk, "Who am I", model="vendor/fake-large", previous_response_id=first.id)
    assert fake_responses.generations[-1].body["previous_response_id"] == first.id
    third = await ask(sdk, "And now", model="vendor/fake-large", previous_response_id=second.id)
    assert third.previous_response_id == second.id, "the vendor has the whole chain, the gateway only its end"
    with pytest.raises(openai.BadRequestError) as raised:
        await ask(sdk, "Who am I", model="chat/fake-large", previous_response_id=first.id)
    assert raised.value.code == "previous_response_not_found"
    with pytest.raises(openai.BadRequestError) as raised:
        await ask(sdk, "Who am I", model="vendor/fake-large", previous_response_id="resp_nowhere")
    assert raised.value.code == "previous_response_not_found"


@BOTH
async def test_conversations_outlive_the_gateway(
    gateways: GatewayMaker, fake_gemini: FakeUpstream, stream: bool
) -> None:
    before = await gateways()
    await before.connect(fake_gemini, "mine")
    async with client(before) as sdk:
        first = await ask(sdk, "My name is Ada", stream=stream)
    await before.gateway.plane.flush()
    after = await gateways(data_dir=before.gateway.settings.data_dir)
    async with client(after, before.key) as sdk:
        kept = await sdk.responses.retrieve(first.id)
        second = await ask(sdk, "Who am I", stream=stream, previous_response_id=first.id)
    assert kept.output_text == first.output_text
    assert second.previous_response_id == first.id
    assert "My name is Ada" in fake_gemini.generations[-1].raw.decode()


async def test_another_key_knows_nothing_of_an_answer(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    first = await ask(sdk, "My name is Ada")
    stranger = await gateway.gateway.services.keys.create(
        KeyDraft(name="stranger", scopes=frozenset({Scope.INFERENCE}))
    )
    for _ in range(2):  # from memory, then from the database
        async with client(gateway, stranger.secret.reveal()) as other:
            with pytest.raises(openai.NotFoundError):
                await other.responses.retrieve(first.id)
            with pytest.raises(openai.NotFoundError):
                await other.responses.delete(first.id)
            with pytest.raises(openai.NotFoundError):
                await other.responses.input_items.list(first.id)
            with pytest.raises(openai.BadRequestError):
                await ask(other, "Who am I", previous_response_id=first.id)
        await gateway.gateway.plane.flush()
    assert (await sdk.responses.retrieve(first.id)).id == first.id


async def test_without_keys_everybody_shares(gateways: GatewayMaker, fake_openai: FakeUpstream) -> None:
    gateway = await gateways(require_api_key=False)
    await gateway.connect(fake_openai, "mine")
    async with client(gateway, "anything") as sdk:
        first = await ask(sdk, "My name is Ada")
        second = await ask(sdk, "Who am I", previous_response_id=first.id)
    assert second.previous_response_id == first.id


async def test_zero_days_keep_nothing_and_say_so(
    gateways: GatewayMaker, fake_openai: FakeUpstream, fake_responses: FakeUpstream
) -> None:
    gateway = await gateways(stored_responses_days=0)
    await gateway.connect(fake_openai, "mine")
    await gateway.connect(fake_responses, "vendor")
    async with client(gateway) as sdk:
        first = await ask(sdk, "My name is Ada")
        with pytest.raises(openai.NotFoundError):
            await sdk.responses.retrieve(first.id)
        with pytest.raises(openai.BadRequestError, match="STORED_RESPONSES_DAYS") as raised:
            await ask(sdk, "Who am I", previous_response_id=first.id)
        assert raised.value.code == "previous_response_not_found"
        own = await ask(sdk, "My name is Ada", model="vendor/fake-large")
        assert "Who" in (await ask(sdk, "Who", model="vendor/fake-large", previous_response_id=own.id)).output_text


async def test_references_to_items_of_a_translated_answer_are_resolved(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_anthropic: FakeUpstream
) -> None:
    """The AI SDK says its earlier turns so."""
    await gateway.connect(fake_anthropic, "mine")
    first = await ask(sdk, "How is the weather in Oslo?", tools=[TOOL])
    (call,) = [item for item in first.output if isinstance(item, ResponseFunctionToolCall)]
    again = [
        {"role": "user", "content": "How is the weather in Oslo?"},
        *({"type": "item_reference", "id": item.id} for item in first.output),
        {"type": "function_call_output", "call_id": call.call_id, "output": "Snow, of course"},
    ]
    told = await ask(sdk, again, tools=[TOOL])
    assert "Snow, of course" in told.output_text


async def test_a_conversation_that_has_grown_too_long_is_refused(
    gateways: GatewayMaker, fake_openai: FakeUpstream
) -> None:
    gateway = await gateways(max_body_bytes=8192)
    await gateway.connect(fake_openai, "mine")
    async with client(gateway) as sdk:
        first = await ask(sdk, "x" * 4000)
        with pytest.raises(openai.APIStatusError) as raised:
            await ask(sdk, "more", previous_response_id=first.id)
    assert raised.value.status_code == 413


@pytest.mark.parametrize("bad", [{"input": 5}, {"previous_response_id": 5}, {"store": "yes"}], ids=str)
async def test_wrong_types_are_the_clients_mistake(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, bad: dict[str, Any]
) -> None:
    await gateway.connect(fake_openai, "mine")
    first = await ask(sdk, "Hello")
    body = {"model": MODEL, "input": "Hello", "previous_response_id": first.id, **bad}
    answer = await gateway.http.post(f"{gateway.url}/v1/responses", json=body, headers=gateway.auth)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] in bad
