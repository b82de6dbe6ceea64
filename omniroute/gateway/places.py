"""What a call was let through with, to be given back when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from omniroute.formats.hub import Usage
from omniroute.state.limits import Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """The most tokens that a call may use; `usage` says more of one that is no chat."""

    input: int
    output: int
    usage: Usage | None = None

    @property
    def total(self) -> int:
        """Both together."""
        return self.input + self.output


class Place:
    """A place taken: under which bounds, when (`time.monotonic`), with how many tokens."""

    __slots__ = ("began", "bounds", "tokens")

    def __init__(self, bounds: Sequence[Bound], began: float, tokens: int) -> None:
        self.bounds = bounds
        self.began = began
        self.tokens = tokens
