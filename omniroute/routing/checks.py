"""What an answer must be like to be taken: small checks on a whole answer, for combos that try the cheap model first.

A check looks at what the answer says, never at who gave it. The schema check knows the words of JSON Schema that
structured outputs are made of (type, properties, required, additionalProperties, items, enum, const, anyOf, the usual
bounds, local references); a word it does not know refuses nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omniroute.formats.hub import Choice, OutputFormat, Refusal, Response, Stop, Text, ToolCall
from omniroute.kit import json

# How much of an answer an expression is held against: a slow one must not hold up everybody.
MOST_SEARCHED = 20_000
_DEEPEST = 32

_CUT = frozenset({Stop.LENGTH, Stop.CONTENT_FILTER})
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChecks:
    """What a rung's answer must be like. An answer that calls tools is held against `complete` and `no_refusal` only.

    `min_characters` of text; `valid_json`: JSON, and of the schema, where the request asked for that; `pattern` must
    be found in the text; `complete`: not cut by length or a content filter; `no_refusal`: the model did not decline.
    """

    min_characters: int = 1
    valid_json: bool = True
    pattern: str | None = None
    complete: bool = True
    no_refusal: bool = True


def objection(checks: AnswerChecks, response: Response, output: OutputFormat | None) -> str | None:
    """Return what is wrong with an answer, None when it passes. `output` is what the request asked for."""
    if not response.choices:
        return "it has no choices"
    return next((fault for choice in response.choices for fault in _faults(checks, choice, output)), None)


def _faults(checks: AnswerChecks, choice: Choice, output: OutputFormat | None) -> Iterator[str]:
    if checks.complete and choice.stop in _CUT:
        yield f"it was cut ({choice.stop.value})"
    if checks.no_refusal and (choice.stop is Stop.REFUSAL or any(isinstance(part, Refusal) for part in choice.parts)):
        yield "the model refused"
    if any(isinstance(part, ToolCall) for part in choice.parts):
        return
    text = "".join(part.text for part in choice.parts if isinstance(part, Text))
    if len(text.strip()) < checks.min_characters:
        yield f"it has fewer than {checks.min_characters} characters"
    if checks.pattern is not None and re.search(checks.pattern, text[:MOST_SEARCHED]) is None:
        yield f"the pattern {checks.pattern!r} is not in it"
    if checks.valid_json and output is not None:
        fault = _json_fault(text, output)
        if fault is not None:
            yield fault


def _json_fault(text: str, output: OutputFormat) -> str | None:
    try:
        value = json.loads(text.encode("utf-8", "surrogatepass"))
    except json.BadJson:
        return "it is not JSON"
    if output.kind == "json" and not isinstance(value, dict | list):
        return "it is not a JSON object"
    if output.schema is None:
        return None
    return next(_mismatches(value, output.schema, output.schema, "$", _DEEPEST), None)


def _mismatches(value: Any, schema: Any, root: Any, at: str, depth: int) -> Iterator[str]:
    """Give what does not fit the schema, in words. Schemas come from clients: what is none refuses nothing."""
    if not isinstance(schema, dict) or depth <= 0:
        return
    kinds = schema.get("type")
    if isinstance(kinds, str | list) and not _is_any(value, [kinds] if isinstance(kinds, str) else kinds):
        yield f"{at} is not of type {kinds}"
        return
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield f"{at} is none of the values allowed"
    if "const" in schema and value != schema["const"]:
        yield f"{at} is not {schema['const']!r}"
    yield from _of_others(value, schema, root, at, depth)
    yield from _bounds(value, schema, at)
    if isinstance(value, dict):
        yield from _of_object(value, schema, root, at, depth)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _mismatches(item, schema.get("items"), root, f"{at}[{number}]", depth - 1)


def _of_others(value: Any, schema: dict[str, Any], root: Any, at: str, depth: int) -> Iterator[str]:
    """Give what does not fit the schemas that this one refers to."""
    where = schema.get("$ref")
    if isinstance(where, str):
        yield from _mismatches(value, _pointed(root, where), root, at, depth - 1)
    for word in ("anyOf", "oneOf"):
        ways = schema.get(word)
        if isinstance(ways, list) and not any(_fits(value, way, root, at, depth - 1) for way in ways):
            yield f"{at} fits none of the schemas allowed"
    for part in _list(schema, "allOf"):
        yield from _mismatches(value, part, root, at, depth - 1)


def _list(schema: dict[str, Any], word: str) -> list[Any]:
    found = schema.get(word)
    return found if isinstance(found, list) else []


def _fits(value: Any, schema: Any, root: Any, at: str, depth: int) -> bool:
    return next(_mismatches(value, schema, root, at, depth), None) is None


def _of_object(value: dict[str, Any], schema: dict[str, Any], root: Any, at: str, depth: int) -> Iterator[str]:
    found = schema.get("properties")
    properties = found if isinstance(found, dict) else {}
    for name in _list(schema, "required"):
        if isinstance(name, str) and name not in value:
            yield f"{at}.{name} is missing"
    more = schema.get("additionalProperties")
    for name, one in value.items():
        if name in properties:
            yield from _mismatches(one, properties[name], root, f"{at}.{name}", depth - 1)
        elif more is False:
            yield f"{at}.{name} is not allowed"
        else:
            yield from _mismatches(one, more, root, f"{at}.{name}", depth - 1)


def _is_any(value: Any, kinds: Sequence[Any]) -> bool:
    return any(_is_of(value, kind) for kind in kinds)


def _is_of(value: Any, kind: Any) -> bool:
    known = _TYPES.get(kind) if isinstance(kind, str) else None
    if known is None:
        return True
    if isinstance(value, bool):
        return bool in known
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, known)


def _bounds(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    size: Any = len(value) if isinstance(value, str | list | dict) else None
    number: Any = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    for word, measured, sign in _BOUNDS:
        limit = schema.get(word)
        found = number if measured is None else size if isinstance(value, measured) else None
        if found is not None and isinstance(limit, int | float) and sign * found > sign * limit:
            yield f"{at} breaks {word} {limit}"
    pattern = schema.get("pattern")
    if isinstance(value, str) and isinstance(pattern, str) and not _found(pattern, value):
        yield f"{at} does not match {pattern!r}"


# The word, what it measures (None: the number itself), and 1 where more than it is too much.
_BOUNDS: tuple[tuple[str, type | None, int], ...] = (
    ("minimum", None, -1),
    ("maximum", None, 1),
    ("minLength", str, -1),
    ("maxLength", str, 1),
    ("minItems", list, -1),
    ("maxItems", list, 1),
    ("minProperties", dict, -1),
    ("maxProperties", dict, 1),
)


def _found(pattern: str, text: str) -> bool:
    """Search; an expression that is none of Python's refuses nothing, as it is not the answer's fault."""
    try:
        return re.search(pattern, text[:MOST_SEARCHED]) is not None
    except re.error:
        return True


def _pointed(root: Any, where: str) -> Any:
    """Follow a local reference; anything else is taken for a schema that allows all."""
    found = root
    for step in where.removeprefix("#").strip("/").split("/") if where.startswith("#") else ("",):
        if not step:
            continue
        found = found.get(step) if isinstance(found, dict) else None
    return found
