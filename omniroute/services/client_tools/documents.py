"""Settings files of client tools, read and changed in their own format, comments and order kept.

A path's steps are keys; `Match` picks an item of a list. Values are what JSON has.
"""

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from itertools import pairwise
from typing import Any

import tomlkit
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tomlkit.exceptions import ParseError

from omniroute.kit import jsonc
from omniroute.kit.jsonc import BadJsonc, Match, Path, Value

__all__ = ["BadDocument", "Form", "Match", "Path", "Value", "drop", "get", "put"]


class BadDocument(ValueError):
    """The file is not what its format asks for; the message says where."""


class Form(StrEnum):
    """The formats of settings files."""

    JSON = "json"
    TOML = "toml"
    YAML = "yaml"
    ENV = "env"


@dataclass(frozen=True, slots=True)
class _Grammar:
    """How one format is read and changed."""

    get: Callable[[str, Path], Value]
    put: Callable[[str, Path, Value], str]
    drop: Callable[[str, Path], str]


def get(form: Form, text: str, path: Path) -> Value:
    """Return what stands at `path`, None where nothing does. Raises BadDocument."""
    try:
        return _GRAMMARS[form].get(text, path)
    except (BadJsonc, ParseError, YAMLError) as error:
        raise BadDocument(_line(error)) from error


def put(form: Form, text: str, path: Path, value: Value) -> str:
    """Return `text` with `value` at `path`. Raises BadDocument."""
    try:
        return _GRAMMARS[form].put(text, path, value)
    except (BadJsonc, ParseError, YAMLError) as error:
        raise BadDocument(_line(error)) from error


def drop(form: Form, text: str, path: Path) -> str:
    """Return `text` without what stands at `path`, nor what is empty then. Raises BadDocument."""
    try:
        return _GRAMMARS[form].drop(text, path)
    except (BadJsonc, ParseError, YAMLError) as error:
        raise BadDocument(_line(error)) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


# ── trees: TOML and YAML are read into objects that remember their comments ─────────────────────────────────────────


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
    return _yaml().load(text or "{}") or _yaml().load("{}")


def _write_yaml(root: Any) -> str:
    if hasattr(root, "fa"):
        root.fa.set_block_style()
    out = StringIO()
    _yaml().dump(root, out)
    return out.getvalue()


# ── lines of NAME=value ─────────────────────────────────────────────────────────────────────────────────────────────


def _env_get(text: str, path: Path) -> Value:
    for line in text.splitlines():
        if _env_name(line) == path[0]:
            return line.split("=", 1)[1].strip().strip("\"'")
    return None


def _env_put(text: str, path: Path, value: Value) -> str:
    lines = text.splitlines()
    made = f"{path[0]}={value}"
    places = [number for number, line in enumerate(lines) if _env_name(line) == path[0]]
    if places:
        lines[places[-1]] = made
    else:
        lines.append(made)
    return "\n".join(lines) + "\n"


def _env_drop(text: str, path: Path) -> str:
    kept = [line for line in text.splitlines() if _env_name(line) != path[0]]
    return "\n".join(kept) + ("\n" if kept else "")


def _env_name(line: str) -> str | None:
    name, equals, _ = line.removeprefix("export ").partition("=")
    return name.strip() if equals and not line.lstrip().startswith("#") else None


_TOML = _Tree(tomlkit.parse, tomlkit.dumps)
_YAML = _Tree(_read_yaml, _write_yaml)
_GRAMMARS: dict[Form, _Grammar] = {
    Form.JSON: _Grammar(jsonc.get, jsonc.put, jsonc.drop),
    Form.TOML: _Grammar(_TOML.get, _TOML.put, _TOML.drop),
    Form.YAML: _Grammar(_YAML.get, _YAML.put, _YAML.drop),
    Form.ENV: _Grammar(_env_get, _env_put, _env_drop),
}
