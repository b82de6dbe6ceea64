"""What a connection's `provider` may name: a provider of the catalogue, or a custom node. One view of both."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from omniroute.formats.hub import Format
from omniroute.kit.errors import Invalid, NotFound
from omniroute.services.rules import Origin, base_url, fault, origin
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.rows import NodeRow
from omniroute.upstream.catalogue import ProviderRecord, find
from omniroute.upstream.endpoints import repaired

# Says why an address must not be called; the flag says that an operator marked it local.
CheckUrl = Callable[[str, bool], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What the rules for connections need to know. `bound_headers`: it adds headers that may hold credentials."""

    id: str
    label: str
    format: Format
    base_url: str
    needs_key: bool
    takes_key: bool
    is_local: bool
    bound_headers: bool = False
    is_custom: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether it is reached by HTTP at all; the built-in demo is not."""
        return urlsplit(self.base_url).scheme in {"http", "https"}

    def origin_with(self, override: str | None) -> Origin:
        """Return the origin that credentials are bound to when a connection overrides the base URL with `override`."""
        return origin(override or self.base_url)


class Upstreams:
    """Finds an upstream by the name a connection gives."""

    def __init__(self, *, nodes: NodeRows) -> None:
        self._nodes = nodes

    async def find(self, provider: str) -> Upstream:
        """Return the provider or node of this id, alias or prefix; raise Unprocessable with the reason otherwise."""
        record = find(provider)
        if record is not None:
            return _of_record(record)
        for row in await self._nodes.list():
            if provider in {row.id, row.prefix}:
                return _of_node(row)
        raise fault("provider", f"there is no provider or node {provider!r}: make a node for a custom endpoint first")

    async def nodes(self) -> tuple[NodeRow, ...]:
        """Return the custom nodes."""
        return tuple(await self._nodes.list())

    async def stored(self, provider: str) -> Upstream:
        """Return the upstream of a stored connection; raise NotFound when it is gone."""
        record = find(provider)
        if record is not None:
            return _of_record(record, even_unsupported=True)
        for row in await self._nodes.list():
            if provider == row.id:
                return _of_node(row)
        raise NotFound(f"the node {provider!r} of this connection is gone: delete the connection")


def checked_url(value: str, spoken: Format, check: CheckUrl, *, local: bool) -> str:
    """Return a base URL that can be called; raise Unprocessable that says why not."""
    text = base_url(value)
    check(text, local)
    try:
        repaired(text, spoken)
    except Invalid as error:
        raise fault("baseUrl", error.message) from error
    return text


def _of_record(record: ProviderRecord, *, even_unsupported: bool = False) -> Upstream:
    if not record.supported and not even_unsupported:
        raise fault("provider", f"{record.name} is not supported: {record.reason or 'it has no public API'}")
    return Upstream(
        id=record.id,
        label=record.name,
        format=record.format,
        base_url=record.base_url,
        needs_key=record.needs_key,
        takes_key="apiKey" in record.auth_kinds,
        is_local=record.is_local,
    )


def _of_node(row: NodeRow) -> Upstream:
    return Upstream(
        id=row.id,
        label=row.name,
        format=Format(row.format),
        base_url=row.base_url,
        needs_key=False,
        takes_key=True,
        is_local=row.is_local,
        bound_headers=bool(row.headers),
        is_custom=True,
    )
