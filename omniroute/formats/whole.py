"""A whole answer's bytes, judged: an answer, an error inside a 200, or no answer at all.

What is no answer is said in words that lead to the cause (empty, a web page and its title, text), but for broken JSON,
which may hold what the model said, its place of breaking only.
"""

from omniroute.formats.codec import Codec
from omniroute.formats.events import Fault
from omniroute.formats.failures import title_of, told_status
from omniroute.formats.fold import StreamFault, fold
from omniroute.formats.hub import Json, Response, Seed
from omniroute.kit.errors import OmniError
from omniroute.kit.json import BadJson, loads

_BAD_GATEWAY = 502
_MOST_SHOWN = 200


class NoAnswer(ValueError):
    """The bytes hold no answer; `fault` says what they hold."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read_answer(codec: Codec, data: bytes, seed: Seed) -> Response:
    """Read a whole answer; raise NoAnswer when there is none."""
    body = read_body(codec, data)
    try:
        response = codec.decode_response(body, seed)
    except StreamFault as error:
        raise NoAnswer(error.fault) from error
    except (OmniError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _bad(f"the answer is not one of the {codec.format.value} format: {error}") from error
    if not response.choices:
        raise _bad("the answer has no choices")
    return response


def read_body(codec: Codec, data: bytes) -> Json:
    """Read the object that an answer is; raise NoAnswer for an error or anything that cannot be one."""
    try:
        body = loads(data)
    except BadJson as error:
        raise _bad(_described(data, error)) from error
    first = body[0] if isinstance(body, list) and body else body
    if isinstance(first, dict) and first.get("error"):
        raise NoAnswer(codec.decode_error(_status_in(first), data))
    if not isinstance(body, dict):
        kind = "null" if body is None else f"a JSON {type(body).__name__}"
        raise _bad(f"the answer is {kind} and not an object")
    if codec.marks.isdisjoint(body):
        raise _bad(f"the answer is not one of the {codec.format.value} format: no {' or '.join(sorted(codec.marks))}")
    return body


def read_stream(codec: Codec, data: bytes, seed: Seed) -> Response:
    """Read a whole answer of a stream that was sent although none was asked for."""
    deframer, decoder = codec.deframer(), codec.decoder(seed)
    frames = deframer.feed(data) + deframer.end()
    events = [event for frame in frames for event in decoder.feed(frame)]
    try:
        return fold(events + decoder.end())
    except StreamFault as error:
        raise NoAnswer(error.fault) from error


def _bad(message: str) -> NoAnswer:
    return NoAnswer(Fault(kind="upstream", message=message, status=_BAD_GATEWAY))


def _status_in(body: Json) -> int:
    """Find the status that an error inside a 200 stands for."""
    error = body.get("error")
    return (told_status(error.get("code")) if isinstance(error, dict) else 0) or _BAD_GATEWAY


def _described(data: bytes, error: BadJson) -> str:
    """Say what bytes are that are no JSON."""
    text = data.decode("utf-8", "replace").strip()
    if not text:
        return "the answer is empty"
    title = title_of(text)
    if title is not None:
        return f"the answer is a web page: {title}"
    if text[0] in '{["':
        return f"the answer is not JSON: {error}"
    return f"the answer is not JSON: {text[:_MOST_SHOWN]!r}"
