"""Backups on both databases: whole, moved from one kind to the other, damaged, restored while others write."""

import asyncio
import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from omniroute.kit.errors import Conflict, Invalid, NotFound, Unprocessable
from omniroute.kit.events import ConfigurationChanged
from omniroute.kit.secret import Secret
from omniroute.services.backup_values import Backup, BackupProgress, BackupSettingsChange
from omniroute.services.backups import Backups
from omniroute.services.keys import KeyDraft
from omniroute.services.providers import ConnectionDraft
from omniroute.storage.database import Database
from omniroute.storage.dump import Dump
from omniroute.storage.rows import RequestRow
from omniroute.storage.secrets import Sealer
from omniroute.storage.settings import SettingGroups
from tests.databases import TEST_KEY, Postgres
from tests.services.parts import Parts, assemble

SEALER = Sealer(TEST_KEY)


class Place:
    """An installation: services on a database, and its backups."""

    def __init__(self, database: Database, folder: Path, sealer: Sealer = SEALER) -> None:
        self.parts: Parts = assemble(database, sealer)
        self.changes: list[ConfigurationChanged] = []
        self.dump = Dump(database)
        self.backups = Backups(
            folder=folder,
            dump=self.dump,
            sealer=sealer,
            groups=SettingGroups(database),
            version="1.2.3",
            clock=self.parts.clock,
            changed=self._changed,
            flush=self._flush,
        )

    async def _changed(self, event: ConfigurationChanged) -> None:
        self.changes.append(event)

    async def _flush(self) -> None:
        """Nothing waits here."""

    async def fill(self, requests: int = 3) -> None:
        """Put something into most tables."""
        draft = ConnectionDraft(provider="openai", name="Work", api_key=Secret("sk-0123456789abcdef"))
        await self.parts.providers.create(draft)
        await self.parts.keys.create(KeyDraft(name="Laptop"))
        await self.parts.usage_rows.write([_request(number) for number in range(requests)])

    async def make(self, reason: str = "manual") -> Backup:
        """Make a backup a second later than the last."""
        self.parts.clock.advance(1)
        return await self.backups.create(reason)


def _request(number: int) -> RequestRow:
    return RequestRow(
        id=f"req_{number:04}",
        started_at=1_700_000_000_000 + number,
        key_id=None,
        address=None,
        user_agent="tests \u00e9\u4e16\U0001f600",
        format="openai-chat",
        path="/v1/chat/completions",
        requested_model="demo/echo",
        stream=False,
        outcome="ok",
        status=200,
        provider="demo",
        connection_id="c",
        model="echo",
        latency_us=1000,
        losses=("tools: dropped",),
    )


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path / "backups")


async def test_a_backup_holds_every_row_and_a_restore_brings_each_back(place: Place) -> None:
    await place.fill()
    before = await place.dump.counts()
    made = await place.make()
    assert (made.connection_count, made.api_key_count, made.request_count) == (1, 1, 3)
    connection = (await place.parts.providers.list())[0]
    await place.parts.providers.delete(connection.id)
    await place.fill()
    restored = await place.backups.restore(made.id)
    assert await place.dump.counts() == before == restored.after
    assert restored.before["connections"] == 1
    row = (await place.parts.connection_rows.list())[0]
    assert row.id == connection.id
    assert row.secret is not None
    assert row.secret.reveal() == "sk-0123456789abcdef"
    recent = (await place.parts.usage_rows.recent(1))[0]
    assert (recent.user_agent, recent.losses) == ("tests \u00e9\u4e16\U0001f600", ("tools: dropped",))
    assert [one.noun for one in place.changes] == ["everything"]


async def test_a_restore_begins_with_a_safety_backup_of_what_is_there(place: Place) -> None:
    await place.fill()
    first = await place.make()
    await place.parts.keys.create(KeyDraft(name="Made later"))
    place.parts.clock.advance(1)
    restored = await place.backups.restore(first.id)
    place.parts.clock.advance(1)
    assert restored.api_key_count == 1
    back = await place.backups.restore(restored.safety_backup_id)
    assert back.api_key_count == 2


async def test_a_backup_moves_from_sqlite_to_postgresql_and_back(
    postgres: Postgres, migrated_sqlite: Path, tmp_path: Path
) -> None:
    name = postgres.migrated()
    server = Database(postgres.url(name))
    shutil.copyfile(migrated_sqlite, tmp_path / "here.sqlite")
    sqlite_database = Database(f"sqlite+aiosqlite:///{tmp_path / 'here.sqlite'}")
    try:
        here, there = Place(sqlite_database, tmp_path / "b"), Place(server, tmp_path / "b")
        await here.fill()
        counts = await here.dump.counts()
        made = await here.make()
        there.parts.clock.advance(10)
        assert (await there.backups.restore(made.id)).after == counts
        there.parts.clock.advance(10)
        again = await there.backups.create("moved")
        await here.parts.keys.create(KeyDraft(name="Gone soon"))
        here.parts.clock.advance(100)
        assert (await here.backups.restore(again.id)).after == counts
    finally:
        await sqlite_database.close()
        await server.close()
        postgres.drop(name)


async def test_a_backup_is_one_moment_while_others_write(place: Place) -> None:
    await place.fill(requests=5_000)
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            await place.parts.usage_rows.write([_request(10_000 + count)])
            count += 1
        return count

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(write())
        made = [await place.make() for _ in range(3)]
        stop.set()
    assert writing.result() > 0
    for one in made:
        assert (await place.backups.verify(one.id)).ok
        archive = zipfile.ZipFile(place.backups.path(one.id))
        minutes = archive.read("tables/usage_minutes.jsonl").splitlines()
        logged = len(archive.read("tables/request_logs.jsonl").splitlines())
        # The sums a minute and the log were written together: they agree in every backup.
        assert sum(int(line.split(b'"requests":')[1].split(b",")[0]) for line in minutes) == logged


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda _data: b"",
        lambda _data: b"no zip at all",
    ],
    ids=["cut", "flipped", "empty", "other"],
)
async def test_a_damaged_backup_is_found_and_never_restored(place: Place, harm: Callable[[bytes], bytes]) -> None:
    await place.fill()
    made = await place.make()
    path = place.backups.path(made.id)
    path.write_bytes(harm(path.read_bytes()))
    found = await place.backups.verify(made.id)
    assert not found.ok
    assert found.faults
    before = await place.dump.counts()
    with pytest.raises(Invalid):
        await place.backups.restore(made.id)
    assert await place.dump.counts() == before
    assert place.changes == []


async def test_a_backup_of_another_key_says_which_file_is_needed(place: Place, database: Database) -> None:
    await place.fill()
    made = await place.make()
    other = Place(database, place.backups.path(made.id).parent, Sealer(bytes(32)))
    found = await other.backups.verify(made.id)
    assert "secret.key" in found.faults[0]


async def test_two_at_once_are_refused_and_names_that_are_none_are_not_found(place: Place) -> None:
    await place.fill(requests=3_000)
    results = await asyncio.gather(place.make(), place.make("second"), return_exceptions=True)
    assert sum(isinstance(one, Backup) for one in results) == 1
    assert sum(isinstance(one, Conflict) for one in results) == 1
    for name in ("../secret.key", "backup-1.omniroute.zip", ""):
        with pytest.raises(NotFound):
            await place.backups.restore(name)
    with pytest.raises(Invalid):
        await place.backups.create("Not a reason!")


async def test_retention_keeps_the_newest_and_one_a_day_and_a_week(place: Place) -> None:
    made = []
    for _ in range(60):
        made.append(await place.backups.create("scheduled"))
        place.parts.clock.advance(12 * 3600)
    own = await place.make("manual")
    gone = await place.backups.prune()
    left = {one.id for one in await place.backups.list()}
    assert own.id in left
    assert not left & set(gone)
    assert {one.id for one in made[-24:]} <= left
    assert 24 < len(left) < 40
    assert await place.backups.prune() == []


async def test_the_timetable_makes_a_backup_when_one_is_due_and_not_when_it_is_off(place: Place) -> None:
    first = await place.backups.scheduled()
    assert first is not None
    assert first.reason == "scheduled"
    place.parts.clock.advance(3600)
    assert await place.backups.scheduled() is None
    await place.backups.update_settings(
        BackupSettingsChange(interval_hours=1, keep_hourly=2, keep_daily=0, keep_weekly=0)
    )
    for _ in range(4):
        assert await place.backups.scheduled() is not None
        place.parts.clock.advance(3600)
    assert len(await place.backups.list()) == 2
    await place.backups.update_settings(BackupSettingsChange(enabled=False))
    assert await place.backups.scheduled() is None
    with pytest.raises(Unprocessable):
        await place.backups.update_settings(BackupSettingsChange(interval_hours=0))


async def test_a_drill_restores_the_newest_backup_elsewhere_and_leaves_all_as_it_is(place: Place) -> None:
    with pytest.raises(NotFound):
        await place.backups.drill()
    await place.fill(requests=50)
    made = await place.make()
    before = await place.dump.counts()
    seen: list[BackupProgress] = []
    done = await place.backups.drill(watch=seen.append)
    assert (done.ok, done.backup_id, done.faults) == (True, made.id, [])
    assert done.rows == sum(before.values())
    assert await place.dump.counts() == before
    assert seen[-1].rows == seen[-1].total == done.rows
    assert place.backups.progress().progress is None
    assert [one.name for one in place.backups.path(made.id).parent.iterdir()] == [made.id]
    path = place.backups.path(made.id)
    path.write_bytes(path.read_bytes()[:-40])
    assert not (await place.backups.drill(made.id)).ok


async def test_a_backup_whose_secrets_do_not_open_here_is_refused(place: Place) -> None:
    await place.fill()
    made = await place.make()
    path = place.backups.path(made.id)
    # Whole by its checksums and named by the right key, and yet a sealed key in it was moved to another row.
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    name = "tables/connections.jsonl"
    members[name] = re.sub(rb'"id":"conn_[0-9a-f]+"', b'"id":"conn_x"', members[name])
    manifest = json.loads(members["manifest.json"])
    manifest["sha256"]["connections"] = hashlib.sha256(members[name]).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as file:
        for one, content in members.items():
            file.writestr(one, content)
    assert "conn_x" in (await place.backups.verify(made.id)).faults[0]
    with pytest.raises(Invalid, match="cannot be restored"):
        await place.backups.restore(made.id)


async def test_what_the_gateway_cannot_read_is_taken_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.fill()
    made = await place.make()
    await place.parts.keys.create(KeyDraft(name="Made later"))
    before = await place.dump.counts()
    calls = 0

    async def unreadable(_event: ConfigurationChanged) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyError("a field of another time")

    monkeypatch.setattr(place.backups, "_changed", unreadable)
    place.parts.clock.advance(1)
    with pytest.raises(Unprocessable, match="as it was"):
        await place.backups.restore(made.id)
    assert await place.dump.counts() == before
    assert calls == 2


async def test_while_200_writes_a_second_go_on_a_backup_is_one_moment(place: Place) -> None:
    await place.fill(requests=500)
    began = asyncio.get_running_loop().time()
    stop = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            due = int((asyncio.get_running_loop().time() - began) * 200) + 1
            while written < due and not stop.is_set():
                await place.parts.usage_rows.write([_request(100_000 + written)])
                written += 1
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        made = await place.make()
        counted = await place.backups.drill(made.id)
        stop.set()
    assert written > 0
    assert counted.ok
    archive = zipfile.ZipFile(place.backups.path(made.id))
    logged = len(archive.read("tables/request_logs.jsonl").splitlines())
    minutes = archive.read("tables/usage_minutes.jsonl").splitlines()
    assert sum(json.loads(line)["requests"] for line in minutes) == logged


async def test_a_backup_right_after_a_change_is_made_and_holds_it(place: Place) -> None:
    for number in range(3):
        await place.parts.keys.create(KeyDraft(name=f"Key {number}"))
        assert (await place.make()).api_key_count == number + 1
