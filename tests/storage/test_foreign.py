"""A SQLite file from elsewhere: plain rows are read, and whatever could do more than hold rows is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from omniroute.kit.errors import Unprocessable
from omniroute.storage.foreign import Limits, read_foreign

ORIGINAL = [
    f"CREATE TABLE {name} (id TEXT, name TEXT)"
    for name in ("provider_connections", "provider_nodes", "combos", "api_keys")
]


def made(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


async def refusal(path: Path, folder: Path, limits: Limits | None = None) -> str:
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - nobody waits here
    with pytest.raises(Unprocessable) as caught:
        await read_foreign(path, folder, limits)
    assert caught.value.error_code == "bad_import"
    return caught.value.message


async def test_rows_come_as_they_are_and_other_tables_are_counted(tmp_path: Path) -> None:
    path = made(
        tmp_path / "a.sqlite",
        *ORIGINAL,
        "INSERT INTO combos VALUES ('1', 'fast \u4e16'), ('2', NULL)",
        "CREATE TABLE other (x BLOB)",
        "INSERT INTO other VALUES (x'00ff')",
    )
    before = path.read_bytes()
    found = await read_foreign(path, tmp_path)
    assert found.is_original
    assert not found.is_ours
    assert list(found.rows("combos")) == [{"id": "1", "name": "fast \u4e16"}, {"id": "2", "name": None}]
    assert found.counts["other"] == 1
    assert list(found.rows("other")) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON combos BEGIN DELETE FROM api_keys; END", "trigger"),
        ("CREATE VIEW v AS SELECT * FROM combos", "view"),
        ("CREATE VIRTUAL TABLE f USING fts5(text)", "virtual"),
        ("CREATE TABLE g (a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL)", "computed"),
    ],
)
async def test_what_could_do_more_than_hold_rows_is_refused(tmp_path: Path, statement: str, told: str) -> None:
    path = made(tmp_path / "a.sqlite", *ORIGINAL, statement)
    assert told in await refusal(path, tmp_path / "out")


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    fill = "INSERT INTO combos WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
    path = made(tmp_path / "a.sqlite", *ORIGINAL, fill + "SELECT i, hex(zeroblob(450)) FROM n")  # noqa: S608 - constants
    content = bytearray(path.read_bytes())
    content[20_000:28_000] = b"\xee" * 8_000
    path.write_bytes(content)
    assert "not taken" in await refusal(path, tmp_path / "out")
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5_000)
    assert "not taken" in await refusal(path, tmp_path / "out")


async def test_a_file_that_takes_too_much_is_stopped(tmp_path: Path) -> None:
    rows = (
        "INSERT INTO combos WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "SELECT i, hex(zeroblob(1000)) FROM n"
    )
    path = made(tmp_path / "a.sqlite", *ORIGINAL, rows)
    assert "room" in await refusal(path, tmp_path / "out", Limits(file=1024 * 1024))
    assert "seconds" in await refusal(path, tmp_path / "out", Limits(wall_s=0.001))
    assert "not taken" in await refusal(path, tmp_path / "out", Limits(memory=20 * 1024**2))


async def test_a_name_that_is_meant_to_break_out_is_only_a_name(tmp_path: Path) -> None:
    path = made(tmp_path / "a.sqlite", *ORIGINAL, 'CREATE TABLE "x""; DROP TABLE combos; --" (a)')
    found = await read_foreign(path, tmp_path)
    assert found.counts['x"; DROP TABLE combos; --'] == 0
