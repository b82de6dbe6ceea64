"""What a request has to do with kept answers: what stands for it, whether others wait for it, what it was given."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum

from omniroute.services.cache import CacheSettings
from omniroute.storage.rows import AnswerRow


class CacheControl(StrEnum):
    """What a request says of the cache: use it, fetch anew and keep that, or leave it out of the matter."""

    USE = "use"
    REFRESH = "refresh"
    BYPASS = "bypass"


class Given(StrEnum):
    """How an answer came about, as the log says it."""

    HIT = "hit"
    SIMILAR = "similar"
    REPLAY = "replay"
    MISS = "miss"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatKey:
    """The key that a client gave a request, so that it is done once. `strict`: with another body it is refused."""

    value: str
    strict: bool


class Ticket:
    """One request's. `digest` stands for it in the cache, `repeat` among repeated requests; None where it has none."""

    __slots__ = (
        "digest",
        "given",
        "is_late",
        "leads",
        "likeness",
        "print",
        "question",
        "reads",
        "repeat",
        "row",
        "settings",
    )

    def __init__(self, settings: CacheSettings) -> None:
        self.settings = settings
        self.digest: bytes | None = None
        self.reads = True
        self.repeat: Hashable = None
        self.print = b""  # of the whole body
        self.question: Question | None = None
        self.leads: list[Hashable] = []
        self.is_late = False  # the answer is complete, and on its way to those who wait
        self.given: Given | None = None
        self.row: AnswerRow | None = None
        self.likeness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A single question: its text, and what stands for everything around it."""

    text: str
    frame: bytes
    model: str
