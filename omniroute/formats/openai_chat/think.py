"""Takes `<think>…</think>` out of the beginning of an answer's text, in whichever pieces it comes.

Open models served by vLLM, llama.cpp and others write their reasoning into the content. Only tags at the very
beginning count; an empty pair (which Qwen writes when thinking is off) leaves nothing behind.
"""

from enum import Enum, auto

_OPEN, _CLOSE = "<think>", "</think>"

Piece = tuple[bool, str]  # is it thinking, and the text


class _At(Enum):
    START = auto()
    INSIDE = auto()
    AFTER = auto()
    TEXT = auto()


class ThinkSplitter:
    """Feed text, get pieces that are thinking or not; a tag cut across feeds is waited for."""

    def __init__(self) -> None:
        self._at = _At.START
        self._held = ""
        self._thought = False

    @property
    def is_past(self) -> bool:
        """Whether all that comes is text, as it is."""
        return self._at is _At.TEXT and not self._held

    def feed(self, text: str) -> list[Piece]:
        """Take more of the text."""
        if self._at is _At.TEXT:
            return [(False, text)] if text else []
        self._held += text
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return pieces

    def end(self) -> list[Piece]:
        """Take the end: what was held back in doubt is what it looked like."""
        held, self._held = self._held, ""
        inside = self._at is _At.INSIDE
        if self._at is _At.AFTER or not held or (inside and not self._thought and not held.strip()):
            return []
        return [(inside, held if self._thought or not inside else held.lstrip())]

    def _step(self, pieces: list[Piece]) -> bool:
        """Go one state further; False when more text is needed."""
        match self._at:
            case _At.START:
                return self._start()
            case _At.INSIDE:
                return self._inside(pieces)
            case _At.AFTER:
                return self._after()
            case _At.TEXT:
                if self._held:
                    pieces.append((False, self._held))
                    self._held = ""
                return False

    def _start(self) -> bool:
        begun = self._held.lstrip()
        if begun.startswith(_OPEN):
            self._at, self._held = _At.INSIDE, begun.removeprefix(_OPEN)
            return True
        if _OPEN.startswith(begun):
            return False
        self._at = _At.TEXT
        return True

    def _inside(self, pieces: list[Piece]) -> bool:
        thought, closed, rest = self._held.partition(_CLOSE)
        if not closed:
            kept = _overlap(thought)
            thought, rest = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if not self._thought:
            thought = thought.lstrip()
        if thought:
            self._thought = True
            pieces.append((True, thought))
        self._held = rest
        if closed:
            self._at = _At.AFTER
        return bool(closed)

    def _after(self) -> bool:
        """White space after the reasoning belongs to neither; an empty pair of tags may be followed by another."""
        self._held = self._held.lstrip()
        if not self._held:
            return False
        self._at = _At.TEXT if self._thought else _At.START
        return True


def _overlap(text: str) -> int:
    """How many characters at the end of `text` may begin the closing tag."""
    return next((size for size in range(len(_CLOSE) - 1, 0, -1) if text.endswith(_CLOSE[:size])), 0)
