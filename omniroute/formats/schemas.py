"""JSON Schema in the words of Gemini's Schema.

Gemini takes a subset of OpenAPI 3.0 and answers 400 to every keyword it does not know, so a tool schema is reduced
to the table below. What has a near word is mapped, the rest is dropped, and both are told as a `Loss` with the path.
A keyword that says nothing about its type (`minLength` of an integer) constrains nothing and goes without a word.

The table: https://ai.google.dev/api/caching#Schema. What the service refuses beyond it was read from its own errors:
"only 'enum' and 'date-time' are supported for STRING type", "items: missing field", "properties: should be non-empty
for OBJECT type", "When using any_of, it must be the only field set".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from omniroute.formats.hub import Json, Loss
from omniroute.formats.json_schema import (
    NUMBERS,
    TYPES,
    as_list,
    fits,
    is_null,
    is_number,
    may_be_null,
    merged,
    pointed_at,
    told_type,
    types,
    values,
)
from omniroute.formats.losses import Losses
from omniroute.kit.json import dumps, loads

_ALL = frozenset(TYPES)
_ARRAY, _OBJECT, _STRING = frozenset({"array"}), frozenset({"object"}), frozenset({"string"})

# Every keyword that is sent, and the types it belongs to.
KEYWORDS: Mapping[str, frozenset[str]] = {
    "type": _ALL,
    "title": _ALL,
    "description": _ALL,
    "nullable": _ALL,
    "default": _ALL,
    "example": _ALL,
    "anyOf": _ALL,
    "format": _STRING | NUMBERS,
    "enum": _STRING,
    "pattern": _STRING,
    "minLength": _STRING,
    "maxLength": _STRING,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "items": _ARRAY,
    "minItems": _ARRAY,
    "maxItems": _ARRAY,
    "properties": _OBJECT,
    "required": _OBJECT,
    "propertyOrdering": _OBJECT,
    "minProperties": _OBJECT,
    "maxProperties": _OBJECT,
}
FORMATS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"enum", "date-time"}),
    "number": frozenset({"float", "double"}),
    "integer": frozenset({"int32", "int64"}),
}
# Keywords of JSON Schema that only say something of one type, beside those of the table.
_FOREIGN: Mapping[str, frozenset[str]] = {
    "exclusiveMinimum": NUMBERS,
    "exclusiveMaximum": NUMBERS,
    "multipleOf": NUMBERS,
    "additionalProperties": _OBJECT,
    "patternProperties": _OBJECT,
    "propertyNames": _OBJECT,
    "uniqueItems": _ARRAY,
    "contains": _ARRAY,
}
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_TEXTS = frozenset({"title", "description", "pattern"})
# Read by steps of their own.
_APART = frozenset({
    *("type", "nullable", "enum", "const", "anyOf", "required", "propertyOrdering", "prefixItems"),
    *("exclusiveMinimum", "exclusiveMaximum", "$defs", "definitions"),
})  # fmt: skip
# What may stand beside alternatives without saying anything of their shape.
_LABELS = frozenset({"title", "description", "default", "example"})
_BESIDE = _LABELS | {"nullable", "$defs", "definitions"}

MAX_DEPTH = 32
MAX_NODES = 5000
_REPEATS = 2  # a recursive schema is unrolled this often, then cut


def reduce_schema(schema: Any, path: str, losses: Losses) -> Json:
    """Reduce a schema; `path` is where it stands in the request."""
    return _Reducer(schema, losses).node(schema, _Place(path))


def reduce_parameters(schema: Any, path: str, losses: Losses) -> Json | None:
    """Reduce a function's parameters: an object with properties, or None, as Gemini refuses an empty one.

    The same tools come with every request of a conversation, so the last ones are remembered: change nothing in them.
    """
    reduced, found = _parameters(dumps(schema))
    losses.take(path, found)
    return reduced


@lru_cache(maxsize=512)
def _parameters(text: bytes) -> tuple[Json | None, tuple[Loss, ...]]:
    losses = Losses()
    reduced = reduce_schema(loads(text), "", losses)
    if "anyOf" in reduced:
        losses.change(".anyOf", "alternative parameter lists are joined into one")
        reduced = _joined(reduced["anyOf"])
    if reduced["type"] != "OBJECT":
        losses.drop("", "the parameters of a Gemini function must be an object")
        return None, losses.all()
    kept = {key: value for key, value in reduced.items() if key != "nullable"}
    return (kept if reduced.get("properties") else None), losses.all()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: its path, the references followed to it, its depth."""

    path: str
    refs: tuple[str, ...] = ()
    depth: int = 0

    def at(self, step: str) -> "_Place":
        return _Place(f"{self.path}.{step}", self.refs, self.depth + 1)


class _Reducer:
    """One walk over one schema."""

    def __init__(self, root: Any, losses: Losses) -> None:
        self._root = root
        self._nodes_left = MAX_NODES
        self._losses = losses

    def node(self, schema: Any, place: _Place) -> Json:
        """Reduce one schema, whatever it is."""
        self._nodes_left -= 1
        if self._nodes_left < 0 or place.depth > MAX_DEPTH:
            self._losses.drop(place.path, "the schema is too deep or too large: cut here")
            return {"type": "STRING"}
        flat, place = self._inlined(schema if isinstance(schema, dict) else {}, place)
        if branches := self._branches(flat, place):
            return self._any_of(flat, branches, place)
        nullable: Json = {"nullable": True} if may_be_null(flat) else {}
        kinds = self._kinds(flat, place)
        if len(kinds) > 1:
            # A list of types: the same schema once for each, of which every type keeps what concerns it.
            return {"anyOf": [self._plain(flat, kind, place) | nullable for kind in kinds]}
        return self._plain(flat, kinds[0], place) | nullable

    def _inlined(self, schema: Json, place: _Place) -> tuple[Json, _Place]:
        """Put what `$ref` and `allOf` point at in their place; an object with nothing in it ends a recursion."""
        while "$ref" in schema:
            ref = str(schema["$ref"])
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            if place.refs.count(ref) >= _REPEATS:
                self._losses.drop(f"{place.path}.$ref", f"{ref} is recursive: cut here")
                return {"type": "object", **rest}, place
            target = pointed_at(self._root, ref)
            if target is None:
                self._losses.drop(f"{place.path}.$ref", f"{ref!r} points at nothing in this schema")
            schema = merged(target or {}, rest)
            place = replace(place, refs=(*place.refs, ref))
        members = as_list(schema.get("allOf"))
        if not members:
            return schema, place
        whole: Json = {}
        for member in members:
            part, place = self._inlined(member if isinstance(member, dict) else {}, place)
            whole = merged(whole, part)
        siblings = {key: value for key, value in schema.items() if key != "allOf"}
        if len(members) > 1 or siblings.keys() - _BESIDE:
            self._losses.change(f"{place.path}.allOf", "its schemas are merged into one")
        return merged(whole, siblings), place

    def _branches(self, flat: Json, place: _Place) -> list[Any]:
        """The alternatives that are not null: of `anyOf`, or of `oneOf` read as such."""
        any_of, one_of = as_list(flat.get("anyOf")), as_list(flat.get("oneOf"))
        if one_of and any_of:
            self._losses.drop(f"{place.path}.oneOf", "stands beside anyOf")
        elif one_of:
            self._losses.change(f"{place.path}.oneOf", "read as anyOf")
        return [branch for branch in any_of or one_of if branch is not False and not is_null(branch)]

    def _any_of(self, flat: Json, branches: list[Any], place: _Place) -> Json:
        """Alternatives: what stands beside them moves into them, for `anyOf` must stand alone."""
        labels = {key: flat[key] for key in _LABELS if flat.get(key) is not None}
        base = {key: value for key, value in flat.items() if key not in {"anyOf", "oneOf", *_BESIDE}}
        described = {"description": labels["description"]} if "description" in labels else {}
        beside: Json = {"nullable": True} if may_be_null(flat) else {}
        options: list[Json] = []
        for number, branch in enumerate(branches):
            at = place.at(f"anyOf[{number}]")
            part, at = self._inlined(branch if isinstance(branch, dict) else {}, at)
            reduced = self.node(merged(base, part), at)
            whole = [{**described, **option, **beside} for option in reduced.get("anyOf", [reduced])]
            options.extend(option for option in whole if option not in options)
        if len(options) == 1:
            return {**options[0], **labels}
        if base or labels:
            self._losses.change(place.path, "what stands beside anyOf moves into its branches, but for labels")
        return {"anyOf": options}

    def _kinds(self, flat: Json, place: _Place) -> list[str]:
        """The types that a schema allows and its values fit, null apart; one at least."""
        named = [name for name in dict.fromkeys(types(flat)) if name in _ALL]
        allowed = values(flat)
        if len(named) > 1 and allowed:
            named = [name for name in named if any(fits(value, name) for value in allowed)] or named[:1]
        if named:
            return named
        if told := told_type(flat):
            return [told]
        self._losses.change(f"{place.path}.type", "Gemini needs a type: read as a string")
        return ["string"]

    def _plain(self, flat: Json, kind: str, place: _Place) -> Json:
        """A schema of one type."""
        out: Json = {"type": kind.upper()}
        for key, value in flat.items():
            if key in _APART or kind not in KEYWORDS.get(key, _FOREIGN.get(key, _ALL)):
                continue
            if (kept := self._kept(key, value, kind, place)) is not None:
                out[key] = kept
        self._put_values(flat, kind, out, place)
        if kind in NUMBERS:
            self._put_bounds(flat, kind, out, place)
        if kind == "array" and "items" not in out:
            out["items"] = self._made_items(flat, place)
        if kind == "object":
            self._put_names(flat, out, place)
        return out

    def _kept(self, key: str, value: Any, kind: str, place: _Place) -> Any:
        """What is sent of one keyword; None when nothing is."""
        if key == "properties" and isinstance(value, dict):
            return self._properties(value, place) or None
        if key == "items" and not isinstance(value, str | int | float):
            return self.node(value, place.at("items")) if isinstance(value, dict) and value else None
        if key == "format" and isinstance(value, str) and value in FORMATS[kind]:
            return value
        if key in {"default", "example"} or (key in _TEXTS and isinstance(value, str)):
            return value
        if key in _COUNTS | {"minimum", "maximum"} and is_number(value):
            return int(value) if key in _COUNTS else value
        self._losses.drop(f"{place.path}.{key}", "Gemini's schema has no word for it")
        return None

    def _properties(self, properties: Json, place: _Place) -> Json:
        out: Json = {}
        for name, schema in properties.items():
            if schema is False:
                self._losses.drop(f"{place.path}.properties.{name}", "a property that may not be")
            else:
                out[name] = self.node(schema, place.at(f"properties.{name}"))
        return out

    def _made_items(self, flat: Json, place: _Place) -> Json:
        """Items for an array that has none Gemini knows: those of a tuple in any order, or text."""
        listed = as_list(flat.get("prefixItems")) or as_list(flat.get("items"))
        if listed:
            self._losses.change(f"{place.path}.items", "a tuple's items are allowed in any order")
            return self.node({"anyOf": listed}, place.at("items"))
        self._losses.change(f"{place.path}.items", "Gemini needs items: read as strings")
        return {"type": "STRING"}

    def _put_names(self, flat: Json, out: Json, place: _Place) -> None:
        """`required` and `propertyOrdering`: names of properties that exist, as Gemini refuses others."""
        known = out.get("properties", {})
        for key in ("required", "propertyOrdering"):
            said = list(dict.fromkeys(str(name) for name in as_list(flat.get(key))))
            kept = [name for name in said if name in known]
            if len(kept) < len(said):
                self._losses.drop(f"{place.path}.{key}", "names properties that the schema does not have")
            if kept:
                out[key] = kept

    def _put_values(self, flat: Json, kind: str, out: Json, place: _Place) -> None:
        """`enum` and `const`: strings stay an enum, other values are told in the description."""
        allowed = values(flat)
        fitting = [value for value in allowed if fits(value, kind)] or allowed
        if not allowed or {True, False} <= {value for value in fitting if isinstance(value, bool)}:
            return
        path = f"{place.path}.{'const' if 'const' in flat else 'enum'}"
        named = list(dict.fromkeys(str(value) for value in fitting))
        if kind != "string":
            self._losses.change(path, "Gemini has enums of strings only: told in the description")
            out["description"] = f"{out.get('description', '')} Allowed values: {', '.join(named)}.".strip()
            return
        if not all(isinstance(value, str) for value in fitting):
            self._losses.change(path, "values are written as strings")
        if "" in named:
            self._losses.drop(path, "Gemini refuses an empty string in an enum")
        if kept := [name for name in named if name]:
            out["enum"] = kept

    def _put_bounds(self, flat: Json, kind: str, out: Json, place: _Place) -> None:
        """Exclusive bounds become inclusive: exactly for integers, nearly for other numbers."""
        for key, name in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            bound: Any = flat.get(key)
            if not is_number(bound):
                continue
            low = name == "minimum"
            if kind == "integer":
                bound = math.floor(bound) + 1 if low else math.ceil(bound) - 1
            self._losses.change(f"{place.path}.{key}", f"read as {name}")
            narrower = max if low else min
            out[name] = narrower(bound, out[name]) if name in out else bound


def _joined(options: list[Json]) -> Json:
    """One object of alternatives: all their properties, of which those that each requires are required."""
    objects = [option for option in options if option["type"] == "OBJECT"]
    properties: Json = {}
    for option in objects:
        properties = {**option.get("properties", {}), **properties}
    required = [name for name in properties if all(name in option.get("required", ()) for option in objects)]
    out: Json = {"type": "OBJECT" if objects else "STRING", "properties": properties}
    return {**out, "required": required} if required else out
