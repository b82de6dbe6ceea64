"""Speech made of text, asked for by OpenAI's own client; sound that is cut is never taken for whole."""

from typing import Any

import httpx
import openai
import pytest

from tests.fakes.media import SOUND
from tests.v1.conftest import MediaBench

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/v1/audio/speech"
ASKED = {"model": "openai/tts-1", "input": "Hello there", "voice": "alloy"}


async def test_sound_streams_through_and_is_paid_by_the_letter(bench: MediaBench) -> None:
    async with bench.sdk.audio.speech.with_streaming_response.create(
        model="openai/tts-1", input="Hello there", voice="alloy"
    ) as answer:
        sound = await answer.read()
        headers = answer.headers
    assert sound == SOUND
    assert headers["content-type"] == "audio/mpeg"
    assert headers["x-omniroute-provider"] == "openai"
    row = await bench.row()
    assert (row.kind, row.outcome, row.stream, row.usage_source) == ("speech", "ok", True, "counted")
    assert (row.usage_more, row.cost_nano) == ({"characters": 11}, 11 * 15_000)
    assert row.first_token_us is not None


async def test_deepgram_speaks_too_and_its_models_are_voices(bench: MediaBench) -> None:
    answer = await bench.post(PATH, {**ASKED, "model": "deepgram/aura-2-thalia-en", "response_format": "wav"})
    assert answer.content == SOUND
    assert answer.headers["x-omniroute-dropped"] == "voice"
    (asked,) = bench.fakes["deepgram"].requests
    assert asked.query == {"model": "aura-2-thalia-en", "encoding": "linear16", "container": "wav"}


@pytest.mark.parametrize("fault", ["cut_mid_chunk", "cut_at_boundary", "reset", "stall"])
async def test_sound_that_is_cut_is_not_shown_as_a_success(bench: MediaBench, fault: Any) -> None:
    if fault == "stall":
        pytest.skip("the idle limit of the shared gateway is a minute: see the gateway's own test")
    bench.fakes["openai"].faults.push(fault)
    with pytest.raises(httpx.RemoteProtocolError):
        await bench.post(PATH, ASKED)
    row = await bench.row()
    assert (row.outcome, row.error_kind) == ("truncated", "truncated")
    assert row.cost_nano == 11 * 15_000


@pytest.mark.parametrize(
    "fault", ["429", "500", "error_json_in_200", "empty_stream", "html_error", "cut_before_content"]
)
async def test_a_try_that_does_not_begin_is_followed_by_the_next(bench: MediaBench, fault: Any) -> None:
    name = f"speak-{fault.replace('_', '-')}"
    targets = [{"model": "openai/tts-1"}, {"model": "deepgram/aura-2-thalia-en"}]
    made = await bench.gateway.admin("POST", "/api/combos", {"name": name, "strategy": "priority", "models": targets})
    bench.fakes["openai"].faults.push(fault, times=3)
    answer = await bench.post(PATH, {**ASKED, "model": name})
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["x-omniroute-provider"] == "deepgram"
    await bench.gateway.admin("DELETE", f"/api/combos/{made['id']}")


async def test_a_failure_before_any_sound_is_told_in_openais_form(bench: MediaBench) -> None:
    bench.fakes["openai"].faults.push("500", times=3)
    with pytest.raises(openai.InternalServerError):
        await bench.sdk.audio.speech.create(model="openai/tts-1", input="x", voice="alloy")
    answer = await bench.post(PATH, {**ASKED, "voice": None})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "voice")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": None}, "input"),
        ({"voice": 7}, "voice"),
        ({"response_format": "ogg"}, "response_format"),
        ({"speed": 9}, "speed"),
        ({"instructions": []}, "instructions"),
        ({"stream_format": "sse"}, "stream_format"),
        ({"model": ""}, "model"),
    ],
)
async def test_a_wrong_field_is_named(bench: MediaBench, change: Any, param: str) -> None:
    answer = await bench.post(PATH, {**ASKED, **change})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not bench.fakes["openai"].requests
