"""Files over HTTP: one that is made and sent piece by piece, and one that comes, kept on disk up to a limit."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import HTTPConnection, Request
from starlette.types import Message, Receive, Send

from omniroute.api.operation import FORM, GZIP, OCTETS
from omniroute.kit.errors import Invalid, TooLarge, UnsupportedMedia
from omniroute.kit.json import JsonObject
from omniroute.services.exports import Exported
from omniroute.services.reach import Reach

_RAW = frozenset({OCTETS, GZIP, "application/x-gzip", "application/zip", "application/vnd.sqlite3"})
_UPLOAD_S = 900.0
_PIECE = 1024 * 1024
_MOST_FIELDS = 8
_FIELD_BYTES = 16 * 1024

UPLOAD_SCHEMA: JsonObject = {
    "type": "object",
    "description": "A file, and what is needed to open it.",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The file."},
        "passphrase": {"type": "string", "description": "The passphrase of an encrypted backup."},
        "currentPassword": {
            "type": "string",
            "description": "The operator's password, where the sign-in is not fresh.",
        },
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came: where it lies, what its sender calls it, and the other fields of the form."""

    path: Path
    filename: str
    fields: Mapping[str, str] = field(repr=False)


async def send_file(made: AbstractAsyncContextManager[Exported], media: str, send: Send, *, whole: bool) -> None:
    """Send a file that exists for as long as `made` is entered; the head only unless `whole`."""
    async with made as exported:
        headers = {
            "content-type": media,
            "content-length": str(exported.size),
            "content-disposition": f'attachment; filename="{exported.filename}"',
        }
        await send({"type": "http.response.start", "status": 200, "headers": Headers(headers).raw})
        if not whole:
            await send({"type": "http.response.body", "body": b""})
            return
        file = await asyncio.to_thread(exported.path.open, "rb")
        try:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            file.close()
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def received_file(connection: HTTPConnection, receive: Receive, reach: Reach) -> AsyncIterator[Upload]:
    """Take a file, from a form's field `file` or as the whole body; it is gone when the block ends."""
    media = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != FORM and media not in _RAW:
        raise UnsupportedMedia(f"send a file: {FORM} with a field `file`, or its bytes as {OCTETS}")
    limited = _limited(receive, reach.max_upload_bytes)
    handle, name = await asyncio.to_thread(tempfile.mkstemp, prefix="omniroute-upload-")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            try:
                async with asyncio.timeout(_UPLOAD_S):
                    filename, fields = await _taken(connection, media, limited, target)
            except TimeoutError:
                raise Invalid("the file did not come in time", code="body_timeout") from None
        yield Upload(path=path, filename=filename, fields=fields)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _limited(receive: Receive, most: int) -> Receive:
    left = most

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLarge(f"the file is larger than {most} bytes")
        return message

    return counted


async def _taken(
    connection: HTTPConnection, media: str, receive: Receive, target: IO[bytes]
) -> tuple[str, Mapping[str, str]]:
    """Write the file to `target`; return its name and the form's other fields."""
    request = Request(connection.scope, receive)
    if media != FORM:
        async for piece in request.stream():
            await asyncio.to_thread(target.write, piece)
        return "upload", {}
    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=_FIELD_BYTES) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid("the form has no field `file` with a file in it", param="file")
            while piece := await file.read(_PIECE):
                await asyncio.to_thread(target.write, piece)
            return _named(file), {name: value for name, value in form.items() if isinstance(value, str)}
    except MultiPartException as error:
        raise Invalid(f"the form cannot be read: {error.message}", code="invalid_form") from error


def _named(file: UploadFile) -> str:
    """Return the last part of a file's name, as far as it can be shown."""
    shown = "".join(one for one in (file.filename or "") if one.isprintable()).replace("\\", "/")
    return shown.rpartition("/")[2][:200] or "upload"
