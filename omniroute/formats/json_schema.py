"""What a JSON Schema says: where a reference points, whether null is allowed, which type it means.

Facts of schemas written by anyone; nothing here knows a vendor.
"""

import math
from typing import Any

from omniroute.formats.hub import Json

TYPES = ("string", "integer", "number", "boolean", "array", "object")
NUMBERS = frozenset({"number", "integer"})

# Which type a schema without one has, by the first keyword that tells.
_TELLING: tuple[tuple[str, str], ...] = (
    ("properties", "object"),
    ("additionalProperties", "object"),
    ("items", "array"),
    ("prefixItems", "array"),
    ("pattern", "string"),
    ("minLength", "string"),
    ("maxLength", "string"),
    ("minimum", "number"),
    ("maximum", "number"),
    ("exclusiveMinimum", "number"),
    ("exclusiveMaximum", "number"),
    ("multipleOf", "number"),
)


def pointed_at(root: Any, ref: str) -> Json | None:
    """What a reference inside the same schema points at."""
    if not ref.startswith("#"):
        return None
    found = root
    for step in ref.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict):
            found = found.get(name)
        else:
            return None
    return found if isinstance(found, dict) else None


def merged(first: Json, second: Json) -> Json:
    """Two schemas that both hold; where they differ the second is believed, a property of both holds both."""
    out = {**first, **second}
    if isinstance(ours := first.get("properties"), dict) and isinstance(theirs := second.get("properties"), dict):
        both = {name: {"allOf": [ours[name], theirs[name]]} for name in ours if name in theirs}
        out["properties"] = {**ours, **theirs, **both}
    if isinstance(must := first.get("required"), list) and isinstance(also := second.get("required"), list):
        out["required"] = [*must, *(name for name in also if name not in must)]
    return out


def types(schema: Json) -> list[str]:
    """The types that a schema names, lower case, null among them."""
    said = schema.get("type")
    return [name.lower() for name in (said if isinstance(said, list) else [said]) if isinstance(name, str)]


def values(schema: Json) -> list[Any]:
    """The values that `const` or `enum` allow, null apart."""
    said = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return [value for value in said if value is not None]


def is_null(schema: Any) -> bool:
    """Whether a schema allows null and nothing else."""
    if not isinstance(schema, dict):
        return False
    names = types(schema)
    if names and set(names) == {"null"}:
        return True
    return ("const" in schema and schema["const"] is None) or schema.get("enum") == [None]


def may_be_null(schema: Json) -> bool:
    """Whether a schema allows null."""
    names = types(schema)
    branches = [*as_list(schema.get("anyOf")), *as_list(schema.get("oneOf"))]
    return (
        schema.get("nullable") is True
        or is_null(schema)
        or "null" in names
        or (not names and None in as_list(schema.get("enum")))
        or any(is_null(branch) for branch in branches)
    )


def told_type(schema: Json) -> str | None:
    """The type that a schema without one means, by its keywords or its values."""
    for key, kind in _TELLING:
        if key in schema:
            return kind
    allowed = values(schema)
    return next((kind for kind in TYPES if allowed and all(fits(value, kind) for value in allowed)), None)


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a type."""
    match value:
        case bool():
            return kind == "boolean"
        case str():
            return kind == "string"
        case int():
            return kind in NUMBERS
        case float():
            return kind == "number"
        case _:
            return False


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else none."""
    return value if isinstance(value, list) else []
