"""Times: milliseconds in the rows, aware datetimes in what services give."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def moment(at_ms: int) -> datetime:
    """Return milliseconds since 1970 as a UTC datetime."""
    return _EPOCH + at_ms * _MILLISECOND


def moment_or_none(at_ms: int | None) -> datetime | None:
    """Return `moment(at_ms)`, or None for None."""
    return None if at_ms is None else moment(at_ms)


def milliseconds(at: datetime) -> int:
    """Return an aware datetime as milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND
