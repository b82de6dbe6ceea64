"""How answers are shown: tables for people, one JSON document for scripts."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import fields
from rich.console import Console
from rich.table import Table
from rich.text import Text

from omniroute.client import ClientError, Denied, Faulty, NotReachable, Refusal
from omniroute.kit.json import JsonObject, dumps

REFUSED, USAGE, NOT_REACHABLE, DENIED, FAULTY = 1, 2, 3, 4, 5
_WIDE = 220
_GOOD = frozenset({"ok", "ready", "healthy", "active", "valid", "yes"})
_BAD = frozenset({"error", "failed", "unhealthy", "invalid", "open", "exceeded", "deny"})


def console(*, errors: bool = False) -> Console:
    """Return where to print. What is piped is not cut to a terminal's width."""
    made = Console(stderr=errors, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        return Console(stderr=errors, highlight=False, width=_WIDE, color_system=None)
    return made


def tell_json(value: Any) -> None:
    """Print one JSON document on a line."""
    sys.stdout.write(dumps(plain(value)).decode() + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """Return an answer as JSON has it; of a page, what is on it."""
    if hasattr(value, "edges"):
        info = value.page_info
        items = [plain(one.node) for one in value.edges]
        return {"items": items, "endCursor": info.end_cursor, "hasNextPage": info.has_next_page}
    return msgspec.to_builtins(value)


def tell(value: Any, columns: Sequence[str], show: str) -> None:
    """Print an answer for people."""
    if show:
        value = getattr(value, show)
    if hasattr(value, "edges"):
        _tell_page(value, columns)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        tell_rows(value, columns)
    elif isinstance(value, msgspec.Struct):
        tell_one(value)
    else:
        console().print(cell(value))


def _tell_page(page: Any, columns: Sequence[str]) -> None:
    tell_rows([one.node for one in page.edges], columns)
    if page.page_info.has_next_page:
        console(errors=True).print(f"There is more: --after {page.page_info.end_cursor}", style="dim")


def tell_rows(rows: Sequence[Any], columns: Sequence[str]) -> None:
    """Print a table; a column may lead into a part by dots."""
    if not rows:
        console(errors=True).print("There is nothing to list.", style="dim")
        return
    wanted = columns or [column for one in fields(rows[0]) for column in _columns(one.name, rows)]
    console().print(table(wanted, ([_at(row, column) for column in wanted] for row in rows)))


def _columns(name: str, rows: Sequence[Any]) -> list[str]:
    """Return a field's columns: those of its parts, where it has some."""
    part = next((one for row in rows if isinstance(one := getattr(row, name), msgspec.Struct)), None)
    return [name] if part is None else [f"{name}.{one.name}" for one in fields(part)]


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a plain table; numbers stand to the right."""
    listed = [list(row) for row in rows]
    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        is_number = any(isinstance(row[number], int | float | Decimal) for row in listed if not _is_flag(row[number]))
        name = column.rpartition(".")[2].replace("_", " ").upper()
        made.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        made.add_row(*map(cell, row))
    return made


def tell_one(value: msgspec.Struct) -> None:
    """Print one thing: a line a field, tables below for lists inside it."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    below: list[tuple[str, Sequence[Any]]] = []
    for name, inner in _flat(value):
        if isinstance(inner, tuple) and inner and isinstance(inner[0], msgspec.Struct):
            below.append((name, inner))
        else:
            made.add_row(name.replace("_", " "), cell(inner))
    console().print(made)
    for name, rows in below:
        console().print(f"\n{name.replace('_', ' ')}", style="bold")
        tell_rows(rows, ())


def _flat(value: msgspec.Struct, prefix: str = "") -> Iterable[tuple[str, Any]]:
    for one in fields(value):
        inner = getattr(value, one.name)
        if isinstance(inner, msgspec.Struct):
            yield from _flat(inner, f"{prefix}{one.name} ")
        else:
            yield f"{prefix}{one.name}", inner


def cell(value: Any) -> Text:
    """Return a value as people read it; control characters in it are shown, not obeyed."""
    text = _spelled(value)
    clean = "".join(one if one.isprintable() or one == "\n" else f"\\x{ord(one):02x}" for one in text)
    style = "green" if clean in _GOOD else "red" if clean in _BAD else ""
    return Text(clean, style=style)


def _spelled(value: Any) -> str:  # noqa: PLR0911 - a line a type
    match value:
        case None | "" | ():
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        case float():
            return f"{value:,.3f}".rstrip("0").rstrip(".")
        case Decimal():
            return f"{value:f}"
        case int():
            return f"{value:,}"
        case tuple() | list():
            return ", ".join(map(_spelled, value))
        case msgspec.Struct():
            inner = [getattr(value, one.name) for one in fields(value)]
            return " ".join(_spelled(one) for one in inner if one not in {None, ()})
        case Mapping():
            return dumps(value).decode()
        case _:
            return str(value) if not hasattr(value, "value") else str(value.value).lower().replace("_", "-")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _at(value: Any, column: str) -> Any:
    for part in column.split("."):
        if value is None:
            return None
        value = tuple(getattr(one, part) for one in value) if isinstance(value, tuple) else getattr(value, part)
    return value


def exit_code(error: Exception) -> int:
    """Return the exit code that an error stands for."""
    match error:
        case NotReachable():
            return NOT_REACHABLE
        case Denied():
            return DENIED
        case Refusal():
            return DENIED if error.kind == "Refused" else REFUSED
        case Faulty():
            return FAULTY
        case _:
            return USAGE


def tell_error(error: ClientError, *, as_json: bool) -> None:
    """Print what went wrong: one sentence, and the fields that are wrong."""
    told: JsonObject = {"code": error.error_code, "message": error.message}
    faults = [{"field": one.field, "message": one.message} for one in error.details]
    if as_json:
        tell_json({"error": told | {"fields": faults}})
        return
    sys.stderr.write(f"omniroute: {error.message}\n")
    for one in faults:
        if one["message"] != error.message or len(faults) > 1:
            sys.stderr.write(f"  {one['field']}: {one['message']}\n")
        else:
            sys.stderr.write(f"  (field {one['field']})\n")
