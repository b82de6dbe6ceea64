"""Answers that are given again, seen by clients: what they get, and how often the provider is asked."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import httpx
import pytest

from omniroute.formats.hub import Format
from omniroute.kit.clock import SystemClock
from omniroute.services.keys import KeyDraft, Scope
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.gateway.asking import MODEL, Ask, is_hit, said, send
from tests.gateways import GatewayMaker, RunningGateway

EVERY = pytest.mark.parametrize("spoken", list(Format), ids=str)
ASK = Ask(format=Format.OPENAI_CHAT)


@pytest.fixture
async def fake(gateway: RunningGateway, fake_openai: FakeUpstream) -> FakeUpstream:
    await gateway.connect(fake_openai, "mine")
    return fake_openai


@pytest.fixture
def move_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the machine's clock jump ahead."""
    now = SystemClock.now_ms

    def move(seconds: float) -> None:
        monkeypatch.setattr(SystemClock, "now_ms", lambda self: now(self) + int(seconds * 1000))

    return move


async def landed(gateway: RunningGateway, count: int) -> None:
    """Wait until so many answers are kept: a stream is made whole after its end."""
    async with asyncio.timeout(5):
        while len(gateway.gateway.plane.archive.shelf) < count:
            await asyncio.sleep(0.002)


async def figures(gateway: RunningGateway) -> tuple[dict[str, Any], dict[str, Any]]:
    told = await gateway.admin("GET", "/api/cache")
    return told["semanticCache"], told["idempotency"]


# ── the cache ───────────────────────────────────────────────────────────────────────────────────────────────────────


@EVERY
@pytest.mark.parametrize("through", [True, False], ids=["same", "translated"])
@pytest.mark.parametrize(("first", "tools"), list(product([False, True], repeat=2)))
async def test_the_second_asker_gets_the_first_ones_answer_whole_or_streamed(
    gateway: RunningGateway, fakes: MakeFake, spoken: Format, *, through: bool, first: bool, tools: bool
) -> None:
    other = Format.ANTHROPIC if spoken is Format.OPENAI_CHAT else Format.OPENAI_CHAT
    upstream = await fakes(spoken if through else other)
    await gateway.connect(upstream, "mine")
    if tools:
        upstream.say("tools")
    ask = Ask(format=spoken, stream=first, tools=tools)
    answer = await send(gateway, ask)
    assert not is_hit(answer)
    told = said(ask, answer)
    assert told.calls if tools else told.texts
    await landed(gateway, 1)
    for stream in (False, True):
        again = replace(ask, stream=stream)
        hit = await send(gateway, again)
        assert is_hit(hit), hit.headers
        assert hit.headers["content-type"] == (answer if stream == first else hit).headers["content-type"]
        heard = said(again, hit)
        assert (heard.texts, heard.calls) == (told.texts, told.calls)
        if not (stream and spoken is Format.OPENAI_CHAT):  # where usage in a stream must be asked for
            assert None not in heard.tokens
    assert len(upstream.generations) == 1


async def test_a_whole_answer_comes_back_byte_for_byte(gateway: RunningGateway, fake: FakeUpstream) -> None:
    first, second = [await send(gateway, ASK) for _ in range(2)]
    assert first.content == second.content
    assert (first.headers["x-omniroute-cache"], second.headers["x-omniroute-cache"]) == ("MISS", "HIT")
    assert second.headers["x-omniroute-cost"] == "0.000000000"
    assert (second.headers["x-omniroute-provider"], second.headers["x-omniroute-model"]) == ("mine", "fake-large")
    assert len(fake.generations) == 1


def _parts(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = chunk["candidates"][0].get("content", {}).get("parts", [])
    return parts


async def test_geminis_array_is_kept_and_given_too(gateway: RunningGateway, fake_gemini: FakeUpstream) -> None:
    await gateway.connect(fake_gemini, "mine")
    ask = Ask(format=Format.GEMINI)
    path = f"/v1beta/models/{MODEL}:streamGenerateContent"
    first = await gateway.http.post(gateway.url + path, json=ask.body, headers=gateway.auth)
    await landed(gateway, 1)
    again = await gateway.http.post(gateway.url + path, json=ask.body, headers=gateway.auth)
    assert is_hit(again)
    texts = ["".join(p["text"] for chunk in one.json() for p in _parts(chunk)) for one in (first, again)]
    assert texts[0] == texts[1]
    assert is_hit(await send(gateway, ask))


@pytest.mark.parametrize(
    ("other", "hit"),
    [
        ({"stream_options": {"include_usage": True}}, True),
        ({"user": "somebody else", "metadata": {"a": "b"}, "prompt_cache_key": "k"}, True),
        ({"temperature": 0.0}, True),
        ({"max_tokens": 7}, False),
        ({"messages": [{"role": "user", "content": "Hello there "}]}, False),
        ({"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "Hello there"}]}, False),
        ({"response_format": {"type": "json_object"}}, False),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, False),
        ({"seed": 1}, False),
        ({"top_p": 0.5}, False),
        ({"model": "other/fake-large"}, False),
    ],
)
async def test_whatever_could_change_the_answer_makes_another_request(
    gateway: RunningGateway, fake: FakeUpstream, other: dict[str, Any], hit: bool
) -> None:
    await gateway.connect(fake, "other")
    await send(gateway, ASK)
    answer = await send(gateway, replace(ASK, more=tuple(other.items())))
    assert answer.status_code == 200, answer.text
    assert is_hit(answer) is hit
    assert len(fake.generations) == (1 if hit else 2)


async def test_the_order_of_names_in_an_object_does_not_matter(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await send(gateway, ASK)
    turned = dict(reversed(ASK.body.items()))
    turned["messages"] = [dict(reversed(one.items())) for one in turned["messages"]]
    again = await gateway.http.post(gateway.url + ASK.path, json=turned, headers=gateway.auth)
    assert is_hit(again)
    assert len(fake.generations) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.7},
        {"temperature": None},
        {"store": True},
        {"messages": [{"role": "user", "content": "a", "signature": "of a vendor"}]},
    ],
)
async def test_what_need_not_be_the_same_twice_is_not_kept(
    gateway: RunningGateway, fake: FakeUpstream, more: dict[str, Any]
) -> None:
    for _ in range(2):
        answer = await send(gateway, replace(ASK, more=tuple(more.items())))
        assert answer.headers["x-omniroute-cache"] == "MISS"
    assert len(fake.generations) == 2
    assert (await figures(gateway))[0]["memorySize"] == 0


async def test_every_request_is_kept_when_the_operator_wants_it(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await gateway.admin("PUT", "/api/settings/cache", {"onlyDeterministic": False})
    ask = replace(ASK, fixed=False)
    assert [is_hit(await send(gateway, ask)) for _ in range(2)] == [False, True]
    await gateway.admin("PUT", "/api/settings/cache", {"enabled": False})
    assert not is_hit(await send(gateway, ask))
    assert len(fake.generations) == 2


async def test_a_key_never_sees_another_keys_answer_unless_they_share(
    gateway: RunningGateway, fake: FakeUpstream
) -> None:
    draft = KeyDraft(name="other", scopes=frozenset({Scope.INFERENCE}))
    key = (await gateway.gateway.services.keys.create(draft)).secret.reveal()
    await send(gateway, ASK)
    assert not is_hit(await send(gateway, ASK, key=key))
    assert is_hit(await send(gateway, ASK, key=key))
    await gateway.admin("PUT", "/api/settings/cache", {"shared": True})
    assert not is_hit(await send(gateway, ASK)), "what was a key's own is not shared after the fact"
    assert is_hit(await send(gateway, ASK, key=key))
    assert len(fake.generations) == 3


async def test_a_client_may_go_round_the_cache_or_renew_it(gateway: RunningGateway, fake: FakeUpstream) -> None:
    first = await send(gateway, ASK)
    for headers in ({"x_omniroute_no_cache": "true"}, {"cache_control": "no-store"}):
        answer = await send(gateway, ASK, **headers)
        assert answer.headers["x-omniroute-cache"] == "MISS"
        assert answer.json()["id"] != first.json()["id"]
    assert (await send(gateway, ASK)).json()["id"] == first.json()["id"]
    fresh = await send(gateway, ASK, cache_control="max-age=60, no-cache")
    assert not is_hit(fresh)
    assert (await send(gateway, ASK)).json()["id"] == fresh.json()["id"]
    assert len(fake.generations) == 4


async def test_errors_and_cut_streams_are_not_kept(gateway: RunningGateway, fake: FakeUpstream) -> None:
    fake.faults.push("400")
    assert (await send(gateway, ASK)).status_code == 400
    fake.faults.push("cut_mid_chunk")
    cut = await send(gateway, replace(ASK, stream=True))
    assert b"error" in cut.content
    assert not is_hit(await send(gateway, ASK))
    assert is_hit(await send(gateway, ASK))


async def test_an_answer_that_is_too_large_is_not_kept(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await gateway.admin("PUT", "/api/settings/cache", {"maxEntryBytes": 1024})
    long = replace(ASK, text="word " * 1000)
    for stream in (False, True):
        await send(gateway, replace(long, stream=stream))
    assert not is_hit(await send(gateway, long))
    assert (await figures(gateway))[0]["memorySize"] == 0
    assert len(fake.generations) == 3


async def test_another_meaning_of_a_name_is_another_request(gateway: RunningGateway, fake: FakeUpstream) -> None:
    ask = replace(ASK, more=(("model", "mine-alias"),))
    await gateway.admin("POST", "/api/models/alias", {"alias": "mine-alias", "model": "mine/fake-large"})
    assert [is_hit(await send(gateway, ask)) for _ in range(2)] == [False, True]
    await gateway.admin("POST", "/api/models/alias", {"alias": "mine-alias", "model": "mine/fake-small"})
    assert not is_hit(await send(gateway, ask))
    assert len(fake.generations) == 2


async def test_answers_survive_a_restart_until_their_time_is_over(
    gateways: GatewayMaker, fake_openai: FakeUpstream, move_clock: Callable[[float], None]
) -> None:
    one = await gateways()
    await one.connect(fake_openai, "mine")
    first = await send(one, ASK)
    await send(one, replace(ASK, text="streamed", stream=True))
    await landed(one, 2)
    await one.gateway.plane.archive.flush()
    two = await gateways(data_dir=one.gateway.settings.data_dir)
    two.key = one.key
    assert (await figures(two))[0]["memorySize"] == 0
    assert (await figures(two))[0]["dbSize"] == 2
    again = await send(two, ASK)
    assert is_hit(again)
    assert again.content == first.content
    assert is_hit(await send(two, replace(ASK, text="streamed")))
    move_clock(1801)
    assert (await figures(two))[0]["dbSize"] == 0
    assert not is_hit(await send(two, ASK))


async def test_deleting_empties_memory_and_database(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await send(gateway, ASK)
    await send(gateway, ASK)
    await gateway.gateway.plane.archive.flush()
    told, _ = await figures(gateway)
    assert list(told)[:4] == ["memorySize", "memoryMaxSize", "dbSize", "hitRate"]
    assert (told["memorySize"], told["memoryMaxSize"], told["dbSize"], told["hitRate"]) == (1, 500, 1, 0.5)
    assert (told["hits"], told["misses"], told["tokensSaved"]) == (1, 1, 7)
    assert (await gateway.admin("DELETE", "/api/cache"))["removed"] == 1
    told, _ = await figures(gateway)
    assert (told["memorySize"], told["dbSize"]) == (0, 0)
    assert not is_hit(await send(gateway, ASK))
    assert len(fake.generations) == 2


async def test_a_hit_is_recorded_without_spend(gateway: RunningGateway, fakes: MakeFake) -> None:
    upstream = await fakes(Format.OPENAI_CHAT)
    made = await gateway.admin(
        "POST", "/api/providers", {"provider": "openai", "name": "o", "apiKey": upstream.key, "local": True,
                                   "baseUrl": upstream.api_url}
    )  # fmt: skip
    assert made
    ask = replace(ASK, more=(("model", "openai/gpt-4o-mini"),))
    first, second = [await send(gateway, ask) for _ in range(2)]
    assert first.status_code == second.status_code == 200, first.text
    hit, miss = await gateway.rows(2)
    assert (miss.cache, hit.cache) == ("miss", "hit")
    assert (hit.outcome, hit.status, hit.cost_nano, hit.input_tokens, hit.provider) == ("ok", 200, 0, None, None)
    assert miss.cost_nano
    assert hit.saved_nano == miss.cost_nano
    assert (await figures(gateway))[0]["savedUsd"] == pytest.approx(miss.cost_nano / 1e9)


async def test_a_response_that_is_given_again_can_be_gone_on_from(gateway: RunningGateway, fake: FakeUpstream) -> None:
    ask = Ask(format=Format.OPENAI_RESPONSES)
    first = await send(gateway, ask)
    again = await send(gateway, ask)
    assert is_hit(again)
    assert again.json()["id"] == first.json()["id"]
    follow = replace(ask, text="And then?", more=(("previous_response_id", again.json()["id"]),))
    for _ in range(2):
        answer = await send(gateway, follow)
        assert answer.status_code == 200
        assert not is_hit(answer)
    assert len(fake.generations) == 3


async def test_a_provider_that_is_down_does_not_matter_to_a_hit(gateway: RunningGateway, fake: FakeUpstream) -> None:
    first = await send(gateway, ASK)
    fake.faults.always("500")
    assert (await send(gateway, replace(ASK, text="Another"))).status_code >= 500
    assert (await send(gateway, ASK)).content == first.content


async def test_a_probe_is_never_answered_from_memory(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await gateway.admin("PUT", "/api/settings/cache", {"onlyDeterministic": False})
    await gateway.admin("POST", "/api/combos", {"name": "best", "models": [MODEL]})
    for _ in range(2):
        await gateway.admin("POST", "/api/combos/test", {"comboName": "best"})
    assert len(fake.generations) == 2


async def test_an_answer_that_cannot_be_streamed_is_asked_for_anew(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await send(gateway, ASK)
    archive = gateway.gateway.plane.archive
    await archive.flush()
    (digest,) = await gateway.gateway.stores.answers.digests(0)
    row = archive.at_hand(digest)
    assert row is not None
    archive.keep(replace(row, body=b"odd"), 500)
    stream = await send(gateway, replace(ASK, stream=True))
    assert "x-omniroute-cache" not in stream.headers
    assert said(replace(ASK, stream=True), stream).texts == ("Hello there",)
    assert len(fake.generations) == 2


# ── one flight ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_fifty_askers_at_once_are_one_call(gateway: RunningGateway, fake: FakeUpstream, stream: bool) -> None:
    fake.faults.push("slow_first_byte", delay_s=0.3)
    asks = [replace(ASK, stream=stream and number % 2 == 0) for number in range(50)]
    answers = await asyncio.gather(*(send(gateway, ask) for ask in asks))
    told = {said(ask, answer).texts for ask, answer in zip(asks, answers, strict=True)}
    assert told == {("Hello there",)}
    assert len(fake.generations) == 1
    assert (await figures(gateway))[0]["hits"] == 49


async def hung_up(gateway: RunningGateway, ask: Ask, **headers: str) -> None:
    """Ask, and hang up before the answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(timeout=0.3, trust_env=False) as client:
        with pytest.raises(httpx.TimeoutException):
            await client.post(gateway.url + ask.path, json=ask.body, headers=gateway.auth | named)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_when_the_first_hangs_up_the_next_in_line_asks(
    gateway: RunningGateway, fake: FakeUpstream, stream: bool
) -> None:
    fake.faults.push("disconnect_watch")
    leader = asyncio.create_task(hung_up(gateway, replace(ASK, stream=stream)))
    await fake.asked()
    answers = await asyncio.gather(*(send(gateway, ASK) for _ in range(5)))
    await leader
    assert {said(ASK, answer).texts for answer in answers} == {("Hello there",)}
    assert len(fake.generations) == 2


async def test_a_failure_is_not_multiplied(gateway: RunningGateway, fake: FakeUpstream) -> None:
    fake.faults.push("400", times=3)
    answers = await asyncio.gather(*(send(gateway, ASK) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [400] * 3
    assert len(fake.generations) == 4


# ── idempotency ─────────────────────────────────────────────────────────────────────────────────────────────────────


@EVERY
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_key_is_done_once(gateway: RunningGateway, fake: FakeUpstream, spoken: Format, stream: bool) -> None:
    ask = Ask(format=spoken, stream=stream, fixed=False)
    first = await send(gateway, ask, idempotency_key="k1")
    again = await send(gateway, ask, idempotency_key="k1")
    assert "x-omniroute-idempotent" not in first.headers
    assert again.headers["x-omniroute-idempotent"] == "true"
    if not stream:
        assert again.headers["x-omniroute-cache"] == "MISS"
        assert again.content == first.content
    assert said(ask, again).texts == said(ask, first).texts
    other = await send(gateway, ask, idempotency_key="k2")
    assert "x-omniroute-idempotent" not in other.headers
    assert len(fake.generations) == 2
    rows = await gateway.rows(3)
    assert sorted(str(row.cache) for row in rows) == ["None", "None", "replay"]


@pytest.mark.parametrize("name", ["idempotency_key", "x_request_id"])
async def test_a_duplicate_waits_for_the_first(gateway: RunningGateway, fake: FakeUpstream, name: str) -> None:
    ask = replace(ASK, fixed=False)
    answers = await asyncio.gather(*(send(gateway, ask, **{name: "k"}) for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert sum("x-omniroute-idempotent" in answer.headers for answer in answers) == 19
    assert len(fake.generations) == 1


async def test_the_window_ends_five_seconds_after_the_answer(
    gateway: RunningGateway, fake: FakeUpstream, move_clock: Callable[[float], None]
) -> None:
    ask = replace(ASK, fixed=False)
    await send(gateway, ask, idempotency_key="k")
    assert (await figures(gateway))[1]["activeKeys"] == 1
    move_clock(4)
    assert "x-omniroute-idempotent" in (await send(gateway, ask, idempotency_key="k")).headers
    move_clock(6)
    assert "x-omniroute-idempotent" not in (await send(gateway, ask, idempotency_key="k")).headers
    assert len(fake.generations) == 2


@EVERY
async def test_a_key_with_another_body_is_refused(gateway: RunningGateway, fake: FakeUpstream, spoken: Format) -> None:
    ask = Ask(format=spoken, fixed=False)
    await send(gateway, ask, idempotency_key="k")
    refused = await send(gateway, replace(ask, text="Another"), idempotency_key="k")
    assert refused.status_code == 409
    assert "Idempotency-Key" in refused.text
    assert len(fake.generations) == 1
    assert (await figures(gateway))[1] == {
        "activeKeys": 1, "windowMs": 5000, "replays": 0, "waited": 0, "conflicts": 1,
    }  # fmt: skip


async def test_it_is_refused_while_the_first_is_under_way_too(gateway: RunningGateway, fake: FakeUpstream) -> None:
    fake.faults.push("slow_first_byte", delay_s=0.5)
    first = asyncio.create_task(send(gateway, ASK, idempotency_key="k"))
    await fake.asked()
    assert (await send(gateway, replace(ASK, text="Another"), idempotency_key="k")).status_code == 409
    assert (await first).status_code == 200


async def test_a_request_id_with_another_body_is_another_request(gateway: RunningGateway, fake: FakeUpstream) -> None:
    ask = replace(ASK, fixed=False)
    other = replace(ask, text="Another")
    for one in (ask, other, ask, other):
        assert (await send(gateway, one, x_request_id="trace")).status_code == 200
    assert len(fake.generations) == 2


async def test_streams_with_a_request_id_alone_are_not_held_together(
    gateway: RunningGateway, fake: FakeUpstream
) -> None:
    ask = replace(ASK, fixed=False, stream=True)
    for _ in range(2):
        await send(gateway, ask, x_request_id="trace")
    assert len(fake.generations) == 2


async def test_a_key_holds_within_one_api_key_and_one_path(gateway: RunningGateway, fake: FakeUpstream) -> None:
    draft = KeyDraft(name="other", scopes=frozenset({Scope.INFERENCE}))
    key = (await gateway.gateway.services.keys.create(draft)).secret.reveal()
    ask = replace(ASK, fixed=False)
    await send(gateway, ask, idempotency_key="k")
    for answer in (
        await send(gateway, ask, key=key, idempotency_key="k"),
        await send(gateway, Ask(format=Format.ANTHROPIC, fixed=False), idempotency_key="k"),
    ):
        assert answer.status_code == 200
        assert "x-omniroute-idempotent" not in answer.headers
    assert len(fake.generations) == 3


async def test_a_failure_may_be_tried_again_under_its_key(gateway: RunningGateway, fake: FakeUpstream) -> None:
    fake.faults.push("400")
    ask = replace(ASK, fixed=False)
    assert (await send(gateway, ask, idempotency_key="k")).status_code == 400
    again = await send(gateway, ask, idempotency_key="k")
    assert again.status_code == 200
    assert "x-omniroute-idempotent" not in again.headers


async def test_who_hangs_up_and_comes_back_gets_an_answer(gateway: RunningGateway, fake: FakeUpstream) -> None:
    fake.faults.push("disconnect_watch")
    ask = replace(ASK, fixed=False)
    await hung_up(gateway, ask, idempotency_key="k")
    assert (await send(gateway, ask, idempotency_key="k")).status_code == 200
    assert len(fake.generations) == 2


async def test_forgetting_keys_leaves_the_answers(gateway: RunningGateway, fake: FakeUpstream) -> None:
    await send(gateway, ASK, idempotency_key="k")
    assert (await gateway.admin("DELETE", "/api/cache?scope=idempotency"))["removed"] == 1
    again = await send(gateway, ASK, idempotency_key="k")
    assert "x-omniroute-idempotent" not in again.headers
    assert is_hit(again)
    assert len(fake.generations) == 1
