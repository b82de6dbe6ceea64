"""Exports and imports: all comes back from either file, hostile ones change nothing, the original's are added."""

import gzip
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from omniroute.kit.errors import OmniError, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.services.backup_values import Imported
from omniroute.services.keys import KeyDraft, digest
from omniroute.services.providers import ConnectionDraft
from omniroute.storage.all_tables import metadata
from omniroute.storage.database import Database
from omniroute.storage.dump import Dump
from omniroute.storage.secrets import Sealer
from tests.databases import TEST_KEY
from tests.services.parts import PEPPER, Parts, assemble

KEY = "sk-0123456789abcdef"


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Parts:
    return assemble(database, Sealer(TEST_KEY), folder=tmp_path / "backups")


async def fill(place: Parts) -> None:
    await place.providers.create(ConnectionDraft(provider="openai", name="Work", api_key=Secret(KEY)))
    await place.keys.create(KeyDraft(name="Laptop"))


async def exported(place: Parts, target: Path, *, everything: bool = False) -> Path:
    async with place.exports.everything() if everything else place.exports.database() as made:
        assert shutil.copyfile(made.path, target).stat().st_size == made.size
    assert not made.path.exists()
    return target


async def state(place: Parts) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    async for table, piece in Dump(place.database).read():
        found[table] = found.get(table, b"") + piece
    return found


async def test_an_export_is_a_whole_database_and_comes_back_with_every_row(place: Parts, tmp_path: Path) -> None:
    await fill(place)
    before = await state(place)
    file = await exported(place, tmp_path / "out.sqlite")
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {*metadata.tables, "alembic_version"} == names
        assert connection.execute("SELECT name FROM connections").fetchall() == [("Work",)]
    assert KEY.encode() not in file.read_bytes()
    await place.keys.create(KeyDraft(name="Made later"))
    done = await place.imports.take(file, "out.sqlite")
    assert await state(place) == before
    assert (done.kind, done.connection_count, done.api_key_count) == ("sqlite", 1, 1)
    assert place.changes[-1].noun == "everything"
    place.clock.advance(1)
    back = await place.backups.restore(done.safety_backup_id)
    assert back.api_key_count == 2


async def test_the_archive_really_holds_the_database_and_no_secret(place: Parts, tmp_path: Path) -> None:
    await fill(place)
    before = await state(place)
    file = await exported(place, tmp_path / "all.tar.gz", everything=True)
    with tarfile.open(file) as archive:
        members = {one.name: (archive.extractfile(one) or io.BytesIO()).read() for one in archive}
    told = json.loads(members["metadata.json"])
    assert told["format"] == "omniroute-full-backup-v1"
    assert sorted(told["contents"]) == sorted(members)
    assert members["storage.sqlite"].startswith(b"SQLite format 3\x00")
    shown = json.loads(members["providers.json"])["connections"][0]
    assert shown["name"] == "Work"
    assert not [name for name in shown if "sealed" in name]
    (key,) = json.loads(members["api-keys.json"])
    assert set(key) & {"digest", "previous_digest"} == set()
    assert key["hint"].startswith("sk-omni-****")
    assert not [name for name, content in members.items() if KEY.encode() in content]
    await place.keys.create(KeyDraft(name="Made later"))
    done = await place.imports.take(file, "all.tar.gz")
    assert (done.kind, await state(place)) == ("archive", before)


async def test_a_backup_file_is_taken_as_well_also_an_encrypted_one(place: Parts, tmp_path: Path) -> None:
    await fill(place)
    passphrase = Secret("correct horse")
    made = await place.backups.create(passphrase=passphrase)
    assert made.encrypted
    content = place.backups.path(made.id).read_bytes()
    assert b"PK" not in content[:4]
    assert (await place.backups.verify(made.id, passphrase)).ok
    assert "passphrase" in (await place.backups.verify(made.id)).faults[0]
    assert "passphrase" in (await place.backups.verify(made.id, Secret("something else"))).faults[0]
    assert (await place.backups.drill(passphrase=passphrase)).ok
    await place.keys.create(KeyDraft(name="Made later"))
    file = tmp_path / "brought.enc"
    file.write_bytes(content)
    place.clock.advance(1)
    with pytest.raises(Unprocessable):
        await place.imports.take(file, "brought.enc")
    done = await place.imports.take(file, "brought.enc", passphrase=passphrase)
    assert (done.kind, done.api_key_count) == ("backup", 1)
    assert not list((tmp_path / "backups").glob("*.part"))


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as file:
        for info, content in members:
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return target.getvalue()


def link(name: str, to: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    return info


def garbled(file: bytes, statement: str) -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    if file:
        connection.deserialize(file)
    connection.execute(statement)
    content = connection.serialize()
    connection.close()
    return content


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _file: b"", "no SQLite database"),
    "other": (lambda _file: b"a diary" * 99, "no SQLite database"),
    "cut": (lambda file: file[: len(file) // 2], "not taken"),
    "of another program": (lambda _file: garbled(b"", "CREATE TABLE x (y)"), "not one of OmniRoute"),
    "trigger": (
        lambda file: garbled(file, "CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM nodes; END"),
        "trigger",
    ),
    "older schema": (lambda file: garbled(file, "UPDATE alembic_version SET version_num = '0000'"), "schema '0000'"),
    "a column of another kind": (lambda file: garbled(file, "UPDATE connections SET priority = 'x'"), "another kind"),
    "no JSON": (lambda file: garbled(file, "UPDATE api_keys SET scopes = '{'"), "api_keys"),
    "a sealed key that was moved": (lambda file: garbled(file, "UPDATE connections SET id = 'conn_2'"), "damaged"),
    "a tar that climbs": (lambda _file: tar((tarfile.TarInfo("../../etc/passwd"), b"x")), "outside"),
    "a tar with a link": (lambda _file: tar((link("storage.sqlite", "/etc/passwd"), b"")), "not taken"),
    "a tar without a database": (lambda _file: tar((tarfile.TarInfo("a"), b"x")), "no storage.sqlite"),
    "a bomb": (lambda _file: gzip.compress(bytes(64 * 1024**2)), "not taken"),
    "a tar bomb": (lambda _file: tar((tarfile.TarInfo("storage.sqlite"), bytes(64 * 1024**2))), "more than any"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_file_that_is_not_right_changes_nothing(name: str, place: Parts, tmp_path: Path) -> None:
    await fill(place)
    harm, told = HOSTILE[name]
    file = tmp_path / "given"
    file.write_bytes(harm((await exported(place, tmp_path / "out.sqlite")).read_bytes()))
    before = await state(place)
    with pytest.raises(OmniError) as caught:
        await place.imports.take(file, "given")
    assert told in caught.value.message
    assert caught.value.status == 422
    assert await state(place) == before
    assert await place.backups.list() == []
    assert not [one for one in (tmp_path / "backups").iterdir() if one.name.startswith(("import-", "export-"))]


SCHEMA = """
CREATE TABLE provider_connections (id TEXT, provider TEXT, auth_type TEXT, name TEXT, email TEXT, priority INTEGER,
    is_active INTEGER, access_token TEXT, api_key TEXT, display_name TEXT, default_model TEXT);
CREATE TABLE provider_nodes (id TEXT, type TEXT, name TEXT, prefix TEXT, api_type TEXT, base_url TEXT);
CREATE TABLE combos (id TEXT, name TEXT, data TEXT);
CREATE TABLE api_keys (id TEXT, name TEXT, key TEXT, allowed_models TEXT);
CREATE TABLE key_value (namespace TEXT, key TEXT, value TEXT);
CREATE TABLE usage_history (id INTEGER PRIMARY KEY, provider TEXT, model TEXT, connection_id TEXT, api_key_id TEXT,
    tokens_input INTEGER, tokens_output INTEGER, tokens_cache_read INTEGER, tokens_cache_creation INTEGER,
    tokens_reasoning INTEGER, status TEXT, timestamp TEXT);
CREATE TABLE audit_log (id INTEGER);
INSERT INTO audit_log VALUES (1);
INSERT INTO provider_nodes VALUES ('openai-compatible-chat-1', 'openai-compatible', 'Mine', 'mine', 'chat',
    'https://llm.example.com/v1'), ('n2', 'openai-compatible', 'Odd', 'a b', 'chat', 'https://x.example.com');
INSERT INTO provider_connections VALUES
    ('c1', 'openai', 'apikey', 'Plain', NULL, 3, 1, NULL, 'sk-plain-0123456789abcdef', NULL, 'gpt-4o'),
    ('c2', 'openai', 'apikey', 'Sealed', NULL, 0, 1, NULL, 'enc:v1:00:11:22', NULL, NULL),
    ('c3', 'openai-compatible-chat-1', 'apikey', 'Own', NULL, 1, 1, NULL, 'sk-own-0123456789abcdef', NULL, NULL),
    ('c4', 'nobody', 'apikey', 'Gone', NULL, 1, 1, NULL, 'sk-x', NULL, NULL),
    ('c5', 'openai', 'apikey', 'Work', NULL, 1, 1, NULL, 'sk-y-0123456789', NULL, NULL);
INSERT INTO combos VALUES
    ('k1', 'fast', '{"models": ["openai/gpt-4o", {"model": "mine/small", "weight": 3}], "strategy": "weighted"}'),
    ('k2', 'odd', '{"models": ["openai/gpt-4o"], "strategy": "astrology"}'), ('k3', 'empty', '{"models": []}');
INSERT INTO api_keys VALUES ('a1', 'Laptop', 'sk-0123456789abcdef-abc123-00000000', '["openai/*"]');
INSERT INTO key_value VALUES ('modelAliases', 'quick', '"openai/gpt-4o"'), ('settings', 'theme', '"dark"'),
    ('customModels', 'openai', '[{"id": "my-model", "name": "Mine"}]');
INSERT INTO usage_history VALUES
    (1, 'openai', 'gpt-4o', 'c1', 'a1', 100, 20, 10, 0, 5, 'ok', '2026-01-02T03:04:05.000Z'),
    (2, 'openai', 'gpt-4o', 'c1', NULL, 7, 0, 0, 0, 0, 'error', '2026-01-02T03:05:05.000Z');
"""


def original(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
    return path


def report(done: Imported) -> dict[str, tuple[int, int]]:
    return {one.table: (one.taken, one.skipped) for one in done.tables}


async def test_a_database_of_the_original_is_added_and_each_table_is_told_of(place: Parts, tmp_path: Path) -> None:
    await fill(place)
    done = await place.imports.take(original(tmp_path / "given.sqlite"), "storage.sqlite")
    assert done.kind == "original"
    assert report(done) == {
        "provider_nodes": (1, 1), "provider_connections": (3, 2), "combos": (2, 1), "api_keys": (1, 0),
        "key_value": (2, 1), "usage_history": (2, 0), "audit_log": (0, 1),
    }  # fmt: skip
    rows = {one.name: one for one in await place.connection_rows.list()}
    assert set(rows) == {"Work", "Plain", "Sealed", "Own"}
    assert rows["Work"].secret == Secret(KEY)
    assert (rows["Plain"].secret, rows["Plain"].priority) == (Secret("sk-plain-0123456789abcdef"), 3)
    assert (rows["Sealed"].secret, rows["Sealed"].is_active) == (None, False)
    (connections,) = [one for one in done.tables if one.table == "provider_connections"]
    assert any("key missing" in reason and "Sealed" in reason for reason in connections.reasons)
    assert any("nobody" in reason for reason in connections.reasons)
    (node,) = await place.nodes.list()
    assert (node.prefix, rows["Own"].provider) == ("mine", node.id)
    found = {one.name: one for one in await place.combos.list()}
    assert [(one.model, one.weight) for one in found["fast"].targets] == [("openai/gpt-4o", 1), ("mine/small", 3)]
    assert (found["fast"].strategy, found["odd"].strategy) == ("weighted", "priority")
    assert [(one.alias, one.model) for one in await place.aliases.list()] == [("quick", "openai/gpt-4o")]
    key = next(one for one in await place.key_rows.list() if one.allowed_models)
    assert key.digest == digest(PEPPER, Secret("sk-0123456789abcdef-abc123-00000000"))
    logged = await place.usage_rows.recent(10)
    assert [(one.outcome, one.input_tokens, one.key_id) for one in logged] == [("failed", 7, None), ("ok", 100, key.id)]
    assert logged[1].connection_id == rows["Plain"].id


async def test_a_second_import_of_the_original_adds_nothing_twice(place: Parts, tmp_path: Path) -> None:
    file = original(tmp_path / "given.sqlite")
    await place.imports.take(file, "storage.sqlite")
    before = await Dump(place.database).counts()
    place.clock.advance(1)
    done = await place.imports.take(file, "storage.sqlite")
    assert await Dump(place.database).counts() == before
    assert report(done)["provider_connections"] == (0, 5)
