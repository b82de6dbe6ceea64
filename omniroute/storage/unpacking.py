"""Takes one file out of a .tar.gz from elsewhere: plain members only, and never more of it than is allowed."""

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import Any

from omniroute.kit.errors import Unprocessable

GZIP_MAGIC = b"\x1f\x8b"
_MOST_MEMBERS = 200
_MOST_RATIO = 200
_ALLOWANCE = 16 * 1024**2
_PIECE = 1024 * 1024


class _Counted:
    """The unpacked bytes of a file, up to a limit."""

    def __init__(self, source: gzip.GzipFile, most: int) -> None:
        self._source = source
        self._left = most

    def read(self, size: int) -> bytes:
        """Return the next bytes; raise Unprocessable over the limit."""
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _refused("it unpacks to more than any archive of ours")
        return data


def extract(archive: Path, member: str, target: Path, *, most: int) -> None:
    """Copy `member` to `target`, of at most `most` bytes; raise Unprocessable for an archive that is not taken.

    This blocks. Every member is held against the `data` filter of tarfile (PEP 706), also those that are not wanted.
    """
    limit = min(most, archive.stat().st_size * _MOST_RATIO + _ALLOWANCE)
    try:
        with gzip.open(archive) as unpacked:
            counted: Any = _Counted(unpacked, limit)  # a stream needs only read
            with tarfile.open(fileobj=counted, mode="r|") as file:
                found = _copied(file, member, target)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise _refused(str(error)) from error
    if not found:
        raise _refused(f"there is no {member} in it")


def _copied(file: tarfile.TarFile, member: str, target: Path) -> bool:
    found = False
    for count, one in enumerate(file):
        if count >= _MOST_MEMBERS:
            raise _refused(f"it has more than {_MOST_MEMBERS} members")
        checked = tarfile.data_filter(one, str(target.parent))
        if not checked.isreg():
            raise _refused(f"{one.name!r} is no plain file")
        if one.name != member:
            continue
        source = file.extractfile(one)
        if source is None or found:
            raise _refused(f"{member} is in it twice")
        with target.open("xb") as copy:
            shutil.copyfileobj(source, copy, _PIECE)
        found = True
    return found


def _refused(why: str) -> Unprocessable:
    return Unprocessable(f"this archive is not taken: {why}", code="bad_import", param="file")
