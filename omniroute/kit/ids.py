"""Identifiers: a prefix that says what it names, then time, then randomness; so they sort by age. No secrets."""

import random
import time

# Seeded by the system once; a system call for each id would be the dearest part of making one.
_draw = random.Random().getrandbits  # noqa: S311 - ids are no secrets


def new_id(prefix: str) -> str:
    """Return `prefix_` + 11 hex digits of milliseconds + 16 random hex digits (64 bits)."""
    return f"{prefix}_{time.time_ns() // 1_000_000:011x}{_draw(64):016x}"
