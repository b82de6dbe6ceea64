"""Make the generated files anew: docs/settings.md, docs/translation.md, openapi/openapi.yaml, the GraphQL schema and
the client's part that follows from it.

`./dev docs` runs it. Tests compare the committed files with what it would write.
"""

import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path

from graphql import build_schema, find_breaking_changes

from omniroute.api import openapi
from omniroute.graphql import schema
from omniroute.kit.settings import Settings, variables
from scripts import client, translation

ROOT = Path(__file__).parent.parent

_HEAD = """\
# Settings

Settings come from the environment, then from a file `.env` in the folder where the gateway is started; the command
line wins over both. A variable that is set but empty counts as not set. A value that cannot be used stops the start
with one line that names the variable.

"""
_TAIL = """
Switches take `true` or `false` (also `1` and `0`, `yes` and `no`, `on` and `off`). Durations are in seconds and may
have a fraction. Secrets are never shown in logs or error messages.

At the first start, provider keys in the environment (`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GEMINI_API_KEY` …) become
connections; `IMPORT_ENVIRONMENT_KEYS=false` leaves them alone.

This file is made by `./dev docs` from `omniroute/kit/settings.py`; changes belong there.
"""


def main() -> int:
    """Write them all."""
    (ROOT / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")
    (ROOT / "docs" / "translation.md").write_text(translation.page(), encoding="utf-8")
    openapi.write(ROOT / "openapi" / "openapi.yaml")
    _write_schema()
    client.main()
    return 0


def _write_schema() -> None:
    """Write the GraphQL schema, and say what its clients would stumble over."""
    made = schema.build_schema()
    if schema.SNAPSHOT.exists():
        for change in find_breaking_changes(build_schema(schema.SNAPSHOT.read_text(encoding="utf-8")), made):
            print(f"breaks GraphQL clients: {change.description}", file=sys.stderr)
    schema.SNAPSHOT.write_text(schema.text(made), encoding="utf-8")


def settings_page() -> str:
    """Return docs/settings.md."""
    lines = ["| Variable | Default | What it does |", "| --- | --- | --- |"]
    lines += [f"| `{variables()[one.name]}` | {_default(one)} | {one.metadata['doc']} |" for one in fields(Settings)]
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def _default(one: "Field[object]") -> str:
    """Spell a default as one would set it."""
    value = one.default
    assert value is not MISSING  # noqa: S101 - a gateway starts without any setting
    if value is None or value == "":
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.exit(main())
