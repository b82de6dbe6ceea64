"""Client tools on the gateway's machine: found, and their settings written or set back."""

from typing import Annotated

import strawberry

from omniroute.graphql.context import Asked, services_of
from omniroute.graphql.inputs import accept
from omniroute.graphql.outcome import Failed, mutation
from omniroute.graphql.types import Shown, asked, enumerate_, expose
from omniroute.services.cli_tools import ChangedFile, CliTool, CliToolChange, CliToolDraft
from omniroute.services.client_tools.detection import Mode, Reason

_Tool = Annotated[strawberry.ID, strawberry.argument(description="The tool's id, such as claude or codex.")]
_Preview = Annotated[bool, strawberry.argument(description="Whether to show the difference only.")]

enumerate_(
    Reason,
    "CliToolReason",
    "Why a tool cannot be used, or need not be there.",
    NOT_FOUND="There is no such command.",
    NOT_EXECUTABLE="The command may not be run.",
    HEALTHCHECK_FAILED="It did not tell its version in time.",
    MISSING_COMMAND="The command is set to nothing.",
    NOT_REQUIRED="It has no command; it is part of an editor.",
)
enumerate_(
    Mode,
    "CliToolMode",
    "Where the operator says that tools run.",
    AUTO="Not said.",
    HOST="On this machine.",
    CONTAINER="In a container.",
)
expose(
    CliTool,
    "CliTool",
    "A client tool on the gateway's machine.",
    tool_id=Shown(words="Stable id.", kind=strawberry.ID),
    name="Its name.",
    installed="Whether it is there.",
    runnable="Whether it told its version.",
    command="The command that is looked for.",
    command_path="Where that command is.",
    runtime_mode="Where the operator says that tools run.",
    reason="Why it cannot be used.",
    version="What it says of its version.",
    requires_binary="Whether it has a command at all.",
    settings_path="Its first settings file; null: it keeps its settings out of reach.",
    has_omni_route="Whether it asks this gateway.",
    asks="The URL that it is set to.",
    steps=Shown(words="What people do, where it keeps its settings out of reach.", kind=list[str], read=list),
    message="What is wrong with its settings, for people.",
)
expose(
    ChangedFile,
    "ChangedSettingsFile",
    "A settings file that changes.",
    path="Where it is.",
    difference="What changes, as a unified diff with secrets masked.",
    copy="Where the copy of what was there is.",
)
expose(
    CliToolChange,
    "CliToolChange",
    "What was changed of a tool's settings, or would be.",
    tool_id=Shown(words="The tool.", kind=strawberry.ID),
    preview="Whether nothing was written.",
    files=Shown(words="The files that change.", kind=list[ChangedFile], read=list),
    key_id=Shown(words="The key that was made for the tool.", kind=strawberry.ID | None),
)
accept(
    CliToolDraft,
    "CliToolInput",
    "What a tool is to be pointed at.",
    model="The model that it is to use: a model, alias or combo of this gateway.",
    url="The gateway's root, without /v1; null: this gateway, as it is reached from its own machine.",
    api_key="The key that it is to use; null: one is made for it.",
    preview="Whether to show the difference only.",
)


@strawberry.type
class Query:
    """Client tools."""

    @asked("All client tools that are known; asking each for its version takes some seconds.")
    async def cli_tools(self, info: Asked) -> list[CliTool]:
        """List them."""
        return list(await services_of(info).cli_tools.list())

    @asked("One client tool.")
    async def cli_tool(self, info: Asked, tool_id: _Tool) -> CliTool:
        """Show one."""
        return await services_of(info).cli_tools.get(tool_id)


@strawberry.type
class Mutation:
    """Writing their settings."""

    @mutation("Point a client tool at a gateway; copies of its files are kept, other settings are left alone.")
    async def apply_cli_tool(
        self, info: Asked, tool_id: _Tool, input: CliToolDraft
    ) -> Annotated[CliToolChange | Failed, strawberry.union("ApplyCliToolResult")]:
        """Write its settings."""
        return await services_of(info).cli_tools.apply(tool_id, input)

    @mutation("Take back what pointed a client tool at a gateway.")
    async def reset_cli_tool(
        self, info: Asked, tool_id: _Tool, *, preview: _Preview = False
    ) -> Annotated[CliToolChange | Failed, strawberry.union("ResetCliToolResult")]:
        """Set it back."""
        return await services_of(info).cli_tools.reset(tool_id, preview=preview)
