"""Makes a value that fits a JSON schema: for the arguments of a demo tool call and for structured answers.

It knows the common vocabulary (types, enum, const, default, properties, items, bounds, unions, local references).
`pattern` is beyond it. A schema that refers to itself without an end gets null there.
"""

from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]

_MAX_DEPTH = 12
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def sample(schema: Any, *, root: Any = None, depth: int = 0) -> Any:
    """Return a value that fits `schema`; the same schema gives the same value."""
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return None
    root = schema if root is None else root
    given = [schema[key] for key in ("const", "default") if key in schema] + list(schema.get("enum") or ())[:1]
    if given:
        return given[0]
    instead = _instead(schema, root)
    if instead is not None:
        return sample(instead, root=root, depth=depth + 1)
    maker = _MAKERS.get(_type_of(schema))
    return maker(schema, root, depth) if maker else None


def _instead(schema: Schema, root: Any) -> Any:
    """The schema that this one stands for: what it refers to, merges, or leaves to choose."""
    if "$ref" in schema:
        return _resolve(schema["$ref"], root) or {}
    if "allOf" in schema:
        return _merged(schema, root)
    return next((schema[key][0] for key in ("anyOf", "oneOf") if schema.get(key)), None)


def _type_of(schema: Schema) -> str:
    """Name the type in lower case (Gemini writes it in capitals); the first that is not null where there are many."""
    said = schema.get("type")
    if isinstance(said, list):
        said = next((name for name in said if name != "null"), "null")
    if isinstance(said, str):
        return said.lower()
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else "string"


def _resolve(pointer: Any, root: Any) -> Any:
    """Follow a reference inside the document, such as `#/$defs/City`."""
    node = root
    for step in str(pointer).removeprefix("#").strip("/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if name:
            node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _merged(schema: Schema, root: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        resolved = _resolve(part["$ref"], root) if "$ref" in part else part
        for key, value in resolved.items():
            if isinstance(value, dict):
                merged[key] = {**value, **merged.get(key, {})}
            elif isinstance(value, list):
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged.setdefault(key, value)
    return merged


def _object(schema: Schema, root: Any, depth: int) -> dict[str, Any]:
    """All properties, as strict schemas want; only the required ones once a schema nests deeply."""
    properties = schema.get("properties") or {}
    required = schema.get("required") or []
    names = list(properties) if depth < _MAX_DEPTH // 2 else [name for name in properties if name in required]
    made = {name: sample(properties[name], root=root, depth=depth + 1) for name in names}
    return made | {name: "demo" for name in required if name not in made}


def _array(schema: Schema, root: Any, depth: int) -> list[Any]:
    prefix = [sample(item, root=root, depth=depth + 1) for item in schema.get("prefixItems") or ()]
    least = max(int(schema.get("minItems", 0)), 0 if prefix or depth >= _MAX_DEPTH // 2 else 1)
    count = min(least, int(schema.get("maxItems", least))) - len(prefix)
    return prefix + [sample(schema.get("items") or {}, root=root, depth=depth + 1) for _ in range(count)]


def _string(schema: Schema, _root: Any, _depth: int) -> str:
    text = _FORMATS.get(schema.get("format") or "", "demo")
    least = int(schema.get("minLength", 0))
    if len(text) < least:
        text += "." * (least - len(text))
    return text[: int(schema.get("maxLength", len(text)))]


def _integer(schema: Schema, root: Any, depth: int) -> int:
    value = int(_number(schema, root, depth))
    step = schema.get("multipleOf")
    return value if not step else int(-(-value // step) * step)


def _number(schema: Schema, _root: Any, _depth: int) -> float:
    """The smallest allowed value, or 1, or the largest allowed one below it."""
    low = schema.get("minimum")
    above = schema.get("exclusiveMinimum")
    if low is None and isinstance(above, int | float) and not isinstance(above, bool):
        low = above + 1
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value = 1 if low is None else low
    if isinstance(high, int | float) and not isinstance(high, bool) and value >= high:
        value = high if "maximum" in schema else high - 1
    return value


_MAKERS: dict[str, Callable[[Schema, Any, int], Any]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda _schema, _root, _depth: True,
}
