"""The operations on client tools. Rows of the operation table."""

from collections.abc import Sequence
from typing import Any

from omniroute.api import cli_tools
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, NotFound
from omniroute.services.client_tools.table import TOOLS, ToolRow

_WRITES = "Nothing of the request is run; a copy of each file is kept, and other settings are left alone."


def _of_tool(row: ToolRow) -> Sequence[Operation]:
    """Return the operations on the settings of one tool: its path is fixed, as the contract has it."""
    name, settings = row.id.capitalize(), cli_tools.Settings(row.id)
    path = f"/api/cli-tools/{row.id}-settings"
    common: dict[str, Any] = {"path": path, "tag": "cliTools", "policy": Policy.ADMIN}
    return (
        Operation(
            **common,
            id=f"get{name}Settings",
            method="GET",
            summary=f"Tell whether {row.name} is on this machine, and whether it asks this gateway",
            handler=settings.show,
            answer=cli_tools.ShownCliTool,
        ),
        Operation(
            **common,
            id=f"apply{name}Settings",
            method="POST",
            summary=f"Point {row.name} at a gateway, or show what that would change",
            description=_WRITES,
            handler=settings.apply,
            body=cli_tools.NewCliToolSettings,
            answer=cli_tools.ShownCliToolChange,
            errors=(Conflict,),
            example={"model": "demo/echo", "preview": True},
        ),
        Operation(
            **common,
            id=f"reset{name}Settings",
            method="DELETE",
            summary=f"Take back what pointed {row.name} at a gateway",
            description=_WRITES,
            handler=settings.reset,
            query=cli_tools.ResetQuery,
            answer=cli_tools.ShownCliToolChange,
            errors=(Conflict,),
            asked={"preview": "true"},
        ),
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="listCliTools",
        method="GET",
        path="/api/cli-tools",
        tag="cliTools",
        summary="List the client tools that are known, and which are on this machine",
        policy=Policy.ADMIN,
        handler=cli_tools.show_all,
        answer=cli_tools.CliToolList,
    ),
    Operation(
        id="getCliToolRuntime",
        method="GET",
        path="/api/cli-tools/runtime/{toolId}",
        tag="cliTools",
        summary="Tell whether a client tool is on this machine and runs",
        policy=Policy.ADMIN,
        handler=cli_tools.show,
        answer=cli_tools.ShownCliTool,
        errors=(NotFound,),
        named={"toolId": "claude"},
    ),
    *(operation for row in TOOLS.values() if row.files for operation in _of_tool(row)),
)
