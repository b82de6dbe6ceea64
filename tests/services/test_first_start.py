"""The first start of an empty installation."""

from collections.abc import Sequence

from omniroute.kit.secret import Secret
from omniroute.services.first_start import FirstStart
from omniroute.services.providers import ConnectionDraft
from omniroute.upstream.discovery import EnvironmentConnection, FoundServer
from tests.services.parts import Parts

KEY = Secret("sk-environment-0123456789")
ENVIRONMENT = (EnvironmentConnection(provider="openai", variable="OPENAI_API_KEY", secret=KEY),)
SERVER = FoundServer(provider="ollama", base_url="http://127.0.0.1:11434", models=("llama3", "qwen3"))


async def _found() -> Sequence[FoundServer]:
    return (SERVER,)


def first_start(parts: Parts, environment: Sequence[EnvironmentConnection] = ENVIRONMENT) -> FirstStart:
    return FirstStart(meta=parts.meta, providers=parts.providers, from_environment=environment, find_servers=_found)


async def test_it_makes_the_demo_the_keys_of_the_environment_and_local_servers(parts: Parts) -> None:
    offers = await first_start(parts).run()
    made = [one.connection for one in offers if one.connection is not None]
    assert [(one.provider, one.source, one.auth_type) for one in made] == [
        ("demo", "builtin", "none"),
        ("openai", "environment", "apiKey"),
        ("ollama", "discovered", "none"),
    ]
    assert [one.origin for one in offers] == ["built in", "OPENAI_API_KEY", "http://127.0.0.1:11434"]
    assert (await parts.connection_rows.get(made[2].id)).found_models == ("llama3", "qwen3")
    assert (await parts.connection_rows.get(made[1].id)).secret == KEY


async def test_it_happens_once_even_when_all_was_deleted(parts: Parts) -> None:
    for offer in await first_start(parts).run():
        assert offer.connection is not None
        await parts.providers.delete(offer.connection.id)
    assert await first_start(parts).run() == ()
    assert await parts.providers.list() == ()


async def test_an_installation_in_use_is_left_alone(parts: Parts) -> None:
    await parts.providers.create(ConnectionDraft(provider="deepseek", name="Mine", api_key=KEY))
    assert await first_start(parts).run() == ()
    assert len(await parts.providers.list()) == 1


async def test_a_key_that_cannot_be_one_does_not_stop_the_rest(parts: Parts) -> None:
    broken = EnvironmentConnection(provider="openai", variable="OPENAI_API_KEY", secret=Secret("clé secrète"))
    offers = await first_start(parts, [broken]).run()
    assert [one.connection is not None for one in offers] == [True, False, True]
    assert offers[1].reason is not None
    assert "secrète" not in offers[1].reason


async def test_a_start_that_was_cut_off_is_taken_up_again(parts: Parts) -> None:
    await parts.providers.create(ConnectionDraft(provider="demo", name="Demo"), source="builtin")
    offers = await first_start(parts).run()
    assert [one.connection is not None for one in offers] == [False, True, True]
    assert len(await parts.providers.list()) == 3
