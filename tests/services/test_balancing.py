"""Blocked providers, on both kinds of database; the rest of balancing is tested with combos."""

import pytest

from omniroute.kit.errors import Unprocessable
from omniroute.services.balancing import BalanceChange
from tests.services.parts import Parts


async def test_providers_are_blocked_by_any_of_their_names(parts: Parts) -> None:
    changed = await parts.balancing.update(BalanceChange(blocked_providers=["openai", "openai"]))
    assert changed.blocked_providers == ("openai",)
    assert (await parts.balancing.update(BalanceChange(sticky_round_robin_limit=2))).blocked_providers == ("openai",)
    with pytest.raises(Unprocessable, match="no provider 'opnai'"):
        await parts.balancing.update(BalanceChange(blocked_providers=["opnai"]))
    assert await parts.balancing.get() == await parts.balancing.checked(BalanceChange())
