"""What the demo provider is going to do, as a value: a head, then a body or timed steps, then an ending.

Nothing here waits or sends; whoever plays the script does.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Wait `delay_s`, then send `data`."""

    delay_s: float = 0.0
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One HTTP answer. Either `body` holds all of it, or `steps` are played in order.

    `delay_s` passes before the head. `ending` says what follows the last step: `end` is a proper end, `cut` a broken
    connection, `hang` silence until the other side gives up.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    body: bytes | None = None
    steps: tuple[Step, ...] = ()
    ending: Literal["end", "cut", "hang"] = "end"
