"""The operations on the configuration as a whole. Rows of the operation table."""

from omniroute.api import configuration
from omniroute.api.operation import Described, Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import Conflict, NotFound

_SECTIONS = (
    "nodes", "connections", "models", "aliases", "combos", "keys", "budgets", "policies", "prices", "proxies",
)  # fmt: skip
_DOCUMENT = Described(
    name="ConfigurationDocument",
    schema={
        "type": "object",
        "description": "The configuration by names, without secrets; docs/admin.md tells what is in its sections.",
        "required": ["version", *_SECTIONS, "settings"],
        "properties": {
            "version": {"type": "integer", "const": 1, "description": "The document's form."},
            **{
                name: {"type": "array", "items": {"type": "object"}, "description": f"All {name}."}
                for name in _SECTIONS
            },
            "settings": {"type": "object", "description": "The groups of settings."},
        },
        "additionalProperties": False,
    },
)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="exportConfiguration",
        method="GET",
        path="/api/configuration",
        tag="settings",
        summary="The whole configuration as one document, without secrets",
        policy=Policy.ADMIN,
        handler=configuration.export,
        answer=_DOCUMENT,
    ),
    Operation(
        id="applyConfiguration",
        method="POST",
        path="/api/configuration",
        tag="settings",
        summary="Make the configuration as a document says, all of it or nothing; or tell what that would change",
        policy=Policy.ADMIN,
        handler=configuration.apply,
        body=configuration.ToApply,
        answer=configuration.Applied,
        errors=(NotFound, Conflict),
        example={
            "document": {"aliases": [{"alias": "gpt-4*", "model": "demo/echo", "position": 1}]},
            "plan": True,
        },
    ),
)
