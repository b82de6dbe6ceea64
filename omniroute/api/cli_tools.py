"""Client tools on the gateway's machine: found, and their settings written or set back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from omniroute.api.operation import Call
from omniroute.api.shapes import SecretText, adopt, shape
from omniroute.services.cli_tools import LONGEST_MODEL, CliTool, CliToolChange, CliToolDraft
from omniroute.services.collection import Services


@shape
class ShownCliTool(CliTool):
    """A client tool on the gateway's machine."""


@shape
class ShownCliToolChange(CliToolChange):
    """What was changed of a tool's settings, or would be."""


@shape
class CliToolList:
    """All client tools that are known."""

    tools: Sequence[CliTool]


@shape
class NewCliToolSettings(CliToolDraft):
    """What a tool is to be pointed at."""

    model: Annotated[str, Field(min_length=1, max_length=LONGEST_MODEL)]
    url: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    api_key: SecretText | None = None


@shape
class ResetQuery:
    """Whether to show the difference only."""

    preview: Literal["true", "false"] = "false"


async def show_all(services: Services, _call: Call[None, None]) -> CliToolList:
    """List tools."""
    return CliToolList(tools=await services.cli_tools.list())


async def show(services: Services, call: Call[None, None]) -> ShownCliTool:
    """Show one tool."""
    return adopt(ShownCliTool, await services.cli_tools.get(call.params["toolId"]))


@dataclass(frozen=True, slots=True)
class Settings:
    """The handlers for the settings of one tool."""

    tool_id: str

    async def show(self, services: Services, _call: Call[None, None]) -> ShownCliTool:
        """Show where the tool asks."""
        return adopt(ShownCliTool, await services.cli_tools.get(self.tool_id))

    async def apply(self, services: Services, call: Call[NewCliToolSettings, None]) -> ShownCliToolChange:
        """Point the tool at a gateway."""
        return adopt(ShownCliToolChange, await services.cli_tools.apply(self.tool_id, call.body))

    async def reset(self, services: Services, call: Call[None, ResetQuery]) -> ShownCliToolChange:
        """Set the tool back."""
        change = await services.cli_tools.reset(self.tool_id, preview=call.query.preview == "true")
        return adopt(ShownCliToolChange, change)
