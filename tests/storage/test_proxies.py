"""Outbound proxies and models of one's own, as they are stored."""

from dataclasses import replace

from sqlalchemy import select

from omniroute.kit.secret import Secret
from omniroute.storage import tables
from omniroute.storage.custom_models import CustomModels
from omniroute.storage.database import Database
from omniroute.storage.proxies import Proxies
from omniroute.storage.rows import CustomModelRow, ProxyRow
from omniroute.storage.secrets import Sealer

PROXY = ProxyRow(
    id="provider:openai", kind="socks5", host="::1", port=1080, username="me", password=Secret("pass"), updated_at=1
)
MODEL = CustomModelRow(
    provider="openai",
    model="tuned",
    name=None,
    kind="chat",
    context_window=1000,
    source="manual",
    created_at=1,
    updated_at=1,
)


async def test_a_proxy_comes_back_as_it_was_and_its_password_is_sealed(database: Database, sealer: Sealer) -> None:
    proxies = Proxies(database, sealer)
    await proxies.change([PROXY], [])
    assert await proxies.list() == (PROXY,)
    async with database.reading() as connection:
        stored = (await connection.execute(select(tables.proxies.c.password_sealed))).scalar_one()
    assert "pass" not in stored


async def test_proxies_change_together(database: Database, sealer: Sealer) -> None:
    proxies = Proxies(database, sealer)
    everywhere = replace(PROXY, id="global", username=None, password=None)
    await proxies.change([PROXY], [])
    await proxies.change([everywhere], [PROXY.id])
    assert await proxies.list() == (everywhere,)


async def test_a_model_is_put_over_what_it_was_and_taken_away_once(database: Database) -> None:
    models = CustomModels(database)
    await models.put(MODEL)
    await models.put(replace(MODEL, name="Tuned", created_at=2, updated_at=2))
    assert await models.list() == (replace(MODEL, name="Tuned", updated_at=2),)
    assert await models.delete("openai", "tuned") is True
    assert await models.delete("openai", "tuned") is False
