"""A Messages body to the hub. Wrong types raise Invalid with the field's path; unknown fields are kept or noted."""

from collections.abc import Iterator
from itertools import groupby

from omniroute.formats.anthropic.blocks_in import read_content
from omniroute.formats.anthropic.tools import read_choice, read_tools
from omniroute.formats.hub import (
    Format,
    Json,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Request,
    Role,
    Sampling,
    ToolResult,
)
from omniroute.formats.reading import Fields, invalid

NATIVE = Format.ANTHROPIC.value

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}

# Anthropic's tiers in OpenAI's words, which are the hub's.
TIERS = {"auto": "auto", "standard_only": "default"}


def decode_request(body: Json) -> Request:
    """Read a Messages request."""
    fields = Fields(body)
    model = fields.need("model")
    messages = (*_read_system(fields), *_read_messages(fields))
    choice, parallel = read_choice(fields)
    tier = fields.text("service_tier")
    output = fields.child("output_config")
    return Request(
        model=model,
        messages=messages,
        tools=read_tools(fields),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        sampling=_read_sampling(fields),
        reasoning=_read_reasoning(fields, output),
        output=_read_output(fields, output),
        stream=fields.flag("stream") or False,
        service_tier=tier if tier is None else TIERS.get(tier, tier),
        user=_read_user(fields),
        origin=NATIVE,
        extras=fields.rest(),
        unread=tuple(fields.notes),
    )


def _read_system(fields: Fields) -> Iterator[Message]:
    parts = read_content(fields, "system")
    if parts:
        yield Message(role=Role.SYSTEM, parts=parts)


def _read_messages(fields: Fields) -> Iterator[Message]:
    if not fields.list("messages"):
        raise invalid(fields.at("messages"), "must be a list of at least one message")
    for message in fields.children("messages"):
        role = _ROLES.get(message.need("role"))
        if role is None:
            raise invalid(message.at("role"), "must be user, assistant or system")
        yield from _apart(role, read_content(message))
        message.close()


def _apart(role: Role, parts: tuple[Part, ...]) -> Iterator[Message]:
    """A turn as hub messages: tool results stand in messages of their own."""
    if not parts:
        yield Message(role=role)
    for results, group in groupby(parts, lambda part: isinstance(part, ToolResult)):
        yield Message(role=Role.TOOL if results else role, parts=tuple(group))


def _read_sampling(fields: Fields) -> Sampling:
    return Sampling(
        max_tokens=fields.integer("max_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        stop=fields.texts("stop_sequences"),
    )


def _read_reasoning(fields: Fields, output: Fields | None) -> Reasoning | None:
    effort = None if output is None else output.text("effort")
    thinking = fields.child("thinking")
    kind = None if thinking is None else thinking.need("type")
    if thinking is None or kind is None:
        return None if effort is None else Reasoning(effort=effort)
    display = thinking.text("display")
    include = None if display is None else display == "summarized"
    budget = thinking.integer("budget_tokens")
    thinking.close()
    match kind:
        case "enabled":
            return Reasoning(enabled=True, budget=budget, effort=effort, include=include)
        case "disabled":
            return Reasoning(enabled=False, effort=effort)
        case "adaptive":
            return Reasoning(adaptive=True, effort=effort, include=include)
        case _:
            # A newer word: how it would think is unknown, that it would is not.
            thinking.notes.append(thinking.lost("type"))
            return Reasoning(enabled=True, effort=effort, include=include)


def _read_output(fields: Fields, output: Fields | None) -> OutputFormat | None:
    """output_config.format, or the older output_format."""
    given = fields.child("output_format")
    if output is not None:
        given = output.child("format") or given
        output.close()
    if given is None:
        return None
    if given.need("type") != "json_schema":
        raise invalid(given.at("type"), "must be json_schema")
    schema = given.object("schema")
    given.close()
    return OutputFormat(kind="schema", schema=schema)


def _read_user(fields: Fields) -> str | None:
    metadata = fields.child("metadata")
    if metadata is None:
        return None
    user = metadata.text("user_id")
    metadata.close()
    return user
