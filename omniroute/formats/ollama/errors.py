"""Failures in Ollama's words: one sentence."""

from omniroute.formats.events import Fault
from omniroute.formats.hub import Json


def encode_error(fault: Fault) -> Json:
    """Write an error body; a line of a stream has the same shape."""
    return {"error": fault.message}
