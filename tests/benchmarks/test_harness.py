"""The harness's two programs agree with each other, and the load generator does not take bad answers for good."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bodies import Body, Shape
from benchmarks.measures import MEASURES, mark, rows, value
from benchmarks.processes import Place, free_port, usage
from benchmarks.programs import Programs, build, compiler, mock, mock_stats

ANYWHERE = Place(core=None, nice=0)

on_linux = sys.platform.startswith("linux")
needs_compiler = pytest.mark.skipif(compiler() is None or not on_linux, reason="no C compiler, or not Linux")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return build(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def mock_port(programs: Programs) -> Iterator[int]:
    with mock(programs, ANYWHERE, "--chunks", "5", "--max-seconds", "60") as port:
        yield port


def run_load(programs: Programs, port: int, *options: str) -> dict[str, Any]:
    command = [str(programs.load), "--port", str(port), "--seconds", "20", "--timeout", "5", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def body_options(body: Body, folder: Path, prefix: str = "") -> list[str]:
    path = folder / "body.json"
    path.write_text(body.text(prefix))
    return ["--path", body.path, "--body", str(path), "--end", body.end]


@needs_compiler
@pytest.mark.parametrize("body", [Body(shape=shape, streams=streams) for shape in Shape for streams in (False, True)])
def test_every_shape_is_answered_whole_and_as_a_stream(
    programs: Programs, mock_port: int, tmp_path: Path, body: Body
) -> None:
    options = body_options(body, tmp_path)
    result = run_load(programs, mock_port, *options, "--concurrency", "4", "--requests", "20")
    assert (result["good"], result["errors"]) == (20, 0), result
    stats = mock_stats(mock_port)
    assert stats["requests"] == 20
    assert stats["finished"] == (20 if body.streams else 0)


@needs_compiler
def test_the_models_name_sets_chunks_and_delays(programs: Programs, mock_port: int, tmp_path: Path) -> None:
    options = body_options(Body(model="bench-c3-d20-f30", streams=True), tmp_path)
    result = run_load(programs, mock_port, *options, "--requests", "1")
    assert result["lines"] == 3 + 3  # three chunks, then the finish, the usage and the end
    assert result["first_p50_ms"] >= 30
    assert result["p50_ms"] >= 30 + 2 * 20


@needs_compiler
def test_a_thousand_streams_are_open_at_once_and_all_complete(
    programs: Programs, mock_port: int, tmp_path: Path
) -> None:
    options = body_options(Body(model="bench-c2-d10-f2000", streams=True), tmp_path)
    result = run_load(programs, mock_port, *options, "--concurrency", "1000", "--requests", "1000")
    assert result["good"] == 1000, result
    assert mock_stats(mock_port)["most_open_streams"] == 1000


@needs_compiler
def test_an_open_loop_keeps_to_the_clock(programs: Programs, mock_port: int, tmp_path: Path) -> None:
    options = body_options(Body(), tmp_path)
    result = run_load(programs, mock_port, *options, "--concurrency", "50", "--rate", "100", "--requests", "50")
    assert result["good"] == 50
    assert 0.45 <= result["seconds"] < 5


@needs_compiler
def test_no_two_requests_are_equal(programs: Programs, tmp_path: Path) -> None:
    seen: list[bytes] = []
    ok = b'HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{"finish_reason":1}'
    with answering([ok] * 3, seen) as port:
        assert run_load(programs, port, *body_options(Body(), tmp_path), "--requests", "3")["good"] == 3
    assert len(set(seen)) == 3


@needs_compiler
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}", "status"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: {}\n\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: {}\n\r\n0\r\n\r\n", "no_end"),
        (b"HTTP/1.1 200 OK\r\n\r\ndata: [DONE]\n\n", "too_few_lines"),
        (b"SSH-2.0-hello\r\n\r\n", "truncated"),
        (b"", "truncated"),
    ],
)
def test_a_bad_answer_is_counted_as_what_it_is(programs: Programs, tmp_path: Path, answer: bytes, fault: str) -> None:
    options = [*body_options(Body(streams=True), tmp_path), "--min-lines", "3", "--requests", "1"]
    with answering([answer], []) as port:
        result = run_load(programs, port, *options)
    assert (result["good"], result["errors"], result["faults"][fault]) == (0, 1, 1), result
    assert result["first_error"]


@needs_compiler
def test_a_dead_server_is_an_error_and_not_a_hang(programs: Programs) -> None:
    result = run_load(programs, free_port(), "--requests", "3")
    assert result["faults"]["connect"] == 3


@pytest.mark.skipif(not on_linux, reason="reads /proc")
def test_cpu_and_memory_of_a_process_are_seen() -> None:
    burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        while usage(burner.pid).cpu_s < 0.1:
            assert burner.poll() is None
        assert usage(burner.pid).rss_mb > 1
    finally:
        burner.kill()
        burner.wait()


def test_a_large_body_has_its_size_and_ends_with_the_user() -> None:
    text = Body(large=True).text("bench/")
    body = json.loads(text)
    assert 104_000 < len(text) < 110_000
    assert body["model"] == "bench/bench"
    assert body["messages"][-1]["role"] == "user"
    assert 1_000 < len(Body().text("")) < 1_200


def test_goals_are_judged_by_medians_and_added_figures_are_less_direct() -> None:
    added = next(one for one in MEASURES if one.added and one.cell == "paced16")
    results = {
        "direct": {"paced16": [{"first_p50_ms": 5.0}, {"first_p50_ms": 6.0}, {"first_p50_ms": 5.0}]},
        "omniroute": {"paced16": [{"first_p50_ms": 6.5}, {"first_p50_ms": 7.8}, {"first_p50_ms": 25.0}]},
    }
    assert value(results, "omniroute", added) == pytest.approx(1.8)
    assert [mark(added, reached) for reached in (0.9, 1.8, 2.1)] == ["pass, ambitious", "pass", "MISS"]
    streams = next(one for one in MEASURES if one.more_is_better and one.goal)
    assert [mark(streams, reached) for reached in (1000, 999)] == ["pass, ambitious", "MISS"]
    assert len(rows(results)) == 2


@contextmanager
def answering(answers: Sequence[bytes], seen: list[bytes]) -> Iterator[int]:
    """Run a server that gives one answer a connection, byte for byte, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        thread = threading.Thread(target=_answer, args=(server, answers, seen))
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            thread.join()


def _answer(server: socket.socket, answers: Sequence[bytes], seen: list[bytes]) -> None:
    for answer in answers:
        peer, _ = server.accept()
        with peer:
            request = b""
            while b"\r\n\r\n" not in request or not request.endswith(b"}"):
                request += peer.recv(65536)
            seen.append(request)
            peer.sendall(answer)
