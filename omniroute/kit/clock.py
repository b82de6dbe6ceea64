"""Time, handed in so that decisions can be tested at any moment."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for records and monotonic time for durations."""

    def now_ms(self) -> int:
        """Return UTC wall time in milliseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never jumps."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        """Return UTC wall time in milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds on a clock that never jumps."""
        return time.monotonic()
