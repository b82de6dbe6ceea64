"""The OpenAPI document as a file: openapi/openapi.yaml, which a test holds against the operation table."""

from pathlib import Path
from typing import Any

import yaml

from omniroute.api.describe import described
from omniroute.api.table import OPERATIONS
from omniroute.kit.json import JsonObject

_HEAD = "# Made from omniroute/api/table/ by `omniroute openapi`; changes belong there.\n"
_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Writes shared objects out in full, as anchors are hard to read, and indents lists."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, False)


def document() -> JsonObject:
    """Return the OpenAPI document of everything that is served."""
    return described(OPERATIONS)


def text() -> str:
    """Return the document as YAML."""
    return _HEAD + yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def write(path: Path) -> None:
    """Write the document to a file."""
    path.write_text(text(), encoding="utf-8")
