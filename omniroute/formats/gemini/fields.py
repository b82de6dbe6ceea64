"""Reads Google's JSON: every field in camelCase or snake_case, as protobuf's JSON mapping has it."""

import re
from collections.abc import Iterator

from omniroute.formats.hub import Json, Loss
from omniroute.formats.reading import Fields, invalid

_JOINT = re.compile(r"(?<=[a-z0-9])_+([a-z0-9])")


def camel(key: str) -> str:
    """The camelCase spelling of a field's name."""
    return _JOINT.sub(lambda found: found[1].upper(), key) if "_" in key else key


class GeminiFields(Fields):
    """One object of a Gemini request; fields are asked for in camelCase and named as the client spelled them."""

    __slots__ = ("_spelled",)

    def __init__(self, raw: object, path: str = "", notes: list[Loss] | None = None) -> None:
        self._spelled: dict[str, str] = {}
        if isinstance(raw, dict) and "_" in "".join(raw):
            self._spelled = {camel(key): key for key in raw}
            raw = {name: raw[key] for name, key in self._spelled.items()}
        super().__init__(raw, path, notes)

    def at(self, key: str) -> str:
        """The path of one field, in the client's spelling."""
        return super().at(self._spelled.get(key, key))

    def child(self, key: str) -> "GeminiFields | None":
        """An object, to be read in turn."""
        value = self.raw(key)
        return None if value is None else GeminiFields(value, self.at(key), self.notes)

    def children(self, key: str) -> "Iterator[GeminiFields]":
        """A list of objects, each to be read in turn; one object alone counts as a list of it."""
        value = self.raw(key)
        if isinstance(value, dict):
            yield GeminiFields(value, self.at(key), self.notes)
            return
        for index, item in enumerate(self.list(key) or ()):
            yield GeminiFields(item, f"{self.at(key)}[{index}]", self.notes)

    def word(self, key: str) -> str | None:
        """The name of an enum value, in upper case."""
        value = self.text(key)
        return value.upper() if value else None

    def map(self, key: str) -> Json:
        """An object whose keys are the client's own, {} when absent."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            raise invalid(self.at(key), "must be an object")
        return value or {}
