"""Forms with files (multipart/form-data), read piece by piece: what is large lies on disk, and there is a limit."""

import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from omniroute.formats.exchange import Content
from omniroute.gateway.pipeline import ClientGone
from omniroute.kit.errors import Invalid, TooLarge
from omniroute.v1.asgi import Receive

_PIECE = 256 * 1024
_MOST_FILES = 20
_MOST_FIELDS = 100
_MOST_FIELD_BYTES = 1024 * 1024
_IN_MEMORY = MultiPartParser.spool_max_size


class Held:
    """A file of a form that is small enough for the memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self._data)

    def pieces(self) -> Iterator[bytes]:
        """Give all of them."""
        yield self._data

    def head(self, count: int) -> bytes:
        """Return the first bytes."""
        return self._data[:count]


class OnDisk:
    """A file of a form that lies on disk, without a name there. Reading it leaves no trace, so that two may."""

    def __init__(self, number: int, size: int) -> None:
        """`number` is the open file's."""
        self._number = number
        self._size = size

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self._size

    def pieces(self) -> Iterator[bytes]:
        """Give all of them, in pieces."""
        place = 0
        while piece := os.pread(self._number, _PIECE, place):
            place += len(piece)
            yield piece

    def head(self, count: int) -> bytes:
        """Return the first bytes."""
        return os.pread(self._number, count, 0)


class Form:
    """A form that was read; `close` lets go of its files."""

    def __init__(self, data: FormData, values: Mapping[str, Any]) -> None:
        self._data = data
        self.values = values

    async def close(self) -> None:
        """Let go of the files."""
        await self._data.close()


async def read_form(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> Form:
    """Read a form of `limit` bytes at most; raise Invalid for what is none, TooLarge before more is kept."""
    kind = headers.get(b"content-type", b"")
    if not kind.lower().startswith(b"multipart/form-data"):
        raise Invalid("Send a form with the file in it, as multipart/form-data.")
    declared = headers.get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    parser = MultiPartParser(
        Headers(raw=list(headers.items())),
        _pieces(receive, limit),
        max_files=_MOST_FILES,
        max_fields=_MOST_FIELDS,
        max_part_size=_MOST_FIELD_BYTES,
    )
    try:
        data = await parser.parse()
    except MultiPartException as error:
        raise Invalid(f"The form cannot be read: {error.message}") from error
    values: dict[str, Any] = {}
    for name, value in data.multi_items():
        read = value if isinstance(value, str) else await _content(value)
        held = values.get(name)
        values[name] = read if held is None else [*held, read] if isinstance(held, list) else [held, read]
    return Form(data, values)


async def _pieces(receive: Receive, limit: int) -> AsyncGenerator[bytes, None]:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        more = bool(message.get("more_body"))
        yield piece


async def _content(file: UploadFile) -> Content:
    size = file.size or 0
    if size <= _IN_MEMORY:
        return Held(await file.read())
    file.file.flush()
    return OnDisk(file.file.fileno(), size)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The form is over {limit} bytes; MAX_UPLOAD_BYTES sets the limit.")
