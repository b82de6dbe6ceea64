"""Reads a client's JSON field by field, naming the field when it is wrong and noting what nobody read.

`Fields` is one JSON object with its path in the client's own spelling. A wrong type raises Invalid with that path.
What is left when a decoder is done is handed over (`rest`, at the top level) or noted as a loss (`close`, below it).
"""

from collections.abc import Iterator
from typing import Any

from omniroute.formats.hub import Json, Loss
from omniroute.kit.errors import Invalid


def invalid(path: str, message: str) -> Invalid:
    """An Invalid that names its field."""
    return Invalid(f"{path}: {message}." if path else f"{message[:1].upper()}{message[1:]}.", param=path or None)


class Fields:
    """One JSON object under reading. A field that is null counts as not given."""

    __slots__ = ("_raw", "_read", "notes", "path")

    def __init__(self, raw: object, path: str = "", notes: list[Loss] | None = None) -> None:
        """`notes` collects what is not read, for the whole tree of objects under one request."""
        if not isinstance(raw, dict):
            raise invalid(path, "must be an object" if path else "the body must be a JSON object")
        self._raw: Json = raw
        self._read: set[str] = set()
        self.path = path
        self.notes: list[Loss] = [] if notes is None else notes

    def at(self, key: str) -> str:
        """The path of one field."""
        return f"{self.path}.{key}" if self.path else key

    def raw(self, key: str) -> Any:
        """The value as it is, None when absent."""
        self._read.add(key)
        return self._raw.get(key)

    def all(self) -> Json:
        """The whole object as it is; all of it counts as read."""
        self._read.update(self._raw)
        return self._raw

    def skip(self, *keys: str) -> None:
        """Count fields as read that say nothing."""
        self._read.update(keys)

    def text(self, key: str) -> str | None:
        """A string."""
        value = self.raw(key)
        if value is not None and not isinstance(value, str):
            raise invalid(self.at(key), "must be a string")
        return value

    def need(self, key: str) -> str:
        """A string that must be there."""
        value = self.text(key)
        if value is None:
            raise invalid(self.at(key), "is missing; give a string")
        return value

    def number(self, key: str) -> float | None:
        """A number."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid(self.at(key), "must be a number")
        return value

    def integer(self, key: str) -> int | None:
        """A whole number; 5.0 is one."""
        value = self.number(key)
        if value is None:
            return None
        if not float(value).is_integer():
            raise invalid(self.at(key), "must be a whole number")
        return int(value)

    def flag(self, key: str) -> bool | None:
        """True or false."""
        value = self.raw(key)
        if value is not None and not isinstance(value, bool):
            raise invalid(self.at(key), "must be true or false")
        return value

    def object(self, key: str) -> Json | None:
        """An object, not looked into."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            raise invalid(self.at(key), "must be an object")
        return value

    def list(self, key: str) -> list[Any] | None:
        """A list, not looked into."""
        value = self.raw(key)
        if value is not None and not isinstance(value, list):
            raise invalid(self.at(key), "must be a list")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A string or a list of strings."""
        value = self.raw(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value,)
        texts = tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
        if not isinstance(value, list) or len(texts) != len(value):
            raise invalid(self.at(key), "must be a string or a list of strings")
        return texts

    def child(self, key: str) -> "Fields | None":
        """An object, to be read in turn."""
        value = self.raw(key)
        return None if value is None else Fields(value, self.at(key), self.notes)

    def children(self, key: str) -> "Iterator[Fields]":
        """A list of objects, each to be read in turn."""
        for index, item in enumerate(self.list(key) or ()):
            yield Fields(item, f"{self.at(key)}[{index}]", self.notes)

    def rest(self) -> Json:
        """What nobody read, nulls left out."""
        return {key: value for key, value in self._raw.items() if key not in self._read and value is not None}

    def close(self) -> None:
        """Note what nobody read as lost."""
        if not self._read.issuperset(self._raw):
            self.notes.extend(self.lost(key) for key in self.rest())

    def lost(self, key: str) -> Loss:
        """The loss of one field."""
        return Loss(path=self.at(key), reason="the gateway has no word for this field")
