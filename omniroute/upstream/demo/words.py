"""The demo's own idea of a token: a run of at most twelve characters that are no blanks, with the blanks before it.

Streams are cut, lengths are limited and usage is counted by the same pieces, so the three always agree.
"""

import re

_PIECE = re.compile(r"\s*\S{1,12}|\s+")


def pieces(text: str) -> list[str]:
    """Cut `text` into its tokens; joined, they are the text again."""
    return _PIECE.findall(text)


def tokens(text: str) -> int:
    """Count the tokens of `text`."""
    return len(pieces(text))
