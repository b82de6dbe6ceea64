"""What a first start can offer without being asked: keys in the environment, and model servers on this machine.

A port that answers is not yet a model server: each kind is known by the shape of its answers, and anything else on the
port is left alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog
from yarl import URL

from omniroute.kit import json
from omniroute.kit.secret import Secret
from omniroute.upstream.catalogue import CATALOGUE, Probe, ProviderRecord
from omniroute.upstream.client import Endpoint, UpstreamClient
from omniroute.upstream.failures import AttemptFailed

_MAX_ANSWER = 4 * 1024 * 1024
_OK = 200
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentConnection:
    """A provider for which the environment holds a key, and the variable that holds it."""

    provider: str
    variable: str
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """A model server that answered on this machine: the provider it is, its base URL and its chat models."""

    provider: str
    base_url: str
    models: tuple[str, ...] = field(default=())


def environment_connections(provider_keys: Mapping[str, Secret]) -> list[EnvironmentConnection]:
    """Return the providers that have a key among these variables, in the catalogue's order.

    A provider with several variables takes the first of its list that holds something.
    """
    found = []
    for record in CATALOGUE:
        if not record.supported:
            continue
        for variable in record.env_keys:
            text = provider_keys[variable].reveal().strip() if variable in provider_keys else ""
            if text:
                found.append(EnvironmentConnection(provider=record.id, variable=variable, secret=Secret(text)))
                break
    return found


async def find_local_servers(records: Iterable[ProviderRecord], timeout_s: float = 0.5) -> list[FoundServer]:
    """Ask the loopback ports of the local records, all at once, and return the servers that proved what they are."""
    asked = [record for record in records if record.probe is not None and _is_loopback(record.base_url)]
    client = UpstreamClient(connect_timeout_s=timeout_s)
    try:
        answers = await asyncio.gather(*(_ask(client, record, timeout_s) for record in asked))
    finally:
        await client.close()
    return [server for server in answers if server is not None]


async def _ask(client: UpstreamClient, record: ProviderRecord, timeout_s: float) -> FoundServer | None:
    """Ask one record's port; silence, nonsense and foreign servers are all None."""
    where = urlsplit(record.base_url)

    async def get(path: str) -> Any:
        return await _get(client, f"{where.scheme}://{where.netloc}{path}")

    probe = record.probe
    if probe is None:
        return None
    try:
        async with asyncio.timeout(timeout_s):
            models = await _PROBES[probe](get)
    except (AttemptFailed, TimeoutError, json.BadJson) as error:
        _log.debug("no local server", provider=record.id, reason=type(error).__name__)
        return None
    return None if models is None else FoundServer(provider=record.id, base_url=record.base_url, models=models)


async def _get(client: UpstreamClient, url: str) -> Any:
    """Return the JSON of a 200 answer; one that is too large is as bad as none."""
    answer = await client.get(Endpoint(url=URL(url, encoded=True), headers={}, local=True))
    try:
        return json.loads(await answer.read(_MAX_ANSWER)) if answer.status == _OK else None
    finally:
        answer.close()


_Get = Callable[[str], Awaitable[Any]]


async def _ollama(get: _Get) -> tuple[str, ...] | None:
    """Ollama tells its version and lists its models: https://docs.ollama.com/api."""
    version, tags = await get("/api/version"), await get("/api/tags")
    if not isinstance(_field(version, "version"), str) or not isinstance(_field(tags, "models"), list):
        return None
    return _names(tags, "models", "name")


async def _lmstudio(get: _Get) -> tuple[str, ...] | None:
    """LM Studio has a greeting that its own tools look for; unknown paths get 200 with an error, so shape decides."""
    if _field(await get("/lmstudio-greeting"), "lmstudio") is not True:
        return None
    models = await get("/api/v0/models")
    return _names(models, "data", "id", lambda model: model.get("type") in {"llm", "vlm"})


async def _llamacpp(get: _Get) -> tuple[str, ...] | None:
    """llama.cpp signs its models, and /props tells the settings of its slots."""
    models = await get("/v1/models")
    if not _is_owned_by(models, "llamacpp"):
        props = await get("/props")
        settings, slots = _field(props, "default_generation_settings"), _field(props, "total_slots")
        if not isinstance(settings, dict) or not isinstance(slots, int):
            return None
    return _names(models, "data", "id")


async def _vllm(get: _Get) -> tuple[str, ...] | None:
    """VLLM signs its models."""
    models = await get("/v1/models")
    return _names(models, "data", "id") if _is_owned_by(models, "vllm") else None


_PROBES: Mapping[Probe, Callable[[_Get], Awaitable[tuple[str, ...] | None]]] = {
    "ollama": _ollama,
    "lmstudio": _lmstudio,
    "llamacpp": _llamacpp,
    "vllm": _vllm,
}


def _field(value: Any, name: str) -> Any:
    """Read a field of what should be an object."""
    return value.get(name) if isinstance(value, dict) else None


def _entries(value: Any, name: str) -> list[dict[str, Any]]:
    """Return the objects of the list under a name."""
    entries = _field(value, name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _is_owned_by(models: Any, owner: str) -> bool:
    """Whether the list is not empty and one owner signs all of it (LoRA adapters included)."""
    entries = _entries(models, "data")
    return bool(entries) and all(entry.get("owned_by") == owner for entry in entries)


def _names(
    value: Any, name: str, key: str, wanted: Callable[[dict[str, Any]], bool] = lambda _entry: True
) -> tuple[str, ...]:
    """Return the names of the models in a list."""
    entries = [entry for entry in _entries(value, name) if wanted(entry)]
    return tuple(entry[key] for entry in entries if isinstance(entry.get(key), str) and entry[key])


def _is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine by its very text; no name is looked up."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
