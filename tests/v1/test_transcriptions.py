"""Transcripts, asked for by OpenAI's own client."""

import asyncio
import json
from typing import Any

import openai
import pytest

from tests.fakes.media import SECONDS, TEXT
from tests.v1.conftest import MOST_BYTES, MediaBench
from tests.v1.sounds import MEDIA, SOUNDS, wav

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/v1/audio/transcriptions"
MODELS = ("openai/whisper-1", "groq/whisper-large-v3", "deepgram/nova-3", "assemblyai/best", "mine/whisper")
MP3 = ("talk.mp3", SOUNDS["mp3"])


async def send(bench: MediaBench, data: Any, file: Any = MP3, path: str = PATH) -> Any:
    return await bench.post(path, files=None if file is None else {"file": file}, data=data)


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_has_its_four_fields_and_is_paid_by_the_second(bench: MediaBench, model: str) -> None:
    raw = await bench.sdk.audio.transcriptions.with_raw_response.create(model=model, file=MP3)
    made = json.loads(raw.text)
    seconds = 4 if model.startswith("assemblyai") else SECONDS
    assert (made["text"], made["task"], made["duration"]) == (TEXT, "transcribe", seconds)
    assert made["language"] in {"english", "en", "en_us"}
    assert raw.headers["x-omniroute-provider"] == model.partition("/")[0]
    row = await bench.row()
    assert (row.kind, row.outcome, row.usage_source) == ("transcription", "ok", "final")
    assert row.usage_more == {"audio_ms": int(seconds * 1000)}
    prices = {"openai": 6_000_000, "groq": 1_850_000, "deepgram": 4_300_000, "assemblyai": 2_500_000}
    price = prices.get(model.partition("/")[0])
    assert row.cost_nano == (None if price is None else round(seconds * price / 60))


@pytest.mark.parametrize("kind", SOUNDS)
async def test_a_sound_is_told_by_its_content_not_by_its_name(bench: MediaBench, kind: str) -> None:
    answer = await send(bench, {"model": "deepgram/nova-3"}, ("notes.txt", SOUNDS[kind], "text/plain"))
    assert answer.status_code == 200, answer.text
    (asked,) = bench.fakes["deepgram"].requests
    assert asked.headers["content-type"] == MEDIA[kind]
    assert asked.raw == SOUNDS[kind]


@pytest.mark.parametrize("model", ["openai/whisper-1", "deepgram/nova-3", "assemblyai/best"])
async def test_every_spelling_comes_from_every_provider(bench: MediaBench, model: str) -> None:
    async def told(form: str) -> Any:
        return await send(bench, {"model": model, "response_format": form})

    assert (await told("text")).text == TEXT + "\n"
    srt = await told("srt")
    assert srt.text.startswith("1\n00:00:00,000 --> 00:00:00,900\nHello there.\n\n2\n00:00:01,500 --> 00:00:03,000\n")
    assert srt.headers["content-type"].startswith("text/plain")
    vtt = await told("vtt")
    assert vtt.text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nHello there.\n")
    assert vtt.headers["content-type"].startswith("text/vtt")


@pytest.mark.parametrize("model", ["openai/whisper-1", "deepgram/nova-3", "assemblyai/best"])
async def test_times_are_told_by_the_word_and_by_the_segment(bench: MediaBench, model: str) -> None:
    made = await bench.sdk.audio.transcriptions.create(
        model=model, file=MP3, response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert [word.word for word in made.words or ()] == ["Hello", "there.", "This", "is", "a", "test."]
    assert [(one.start, one.end) for one in made.segments or ()] == [(0.0, 0.9), (1.5, 3.0)]


async def test_a_model_that_tells_no_times_is_not_asked_for_them(bench: MediaBench) -> None:
    plain = await send(bench, {"model": "openai/gpt-4o-transcribe"})
    assert plain.json()["text"] == TEXT
    assert plain.json()["usage"] == {"type": "tokens", "input_tokens": 35, "output_tokens": 10, "total_tokens": 45}
    row = await bench.row()
    assert row.cost_nano == 35 * 6000 + 10 * 10_000
    subtitles = await send(bench, {"model": "openai/gpt-4o-transcribe", "response_format": "srt"})
    assert (subtitles.status_code, subtitles.json()["error"]["param"]) == (400, "response_format")


async def test_what_the_client_says_reaches_the_provider(bench: MediaBench) -> None:
    data = {"model": "openai/whisper-1", "language": "de", "prompt": "Names: Ada", "temperature": "0.5"}
    assert (await send(bench, data)).json()["language"] == "de"
    raw = bench.fakes["openai"].requests[-1].raw
    assert all(piece in raw for piece in (b"Names: Ada", b"\r\n0.5\r\n", b'filename="audio.mp3"'))
    dropped = await send(bench, {**data, "model": "deepgram/nova-3"})
    assert dropped.headers["x-omniroute-dropped"] == "prompt, temperature"
    assert bench.fakes["deepgram"].requests[-1].query["language"] == "de"
    strict = await bench.post(
        PATH, files={"file": MP3}, data={**data, "model": "deepgram/nova-3"}, headers={"x-omniroute-strict": "true"}
    )
    assert (strict.status_code, strict.json()["error"]["code"]) == (400, "would_lose")


async def test_a_translation_is_one_into_english(bench: MediaBench) -> None:
    made = await send(bench, {"model": "openai/whisper-1"}, path="/v1/audio/translations")
    assert (made.json()["text"], made.json()["task"]) == (TEXT, "translate")
    assert bench.fakes["openai"].requests[-1].path == "/v1/audio/translations"
    other = await send(bench, {"model": "deepgram/nova-3"}, path="/v1/audio/translations")
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("data", "file", "param"),
    [
        ({}, MP3, "model"),
        ({"model": "openai/whisper-1"}, None, "file"),
        ({"model": "openai/whisper-1"}, ("a.mp3", b""), "file"),
        ({"model": "openai/whisper-1"}, ("a.mp3", b"%PDF-1.7 and so on"), "file"),
        ({"model": "openai/whisper-1", "response_format": "yaml"}, MP3, "response_format"),
        ({"model": "openai/whisper-1", "temperature": "warm"}, MP3, "temperature"),
        ({"model": "openai/whisper-1", "temperature": "3"}, MP3, "temperature"),
        ({"model": "openai/whisper-1", "stream": "true"}, MP3, "stream"),
        ({"model": "openai/whisper-1", "timestamp_granularities[]": "letter"}, MP3, "timestamp_granularities"),
    ],
)
async def test_a_wrong_field_is_named(bench: MediaBench, data: Any, file: Any, param: str) -> None:
    answer = await bench.post(PATH, files={"file": file} if file else {"other": MP3}, data=data)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text
    assert all(not fake.requests for fake in bench.fakes.values())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"not a form", "multipart/form-data; boundary=x"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"--x--\r\n", "multipart/form-data"),
    ],
)
async def test_what_is_no_form_is_said_to_be_none(bench: MediaBench, content: bytes, kind: str) -> None:
    answer = await bench.post(PATH, content=content, headers={"content-type": kind})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_a_large_sound_is_read_from_disk_and_arrives_whole(bench: MediaBench) -> None:
    sound = wav(60, rate=44_100)
    answer = await send(bench, {"model": "deepgram/nova-3"}, ("a.wav", sound))
    assert answer.status_code == 200
    assert bench.fakes["deepgram"].requests[-1].raw == sound


async def test_a_form_over_its_limit_is_refused_before_it_is_kept(bench: MediaBench) -> None:
    answer = await send(bench, {"model": "deepgram/nova-3"}, ("a.wav", wav(1) + bytes(MOST_BYTES)))
    assert answer.status_code == 413
    assert "MAX_UPLOAD_BYTES" in answer.json()["error"]["message"]


@pytest.mark.parametrize("fault", ["429", "500", "cut_mid_chunk", "malformed_chunk", "error_in_200"])
async def test_whatever_breaks_the_next_target_hears_the_same_sound(bench: MediaBench, fault: Any) -> None:
    name = f"listen-{fault.replace('_', '-')}"
    targets = [{"model": "deepgram/nova-3"}, {"model": "openai/whisper-1"}]
    made = await bench.gateway.admin("POST", "/api/combos", {"name": name, "strategy": "priority", "models": targets})
    bench.fakes["deepgram"].faults.push(fault, times=3)
    sound = wav(60)
    answer = await send(bench, {"model": name}, ("a.wav", sound))
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-omniroute-provider"] == "openai"
    assert sound in bench.fakes["openai"].requests[-1].raw
    await bench.gateway.admin("DELETE", f"/api/combos/{made['id']}")


async def test_a_sound_that_is_broken_is_the_clients_own_fault(bench: MediaBench) -> None:
    broken = SOUNDS["flac"] + b"broken"
    answer = await send(bench, {"model": "openai/whisper-1"}, ("a.flac", broken))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
    bench.assemblyai.error = "Transcoding failed. File does not appear to contain audio."
    answer = await send(bench, {"model": "assemblyai/best"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")
    assert not bench.gateway.gateway.plane.cooling.has_any


async def test_the_parts_of_a_form_are_parted_by_what_nobody_can_guess(bench: MediaBench) -> None:
    for _ in range(2):
        await send(bench, {"model": "openai/whisper-1"})
    first, second = [request.headers["content-type"] for request in bench.fakes["openai"].requests]
    assert first != second
    assert len(first.partition("boundary=")[2]) == 32


async def test_assemblyai_is_asked_until_the_transcript_is_there(bench: MediaBench) -> None:
    bench.assemblyai.looks = 2
    answer = await send(bench, {"model": "assemblyai/universal-3-pro", "language": "de"})
    assert (answer.json()["text"], answer.json()["language"]) == (TEXT, "de")
    methods = [request.method for request in bench.fakes["assemblyai"].requests]
    assert methods == ["POST", "POST", "GET", "GET", "GET"]
    order = bench.fakes["assemblyai"].requests[1].body
    assert (order["speech_models"], order["language_code"]) == (["universal-3-pro"], "de")


async def test_a_client_that_leaves_takes_its_order_back(bench: MediaBench) -> None:
    bench.assemblyai.looks = 1000
    fake = bench.fakes["assemblyai"]
    task = asyncio.create_task(send(bench, {"model": "assemblyai/best"}))
    async with asyncio.timeout(5):
        while not any(request.method == "GET" for request in fake.requests):
            await asyncio.sleep(0.01)
    task.cancel()
    async with asyncio.timeout(5):
        while not any(request.method == "DELETE" for request in fake.requests):
            await asyncio.sleep(0.01)
    row = await bench.row()
    assert (row.outcome, row.usage_source) == ("client_closed", "estimated")
    assert row.cost_nano
    asked = len(fake.requests)
    await asyncio.sleep(0.3)
    assert len(fake.requests) == asked


async def test_a_wrong_key_of_the_operators_is_not_the_clients_fault(bench: MediaBench) -> None:
    bench.fakes["deepgram"].faults.push("401")
    with pytest.raises(openai.InternalServerError):
        await bench.sdk.audio.transcriptions.create(model="deepgram/nova-3", file=MP3)


async def test_a_repeated_request_is_another_one_when_its_sound_is(bench: MediaBench) -> None:
    async def sent(sound: bytes) -> Any:
        return await bench.post(
            PATH,
            files={"file": ("a.mp3", sound)},
            data={"model": "deepgram/nova-3"},
            headers={"idempotency-key": "one-and-the-same"},
        )

    first, again = await sent(SOUNDS["mp3"]), await sent(SOUNDS["mp3"])
    assert again.headers["x-omniroute-idempotent"] == "true"
    assert first.content == again.content
    assert (await sent(SOUNDS["mp3"] + b"!")).status_code == 409


async def test_a_budget_sets_a_long_sound_aside_before_it_is_sent(bench: MediaBench) -> None:
    key = await bench.gateway.admin("POST", "/api/keys", {"name": "listener"})
    await bench.gateway.admin("POST", "/api/usage/budget", {"keyId": key["id"], "limit": 0.001, "period": "daily"})
    headers = {"authorization": f"Bearer {key['key']}"}
    sent = {"data": {"model": "openai/whisper-1"}, "headers": headers}
    short = await bench.post(PATH, files={"file": ("a.wav", wav(1))}, **sent)
    long = await bench.post(PATH, files={"file": ("a.wav", wav(60))}, **sent)
    assert (short.status_code, long.status_code) == (200, 429)
    assert long.json()["error"]["code"] == "budget_exceeded"
