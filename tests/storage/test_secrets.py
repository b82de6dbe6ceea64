"""Sealing: what is sealed opens with its key at its place, and nowhere else."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniroute.kit.secret import Secret
from omniroute.kit.settings import BadSetting, Settings
from omniroute.storage.secrets import (
    KEY_FILE,
    BadKeyFile,
    DamagedSecret,
    Sealer,
    WrongKey,
    is_sealed,
    load_sealer,
    place,
)

HERE = place("connections", "con_1", "secret_sealed")
ROOT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


@given(text=st.text(st.characters(codec=None), max_size=200), key=st.binary(min_size=32, max_size=32))
def test_whatever_was_sealed_opens_again(text: str, key: bytes) -> None:
    sealer = Sealer(key)
    sealed = sealer.seal(Secret(text), HERE)
    assert is_sealed(sealed)
    assert sealed.startswith(f"v1.{sealer.key_id}.")
    assert sealer.open(sealed, HERE).reveal() == text


def test_a_sealed_value_does_not_hold_the_text_and_is_new_each_time() -> None:
    sealer = Sealer(bytes(32))
    first, second = (sealer.seal(Secret("sk-very-secret-value"), HERE) for _ in range(2))
    assert first != second
    assert b"sk-very" not in base64.b64decode(first.split(".")[2])


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("connections", "con_2", "secret_sealed"),
        place("nodes", "con_1", "secret_sealed"),
        place("connections", "con_1", "other"),
    ],
)
def test_a_value_moved_to_another_place_does_not_open(elsewhere: str) -> None:
    sealer = Sealer(bytes(32))
    with pytest.raises(DamagedSecret, match="Enter it again"):
        sealer.open(sealer.seal(Secret("x"), HERE), elsewhere)


def test_a_value_of_another_key_names_both_keys_and_the_remedy() -> None:
    old, new = Sealer(bytes(32)), Sealer(b"\1" * 32)
    with pytest.raises(WrongKey) as caught:
        new.open(old.seal(Secret("x"), HERE), HERE)
    assert old.key_id in caught.value.message
    assert new.key_id in caught.value.message
    assert KEY_FILE in caught.value.message


def test_every_changed_character_is_noticed() -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.seal(Secret("a secret"), HERE)
    start = sealed.rindex(".") + 1
    for position in range(start, len(sealed.rstrip("="))):
        other = "A" if sealed[position] != "A" else "B"
        changed = sealed[:position] + other + sealed[position + 1 :]
        # The last character's low bits are padding and carry nothing.
        if base64.b64decode(changed[start:]) != base64.b64decode(sealed[start:]):
            with pytest.raises(DamagedSecret):
                sealer.open(changed, HERE)


@pytest.mark.parametrize("text", ["", "plain text", "v1.", "v2.0000000000000000.AAAA", "v1.0000000000000000."])
def test_what_was_never_sealed_is_called_damaged(text: str) -> None:
    with pytest.raises(DamagedSecret):
        Sealer(bytes(32)).open(text, HERE)


@pytest.mark.parametrize("payload", ["", "AAAA", "A", "====", "A" * 16])
def test_a_cut_value_is_called_damaged(payload: str) -> None:
    sealer = Sealer(bytes(32))
    with pytest.raises(DamagedSecret):
        sealer.open(f"v1.{sealer.key_id}.{payload}", HERE)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(b"short")


def test_the_key_file_is_made_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new" / "folder")
    first = load_sealer(settings)
    sealed = first.seal(Secret("x"), HERE)
    assert load_sealer(settings).open(sealed, HERE).reveal() == "x"


@posix_only
def test_the_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    load_sealer(Settings(data_dir=folder))
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_sealer(Settings(data_dir=tmp_path))
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(BadKeyFile, match="chmod 600"):
        load_sealer(Settings(data_dir=tmp_path))


@pytest.mark.parametrize("text", ["", "\n", "abc", "g" * 64, "a" * 63, "a" * 65])
def test_a_key_file_without_a_whole_key_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / KEY_FILE
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(BadKeyFile, match="64 hex digits"):
        load_sealer(Settings(data_dir=tmp_path))
    assert path.read_text() == text


def test_a_key_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(bytes(range(128, 192)))
    path.chmod(0o600)
    with pytest.raises(BadKeyFile, match="cannot be read"):
        load_sealer(Settings(data_dir=tmp_path))


def test_the_setting_wins_over_the_file_and_makes_none(tmp_path: Path) -> None:
    sealer = load_sealer(Settings(data_dir=tmp_path, secret_key=Secret(f" {'ab' * 32}\n")))
    assert sealer.key_id == Sealer(bytes.fromhex("ab" * 32)).key_id
    assert not (tmp_path / KEY_FILE).exists()


@pytest.mark.parametrize("text", ["ab", "zz" * 32, "ab" * 33])
def test_a_setting_that_is_no_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match="64 hex digits") as caught:
        load_sealer(Settings(data_dir=tmp_path, secret_key=Secret(text)))
    assert text not in caught.value.message


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from omniroute.kit.settings import Settings;"
        "from omniroute.storage.secrets import load_sealer;"
        "sys.stdin.read(); print(load_sealer(Settings(data_dir=Path(sys.argv[1]))).key_id)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)
    ]
    printed = {child.communicate(timeout=30)[0].strip() for child in children}
    assert len(printed) == 1
    assert printed == {load_sealer(Settings(data_dir=tmp_path / "data")).key_id}
