"""Gemini's Schema read as JSON Schema: lower-case types, and null as a type in the place of `nullable`."""

from functools import lru_cache
from typing import Any

from omniroute.formats.gemini.fields import camel
from omniroute.formats.hub import Json
from omniroute.formats.reading import invalid
from omniroute.kit.errors import Invalid
from omniroute.kit.json import dumps, loads

_DEEPEST = 64
_RENAMED = {"defs": "$defs", "ref": "$ref"}
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})


def json_schema(schema: Any, path: str) -> Json:
    """Read a schema; `path` is where it stands. The last ones are remembered: change nothing in them."""
    try:
        return _remembered(dumps(schema))
    except Invalid:
        return _read(schema, path)  # once more, for the error to say where


@lru_cache(maxsize=512)
def _remembered(text: bytes) -> Json:
    return _read(loads(text), "")


def _read(schema: Any, path: str, depth: int = 0) -> Json:
    if not isinstance(schema, dict):
        raise invalid(path, "a schema must be an object")
    if depth > _DEEPEST:
        raise invalid(path, "the schema is nested too deeply")
    out: Json = {}
    for spelled, value in schema.items():
        key = _RENAMED.get(spelled, camel(spelled))
        if key != "nullable":
            out |= _keyword(key, value, f"{path}.{spelled}", depth)
    return _with_null(out) if schema.get("nullable") is True else out


def _keyword(key: str, value: Any, path: str, depth: int) -> Json:
    if key in {"properties", "$defs"} and isinstance(value, dict):
        return {key: {name: _read(inner, f"{path}.{name}", depth + 1) for name, inner in value.items()}}
    if key == "anyOf" and isinstance(value, list):
        return {key: [_read(inner, f"{path}[{number}]", depth + 1) for number, inner in enumerate(value)]}
    if key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
        return {key: _read(value, path, depth + 1)}
    if key in _COUNTS and isinstance(value, str) and value.isdecimal():
        return {key: int(value)}  # protobuf's JSON writes 64-bit integers as strings
    if key == "type" and isinstance(value, str):
        return {} if value.upper() == "TYPE_UNSPECIFIED" else {key: value.lower()}
    return {key: value}


def _with_null(schema: Json) -> Json:
    out = dict(schema)
    if isinstance(out.get("anyOf"), list):
        out["anyOf"] = [*out["anyOf"], {"type": "null"}]
    if isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    if isinstance(out.get("enum"), list) and None not in out["enum"]:
        out["enum"] = [*out["enum"], None]
    return out
