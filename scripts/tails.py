"""Fail on what grows too long: modules over 400 lines, functions over 40, imports inside functions, broad excepts.

Data tables are exempt from the module limit, and lists of parts from that of functions; every other exception stands
below with its reason.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES, FUNCTION_LINES = 400, 40
TABLES = {"omniroute/storage/tables.py", "omniroute/upstream/catalogue.py", "omniroute/upstream/registry.py"}
LISTS = {"timetable"}  # one entry a job: a table
GENERATED = "omniroute/client/generated/"  # made from the GraphQL schema, and as long as that is
LAZY = ("omniroute/__main__.py", "omniroute/commands/words/")  # --help must answer before anything heavy is imported
RIMS = {
    "omniroute/services/jobs.py",  # the job runner: logged, and recorded as the end of that run alone
    "omniroute/edge/rim.py",  # the same for the management surfaces
    "omniroute/storage/revisions.py",  # a migration script can raise anything; the old database is kept
    "omniroute/v1/routes.py",  # the ASGI edge: logged, and told without a traceback
    "omniroute/gateway/record.py",  # the recorder: whatever the database says, the records go to the spill file
}


def main() -> int:
    """Print every fault; the exit code says whether there was one."""
    faults = [fault for path in sorted(Path("omniroute").rglob("*.py")) for fault in _faults(path)]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    return 1 if faults else 0


def _faults(path: Path) -> Iterator[str]:
    name = path.as_posix()
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > MODULE_LINES and name not in TABLES and not name.startswith(GENERATED):
        yield f"{name}: {lines} lines; find the second noun"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _function_faults(name, node)
        if isinstance(node, ast.ExceptHandler) and name not in RIMS and _is_broad(node):
            yield f"{name}:{node.lineno}: a broad except"


def _function_faults(name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > FUNCTION_LINES and node.name not in LISTS:
        yield f"{name}:{node.lineno}: {node.name} is {length} lines long"
    if not name.startswith(LAZY) and any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)):
        yield f"{name}:{node.lineno}: {node.name} imports inside"


def _is_broad(node: ast.ExceptHandler) -> bool:
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})


if __name__ == "__main__":
    sys.exit(main())
