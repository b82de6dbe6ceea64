"""Slowing down guesses: what the login's own tests do not reach."""

import pytest

from omniroute.kit.errors import TooMany
from omniroute.services.lockout import Lockout
from tests.services.parts import ManualClock


def flood(lockout: Lockout, count: int) -> None:
    for number in range(count):
        lockout.begin(f"203.0.{number // 200}.{number % 200 + 1}")


def test_a_flood_of_strangers_makes_strangers_wait_until_the_window_moves_on() -> None:
    clock = ManualClock()
    lockout = Lockout(clock=clock)
    flood(lockout, 100)
    clock.advance(60)
    with pytest.raises(TooMany) as caught:
        lockout.begin("198.51.100.7")
    assert caught.value.retry_after_s == 240
    clock.advance(240)
    lockout.begin("198.51.100.7")


def test_a_flood_does_not_touch_known_addresses_nor_this_machine() -> None:
    lockout = Lockout(clock=ManualClock())
    lockout.trust("198.51.100.7")
    flood(lockout, 100)
    lockout.begin("198.51.100.7")
    lockout.begin("127.0.0.1")
    lockout.begin("::1")


def test_a_known_address_is_still_shut_out_by_its_own_wrong_tries() -> None:
    lockout = Lockout(clock=ManualClock())
    lockout.trust("198.51.100.7")
    for _ in range(5):
        lockout.begin("198.51.100.7")
    with pytest.raises(TooMany):
        lockout.begin("198.51.100.7")


def test_refused_tries_do_not_make_the_wait_longer() -> None:
    clock = ManualClock()
    lockout = Lockout(clock=clock)
    for _ in range(5):
        lockout.begin("198.51.100.7")
    for _ in range(20):
        with pytest.raises(TooMany):
            lockout.begin("198.51.100.7")
    clock.advance(900)
    lockout.begin("198.51.100.7")


def test_memory_stays_bounded_under_a_flood_of_addresses() -> None:
    clock = ManualClock()
    lockout = Lockout(clock=clock)
    for number in range(12_000):
        clock.advance(5)
        lockout.begin(f"10.{number // 60_000}.{number // 250 % 250}.{number % 250}")
    assert len(lockout._records) == 10_000
