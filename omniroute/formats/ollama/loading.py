"""Requests that say nothing: how Ollama's clients have a model loaded before its first use, or unloaded.

Ollama answers them at once, with one object and without streaming, whatever `stream` says; here no model has to be
fetched, so nobody else is asked.
"""

from omniroute.formats.hub import Json, Request
from omniroute.formats.ollama.answers import rfc3339

_NOUGHT = frozenset({"0", "0s", "0ms", "0m", "0h", "0.0"})


def load_chat(request: Request, created: int) -> Json | None:
    """Return the answer to a chat without messages; None when there is something to answer."""
    return None if request.messages else _loaded(request, created, {"message": {"role": "assistant", "content": ""}})


def load_generate(request: Request, created: int) -> Json | None:
    """Return the answer to a request without a prompt; None when there is something to answer."""
    return None if request.messages else _loaded(request, created, {"response": ""})


def _loaded(request: Request, created: int, said: Json) -> Json:
    reason = "unload" if _is_nought(request.extras.get("keep_alive")) else "load"
    return {"model": request.model, "created_at": rfc3339(created), **said, "done": True, "done_reason": reason}


def _is_nought(keep_alive: object) -> bool:
    """Whether a time to keep a model, a number of seconds or Go's spelling of a duration, is none at all."""
    if isinstance(keep_alive, str):
        return keep_alive.strip() in _NOUGHT
    return isinstance(keep_alive, int | float) and not isinstance(keep_alive, bool) and keep_alive == 0
