"""JSON at the speed of the hot path, with the one repair that real clients need."""

import json
from typing import Any, NoReturn

import orjson

from omniroute.kit.errors import Invalid

JsonObject = dict[str, Any]


class BadJson(ValueError):
    """The bytes are not JSON; the message says where."""


def loads(data: bytes | bytearray | memoryview | str) -> Any:
    """Parse JSON. Lone surrogates, which JavaScript clients can send, are kept; other faults raise BadJson."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _loads_leniently(data, error)


def _loads_leniently(data: bytes | bytearray | memoryview | str, cause: orjson.JSONDecodeError) -> Any:
    """Try again with the standard parser where only a lone surrogate escape stood in the way."""
    try:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson(str(cause)) from cause
    if "surrogate" not in str(cause) or "\\u" not in text:
        raise BadJson(str(cause)) from cause
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)) from error


def _refuse(name: str) -> NoReturn:
    """The standard parser takes NaN and Infinity, which are no JSON."""
    raise ValueError(f"{name} is not JSON")


def dumps(value: Any) -> bytes:
    """Write compact JSON in raw UTF-8; a lone surrogate is written as its escape."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _dumps_patiently(value)


def _dumps_patiently(value: Any) -> bytes:
    """Write what orjson refuses and the standard encoder does not: lone surrogates, big integers, over 254 levels."""
    try:
        return json.dumps(value, separators=(",", ":")).encode("ascii")
    except RecursionError as error:
        raise Invalid("The JSON is nested too deeply.") from error


def canonical(value: Any) -> bytes:
    """Write JSON with the names of every object in order, so that equal values give equal bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        try:
            return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")
        except RecursionError as error:
            raise Invalid("The JSON is nested too deeply.") from error


def pretty(value: Any) -> str:
    """Encode as people like to read it: two spaces a level."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
