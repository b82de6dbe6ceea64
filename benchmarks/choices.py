"""What choosing a target costs, without a server: a combo of 20 targets with 10 accounts each, and a plain model.

Each figure is one whole decision in this process: the facts of the request where the strategy looks at them, the
order, the first target. The least of several runs counts, as what else the machine does only adds.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from omniroute.commands.server import spare_the_collector
from omniroute.formats.hub import Format
from omniroute.formats.table import CODECS
from omniroute.gateway.call import Call, Origin
from omniroute.gateway.choosing import Chooser
from omniroute.gateway.cooling import Cooling
from omniroute.gateway.decision import Ask, headline
from omniroute.gateway.facts import facts_for
from omniroute.gateway.resolve import Resolver
from omniroute.gateway.snapshot import Account, Plan, Snapshot
from omniroute.gateway.traffic import Traffic
from omniroute.kit.clock import SystemClock
from omniroute.routing.names import gathered
from omniroute.routing.strategies import Strategy
from omniroute.services.balancing import Balance
from omniroute.services.combos import Combo, ComboConfig, ComboTarget
from omniroute.services.moments import moment
from omniroute.state.bus import Bus
from omniroute.upstream.catalogue import find
from omniroute.upstream.prices import PriceBook

TARGETS, ACCOUNTS = 20, 10
_TURNS, _REPEATS, _REPEATS_QUICK = 200, 15, 5
_MODELS = ("gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4o", "o3")
_BODY: dict[str, Any] = {
    "model": "bench",
    "messages": [
        {"role": "system", "content": "You are a helpful assistant. " * 12},
        {"role": "user", "content": "Tell me about the sea and the sky. " * 20},
    ],
}
_NOBODY = Origin(path="/", address=None, user_agent=None, key=None)
MEASURED = (Strategy.PRIORITY, Strategy.COST_OPTIMIZED, Strategy.CONTEXT_OPTIMIZED, Strategy.LATENCY_OPTIMIZED)


def figures(*, quick: bool) -> dict[str, float]:
    """Return the CPU of one decision in microseconds, by strategy, and `single` for a model with one account."""
    spare_the_collector()  # as the gateway does
    repeats = _REPEATS_QUICK if quick else _REPEATS
    clock = SystemClock()
    chooser = Chooser(Cooling(clock, Bus()))
    resolver = Resolver(PriceBook.load(), Traffic())
    found = {}
    for strategy in MEASURED:
        plan = resolver.plan(_snapshot(strategy, ACCOUNTS), "bench")
        found[strategy.value] = _least(partial(_decide, chooser, plan), repeats)
    single = resolver.plan(_snapshot(Strategy.PRIORITY, 1), "openai/gpt-5")
    return {**found, "single": _least(partial(_decide, chooser, single), repeats)}


def _least(work: Callable[[], None], repeats: int) -> float:
    return min(_timed(work) for _ in range(repeats)) / _TURNS * 1e6


def _timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    for _ in range(_TURNS):
        work()
    return time.process_time() - began


def _decide(chooser: Chooser, plan: Plan) -> None:
    call = Call(id="req_bench", codec=CODECS[Format.OPENAI_CHAT], origin=_NOBODY, started_ms=0)
    call.body = _BODY
    ask = Ask(facts=facts_for(call) if plan.asks_facts else None)
    route = next(iter(chooser.routes(plan, ask)))
    headline(plan, ask, route.id, 1)


def _snapshot(strategy: Strategy, accounts: int) -> Snapshot:
    record = find("openai")
    assert record is not None  # noqa: S101 - it is in the catalogue
    made = [
        Account(
            connection_id=f"conn_{number}",
            name=f"Account {number}",
            provider_id=record.id,
            provider=record.id,
            format=record.format,
            of=record,
            base_url=None,
            headers={},
            local=False,
        )
        for number in range(accounts)
    ]
    targets = tuple(ComboTarget(model=f"openai/{_MODELS[n % len(_MODELS)]}-{n}") for n in range(TARGETS))
    combo = Combo(
        id="combo_bench",
        name="bench",
        strategy=strategy,
        models=tuple(one.model for one in targets),
        targets=targets,
        config=ComboConfig(),
        is_active=True,
        created_at=moment(0),
        updated_at=moment(0),
    )
    prefixes = {"openai": "openai"}
    return Snapshot(
        asks_for_key=False,
        pepper=b"",
        keys={},
        prefixes=prefixes,
        accounts={"openai": made},
        names={},
        models=[],
        known=gathered(prefixes, {"bench": [one.model for one in targets]}, []),
        combos={"bench": combo},
        balance=Balance(),
    )
