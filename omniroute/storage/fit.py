"""What a column can hold, the same on both databases.

SQLite takes nearly anything; PostgreSQL refuses text over its length and NUL characters, and neither writes a lone
surrogate or an integer over 64 bits. An operator's input is refused with a reason; a log record is made to fit, as
one odd client must not cost the whole batch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import String, Table

from omniroute.kit.errors import FieldFault, Unprocessable

MOST = 2**63 - 1


def require_fit(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values`; raises Unprocessable, which names the field, when a column cannot hold one."""
    for name, value in values.items():
        fault = _fault(value, _length(table, name))
        if fault is not None:
            raise Unprocessable(
                f"{name}: {fault}.", param=name, details=(FieldFault(field=name, message=f"It {fault}."),)
            )
    return dict(values)


def _length(table: Table, name: str) -> int | None:
    kind = table.c[name].type
    return kind.length if isinstance(kind, String) else None


def _fault(value: object, length: int | None) -> str | None:
    """Say what is wrong with the value, None when it fits."""
    if isinstance(value, str):
        if length is not None and len(value) > length:
            return f"has {len(value)} characters, {length} are allowed"
        if not _is_plain(value):
            return "holds a NUL character or half a surrogate pair; remove it"
    elif isinstance(value, int) and not -MOST <= value <= MOST:
        return "is a number over 64 bits"
    return None


def _is_plain(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def lengths(table: Table) -> dict[str, int | None]:
    """Return each column's length limit, None without one, for `clipped`."""
    return {column.name: _length(table, column.name) for column in table.columns}


def clipped(text: str, length: int | None) -> str:
    """Return `text` as a column of that length can hold it."""
    if not _is_plain(text):
        text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return text[:length]


def bounded(number: int) -> int:
    """Return `number`, or the nearest integer of 64 bits."""
    return max(-MOST, min(MOST, number))


def clipped_all(texts: Sequence[str | None], length: int | None) -> Sequence[str | None]:
    """Return texts, None among them, as a column of that length can hold them."""
    there = [text for text in texts if text is not None]
    if not there:
        return texts
    together = "".join(there)
    if _is_plain(together) and (length is None or len(max(there, key=len)) <= length):
        return texts
    return [None if text is None else clipped(text, length) for text in texts]


def bounded_all(numbers: Sequence[int | None], _length: None = None) -> Sequence[int | None]:
    """Return numbers, None among them, or the nearest integers of 64 bits."""
    there = [number for number in numbers if number is not None]
    if not there or (max(there) <= MOST and min(there) >= -MOST):
        return numbers
    return [None if number is None else bounded(number) for number in numbers]
