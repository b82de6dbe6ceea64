"""The demo provider's door: a request's JSON in, a script out.

A model's name says what is answered (`echo`, `story`, `tools`, `think`, `json`, `vision`) or how it fails (`fail-429`,
`slow`, `stall`, `cut`, `error`). A word in the last user text does the same at any model: `[[fail:429]]`, `[[cut]]`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from omniroute.formats.framing import sse
from omniroute.kit.errors import Invalid
from omniroute.upstream.demo import wire
from omniroute.upstream.demo.answers import compose
from omniroute.upstream.demo.ask import Ask
from omniroute.upstream.demo.reading import read
from omniroute.upstream.demo.script import Script, Step

LABEL = "[demo] "
FINGERPRINT = "omniroute-demo"
STEP_S = 0.02  # between the words of a stream: fast enough to read, slow enough to see
SLOW_S = 5.0

_JSON = (("content-type", "application/json"),)
_SSE = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
_NOTICE = ("x-omniroute-demo", "this answer is invented; no model was asked")
_DIRECTIVE = re.compile(r"\[\[(fail:(\d{3})|slow|stall|cut|error)\]\]")
_TALKERS = {name: name for name in ("echo", "story", "tools", "think", "json", "vision")}
_TROUBLES = ("slow", "stall", "cut", "error")
_FAILURES: Mapping[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("rate_limit_exceeded", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", "overloaded"),
}
_RETRY_AFTER_S = 7
_SERVER_ERRORS = 500

MODELS = (*_TALKERS, *_TROUBLES, *(f"fail-{status}" for status in (400, 401, 404, 429, 500, 503)))


def models(created: int) -> list[dict[str, Any]]:
    """List the models as OpenAI's `GET /v1/models` does."""
    return [{"id": name, "object": "model", "created": created, "owned_by": FINGERPRINT} for name in MODELS]


def play(body: Any, *, answer_id: str, created: int, step_s: float = STEP_S, slow_s: float = SLOW_S) -> Script:
    """Answer the chat request `body` (parsed JSON). `answer_id` is hex without prefix, `created` in Unix seconds."""
    try:
        ask = read(body)
    except Invalid as refusal:
        return _refused(400, refusal.message, param=refusal.param)
    trouble, status = _trouble(ask)
    if status:
        return _refused(status, f"asked to fail with {status}")
    style = _TALKERS.get(ask.model, "echo" if ask.model in _TROUBLES else "")
    if not style:
        return _refused(404, f"there is no model {ask.model!r}; there are {', '.join(MODELS)}", param="model")
    answer = compose(ask, style, LABEL)
    stamp = wire.Stamp(id=answer_id, created=created, fingerprint=FINGERPRINT)
    if ask.stream:
        return _streamed([*wire.chunks(answer, ask, stamp), wire.DONE], trouble, step_s, slow_s)
    return _whole(wire.whole(answer, ask, stamp), trouble, slow_s)


def _trouble(ask: Ask) -> tuple[str, int]:
    """Return the kind of trouble asked for ("" for none), and the status where it is a plain failure."""
    found = _DIRECTIVE.search(ask.text)
    if found:
        return found[1], int(found[2] or 0)
    if ask.model.startswith("fail-") and ask.model in MODELS:
        return ask.model, int(ask.model.removeprefix("fail-"))
    return (ask.model, 0) if ask.model in _TROUBLES else ("", 0)


def _refused(status: int, message: str, *, param: str | None = None) -> Script:
    fallback: tuple[str, str | None] = ("server_error" if status >= _SERVER_ERRORS else "invalid_request_error", None)
    kind, code = _FAILURES.get(status, fallback)
    headers = (("retry-after", str(_RETRY_AFTER_S)),) if status == 429 else ()  # noqa: PLR2004 - the status itself
    body = wire.error(f"Demo provider: {message}", kind, param=param, code=code)
    return Script(status=status, headers=(*_JSON, _NOTICE, *headers), body=body)


def _whole(body: bytes, trouble: str, slow_s: float) -> Script:
    headers = (*_JSON, _NOTICE)
    if trouble in ("cut", "stall"):
        ending: Literal["cut", "hang"] = "cut" if trouble == "cut" else "hang"
        return Script(headers=headers, steps=(Step(data=body[: len(body) // 2]),), ending=ending)
    if trouble == "error":
        return Script(headers=headers, body=_ERROR)
    return Script(headers=headers, body=body, delay_s=slow_s if trouble == "slow" else 0.0)


def _streamed(events: Iterable[bytes], trouble: str, step_s: float, slow_s: float) -> Script:
    steps = tuple(Step(delay_s=step_s if index else 0.0, data=event) for index, event in enumerate(events))
    return _STREAMS.get(trouble, _plain)(steps, slow_s)


def _plain(steps: tuple[Step, ...], _slow_s: float) -> Script:
    return Script(headers=(*_SSE, _NOTICE), steps=steps)


def _slow(steps: tuple[Step, ...], slow_s: float) -> Script:
    return Script(headers=(*_SSE, _NOTICE), steps=steps, delay_s=slow_s)


def _stall(steps: tuple[Step, ...], _slow_s: float) -> Script:
    return Script(headers=(*_SSE, _NOTICE), steps=_begun(steps), ending="hang")


def _cut(steps: tuple[Step, ...], _slow_s: float) -> Script:
    """Break off inside an event, as a lost connection does."""
    *begun, last = _begun(steps)
    return Script(
        headers=(*_SSE, _NOTICE),
        steps=(*begun, Step(delay_s=last.delay_s, data=last.data[: len(last.data) // 2])),
        ending="cut",
    )


def _error(steps: tuple[Step, ...], _slow_s: float) -> Script:
    return Script(headers=(*_SSE, _NOTICE), steps=(*_begun(steps), Step(data=sse(_ERROR))))


def _begun(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The first half of the stream, its opening event and one word at least, and never the end."""
    return steps[: max(len(steps) // 2, 2)]


_ERROR = wire.error("Demo provider: asked to fail in the middle", "server_error")
_STREAMS: Mapping[str, Callable[[tuple[Step, ...], float], Script]] = {
    "slow": _slow,
    "stall": _stall,
    "cut": _cut,
    "error": _error,
}
