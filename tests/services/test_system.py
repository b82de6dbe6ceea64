"""The gateway as a whole."""

from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.services.parts import PASSWORD, Parts, assemble


async def test_health_tells_figures_and_the_state_of_set_up(parts: Parts) -> None:
    parts.clock.advance(61)
    found = await parts.system.health()
    assert (found.status, found.database, found.version) == ("healthy", "ok", "1.2.3")
    assert (found.uptime_seconds, found.setup_complete, found.counts) == (61, False, {"openRequests": 3})
    await parts.login.start(PASSWORD)
    assert (await parts.system.initial()).setup_complete
    assert (await parts.system.health()).setup_complete


async def test_a_database_that_is_away_is_told_and_not_raised(sealer: Sealer) -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    try:
        found = await assemble(database, sealer).system.health()
    finally:
        await database.close()
    assert (found.status, found.database, found.setup_complete) == ("unhealthy", "unavailable", None)
