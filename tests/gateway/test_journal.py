"""The journal of budgets: what a killed process noted is found again, what the database has is forgotten."""

from dataclasses import replace
from pathlib import Path

from omniroute.gateway import journal
from omniroute.gateway.journal import Journal, Noted
from omniroute.storage.rows import RequestRow

ROW = RequestRow(
    id="req_1",
    started_at=1,
    key_id="key_1",
    address=None,
    user_agent=None,
    format="openai_chat",
    path="/v1/chat/completions",
    requested_model="m",
    stream=False,
    outcome="ok",
    status=200,
    provider="mine",
    connection_id="con_1",
    model="m",
    latency_us=5,
    input_tokens=3,
    output_tokens=4,
    usage_source="final",
    cost_nano=99,
    price_version="override 1",
)


def noted(call: str) -> Noted:
    return Noted(
        id=call,
        started_at=1,
        key_id="key_1",
        format="openai_chat",
        path="/v1/chat/completions",
        requested_model="m",
        stream=False,
        input_tokens=10,
        output_tokens=20,
        cost_nano=500,
        price_version="override 1",
    )


def killed(writer: Journal) -> None:
    """Let go of the lock as a killed process does, without any tidying."""
    writer._lock.close()


def test_what_a_killed_process_noted_is_found_and_then_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    writer = Journal(folder)
    for call in ("req_1", "req_2", "req_3"):
        writer.began(noted(call))
    writer.ended(ROW)
    writer.ended(replace(ROW, id="req_9"))  # was never under a budget
    writer.stored([replace(ROW, id="req_3")])
    reader = Journal(folder)
    assert not reader.left().files, "the process that wrote it still lives"
    killed(writer)
    left = reader.left()
    assert left.ended == [ROW]
    assert [one.id for one in left.began] == ["req_2", "req_3"]
    reader.forget(left)
    assert list(folder.iterdir()) == []


def test_a_line_that_the_kill_cut_is_left_out(tmp_path: Path) -> None:
    writer = Journal(tmp_path)
    writer.began(noted("req_1"))
    killed(writer)
    (file,) = tmp_path.glob(f"*{journal.SUFFIX}")
    file.write_bytes(file.read_bytes() + b'{"began":{"id":"req_2","star')
    assert [one.id for one in Journal(tmp_path).left().began] == ["req_1"]


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    writer = Journal(tmp_path)
    writer.began(noted("req_first"))
    for number in range(60_000):
        call = f"req_{number}"
        writer.began(noted(call))
        writer.stored([replace(ROW, id=call)])
    files = list(tmp_path.glob(f"*{journal.SUFFIX}"))
    assert len(files) == 1
    assert files[0].stat().st_size <= journal.COMPACT_BYTES + 1_000
    writer.stored([replace(ROW, id="req_first")])
    assert files[0].stat().st_size == 0
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_stops_no_call(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("a file, where the folder should be")
    writer = Journal(place)
    writer.began(noted("req_1"))
    writer.ended(ROW)
    writer.stored([ROW])
    writer.close()
