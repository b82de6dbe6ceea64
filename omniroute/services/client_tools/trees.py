"""TOML and YAML, read into objects that remember their comments. Loaded when a file of theirs is first met.

Raises BadDocument, as documents.py says.
"""

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from typing import Any

import tomlkit
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tomlkit.exceptions import ParseError

from omniroute.kit.jsonc import Match, Path, Value
from omniroute.services.client_tools.documents import BadDocument, one_line


@dataclass(frozen=True, slots=True)
class _Tree:
    """A format whose library keeps what is around the values."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]

    def get(self, text: str, path: Path) -> Value:
        """Return what stands at `path`."""
        found = self.read(text)
        for step in path:
            found = _step(found, step)
        return _plain(found)

    def put(self, text: str, path: Path, value: Value) -> str:
        """Put `value` at `path`."""
        root = self.read(text)
        node = root
        for step, following in pairwise(path):
            child = _step(node, step)
            if child is None:
                child = _set(node, step, {} if isinstance(following, str) else [])
            node = child
        _set(node, path[-1], value)
        return self.write(root)

    def drop(self, text: str, path: Path) -> str:
        """Take out what stands at `path`."""
        root = self.read(text)
        trail = [root]
        for step in path:
            trail.append(_step(trail[-1], step))
        if trail[-1] is None:
            return text
        for depth in range(len(path) - 1, -1, -1):
            _remove(trail[depth], path[depth], trail[depth + 1])
            if trail[depth]:
                break
        return self.write(root)


def _step(node: Any, step: str | Match) -> Any:
    if isinstance(step, str):
        return node.get(step) if isinstance(node, Mapping) else None
    items = node if isinstance(node, MutableSequence) else []
    return next((one for one in items if isinstance(one, Mapping) and one.get(step.key) == step.value), None)


def _set(node: Any, step: str | Match, value: Any) -> Any:
    if isinstance(step, str) and isinstance(node, MutableMapping):
        node[step] = value
        return node[step]
    if isinstance(step, Match) and isinstance(node, MutableSequence):
        current = _step(node, step)
        if current is None:
            node.append(value)
        else:
            node[node.index(current)] = value
        return node[-1] if current is None else _step(node, step)
    raise BadDocument(f"{step if isinstance(step, str) else step.key} cannot be set: its place holds something else")


def _remove(node: Any, step: str | Match, child: Any) -> None:
    if isinstance(step, str):
        del node[step]
    else:
        node.remove(child)


def _plain(found: Any) -> Value:
    if isinstance(found, Mapping):
        return {str(key): _plain(value) for key, value in found.items()}
    if isinstance(found, MutableSequence):
        return [_plain(value) for value in found]
    if isinstance(found, str | int | float | bool) or found is None:
        return found
    return str(found)


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _read_yaml(text: str) -> Any:
    try:
        return _yaml().load(text or "{}") or _yaml().load("{}")
    except YAMLError as error:
        raise BadDocument(one_line(error)) from error


def _write_yaml(root: Any) -> str:
    if hasattr(root, "fa"):
        root.fa.set_block_style()
    out = StringIO()
    _yaml().dump(root, out)
    return out.getvalue()


def _parse_toml(text: str) -> Any:
    try:
        return tomlkit.parse(text)
    except ParseError as error:
        raise BadDocument(one_line(error)) from error


TOML_FILES = _Tree(_parse_toml, tomlkit.dumps)
YAML_FILES = _Tree(_read_yaml, _write_yaml)
