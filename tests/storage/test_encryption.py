"""Encryption by a passphrase: what was sealed comes back whole, and nothing else does."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omniroute.kit.errors import Unprocessable
from omniroute.kit.secret import Secret
from omniroute.storage import encryption
from omniroute.storage.encryption import PIECE, label_of, seal_bytes, unseal_bytes

RIGHT, WRONG = Secret("correct horse"), Secret("battery staple")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make keys as cheaply as Argon2 can; the costs stand in each head, so all else is as always."""
    monkeypatch.setattr(encryption, "_MEMORY_KIB", 8)
    monkeypatch.setattr(encryption, "_PASSES", 1)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_any_length_comes_back(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    sealed = seal_bytes(data, RIGHT, b"a label")
    assert unseal_bytes(sealed, RIGHT) == data
    assert label_of(io.BytesIO(sealed)) == b"a label"
    with pytest.raises(Unprocessable) as caught:
        unseal_bytes(sealed, WRONG)
    assert caught.value.error_code == "wrong_passphrase"


@settings(max_examples=60)
@given(st.data())
def test_no_byte_can_be_changed_and_none_be_missing(data: st.DataObject) -> None:
    sealed = seal_bytes(b"y" * (2 * PIECE + 10), RIGHT, b"label")
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    for harmed in (changed, sealed[:place]):
        with pytest.raises(Unprocessable):
            unseal_bytes(harmed, RIGHT)


def test_pieces_cannot_change_places_or_be_left_out() -> None:
    sealed = seal_bytes(b"a" * PIECE + b"b" * PIECE + b"c", RIGHT)
    head = len(sealed) - 2 * (PIECE + 16) - 17
    first, second = sealed[head : head + PIECE + 16], sealed[head + PIECE + 16 : head + 2 * (PIECE + 16)]
    last = sealed[-17:]
    assert unseal_bytes(sealed[:head] + first + second + last, RIGHT)
    for pieces in (second + first + last, first + last, second + last, first + second, first + second + last + last):
        with pytest.raises(Unprocessable):
            unseal_bytes(sealed[:head] + pieces, RIGHT)


def test_a_head_that_asks_for_too_much_work_is_refused() -> None:
    sealed = bytearray(seal_bytes(b"data", RIGHT))
    sealed[10:14] = (2**31).to_bytes(4, "big")
    with pytest.raises(Unprocessable, match="more work"):
        unseal_bytes(bytes(sealed), RIGHT)
