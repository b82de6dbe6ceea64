"""One row of the original OmniRoute's database as rows of ours, and what has to be said about it; pure."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from omniroute.formats.hub import Format
from omniroute.kit import json
from omniroute.kit.errors import OmniError
from omniroute.kit.ids import new_id
from omniroute.kit.json import JsonObject
from omniroute.kit.secret import Secret
from omniroute.routing.strategies import Strategy
from omniroute.services.combos import MOST_TARGETS, NAME_PATTERN, ComboConfig, ComboTarget
from omniroute.services.keys import digest
from omniroute.services.rules import base_url, credential, line
from omniroute.storage.fit import bounded, clipped
from omniroute.storage.rows import RequestRow
from omniroute.storage.secrets import place
from omniroute.upstream.catalogue import find
from omniroute.upstream.guard import check_url

_SEALED = "enc:v1:"
_MOST = 1_000
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DEFAULT_URLS = {
    Format.OPENAI_CHAT: "https://api.openai.com/v1",
    Format.OPENAI_RESPONSES: "https://api.openai.com/v1",
    Format.ANTHROPIC: "https://api.anthropic.com/v1",
}
_OK = 200


@dataclass(slots=True, kw_only=True)
class Known:
    """What is there already and must not come twice; the rows taken so far are added. Times in milliseconds."""

    now: int
    pepper: bytes = field(repr=False)
    seal: Callable[[Secret, str], str]
    prefixes: dict[str, str]
    connections: set[tuple[str, str]]
    combos: set[str]
    aliases: set[str]
    position: int
    digests: set[bytes]
    models: set[tuple[str, str]]
    nodes: dict[str, str] = field(default_factory=dict)  # their id → ours
    ids: dict[str, str] = field(default_factory=dict)  # of connections and keys, their id → ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """The rows to add, and words about what was not taken as it was."""

    rows: Sequence[JsonObject] = ()
    notes: Sequence[str] = ()


def node_row(row: Mapping[str, Any], known: Known) -> Taking:
    """Return a custom endpoint."""
    name, prefix = _text(row, "name", 200) or "endpoint", _text(row, "prefix", 64).lower()
    theirs = _text(row, "id", 200)
    if not _PREFIX.fullmatch(prefix):
        return _skipped(f"endpoint {name!r}: its prefix {prefix!r} cannot be one here")
    if prefix in known.prefixes:
        known.nodes[theirs] = known.prefixes[prefix]
        return _skipped(f"endpoint {name!r}: the prefix {prefix!r} is taken, so the one that is here stays")
    if find(prefix) is not None:
        return _skipped(f"endpoint {name!r}: {prefix!r} is a provider's own name")
    spoken = _format(row)
    url = _text(row, "base_url", 2_000) or _DEFAULT_URLS[spoken]
    try:
        url = base_url(url)
    except OmniError as error:
        return _skipped(f"endpoint {name!r}: {error.message}")
    node_id = known.prefixes[prefix] = known.nodes[theirs] = new_id("node")
    made = {
        "id": node_id, "name": name, "prefix": prefix, "format": spoken.value, "base_url": url, "headers_sealed": None,
        "is_local": False, "created_at": known.now, "updated_at": known.now,
    }  # fmt: skip
    return Taking(rows=[made], notes=_reach(name, url))


def _reach(name: str, url: str) -> Sequence[str]:
    """Say where a private address waits for somebody to allow it."""
    try:
        check_url(url, False)
    except OmniError as error:
        return [f"endpoint {name!r}: {error.message}; until then it is not called"]
    return []


def _format(row: Mapping[str, Any]) -> Format:
    if "anthropic" in _text(row, "type", 64):
        return Format.ANTHROPIC
    return Format.OPENAI_RESPONSES if _text(row, "api_type", 64) == "responses" else Format.OPENAI_CHAT


def connection_row(row: Mapping[str, Any], known: Known) -> Taking:
    """Return an account; its key is sealed anew, or it is off and says why."""
    theirs = _text(row, "provider", 200)
    record = find(theirs)
    provider = known.nodes.get(theirs) or (record.id if record is not None and record.supported else None)
    name = _text(row, "name", 200) or _text(row, "email", 200) or _text(row, "display_name", 200) or "imported"
    if provider is None:
        return _skipped(f"connection {name!r}: there is no provider {theirs!r} here")
    if (provider, name) in known.connections:
        return _skipped(f"connection {name!r}: {theirs} has one of this name already")
    secret, note = _secret(row)
    connection_id = known.ids[_text(row, "id", 200)] = new_id("conn")
    known.connections.add((provider, name))
    where = place("connections", connection_id, "secret_sealed")
    made = {
        "id": connection_id, "provider": provider, "name": name,
        "auth_type": "oauth" if _text(row, "auth_type", 16) == "oauth" else "apiKey",
        "secret_sealed": None if secret is None else known.seal(secret, where),
        "secret_hint": None if secret is None else secret.hint(),
        "base_url": None, "is_local": False, "priority": min(max(_number(row, "priority"), 1), _MOST), "weight": 1,
        "max_concurrent": None, "default_model": _text(row, "default_model", 256) or None,
        "is_active": note is None and row.get("is_active") != 0, "source": "manual", "found_models": None,
        "created_at": known.now, "updated_at": known.now,
    }  # fmt: skip
    return Taking(rows=[made], notes=[] if note is None else [f"connection {name!r}: {note}"])


def _secret(row: Mapping[str, Any]) -> tuple[Secret | None, str | None]:
    """Return what an account is called with, and why there is none."""
    if _text(row, "auth_type", 16) == "oauth":
        return None, "key missing: it was signed in elsewhere, so sign in here; it is off until then"
    text = _text(row, "api_key", 10_000)
    if text.startswith(_SEALED):
        return None, (
            "key missing: it was encrypted with the other installation's STORAGE_ENCRYPTION_KEY; "
            "enter it again, it is off until then"
        )
    try:
        secret = credential(Secret(text))
    except OmniError as error:
        return None, f"key missing: {error.message}; it is off until it is entered again"
    return secret, None if secret is not None else "key missing: there was none; it is off until one is entered"


def combo_row(row: Mapping[str, Any], known: Known) -> Taking:
    """Return a combo."""
    name, data = _text(row, "name", 200), _json(row.get("data"))
    if not re.fullmatch(NAME_PATTERN, name) or ".." in name.split("/"):
        return _skipped(f"combo {name!r}: its name cannot be one here")
    if name in known.combos:
        return _skipped(f"combo {name!r}: there is one of this name already")
    found = data.get("models") if isinstance(data, dict) else None
    targets = [one for one in map(_target, found if isinstance(found, list) else []) if one is not None]
    if not 1 <= len(targets) <= MOST_TARGETS:
        return _skipped(f"combo {name!r}: a combo has 1 to {MOST_TARGETS} targets, not {len(targets)}")
    wanted = data.get("strategy") or Strategy.PRIORITY.value
    notes = [] if wanted in set(Strategy) else [f"combo {name!r}: its strategy {str(wanted)[:40]!r} became priority"]
    known.combos.add(name)
    made = {
        "id": new_id("combo"), "name": name, "strategy": Strategy.PRIORITY.value if notes else wanted,
        "targets": [msgspec.to_builtins(one) for one in targets], "config": msgspec.to_builtins(ComboConfig()),
        "is_active": True, "created_at": known.now, "updated_at": known.now,
    }  # fmt: skip
    return Taking(rows=[made], notes=notes)


def _target(one: Any) -> ComboTarget | None:
    entry = one if isinstance(one, dict) else {"model": one}
    model, weight = entry.get("model"), entry.get("weight")
    if not isinstance(model, str) or not 1 <= len(model.strip()) <= 256 or not model.isprintable():  # noqa: PLR2004 - the column's length
        return None
    whole = weight if isinstance(weight, int) and not isinstance(weight, bool) else 1
    return ComboTarget(model=model.strip(), weight=min(max(whole, 0), _MOST))


def key_row(row: Mapping[str, Any], known: Known) -> Taking:
    """Return a key for AI clients: they go on with the one they have, which is stored as its keyed hash only."""
    name, text = _text(row, "name", 200) or "imported", _text(row, "key", 1_000)
    if len(text) < 12 or not text.isascii() or not text.isprintable():  # noqa: PLR2004 - shorter ones could be guessed
        return _skipped(f"key {name!r}: its text cannot be a key here")
    made_of = digest(known.pepper, Secret(text))
    if made_of in known.digests:
        return _skipped(f"key {name!r}: it is here already")
    known.digests.add(made_of)
    key_id = known.ids[_text(row, "id", 200)] = new_id("key")
    models = _json(row.get("allowed_models"))
    made = {
        "id": key_id, "name": name, "digest": made_of, "hint": clipped(f"{text[:3]}****{text[-4:]}", 32),
        "scopes": ["inference"], "is_active": True, "expires_at": None, "requests_per_minute": None,
        "tokens_per_minute": None, "max_concurrent": None,
        "allowed_models": [one for one in models if isinstance(one, str)] if isinstance(models, list) else [],
        "allowed_providers": [], "allowed_addresses": [], "no_log": row.get("no_log") == 1,
        "previous_digest": None, "previous_until": None, "created_at": known.now, "updated_at": known.now,
    }  # fmt: skip
    return Taking(rows=[made])


def alias_row(row: Mapping[str, Any], known: Known) -> Taking:
    """Return an alias."""
    pattern, target = _text(row, "key", 1_000), _json(row.get("value"))
    if isinstance(target, dict):
        target = f"{target.get('provider', '')}/{target.get('model', '')}".strip("/")
    try:
        pattern, model = line(pattern, "alias", most=256), line(str(target), "model", most=256)
    except OmniError as error:
        return _skipped(f"alias {pattern[:60]!r}: {error.message}")
    if " " in pattern or pattern in known.aliases or pattern in known.combos or pattern == model:
        return _skipped(f"alias {pattern!r}: the name is taken, or cannot be one")
    known.aliases.add(pattern)
    known.position += 1
    made = {
        "pattern": pattern, "target": model, "position": known.position, "created_at": known.now,
        "updated_at": known.now,
    }  # fmt: skip
    return Taking(rows=[made])


def model_rows(row: Mapping[str, Any], known: Known) -> Taking:
    """Return the models that were added to one provider."""
    theirs, found = _text(row, "key", 200), _json(row.get("value"))
    record = find(theirs)
    provider = known.nodes.get(theirs) or (record.id if record is not None else None)
    if provider is None or not isinstance(found, list):
        return _skipped(f"models of {theirs!r}: there is no such provider here")
    made: list[JsonObject] = []
    for one in found:
        model = _text(one, "id", 256) if isinstance(one, dict) else ""
        if model and (provider, model) not in known.models:
            known.models.add((provider, model))
            more = {
                "provider": provider, "model": model, "name": _text(one, "name", 200) or None, "kind": "chat",
                "context_window": None, "source": "manual", "created_at": known.now, "updated_at": known.now,
            }  # fmt: skip
            made.append(more)
    return Taking(rows=made, notes=[] if made else [f"models of {theirs!r}: they are here already"])


def usage_row(row: Mapping[str, Any], known: Known) -> RequestRow:
    """Return a line of the request log. Its id comes from theirs, so that a second import finds it there."""
    stamp = f"{row.get('id')}|{row.get('timestamp')}|{row.get('provider')}|{row.get('model')}"
    ended_well = str(row.get("status") or "ok").lower() in {"ok", "success", "200"}
    model = _text(row, "model", 256)
    record = find(_text(row, "provider", 64))
    return RequestRow(
        id=f"req_o{hashlib.sha256(stamp.encode()).hexdigest()[:30]}",
        started_at=_moment(row.get("timestamp"), known.now),
        key_id=known.ids.get(_text(row, "api_key_id", 200)),
        address=None,
        user_agent=None,
        format=Format.OPENAI_CHAT.value,
        path="/v1/chat/completions",
        requested_model=model,
        stream=False,
        outcome="ok" if ended_well else "failed",
        status=_OK if ended_well else 502,
        provider=record.id if record is not None else _text(row, "provider", 64) or None,
        connection_id=known.ids.get(_text(row, "connection_id", 200)),
        model=model,
        latency_us=0,
        input_tokens=max(_number(row, "tokens_input"), 0),
        output_tokens=max(_number(row, "tokens_output"), 0),
        cache_read_tokens=max(_number(row, "tokens_cache_read"), 0),
        cache_write_tokens=max(_number(row, "tokens_cache_creation"), 0),
        reasoning_tokens=max(_number(row, "tokens_reasoning"), 0),
        usage_source="estimated",
    )


def _moment(value: Any, now: int) -> int:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return now
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _text(row: Mapping[str, Any], name: str, length: int) -> str:
    value = row.get(name)
    return clipped(value.strip(), length) if isinstance(value, str) else ""


def _number(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    return bounded(value) if isinstance(value, int) else 0


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except json.BadJson:
        return value


def _skipped(why: str) -> Taking:
    return Taking(notes=[why])
