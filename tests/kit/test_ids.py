"""Ids: what they name, sortable by age, never twice."""

import re
import time

from omniroute.kit.ids import new_id


def test_an_id_says_what_it_names_and_holds_time_and_randomness() -> None:
    before = time.time_ns() // 1_000_000
    found = re.fullmatch(r"req_([0-9a-f]{11})([0-9a-f]{16})", new_id("req"))
    assert found
    assert before <= int(found[1], 16) <= time.time_ns() // 1_000_000


def test_ids_are_never_alike() -> None:
    assert len({new_id("x") for _ in range(10_000)}) == 10_000


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    earlier = new_id("x")
    start = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == start:
        pass
    assert earlier < new_id("x")
