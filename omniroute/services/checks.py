"""Real calls to upstreams on an operator's wish: is this key good, does this address answer, which models are there.

A check says what it saw and leaves no trace, save that a success takes back what was held against the connection.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from omniroute.formats.hub import Format
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Invalid, NotFound, OmniError, UpstreamFailed
from omniroute.kit.log import redactor
from omniroute.kit.secret import Secret
from omniroute.services.credentials import OAUTH, headers_of
from omniroute.services.moments import moment
from omniroute.services.nodes import ApiType, NodeType, checked_headers, format_of
from omniroute.services.rules import credential, fault
from omniroute.services.upstreams import CheckUrl, checked_url
from omniroute.storage.account_rows import OAuthAccountRow
from omniroute.storage.connections import Connections
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.rows import ConnectionRow
from omniroute.upstream.asking import Asker, ListedModel, Place, refused_by_guard
from omniroute.upstream.auth import headers_for
from omniroute.upstream.catalogue import ProviderRecord, find
from omniroute.upstream.failures import AttemptFailed, Failure, FailureKind

# Which proxy an address is reached over: the address, the connection's id (None for an unsaved one), the provider's.
ProxyOf = Callable[[str, str | None, str], str | None]

DiagnosisType = Literal[
    "ok",
    "upstream_auth_error",
    "upstream_quota_exceeded",
    "upstream_rate_limited",
    "upstream_unavailable",
    "upstream_error",
    "model_unavailable",
    "network_error",
    "unsupported",
]

_TYPES: Mapping[FailureKind, DiagnosisType] = {
    FailureKind.AUTH: "upstream_auth_error",
    FailureKind.QUOTA: "upstream_quota_exceeded",
    FailureKind.RATE: "upstream_rate_limited",
    FailureKind.OVERLOAD: "upstream_unavailable",
    FailureKind.TIMEOUT: "upstream_unavailable",
    FailureKind.MODEL_MISSING: "model_unavailable",
}
# The request was understood and refused for what it asked: the credential itself is good.
_ANSWERED = frozenset({FailureKind.MODEL_MISSING, FailureKind.CLIENT_ERROR, FailureKind.CONTENT_REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a check means. `source` is who said so; `code` the provider's own word, where it had one."""

    type: DiagnosisType
    source: Literal["upstream", "network", "gateway"]
    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How a check went. `latency_ms` is the time of all its calls; `status_code` the last answer's, None without one.

    `refreshed` tells whether a token was renewed on the way.
    """

    valid: bool
    error: str | None
    refreshed: bool = False
    diagnosis: Diagnosis
    latency_ms: float
    status_code: int | None
    model: str | None
    tested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionModels:
    """The models that a connection's provider lists for it."""

    provider: str
    connection_id: str
    models: tuple[ListedModel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedConnection:
    """A connection to be tried before it is made; as ConnectionDraft."""

    provider: str
    api_key: Secret | None = field(default=None, repr=False)
    base_url: str | None = None
    local: bool = False
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsavedNode:
    """A node to be tried before it is made; as NodeDraft, with a key."""

    base_url: str
    api_key: Secret | None = field(default=None, repr=False)
    api_type: ApiType | None = None
    type: NodeType | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    local: bool = False
    model: str | None = None


class Checks:
    """Makes the calls."""

    def __init__(
        self,
        *,
        connections: Connections,
        nodes: NodeRows,
        asker: Asker,
        check_url: CheckUrl,
        proxy_of: ProxyOf,
        forgive: Callable[[str], None],
        clock: Clock,
    ) -> None:
        """`forgive` takes back what is held against a connection in the data plane."""
        self._connections = connections
        self._nodes = nodes
        self._asker = asker
        self._check_url = check_url
        self._proxy_of = proxy_of
        self._forgive = forgive
        self._clock = clock

    async def test(self, connection_id: str) -> Check:
        """Try a stored connection with a real call; a success ends its cooldown."""
        row = await self._connections.get(connection_id)
        place, known = await self._stored(row)
        check = await self._look(place, row.default_model, known, address="baseUrl")
        if check.valid:
            self._forgive(connection_id)
        return check

    async def models(self, connection_id: str) -> ConnectionModels:
        """Ask the provider of a stored connection for its models; raise UpstreamFailed when it does not say."""
        row = await self._connections.get(connection_id)
        place, _ = await self._stored(row)
        try:
            listed = await self._asker.models(place)
        except AttemptFailed as error:
            _raise_refused(error, "baseUrl")
            words = redactor.clean(error.failure.fault.message)
            raise UpstreamFailed(f"{row.provider} did not list its models: {words}") from error
        return ConnectionModels(provider=row.provider, connection_id=row.id, models=listed)

    async def validate(self, unsaved: UnsavedConnection) -> Check:
        """Try what a connection would be made of; nothing is stored."""
        place, known = await self._unsaved(unsaved)
        return await self._look(place, unsaved.model, known, address="baseUrl")

    async def validate_node(self, unsaved: UnsavedNode) -> Check:
        """Try what a node would be made of; nothing is stored."""
        spoken = Format(format_of(unsaved.api_type, unsaved.type))
        url = checked_url(unsaved.base_url, spoken, self._check_url, local=unsaved.local)
        place = Place(
            of=spoken,
            base_url=url,
            headers=headers_for(spoken, credential(unsaved.api_key), checked_headers(unsaved.headers, spoken)),
            local=unsaved.local,
            proxy=self._proxy_of(url, None, ""),
        )
        return await self._look(place, unsaved.model, (), address="baseUrl")

    async def _stored(self, row: ConnectionRow) -> tuple[Place, tuple[str, ...]]:
        """Return where a stored connection leads, and the models that it is known to have."""
        record = find(row.provider)
        if record is not None:
            place = Place(
                of=record,
                base_url=row.base_url,
                headers=headers_of(row, record.format, scheme=record.scheme, account=await self._account(row)),
                local=row.is_local,
                proxy=self._proxy_of(row.base_url or record.base_url, row.id, row.provider),
            )
            return place, row.found_models or _known(record)
        node = await self._nodes.get(row.provider)
        spoken = Format(node.format)
        place = Place(
            of=spoken,
            base_url=row.base_url or node.base_url,
            headers=headers_of(row, spoken, node_headers=node.headers, account=await self._account(row)),
            local=node.is_local or row.is_local,
            proxy=self._proxy_of(row.base_url or node.base_url, row.id, row.provider),
        )
        return place, row.found_models

    async def _account(self, row: ConnectionRow) -> OAuthAccountRow | None:
        return await self._connections.account(row.id) if row.auth_type == OAUTH else None

    async def _unsaved(self, unsaved: UnsavedConnection) -> tuple[Place, tuple[str, ...]]:
        secret = credential(unsaved.api_key)
        record = find(unsaved.provider)
        if record is not None:
            if not record.supported:
                raise fault("provider", f"{record.name} is not supported: {record.reason or 'it has no public API'}")
            local = unsaved.local or record.is_local
            url = self._override(unsaved.base_url, record.format, local=local)
            place = Place(
                of=record,
                base_url=url,
                headers=headers_for(record.format, secret, scheme=record.scheme),
                local=local,
                proxy=self._proxy_of(url or record.base_url, None, record.id),
            )
            return place, _known(record)
        for node in await self._nodes.list():
            if unsaved.provider in {node.id, node.prefix}:
                if unsaved.base_url:
                    raise fault("baseUrl", "a node has an address of its own: leave it out, or validate a node")
                spoken = Format(node.format)
                headers = headers_for(spoken, secret, node.headers)
                proxy = self._proxy_of(node.base_url, None, node.id)
                return Place(of=spoken, base_url=node.base_url, headers=headers, local=node.is_local, proxy=proxy), ()
        raise fault("provider", f"there is no provider or node {unsaved.provider!r}")

    def _override(self, base_url: str | None, spoken: Format, *, local: bool) -> str | None:
        return checked_url(base_url, spoken, self._check_url, local=local) if base_url and base_url.strip() else None

    async def _look(self, place: Place, wanted: str | None, known: tuple[str, ...], *, address: str) -> Check:
        """List the models, then ask one of them for a word: some lists are open to anyone, so a list proves little."""
        seen = _Seen(self._clock)
        listed = await self._listed(place, seen, address)
        if seen.failure is not None and (listed is None or seen.failure.kind is FailureKind.AUTH):
            return seen.failed(seen.failure)
        names = [model.id for model in listed or ()]
        model = wanted or next((one for one in known if one in names or not names), names[0] if names else None)
        if model is None:
            return seen.passed(None, "it answers, but lists no model to ask") if listed is not None else seen.unknown()
        try:
            await self._asker.chat(place, model)
        except AttemptFailed as error:
            _raise_refused(error, address)
            failure = error.failure
            if wanted is None and names and failure.kind in _ANSWERED:
                return seen.passed(model, f"the credential is good; {model} itself declined: {failure.fault.message}")
            return seen.failed(failure, model)
        except OmniError as error:
            return seen.unknown(error.message)
        return seen.passed(model, f"{model} answered")

    async def _listed(self, place: Place, seen: "_Seen", address: str) -> tuple[ListedModel, ...] | None:
        """Return the list; () where there is none, None where the upstream cannot be reached at all."""
        try:
            return await self._asker.models(place)
        except AttemptFailed as error:
            _raise_refused(error, address)
            seen.failure = error.failure
            return None if error.failure.status is None else ()
        except NotFound:
            return ()
        except Invalid as error:
            raise fault(address, error.message) from error


class _Seen:
    """What a check saw so far, and how to tell it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = time.perf_counter()
        self.failure: Failure | None = None

    def passed(self, model: str | None, words: str) -> Check:
        said = Diagnosis(type="ok", source="upstream", message=redactor.clean(words))
        return self._told(said, valid=True, status=200, model=model)

    def failed(self, failure: Failure, model: str | None = None) -> Check:
        answered = failure.status is not None
        kind = _TYPES.get(failure.kind, "upstream_error") if answered else "network_error"
        said = Diagnosis(
            type=kind,
            source="upstream" if answered else "network",
            message=redactor.clean(failure.fault.message),
            code=failure.fault.code or failure.kind.value,
        )
        return self._told(said, valid=False, status=failure.status, model=model)

    def unknown(self, words: str = "it has no list of models: say which model to ask") -> Check:
        return self._told(Diagnosis(type="unsupported", source="gateway", message=words), valid=False)

    def _told(self, said: Diagnosis, *, valid: bool, status: int | None = None, model: str | None = None) -> Check:
        return Check(
            valid=valid,
            error=None if valid else said.message,
            diagnosis=said,
            latency_ms=round((time.perf_counter() - self._began) * 1000, 3),
            status_code=status,
            model=model,
            tested_at=moment(self._clock.now_ms()),
        )


def _known(record: ProviderRecord) -> tuple[str, ...]:
    return tuple(model.id for model in record.chat_models)


def _raise_refused(error: AttemptFailed, field_name: str) -> None:
    """Say what the outbound guard said, as a fault of the address."""
    words = refused_by_guard(error)
    if words is not None:
        raise fault(field_name, words) from error
