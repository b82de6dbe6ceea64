"""One line on the terminal that tells people how far long work is; scripts see nothing of it."""

import sys

_CLEAR = "\r\x1b[K"


class StatusLine:
    """A line that is written over. On no terminal, or when `quiet`, nothing is written."""

    def __init__(self, *, quiet: bool) -> None:
        self._is_shown = not quiet and sys.stderr.isatty()

    def tell(self, text: str) -> None:
        """Show this instead of what stood there."""
        if self._is_shown:
            sys.stderr.write(f"{_CLEAR}{text}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            sys.stderr.write(_CLEAR)
