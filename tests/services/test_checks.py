"""Checks against fakes that speak the true wire formats."""

import pytest

from omniroute.formats.hub import Format
from omniroute.kit.errors import Unprocessable, UpstreamFailed
from omniroute.kit.secret import Secret
from omniroute.services.checks import UnsavedConnection, UnsavedNode
from omniroute.services.nodes import ApiType, NodeDraft
from omniroute.services.providers import ConnectionDraft, ConnectionHealth
from tests.fakes.fixtures import MakeFake
from tests.fakes.upstream import FakeUpstream
from tests.services.parts import Parts

API_TYPES = {
    Format.OPENAI_CHAT: ApiType.CHAT,
    Format.OPENAI_RESPONSES: ApiType.RESPONSES,
    Format.ANTHROPIC: ApiType.ANTHROPIC,
    Format.GEMINI: ApiType.GEMINI,
    Format.OLLAMA: ApiType.OLLAMA,
}
EVERY_FORMAT = pytest.mark.parametrize("spoken", API_TYPES, ids=lambda one: one.value)


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


async def connect(parts: Parts, fake: FakeUpstream, key: str | None = None) -> str:
    """Store a connection to a fake; return its id."""
    node = await parts.nodes.create(
        NodeDraft(name="Fake", prefix="fake", base_url=fake.api_url, api_type=API_TYPES[fake.format], local=True)
    )
    secret = Secret(key or fake.key)
    made = await parts.providers.create(ConnectionDraft(provider=node.id, name="Main", api_key=secret))
    return made.id


def unsaved(fake: FakeUpstream, key: str | None = None) -> UnsavedNode:
    return UnsavedNode(
        base_url=fake.api_url, api_key=Secret(key or fake.key), api_type=API_TYPES[fake.format], local=True
    )


@EVERY_FORMAT
async def test_a_connection_that_answers_is_good_and_its_cooldown_ends(
    spoken: Format, parts: Parts, fakes: MakeFake
) -> None:
    fake = await fakes(spoken)
    connection = await connect(parts, fake)
    parts.health[connection] = ConnectionHealth(status="cooling", last_error="429")
    check = await parts.checks.test(connection)
    assert (check.valid, check.error, check.diagnosis.type, check.status_code) == (True, None, "ok", 200)
    assert check.model == "fake-large"
    assert check.latency_ms > 0
    assert len(fake.generations) == 1, "a list alone proves little"
    assert connection not in parts.health


@EVERY_FORMAT
async def test_a_wrong_key_is_told_as_such_and_forgives_nothing(spoken: Format, parts: Parts, fakes: MakeFake) -> None:
    fake = await fakes(spoken)
    connection = await connect(parts, fake, key="sk-this-is-not-the-key")
    parts.health[connection] = ConnectionHealth(status="cooling")
    check = await parts.checks.test(connection)
    assert (check.valid, check.diagnosis.type, check.diagnosis.source) == (False, "upstream_auth_error", "upstream")
    assert check.error
    assert "sk-this-is-not-the-key" not in repr(check)
    assert connection in parts.health


@EVERY_FORMAT
async def test_the_models_of_a_connection_come_from_its_provider(spoken: Format, parts: Parts, fakes: MakeFake) -> None:
    found = await parts.checks.models(await connect(parts, await fakes(spoken)))
    assert [model.id for model in found.models] == ["fake-large", "fake-small"]


async def test_a_provider_that_does_not_list_is_named_as_the_cause(parts: Parts, fake_openai: FakeUpstream) -> None:
    connection = await connect(parts, fake_openai, key="sk-wrong-wrong-wrong")
    with pytest.raises(UpstreamFailed, match="did not list its models"):
        await parts.checks.models(connection)


@EVERY_FORMAT
async def test_values_are_tried_without_being_stored(spoken: Format, parts: Parts, fakes: MakeFake) -> None:
    fake = await fakes(spoken)
    assert (await parts.checks.validate_node(unsaved(fake))).valid
    assert not (await parts.checks.validate_node(unsaved(fake, key="sk-wrong-wrong-wrong"))).valid
    assert await parts.nodes.list() == ()
    assert await parts.providers.list() == ()


@pytest.mark.parametrize(("status", "kind"), [("429", "upstream_rate_limited"), ("503", "upstream_unavailable")])
async def test_what_the_provider_answers_is_diagnosed(
    status: str, kind: str, parts: Parts, fake_openai: FakeUpstream
) -> None:
    fake_openai.faults.always(status)  # type: ignore[arg-type]  # one of its names
    check = await parts.checks.validate_node(unsaved(fake_openai))
    assert (check.valid, check.diagnosis.type, check.status_code) == (False, kind, int(status))


async def test_a_model_that_was_named_must_answer_itself(parts: Parts, fake_anthropic: FakeUpstream) -> None:
    fake_anthropic.faults.push("404")
    draft = unsaved(fake_anthropic)
    check = await parts.checks.validate_node(
        UnsavedNode(
            base_url=draft.base_url, api_key=draft.api_key, api_type=draft.api_type, local=True, model="claude-nowhere"
        )
    )
    assert (check.valid, check.diagnosis.type) == (False, "model_unavailable")


async def test_nobody_at_the_address_is_a_matter_of_the_network(parts: Parts) -> None:
    check = await parts.checks.validate_node(UnsavedNode(base_url="http://127.0.0.1:9/v1", local=True))
    assert (check.valid, check.diagnosis.type, check.status_code) == (False, "network_error", None)


@pytest.mark.parametrize(
    ("url", "local", "why"),
    [
        ("https://10.0.0.8/v1", False, "private"),
        ("https://localhost/v1", False, "local"),
        ("http://169.254.169.254/latest", True, "metadata"),
        ("https://100.100.100.200/v1", True, "metadata"),
    ],
)
async def test_the_guard_refuses_an_address_with_the_reason(url: str, *, local: bool, why: str, parts: Parts) -> None:
    with pytest.raises(Unprocessable, match=why) as refused:
        await parts.checks.validate_node(UnsavedNode(base_url=url, local=local))
    assert refused.value.param == "baseUrl"
    with pytest.raises(Unprocessable, match=why):
        await parts.checks.validate(UnsavedConnection(provider="openai", base_url=url, local=local))


async def test_the_demo_answers_without_a_network(parts: Parts) -> None:
    assert (await parts.checks.validate(UnsavedConnection(provider="demo"))).valid
