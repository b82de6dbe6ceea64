"""Every row of the stream contract, against real broken upstreams, with the official SDK as the client."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.fakes.faults import STATUSES
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateways import GatewayMaker, RunningGateway

HELLO: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "Tell me about the sea and the sky"}]


@pytest.fixture
async def sdk(gateway: RunningGateway) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0) as client:
        yield client


async def streamed(sdk: AsyncOpenAI, model: str = "mine/fake-large") -> str:
    """Stream an answer to its end; return its text."""
    stream = await sdk.chat.completions.create(model=model, messages=HELLO, stream=True)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    return "".join(pieces)


async def whole(sdk: AsyncOpenAI, model: str = "mine/fake-large") -> str:
    answer = await sdk.chat.completions.create(model=model, messages=HELLO)
    return answer.choices[0].message.content or ""


# Faults before anything meaningful was said: the second account answers, and the client never knows.
BEFORE_COMMIT = (
    "cut_before_content",
    "error_in_200",
    "error_json_in_200",
    "html_error",
    "empty_stream",
    "401",
    "403",
    "404",
    "408",
    "429",
    "500",
    "502",
    "503",
    "529",
)


@pytest.mark.parametrize("fault", BEFORE_COMMIT)
async def test_a_stream_that_fails_before_it_says_anything_is_tried_elsewhere(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, fault: str
) -> None:
    await gateway.connect(fake_openai, "mine", "first", "second")
    fake_openai.faults.push(fault)  # type: ignore[arg-type]
    assert "sea" in await streamed(sdk)
    (row,) = await gateway.rows(1)
    assert (row.outcome, row.status) == ("ok", 200)
    assert [attempt.failure is None for attempt in row.attempts] == [False, True]
    assert row.connection_id == row.attempts[1].connection_id != row.attempts[0].connection_id


@pytest.mark.parametrize("fault", [*BEFORE_COMMIT, "cut_mid_chunk", "cut_at_boundary", "reset", "malformed_chunk"])
async def test_a_whole_answer_that_fails_is_tried_elsewhere(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, fault: str
) -> None:
    await gateway.connect(fake_openai, "mine", "first", "second")
    fake_openai.faults.push(fault)  # type: ignore[arg-type]
    assert "sea" in await whole(sdk)
    (row,) = await gateway.rows(1)
    assert row.outcome == "ok"
    assert len(row.attempts) == 2


AFTER_COMMIT = ("cut_mid_chunk", "cut_at_boundary", "reset", "end_early", "error_mid_stream", "malformed_chunk")


@pytest.mark.parametrize("fault", AFTER_COMMIT)
async def test_a_stream_that_breaks_in_the_middle_ends_with_an_error_and_never_as_a_success(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, fault: str
) -> None:
    await gateway.connect(fake_openai, "mine", "first", "second")
    fake_openai.faults.push(fault)  # type: ignore[arg-type]
    with pytest.raises(openai.APIError):
        await streamed(sdk)
    assert len(fake_openai.generations) == 1, "what the client has seen already can't be taken back"
    (row,) = await gateway.rows(1)
    assert row.outcome == "truncated"
    assert row.error_message


async def test_the_broken_stream_itself_holds_whole_events_an_error_event_and_no_end_mark(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("cut_mid_chunk")
    answer = await gateway.chat("mine/fake-large", stream=True)
    events = answer.text.split("\n\n")
    assert events[-1] == ""
    assert all(event.startswith("data: {") and event.endswith("}") for event in events[:-1])
    assert '"error"' in events[-2]
    assert "[DONE]" not in answer.text


@pytest.mark.parametrize("fault", ["no_done", "gzip", "wrong_content_type"])
async def test_an_upstream_with_odd_manners_still_gives_a_whole_stream(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, fault: str
) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push(fault)  # type: ignore[arg-type]
    assert "sea" in await streamed(sdk)
    assert (await gateway.chat("mine/fake-large", stream=True)).text.endswith("data: [DONE]\n\n")
    rows = await gateway.rows(2)
    assert [row.outcome for row in rows] == ["ok", "ok"]


@pytest.mark.parametrize("fault", ["cut_at_boundary", "malformed_chunk"])
async def test_what_breaks_after_the_finish_does_not_make_a_complete_answer_a_cut_one(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, fault: str
) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push(fault, after=10_000)  # type: ignore[arg-type]
    assert "sea" in await streamed(sdk)
    fake_openai.faults.push(fault, after=10_000)  # type: ignore[arg-type]
    assert (await gateway.chat("mine/fake-large", stream=True)).text.endswith("data: [DONE]\n\n")
    rows = await gateway.rows(2)
    assert [row.outcome for row in rows] == ["ok", "ok"]


async def test_a_connection_that_died_while_idle_is_replaced_unseen(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    await whole(sdk)
    fake_openai.faults.push("keepalive_closed")
    assert "sea" in await whole(sdk)
    rows = await gateway.rows(2)
    assert [row.attempts for row in rows] == [(), ()]


async def test_a_slow_first_byte_is_given_up_and_tried_elsewhere(
    gateways: GatewayMaker, fake_openai: FakeUpstream
) -> None:
    gateway = await gateways(first_byte_timeout_s=0.3)
    await gateway.connect(fake_openai, "mine", "first", "second")
    fake_openai.faults.push("disconnect_watch")
    answer = await gateway.chat("mine/fake-large", stream=True)
    assert "[DONE]" in answer.text
    (row,) = await gateway.rows(1)
    assert row.attempts[0].failure == "timeout"
    await fake_openai.disconnected()


async def test_a_stalled_stream_ends_with_an_error(gateways: GatewayMaker, fake_openai: FakeUpstream) -> None:
    gateway = await gateways(idle_timeout_s=0.3)
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("stall")
    answer = await gateway.chat("mine/fake-large", stream=True)
    assert '"error"' in answer.text
    assert "[DONE]" not in answer.text
    (row,) = await gateway.rows(1)
    assert row.outcome == "truncated"
    await fake_openai.disconnected()


async def test_a_request_that_takes_too_long_in_all_is_ended(gateways: GatewayMaker, fake_openai: FakeUpstream) -> None:
    gateway = await gateways(total_timeout_s=0.5)
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("endless_stream")
    fake_openai.pace_s = 0.01
    answer = await gateway.chat("mine/fake-large", stream=True)
    assert '"error"' in answer.text
    (row,) = await gateway.rows(1)
    assert row.outcome == "truncated"
    await fake_openai.disconnected()


async def test_a_line_without_end_is_not_collected(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("huge_line")
    answer = await gateway.chat("mine/fake-large", stream=True)
    assert '"error"' in answer.text
    assert "[DONE]" not in answer.text


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_goes_away_ends_the_upstream_call_within_a_second(
    gateway: RunningGateway, fake_openai: FakeUpstream, stream: bool
) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("disconnect_watch")
    request = asyncio.create_task(gateway.chat("mine/fake-large", stream=stream))
    await fake_openai.asked()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    await fake_openai.disconnected(within_s=1.0)
    (row,) = await gateway.rows(1)
    assert (row.outcome, row.status) == ("client_closed", 499)


async def test_a_client_that_leaves_in_the_middle_of_a_stream_ends_it_upstream(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("endless_stream")
    fake_openai.pace_s = 0.01
    body = {"model": "mine/fake-large", "messages": HELLO, "stream": True}
    url = f"{gateway.url}/v1/chat/completions"
    async with httpx.AsyncClient() as http, http.stream("POST", url, json=body, headers=gateway.auth) as answer:
        async for _ in answer.aiter_bytes():
            break
    await fake_openai.disconnected(within_s=1.0)
    (row,) = await gateway.rows(1)
    assert row.outcome == "client_closed"
    assert row.first_token_us is not None


async def test_an_idle_stream_gets_heartbeats_before_and_after_it_begins(
    gateways: GatewayMaker, fake_openai: FakeUpstream
) -> None:
    gateway = await gateways(heartbeat_s=0.2)
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("slow_first_byte", delay_s=1.2)
    answer = await gateway.chat("mine/fake-large", stream=True)
    assert answer.text.startswith(": ")
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_a_failure_after_a_heartbeat_is_an_error_event(gateways: GatewayMaker, fake_openai: FakeUpstream) -> None:
    gateway = await gateways(heartbeat_s=0.2, first_byte_timeout_s=0.8)
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("disconnect_watch")
    answer = await gateway.chat("mine/fake-large", stream=True)
    assert answer.status_code == 200
    assert '"error"' in answer.text
    (row,) = await gateway.rows(1)
    assert (row.outcome, row.error_kind) == ("failed", "timeout")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("stream", [True, False])
async def test_an_error_status_becomes_what_the_sdk_understands(
    gateway: RunningGateway, sdk: AsyncOpenAI, fake_openai: FakeUpstream, status: str, stream: bool
) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push(status)  # type: ignore[arg-type]
    # The client's own mistakes come back as they are; an account that is refused is the operator's trouble, not its.
    expected = {"400": 400, "401": 502, "403": 502, "404": 404, "408": 504, "413": 413, "422": 422, "429": 429,
                "500": 502, "502": 502, "503": 503, "529": 503}[status]  # fmt: skip
    with pytest.raises(openai.APIStatusError) as caught:
        await (streamed(sdk) if stream else whole(sdk))
    assert caught.value.status_code == expected
    error = caught.value.response.json()["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    assert caught.value.response.headers["x-request-id"].startswith("req_")


async def test_a_429_passes_its_retry_after_on_at_once(gateway: RunningGateway, fake_openai: FakeUpstream) -> None:
    await gateway.connect(fake_openai, "mine")
    fake_openai.faults.push("429", retry_after="7")
    first = await gateway.chat("mine/fake-large")
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    second = await gateway.chat("mine/fake-large")
    assert second.status_code == 429
    assert 5 <= int(second.headers["retry-after"]) <= 7
    assert len(fake_openai.generations) == 1, "a provider that named a time is not asked before it"


async def test_a_client_mistake_is_not_tried_elsewhere_and_cools_nothing(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    ids = await gateway.connect(fake_openai, "mine", "first", "second")
    fake_openai.faults.push("400")
    assert (await gateway.chat("mine/fake-large")).status_code == 400
    assert len(fake_openai.generations) == 1
    shown = await gateway.admin("GET", f"/api/providers/{ids[0]}")
    assert shown["connection"]["status"] == "ready"


async def test_when_every_account_fails_the_error_lists_each_attempt(
    gateway: RunningGateway, fake_openai: FakeUpstream
) -> None:
    await gateway.connect(fake_openai, "mine", "first", "second")
    fake_openai.faults.always("500")
    answer = await gateway.chat("mine/fake-large")
    assert answer.status_code == 502
    attempts = answer.json()["error"]["attempts"]
    assert [(one["connection"], one["status"]) for one in attempts] == [("first", 500), ("second", 500)]


async def test_a_plain_model_name_goes_to_the_next_provider_that_has_it(
    gateway: RunningGateway, fakes: MakeFake, fake_openai: FakeUpstream
) -> None:
    other = await fakes(fake_openai.format)
    await gateway.connect(fake_openai, "one", defaultModel="fake-large")
    await gateway.connect(other, "two", defaultModel="fake-large")
    fake_openai.faults.push("503")
    answer = await gateway.chat("fake-large")
    assert answer.status_code == 200
    assert answer.headers["x-omniroute-provider"] == "two"
    assert answer.headers["x-omniroute-attempts"] == "2"
