"""Settings files of client tools, read and changed in their own format, comments and order kept.

A path's steps are keys; `Match` picks an item of a list. Values are what JSON has.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

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
        return _grammar(form).get(text, path)
    except BadJsonc as error:
        raise BadDocument(one_line(error)) from error


def put(form: Form, text: str, path: Path, value: Value) -> str:
    """Return `text` with `value` at `path`. Raises BadDocument."""
    try:
        return _grammar(form).put(text, path, value)
    except BadJsonc as error:
        raise BadDocument(one_line(error)) from error


def drop(form: Form, text: str, path: Path) -> str:
    """Return `text` without what stands at `path`, nor what is empty then. Raises BadDocument."""
    try:
        return _grammar(form).drop(text, path)
    except BadJsonc as error:
        raise BadDocument(one_line(error)) from error


def one_line(error: Exception) -> str:
    """Return what a parser says, on one line."""
    return " ".join(str(error).split())


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


def _grammar(form: Form) -> _Grammar:
    match form:
        case Form.JSON:
            return _Grammar(jsonc.get, jsonc.put, jsonc.drop)
        case Form.ENV:
            return _Grammar(_env_get, _env_put, _env_drop)
        case Form.TOML | Form.YAML:
            # Their libraries are large, and few installations ever need them.
            trees = importlib.import_module("omniroute.services.client_tools.trees")
            tree = trees.TOML_FILES if form is Form.TOML else trees.YAML_FILES
            return _Grammar(tree.get, tree.put, tree.drop)
        case _:
            assert_never(form)
