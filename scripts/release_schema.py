"""Freezes the schema at a release: a snapshot with rows in every table, and the checksum of every revision's file.

    python -m scripts.release_schema

writes `tests/storage/released/`, once CHANGELOG.md names the release. From then on a test fails when a revision that
was released is edited, and an upgrade from each of them, with all these rows, is tested for ever.
"""

import asyncio
import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Integer, LargeBinary, Table, insert

from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.all_tables import metadata
from omniroute.storage.database import Database
from omniroute.storage.dump import Dump
from omniroute.storage.meta import meta_place
from omniroute.storage.migrate import migrate
from omniroute.storage.secrets import Sealer, place
from omniroute.storage.tables import SCHEMA_REVISION

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "storage" / "released"
LIST = "released.json"
ROWS = 3
# The tests' sealing key, which the snapshots' secrets are sealed with: it protects nothing.
KEY = bytes(range(32))
_RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+[^\]]*)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What was released: the newest release, and the checksum of each revision's file by revision."""

    release: str | None
    revisions: Mapping[str, str]


def read(folder: Path = FOLDER) -> Frozen:
    """Return what was released so far."""
    found = json.loads((folder / LIST).read_text(encoding="utf-8"))
    return Frozen(release=found["release"], revisions=found["revisions"])


def newest_release(changelog: str) -> str | None:
    """Return the newest release that a changelog names, None before the first."""
    found = _RELEASE.search(changelog)
    return found[1] if found else None


def checksums(versions: Path) -> dict[str, str]:
    """Return the checksum of each revision's file; its name begins with the revision."""
    return {
        one.name.partition("_")[0]: hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(versions.glob("[0-9]*.py"))
    }


def faults(changelog: str, frozen: Frozen, files: Mapping[str, str], snapshots: frozenset[str]) -> list[str]:
    """Return what is wrong with what was released, in words."""
    told = []
    release = newest_release(changelog)
    if release != frozen.release:
        told.append(f"CHANGELOG.md names {release}, {LIST} {frozen.release}: run `python -m scripts.release_schema`")
    for revision, checksum in frozen.revisions.items():
        if files.get(revision) != checksum:
            told.append(f"revision {revision} was released and has been changed: put it back, and write a new one")
        if revision not in snapshots:
            told.append(f"the snapshot of revision {revision} is missing")
    return told


def rows_of(table: Table, sealer: Sealer) -> list[dict[str, Any]]:
    """Return some rows for a table: a value in every column, secrets sealed in their places."""
    return [_row(table, number, sealer) for number in range(1, ROWS + 1)]


def _row(table: Table, number: int, sealer: Sealer) -> dict[str, Any]:
    row = {column.name: _value(column.type, f"{_named(column)}-{number}", number) for column in table.columns}
    for name in row:
        if name.endswith("_sealed"):
            row[name] = sealer.seal(Secret(f"{name} {number}"), place(table.name, row["id"], name))
    if table.name == "meta":
        row["value"] = sealer.seal(Secret(f"value {number}"), meta_place(row["name"]))
    return row


def _named(column: Column[Any]) -> str:
    """Return the name that a column's values begin with: of one that points to another table, that table's."""
    return next((key.column.name for key in column.foreign_keys), column.name)


def _value(kind: Any, text: str, number: int) -> Any:
    match kind:
        case LargeBinary():
            return hashlib.sha256(text.encode()).digest()
        case Boolean():
            return number % 2 == 0
        case Integer():
            return 1_700_000_000 + number
        case Float():
            return number / 4
        case JSON():
            return {"é": [number, None, text]}
        case _:
            return text[: kind.length]


async def fill(database: Database, sealer: Sealer) -> None:
    """Put rows into every table of the newest schema."""
    async with database.transaction() as connection:
        for table in metadata.sorted_tables:
            await connection.execute(insert(table), rows_of(table, sealer))


async def snapshot(sealer: Sealer) -> str:
    """Return a filled database of the newest schema as JSON lines: a table's name and a row."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        await migrate(settings, sealer)
        database = Database(settings.database)
        await fill(database, sealer)
        lines = []
        async for table, piece in Dump(database).read():
            lines += [f'["{table}",{line.decode()}]\n' for line in piece.splitlines()]
        await database.close()
    return "".join(lines)


def main() -> None:
    """Freeze the newest schema."""
    release = newest_release((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    if release is None:
        raise SystemExit("CHANGELOG.md names no release yet: give its heading a version first")
    text = asyncio.run(snapshot(Sealer(KEY)))
    (FOLDER / f"{SCHEMA_REVISION}.jsonl").write_text(text, encoding="utf-8")
    told = {"release": release, "revisions": checksums(ROOT / "alembic" / "versions")}
    (FOLDER / LIST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(f"revision {SCHEMA_REVISION} is frozen with release {release}")


if __name__ == "__main__":
    main()
