"""The holder of all states: what it tells the bus, how many it keeps, and how they get over a restart."""

import pytest

from omniroute.formats.events import Fault
from omniroute.formats.hub import Format
from omniroute.gateway.cooling import MOST_SCOPES, Cooling
from omniroute.gateway.remembering import Remembering
from omniroute.gateway.snapshot import Account, Route, Snapshot, Target, parse_url
from omniroute.kit.events import BreakerChanged, ConnectionCooled, Happening
from omniroute.routing.breaker import FORGET_S, BreakerScope, Phase, phase
from omniroute.routing.names import Names
from omniroute.routing.profiles import Profile
from omniroute.services.balancing import Balance
from omniroute.state.bus import Bus
from omniroute.storage.breakers import Breakers
from omniroute.storage.database import Database
from omniroute.upstream.client import Endpoint
from omniroute.upstream.failures import Failure, FailureKind, of_break
from tests.services.parts import ManualClock

PROFILE = Profile(transient_cooldown=3_000, circuit_breaker_threshold=3, circuit_breaker_reset=30_000)
ENDPOINT = Endpoint(url=parse_url("http://127.0.0.1:9/v1"), headers={}, local=True)


def target(connection_id: str = "conn_1", model: str = "gpt-5") -> Target:
    return Target(
        provider="own",
        connection_id=connection_id,
        connection_name=connection_id,
        model=model,
        format=Format.OPENAI_CHAT,
        whole=ENDPOINT,
        stream=ENDPOINT,
        rate=None,
        profile=PROFILE,
    )


def route(of: Target) -> Route:
    return Route(target=of, id=(of.connection_id, of.model), steps=())


def rate(wait_s: float) -> Failure:
    fault = Fault(kind="rate_limit", message="slow down", status=429)
    return Failure(kind=FailureKind.RATE, fault=fault, status=429, retry_after_s=wait_s)


BROKEN = of_break(FailureKind.TRANSIENT, "reset")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def cooling(clock: ManualClock, bus: Bus) -> Cooling:
    return Cooling(clock, bus)


async def told(bus: Bus, cooling: Cooling, clock: ManualClock) -> list[Happening]:
    """Open a breaker, let its probe through, and let it be answered, while somebody listens."""
    with bus.subscribe() as subscription:
        for _ in range(3):
            cooling.failed(target(), BROKEN)
        clock.advance(31)
        permit = cooling.admit(route(target()))
        assert permit
        cooling.succeeded(target(), permit=permit)
        bus.close()
        return [event async for event in subscription]


async def test_the_bus_hears_of_cooldowns_and_of_each_turn_of_a_breaker(
    cooling: Cooling, clock: ManualClock, bus: Bus
) -> None:
    began = clock.now_ms()
    events = await told(bus, cooling, clock)
    cooled = [one for one in events if isinstance(one, ConnectionCooled)]
    turns = [one for one in events if isinstance(one, BreakerChanged)]
    assert [one.until_ms - began for one in cooled] == [3_000, 6_000, 30_000]
    assert [(one.state, one.connection_id, one.reason) for one in turns] == [
        ("open", "conn_1", "transient"),
        ("half_open", "conn_1", "transient"),
        ("closed", "conn_1", "transient"),
    ]
    assert turns[0].until_ms == began + 30_000
    assert not cooling.has_any


def test_while_nothing_is_held_there_is_nothing_to_look_at(cooling: Cooling, clock: ManualClock) -> None:
    assert not cooling.has_any
    assert cooling.admit(route(target())) == ()
    cooling.failed(target(), rate(5))
    assert cooling.has_any
    assert cooling.admit(route(target())) is None
    assert cooling.admit(route(target("conn_2"))) == ()
    clock.advance(5)
    assert cooling.admit(route(target())) == ()
    cooling.succeeded(target())
    assert not cooling.has_any


def test_what_was_over_long_ago_is_swept_away(cooling: Cooling, clock: ManualClock) -> None:
    cooling.failed(target(), BROKEN)
    clock.advance(FORGET_S)
    cooling.sweep()
    assert cooling.has_any
    clock.advance(10)
    cooling.sweep()
    assert not cooling.has_any


def test_made_up_models_do_not_fill_the_memory(cooling: Cooling) -> None:
    missing = of_break(FailureKind.MODEL_MISSING, "no such model")
    cooling.failed(target(), rate(3_600))
    for number in range(MOST_SCOPES + 50):
        cooling.failed(target(model=f"made-up-{number}"), missing)
    held = cooling.all()
    assert len(held) == MOST_SCOPES
    assert BreakerScope(connection_id="conn_1") in held, "what is held against a whole connection stays"
    assert BreakerScope(connection_id="conn_1", model="made-up-0") not in held


def test_a_probe_of_several_scopes_settles_each(cooling: Cooling, clock: ManualClock) -> None:
    for number in range(3):
        for connection_id in ("conn_1", "conn_2"):
            cooling.failed(target(connection_id), BROKEN)
            clock.advance(10 * (number == 0))
    provider = BreakerScope(provider="own")
    assert provider in cooling.all()
    clock.advance(120)
    permit = cooling.admit(route(target()))
    assert permit is not None
    assert BreakerScope(connection_id="conn_1") in permit
    assert cooling.admit(route(target())) is None
    cooling.release(permit)
    assert cooling.admit(route(target())) == permit
    cooling.failed(target(), BROKEN, permit=permit)
    assert not any(standing.probing for standing in cooling.all().values())


# ── over a restart ──────────────────────────────────────────────────────────────────────────────────────────────────


def snapshot(*connection_ids: str) -> Snapshot:
    accounts = [
        Account(
            connection_id=one,
            name=one,
            provider_id="own",
            provider="own",
            format=Format.OPENAI_CHAT,
            of=Format.OPENAI_CHAT,
            base_url=None,
            headers={},
            local=True,
        )
        for one in connection_ids
    ]
    return Snapshot(
        asks_for_key=False,
        pepper=b"",
        keys={},
        prefixes={},
        accounts={"own": accounts},
        names={},
        models=(),
        known=Names(prefixes=frozenset(), combos={}, exact={}, wild=()),
        combos={},
        balance=Balance(),
    )


async def restarted(database: Database, cooling: Cooling, clock: ManualClock, then: ManualClock) -> Cooling:
    """Write what one process holds, and read it in the next."""
    await Remembering(Breakers(database), cooling, clock).flush()
    after = Cooling(then, Bus())
    await Remembering(Breakers(database), after, then).restore(snapshot("conn_1", "conn_2"))
    return after


def later(seconds: float) -> ManualClock:
    """The clock of another process: the wall's moved on, and the other one began somewhere else."""
    clock = ManualClock()
    clock._now_ms += int(seconds * 1000)
    clock._monotonic = 7.0
    return clock


async def test_a_rest_goes_on_where_it_was(database: Database, cooling: Cooling, clock: ManualClock) -> None:
    cooling.failed(target(), rate(600))
    cooling.failed(target("gone"), rate(600))
    after = await restarted(database, cooling, clock, later(100))
    ((found, standing, left),) = after.refusals([target(), target("gone")])
    assert (found.connection_id, standing.reason, round(left)) == ("conn_1", "rate", 500)
    assert after.health("conn_1").last_error == "slow down"


async def test_a_wall_clock_that_jumped_ahead_ends_a_rest_and_one_that_was_set_back_does_not_prolong_it(
    database: Database, cooling: Cooling, clock: ManualClock
) -> None:
    cooling.failed(target(), rate(500))
    ahead = await restarted(database, cooling, clock, later(10_000_000))
    assert not ahead.has_any
    cooling.changed.add(BreakerScope(connection_id="conn_1"))
    back = await restarted(database, cooling, clock, later(-10_000_000))
    ((_, _, left),) = back.refusals([target()])
    assert left <= 500


async def test_an_open_breaker_whose_time_passed_meanwhile_lets_one_probe_through(
    database: Database, cooling: Cooling, clock: ManualClock
) -> None:
    for _ in range(3):
        cooling.failed(target(), BROKEN)
    clock.advance(31)
    assert cooling.admit(route(target())), "the process ends while the probe is under way"
    after = await restarted(database, cooling, clock, later(60))
    (standing,) = [one for scope, one in after.all().items() if scope.connection_id]
    assert phase(standing, 7.0) is Phase.HALF_OPEN
    assert after.admit(route(target()))
    assert after.admit(route(target())) is None


async def test_only_what_changed_is_written_and_what_ended_is_removed(
    database: Database, cooling: Cooling, clock: ManualClock
) -> None:
    remembering = Remembering(Breakers(database), cooling, clock)
    cooling.failed(target(), rate(60))
    await remembering.flush()
    assert not cooling.changed
    assert len(await Breakers(database).list()) == 1
    cooling.reset()
    await remembering.flush()
    assert await Breakers(database).list() == ()
