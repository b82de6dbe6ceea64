"""The lock between processes: it keeps others out, and it ends with its holder."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from omniroute.kit.errors import Unavailable
from omniroute.storage.lock import locked

ROOT = Path(__file__).parents[2]
HOLD = (
    "import sys; from pathlib import Path; from omniroute.storage.lock import locked\n"
    "with locked(Path(sys.argv[1]), 5.0):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


def _hold(path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_lock_of_another_process_is_waited_for_only_so_long(tmp_path: Path) -> None:
    child = _hold(tmp_path / "lock")
    with pytest.raises(Unavailable, match="stop it, and try again"), locked(tmp_path / "lock", 0.1):
        pytest.fail("the lock was held by two")
    child.communicate(timeout=10)
    with locked(tmp_path / "lock", 0.1):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with _hold(tmp_path / "lock") as child:
        child.send_signal(signal.SIGKILL)
    with locked(tmp_path / "lock", 0.1):
        pass


def test_threads_of_one_process_keep_each_other_out(tmp_path: Path) -> None:
    inside = 0
    most = 0
    pause = threading.Event()

    def work() -> None:
        nonlocal inside, most
        for _ in range(10):
            with locked(tmp_path / "lock", 30.0):
                inside += 1
                most = max(most, inside)
                pause.wait(0.001)  # room for another thread to get in, if it could
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
