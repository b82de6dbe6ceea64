"""The tables of what keeps an installation running: runs of suites and the answers that they got."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from omniroute.storage.metadata import metadata

# A run of a suite. `model` is null where the answers were handed in.
eval_runs = Table(
    "eval_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("suite_id", String(64), nullable=False),
    Column("suite_name", String(200), nullable=False),
    Column("model", String(256)),
    Column("state", String(16), nullable=False),  # running, done, stopped, failed
    Column("cases", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("error", Text),
    Index(None, "started_at"),
)

eval_results = Table(
    "eval_results",
    metadata,
    Column("run_id", String(64), ForeignKey(eval_runs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("case_id", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("case_name", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("output", Text, nullable=False),
    Column("faults", Text, nullable=False),  # a line each
    Column("error", Text),
    Column("latency_ms", Float),
    Column("cost_usd_nano", BigInteger),
    Column("request_id", String(64)),
)
