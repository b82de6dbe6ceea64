"""Pictures, asked for by OpenAI's own client."""

import base64
from typing import Any

import openai
import pytest

from tests.fakes.media import JPEG, PNG
from tests.v1.conftest import MediaBench

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATH = "/v1/images/generations"
B64 = base64.b64encode(PNG).decode()
JPEG64 = base64.b64encode(JPEG).decode()
FLUX = "black-forest-labs/FLUX.1-schnell"
# Each provider, one of its models, what it makes, and what a picture costs in billionths of a dollar.
PROVIDERS = {
    "openai/dall-e-3": (B64, 40_000_000),
    "xai/grok-2-image-1212": (B64, 70_000_000),
    f"together/{FLUX}": (B64, 2_700_000),
    "nebius/black-forest-labs/flux-schnell": (B64, 1_300_000),
    "fireworks/flux-1-dev-fp8": (JPEG64, 14_000_000),
    "hyperbolic/FLUX.1-dev": (B64, 10_000_000),
    "gemini/imagen-4.0-generate-001": (B64, 40_000_000),
    "sdwebui/default": (B64, 0),
    "comfyui/sd_xl_base_1.0.safetensors": (B64, 0),
}


@pytest.mark.parametrize("model", PROVIDERS)
async def test_every_provider_draws_and_its_pictures_are_paid_one_by_one(bench: MediaBench, model: str) -> None:
    drawn, price = PROVIDERS[model]
    made = await bench.sdk.images.generate(
        model=model, prompt="a lighthouse", n=2, size="512x512", response_format="b64_json"
    )
    count = 1 if model.startswith("comfyui") else 2
    assert [one.b64_json for one in made.data or ()] == [drawn] * count
    row = await bench.row()
    assert (row.kind, row.outcome, row.cost_nano) == ("image", "ok", price * count)
    assert (row.usage_more or {})["images"] == count


@pytest.mark.parametrize("model", PROVIDERS)
async def test_an_address_is_given_where_one_is_wanted(bench: MediaBench, model: str) -> None:
    answer = await bench.post(PATH, {"model": model, "prompt": "x", "size": "512x512", "response_format": "url"})
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["data"]
    assert set(one) == {"url"}
    assert one["url"].startswith(("http", "data:image/"))
    if one["url"].startswith("data:"):
        assert one["url"].partition("base64,")[2] == PROVIDERS[model][0]


async def test_newer_models_are_paid_by_the_token_and_not_told_how_to_spell(bench: MediaBench) -> None:
    body = {"model": "openai/gpt-image-1", "prompt": "x", "quality": "high", "response_format": "b64_json"}
    made = await bench.post(PATH, body)
    assert made.json()["usage"] == {
        "input_tokens": 20,
        "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
        "output_tokens": 272,
        "total_tokens": 292,
    }
    assert bench.fakes["openai"].requests[-1].body == {"model": "gpt-image-1", "prompt": "x", "quality": "high"}
    row = await bench.row()
    assert row.cost_nano == 20 * 5000 + 272 * 40_000


@pytest.mark.parametrize(
    ("more", "price"),
    [({}, 40), ({"quality": "hd"}, 80), ({"quality": "hd", "size": "1792x1024"}, 120), ({"size": "1024x1792"}, 80)],
)
async def test_a_picture_of_another_size_or_quality_has_another_price(
    bench: MediaBench, more: dict[str, str], price: int
) -> None:
    answer = await bench.post(PATH, {"model": "openai/dall-e-3", "prompt": "x", **more})
    assert answer.headers["x-omniroute-cost"] == f"{price / 1000:.9f}"


async def test_a_picture_somewhere_else_is_fetched_through_the_guard(bench: MediaBench) -> None:
    bench.fakes["together"].faults.clear()
    bench.picturer.ignores_spelling = True
    asked = {"model": f"together/{FLUX}", "prompt": "x", "response_format": "b64_json"}
    try:
        made = await bench.post(PATH, asked)
        assert made.json()["data"] == [{"b64_json": B64}]
        assert bench.fakes["together"].requests[-1].path == "/files/0.png"
        place, bench.picturer.place = bench.picturer.place, "http://169.254.169.254"
        refused = await bench.post(PATH, asked)
        bench.picturer.place = bench.fakes["openai"].base_url  # of this machine too, but not the provider's own
        elsewhere = await bench.post(PATH, asked)
        bench.picturer.place = place
        assert (refused.status_code, elsewhere.status_code) == (502, 502)
        assert not bench.fakes["openai"].requests
    finally:
        bench.picturer.ignores_spelling = False


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": "x"}, "model"),
        ({"model": "openai/dall-e-3"}, "prompt"),
        ({"model": "openai/dall-e-3", "prompt": " "}, "prompt"),
        ({"model": "openai/dall-e-3", "prompt": "x", "n": 0}, "n"),
        ({"model": "openai/dall-e-3", "prompt": "x", "n": 11}, "n"),
        ({"model": "openai/dall-e-3", "prompt": "x", "size": "big"}, "size"),
        ({"model": "openai/dall-e-3", "prompt": "x", "size": "0x9"}, "size"),
        ({"model": "openai/dall-e-3", "prompt": "x", "response_format": "png"}, "response_format"),
        ({"model": "openai/dall-e-3", "prompt": "x", "stream": "maybe"}, "stream"),
        ({"model": "openai/dall-e-3", "prompt": "x", "stream": True, "partial_images": 9}, "partial_images"),
    ],
)
async def test_a_wrong_field_is_named(bench: MediaBench, body: Any, param: str) -> None:
    answer = await bench.post(PATH, body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param), answer.text


async def test_what_a_provider_has_no_field_for_is_told(bench: MediaBench) -> None:
    answer = await bench.post(PATH, {"model": "xai/grok-2-image", "prompt": "x", "size": "1024x1024", "style": "vivid"})
    assert answer.headers["x-omniroute-dropped"] == "size, style"


@pytest.mark.parametrize("model", ["openai/gpt-image-1", "gemini/gemini-2.5-flash-image"])
async def test_a_prompt_that_is_refused_is_the_clients_own_affair(bench: MediaBench, model: str) -> None:
    with pytest.raises(openai.BadRequestError):
        await bench.sdk.images.generate(model=model, prompt="something unsafe")
    assert not bench.gateway.gateway.plane.cooling.has_any


@pytest.mark.parametrize("fault", ["429", "500", "cut_mid_chunk", "malformed_chunk", "error_in_200"])
async def test_whatever_breaks_the_next_target_draws(bench: MediaBench, fault: Any) -> None:
    name = f"draw-{fault.replace('_', '-')}"
    targets = [{"model": "openai/dall-e-3"}, {"model": "gemini/gemini-2.5-flash-image"}]
    made = await bench.gateway.admin("POST", "/api/combos", {"name": name, "strategy": "priority", "models": targets})
    bench.fakes["openai"].faults.push(fault, times=3)
    answer = await bench.post(PATH, {"model": name, "prompt": "x"})
    assert answer.headers["x-omniroute-provider"] == "gemini", answer.text
    await bench.gateway.admin("DELETE", f"/api/combos/{made['id']}")


@pytest.mark.parametrize("model", ["openai/gpt-image-1", "gemini/gemini-2.5-flash-image"])
async def test_pictures_are_changed(bench: MediaBench, model: str) -> None:
    made = await bench.sdk.images.edit(
        model=model, image=[("a.png", PNG), ("b.png", PNG)], prompt="more sky", response_format="b64_json"
    )
    assert [one.b64_json for one in made.data or ()] == [B64]
    row = await bench.row()
    assert (row.kind, row.path, row.outcome) == ("image", "/v1/images/edits", "ok")


async def test_a_mask_goes_along_and_what_is_no_picture_does_not(bench: MediaBench) -> None:
    files = {"image": ("a.jpg", PNG), "mask": ("m.png", PNG)}
    good = await bench.post("/v1/images/edits", files=files, data={"model": "openai/gpt-image-1", "prompt": "x"})
    assert good.status_code == 200, good.text
    assert b'name="mask"' in bench.fakes["openai"].requests[-1].raw
    for wrong in ({"mask": ("m.png", PNG)}, {"image": ("a.png", b"no picture")}, {"image": (None, "text")}):
        bad = await bench.post("/v1/images/edits", files=wrong, data={"model": "openai/gpt-image-1", "prompt": "x"})
        assert (bad.status_code, bad.json()["error"]["param"]) == (400, "image")


async def test_partial_pictures_stream_through(bench: MediaBench) -> None:
    stream = await bench.sdk.images.generate(model="openai/gpt-image-1", prompt="x", stream=True, partial_images=2)
    events = [event async for event in stream]
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    row = await bench.row()
    assert (row.stream, row.outcome, row.usage_source, row.output_tokens) == (True, "ok", "final", 272)
    edited = await bench.sdk.images.edit(
        model="openai/gpt-image-1", image=("a.png", PNG), prompt="x", stream=True, partial_images=1
    )
    assert [event.type async for event in edited] == ["image_edit.partial_image", "image_edit.completed"]


async def test_a_stream_is_made_of_a_whole_answer_where_the_provider_makes_none(bench: MediaBench) -> None:
    stream = await bench.sdk.images.generate(model="gemini/gemini-2.5-flash-image", prompt="x", stream=True)
    events = [event async for event in stream]
    assert [(event.type, event.b64_json) for event in events] == [("image_generation.completed", B64)]


async def test_a_whole_answer_where_a_stream_was_asked_for_is_made_one(bench: MediaBench) -> None:
    stream = await bench.sdk.images.generate(model="demo/painter", prompt="x", stream=True, n=2)
    assert [event.type async for event in stream] == ["image_generation.completed"] * 2


@pytest.mark.parametrize("fault", ["cut_at_boundary", "reset", "end_early", "error_mid_stream"])
async def test_a_stream_that_is_cut_ends_with_an_error(bench: MediaBench, fault: Any) -> None:
    bench.fakes["openai"].faults.push(fault)
    stream = await bench.sdk.images.generate(model="openai/gpt-image-1", prompt="x", stream=True, partial_images=3)
    with pytest.raises(openai.APIError):
        async for _event in stream:
            pass
    row = await bench.row()
    assert row.outcome == "truncated"


@pytest.mark.parametrize("fault", ["error_in_200", "empty_stream", "500", "cut_before_content"])
async def test_a_stream_that_does_not_begin_is_a_failed_try(bench: MediaBench, fault: Any) -> None:
    bench.fakes["openai"].faults.push(fault, times=3)
    with pytest.raises(openai.APIStatusError) as failure:
        await bench.sdk.images.generate(model="openai/gpt-image-1", prompt="x", stream=True, partial_images=1)
    assert failure.value.status_code >= 500


async def test_lists_and_pinned_paths(bench: MediaBench) -> None:
    pinned = await bench.post("/v1/providers/openai/images/generations", {"model": "dall-e-3", "prompt": "x"})
    assert pinned.status_code == 200
    http, url = bench.gateway.http, bench.gateway.url
    listed = (await http.get(url + PATH, headers=bench.gateway.auth)).json()["data"]
    sizes = {one["id"]: one["supported_sizes"] for one in listed}
    assert sizes["openai/dall-e-3"] == ["1024x1024", "1024x1792", "1792x1024"]
    assert {one["type"] for one in listed} == {"image"}


async def test_a_budget_sets_the_dearest_aside(bench: MediaBench) -> None:
    key = await bench.gateway.admin("POST", "/api/keys", {"name": "painter"})
    await bench.gateway.admin("POST", "/api/usage/budget", {"keyId": key["id"], "limit": 0.15, "period": "daily"})
    headers = {"authorization": f"Bearer {key['key']}"}
    asked = {"model": "openai/dall-e-3", "prompt": "x", "size": "1024x1024"}
    answers = [await bench.post(PATH, asked, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
