"""Custom nodes: an endpoint of the operator's own, with a prefix for model names and one of the five wire formats.

Extra headers may hold credentials, so they are write-only like keys, and both are bound to the node's origin.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from pydantic_core import MISSING

from omniroute.formats.hub import Format
from omniroute.kit.clock import Clock
from omniroute.kit.errors import Conflict, Invalid
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.ids import new_id
from omniroute.kit.secret import Secret
from omniroute.services.changes import Changed, kept
from omniroute.services.moments import moment
from omniroute.services.rules import credential, fault, line, origin
from omniroute.services.upstreams import CheckUrl, checked_url
from omniroute.storage.connections import Connections
from omniroute.storage.nodes import Nodes as NodeRows
from omniroute.storage.rows import ConnectionRow, NodeRow
from omniroute.upstream.auth import headers_for
from omniroute.upstream.catalogue import find

LONGEST_NAME = 200
MOST_HEADERS = 32
LONGEST_HEADER = 8_000
PREFIX_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

_PREFIX = re.compile(PREFIX_PATTERN)
_MASK = "****"


class ApiType(StrEnum):
    """The wire formats, as operators name them."""

    CHAT = "chat"
    RESPONSES = "responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OLLAMA = "ollama"


class NodeType(StrEnum):
    """The coarser word that older clients send and read."""

    OPENAI = "openai-compatible"
    ANTHROPIC = "anthropic-compatible"


_FORMATS = {
    ApiType.CHAT: Format.OPENAI_CHAT,
    ApiType.RESPONSES: Format.OPENAI_RESPONSES,
    ApiType.ANTHROPIC: Format.ANTHROPIC,
    ApiType.GEMINI: Format.GEMINI,
    ApiType.OLLAMA: Format.OLLAMA,
}
_API_TYPES = {spoken: api_type for api_type, spoken in _FORMATS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as it is shown: header values are masked."""

    id: str
    type: NodeType
    name: str
    prefix: str
    api_type: ApiType
    base_url: str
    headers: Mapping[str, str]
    local: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDraft:
    """What to make a node of. Without `api_type`, `type` decides, and without both it is chat."""

    name: str
    prefix: str
    base_url: str
    api_type: ApiType | None = None
    type: NodeType | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """What to change of a node. `headers` replaces them all; `api_key` is the key of the node's one connection."""

    name: str | MISSING = MISSING
    prefix: str | MISSING = MISSING
    base_url: str | MISSING = MISSING
    api_type: ApiType | MISSING = MISSING
    type: NodeType | MISSING = MISSING
    headers: Mapping[str, Secret] | MISSING = field(default=MISSING, repr=False)
    api_key: Secret | MISSING = field(default=MISSING, repr=False)
    local: bool | MISSING = MISSING


class Nodes:
    """Makes, lists and changes nodes."""

    def __init__(
        self,
        *,
        rows: NodeRows,
        connections: Connections,
        check_url: CheckUrl,
        clock: Clock,
        changed: Changed,
    ) -> None:
        self._rows = rows
        self._connections = connections
        self._check_url = check_url
        self._clock = clock
        self._changed = changed
        self._changing = asyncio.Lock()

    async def create(self, draft: NodeDraft) -> Node:
        """Make a node; raise Unprocessable on a bad value and Conflict on a prefix that is taken."""
        now = self._clock.now_ms()
        row = self._checked(
            NodeRow(
                id=new_id("node"),
                name=draft.name,
                prefix=draft.prefix,
                format=format_of(draft.api_type, draft.type),
                base_url=draft.base_url,
                headers=draft.headers,
                is_local=draft.local,
                created_at=now,
                updated_at=now,
            )
        )
        async with self._changing:
            await self._refuse_taken_prefix(row)
            await self._rows.add(row)
        await self._tell(row.id)
        return _shown(row)

    async def list(self) -> tuple[Node, ...]:
        """Return all nodes, the oldest first."""
        return tuple(_shown(row) for row in await self._rows.list())

    async def get(self, node_id: str) -> Node:
        """Return one node; raise NotFound."""
        return _shown(await self._rows.get(node_id))

    async def update(self, node_id: str, change: NodeChange) -> Node:
        """Change a node; another origin needs its headers and its connection's key again."""
        async with self._changing:
            old = await self._rows.get(node_id)
            row = self._checked(self._changed_row(old, change))
            if row.prefix != old.prefix:
                await self._refuse_taken_prefix(row)
            rekeyed = await self._rekeyed(old, row, change)
            # The key goes first: were the second write lost, the new key would stay with the old, trusted address.
            if rekeyed is not None:
                await self._connections.update(rekeyed)
            await self._rows.update(row)
        await self._tell(node_id)
        return _shown(row)

    async def delete(self, node_id: str) -> None:
        """Delete a node together with its connections; raise NotFound."""
        await self._rows.delete(node_id)
        await self._tell(node_id)

    def _changed_row(self, old: NodeRow, change: NodeChange) -> NodeRow:
        same_format = change.api_type is MISSING and change.type is MISSING
        return replace(
            old,
            name=kept(change.name, old.name),
            prefix=kept(change.prefix, old.prefix),
            base_url=kept(change.base_url, old.base_url),
            format=old.format if same_format else format_of(kept(change.api_type, None), kept(change.type, None)),
            headers=kept(change.headers, old.headers),
            is_local=kept(change.local, old.is_local),
            updated_at=self._clock.now_ms(),
        )

    def _checked(self, row: NodeRow) -> NodeRow:
        """Return the row as it is stored, after every rule that looks at one node alone."""
        return replace(
            row,
            name=line(row.name, "name", most=LONGEST_NAME),
            prefix=_prefix(row.prefix),
            base_url=checked_url(row.base_url, Format(row.format), self._check_url, local=row.is_local),
            headers=checked_headers(row.headers, Format(row.format)),
        )

    async def _refuse_taken_prefix(self, row: NodeRow) -> None:
        for other in await self._rows.list():
            if other.id != row.id and other.prefix.lower() == row.prefix.lower():
                raise Conflict(f"the prefix {row.prefix!r} belongs to the node {other.name!r} already", param="prefix")

    async def _rekeyed(self, old: NodeRow, new: NodeRow, change: NodeChange) -> ConnectionRow | None:
        """Return the connection with the key that came along, or refuse to take credentials to another origin."""
        inheriting = [row for row in await self._connections.list() if row.provider == old.id and row.base_url is None]
        if change.api_key is not MISSING:
            return self._with_key(inheriting, change.api_key)
        if origin(old.base_url) == origin(new.base_url):
            return None
        if old.headers and change.headers is MISSING:
            raise fault("headers", "the headers belong to the former address: give them again with the new base URL")
        if any(row.secret is not None for row in inheriting):
            raise fault("apiKey", "the key belongs to the former address: give it again with the new base URL")
        return None

    def _with_key(self, inheriting: Sequence[ConnectionRow], api_key: Secret) -> ConnectionRow:
        if len(inheriting) != 1:
            message = f"this node has {len(inheriting)} connections at its own address, so apiKey cannot say which"
            raise fault("apiKey", f"{message}: change or delete the connections instead")
        secret = credential(api_key)
        if secret is None:
            raise fault("apiKey", "apiKey is empty")
        return replace(
            inheriting[0],
            secret=secret,
            secret_hint=secret.hint(),
            auth_type="apiKey",
            updated_at=self._clock.now_ms(),
        )

    async def _tell(self, node_id: str) -> None:
        await self._changed(ConfigurationChanged(noun="nodes", id=node_id))


def format_of(api_type: ApiType | None, coarse: NodeType | None) -> str:
    """Return the wire format that both words say together."""
    if api_type is None:
        return (Format.ANTHROPIC if coarse is NodeType.ANTHROPIC else Format.OPENAI_CHAT).value
    spoken = _FORMATS[api_type]
    if coarse is not None and coarse is not _coarse(spoken):
        raise fault("type", f"type {coarse.value!r} and apiType {api_type.value!r} contradict each other: drop type")
    return spoken.value


def _coarse(spoken: Format) -> NodeType:
    match spoken:
        case Format.ANTHROPIC:
            return NodeType.ANTHROPIC
        case Format.OPENAI_CHAT | Format.OPENAI_RESPONSES | Format.GEMINI | Format.OLLAMA:
            return NodeType.OPENAI
        case _:
            assert_never(spoken)


def _prefix(value: str) -> str:
    text = value.strip().rstrip("/")
    if not _PREFIX.fullmatch(text):
        raise fault(
            "prefix", "prefix has 1 to 64 letters, digits, dots, hyphens and underscores; a letter or digit first"
        )
    record = find(text) or find(text.lower())
    if record is not None:
        raise Conflict(f"the prefix {text!r} belongs to the provider {record.name}: choose another", param="prefix")
    return text


def checked_headers(headers: Mapping[str, Secret], spoken: Format) -> Mapping[str, Secret]:
    if len(headers) > MOST_HEADERS or any(len(value.reveal()) > LONGEST_HEADER for value in headers.values()):
        raise fault("headers", f"at most {MOST_HEADERS} headers of {LONGEST_HEADER} characters each")
    if len({name.lower() for name in headers}) != len(headers):
        raise fault("headers", "a header is named twice")
    try:
        headers_for(spoken, None, headers)
    except Invalid as error:
        raise fault("headers", error.message) from error
    return headers


def _shown(row: NodeRow) -> Node:
    spoken = Format(row.format)
    return Node(
        id=row.id,
        type=_coarse(spoken),
        name=row.name,
        prefix=row.prefix,
        api_type=_API_TYPES[spoken],
        base_url=row.base_url,
        headers=dict.fromkeys(row.headers, _MASK),
        local=row.is_local,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
