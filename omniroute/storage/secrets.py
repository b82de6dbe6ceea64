"""Sealing: every secret is stored as AES-256-GCM text that opens only in its own place and with its own key.

A sealed value reads `v1.<key id>.<base64 of nonce and ciphertext>`. Where it is stored (table, row, column) is bound
in as associated data, so a value copied to another row or column does not open there.
"""

import base64
import binascii
import hashlib
import os
import re
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from omniroute.kit.errors import OmniError
from omniroute.kit.secret import Secret
from omniroute.kit.settings import BadSetting, Settings
from omniroute.storage.lock import locked

KEY_FILE = "secret.key"

_KEY_BYTES = 32
_NONCE_BYTES = 12
_LOCK_WAIT_S = 30.0
_ENVELOPE = re.compile(r"v1\.([0-9a-f]{16})\.([A-Za-z0-9+/]+={0,2})")
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
_CANARY = "omniroute"


class WrongKey(OmniError):
    """The value was sealed with another key than the one in use."""

    code = "wrong_key"


class DamagedSecret(OmniError):
    """The stored value is not what was sealed at this place."""

    code = "damaged_secret"


class BadKeyFile(OmniError):
    """The key file cannot be used as it is."""

    code = "bad_key_file"


def place(table: str, row: str, column: str) -> str:
    """Name where a sealed value lives: the text that is bound into it."""
    return f"{table}/{row}/{column}"


def is_sealed(text: str) -> bool:
    """Whether `text` has the form of a sealed value."""
    return _ENVELOPE.fullmatch(text) is not None


class Sealer:
    """Seals and opens secrets with one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"a sealing key has {_KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)
        # A fingerprint to tell keys apart; it gives nothing of the key away.
        self.key_id = hashlib.sha256(b"omniroute key id\0" + key).hexdigest()[:16]

    def seal(self, secret: Secret, where: str) -> str:
        """Return `secret` as text that opens only with this key and at `where`."""
        nonce = os.urandom(_NONCE_BYTES)
        clear = secret.reveal().encode("utf-8", "surrogatepass")
        boxed = nonce + self._cipher.encrypt(nonce, clear, where.encode())
        return f"v1.{self.key_id}.{base64.b64encode(boxed).decode('ascii')}"

    def open(self, sealed: str, where: str) -> Secret:
        """Return the secret; raises WrongKey or DamagedSecret, which say what to do."""
        match = _ENVELOPE.fullmatch(sealed)
        if match is None:
            raise _damaged(where)
        if match[1] != self.key_id:
            raise WrongKey(
                f"The secret at {where!r} was sealed with key {match[1]}, but the key in use is {self.key_id}. "
                f"Put back the {KEY_FILE} file (or OMNIROUTE_SECRET_KEY) that belongs to this database, "
                "from the data folder it was made in or from a backup of it."
            )
        try:
            boxed = base64.b64decode(match[2], validate=True)
            clear = self._cipher.decrypt(boxed[:_NONCE_BYTES], boxed[_NONCE_BYTES:], where.encode())
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise _damaged(where) from error
        return Secret(clear.decode("utf-8", "surrogatepass"))

    def make_canary(self, where: str) -> str:
        """Return a sealed word that tells later whether the key is still the same."""
        return self.seal(Secret(_CANARY), where)

    def check_canary(self, sealed: str, where: str) -> None:
        """Raise WrongKey or DamagedSecret unless `sealed` is this key's canary."""
        if self.open(sealed, where).reveal() != _CANARY:
            raise _damaged(where)


def _damaged(where: str) -> DamagedSecret:
    return DamagedSecret(
        f"The secret stored at {where!r} is damaged or was moved there from another place. "
        "Enter it again, or restore the database from a backup."
    )


def load_sealer(settings: Settings) -> Sealer:
    """Return the sealer of this installation: OMNIROUTE_SECRET_KEY, else the key file, made on the first start."""
    if settings.secret_key is None:
        return Sealer(_key_from_file(settings.data_dir))
    text = settings.secret_key.reveal().strip()
    if not _HEX_KEY.fullmatch(text):
        raise BadSetting("OMNIROUTE_SECRET_KEY: it must be 64 hex digits, such as `openssl rand -hex 32` prints.")
    return Sealer(bytes.fromhex(text))


def _key_from_file(folder: Path) -> bytes:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / KEY_FILE
    if not path.exists():
        # Of several processes at their first start one makes the key, and the others read it.
        with locked(folder / f"{KEY_FILE}.lock", _LOCK_WAIT_S):
            if not path.exists():
                _make_key_file(path)
    return _read_key_file(path)


def _make_key_file(path: Path) -> None:
    """Write a new key under another name first, so that a kill never leaves half a key behind."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(os.urandom(_KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read_key_file(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeyFile(f"The key file {str(path)!r} cannot be read: {error}.") from error
    # Windows has no such bits; there the folder's own access list counts.
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadKeyFile(f"Others can read the key file {str(path)!r}. Run `chmod 600 {path}` and start again.")
    if not _HEX_KEY.fullmatch(text):
        raise BadKeyFile(
            f"The key file {str(path)!r} must hold 64 hex digits and holds {len(text)} characters. "
            "Put it back from a backup; without it the stored provider keys cannot be opened."
        )
    return bytes.fromhex(text)
