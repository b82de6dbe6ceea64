"""The services on a real database, with a clock that a test moves by hand and a list of the changes they told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from omniroute.gateway.answers import Answers
from omniroute.gateway.archive import Archive
from omniroute.gateway.similar import Similar
from omniroute.kit.errors import Unavailable
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.kit.tasks import Background
from omniroute.services.aliases import Aliases
from omniroute.services.balancing import Balancing
from omniroute.services.cache import Cache
from omniroute.services.combo_metrics import ComboMeasures, ComboMetrics
from omniroute.services.combos import Combos, Probed
from omniroute.services.feeds import Feeds
from omniroute.services.keys import Keys
from omniroute.services.lockout import Lockout
from omniroute.services.login import Login, Visitor
from omniroute.services.model_list import ListedModel, ModelList
from omniroute.services.names import NameBook
from omniroute.services.nodes import Nodes
from omniroute.services.passwords import Passwords
from omniroute.services.providers import ConnectionHealth, Providers
from omniroute.services.request_log import RequestLog
from omniroute.services.sessions import Sessions
from omniroute.services.system import System
from omniroute.services.upstreams import Upstreams
from omniroute.state.bus import Bus
from omniroute.storage.aliases import Aliases as AliasRows
from omniroute.storage.answers import Answers as AnswerRows
from omniroute.storage.combos import Combos as ComboRows
from omniroute.storage.connections import Connections
from omniroute.storage.database import Database
from omniroute.storage.keys import Keys as KeyRows
from omniroute.storage.logins import Logins
from omniroute.storage.meta import Meta
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.secrets import Sealer
from omniroute.storage.settings import SettingGroups
from omniroute.storage.usage import UsageRows
from omniroute.upstream.guard import check_url
from omniroute.upstream.local_embedding import check_local

PASSWORD = Secret("a password of the tests")
PEPPER = bytes(range(32))
HERE = Visitor(address="127.0.0.1", user_agent="tests")


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now_ms = 1_800_000_000_000
        self._monotonic = 1_000.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now_ms += int(seconds * 1000)
        self._monotonic += seconds


@dataclass(kw_only=True)
class Parts:
    """Everything that operators use, and what is below it."""

    clock: ManualClock
    changes: list[ConfigurationChanged]
    health: dict[str, ConnectionHealth] = field(default_factory=dict)
    probed: dict[str, Probed] = field(default_factory=dict)
    measured: dict[str, ComboMetrics] = field(default_factory=dict)
    database: Database
    meta: Meta
    connection_rows: Connections
    node_rows: NodeRows
    combo_rows: ComboRows
    alias_rows: AliasRows
    key_rows: KeyRows
    usage_rows: UsageRows
    logins: Logins
    login: Login
    keys: Keys
    nodes: Nodes
    providers: Providers
    combos: Combos
    combo_measures: ComboMeasures
    aliases: Aliases
    balancing: Balancing
    answers: Answers
    cache: Cache
    system: System
    request_log: RequestLog
    bus: Bus
    feeds: Feeds
    model_list: ModelList


@dataclass(frozen=True, kw_only=True)
class _Told:
    changes: list[ConfigurationChanged]

    async def __call__(self, event: ConfigurationChanged) -> None:
        self.changes.append(event)


async def _no_embedding(_model: str, _text: str) -> list[float]:
    raise Unavailable("no embeddings here")


def assemble(
    database: Database,
    sealer: Sealer,
    *,
    loopback: bool = True,
    check: Callable[[str, bool], None] = check_url,
) -> Parts:
    clock = ManualClock()
    bus = Bus()
    told = _Told(changes=[])
    health: dict[str, ConnectionHealth] = {}
    meta = Meta(database, sealer)
    node_rows = NodeRows(database, sealer)
    connection_rows = Connections(database, sealer)
    key_rows = KeyRows(database)
    combo_rows = ComboRows(database)
    alias_rows = AliasRows(database)
    probed: dict[str, Probed] = {}
    measured: dict[str, ComboMetrics] = {}
    names = NameBook(nodes=node_rows, combos=combo_rows, aliases=alias_rows)

    async def probe(model: str, _connection: str | None) -> Probed:
        return probed.get(model) or Probed(status_code=200, latency_ms=1.5)

    def forget(name: str | None) -> None:
        for one in list(measured):
            if name in {None, one}:
                del measured[one]

    background = Background()
    answers = Answers(
        archive=Archive(AnswerRows(database), clock),
        similar=Similar(embed=_no_embedding, clock=clock, background=background),
        clock=clock,
        background=background,
    )
    logins = Logins(database)
    usage_rows = UsageRows(database)
    login = Login(
        meta=meta,
        settings=SettingGroups(database),
        sessions=Sessions(logins=logins, clock=clock),
        passwords=Passwords(),
        lockout=Lockout(clock=clock),
        clock=clock,
        changed=told,
        loopback=loopback,
    )
    return Parts(
        clock=clock,
        changes=told.changes,
        health=health,
        probed=probed,
        measured=measured,
        combo_rows=combo_rows,
        alias_rows=alias_rows,
        combos=Combos(
            rows=combo_rows,
            connections=connection_rows,
            names=names,
            probe=probe,
            clock=clock,
            changed=told,
        ),
        combo_measures=ComboMeasures(read=lambda: measured, forget=forget),
        aliases=Aliases(rows=alias_rows, names=names, clock=clock, changed=told),
        balancing=Balancing(groups=SettingGroups(database), changed=told),
        database=database,
        meta=meta,
        connection_rows=connection_rows,
        node_rows=node_rows,
        key_rows=key_rows,
        usage_rows=usage_rows,
        logins=logins,
        login=login,
        keys=Keys(rows=key_rows, pepper=PEPPER, clock=clock, changed=told),
        nodes=Nodes(rows=node_rows, connections=connection_rows, check_url=check, clock=clock, changed=told),
        providers=Providers(
            rows=connection_rows,
            upstreams=Upstreams(nodes=node_rows),
            check_url=check,
            health=lambda connection_id: health.get(connection_id, ConnectionHealth(status="ready")),
            clock=clock,
            changed=told,
        ),
        answers=answers,
        cache=Cache(groups=SettingGroups(database), changed=told, answers=answers, check_local=check_local),
        system=System(login=login, version="1.2.3", clock=clock, counts={"openRequests": lambda: 3}),
        request_log=RequestLog(rows=usage_rows),
        bus=bus,
        feeds=Feeds(bus=bus, clock=clock, background=Background(), logged=usage_rows.recent, health=list),
        model_list=ModelList(read=lambda: [ListedModel(id="demo/echo", owned_by="demo")]),
    )
