"""Gemini's own dialect of JSON schema: what `parameters` and `responseSchema` may say."""

from typing import Any

from tests.fakes.reply import Rejected

_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
_FIELDS = """
    type format title description nullable enum default example items maxItems minItems properties required
    minProperties maxProperties minimum maximum minLength maxLength pattern anyOf propertyOrdering
"""
_KNOWN = frozenset(_FIELDS.split())
_STRING_FORMATS = ("enum", "date-time")


def check(schema: Any, path: str) -> None:
    """Refuse what the API's Schema message has no field for, or its validator no meaning."""
    if not isinstance(schema, dict):
        raise _refused(f"Invalid value at '{path}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Schema)")
    for name in schema:
        if name not in _KNOWN:
            raise _refused(f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field.")
    kind = schema.get("type")
    if isinstance(kind, list):
        raise _refused(f"Invalid value at '{path}.type': Proto field is not repeating, cannot start list.")
    kind = str(kind).upper() if kind is not None else None
    if kind is not None and kind not in _TYPES:
        raise _refused(f"Invalid value at '{path}.type' (Type), \"{schema['type']}\"")
    if kind is None and "anyOf" not in schema:
        raise _refused(f"* {path}: schema didn't specify the schema type field.")
    _check_values(schema, kind, path)
    _check_inner(schema, kind, path)


def _check_values(schema: dict[str, Any], kind: str | None, path: str) -> None:
    values = schema.get("enum")
    if values is not None:
        if kind != "STRING":
            raise _refused(f"* {path}.enum: only allowed for STRING type")
        if not all(isinstance(value, str) and value for value in values):
            raise _refused(f"* {path}.enum: Invalid value, only non-empty strings are allowed")
    if kind == "STRING" and schema.get("format") not in (None, *_STRING_FORMATS):
        raise _refused(f"* {path}.format: only 'enum' and 'date-time' are supported for STRING type")


def _check_inner(schema: dict[str, Any], kind: str | None, path: str) -> None:
    properties = schema.get("properties") or {}
    if properties and kind != "OBJECT":
        raise _refused(f"* {path}.properties: only allowed for OBJECT type")
    for name, inner in properties.items():
        check(inner, f"{path}.properties[{name}]")
    for name in schema.get("required") or ():
        if name not in properties:
            raise _refused(f"* {path}.required: property is not defined: {name}")
    if kind == "ARRAY" and "items" not in schema:
        raise _refused(f"* {path}.items: missing field.")
    if "items" in schema:
        check(schema["items"], f"{path}.items")
    for index, inner in enumerate(schema.get("anyOf") or ()):
        check(inner, f"{path}.anyOf[{index}]")


def _refused(message: str) -> Rejected:
    return Rejected(400, message, kind="INVALID_ARGUMENT")
