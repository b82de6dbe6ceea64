"""What can be wrong with a fake's answers: the names, and a queue of those to come."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal, get_args

Shape = Literal[
    "slow_first_byte",  # waits before the head
    "stall",  # says something, then nothing until the client gives up
    "cut_mid_chunk",  # closes the connection inside a chunk and inside an event
    "cut_at_boundary",  # closes it after a whole event, without the end of the HTTP body
    "cut_before_content",  # closes it after the head and the events that say nothing yet
    "reset",  # as cut_at_boundary, with a TCP reset instead of an orderly close
    "end_early",  # ends the HTTP body properly, but before the answer's finish
    "error_in_200",  # status 200, and the first event (or the body) is an error
    "error_json_in_200",  # status 200 and an error as plain JSON, though a stream was asked for
    "error_mid_stream",  # some content, then an error event, then a proper end of the body
    "malformed_chunk",  # one event in the middle is no JSON; the rest follows
    "html_error",  # a proxy's error page, status 502
    "endless_stream",  # content for ever
    "huge_line",  # one event of many megabytes
    "no_done",  # the finish, but no end mark ([DONE], message_stop)
    "empty_stream",  # a head and no event at all
    "gzip",  # content-encoding gzip, flushed event by event
    "wrong_content_type",  # text/plain on an answer that is fine
    "keepalive_closed",  # a request on a reused connection is taken and never answered; waits for such a one
    "disconnect_watch",  # sends nothing at all until the client hangs up
]
Status = Literal["400", "401", "403", "404", "408", "413", "422", "429", "500", "502", "503", "529"]

SHAPES: tuple[Shape, ...] = get_args(Shape)
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `after` is how many frames with content still come, `status` what an error says of itself."""

    name: Shape | Status
    status: int = 500
    retry_after: str | None = None
    delay_s: float = 0.3
    after: int = 2
    size: int = 17 * 1024 * 1024
    message: str = "The server had an error while processing your request."


class Faults:
    """The faults to come, one a generation request; `always` is what is wrong when none is queued."""

    def __init__(self) -> None:
        self._queue: deque[Fault] = deque()
        self._default: Fault | None = None

    def push(
        self,
        name: Shape | Status,
        *,
        times: int = 1,
        status: int | None = None,
        retry_after: str | None = None,
        delay_s: float | None = None,
        after: int | None = None,
        size: int | None = None,
    ) -> None:
        """Let the next `times` requests go wrong."""
        fault = _fault(name, status, retry_after)
        fault = replace(
            fault,
            delay_s=fault.delay_s if delay_s is None else delay_s,
            after=fault.after if after is None else after,
            size=fault.size if size is None else size,
        )
        self._queue.extend([fault] * times)

    def always(self, name: Shape | Status, *, status: int | None = None, retry_after: str | None = None) -> None:
        """Let every request go wrong that has no fault of its own."""
        self._default = _fault(name, status, retry_after)

    def clear(self) -> None:
        """Let all go well again."""
        self._queue.clear()
        self._default = None

    def take(self, *, reused: bool) -> Fault | None:
        """Take the fault for the next request; `keepalive_closed` stays until a request reuses a connection."""
        if self._queue:
            if self._queue[0].name == "keepalive_closed" and not reused:
                return None
            return self._queue.popleft()
        if self._default and self._default.name == "keepalive_closed" and not reused:
            return None
        return self._default


def _fault(name: Shape | Status, status: int | None, retry_after: str | None) -> Fault:
    said = int(name) if name.isdecimal() else 502 if name == "html_error" else 500
    return Fault(name=name, status=status or said, retry_after=retry_after)
