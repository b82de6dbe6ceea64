"""Tools and the choice among them, both ways.

A namespace (Codex) is a group of tools: its tools carry its name and description each, and are grouped again on the
way out. Tools that the vendor runs itself stay as they are.
"""

from collections.abc import Iterator
from typing import Literal

from omniroute.formats.hub import CustomTool, FunctionTool, Json, ServerTool, Tool, ToolChoice
from omniroute.formats.losses import Losses
from omniroute.formats.openai_responses.content import ORIGIN
from omniroute.formats.reading import Fields, invalid

_MODES = ("auto", "none", "required")
_NAMED = ("function", "custom")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def read_tools(body: Fields) -> tuple[Tool, ...]:
    """Read a request's tools, those of namespaces in their place."""
    return tuple(tool for raw in body.children("tools") for tool in _read_tool(raw))


def _read_tool(raw: Fields) -> Iterator[Tool]:
    kind = raw.need("type")
    if kind == "namespace":
        name, description = raw.need("name"), raw.text("description")
        for inner in raw.children("tools"):
            yield _read_plain(inner, inner.need("type"), name, description)
        raw.close()
    else:
        yield _read_plain(raw, kind)


def _read_plain(raw: Fields, kind: str, namespace: str | None = None, description: str | None = None) -> Tool:
    if kind not in _NAMED:
        return ServerTool(origin=ORIGIN, kind=kind, raw=_regrouped(raw.all(), namespace, description))
    tool: Tool
    if kind == "function":
        tool = FunctionTool(
            name=raw.need("name"),
            description=raw.text("description"),
            schema=raw.object("parameters"),
            strict=raw.flag("strict"),
            namespace=namespace,
            namespace_description=description,
        )
    else:
        tool = CustomTool(
            name=raw.need("name"),
            description=raw.text("description"),
            grammar=raw.object("format"),
            namespace=namespace,
            namespace_description=description,
        )
    raw.close()
    return tool


def _regrouped(raw: Json, namespace: str | None, description: str | None) -> Json:
    """Keep a vendor's tool inside its namespace, where it had one."""
    if namespace is None:
        return raw
    return {"type": "namespace", "name": namespace, "description": description or "", "tools": [raw]}


def read_tool_choice(body: Fields) -> tuple[ToolChoice | None, Json]:
    """Read tool_choice as the hub's, and as an extra field where it names what only OpenAI has."""
    value = body.raw("tool_choice")
    if value is None:
        return None, {}
    if isinstance(value, str):
        if value not in _MODES:
            raise invalid("tool_choice", "must be auto, none, required or an object")
        return ToolChoice(mode=_mode(value)), {}
    raw = Fields(value, "tool_choice", body.notes)
    kind = raw.need("type")
    if kind in _NAMED:
        return ToolChoice(mode="required", names=(raw.need("name"),)), {}
    if kind != "allowed_tools":
        return None, {"tool_choice": value}
    allowed = list(raw.children("tools"))
    names = tuple(tool.need("name") for tool in allowed if tool.need("type") in _NAMED)
    choice = ToolChoice(mode=_mode(raw.need("mode")), names=names)
    return choice, {} if len(names) == len(allowed) else {"tool_choice": value}


def _mode(value: str) -> Literal["auto", "none", "required"]:
    match value:
        case "auto" | "none" | "required":
            return value
        case _:
            raise invalid("tool_choice.mode", "must be auto or required")


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def write_tools(tools: tuple[Tool, ...], losses: Losses, *, own: bool) -> list[Json]:
    """Write tools, each namespace as one group where its first tool stood."""
    written: list[Json] = []
    groups: dict[str, list[Json]] = {}
    for n, tool in enumerate(tools):
        if isinstance(tool, ServerTool):
            if tool.origin == ORIGIN:
                written.append(tool.raw)
            else:
                losses.drop(f"tools[{n}]", f"a tool that {tool.origin} runs itself")
            continue
        spelled = _write_tool(tool, f"tools[{n}]", losses, own=own)
        if tool.namespace is None:
            written.append(spelled)
            continue
        if tool.namespace not in groups:
            groups[tool.namespace] = []
            written.append(_group(tool.namespace, tool.namespace_description, groups[tool.namespace]))
        groups[tool.namespace].append(spelled)
    return written


def _group(name: str, description: str | None, tools: list[Json]) -> Json:
    return {"type": "namespace", "name": name, "description": description or "", "tools": tools}


def _write_tool(tool: FunctionTool | CustomTool, where: str, losses: Losses, *, own: bool) -> Json:
    described = {} if tool.description is None else {"description": tool.description}
    if isinstance(tool, CustomTool):
        grammar = {} if tool.grammar is None else {"format": tool.grammar}
        return {"type": "custom", "name": tool.name, **described, **grammar}
    if tool.cache is not None:
        losses.drop(f"{where}.cache", "tools have no cache breakpoint")
    # Unsaid means strict in this format and lax in every other one.
    strict = tool.strict if tool.strict is not None or own else False
    return {"type": "function", "name": tool.name, **described, "parameters": tool.schema, "strict": strict}


def write_tool_choice(choice: ToolChoice, tools: tuple[Tool, ...], losses: Losses) -> str | Json:
    """Write the choice: a word, one tool, or the tools allowed."""
    if not choice.names:
        return choice.mode
    if choice.mode == "none":
        losses.change("tool_choice.names", "no tool at all is allowed, whatever its name")
        return "none"
    custom = {tool.name for tool in tools if isinstance(tool, CustomTool)}
    named: list[Json] = [{"type": "custom" if name in custom else "function", "name": name} for name in choice.names]
    if choice.mode == "required" and len(named) == 1:
        return named[0]
    return {"type": "allowed_tools", "mode": choice.mode, "tools": named}
