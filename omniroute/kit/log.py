"""Logging: structlog, human lines on a terminal and JSON elsewhere, with secrets replaced by value and by pattern."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PATTERNS = re.compile(
    r"(\bsk-[A-Za-z0-9_\-]{16,}|AIza[A-Za-z0-9_\-]{30,}|Bearer\s+[A-Za-z0-9._\-]{16,}|(?<=[?&]key=)[A-Za-z0-9._\-]{8,})"
)
_MASK = "[redacted]"
_MIN_SECRET = 8
_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)


class Redactor:
    """Knows every secret in use and takes it out of text, whatever field it turns up in."""

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()

    def know(self, secrets: frozenset[str]) -> None:
        """Replace the set of known secrets; very short ones are left out, as they would blank ordinary words."""
        self._secrets = frozenset(value for value in secrets if len(value) >= _MIN_SECRET)

    def clean(self, text: str) -> str:
        """Return `text` without any known secret or anything that looks like a key."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, _MASK)
        return _PATTERNS.sub(_MASK, text)

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Serve as a structlog processor."""
        for name, value in event.items():
            event[name] = self._cleaned(value)
        return event

    def _cleaned(self, value: Any) -> Any:
        """Clean a value of any kind; what is no plain value becomes text, as the renderers would make it."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, dict):
            return {self.clean(str(name)): self._cleaned(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._cleaned(inner) for inner in value]
        if isinstance(value, bytes | bytearray):
            return self.clean(value.decode("utf-8", "replace"))
        return self.clean(str(value))


redactor = Redactor()


def configure(*, level: str, style: str) -> None:
    """Set up logging for the process. `style` is human, json or auto."""
    human = style == "human" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if human:
        tail: list[structlog.typing.Processor] = [
            structlog.processors.format_exc_info,
            redactor,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    else:
        tail = [structlog.processors.format_exc_info, redactor, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Bridge()], level=level.upper(), force=True)
    for chatty in ("uvicorn.error", "asyncio", "alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Bridge(logging.Handler):
    """Hands records of libraries that use the standard logging over to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(_known(record.levelno), record.getMessage(), exc_info=record.exc_info)


def _known(level: int) -> int:
    """Return the nearest level below that structlog has a name for; libraries make up levels of their own."""
    return max((known for known in _LEVELS if known <= level), default=logging.DEBUG)
